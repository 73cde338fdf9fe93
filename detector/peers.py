"""Peers: how far into its suspicious tail a trade lies among those it is compared with.

A forest on raw screens isolates messy honest competition; colluding bids sit in the quiet centre. So every
feature is turned into *suspicion* first: the share of peers that lie less far in the feature's declared tail,
with the ordinary half set to zero. The trade itself is never its own peer, nor is one that is known to be no
ordinary trade (`confirmed`): what a case has proven must not become what is usual.

`detector.peer_groups` lists who may be compared with whom, from fine groups to coarse ones. A group of up to
`ENOUGH_PEERS` says nothing, one from `PLENTY_PEERS` on all there is to say; between them its word counts in
proportion to the logarithm of its size, and the rest is left to the next coarser group. `ENOUGH_PEERS` is large on
purpose: a ring works in one category with a steady number of bidders, and among thirty such lots its own twenty
would be what is ordinary (masking). The step between the rungs is gradual on purpose, too: a few trades of
somebody else that make a group larger must not move everybody in it at once.

A small authority has to compare lots with different numbers of bids. A dispersion is *moderated* there: drawn
towards that of its group as if `MODERATED` further degrees of freedom had been seen (Smyth 2004, Statistical
Applications in Genetics and Molecular Biology 3(1)), so that three prices, close by chance, do not outdo ten.

What the groups say is joined as log-odds (a logarithmic opinion pool: Genest & Zidek 1986, Statistical Science
1(1)).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, CodeArray, FloatArray, IntArray
from detector.features.evaluation import FeatureTable
from detector.kernels.ranks import below_and_tied_each
from detector.peer_groups import PeerGroups, Rung, ladder_of
from detector.records import Records

ENOUGH_PEERS, PLENTY_PEERS = 400, 1600
# Degrees of freedom of the prior, by code of the dispersion it moderates.
MODERATED: Mapping[str, float] = {"B01": 4.0}


@dataclass(frozen=True, eq=False)
class Suspicion:
    """How far each trade lies in the declared tail of each feature, both [n_trades, n_features].

    `tail` is the share of peers that lie less far out, ties counted half, in (0, 1); NaN where the feature has
    no value, or not one trade to compare with. `rung` tells which rung of the feature's ladder had the largest
    say in it, -1 where none had. `bids` [n_trades] is the number of effective bids.
    """

    table: FeatureTable
    tail: FloatArray
    rung: CodeArray
    bids: IntArray
    groups: PeerGroups

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

    @property
    def counted(self) -> BoolArray:
        """Which trades [n_trades] are peers of others: all but the confirmed ones."""
        return self.groups.counted

    def peers_of(self, trade: int, column: int) -> "PeerView":
        """The peers that had the largest say about `trade` in feature `column`, itself left out."""
        rung = ladder_of(self.table.features[column])[self.rung[trade, column]]
        codes = self.groups.on(rung)
        same = (codes == codes[trade]) & self.counted
        same[trade] = False
        values = self.table.values[same, column]
        return PeerView(self.groups.label(rung, trade), rung, values[np.isfinite(values)])


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


def suspicion(records: Records, table: FeatureTable, confirmed: frozenset[str] = frozenset()) -> Suspicion:
    """How far each trade lies in the declared tail of each feature, among its peers.

    `confirmed` are ids of trades that serve as nobody's peers; they are compared with the others all the same.
    """
    groups = PeerGroups.of(records, confirmed)
    bids = np.asarray(records.bidder_counts, dtype=np.int64)
    tails = np.full(table.values.shape, np.nan, order="F")
    rungs = np.full(table.values.shape, -1, dtype=np.int16, order="F")
    for column, feature in enumerate(table.features):
        signed = table.values[:, column] * (1.0 if feature.direction == "high" else -1.0)
        ladder = ladder_of(feature)
        prior = MODERATED.get(feature.code, 0.0)
        compared = [_comparable(signed, groups, rung, bids, prior) for rung in ladder]
        tails[:, column], rungs[:, column] = _climb(
            compared, [groups.on(rung) for rung in ladder], groups.counted
        )
    return Suspicion(table, tails, rungs, bids, groups)


def columns_of(table: FeatureTable, codes: Sequence[str]) -> list[int]:
    """Positions of the features with the given codes in `table`."""
    position = {feature.code: column for column, feature in enumerate(table.features)}
    return [position[code] for code in codes]


def say(peers: IntArray) -> FloatArray:
    """How much the word of a group with so many peers counts, 0 to 1; the rest is left to coarser groups."""
    grown = np.log(np.maximum(peers, 1) / ENOUGH_PEERS) / np.log(PLENTY_PEERS / ENOUGH_PEERS)
    return np.asarray(np.clip(grown, 0.0, 1.0))


def _comparable(
    signed: FloatArray, groups: PeerGroups, rung: Rung, bids: IntArray, prior: float
) -> FloatArray:
    """What is ranked on a rung: `signed` itself, or dispersions moderated where numbers of bids are mixed."""
    if prior == 0.0 or any(name.startswith("bids") for name in rung):
        return signed
    known = pd.Series(np.where(groups.counted, signed, np.nan))
    usual = known.groupby(groups.on(rung)).transform("median").to_numpy()
    variance = (prior * usual**2 + (bids - 1.0) * signed**2) / (prior + bids - 1.0)
    return np.asarray(-np.sqrt(variance))


def _climb(
    compared: Sequence[FloatArray], ladder: Sequence[IntArray], counted: BoolArray
) -> tuple[FloatArray, CodeArray]:
    """Tail share over the rungs of a ladder, finest first, and the rung with the largest say.

    The widest rung has to do with what there is. One more peer on each side (Laplace's rule of succession) keeps
    the share off 0 and 1: a small group never makes anybody very suspicious, and one newcomer at its end halves
    the odds of the first there at most.
    """
    present = np.isfinite(compared[0])
    peers = present & counted
    unsaid = present.astype(np.float64)
    odds, largest = np.zeros((2, len(present)))
    rungs = np.full(len(present), -1, dtype=np.int16)
    order, ordered = np.argsort(compared[0], kind="stable"), compared[0]
    for level, (signed, groups) in enumerate(zip(compared, ladder, strict=True)):
        count = np.bincount(groups[peers], minlength=int(groups.max(initial=-1)) + 1)
        others = count[groups] - peers
        weight = unsaid * (say(others) if level < len(ladder) - 1 else others >= 1)
        heard = weight > 0
        if not heard.any():
            continue
        if signed is not ordered:
            order, ordered = np.argsort(signed, kind="stable"), signed
        ranks = below_and_tied_each(signed, order, groups, counted, len(count))
        below = (ranks[heard, 0] + 0.5 * ranks[heard, 1] + 1.0) / (others[heard] + 2.0)
        odds[heard] += weight[heard] * np.log(below / (1.0 - below))
        rungs[weight > largest] = level
        largest = np.maximum(largest, weight)
        unsaid -= weight
    return np.where(rungs >= 0, 1.0 / (1.0 + np.exp(-odds)), np.nan), rungs
