"""Honest look-alikes: lawful trades that show what a careless screen takes for a scheme. None may alert."""

from collections.abc import Mapping

import numpy as np

from detector.simulate.lots import Draft, Terms, draw_lots, thresholds
from detector.simulate.markets import honest_bids, make_bids, price_on_cost, rounded, take
from detector.simulate.schemes import Scheme
from detector.simulate.world import World, draw_buyer, draw_category, specialists

FLOOR = 0.85


def legal_price_floor(world: World, rng: np.random.Generator, count: int) -> Draft:
    """A published floor: everyone bids right above it, who goes below is rejected as the notice says."""
    lots = draw_lots(world, rng, count, Terms(method="open", price_rule="lowest"))
    lots["note"][:] = "bids below 85 % of the ceiling are rejected"
    bids = honest_bids(world, rng, lots, rng.integers(8, 21, count))
    floor = np.round(lots["ceiling"] * FLOOR, 2)[bids["lot"]]
    below = rng.random(len(floor)) < 0.15
    off = rng.exponential(0.002, len(floor)) + 1e-6
    bids["amount"] = np.round(np.where(below, floor * (1 - 4 * off), floor * (1 + off)), 2)
    bids["status"] = np.where(below, "disqualified", "valid").astype(object)
    bids["reason"][:] = None
    bids["reason"][below] = "price below the published floor"
    return Draft(lots, bids)


def lawful_lottery(world: World, rng: np.random.Generator, count: int) -> Draft:
    """The notice fixes the price, all write it down, balls decide (random drawing of small works)."""
    lots = draw_lots(world, rng, count, Terms(method="open", price_rule="lottery"))
    return Draft(lots, honest_bids(world, rng, lots, rng.integers(10, 26, count)))


def price_list(world: World, rng: np.random.Generator, count: int) -> Draft:
    """A regulated price list: many bidders within a few per mille, quality decides."""
    lots = draw_lots(world, rng, count, Terms(method="open", price_rule="fixed"))
    return Draft(lots, honest_bids(world, rng, lots, rng.integers(6, 16, count)))


def honest_niche(world: World, rng: np.random.Generator, count: int) -> Draft:
    """Four or five specialists meet all the time and fight hard: wide prices far below the ceiling."""
    category = draw_category(world, rng)
    firms = specialists(world, rng, category, int(rng.integers(4, 6)))
    lots = draw_lots(world, rng, count, Terms(category=category, method="open", price_rule="lowest"))
    comes = rng.random((count, len(firms))) < 0.85
    lot, member = np.nonzero(comes)
    amount = rounded(rng, 0.95 * price_on_cost(world, rng, lots, lot, firms[member]))
    affordable = amount < lots["ceiling"][lot]
    return Draft(lots, take(make_bids(lot, firms[member], amount), affordable))


def framework_call_offs(world: World, rng: np.random.Generator, count: int) -> Draft:
    """Many small awards of one buyer to one supplier, lawful under a framework agreement tendered before."""
    category, buyer = draw_category(world, rng), draw_buyer(world, rng)
    firm = specialists(world, rng, category, 1)
    lots = draw_lots(
        world, rng, count, Terms(category=category, buyer=buyer, method="limited", price_rule="fixed")
    )
    lots["note"][:] = "call-off under a framework agreement"
    limit = thresholds(lots["category"])
    lots["estimate"] = np.round(limit * rng.beta(1.5, 6, count) + 5_000, -2)
    lots["ceiling"] = lots["estimate"].copy()
    lots["published"] = np.sort(lots["published"])
    amount = np.round(lots["estimate"] * rng.uniform(0.9, 1.0, count), 2)
    return Draft(lots, make_bids(np.arange(count), np.repeat(firm, count), amount))


LOOKALIKES: Mapping[str, Scheme] = {
    "legal_price_floor": Scheme(legal_price_floor, 0.22, 1, 6),
    "lawful_lottery": Scheme(lawful_lottery, 0.2, 1, 6),
    "price_list": Scheme(price_list, 0.2, 1, 6),
    "honest_niche": Scheme(honest_niche, 0.2, 6, 15),
    "framework_call_offs": Scheme(framework_call_offs, 0.18, 6, 15),
}
