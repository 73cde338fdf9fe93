"""Honest trading: who enters, what they bid under each price rule, who is rejected, what fails.

Costs have a part common to the lot, a part that stays with the firm and a part of the moment, so honest bids of
one lot move together with its cost and are otherwise independent (the affiliated-values model of auctions,
Milgrom and Weber 1982). Mark-ups shrink with the number of rivals.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from detector.arrays import FloatArray, IntArray, TextArray
from detector.simulate.lots import DAY, Draft, draw_lots, office_hours, on_working_day
from detector.simulate.world import KINDS, SOLD, Columns, World, entrants

RETENDER_SHARE = 0.025
CANCELLED_SHARE = 0.008
REJECTED_SHARE = 0.05
WITHDRAWN_SHARE = 0.005
CONSORTIUM_SHARE = 0.06
REASONS = (
    "bid security not paid in time",
    "qualification certificate expired",
    "project manager does not meet the requirements",
    "seal or signature missing",
    "technical requirement marked with an asterisk not met",
    "bill of quantities altered",
)
ABOVE_CEILING = "price above the published ceiling"


def honest_market(world: World, rng: np.random.Generator, count: int) -> Draft:
    """`count` ordinary lots with their bids, among them failed rounds and their repeats."""
    lots = draw_lots(world, rng, count)
    repeats = _plan_repeats(rng, lots)
    bidders = draw_bidder_counts(rng, lots)
    bidders[repeats] = rng.integers(0, 3, len(repeats))
    bids = honest_bids(world, rng, lots, bidders)
    few = np.bincount(bids["lot"], minlength=count) < 3
    competitive = np.isin(lots["method"], ("open", "selective"))
    failed = few & competitive & (rng.random(count) < 0.3)
    failed[repeats] = True
    lots["status"][failed] = "failed"
    cancelled = (rng.random(count) < CANCELLED_SHARE) & ~failed
    lots["status"][cancelled] = "cancelled"
    return Draft(lots, _form_consortia(world, rng, lots, bids))


def honest_bids(world: World, rng: np.random.Generator, lots: Columns, count: IntArray) -> Columns:
    """Bids of `count` independent specialists per lot, priced by the rule of the lot."""
    lot, bidder = entrants(world, rng, lots["category"], world.buyer_region[lots["buyer"]], count)
    return price_bids(world, rng, lots, lot, bidder)


def price_bids(
    world: World, rng: np.random.Generator, lots: Columns, lot: IntArray, bidder: IntArray
) -> Columns:
    """Honest prices for given bidders: the pricing of each rule, the ceiling, then a few rejections."""
    amount = np.zeros(len(lot))
    for rule, price in PRICING.items():
        rows = lots["price_rule"][lot] == rule
        if rows.any():
            amount[rows] = price(world, rng, lots, lot[rows], bidder[rows])
    common = np.isin(lots["price_rule"][lot], ("lottery", "highest"))
    bids = make_bids(lot, bidder, np.where(common, np.round(amount, 2), rounded(rng, amount)))
    return _reject_some(rng, _respect_ceiling(rng, lots, bids))


def make_bids(lot: IntArray, bidder: IntArray, amount: FloatArray, **given: Any) -> Columns:
    """Bid columns with their defaults: valid, handed in like anyone's, nobody's favourite, alone."""
    count = len(lot)
    bids: Columns = {
        "lot": np.asarray(lot, dtype=np.int64),
        "bidder": np.asarray(bidder, dtype=np.int64),
        "amount": np.asarray(amount, dtype=np.float64),
        "status": np.full(count, "valid", dtype=object),
        "reason": np.full(count, None, dtype=object),
        "before": np.full(count, np.nan),
        "favourite": np.zeros(count, dtype=bool),
        "consortium": np.full(count, -1, dtype=np.int64),
    }
    for name, values in given.items():
        bids[name][:] = values
    return bids


def rounded(rng: np.random.Generator, amount: FloatArray) -> FloatArray:
    """Prices as firms write them: most to the cent, some to the yuan or to the hundred."""
    style = rng.random(len(amount))
    choices = [np.round(amount, 2), np.round(amount), np.round(amount, -2)]
    return np.select([style < 0.6, style < 0.9, style >= 0.9], choices)


def draw_bidder_counts(rng: np.random.Generator, lots: Columns) -> IntArray:
    """Number of bidders: one in a direct award, about three to a quotation, up to 25 in an open call."""
    method, rule = lots["method"], lots["price_rule"]
    count = len(method)
    public = np.floor(rng.lognormal(np.where(rule == "average_based", 2.2, 1.55), 0.5, count))
    public = np.where(rng.random(count) < 0.1, 1, public)
    invited = 2 + rng.binomial(5, 0.3, count)
    offers = np.where(rng.random(count) < 0.35, 1, 1 + rng.poisson(2.5, count))
    number = np.select(
        [method == "direct", np.isin(method, ("limited", "selective", "other")), SOLD[lots["category"]]],
        [np.ones(count), invited, offers],
        public,
    )
    whole: IntArray = np.clip(number, 1, 25).astype(np.int64)
    return whole


def price_on_cost(
    world: World, rng: np.random.Generator, lots: Columns, lot: IntArray, bidder: IntArray
) -> FloatArray:
    """Lowest price and the like: cost plus a mark-up that shrinks with the number of rivals."""
    rivals = np.bincount(lot, minlength=len(lots["buyer"]))[lot]
    common = rng.normal(-0.16, 0.06, len(lots["buyer"]))[lot]
    cost = common + world.efficiency[bidder] + rng.normal(0, 0.04, len(lot))
    return lots["estimate"][lot] * np.exp(cost) * (1.03 + 0.12 / rivals)


def price_near_average(
    world: World, rng: np.random.Generator, lots: Columns, lot: IntArray, bidder: IntArray
) -> FloatArray:
    """Average-based: everyone guesses where the mean will lie, so prices lie close together lawfully."""
    guess = rng.normal(0.07, 0.02, len(lots["buyer"]))[lot]
    return lots["ceiling"][lot] * (
        1 - guess - 0.2 * world.efficiency[bidder] - rng.normal(0, 0.016, len(lot))
    )


def price_in_talks(
    world: World, rng: np.random.Generator, lots: Columns, lot: IntArray, bidder: IntArray
) -> FloatArray:
    """Negotiated: somewhat under the budget."""
    del world, bidder
    return lots["estimate"][lot] * (1 - rng.beta(1.3, 14, len(lot)))


def price_fixed_by_lottery(
    world: World, rng: np.random.Generator, lots: Columns, lot: IntArray, bidder: IntArray
) -> FloatArray:
    """Lottery: the notice fixes the price, all bidders write the same one, the draw decides."""
    del world, bidder
    price: FloatArray = lots["ceiling"] * rng.choice([0.94, 0.95, 0.96], len(lots["buyer"]))
    return price.round(2)[lot]


def price_from_list(
    world: World, rng: np.random.Generator, lots: Columns, lot: IntArray, bidder: IntArray
) -> FloatArray:
    """Fixed: a regulated price list leaves differences of a few per mille."""
    del world, bidder
    listed = lots["ceiling"] * rng.uniform(0.9, 0.97, len(lots["buyer"]))
    return listed[lot] * (1 + rng.normal(0, 0.001, len(lot)))


def price_by_outcry(
    world: World, rng: np.random.Generator, lots: Columns, lot: IntArray, bidder: IntArray
) -> FloatArray:
    """Highest: an English auction. Each stops at its value, the last one step above the runner-up."""
    reserve = lots["reserve"][lot]
    value = reserve * (1 + rng.gamma(0.9, 0.16, len(lot)) - world.efficiency[bidder].clip(-0.05, 0.0))
    step = np.maximum(np.round(reserve * 0.01, -2), 100.0)
    stop = reserve + np.floor((value - reserve) / step) * step
    order = np.lexsort((-stop, lot))
    last = np.r_[True, lot[order][1:] != lot[order][:-1]]
    runner_up = np.where(np.r_[last[1:], True], reserve[order] - step[order], np.r_[stop[order][1:], 0.0])
    price = np.empty(len(lot))
    price[order] = np.where(last, runner_up + step[order], stop[order])
    return price


Pricing = Callable[[World, np.random.Generator, Columns, IntArray, IntArray], FloatArray]
PRICING: Mapping[str, Pricing] = {
    "lowest": price_on_cost,
    "quality_and_price": price_on_cost,
    "average_based": price_near_average,
    "negotiated": price_in_talks,
    "lottery": price_fixed_by_lottery,
    "fixed": price_from_list,
    "highest": price_by_outcry,
}


def _respect_ceiling(rng: np.random.Generator, lots: Columns, bids: Columns) -> Columns:
    """Above the ceiling firms shave their price or stay away; a few hand in and are rejected."""
    ceiling = np.nan_to_num(lots["ceiling"][bids["lot"]], nan=np.inf)
    chance = rng.random(len(ceiling))
    above = bids["amount"] > ceiling
    shaved = above & (chance < 0.4)
    bids["amount"][shaved] = np.round(ceiling[shaved] * rng.uniform(0.97, 1.0, int(shaved.sum())), 2)
    rejected = above & (chance > 0.9)
    bids["status"][rejected] = "disqualified"
    bids["reason"][rejected] = ABOVE_CEILING
    return take(bids, ~above | shaved | rejected)


def _reject_some(rng: np.random.Generator, bids: Columns) -> Columns:
    chance = rng.random(len(bids["lot"]))
    rejected = (chance < REJECTED_SHARE) & (bids["status"] == "valid")
    bids["status"][rejected] = "disqualified"
    bids["reason"][rejected] = draw_reasons(rng, int(rejected.sum()))
    bids["status"][chance > 1 - WITHDRAWN_SHARE] = "withdrawn"
    bids["reason"][chance > 1 - WITHDRAWN_SHARE] = None
    return bids


def draw_reasons(rng: np.random.Generator, count: int) -> TextArray:
    """Everyday reasons for rejecting a bid."""
    return rng.choice(np.array(REASONS, dtype=object), count)


def take(columns: Columns, rows: TextArray) -> Columns:
    """The chosen rows of all columns."""
    return {name: values[rows] for name, values in columns.items()}


def _plan_repeats(rng: np.random.Generator, lots: Columns) -> IntArray:
    """Pairs of lots become a failed call and its repeat; returns the failed ones."""
    public = rng.permutation(np.flatnonzero(np.isin(lots["method"], ("open", "selective"))))
    pairs = min(round(RETENDER_SHARE * len(lots["buyer"])), len(public) // 2)
    first, second = public[:pairs], public[pairs : 2 * pairs]
    for name in ("buyer", "category", "method", "price_rule", "estimate", "ceiling"):
        lots[name][second] = lots[name][first]
    repeat_rounds(rng, lots, first, second)
    return first


def repeat_rounds(rng: np.random.Generator, lots: Columns, failed: IntArray, repeat: IntArray) -> None:
    """Link each repeat to its failed round and publish it some weeks after that one's deadline."""
    lots["round"][repeat] = lots["round"][failed] + 1
    lots["previous"][repeat] = failed
    pause = (lots["window_days"][failed] + rng.integers(8, 40, len(failed))) * DAY
    day = on_working_day(lots["published"][failed] + pause) // DAY
    lots["published"][repeat] = office_hours(rng, day)


def _form_consortia(world: World, rng: np.random.Generator, lots: Columns, bids: Columns) -> Columns:
    """Some bids for larger works come from two firms: a second row with the same price."""
    category = lots["category"][bids["lot"]]
    large = (KINDS[category] == "works") & (lots["estimate"][bids["lot"]] > 8_000_000)
    lead = np.flatnonzero(large & (rng.random(len(category)) < CONSORTIUM_SHARE))
    firm = np.zeros(len(lead), dtype=np.int64)
    for code in np.unique(category[lead]):
        rows = category[lead] == code
        firm[rows] = rng.choice(np.flatnonzero(world.speciality[code]), int(rows.sum()))
    firms = len(world.efficiency)
    present = bids["lot"] * firms + bids["bidder"]
    wanted = bids["lot"][lead] * firms + firm
    _, first = np.unique(wanted, return_index=True)
    free = np.isin(np.arange(len(lead)), first) & ~np.isin(wanted, present)
    lead, firm = lead[free], firm[free]
    bids["consortium"][lead] = lead
    partner = take(bids, lead)
    partner["bidder"] = firm
    return {name: np.concatenate([bids[name], partner[name]]) for name in bids}
