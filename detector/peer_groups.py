"""Peer groups: what makes trades comparable, from the narrowest company to the widest.

Peers share the regime (side, method, price rule) and, as far as enough of them are left, kind, category, number
of bids and size. A *ladder* lists the groups of a feature from the finest rung to the coarsest.

Most screens over bids depend on how many bids there are: a spread of three bids is small by chance more often than
one of ten, and of thirty bidders two share an address more easily than of three. Such features lose sight of the
number of bids last, and in three steps: the exact number, a narrow band around it, a wide one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from detector.arrays import BoolArray, IntArray
from detector.features.declare import Family, Feature
from detector.records import Records

# Upper ends of the bands; the last band has no end. Up to six bids every number stands by itself.
NARROW_BANDS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29, 39, 59, 99)
WIDE_BANDS = (1, 2, 3, 4, 6, 9, 13, 20, 40)
SIZE_BANDS_A_DECADE = 1.0
UNKNOWN = "unknown"

Rung = tuple[str, ...]
REGIME = ("side", "method", "price_rule")
TERMS = ("side", "price_rule")

BY_BIDS: tuple[Rung, ...] = (
    (*REGIME, "kind", "category", "bids", "size"),
    (*REGIME, "kind", "category", "bids"),
    (*REGIME, "kind", "bids"),
    (*TERMS, "kind", "bids"),
    (*TERMS, "bids"),
    (*TERMS, "bids, narrow band"),
    (*TERMS, "bids, wide band"),
    TERMS,
    ("side",),
)
BY_REGIME: tuple[Rung, ...] = (
    (*REGIME, "kind", "category", "size"),
    (*REGIME, "kind", "category"),
    (*REGIME, "kind"),
    REGIME,
    ("side", "method"),
    ("side",),
)
LADDERS: Mapping[Family, tuple[Rung, ...]] = {
    "bid_pattern": BY_BIDS,
    "price_level": BY_BIDS,
    "network": BY_BIDS,
    "identity": BY_BIDS,
    "timing": BY_REGIME,
    "concentration": BY_REGIME,
    "process": BY_REGIME,
    "execution": BY_REGIME,
}
# Features of other families that more bids make larger by chance. Not C05 and C06: they ask how many there are.
DEPENDING_ON_BIDS = frozenset({"C07", "S01", "S02", "T06", "T07", "T08"})


def ladder_of(feature: Feature) -> tuple[Rung, ...]:
    """The rungs of a feature, finest first."""
    return BY_BIDS if feature.code in DEPENDING_ON_BIDS else LADDERS[feature.family]


@dataclass(frozen=True, eq=False)
class PeerGroups:
    """Which trades belong together on every rung.

    `codes` [n_trades] of each attribute count its `words` off. `counted` tells which trades may serve as peers of
    others; one that may not is still compared with those that may.
    """

    codes: Mapping[str, IntArray]
    words: Mapping[str, NDArray[Any]]
    counted: BoolArray
    _joined: dict[Rung, IntArray] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, records: Records, confirmed: frozenset[str] = frozenset()) -> Self:
        """The groups of `records`; the trades in `confirmed` (their ids) are nobody's peers."""
        codes, words = {}, {}
        for name, values in _attributes(records).items():
            codes[name], words[name] = pd.factorize(values)
        counted = np.array([trade not in confirmed for trade in records.trade_ids], dtype=bool)
        return cls(codes, words, counted)

    @classmethod
    def nobodys(cls, trades: int) -> Self:
        """No groups at all: for trades whose place among their peers is known already."""
        return cls({}, {}, np.ones(trades, dtype=bool))

    def on(self, rung: Rung) -> IntArray:
        """Codes [n_trades] of the groups of a rung, counted from 0."""
        if rung not in self._joined:
            joined = np.zeros(len(self.counted), dtype=np.int64)
            for name in rung:
                # Made dense again at every step, so that no product of numbers of groups grows too large.
                joined = pd.factorize(joined * len(self.words[name]) + self.codes[name])[0]
            self._joined[rung] = joined
        return self._joined[rung]

    def label(self, rung: Rung, trade: int) -> str:
        """What the peers of `trade` on a rung share, as a person reads it."""
        return ", ".join(_in_words(name, str(self.words[name][self.codes[name][trade]])) for name in rung)


def _attributes(records: Records) -> dict[str, NDArray[Any]]:
    """What makes trades peers, one text or number a trade."""
    trades = records.trades
    named = {
        name: trades[name].fillna(UNKNOWN).to_numpy(dtype=object) for name in (*REGIME, "kind", "category")
    }
    money = records.money
    size = np.floor(np.log10(np.where(money > 0, money, np.nan)) * SIZE_BANDS_A_DECADE)
    bids = np.maximum(records.bidder_counts, 1)
    return {
        **named,
        "bids": bids,
        "bids, narrow band": _banded(bids, NARROW_BANDS),
        "bids, wide band": _banded(bids, WIDE_BANDS),
        "size": np.where(np.isfinite(size), size, np.inf),
    }


def _banded(bids: IntArray, bands: tuple[int, ...]) -> NDArray[Any]:
    names = [_band_name(index, bands) for index in range(len(bands) + 1)]
    return np.array(names, dtype=object)[np.searchsorted(bands, bids, side="left")]


def _band_name(index: int, bands: tuple[int, ...]) -> str:
    if index == len(bands):
        return f"more than {bands[-1]}"
    low, high = (bands[index - 1] + 1 if index else 1), bands[index]
    return str(high) if low == high else f"{low}-{high}"


def _in_words(attribute: str, value: str) -> str:
    """What peers share, as a person reads it."""
    if value == ("inf" if attribute == "size" else UNKNOWN):
        return f"{attribute.replace('_', ' ')} not known"
    if attribute.startswith("bids"):
        return "0 or 1 bid" if value == "1" else f"{value} bids"
    words = {
        "side": {"buy": "purchases", "sell": "sales"}.get(value, value),
        "method": f"{value} procedure",
        "price_rule": f"price rule {value.replace('_', ' ')}",
        "kind": value.replace("_", " "),
    }
    if attribute == "size":
        return f"worth 10^{float(value):.0f} to ten times that"
    return words.get(attribute, value)
