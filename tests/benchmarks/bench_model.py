"""How good is the score, and what did every other way to score do?

    python -m tests.benchmarks.bench_model [tuning|held-out]

Planted schemes: synthetic authorities of 5,000 trades, 2 % of them in schemes, 1.5 % honest look-alikes; precision
among the first 50, the worst authority, average precision, share of look-alikes among the first 50. Seeds 1-8
were looked at while the patterns were chosen, 101-108 were not. Labelled markets (beside the repository, skipped
where absent): ROC-AUC over lots with three bids or more, with a 95 % bootstrap interval. Nothing is fitted to
labels. QUALITY.md beside this file keeps what it printed.
"""

import sys
import warnings
from collections import defaultdict

import numpy as np
from sklearn.metrics import average_precision_score

from detector import peers
from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.records import Records
from detector.scan import ScanSettings, scan
from detector.simulate import SCHEMES, simulate
from detector.strangers import move, with_strangers
from tests.benchmarks.bench_single_features import (
    LABELLED,
    MARKETS,
    auc,
    bids_of,
    interval,
    labels_of,
    records_of,
)
from tests.benchmarks.model_variants import VARIANTS, shipped

TUNING, HELD_OUT = range(1, 9), range(101, 109)
TRADES, BUDGET = 5_000, 50
STRANGERS = (0.01, 0.05)
ALL = list(FEATURES.values())


def judged(records):
    return peers.suspicion(records, evaluate(records, ALL))


def authority(seed, prevalence=0.02):
    """Records, scheme of each trade ("" for ordinary ones), whether planted."""
    made = simulate(TRADES, seed=seed, prevalence=prevalence)
    records = Records.build(made.tables)
    truth = made.truth.set_index("trade_id").reindex(records.trade_ids)
    return records, truth["scheme"].fillna("").to_numpy(dtype=str), (truth["planted"] == True).to_numpy()  # noqa: E712


def markets():
    """Records and labels of the labelled markets that are there."""
    for name in MARKETS:
        if (LABELLED / MARKETS[name]).exists():
            bids = bids_of(name)
            yield name, records_of(bids), labels_of(bids, name).to_numpy(dtype=float)
        else:
            print(f"{name}: skipped, {LABELLED} is not there")


def first(scores):
    return np.argsort(-scores, kind="stable")[:BUDGET]


def planted_row(scores, scheme, planted):
    top = first(scores)
    lookalikes = (scheme[top] != "") & ~planted[top]
    return planted[top].mean(), average_precision_score(planted, scores), lookalikes.mean()


def by_feature(suspicion, planted):
    """Average precision of each feature alone."""
    return [average_precision_score(planted, np.nan_to_num(column)) for column in suspicion.values.T]


def planted_table(authorities):
    """Precision, average precision and look-alikes of every variant over the authorities."""
    print(f"\n{'':42}precision of 50  worst   AP     look-alikes")
    base = np.mean([planted.mean() for _, _, _, planted in authorities])
    print(f"{'base rate':42}{base:10.2f}")
    alone = np.mean([by_feature(s, planted) for s, _, _, planted in authorities], axis=0)
    best = int(alone.argmax())
    singles = [planted_row(np.nan_to_num(s.values[:, best]), scheme, p) for s, _, scheme, p in authorities]
    rows = {f"best single feature ({ALL[best].code}, by its labels)": singles}
    for name, variant in VARIANTS.items():
        rows[name] = [planted_row(variant(s, r), scheme, p) for s, r, scheme, p in authorities]
    for name, row in rows.items():
        told = np.array(row)
        print(
            f"{name:42}{told[:, 0].mean():10.2f}{told[:, 0].min():11.2f}{told[:, 1].mean():8.2f}"
            f"{told[:, 2].mean():12.3f}"
        )


