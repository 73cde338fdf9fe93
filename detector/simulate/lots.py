"""The lots of the synthetic authority: what is offered, how large, by which method and rule, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from detector.arrays import FloatArray, IntArray, TextArray
from detector.simulate.world import KINDS, SOLD, Columns, World

DAY = 86_400
START = int(np.datetime64("2023-01-01", "s").astype(np.int64))
DAYS = 1_096
MONTH_RUSH = np.array([0.7, 0.5, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.1, 1.1, 1.3, 2.2])

# Tendering thresholds of works, goods and services: National Development and Reform Commission, Order No. 16
# (2018). Below them a buyer may use simpler methods.
THRESHOLDS: Mapping[str, float] = {"works": 4_000_000.0, "goods": 2_000_000.0, "services": 1_000_000.0}

Shares = Mapping[str, float]
METHODS_ABOVE: Shares = {"open": 0.86, "selective": 0.08, "limited": 0.03, "direct": 0.03}
METHODS_BELOW: Shares = {"open": 0.38, "selective": 0.05, "limited": 0.43, "direct": 0.12, "other": 0.02}
METHODS_SALE: Shares = {"auction": 0.55, "listing": 0.45}
RULES: Mapping[tuple[str, str], Shares] = {
    ("works", "open"): {"average_based": 0.42, "lowest": 0.3, "quality_and_price": 0.22, "lottery": 0.06},
    ("goods", "open"): {"lowest": 0.6, "quality_and_price": 0.38, "fixed": 0.02},
    ("services", "open"): {"quality_and_price": 0.62, "lowest": 0.32, "fixed": 0.06},
}
RULES_BY_METHOD: Mapping[str, Shares] = {
    "selective": {"quality_and_price": 0.6, "lowest": 0.4},
    "limited": {"lowest": 0.65, "negotiated": 0.25, "quality_and_price": 0.1},
    "other": {"lowest": 0.7, "negotiated": 0.3},
    "direct": {"negotiated": 1.0},
    "auction": {"highest": 1.0},
    "listing": {"highest": 1.0},
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What is fixed beforehand about lots; None is drawn as for any lot."""

    category: int | None = None
    buyer: int | None = None
    method: str | None = None
    price_rule: str | None = None


class Draft(NamedTuple):
    """Lots and their bids before they become records. `bids["lot"]` is a position in `lots`.

    Money in yuan, `published` in local seconds, `before` in minutes before the deadline (negative: late,
    NaN: as anyone). `previous` is the position of the failed round, -1 without one.
    """

    lots: Columns
    bids: Columns

    @property
    def size(self) -> int:
        """Number of lots."""
        return len(self.lots["buyer"])


def join(drafts: list[Draft]) -> Draft:
    """Drafts one after the other, positions shifted accordingly."""
    starts = np.cumsum([0] + [draft.size for draft in drafts[:-1]])
    for start, draft in zip(starts, drafts, strict=True):
        draft.bids["lot"] = draft.bids["lot"] + start
        draft.lots["previous"] = np.where(draft.lots["previous"] >= 0, draft.lots["previous"] + start, -1)
    lots = {name: np.concatenate([d.lots[name] for d in drafts]) for name in drafts[0].lots}
    bids = {name: np.concatenate([d.bids[name] for d in drafts]) for name in drafts[0].bids}
    return Draft(lots, bids)


ANY = Terms()


def draw_lots(world: World, rng: np.random.Generator, count: int, terms: Terms = ANY) -> Columns:
    """`count` lots as an honest authority offers them, within `terms`."""
    buyer = _buyers(world, rng, count, terms)
    category = _categories(world, rng, buyer, terms)
    estimate = _estimates(rng, world.log_value[category])
    sold = SOLD[category]
    method = _methods(rng, category, estimate, terms)
    return {
        "buyer": buyer,
        "category": category,
        "method": method,
        "price_rule": _price_rules(rng, category, method, terms),
        "estimate": estimate,
        "ceiling": np.where(sold, np.nan, np.round(estimate * rng.choice([1.0, 0.98, 0.95], count), 2)),
        "reserve": np.where(sold, np.round(estimate * rng.choice([1.0, 0.95, 0.9], count), -2), np.nan),
        "published": draw_published(rng, count),
        "window_days": draw_window_days(rng, method),
        "round": np.ones(count, dtype=np.int64),
        "previous": np.full(count, -1, dtype=np.int64),
        "status": np.full(count, "awarded", dtype=object),
        "note": np.full(count, "", dtype=object),
    }


