"""Peers: which trades a trade is compared with, and how far into its suspicious tail it lies among them.

A forest on raw screens isolates messy honest competition; colluding bids sit in the quiet centre. So every
feature is turned into *suspicion* first: the share of peers that lie less far in the feature's declared tail,
with the ordinary half set to zero.

Peers share the regime (side, method, price rule) and, as far as enough of them are left, kind, category, number
of bidders and size; the ladder gives up the finest of these first. `ENOUGH_PEERS` is large on purpose: a ring
works in one category with a steady number of bidders, and among thirty such lots its own twenty would be what is
ordinary (masking). Among four hundred they are five in a hundred. The trade itself is never its own peer.

A standard deviation of three prices has two degrees of freedom and is small by chance more often than one of ten.
Instead of splitting lots by their number of bids, which again hands a ring to itself, a dispersion is *moderated*:
drawn towards that of its group as if `MODERATED` further degrees of freedom had been seen there (Smyth 2004,
Statistical Applications in Genetics and Molecular Biology 3(1)). Then all numbers of bids compare.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from detector.arrays import CodeArray, FloatArray, IntArray
from detector.features.declare import Family, Feature
from detector.features.evaluation import FeatureTable
from detector.kernels.ranks import below_and_tied_each
from detector.records import Records

ENOUGH_PEERS = 400
BIDDER_BANDS = (1, 2, 3, 6, 12, 40)
SIZE_BANDS_A_DECADE = 1.0
UNKNOWN = "unknown"
# Degrees of freedom of the prior, by code of the dispersion it moderates.
MODERATED: Mapping[str, float] = {"B01": 4.0}

Rung = tuple[str, ...]
REGIME = ("side", "method", "price_rule")
TERMS = ("side", "price_rule")

# Screens over bids depend on how many bids there are; the others must not lose sight of it: among single-bid
# lots a single bid is ordinary.
WITH_BIDDERS: tuple[Rung, ...] = (
    (*REGIME, "kind", "category", "bidders", "size"),
    (*REGIME, "kind", "category", "bidders"),
    (*REGIME, "kind", "bidders"),
    (*TERMS, "kind", "bidders"),
    (*TERMS, "bidders"),
    TERMS,
    ("side",),
)
WITHOUT_BIDDERS: tuple[Rung, ...] = (
    (*REGIME, "kind", "category", "size"),
    (*REGIME, "kind", "category"),
    (*REGIME, "kind"),
    REGIME,
    ("side", "method"),
    ("side",),
)
ANY_BIDDERS: tuple[Rung, ...] = (
    (*REGIME, "kind", "category"),
    (*REGIME, "kind"),
    (*TERMS, "kind"),
    TERMS,
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


def ladder_of(feature: Feature) -> tuple[Rung, ...]:
    """The rungs of a feature, finest first."""
    return ANY_BIDDERS if feature.code in MODERATED else LADDERS[feature.family]


@dataclass(frozen=True, eq=False)
class Suspicion:
    """How far each trade lies in the declared tail of each feature, both [n_trades, n_features].

    `tail` is the share of peers that lie less far out, ties counted half, in (0, 1); NaN where the feature has
    no value, or not one trade to compare with. `rung` tells which rung of the feature's ladder gave the peers,
    -1 where none did.
    """

    table: FeatureTable
    tail: FloatArray
    rung: CodeArray
    attributes: pd.DataFrame

    @cached_property
    def values(self) -> FloatArray:
        """Suspicion in [0, 1): the tail with its ordinary half set to zero."""
        judged: FloatArray = np.maximum(0.0, 2.0 * self.tail - 1.0)
        return judged

    @property
    def surprise(self) -> FloatArray:
        """-ln of the chance to lie as far out among the peers: 0.7 in their middle, 4.6 for one in a hundred."""
        surprise: FloatArray = -np.log1p(-self.tail)
        return surprise

    def peers_of(self, trade: int, column: int) -> "PeerView":
        """The peers that `trade` was compared with in feature `column`, itself left out."""
        rung = ladder_of(self.table.features[column])[self.rung[trade, column]]
        same = np.ones(len(self.tail), dtype=bool)
        for name in rung:
            held = self.attributes[name].to_numpy()
            same &= held == held[trade]
        same[trade] = False
        values = self.table.values[same, column]
        label = ", ".join(_in_words(name, str(self.attributes[name].iloc[trade])) for name in rung)
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
    freedom: FloatArray = np.asarray(records.offers.sizes - 1, dtype=np.float64)
    tails = np.full(table.values.shape, np.nan, order="F")
    rungs = np.full(table.values.shape, -1, dtype=np.int16, order="F")
    for column, feature in enumerate(table.features):
        signed = table.values[:, column] * (1.0 if feature.direction == "high" else -1.0)
        ladder = ladder_of(feature)
        for rung in ladder:
            if rung not in codes:
                codes[rung] = _group_codes(attributes, rung)
        prior = MODERATED.get(feature.code, 0.0)
        groups = [codes[rung] for rung in ladder]
        tails[:, column], rungs[:, column] = _climb(signed, groups, freedom if prior else None, prior)
    return Suspicion(table, tails, rungs, attributes)


def columns_of(table: FeatureTable, codes: Sequence[str]) -> list[int]:
    """Positions of the features with the given codes in `table`."""
    position = {feature.code: column for column, feature in enumerate(table.features)}
    return [position[code] for code in codes]


def peer_attributes(records: Records) -> pd.DataFrame:
    """What makes trades peers: regime, kind, category, band of bidders, band of size; one row a trade."""
    trades = records.trades
    unknown = {name: trades[name].fillna(UNKNOWN) for name in (*REGIME, "kind")}
    category = trades["category"].fillna(UNKNOWN)
    band = np.searchsorted(BIDDER_BANDS, records.bidder_counts, side="left")
    names = np.array(
        ["0 or 1 bid" if i == 0 else _band_name(i) for i in range(len(BIDDER_BANDS) + 1)], dtype=object
    )
    money = records.money
    decade = np.floor(np.log10(np.where(money > 0, money, np.nan)) * SIZE_BANDS_A_DECADE)
    size = pd.Series(decade).map(lambda exponent: f"10^{exponent:.0f}", na_action="ignore").fillna(UNKNOWN)
    return pd.DataFrame(
        {**unknown, "category": category, "bidders": names[band], "size": size.to_numpy(dtype=object)}
    )


def _in_words(attribute: str, value: str) -> str:
    """What peers share, as a person reads it."""
    if value == UNKNOWN:
        return f"{attribute.replace('_', ' ')} not known"
    words = {
        "side": {"buy": "purchases", "sell": "sales"}.get(value, value),
        "method": f"{value} procedure",
        "price_rule": f"price rule {value.replace('_', ' ')}",
        "kind": value.replace("_", " "),
        "size": f"worth {value} to ten times that",
    }
    return words.get(attribute, value)


def _band_name(index: int) -> str:
    if index == len(BIDDER_BANDS):
        return f"{BIDDER_BANDS[-1] + 1}+ bids"
    low, high = BIDDER_BANDS[index - 1] + 1, BIDDER_BANDS[index]
    return f"{high} bids" if low == high else f"{low}-{high} bids"


def _group_codes(attributes: pd.DataFrame, rung: Rung) -> IntArray:
    grouped = attributes.groupby(list(rung), sort=False, dropna=False)
    return np.asarray(grouped.ngroup(), dtype=np.int64)


def _climb(
    signed: FloatArray, ladder: Sequence[IntArray], freedom: FloatArray | None, prior: float
) -> tuple[FloatArray, CodeArray]:
    """Tail share on the finest rung that holds enough peers, and that rung.

    The widest rung has to do with what there is. Half a peer on each side keeps the share off 0 and 1 (a small
    group never makes anybody very suspicious).
    """
    present = np.isfinite(signed)
    tail = np.full(len(signed), np.nan)
    rungs = np.full(len(signed), -1, dtype=np.int16)
    order = np.argsort(signed, kind="stable")
    for level, groups in enumerate(ladder):
        count = np.bincount(groups[present], minlength=int(groups.max(initial=-1)) + 1)
        others = count[groups] - 1
        enough = ENOUGH_PEERS if level < len(ladder) - 1 else 1
        judged = present & (rungs < 0) & (others >= enough)
        if not judged.any():
            continue
        compared = signed
        if freedom is not None:
            compared = _moderated(signed, groups, freedom, prior)
            order = np.argsort(compared, kind="stable")
        ranks = below_and_tied_each(compared, order, groups, len(count))
        tail[judged] = ((ranks[:, 0] + 0.5 * ranks[:, 1] + 0.5) / (others + 1.0))[judged]
        rungs[judged] = level
    return tail, rungs


def _moderated(signed: FloatArray, groups: IntArray, freedom: FloatArray, prior: float) -> FloatArray:
    """Dispersions (negative: low is suspicious) drawn towards the median of their group."""
    usual = pd.Series(signed).groupby(groups).median().reindex(groups).to_numpy()
    variance = (prior * usual**2 + freedom * signed**2) / (prior + freedom)
    moderated: FloatArray = -np.sqrt(variance)
    return moderated
