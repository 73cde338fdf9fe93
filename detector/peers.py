"""Peers: which trades a trade is compared with, and how far into its suspicious tail it lies among them.

A forest on raw screens isolates messy honest competition; colluding bids sit in the quiet centre. So every
feature is turned into *suspicion* first: the share of peers that lie less far in the feature's declared tail,
with the ordinary half set to zero.

Peers share the regime (side, method, price rule) and, as far as enough of them are left, kind, category, number
of bidders and size. The ladder drops size first and regime last; a trade uses the first rung with at least
`ENOUGH_PEERS` others that have a value. The trade itself is never its own peer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from detector.arrays import CodeArray, FloatArray, IntArray
from detector.features.declare import Family
from detector.features.evaluation import FeatureTable
from detector.kernels.ranks import below_and_tied_each
from detector.records import Records

ENOUGH_PEERS = 30
# Weight, in peers, of a wider group against a narrower one, and of the middle against the widest.
PULL = 30.0
ROOT_PULL = 2.0
BIDDER_BANDS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 40, 80)
SIZE_BANDS_A_DECADE = 1.0

Rung = tuple[str, ...]
REGIME = ("side", "method", "price_rule")

# Screens over bids depend on how many bids there are; the others must not lose sight of it: among single-bid
# lots a single bid is ordinary.
WITH_BIDDERS: tuple[Rung, ...] = (
    (*REGIME, "kind", "category", "bidders", "size"),
    (*REGIME, "kind", "category", "bidders"),
    (*REGIME, "kind", "bidders", "size"),
    (*REGIME, "kind", "bidders"),
    ("side", "price_rule", "bidders"),
    ("side", "bidders"),
    ("side",),
)
WITHOUT_BIDDERS: tuple[Rung, ...] = (
    (*REGIME, "kind", "category", "size"),
    (*REGIME, "kind", "category"),
    (*REGIME, "kind", "size"),
    (*REGIME, "kind"),
    ("side", "method"),
    ("side",),
)
LADDERS: dict[Family, tuple[Rung, ...]] = {
    "bid_pattern": WITH_BIDDERS,
    "price_level": WITH_BIDDERS,
    "network": WITH_BIDDERS,
    "timing": WITHOUT_BIDDERS,
    "concentration": WITHOUT_BIDDERS,
    "identity": WITHOUT_BIDDERS,
    "process": WITHOUT_BIDDERS,
    "execution": WITHOUT_BIDDERS,
}


@dataclass(frozen=True, eq=False)
class Suspicion:
    """Suspicion of every trade in every feature, float64 [n_trades, n_features] in [0, 1).

    NaN where the feature has no value. `rung` tells which rung of the feature's ladder gave the peers, -1 where
    even the last one held too few; suspicion is NaN there, too.
    """

    table: FeatureTable
    values: FloatArray
    rung: CodeArray
    attributes: pd.DataFrame

    def peers_of(self, trade: int, column: int) -> "PeerView":
        """The peers that `trade` was compared with in feature `column`, itself left out."""
        feature = self.table.features[column]
        rung = LADDERS[feature.family][self.rung[trade, column]]
        same = np.ones(len(self.values), dtype=bool)
        for name in rung:
            held = self.attributes[name].to_numpy()
            same &= held == held[trade]
        same[trade] = False
        values = self.table.values[same, column]
        label = ", ".join(str(self.attributes[name].iloc[trade]) for name in rung)
        return PeerView(label, rung, values[np.isfinite(values)])


@dataclass(frozen=True)
class PeerView:
    """Values of a trade's peers in one feature, and what makes them peers."""

    label: str
    rung: Rung
    values: FloatArray

    @property
    def median(self) -> float:
        """Median of the peers."""
        return float(np.median(self.values))

    def percentile(self, value: float, direction: str) -> float:
        """Share of peers that lie less far in the suspicious tail than `value`, ties counted half; in [0, 1]."""
        less = self.values < value if direction == "high" else self.values > value
        return float((less.sum() + 0.5 * (self.values == value).sum()) / len(self.values))


