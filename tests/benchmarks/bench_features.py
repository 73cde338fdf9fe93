"""How fast are the bid-level and timing numbers, beside vectorised pandas, Polars and DuckDB SQL?

    python -m tests.benchmarks.bench_features [TRADES] [ROUNDS]

A million generated trades with 5 million bids (1 to 41 each, a tenth of the trades are sales), as flat columns in
no order: trade code, price, arrival, winner. Everybody computes the same 25 numbers a trade from them, bringing
bids together and in order included; every number is compared before anything is timed. The rounds interleave the
candidates in one process; ratios are medians of the ratios within a round, wall and CPU.

Not in the comparison, because none of the others can say it in a reasonable number of lines: the surprise at
repeated prices and at shared price endings (timed alone below), and the calendar features (NumPy for everybody).
Polars and DuckDB use all cores, so do our parallel kernels; the others and pandas use one. Needs the `benchmarks`
extra (polars, duckdb).
"""

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from detector.kernels import arrivals, coincidences, dispersion, grouping, ladders
from detector.kernels import order_statistics as ordered
from tests.benchmarks.feature_rivals import with_duckdb, with_pandas, with_polars
from tests.benchmarks.feature_sums import DAY, steps

TRADES, ROUNDS, SEED = 1_000_000, 5, 20261123
MEAN_BIDS, MOST_BIDS = 5, 41
TOLERANCE = {"ratio": 1e-6, "kurt": 1e-6, "skew": 1e-6, "bunched": 1e-6}


def generated(trades, seed=SEED):
    """Flat columns of `trades` trades and about five times as many bids, bids in random order."""
    rng = np.random.default_rng(seed)
    sizes = np.minimum(1 + rng.negative_binomial(2, 2 / (MEAN_BIDS + 1), trades), MOST_BIDS)
    trade = np.repeat(np.arange(trades), sizes)
    estimate = np.round(np.exp(rng.normal(14, 1, trades)), 2)
    amount = np.round(estimate[trade] * np.exp(rng.normal(-0.1, 0.08, len(trade))), 2)
    amount = np.where(rng.random(len(trade)) < 0.2, np.maximum(np.round(amount, -4), 10_000.0), amount)
    published = rng.integers(1.6e9, 1.7e9, trades).astype(np.float64)
    deadline = published + rng.integers(5, 40, trades) * DAY
    arrived = deadline[trade] - np.floor(rng.gamma(0.7, 30_000, len(trade)))
    winner = np.zeros(len(trade), dtype=bool)
    winner[np.cumsum(sizes) - 1 - (rng.random(trades) * sizes).astype(np.int64)] = True
    mixed = rng.permutation(len(trade))
    is_sale = rng.random(trades) < 0.1
    d = {"trade": trade, "amount": amount, "arrived": arrived, "winner": winner}
    d = {name: values[mixed] for name, values in d.items()}
    d["key"] = np.where(is_sale[d["trade"]], -d["amount"], d["amount"])
    opened = deadline + rng.integers(0, 2, trades) * 3600.0
    awarded = opened + rng.integers(3600, 30 * 86_400, trades)
    return d | {
        "trades": trades, "is_sale": is_sale, "estimate": estimate, "ceiling": estimate * 1.02,
        "published": published, "deadline": deadline, "opened": opened, "awarded": awarded,
        "signed": awarded + 5 * DAY,
    }  # fmt: skip


def grouped(d):
    """Prices best first and arrivals ascending, by trade: values, values, and their common offsets."""
    offsets = grouping.group_offsets(d["trade"], d["trades"])
    prices = grouping.grouped_each(d["amount"], d["trade"], offsets)
    times = grouping.grouped_each(d["arrived"], d["trade"], offsets)
    upwards = np.zeros(d["trades"], dtype=bool)
    prices = grouping.best_first_each(prices, offsets, d["is_sale"])
    return prices, grouping.best_first_each(times, offsets, upwards), offsets


def with_kernels(d):
    values, times, offsets = grouped(d)
    mean = dispersion.mean(values, offsets)
    price, won = np.full(d["trades"], np.nan), np.full(d["trades"], np.nan)
    winners = np.flatnonzero(d["winner"])
    price[d["trade"][winners]], won[d["trade"][winners]] = d["amount"][winners], d["arrived"][winners]
    first = values[offsets[:-1]]
    worse = np.where(d["is_sale"], first - price, price - first)
    return {
        "cv": dispersion.coefficient_of_variation(values, offsets),
        "spread": dispersion.relative_spread(values, offsets),
        "gap": ordered.leading_gap(values, offsets),
        "rd": ordered.gap_over_losers_deviation(values, offsets),
        "rdnor": ordered.gap_over_mean_gap(values, offsets),
        "rdalt": ordered.gap_over_losers_gap(values, offsets),
        "skew": dispersion.skewness(values, offsets),
        "kurt": dispersion.excess_kurtosis(values, offsets),
        "ks": ordered.distance_from_uniform(values, offsets),
        "step": ladders.step_irregularity(values, offsets),
        "ratio": ladders.ratio_irregularity(values, offsets),
        "three": ladders.tightest_subset(values, offsets, 3),
        "four": ladders.tightest_subset(values, offsets, 4),
        "round": coincidences.share_of_round_values(values, offsets),
        "behind": np.maximum(worse, 0.0) / first,
        "over_ceiling": price / d["ceiling"], "over_estimate": price / d["estimate"],
        "discount": 1.0 - mean / d["ceiling"], "below": 1.0 - mean / d["estimate"],
        "bunched": arrivals.closest_arrivals(times, offsets, d["deadline"]),
        "last": arrivals.lateness(times, offsets, won, d["deadline"]),
        "late": np.maximum(won - d["deadline"], 0.0) / 60.0,
    } | steps(d)  # fmt: skip


