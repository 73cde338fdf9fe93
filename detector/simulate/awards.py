"""Who wins: one rule of evaluation per price rule, over all lots at once."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray, TextArray
from detector.simulate.lots import Draft
from detector.simulate.world import World

PRICE_POINTS, QUALITY_POINTS = 40.0, 60.0


class Award(NamedTuple):
    """Per bid: rank (0 where not ranked), score (NaN where the rule gives none), whether it won."""

    rank: IntArray
    score: FloatArray
    winner: BoolArray


class Offers(NamedTuple):
    """Valid bids, one per consortium, of lots under one price rule; `lot` is 0 to `lots` - 1."""

    lot: IntArray
    lots: int
    amount: FloatArray
    bidder: IntArray
    favourite: BoolArray


def evaluate(world: World, rng: np.random.Generator, draft: Draft) -> Award:
    """Rank the valid bids of every lot by its price rule; rank 1 wins where the lot was awarded.

    A favourite comes first whatever its price: that is what a scheme plants, never the honest market.
    """
    lots, bids = draft
    count = len(bids["lot"])
    penalty, score = np.full(count, np.inf), np.full(count, np.nan)
    valid = (bids["status"] == "valid") & _first_members(bids["consortium"])
    rule = lots["price_rule"][bids["lot"]]
    for name, judge in RULES.items():
        rows = np.flatnonzero(valid & (rule == name))
        offers = Offers(
            bids["lot"][rows], draft.size, bids["amount"][rows], bids["bidder"][rows], bids["favourite"][rows]
        )
        penalty[rows] = judge(world, rng, offers)
        if name == "quality_and_price":
            score[rows] = -penalty[rows]
    rank = _ranks(bids["lot"], (rng.random(count), penalty, ~bids["favourite"], ~valid))
    rank[~valid] = 0
    _share_with_members(bids["consortium"], rank, score)
    return Award(rank, score, (rank == 1) & (lots["status"][bids["lot"]] == "awarded"))


def by_price(world: World, rng: np.random.Generator, offers: Offers) -> FloatArray:
    """Lowest price."""
    del world, rng
    return offers.amount


def by_highest_price(world: World, rng: np.random.Generator, offers: Offers) -> FloatArray:
    """Highest price, for what is sold."""
    del world, rng
    return -offers.amount


def by_distance_to_average(world: World, rng: np.random.Generator, offers: Offers) -> FloatArray:
    """Average-based: nearest to the mean of the valid bids times a coefficient drawn at the opening."""
    del world
    number = np.maximum(np.bincount(offers.lot, minlength=offers.lots), 1)
    mean = np.bincount(offers.lot, offers.amount, minlength=offers.lots) / number
    baseline = mean * rng.choice([0.97, 0.98, 0.99, 1.0], offers.lots)
    distance: FloatArray = np.abs(offers.amount - baseline[offers.lot])
    return distance


def by_points(world: World, rng: np.random.Generator, offers: Offers) -> FloatArray:
    """Quality and price: 40 points for price against the lowest, 60 for quality. Returns minus the points."""
    lowest = np.full(offers.lots, np.inf)
    np.minimum.at(lowest, offers.lot, offers.amount)
    quality = world.quality[offers.bidder] + rng.normal(0, 3, len(offers.lot))
    points = PRICE_POINTS * lowest[offers.lot] / offers.amount + quality.clip(20, QUALITY_POINTS)
    best = np.zeros(offers.lots)
    np.maximum.at(best, offers.lot, points)
    ahead = (best[offers.lot] + rng.uniform(0.5, 5, len(points))).clip(0, 99.5)
    final: FloatArray = np.where(offers.favourite, np.maximum(points, ahead), points)
    return -final.round(2)


def by_lot_drawing(world: World, rng: np.random.Generator, offers: Offers) -> FloatArray:
    """Lottery, or a fixed price with the order decided on other grounds."""
    del world
    return rng.random(len(offers.lot))


RULES: Mapping[str, Callable[[World, np.random.Generator, Offers], FloatArray]] = {
    "lowest": by_price,
    "negotiated": by_price,
    "highest": by_highest_price,
    "average_based": by_distance_to_average,
    "quality_and_price": by_points,
    "lottery": by_lot_drawing,
    "fixed": by_lot_drawing,
}


def _first_members(consortium: IntArray) -> BoolArray:
    """Bids on their own and the first member of each consortium."""
    first = consortium < 0
    _, where = np.unique(consortium, return_index=True)
    first[where] = True
    return first


def _ranks(lot: IntArray, keys: tuple[TextArray, ...]) -> IntArray:
    """Rank within each lot by `keys`, the last one first; equal offers are told apart by drawing lots."""
    order = np.lexsort((*keys, lot))
    start = np.r_[True, lot[order][1:] != lot[order][:-1]]
    position = np.arange(len(order))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = position - np.maximum.accumulate(np.where(start, position, 0)) + 1
    return rank


def _share_with_members(consortium: IntArray, rank: IntArray, score: FloatArray) -> None:
    """Give every member of a consortium the rank and score of its joint bid."""
    rows = np.flatnonzero(consortium >= 0)
    if len(rows):
        _, first, group = np.unique(consortium[rows], return_index=True, return_inverse=True)
        rank[rows] = rank[rows[first]][group]
        score[rows] = score[rows[first]][group]
