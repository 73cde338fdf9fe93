"""Bid pattern: steps that are too regular, and groups of bids that crowd too closely."""

from functools import partial

from detector.arrays import FloatArray
from detector.features.conditions import COMPETING_PRICES
from detector.features.declare import Feature, Phrase, feature
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

    相邻报价间距的不规则程度：恰为等差数列时为零。

    定义：相邻有效报价间距的样本标准差除以间距的平均值。
    意义：在同一份报价表上加减固定金额得出的报价，间距相等；四家相互独立（正态分布）的报价，约2,700个标段
    才有一个低于0.02，五家则几乎没有。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家，或全部报价相同的标段。
    示例：报价100、102、104、106，每级相差2，结果0。
    """
    return records.screens.step_irregularity


@screen(
    code="B12",
    direction="low",
    unit="ratio",
    minimum=4,
    silent=EQUAL_PRICES,
    ocp="R023",
    source=f"{REGULATION}; Open Contracting Partnership (2024), Red flags in public procurement, R023",
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

    相邻报价之比的不规则程度：恰为等比数列时为零。

    定义：相邻有效报价之比取对数，其样本标准差除以平均值。
    意义：在同一份报价表上乘以固定系数得出的报价，级差百分比相等。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家，或全部报价相同的标段。
    示例：报价100、110、121、133.1，每级上升10%，结果0。
    """
    return records.screens.ratio_irregularity


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
    number of such groups, min CV * sqrt(C(n, 3)): among more groups a closer one is expected.
    Why it matters: where only some bidders coordinate, honest bids hide it from screens over the whole lot;
    the coordinated ones still crowd.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under four bids.
    Example: bids of 80, 99, 100 and 101: the last three vary by 0.01; four groups of three: 0.02.

    在既定投标家数下，最接近的三家报价有多接近。

    定义：任取三个有效报价的最小变异系数，乘以组合数的平方根：min CV * sqrt(C(n, 3))（组合越多，出现接近者
    越正常）。
    意义：只有部分投标人协同报价时，独立报价会掩盖整个标段的指标，而协同的几家仍会聚在一起。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家的标段。
    示例：报价80、99、100、101，后三家变异系数0.01，共四种组合，结果0.02。
    """
    return records.screens.tightest_three


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
    number of such groups, min CV * C(n, 4)^(1/3): among more groups a closer one is expected.
    Why it matters: as for B16, for a larger coalition.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under five bids.
    Example: bids of 80, 99, 100, 100 and 101: the last four vary by 0.0082; five groups of four: 0.014.

    在既定投标家数下，最接近的四家报价有多接近。

    定义：任取四个有效报价的最小变异系数，乘以组合数的立方根：min CV * C(n, 4)^(1/3)（组合越多，出现接近者
    越正常）。
    意义：含义同B16，针对更大的协同群体。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足五家的标段。
    示例：报价80、99、100、100、101，后四家变异系数0.0082，共五种组合，结果0.014。
    """
    return records.screens.tightest_four


FAMILY: tuple[Feature, ...] = (equal_step_ladder, equal_ratio_ladder, tightest_three, tightest_four)
