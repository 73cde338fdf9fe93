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

from detector.features.history import combined
from detector.kernels import arrivals, coincidences, grouping
from detector.kernels.pairs import pairs_within
from detector.kernels.screens import price_screens
from tests.benchmarks.feature_rivals import with_duckdb, with_pandas, with_polars
from tests.benchmarks.feature_sums import DAY, steps

TRADES, ROUNDS, SEED = 1_000_000, 5, 20261123
MEAN_BIDS, MOST_BIDS = 5, 41
SCREENS = {
    "cv": "coefficient_of_variation", "spread": "relative_spread", "gap": "leading_gap",
    "rd": "gap_over_losers_deviation", "rdnor": "gap_over_mean_gap", "rdalt": "gap_over_losers_gap",
    "skew": "skewness", "kurt": "excess_kurtosis", "ks": "distance_from_uniform",
    "step": "step_irregularity", "ratio": "ratio_irregularity", "three": "tightest_three",
    "four": "tightest_four", "round": "share_of_round_values",
}  # fmt: skip
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
    rows = grouping.rows_by_group(d["trade"], offsets)
    prices = grouping.best_first_each(d["amount"][rows], offsets, d["is_sale"])
    upwards = np.zeros(d["trades"], dtype=bool)
    return prices, grouping.best_first_each(d["arrived"][rows], offsets, upwards), offsets


def with_kernels(d):
    values, times, offsets = grouped(d)
    prices = price_screens(values, offsets)
    price, won = np.full(d["trades"], np.nan), np.full(d["trades"], np.nan)
    winners = np.flatnonzero(d["winner"])
    trade = d["trade"][winners]
    price[trade], won[trade] = d["amount"][winners], d["arrived"][winners]
    first = values[offsets[:-1]]
    worse = np.where(d["is_sale"], first - price, price - first)
    return {number: getattr(prices, name) for number, name in SCREENS.items()} | {
        "behind": np.maximum(worse, 0.0) / first,
        "over_ceiling": price / d["ceiling"], "over_estimate": price / d["estimate"],
        "discount": 1.0 - prices.mean / d["ceiling"], "below": 1.0 - prices.mean / d["estimate"],
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


def met(offsets, bidders=60_000):
    """The code of each pair of bidders that met in a trade, as the network features make them."""
    bidder = np.random.default_rng(SEED).integers(0, bidders, offsets[-1])
    pairs = pairs_within(offsets)
    left, right = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    return combined(bidder[left], bidder[right])


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


FIRST_CALLS = """
from tests.benchmarks import bench_features as b
d = b.generated(2_000); print(*b.timed(lambda: b.with_kernels(d)), *b.timed(lambda: b.with_kernels(d)))
"""


def first_calls():
    """Seconds of the first and the second call in a fresh process, without and with compiled code on disk."""
    with tempfile.TemporaryDirectory() as cache:
        run = [sys.executable, "-c", FIRST_CALLS]
        env = os.environ | {"NUMBA_CACHE_DIR": cache}
        states = "cold: nothing compiled yet", "warm: compiled code on disk"
        said = [
            subprocess.run(run, env=env, capture_output=True, text=True, check=True).stdout for _ in states
        ]
    columns = ["first call, wall s", "CPU s", "second call, wall s", "CPU s"]
    rows = [[float(word) for word in line.split()] for line in said]
    return pd.DataFrame(rows, index=states, columns=columns)


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
    print("all numbers agree; the kernels in a new process, 2,000 trades:")
    print(first_calls().round(3).to_string())
    d = generated(trades)
    print(
        f"{trades} trades, {len(d['trade'])} bids, {len(with_kernels(small))} numbers a trade; load",
        os.getloadavg(),
    )
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
    values, times, offsets = ready
    pieces = {
        "grouping and both orders": lambda: grouped(d),
        "all statistics of prices": lambda: price_screens(values, offsets),
        "arrivals and lateness": lambda: (
            arrivals.closest_arrivals(times, offsets, d["deadline"]),
            arrivals.lateness(times, offsets, times[offsets[:-1]], d["deadline"]),
        ),
        "all of the comparison": lambda: with_kernels(d),
        "repeated prices and endings (not compared)": lambda: coincidences_alone(ready),
        "order of grouped prices": lambda: ordering_alone(held),
        "the same by np.lexsort": lambda: np.lexsort((signed, trade)),
    }  # fmt: skip
    trade = np.repeat(np.arange(d["trades"]), np.diff(ready[2]))
    signed = d["key"][grouping.rows_by_group(d["trade"], ready[2])]
    held = np.abs(signed), ready[2], d["is_sale"]
    assert np.array_equal(ordering_alone(held), np.lexsort((signed, trade)))
    coincidences_alone(ready)
    for name, function in pieces.items():
        wall, cpu = np.min([timed(function) for _ in range(3)], axis=0)
        print(f"{name}: {wall:.3f} s, CPU {cpu:.3f} s")
    found = []
    peak = peak_of(lambda: found.append(met(offsets)))
    print(f"who met whom: {len(found[0])} pairs, {timed(lambda: met(offsets))[0]:.1f} s, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