def suspicion(records: Records, table: FeatureTable) -> Suspicion:
    """How far each trade lies in the declared tail of each feature, among its peers."""
    attributes = peer_attributes(records)
    codes: dict[Rung, IntArray] = {}
    values = np.full(table.values.shape, np.nan, order="F")
    rungs = np.full(table.values.shape, -1, dtype=np.int16, order="F")
    for column, feature in enumerate(table.features):
        signed = table.values[:, column] * (1.0 if feature.direction == "high" else -1.0)
        ladder = LADDERS[feature.family]
        for rung in ladder:
            if rung not in codes:
                codes[rung] = _group_codes(attributes, rung)
        values[:, column], rungs[:, column] = _climb(signed, [codes[rung] for rung in ladder])
    return Suspicion(table, values, rungs, attributes)


def columns_of(table: FeatureTable, codes: Sequence[str]) -> list[int]:
    """Positions of the features with the given codes in `table`."""
    position = {feature.code: column for column, feature in enumerate(table.features)}
    return [position[code] for code in codes]


def peer_attributes(records: Records) -> pd.DataFrame:
    """What makes trades peers: regime, kind, category, band of bidders, band of size; one row a trade."""
    trades = records.trades
    unknown = {name: trades[name].fillna("unknown") for name in (*REGIME, "kind")}
    category = trades["category"].fillna("unknown")
    band = np.searchsorted(BIDDER_BANDS, records.bidder_counts, side="left")
    names = np.array(["0-1" if i == 0 else _band_name(i) for i in range(len(BIDDER_BANDS) + 1)], dtype=object)
    money = records.money
    decade = np.floor(np.log10(np.where(money > 0, money, np.nan)) * SIZE_BANDS_A_DECADE)
    size = pd.Series(decade).map(lambda exponent: f"10^{exponent:.0f}", na_action="ignore").fillna("unknown")
    return pd.DataFrame(
        {**unknown, "category": category, "bidders": names[band], "size": size.to_numpy(dtype=object)}
    )


def _band_name(index: int) -> str:
    if index == len(BIDDER_BANDS):
        return f"{BIDDER_BANDS[-1] + 1}+ bids"
    low, high = BIDDER_BANDS[index - 1] + 1, BIDDER_BANDS[index]
    return f"{high} bids" if low == high else f"{low}-{high} bids"


def _group_codes(attributes: pd.DataFrame, rung: Rung) -> IntArray:
    grouped = attributes.groupby(list(rung), sort=False, dropna=False)
    return np.asarray(grouped.ngroup(), dtype=np.int64)


def _climb(signed: FloatArray, ladder: Sequence[IntArray]) -> tuple[FloatArray, CodeArray]:
    """Suspicion over the rungs that hold enough peers, coarse to fine, and the finest of them.

    On each rung the share of peers that lie less far out is pulled towards that of the wider rung with the weight
    of `PULL` peers: a small group corrects what is ordinary, a large one decides it, and how rare a value is
    can still be told in a group of thirty. The widest is pulled to the middle.
    """
    order = np.argsort(signed, kind="stable")
    present = np.isfinite(signed)
    tail = np.full(len(signed), 0.5)
    rungs = np.full(len(signed), -1, dtype=np.int16)
    for level in range(len(ladder) - 1, -1, -1):
        groups, widest = ladder[level], level == len(ladder) - 1
        count = np.bincount(groups[present], minlength=int(groups.max(initial=-1)) + 1)
        others = count[groups] - 1
        enough = present & (others >= (1 if widest else ENOUGH_PEERS))
        if not enough.any():
            continue
        ranks = below_and_tied_each(signed, order, groups, len(count))
        pull = ROOT_PULL if widest else PULL
        pulled = (ranks[:, 0] + 0.5 * ranks[:, 1] + pull * tail) / (others + pull)
        tail[enough], rungs[enough] = pulled[enough], level
    judged = np.where(rungs >= 0, np.maximum(0.0, 2.0 * tail - 1.0), np.nan)
    return judged, rungs
