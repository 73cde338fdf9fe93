"""Bid pattern: how bids lie to their middle, and what small groups of bids within a lot look like on
average."""

from functools import partial

import numpy as np

from detector.arrays import FloatArray
from detector.features.bid_pattern import EQUAL_PRICES
from detector.features.conditions import COMPETING_PRICES, PURCHASE
from detector.features.declare import Feature, Phrase, feature
from detector.features.history_conditions import FEW_ENOUGH, MOST_BIDDERS
from detector.kernels.subsets import mean_subset_lead, mean_triple_dispersion
from detector.records import Records

NEAR = 0.01
SUBGROUPS = (
    "Wallimann, Imhof, Huber (2023), A machine learning approach for flagging incomplete bid-rigging "
    "cartels, "
    "Computational Economics 62"
)

screen = partial(feature, family="bid_pattern", needs=("bids.amount",))


@screen(
    code="B20",
    direction="high",
    unit="share",
    minimum=4,
    guards=(COMPETING_PRICES,),
    source="This project's, after supervision practice in China under average-price rules (bids "
    "clustered around the "
    "benchmark; provisional)",
    title=Phrase("Most bids lie within one percent of their mean", "多数报价聚集在均价附近"),
    innocent=Phrase(
        "Under an average-price rule every bidder aims at the expected mean; a public price list does "
        "the same.",
        "采用均价评标时各家都会瞄准预期均值；公开价目也有同样效果。",
    ),
)
def bids_near_their_mean(records: Records) -> FloatArray:
    """Share of the bids within one percent of the mean of all bids.

    Definition: number of offers b with |b - m| <= 0.01 m over the number of offers; m is the mean of all
    offers. The drawn coefficients of an average-price rule are not in the records, so m stands for the
    benchmark.
    Why it matters: linked bidders place a cluster where the benchmark will fall; one stray bid hides it from
    the coefficient of variation.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under four bids.
    Example: bids of 99.5, 100, 100.5 and 104: mean 101, two of four within 1.01 of it: 0.5.

    与均价相差不超过百分之一的报价所占比例。

    定义：满足|b - m| <= 0.01 m的有效报价个数除以有效报价个数，m为全部有效报价的平均值。均价评标抽取的系数不在
    数据中，故以m代替评标基准价。
    意义：关联投标人会在基准价可能落点处形成聚集，个别偏离的报价会使变异系数掩盖这一现象。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家的标段。
    示例：报价99.5、100、100.5、104，均价101，四家中两家与其相差不超过1.01，结果0.5。
    """
    offers = records.offers
    middle = np.repeat(records.screens.mean, offers.sizes)
    near = np.abs(offers.values - middle) <= NEAR * middle
    trade = np.repeat(np.arange(len(records)), offers.sizes)
    hits = np.bincount(trade, weights=near, minlength=len(records))
    return np.asarray(
        np.divide(hits, offers.sizes, out=np.full(len(records), np.nan), where=offers.sizes > 0)
    )


