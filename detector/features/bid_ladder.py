"""Bid pattern: steps that are too regular, and groups of bids that crowd too closely."""

from functools import partial

from detector.arrays import FloatArray
from detector.features.conditions import COMPETING_PRICES
from detector.features.declare import Feature, Phrase, feature
from detector.kernels.ladders import ratio_irregularity, step_irregularity, tightest_subset
from detector.records import Records

EQUAL_PRICES = Phrase("all bids have the same price", "所有报价相同，无法计算")
REGULATION = (
    "Implementing regulation of the Tendering and Bidding Law of China (2011), Art. 40(4): bid prices that "
    "differ in a regular pattern"
)
SUBGROUPS = (
    "Wallimann, Imhof, Huber (2023), A machine learning approach for flagging incomplete bid-rigging cartels, "
    "Computational Economics 62"
)

screen = partial(feature, family="bid_pattern", needs=("bids.amount",), guards=(COMPETING_PRICES,))


@screen(
    code="B11",
    direction="low",
    unit="ratio",
    minimum=4,
    silent=EQUAL_PRICES,
    source=REGULATION,
    title=Phrase("Bids form a ladder of equal steps", "报价呈等差规律"),
    innocent=Phrase(
        "Prices rounded to the same coarse unit, or bidding in fixed increments, make steps equal.",
        "报价按万元取整，或按固定加（降）价幅度竞价时，间距也会相等。",
    ),
)
def equal_step_ladder(records: Records) -> FloatArray:
    """Irregularity of the steps from bid to bid: zero for an exact arithmetic ladder.

    Definition: sample standard deviation of the gaps between neighbouring offers divided by their mean.
    Why it matters: prices derived from one sheet by adding a constant differ in equal steps; of four
    independent bids (normal) one lot in 2,700 stays under 0.02, of five hardly any.
    Excluded: lots where prices do not compete (lottery, fixed price), under four bids, or with equal bids.
    Example: bids of 100, 102, 104 and 106 step by 2 each time: 0.
    """
    return step_irregularity(records.offers.values, records.offers.offsets)


@screen(
    code="B12",
    direction="low",
    unit="ratio",
    minimum=4,
    silent=EQUAL_PRICES,
    source=REGULATION,
    title=Phrase("Bids form a ladder of equal percentages", "报价呈等比规律"),
    innocent=Phrase(
        "A trade in which everybody grants discounts in whole percentages shows equal ratios.",
        "行业习惯按整数百分比下浮时，报价之比也会相等。",
    ),
)
def equal_ratio_ladder(records: Records) -> FloatArray:
    """Irregularity of the ratios from bid to bid: zero for an exact geometric ladder.

    Definition: sample standard deviation of the logarithms of the ratios of neighbouring offers divided by
    their mean.
    Why it matters: prices derived from one sheet by a constant factor differ in equal percentages.
    Excluded: lots where prices do not compete (lottery, fixed price), under four bids, or with equal bids.
    Example: bids of 100, 110, 121 and 133.1 rise by 10 % each time: 0.
    """
    return ratio_irregularity(records.offers.values, records.offers.offsets)


@screen(
    code="B16",
    direction="low",
    unit="ratio",
    minimum=4,
    source=SUBGROUPS,
    title=Phrase("Three of the bids crowd unusually closely", "有三家报价异常接近"),
    innocent=Phrase(
        "Bidders who buy from the same supplier, or price by the same published norms, land close together.",
        "向同一供应商采购、或套用同一公开定额的投标人，报价会相互接近。",
    ),
)
def tightest_three(records: Records) -> FloatArray:
    """How closely the three closest bids lie together, for the number of bids.

    Definition: least coefficient of variation over all groups of three offers, times the square root of the
    number of such groups (among more groups a closer one is expected).
    Why it matters: where only some bidders coordinate, honest bids hide it from screens over the whole lot;
    the coordinated ones still crowd.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under four bids.
    Example: bids of 80, 99, 100 and 101: the last three vary by 0.01; four groups of three: 0.02.
    """
    return tightest_subset(records.offers.values, records.offers.offsets, 3)


@screen(
    code="B19",
    direction="low",
    unit="ratio",
    minimum=5,
    source=SUBGROUPS,
    title=Phrase("Four of the bids crowd unusually closely", "有四家报价异常接近"),
    innocent=Phrase(
        "Bidders who buy from the same supplier, or price by the same published norms, land close together.",
        "向同一供应商采购、或套用同一公开定额的投标人，报价会相互接近。",
    ),
)
def tightest_four(records: Records) -> FloatArray:
    """How closely the four closest bids lie together, for the number of bids.

    Definition: least coefficient of variation over all groups of four offers, times the cube root of the
    number of such groups (among more groups a closer one is expected).
    Why it matters: as for B16, for a larger coalition.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under five bids.
    Example: bids of 80, 99, 100, 100 and 101: the last four vary by 0.0082; five groups of four: 0.014.
    """
    return tightest_subset(records.offers.values, records.offers.offsets, 4)


FAMILY: tuple[Feature, ...] = (equal_step_ladder, equal_ratio_ladder, tightest_three, tightest_four)
