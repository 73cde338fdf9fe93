"""Which features see which planted scheme, and how far out does it lie?

    python -m tests.benchmarks.bench_planted [TRADES]

Five synthetic authorities of 5,000 trades (seeds 201-205, looked at by nobody who chose a feature), 2 % of them
planted, 1.5 % honest look-alikes. For every scheme and feature: the median percentile of the scheme's trades
among their peers (0.5 is ordinary, 1 the far suspicious end), and the share of its trades for which the feature
has a value at all. A feature is said to *see* a scheme if that median is at least 0.9 and at least a fifth of the
trades have a value. Look-alikes follow in the same form: there a high percentile is a false lead.
"""

import sys
from collections import defaultdict

import numpy as np

from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.peers import suspicion
from detector.records import Records
from detector.simulate import LOOKALIKES, SCHEMES, simulate

SEEDS = range(201, 206)
TRADES = 5_000
SEES, COVERED = 0.9, 0.2


def percentiles(trades):
    """For each scheme and look-alike: the percentiles of all its trades in all features, seeds stacked."""
    features = tuple(FEATURES.values())
    stacked = defaultdict(list)
    for seed in SEEDS:
        made = simulate(trades, seed=seed)
        records = Records.build(made.tables)
        tail = suspicion(records, evaluate(records, features)).tail
        named = made.truth.set_index("trade_id")["scheme"].reindex(records.trade_ids)
        for name, rows in named.groupby(named).indices.items():
            stacked[name].append(tail[rows])
    return {name: np.concatenate(parts) for name, parts in stacked.items()}


def seen_by(tail):
    """(code, median percentile, share of trades with a value) of the features that see it, sharpest first."""
    rows = []
    for code, column in zip(FEATURES, tail.T, strict=True):
        valued = column[np.isfinite(column)]
        if len(valued) >= COVERED * len(column) and np.median(valued) >= SEES:
            rows.append((code, float(np.median(valued)), len(valued) / len(column)))
    return sorted(rows, key=lambda row: -row[1])


def main():
    trades = int(sys.argv[1]) if len(sys.argv) > 1 else TRADES
    found = percentiles(trades)
    used = set()
    for title, names in (("planted schemes", SCHEMES), ("honest look-alikes", LOOKALIKES)):
        print(
            f"\n{title}: features with a median percentile of {SEES} or more (share of trades with a value)"
        )
        for name in names:
            rows = seen_by(found[name])
            if title == "planted schemes":
                used |= {code for code, *_ in rows}
            listed = ", ".join(f"{code} {median:.3f} ({share:.0%})" for code, median, share in rows)
            print(f"{name} ({len(found[name])} trades): {listed or 'none'}")
    silent = [f"{code} {feature.name}" for code, feature in FEATURES.items() if code not in used]
    print(f"\n{len(silent)} of {len(FEATURES)} features see no planted scheme: {', '.join(silent)}")


if __name__ == "__main__":
    main()