@screen(
    code="B21",
    direction="low",
    unit="ratio",
    minimum=3,
    guards=(COMPETING_PRICES, PURCHASE),
    source="Ministry of Finance of China, Order 87 (2017), Art. 60 (a bid clearly below the others is to "
    "be explained); "
    "Royal Decree 1098/2001 of Spain, Art. 85 (presumption against bids far under the mean)",
    title=Phrase("The best bid is far below the middle of the field", "最低报价远低于各家中位水平"),
    innocent=Phrase(
        "A new method, idle capacity or the wish for a reference project lowers one honest price.",
        "采用新工艺、有闲置产能或为积累业绩，都会使某一家报价偏低。",
    ),
)
def best_bid_over_median(records: Records) -> FloatArray:
    """The best bid over the median of all bids, suspicious when low.

    Definition: lowest offer divided by the median of the offers: b(1) / median(b).
    Why it matters: a price that cannot cover the cost is often made good by later changes, or by less work.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: bids of 60, 100 and 104: 0.6.

    最低报价与全部报价中位数之比，关注其偏低的一端。

    定义：最低有效报价除以有效报价的中位数：b(1) / median(b)。
    意义：不足以覆盖成本的价格，往往要靠日后变更或减少工作内容来弥补。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有效投标不足三家的标段。
    示例：报价60、100、104，结果0.6。
    """
    offers = records.offers
    result = np.full(len(records), np.nan)
    some = np.flatnonzero(offers.sizes > 0)
    first, size = offers.offsets[some], offers.sizes[some]
    middle = (offers.values[first + (size - 1) // 2] + offers.values[first + size // 2]) / 2.0
    np.divide(offers.values[first], middle, out=middle, where=middle > 0)
    result[some] = middle
    return result


@screen(
    code="B24",
    direction="low",
    unit="ratio",
    minimum=4,
    guards=(COMPETING_PRICES, FEW_ENOUGH),
    source=SUBGROUPS,
    title=Phrase("Groups of three bids vary little on average", "任取三家报价平均离散程度偏低"),
    innocent=Phrase(
        "A tight bill of quantities or a well-known price list leaves little room between honest bids.",
        "工程量清单明确或市场价格透明时，独立报价也会非常接近。",
    ),
)
def mean_dispersion_of_triples(records: Records) -> FloatArray:
    """Mean coefficient of variation over all groups of three bids.

    Definition: mean over all groups of three offers of their sample standard deviation over their mean.
    Why it matters: as for B01, but a single stray bid is in few of the groups, so it hides a close field less.
    Excluded: lots where prices do not compete (lottery, fixed price), under four or over 40 bids.
    Example: bids of 100, 100, 100 and 130: three groups of four hold the 130 (0.1575), one does not (0): 0.118.

    任取三家有效报价，其变异系数的平均值。

    定义：对全部三家组合，求样本标准差与平均值之比，再取平均。
    意义：含义同B01；个别偏离的报价只出现在部分组合中，因而较难掩盖其余报价的接近。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家或超过40家的标段。
    示例：报价100、100、100、130，四个组合中三个含130（0.1575），一个不含（0），结果0.118。
    """
    return mean_triple_dispersion(records.offers.values, records.offers.offsets, MOST_BIDDERS)


@screen(
    code="B25",
    direction="high",
    unit="ratio",
    minimum=4,
    guards=(COMPETING_PRICES, FEW_ENOUGH),
    silent=EQUAL_PRICES,
    source=SUBGROUPS,
    title=Phrase("In groups of three the best bid stands apart", "任取三家，最优报价多为独立"),
    innocent=Phrase(
        "One efficient bidder among rivals with similar costs gives the same picture.",
        "仅有一家效率突出、其余投标人成本相近，也会出现同样的分布。",
    ),
)
def mean_lead_in_triples(records: Records) -> FloatArray:
    """Mean normalised distance (as in B06) over all groups of three bids.

    Definition: mean over all groups of three unequal offers of 2 (b2 - b1) / (b3 - b1), in the group's own
    order; 1 for even steps, at most 2.
    Why it matters: cover bids crowd behind every better bid of their ring, whoever else is in the lot.
    Excluded: lots where prices do not compete (lottery, fixed price), under four or over 40 bids, or equal
    bids.
    Example: bids of 90, 100, 100 and 100: three groups with 2, one without a gap: 2.

    任取三家有效报价，其归一化距离（同B06）的平均值。

    定义：对全部不全相等的三家组合，按组内次序求2 (b2 - b1) / (b3 - b1)，再取平均；间距相等为1，最大为2。
    意义：陪标报价聚集在其群体的较优报价之后，无论该标段还有谁参加。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家或超过40家、或报价全部相同的标段。
    示例：报价90、100、100、100，三个组合为2，一个组合无差距，结果2。
    """
    return mean_subset_lead(records.offers.values, records.offers.offsets, 3, MOST_BIDDERS)


@screen(
    code="B26",
    direction="high",
    unit="ratio",
    minimum=5,
    guards=(COMPETING_PRICES, FEW_ENOUGH),
    silent=EQUAL_PRICES,
    source=SUBGROUPS,
    title=Phrase("In groups of four the best bid stands apart", "任取四家，最优报价多为独立"),
    innocent=Phrase(
        "One efficient bidder among rivals with similar costs gives the same picture.",
        "仅有一家效率突出、其余投标人成本相近，也会出现同样的分布。",
    ),
)
def mean_lead_in_quadruples(records: Records) -> FloatArray:
    """Mean normalised distance (as in B06) over all groups of four bids.

    Definition: mean over all groups of four unequal offers of 3 (b2 - b1) / (b4 - b1), in the group's own
    order; 1 for even steps, at most 3.
    Why it matters: as for B25, for a larger coalition.
    Excluded: lots where prices do not compete (lottery, fixed price), under five or over 40 bids, or equal
    bids.
    Example: bids of 90 and four of 100: four groups with 3, one without a gap: 3.

    任取四家有效报价，其归一化距离（同B06）的平均值。

    定义：对全部不全相等的四家组合，按组内次序求3 (b2 - b1) / (b4 - b1)，再取平均；间距相等为1，最大为3。
    意义：含义同B25，针对更大的协同群体。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足五家或超过40家、或报价全部相同的标段。
    示例：报价90与四个100，四个组合为3，一个组合无差距，结果3。
    """
    return mean_subset_lead(records.offers.values, records.offers.offsets, 4, MOST_BIDDERS)


FAMILY: tuple[Feature, ...] = (
    bids_near_their_mean,
    best_bid_over_median,
    mean_dispersion_of_triples,
    mean_lead_in_triples,
    mean_lead_in_quadruples,
)
