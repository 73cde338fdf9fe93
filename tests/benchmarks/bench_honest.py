"""How often do features fire on honest markets?

    python -m tests.benchmarks.bench_honest [LOTS] [PRICE RULE ...]

For every price rule, four markets of 20,000 lots in which every bid is drawn independently (the honest pricing of
`detector.simulate`, nothing planted): with 3, 10 and 30 invited bidders, and with 3 to 30 mixed. A few bids are
rejected, as in the honest market, so the effective number may be smaller.

Suspicion is ``max(0, 2 * tail - 1)``, so suspicion above 0.99 is a tail above 0.995: expected for 0.5 % of the
trades that have a value; a tail above 0.99 is expected for 1 %. Since a tail is a rank among peers, a market as a
whole can only miss these shares by ties. What can go wrong beyond ties is that a feature picks lots by their
number of bids, so in the mixed markets the share is also counted by number of bids.

Printed: per feature and market the share with a tail above 0.99 beside its 99.9 % binomial bounds, only where it
lies outside, with what the ties look like; then the mixed markets by number of bids.
"""

import sys

import numpy as np
import pandas as pd
from scipy.stats import binom

from detector import simulate as authority
from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.peers import suspicion
from detector.records import Records
from detector.simulate.lots import Draft, Terms, draw_lots
from detector.simulate.markets import PRICING, honest_bids
from detector.simulate.world import SOLD, build_world

LOTS, SEED = 20_000, 20261123
MARKETS = {"3": (3, 3), "10": (10, 10), "30": (30, 30), "3-30": (3, 30)}
SIZES = ((3, 3), (4, 4), (5, 6), (7, 12), (13, 20), (21, 30))
NOMINAL = 0.01
CONFIDENCE = 0.999


def honest(rule, fewest, most, lots):
    """Records of one honest market: `lots` lots under `rule` with `fewest` to `most` invited bidders."""
    rng = np.random.default_rng([SEED, list(PRICING).index(rule), fewest, most])
    world = build_world(rng, lots)
    sale = rule == "highest"
    # A tenth of all lots are sold, and all of those to the highest bid; terms are for what is bought.
    terms = Terms() if sale else Terms(method="open", price_rule=rule)
    drawn = draw_lots(world, rng, 15 * lots if sale else lots, terms)
    kept = np.flatnonzero(SOLD[drawn["category"]] == sale)[:lots]
    drawn = {name: values[kept] for name, values in drawn.items()}
    bids = honest_bids(world, rng, drawn, rng.integers(fewest, most + 1, len(kept)))
    streams = np.random.default_rng([SEED, 1]), np.random.default_rng([SEED, 2])
    tables, _ = authority._record(world, streams, Draft(drawn, bids), [""] * len(kept))
    return Records.build(tables)


def bounds(count):
    """Least and largest share above the nominal tail that chance allows among `count` trades."""
    low, high = binom.interval(CONFIDENCE, count, NOMINAL)
    return low / count, high / count


def ties(values, direction):
    """In words: how many different values there are, and the weight of the most suspicious one."""
    worst = values.max() if direction == "high" else values.min()
    return f"{len(np.unique(values))} values, {np.mean(values == worst):.2%} share the extreme"


def measured(rule, name, lots):
    """A row per feature and market (size ""), and for the mixed market per number of bids."""
    fewest, most = MARKETS[name]
    records = honest(rule, fewest, most, lots)
    judged = suspicion(records, evaluate(records, tuple(FEATURES.values())))
    counts = records.bidder_counts
    for column, (code, feature) in enumerate(FEATURES.items()):
        tail, values = judged.tail[:, column], judged.table.values[:, column]
        groups = {"": np.ones(len(tail), dtype=bool)}
        if name == "3-30":
            groups |= {f"{low}-{high}": (counts >= low) & (counts <= high) for low, high in SIZES}
        for size, rows in groups.items():
            valued = rows & np.isfinite(tail)
            if valued.sum() < 200:
                continue
            low, high = bounds(int(valued.sum()))
            yield {
                "rule": rule, "bidders": name, "size": size, "code": code, "name": feature.name,
                "valued": int(valued.sum()), "share": np.mean(tail[valued] > 1 - NOMINAL),
                "suspicion>.99": np.mean(judged.values[valued, column] > 0.99), "low": low, "high": high,
                "ties": ties(values[valued], feature.direction),
            }  # fmt: skip


def verdict(rows):
    return np.select(
        [rows["share"] > rows["high"], rows["share"] < rows["low"]], ["above", "below"], "within"
    )


def main():
    lots = int(sys.argv[1]) if len(sys.argv) > 1 else LOTS
    rows = []
    for rule in sys.argv[2:] or PRICING:
        for name in MARKETS:
            rows += measured(rule, name, lots)
            print(f"{rule}, {name} bidders: done", file=sys.stderr, flush=True)
    table = pd.DataFrame(rows)
    table["verdict"] = verdict(table)
    pd.set_option("display.width", 200, "display.max_rows", None, "display.max_columns", None)
    whole, by_size = table[table["size"] == ""], table[table["size"] != ""]
    print("markets by verdict (tail above 0.99, nominal 1 %), and the widest share, per feature")
    counted = whole.pivot_table(index=["code", "name"], columns="verdict", values="rule", aggfunc="count")
    shares = whole.groupby(["code", "name"])[["share", "suspicion>.99"]].max().mul(100).round(2)
    print(counted.fillna(0).astype(int).join(shares.add_prefix("max % ")).to_string())
    print("\nabove the bounds")
    shown = ["rule", "bidders", "code", "name", "valued", "share", "high", "ties"]
    print(whole.loc[whole["verdict"] == "above", shown].round(4).to_string(index=False))
    print("\nmixed markets: share in per cent by number of bids, all price rules together (nominal 1)")
    weighted = by_size.assign(hits=by_size["share"] * by_size["valued"])
    summed = weighted.groupby(["code", "name", "size"])[["hits", "valued"]].sum()
    by = (100 * summed["hits"] / summed["valued"]).round(2).unstack("size")
    print(by[[f"{low}-{high}" for low, high in SIZES if f"{low}-{high}" in by]].to_string())
    silent = sorted(set(FEATURES) - set(whole["code"]))
    print(f"\nno value in any honest market: {', '.join(silent) or 'none'}")


if __name__ == "__main__":
    main()