def draw_published(rng: np.random.Generator, count: int) -> IntArray:
    """Local seconds of publication: working days, office hours, a rush towards December."""
    day = START // DAY + np.arange(DAYS)
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    weight = MONTH_RUSH[month] * (weekday(day) < 5)
    drawn: IntArray = rng.choice(day, count, p=weight / weight.sum())
    return office_hours(rng, drawn)


def office_hours(rng: np.random.Generator, day: IntArray) -> IntArray:
    """Local seconds between nine and five on each day."""
    return day * DAY + rng.integers(9 * 3_600, 17 * 3_600, len(day))


def weekday(day: IntArray) -> IntArray:
    """0 Monday to 6 Sunday, of days since 1970-01-01 (a Thursday)."""
    since_monday: IntArray = (day + 3) % 7
    return since_monday


def on_working_day(seconds: IntArray) -> IntArray:
    """Saturdays and Sundays moved to the Monday after, at the same time of day."""
    late = weekday(seconds // DAY) - 5
    moved: IntArray = seconds + np.where(late >= 0, 2 - late, 0) * DAY
    return moved


def draw_window_days(rng: np.random.Generator, method: TextArray) -> IntArray:
    """Days from publication to deadline: more than 20 in an open call, few where quotations are asked for."""
    count = len(method)
    public = 21 + np.floor(rng.gamma(1.5, 2.6, count))
    quick = 5 + rng.integers(0, 8, count)
    return np.where(np.isin(method, ("limited", "direct", "other")), quick, public).astype(np.int64)


def pick(rng: np.random.Generator, shares: Shares, count: int) -> TextArray:
    """`count` names drawn by their shares."""
    weight = np.array(list(shares.values()))
    return rng.choice(np.array(list(shares), dtype=object), count, p=weight / weight.sum())


def thresholds(category: IntArray) -> FloatArray:
    """Tendering threshold of each category, zero for what is sold."""
    return np.array([THRESHOLDS.get(kind, 0.0) for kind in KINDS])[category]


def _buyers(world: World, rng: np.random.Generator, count: int, terms: Terms) -> IntArray:
    if terms.buyer is not None:
        return np.full(count, terms.buyer, dtype=np.int64)
    volume = world.buyer_volume.copy()
    if terms != ANY:
        volume[: world.sellers] = 0
    return rng.choice(len(volume), count, p=volume / volume.sum())


def _categories(world: World, rng: np.random.Generator, buyer: IntArray, terms: Terms) -> IntArray:
    if terms.category is not None:
        return np.full(len(buyer), terms.category, dtype=np.int64)
    category: IntArray = (world.taste[buyer] < rng.random(len(buyer))[:, None]).sum(axis=1)
    return category


def _estimates(rng: np.random.Generator, log_value: FloatArray) -> FloatArray:
    """Budgets: skewed, most of them round numbers."""
    exact = np.exp(log_value + rng.normal(0, 0.95, len(log_value)))
    rounded = np.maximum(np.round(exact, -4), 10_000.0)
    return np.where(rng.random(len(exact)) < 0.7, rounded, np.round(exact, 2))


def _methods(rng: np.random.Generator, category: IntArray, estimate: FloatArray, terms: Terms) -> TextArray:
    count = len(category)
    if terms.method is not None:
        return np.full(count, terms.method, dtype=object)
    bought = np.where(
        estimate < thresholds(category), pick(rng, METHODS_BELOW, count), pick(rng, METHODS_ABOVE, count)
    )
    return np.where(SOLD[category], pick(rng, METHODS_SALE, count), bought)


def _price_rules(rng: np.random.Generator, category: IntArray, method: TextArray, terms: Terms) -> TextArray:
    if terms.price_rule is not None:
        return np.full(len(category), terms.price_rule, dtype=object)
    rule = np.full(len(category), "", dtype=object)
    for (kind, way), shares in RULES.items():
        rows = (KINDS[category] == kind) & (method == way)
        rule[rows] = pick(rng, shares, int(rows.sum()))
    for way, shares in RULES_BY_METHOD.items():
        rows = method == way
        rule[rows] = pick(rng, shares, int(rows.sum()))
    return rule