def ordering_alone(d):
    """What `Records` needs of already grouped bids: the order of prices within trades."""
    values, offsets, is_sale = d
    return grouping.best_first_order(values, offsets, is_sale)


def coincidences_alone(d):
    values, _, offsets = d
    coincidences.repeated_price_surprise(values, offsets)
    coincidences.shared_tail_surprise(values, offsets)


def agree(ours, theirs, name):
    """Raise unless all numbers agree; equal values differ by rounding only."""
    assert set(ours) == set(theirs), set(ours) ^ set(theirs)
    for number, expected in ours.items():
        tolerance = TOLERANCE.get(number, 1e-7)
        np.testing.assert_allclose(
            theirs[number], expected, rtol=tolerance, atol=tolerance, err_msg=f"{name}: {number}"
        )


def resident():
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize() / 2**20


def peak_of(function):
    """Largest resident memory above the start, in MB, sampled every 5 ms."""
    start, largest, running = resident(), [0.0], [True]

    def watch():
        while running[0]:
            largest[0] = max(largest[0], resident())
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    function()
    running[0] = False
    watcher.join()
    return largest[0] - start


def timed(function):
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - wall, time.process_time() - cpu


COLD = """
import time; start = time.perf_counter()
from tests.benchmarks import bench_features as b
d = b.generated(2_000); imported = time.perf_counter(); b.with_kernels(d); print(time.perf_counter() - imported)
"""


def cold_and_warm():
    """Seconds of the first call in a fresh process, without and with compiled code on disk."""
    with tempfile.TemporaryDirectory() as cache:
        run = [sys.executable, "-c", COLD]
        env = os.environ | {"NUMBA_CACHE_DIR": cache}
        return [
            float(subprocess.run(run, env=env, capture_output=True, text=True, check=True).stdout)
            for _ in "cw"
        ]


def main():
    trades = int(sys.argv[1]) if len(sys.argv) > 1 else TRADES
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    connection = duckdb.connect()
    candidates = {
        "kernels": with_kernels, "pandas": with_pandas, "polars": with_polars,
        "duckdb": lambda d: with_duckdb(d, connection),
    }  # fmt: skip
    small = generated(min(trades, 20_000), seed=1)
    for name in ("pandas", "polars", "duckdb"):
        agree(with_kernels(small), candidates[name](small), name)
    print("all numbers agree; cold and warm first call: {:.1f} s, {:.2f} s".format(*cold_and_warm()))
    d = generated(trades)
    print(f"{trades} trades, {len(d['trade'])} bids, {len(with_kernels(small))} numbers a trade")
    seconds = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, function in candidates.items():
            seconds[name].append(timed(lambda function=function: function(d)))
    base = np.array(seconds["kernels"])
    rows = []
    for name, function in candidates.items():
        measured = np.array(seconds[name])
        wall, cpu = np.median(measured, axis=0)
        ratio = np.median(measured / base, axis=0)
        peak = peak_of(lambda function=function: function(d))
        rows.append((name, wall, cpu, *ratio, len(d["trade"]) / wall / 1e6, peak))
    columns = ["", "wall s", "CPU s", "ratio wall", "ratio CPU", "M bids/s", "peak MB"]
    print(pd.DataFrame(rows, columns=columns).round(2).to_string(index=False))
    parts(d)


def parts(d):
    """Where our time goes: the best of three."""
    ready = grouped(d)
    pieces = {
        "grouping and both orders": lambda: grouped(d), "all of the comparison": lambda: with_kernels(d),
        "repeated prices and endings (not compared)": lambda: coincidences_alone(ready),
        "order of grouped prices": lambda: ordering_alone(held),
        "the same by np.lexsort": lambda: np.lexsort((signed, trade)),
    }  # fmt: skip
    trade = np.repeat(np.arange(d["trades"]), np.diff(ready[2]))
    signed = grouping.grouped_each(d["key"], d["trade"], ready[2])
    held = np.abs(signed), ready[2], d["is_sale"]
    assert np.array_equal(ordering_alone(held), np.lexsort((signed, trade)))
    coincidences_alone(ready)
    for name, function in pieces.items():
        print(f"{name}: {min(timed(function)[0] for _ in range(3)):.3f} s")


if __name__ == "__main__":
    main()
