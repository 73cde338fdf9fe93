"""What is planted: schemes that a supervisor would want to open, each as it shows in the records.

Every function draws lots as the honest market does and changes only what the scheme needs, with noise: outsiders
bid in some lots, members stay away, now and then the wrong one wins. R… are red flags of the Open Contracting
Partnership's catalogue (Red Flags in Public Procurement, 2024).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.simulate.lots import (
    DAY,
    Draft,
    Terms,
    draw_lots,
    draw_published,
    office_hours,
    on_working_day,
    thresholds,
)
from detector.simulate.markets import (
    draw_reasons,
    honest_bids,
    make_bids,
    price_bids,
    repeat_rounds,
    rounded,
    take,
)
from detector.simulate.world import Columns, World, draw_buyer, draw_category, entrants, specialists

Plant = Callable[[World, np.random.Generator, int], Draft]


class Scheme(NamedTuple):
    """How one kind of scheme is planted: its share of all planted trades and the lots of one instance."""

    plant: Plant
    share: float
    smallest: int
    largest: int


def ring_cover_bids(world: World, rng: np.random.Generator, count: int) -> Draft:
    """A ring with a designated winner near the ceiling and cover bids close above it (围标, 陪标; R024).

    Low variance screen of Abrantes-Metz et al. (2006); gap between the winner and the packed losers, the relative
    distance of Imhof, Karagök and Rutz (2018). About one lot in eight sees an outsider.
    """
    category = draw_category(world, rng)
    ring = specialists(world, rng, category, int(rng.integers(4, 7)))
    lots = draw_lots(world, rng, count, Terms(category=category, method="open", price_rule="lowest"))
    leader = np.where(rng.random(count) < 0.75, 0, rng.integers(0, len(ring), count))
    lot, member, leads = _attendance(rng, count, len(ring), leader)
    winning = lots["ceiling"] * (1 - rng.uniform(0.008, 0.035, count))
    cover = 1 + rng.uniform(0.005, 0.016, count)[lot] + np.abs(rng.normal(0, 0.005, len(lot)))
    amount = _under(lots, lot, np.where(leads, winning[lot], winning[lot] * cover))
    bids = make_bids(lot, ring[member], rounded(rng, amount))
    bids["before"] = _handed_in_together(rng, lot, count)
    return _with_outsiders(world, rng, Draft(lots, bids), rng.random(count) < 0.12)


def ring_rotation(world: World, rng: np.random.Generator, count: int) -> Draft:
    """The same firms take turns (轮流中标; R057): close losing bids, the next winner each lot."""
    category = draw_category(world, rng)
    ring = specialists(world, rng, category, int(rng.integers(4, 6)))
    lots = draw_lots(world, rng, count, Terms(category=category, method="open", price_rule="lowest"))
    lots["published"] = np.sort(lots["published"])
    turn = np.arange(count) % len(ring)
    slip = rng.random(count) < 0.1
    turn[slip] = rng.integers(0, len(ring), int(slip.sum()))
    lot, member, leads = _attendance(rng, count, len(ring), turn)
    winning = lots["ceiling"] * (1 - rng.uniform(0.02, 0.05, count))
    cover = 1 + rng.uniform(0.005, 0.012, count)[lot] + np.abs(rng.normal(0, 0.006, len(lot)))
    amount = _under(lots, lot, np.where(leads, winning[lot], winning[lot] * cover))
    bids = make_bids(lot, ring[member], rounded(rng, amount))
    return _with_outsiders(world, rng, Draft(lots, bids), rng.random(count) < 0.1)


def identical_prices(world: World, rng: np.random.Generator, count: int) -> Draft:
    """Two or more firms name the same price to the cent (R028 identical bid prices)."""
    category = draw_category(world, rng)
    ring = specialists(world, rng, category, int(rng.integers(3, 6)))
    lots = draw_lots(world, rng, count, Terms(category=category, method="open", price_rule="lowest"))
    lot, member = _everyone(count, len(ring))
    price = np.round(lots["ceiling"] * (1 - rng.uniform(0.01, 0.06, count)), 2)
    leader = rng.integers(0, len(ring), count)
    alone = (member == leader[lot]) & (rng.random(count) < 0.6)[lot] & (len(ring) > 2)
    undercut = np.round(price[lot] * (1 - rng.uniform(0.004, 0.02, count)[lot]), 2)
    bids = make_bids(lot, ring[member], np.where(alone, undercut, price[lot]))
    return _with_outsiders(world, rng, Draft(lots, bids), rng.random(count) < 0.2)


def laddered_prices(world: World, rng: np.random.Generator, count: int) -> Draft:
    """Prices one step apart: equal differences or equal ratios (等差, 等比; R023), rounded to the yuan."""
    category = draw_category(world, rng)
    ring = specialists(world, rng, category, int(rng.integers(4, 7)))
    lots = draw_lots(world, rng, count, Terms(category=category, method="open", price_rule="lowest"))
    lot, member = _everyone(count, len(ring))
    step = rng.uniform(0.004, 0.012, count)
    lowest = lots["ceiling"] * (1 - rng.uniform(0.002, 0.02, count)) / (1 + step) ** (len(ring) - 1)
    rung = (member + rng.integers(0, len(ring), count)[lot]) % len(ring)
    by_ratio = (rng.random(count) < 0.5)[lot]
    ladder = np.where(by_ratio, (1 + step[lot]) ** rung, 1 + step[lot] * rung)
    amount: FloatArray = np.round(lowest[lot] * ladder)
    return Draft(lots, make_bids(lot, ring[member], amount))


def splitting(world: World, rng: np.random.Generator, count: int) -> Draft:
    """One need in many small awards (化整为零; R011 splitting, R055 multiple direct awards).

    Same buyer, category and supplier, each just below the tendering threshold of Order No. 16 (2018), within
    weeks.
    """
    category, buyer = draw_category(world, rng), draw_buyer(world, rng)
    lots = draw_lots(world, rng, count, Terms(category=category, buyer=buyer, method="direct"))
    quotation = rng.random(count) < 0.4
    lots["method"][quotation], lots["price_rule"][quotation] = "limited", "lowest"
    lots["estimate"] = np.round(thresholds(lots["category"]) * rng.uniform(0.84, 0.995, count), -3)
    lots["ceiling"] = lots["estimate"].copy()
    spread = draw_published(rng, 1) + rng.integers(0, 5 * 7, count) * DAY
    lots["published"] = office_hours(rng, on_working_day(spread) // DAY)
    firms = specialists(world, rng, category, 3)
    lot, member = _everyone(count, len(firms))
    invited = (member == 0) | quotation[lot]
    asked = lots["estimate"] * rng.uniform(0.955, 0.985, count)
    cover = 1 + rng.uniform(0.003, 0.02, len(lot)) * (member > 0)
    amount = _under(lots, lot, asked[lot] * cover)
    bids = make_bids(lot, firms[member], rounded(rng, amount), favourite=member == 0)
    return Draft(lots, take(bids, invited))


def tailored_tender(world: World, rng: np.random.Generator, count: int) -> Draft:
    """A call made for one firm (量身定做; R003 short window, R031 price at the estimate, R035 others out)."""
    lots = draw_lots(world, rng, count, Terms(method="open", price_rule="quality_and_price"))
    lots["window_days"] = rng.integers(5, 10, count)
    lots["ceiling"] = lots["estimate"].copy()
    rivals, firm = _one_against_rivals(world, rng, lots, rng.integers(0, 3, count))
    rivals["status"][:] = "disqualified"
    rivals["reason"] = draw_reasons(rng, len(rivals["lot"]))
    asked = np.round(lots["ceiling"] * rng.uniform(0.985, 1.0, count), 2)
    return Draft(lots, _stack(rivals, make_bids(np.arange(count), firm, asked, favourite=True)))


def captive_pair(world: World, rng: np.random.Generator, count: int) -> Draft:
    """A buyer and a supplier live off each other far beyond the market (R040; Fazekas and Kocsis 2020)."""
    category = draw_category(world, rng)
    buyer = int(len(world.buyer_volume) - 1 - rng.integers(0, len(world.buyer_volume) // 2))
    firm = specialists(world, rng, category, 12)[-1]
    lots = draw_lots(
        world,
        rng,
        count,
        Terms(category=category, buyer=buyer, method="open", price_rule="quality_and_price"),
    )
    rivals = honest_bids(world, rng, lots, rng.integers(1, 4, count))
    rivals = take(rivals, rivals["bidder"] != firm)
    near = _under(lots, np.arange(count), lots["ceiling"] * rng.uniform(0.96, 0.998, count))
    favoured = rng.random(count) < 0.92
    own = make_bids(np.arange(count), np.full(count, firm), np.round(near, 2), favourite=favoured)
    return Draft(lots, _stack(rivals, own))


def late_accepted_bid(world: World, rng: np.random.Generator, count: int) -> Draft:
    """A bid that arrives after the deadline is accepted and wins by a little (R030).

    Late bids must be refused: Tendering and Bidding Law, Art. 28, and its Implementing Regulation, Art. 36.
    """
    lots = draw_lots(world, rng, count, Terms(method="open", price_rule="lowest"))
    rivals, firm = _one_against_rivals(world, rng, lots, rng.integers(2, 7, count))
    lowest = lots["ceiling"].copy()
    np.minimum.at(lowest, rivals["lot"], rivals["amount"])
    below = np.round(lowest * (1 - rng.uniform(0.001, 0.01, count)), 2)
    late = make_bids(np.arange(count), firm, below, favourite=True, before=-rng.uniform(2, 240, count))
    return Draft(lots, _stack(rivals, late))


def retender_until_favourite(world: World, rng: np.random.Generator, count: int) -> Draft:
    """Calls fail until the favourite wins (明招暗定): first it is beaten, then the others are out."""
    category = draw_category(world, rng)
    firm = specialists(world, rng, category, 1)[0]
    one = draw_lots(world, rng, 1, Terms(category=category, method="open", price_rule="quality_and_price"))
    lots = {name: np.repeat(values, count) for name, values in one.items()}
    for place in range(1, count):
        repeat_rounds(rng, lots, np.array([place - 1]), np.array([place]))
    lots["status"][:-1] = "failed"
    rivals = honest_bids(world, rng, lots, np.r_[rng.integers(2, 6, count - 1), rng.integers(0, 3, 1)])
    rivals = take(rivals, rivals["bidder"] != firm)
    final = rivals["lot"] == count - 1
    rejected = final & (rng.random(len(final)) < 0.6)
    rivals["status"][rejected] = "disqualified"
    rivals["reason"][rejected] = draw_reasons(rng, int(rejected.sum()))
    high = np.round(lots["ceiling"] * rng.uniform(0.97, 0.999, count), 2)
    own = make_bids(np.arange(count), np.full(count, firm), high, favourite=np.arange(count) == count - 1)
    return Draft(lots, _stack(rivals, own))


SCHEMES: Mapping[str, Scheme] = {
    "ring_cover_bids": Scheme(ring_cover_bids, 0.22, 8, 20),
    "ring_rotation": Scheme(ring_rotation, 0.18, 8, 20),
    "identical_prices": Scheme(identical_prices, 0.08, 1, 4),
    "laddered_prices": Scheme(laddered_prices, 0.08, 1, 4),
    "splitting": Scheme(splitting, 0.14, 5, 10),
    "tailored_tender": Scheme(tailored_tender, 0.08, 1, 4),
    "captive_pair": Scheme(captive_pair, 0.12, 8, 15),
    "late_accepted_bid": Scheme(late_accepted_bid, 0.04, 1, 3),
    "retender_until_favourite": Scheme(retender_until_favourite, 0.06, 2, 3),
}


def _everyone(count: int, firms: int) -> tuple[IntArray, IntArray]:
    """(lot, member) of all members in all lots."""
    return np.repeat(np.arange(count), firms), np.tile(np.arange(firms), count)


def _attendance(
    rng: np.random.Generator, count: int, firms: int, leader: IntArray
) -> tuple[IntArray, IntArray, BoolArray]:
    """(lot, member, leads): members stay away now and then, never the leader nor the two after it."""
    lot, member = _everyone(count, firms)
    after = (member - leader[lot]) % firms
    comes = (after <= 2) | (rng.random(len(lot)) < 0.85)
    return lot[comes], member[comes], (after == 0)[comes]


def _under(lots: Columns, lot: IntArray, amount: FloatArray) -> FloatArray:
    """Prices kept under the ceiling without piling up on it."""
    ceiling = lots["ceiling"][lot]
    over = amount > ceiling * 0.9995
    return np.where(over, ceiling * (1 - 0.001 - 0.1 * np.abs(amount / ceiling - 1)), amount)


def _handed_in_together(rng: np.random.Generator, lot: IntArray, count: int) -> FloatArray:
    """In half of the lots one hand uploads all bids within a quarter of an hour (串标)."""
    start = np.where(rng.random(count) < 0.5, rng.uniform(20, 1_200, count), np.nan)
    return start[lot] + rng.uniform(0, 15, len(lot))


def _with_outsiders(world: World, rng: np.random.Generator, draft: Draft, open_to: BoolArray) -> Draft:
    """One honest bid more in some lots; it may well win."""
    others = honest_bids(world, rng, draft.lots, open_to.astype(np.int64))
    firms = len(world.efficiency)
    known = draft.bids["lot"] * firms + draft.bids["bidder"]
    fresh = ~np.isin(others["lot"] * firms + others["bidder"], known)
    return Draft(draft.lots, _stack(draft.bids, take(others, fresh)))


def _one_against_rivals(
    world: World, rng: np.random.Generator, lots: Columns, count: IntArray
) -> tuple[Columns, IntArray]:
    """Honest bids of `count` specialists per lot, and one specialist more who is not among them."""
    lot, bidder = entrants(world, rng, lots["category"], world.buyer_region[lots["buyer"]], count + 1)
    first = np.r_[True, lot[1:] != lot[:-1]]
    return price_bids(world, rng, lots, lot[~first], bidder[~first]), bidder[first]


def _stack(first: Columns, second: Columns) -> Columns:
    return {name: np.concatenate([first[name], second[name]]) for name in first}