def recall_table(authorities):
    """Recall of every scheme among the first 50, and what the levels of a scan mean."""
    found, total = defaultdict(int), defaultdict(int)
    levels = defaultdict(list)
    for _, records, scheme, planted in authorities:
        result = scan(records, settings=ScanSettings(budget=BUDGET))
        rows = [flag.row for flag in result.flags]
        for name in SCHEMES:
            found[name] += int((scheme[rows] == name).sum())
            total[name] += int((scheme == name).sum())
        for flag in result.flags:
            levels[flag.level.name].append(planted[flag.row])
    print("\nrecall of each scheme among 50 flags of a scan; planted share of its flags by level")
    for name in SCHEMES:
        print(f"  {name:28}{found[name] / max(total[name], 1):6.2f}  of {total[name]}")
    for name, hits in levels.items():
        print(f"  {name.lower():28}{np.mean(hits):6.2f}  of {len(hits)} flags")


def labelled_table():
    """AUC of every variant on the labelled markets, with intervals."""
    held = [(name, records, label, judged(records)) for name, records, label in markets()]
    print(f"\n{'':42}" + "".join(f"{name:22}" for name, *_ in held))
    rows = {"best single feature (by its labels)": best_single, **VARIANTS}
    for name, variant in rows.items():
        line = f"{name:42}"
        for _, records, label, suspicion in held:
            known = np.isfinite(label)
            scores = (
                variant(suspicion, records) if variant is not best_single else best_single(suspicion, label)
            )
            positive = label[known] == 1
            low, high = interval(scores[known], positive)
            line += f"{auc(scores[known], positive):.3f} ({low:.3f}-{high:.3f})   "
        print(line)


def best_single(suspicion, label):
    """The feature that does best on the market, chosen by its labels: more than any screen can know."""
    known = np.isfinite(label)
    columns = np.nan_to_num(suspicion.tail, nan=0.5).T
    return max(columns, key=lambda column: auc(column[known], label[known] == 1))


def overlap(one, other):
    return len(set(one) & set(other)) / len(set(one) | set(other))


def stability(authorities):
    """Two seeds of the forest; and how far an unrelated buyer's trades move the scores of others."""
    seeds = [
        overlap(first(shipped(seed=1)(s, r)), first(shipped(seed=2)(s, r))) for s, r, _, _ in authorities
    ]
    print(
        f"\ntwo forest seeds, Jaccard of the first 50: mean {np.mean(seeds):.3f}, worst {np.min(seeds):.3f}"
    )
    moves = [stirred(seed) for seed in (1, 2, 3)]
    for place, share in enumerate(STRANGERS):
        told = [each[place] for each in moves]
        print(
            f"{share:.0%} of trades of unrelated buyers added to {TRADES}, {len(told)} authorities: scores move "
            f"by at most {max(one.largest for one in told):.2f} points of 100, 99 % of them by at most "
            f"{max(one.usual for one in told):.2f}; the first 1 % overlap by {min(one.kept for one in told):.2f}"
        )


def stirred(seed):
    """How far scores move when unrelated trades join, for each share of them."""
    frames = simulate(TRADES, seed=seed).tables
    alone = scan(Records.build(frames), settings=ScanSettings(budget=0))
    moves = []
    for share in STRANGERS:
        joined = Records.build(with_strangers(frames, share, seed), as_of=alone.records.as_of)
        moves.append(move(alone, scan(joined, settings=ScanSettings(budget=0))))
    return moves


def quiet_authorities():
    """Flags of authorities without any scheme."""
    counts = defaultdict(int)
    for seed in (201, 202, 203, 204):
        records, _, _ = authority(seed, prevalence=0.0)
        for flag in scan(records, settings=ScanSettings(budget=TRADES)).flags:
            counts[flag.level.name] += 1
    print(f"\nfour authorities of {TRADES} trades without a scheme, no budget: {dict(counts)} flags")


def main():
    warnings.simplefilter("ignore")
    chosen = sys.argv[1:] or ["tuning", "held-out", "labelled"]
    for name, seeds in (("tuning", TUNING), ("held-out", HELD_OUT)):
        if name in chosen:
            held = [(judged(r), r, scheme, planted) for r, scheme, planted in map(authority, seeds)]
            print(f"\n## Planted schemes, {name} seeds {seeds.start}-{seeds.stop - 1}")
            planted_table(held)
            recall_table(held)
            if name == "held-out":
                stability(held)
                quiet_authorities()
    if "labelled" in chosen:
        print("\n## Labelled markets, AUC (95 % interval)")
        labelled_table()


if __name__ == "__main__":
    main()
