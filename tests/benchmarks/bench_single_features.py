"""How well does each price feature alone tell court-proven cartel lots from others?

    python tests/benchmarks/bench_single_features.py

Reads the labelled markets of ../shared/data/labelled (beside the repository) and prints, for every feature of the
price families, the ROC-AUC in its declared direction with a 95 % bootstrap interval, and the AUC over pairs of
lots with the same number of bids. Size and number of bids alone are printed beside them. Every screen is
recomputed from the bids; the published columns are not used (see data/README.md there for why).
"""

import lzma
from pathlib import Path

import numpy as np
import pandas as pd

from detector.features import bid_gaps, bid_groups, bid_ladder, bid_pattern, coincidence, price_level
from detector.features.evaluation import evaluate
from detector.records import Records
from detector.schema import TABLES

LABELLED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "labelled"
PRICE_FEATURES = (
    *bid_pattern.FAMILY,
    *bid_gaps.FAMILY,
    *bid_ladder.FAMILY,
    *bid_groups.FAMILY,
    *coincidence.FAMILY,
    *price_level.FAMILY,
)
MARKETS = {
    "Brazil": "DB_Collusion_Brazil_processed.csv.xz",
    "Swiss": "DB_Collusion_Switzerland_GR_and_See-Gaster_processed.csv.xz",
    "Ohio": "DB_Collusion_America_processed.csv.xz",
}
# "Low CV alone" and "mean of signed ranks" of data/README.md there, measured by another program.
REFERENCE = {
    "Brazil": "low CV alone 0.900 (0.83-0.96), mean of signed ranks 0.858",
    "Swiss": "low CV alone 0.627 (0.60-0.65), mean of signed ranks 0.555-0.578",
    "Ohio": "low CV alone 0.457, mean of signed ranks 0.47-0.49 (a control: prices carry no signal)",
}
REPEATS = 1000


def bids_of(market):
    """Bids of a market: tender, amount, winner, label, estimate; repeated consortium rows dropped."""
    with lzma.open(LABELLED / MARKETS[market], "rt", encoding="utf-8") as source:
        table = pd.read_csv(source)
    keep = table.rename(columns={"Pre-Tender Estimate (PTE)": "estimate"})
    if "estimate" not in keep:
        keep["estimate"] = np.nan
    keep = keep[["Tender", "Bid_value", "Winner", "Collusive_competitor_original", "estimate"]]
    keep.columns = ["tender", "amount", "winner", "label", "estimate"]
    keep = keep.sort_values(["tender", "amount", "winner", "label"], ascending=[True, True, False, False])
    keep = keep.drop_duplicates(["tender", "amount"])
    counts = keep.groupby("tender")["amount"].transform("count")
    return keep[counts >= 3].reset_index(drop=True)


def labels_of(bids, market):
    """One label a tender, NaN for those left out (Swiss: cartels that not all bidders belonged to)."""
    share = bids.groupby("tender")["label"].agg(["min", "max"])
    if market == "Swiss":
        return share["max"].where((share["min"] == 1) | (share["max"] == 0))
    return share["max"]


def records_of(bids):
    """Records with bidders numbered inside each tender: no identity, no dates."""
    return Records.build(frames_of(bids))


def frames_of(bids):
    """The canonical tables of those records."""
    tenders = bids.drop_duplicates("tender")
    trades = pd.DataFrame(
        {
            "trade_id": tenders["tender"].map("{:08.0f}".format),
            "side": "buy",
            "price_rule": "lowest",
            "estimate": tenders["estimate"],
            "recorded_at": "2030-01-01",
        }
    )
    rows = pd.DataFrame(
        {
            "trade_id": bids["tender"].map("{:08.0f}".format),
            "bidder_id": bids.groupby("tender").cumcount().map("{:03d}".format),
            "seq": 1,
            "amount": bids["amount"],
            "status": "valid",
            "winner": bids["winner"],
        }
    )
    frames = {"trades": trades, "bids": rows}
    return {name: frames[name].astype(object) for name in TABLES if name in frames}


def auc(suspicious, label):
    """ROC-AUC: chance that a labelled lot is more suspicious than an unlabelled one; ties count half."""
    ranks = pd.Series(suspicious).rank().to_numpy()
    positives = label.sum()
    negatives = len(label) - positives
    if positives == 0 or negatives == 0:
        return np.nan
    return (ranks[label].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def interval(suspicious, label, seed=0):
    """95 % bootstrap interval of the AUC, lots drawn with replacement."""
    rng = np.random.default_rng(seed)
    draws = [
        auc(suspicious[drawn], label[drawn])
        for drawn in rng.integers(0, len(label), size=(REPEATS, len(label)))
    ]
    return np.nanpercentile(draws, [2.5, 97.5])


def auc_at_equal_counts(suspicious, label, counts):
    """AUC over pairs of lots with the same number of bids."""
    won = pairs = 0.0
    for count in np.unique(counts):
        chosen = counts == count
        weight = float(label[chosen].sum()) * float((~label[chosen]).sum())
        if weight:
            won += weight * auc(suspicious[chosen], label[chosen])
            pairs += weight
    return won / pairs if pairs else np.nan


def measure(market):
    """A row a feature: code, name, direction, n, positives, AUC, interval, AUC at equal counts."""
    bids = bids_of(market)
    records = records_of(bids)
    label = labels_of(bids, market).to_numpy(dtype=float)
    table = evaluate(records, PRICE_FEATURES)
    size = np.array([records.offers.values[start] for start in records.offers.offsets[:-1]])
    named = [
        (feature.code, feature.name, feature.direction, table.values[:, column])
        for column, feature in enumerate(PRICE_FEATURES)
    ]
    named += [("-", "size alone", "high", size), ("-", "number of bids alone", "high", records.bidder_counts)]
    rows = []
    for code, name, direction, values in named:
        kept = np.isfinite(values) & np.isfinite(label)
        if kept.sum() < 20 or np.ptp(values[kept]) == 0.0:
            # Too few values, or the same one everywhere (equal prices were dropped as repeated rows).
            rows.append((code, name, direction, kept.sum(), (label[kept] == 1).sum(), *[np.nan] * 4))
            continue
        suspicious = (values if direction == "high" else -values)[kept]
        labelled = label[kept] == 1
        low, high = interval(suspicious, labelled)
        equal = auc_at_equal_counts(suspicious, labelled, records.bidder_counts[kept])
        value = auc(suspicious, labelled)
        rows.append((code, name, direction, kept.sum(), labelled.sum(), value, low, high, equal))
    columns = ["code", "name", "direction", "lots", "labelled", "auc", "low", "high", "auc_same_n"]
    return pd.DataFrame(rows, columns=columns).round(3)


def main():
    if not LABELLED.exists():
        print(f"labelled markets not found at {LABELLED}; nothing measured")
        return
    for market in MARKETS:
        print(f"\n{market}. Reference: {REFERENCE[market]}")
        print(measure(market).to_string(index=False))


if __name__ == "__main__":
    main()
