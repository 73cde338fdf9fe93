"""Bid pattern: how far the best price of a lot stands from the others, and whether it won."""

from functools import partial

import numpy as np

from detector.arrays import BoolArray, FloatArray
from detector.features.conditions import COMPETING_PRICES, SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.price_conditions import PRICE_DECIDES
from detector.records import Records

EQUAL_LOSERS = Phrase("all bids but the best have the same price", "除最优报价外其余报价相同，无法计算")

screen = partial(feature, family="bid_pattern", needs=("bids.amount",), guards=(COMPETING_PRICES,))


@screen(
    code="B03",
    direction="low",
    unit="ratio",
    minimum=2,
    ocp="R024",
    source="Open Contracting Partnership (2024), Red flags in public procurement, R024",
    title=Phrase("The two best bids almost meet", "前两名报价几乎重合"),
    innocent=Phrase(
        "Strong competition brings the two best bids together, above all where many take part.",
        "竞争激烈、投标人较多时，前两名报价自然接近。",
    ),
)
def best_bids_close(records: Records) -> FloatArray:
    """Gap between the two best bids, suspicious when small.

    Definition: distance between the second-best and the best offer divided by the best offer:
    |b(2) - b(1)| / b(1).
    Why it matters: whoever knows the price to beat needs to undercut it only by a hair; a cover bid can also
    be placed just behind the agreed winner.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under two bids.
    Example: bids of 100, 100.2 and 120 have a leading gap of 0.2 over 100: 0.002.

    前两名报价的差距，关注其偏小的一端。

    定义：次优有效报价与最优有效报价之差，除以最优有效报价：|b(2) - b(1)| / b(1)。
    意义：知道对手底价的投标人只需略优一点即可胜出；陪标报价也可能紧跟在商定的中标价之后。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足两家的标段。
    示例：报价100、100.2、120，首位差距为0.2，除以100，结果0.002。
    """
    return records.screens.leading_gap


@screen(
    code="B04",
    direction="high",
    unit="ratio",
    minimum=2,
    ocp="R058",
    source="Open Contracting Partnership (2024), Red flags in public procurement, R058",
    title=Phrase("The best bid is far ahead of the second", "最优报价大幅领先第二名"),
    innocent=Phrase(
        "A bidder with idle capacity, own material or a new method can be much better than the rest.",
        "投标人有闲置产能、自有材料或新工艺时，报价可以明显优于他人。",
    ),
)
def best_bid_isolated(records: Records) -> FloatArray:
    """Gap between the two best bids, suspicious when large.

    Definition: distance between the second-best and the best offer divided by the best offer:
    |b(2) - b(1)| / b(1).
    Why it matters: cover bids keep a safe distance to the agreed winner; a price far below all others may
    also be meant to be made good by later changes of the contract.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under two bids.
    Example: bids of 100, 140 and 150 have a leading gap of 40 over 100: 0.4.

    前两名报价的差距，关注其偏大的一端。

    定义：次优有效报价与最优有效报价之差，除以最优有效报价：|b(2) - b(1)| / b(1)。
    意义：陪标报价会与商定的中标价保持安全距离；远低于他人的报价，也可能指望日后通过合同变更弥补。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足两家的标段。
    示例：报价100、140、150，首位差距为40，除以100，结果0.4。
    """
    return records.screens.leading_gap


@screen(
    code="B05",
    direction="high",
    unit="ratio",
    minimum=4,
    silent=EQUAL_LOSERS,
    source="Imhof, Karagök, Rutz (2018), Screening for bid rigging: does it work?, JCLE 14(2)",
    title=Phrase("The best bid stands apart from losing bids that crowd", "最优报价独立而落选报价扎堆"),
    innocent=Phrase(
        "One efficient bidder among rivals with similar costs gives the same picture.",
        "仅有一家效率突出、其余投标人成本相近，也会出现同样的分布。",
    ),
)
def relative_distance(records: Records) -> FloatArray:
    """Relative distance: the leading gap measured by how widely the losing bids are spread.

    Definition: distance between the second-best and the best offer divided by the sample standard deviation
    of all offers but the best: RD = |b(2) - b(1)| / s(b(2)..b(n)).
    Why it matters: cover bidders stay clear of the agreed winner and close to each other. Above 1 the leading
    gap exceeds the usual distance among the losing bids.
    Excluded: lots where prices do not compete (lottery, fixed price), under four bids, or with equal losing
    bids (see B06 and B13).
    Example: bids of 90, 99, 100 and 101: a leading gap of 9 over a standard deviation of 1 is 9.

    相对距离：以落选报价的离散程度衡量首位差距。

    定义：次优与最优有效报价之差，除以最优报价以外各有效报价的样本标准差：RD = |b(2) - b(1)| /
    s(b(2)..b(n))。
    意义：陪标报价既远离商定的中标人，又彼此接近。结果大于1，表示首位差距超过落选报价之间的通常距离。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家，或落选报价全部相同的标段（参见B06、B13）。
    示例：报价90、99、100、101，首位差距9，标准差1，结果9。
    """
    return records.screens.gap_over_losers_deviation


@screen(
    code="B06",
    direction="high",
    unit="ratio",
    minimum=4,
    silent=Phrase("all bids have the same price", "所有报价相同，无法计算"),
    source="Wallimann, Imhof, Huber (2023), A machine learning approach for flagging incomplete "
    "bid-rigging cartels, Computational Economics 62",
    title=Phrase("The leading gap takes most of the range of bids", "首位差距占报价区间大部分"),
    innocent=Phrase(
        "One efficient bidder among rivals with similar costs gives the same picture.",
        "仅有一家效率突出、其余投标人成本相近，也会出现同样的分布。",
    ),
)
def normalised_distance(records: Records) -> FloatArray:
    """Normalised distance: the leading gap measured by the mean gap of neighbouring bids.

    Definition: distance between the second-best and the best offer, times n - 1, divided by the distance
    between the worst and the best offer: |b(2) - b(1)| (n - 1) / |b(n) - b(1)|.
    Why it matters: as for B05, but also defined where all losing bids are equal. Even steps give 1; the
    largest value is n - 1.
    Excluded: lots where prices do not compete (lottery, fixed price), under four bids, or with equal bids.
    Example: bids of 90, 99, 100 and 101: a leading gap of 9 over a mean gap of 11/3 is 2.45.

    归一化距离：以相邻报价的平均间距衡量首位差距。

    定义：次优与最优有效报价之差乘以(n - 1)，除以最差与最优有效报价之差：|b(2) - b(1)| (n - 1) / |b(n) -
    b(1)|。
    意义：含义同B05，但落选报价全部相同时也有定义。间距相等时为1，最大为n - 1。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家，或全部报价相同的标段。
    示例：报价90、99、100、101，首位差距9，平均间距11/3，结果2.45。
    """
    return records.screens.gap_over_mean_gap


@screen(
    code="B07",
    direction="high",
    unit="ratio",
    minimum=4,
    silent=EQUAL_LOSERS,
    source="Wallimann, Imhof, Huber (2023), A machine learning approach for flagging incomplete "
    "bid-rigging cartels, Computational Economics 62",
    title=Phrase("The leading gap exceeds the steps among losing bids", "首位差距远大于落选报价间距"),
    innocent=Phrase(
        "One efficient bidder among rivals with similar costs gives the same picture.",
        "仅有一家效率突出、其余投标人成本相近，也会出现同样的分布。",
    ),
)
def alternative_distance(records: Records) -> FloatArray:
    """Alternative distance: the leading gap measured by the mean gap among the losing bids.

    Definition: distance between the second-best and the best offer, times n - 2, divided by the distance
    between the worst and the second-best offer: |b(2) - b(1)| (n - 2) / |b(n) - b(2)|.
    Why it matters: as for B05, in steps rather than standard deviations. Among lots with the same number of
    bids it orders exactly like B06.
    Excluded: lots where prices do not compete (lottery, fixed price), under four bids, or with equal losing
    bids.
    Example: bids of 90, 99, 100 and 101: a leading gap of 9 over a mean gap of 1 is 9.

    替代距离：以落选报价之间的平均间距衡量首位差距。

    定义：次优与最优有效报价之差乘以(n - 2)，除以最差与次优有效报价之差：|b(2) - b(1)| (n - 2) / |b(n) -
    b(2)|。
    意义：含义同B05，以间距代替标准差；在投标家数相同的标段之间，排序与B06完全一致。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家，或落选报价全部相同的标段。
    示例：报价90、99、100、101，首位差距9，平均间距1，结果9。
    """
    return records.screens.gap_over_losers_gap


@feature(
    code="B17",
    family="bid_pattern",
    direction="high",
    unit="ratio",
    needs=("trades.price_rule", "bids.amount", "bids.winner", "price"),
    minimum=2,
    guards=(PRICE_DECIDES, SOLE_WINNER),
    source="Implementing regulation of the Government Procurement Law of China (2015), Art. 34 (lowest "
    "evaluated price); Open Contracting Partnership (2024), Red flags in public procurement, R036 "
    "(related)",
    title=Phrase("A worse price won though price alone decides", "以价格定标却非最优报价中标"),
    innocent=Phrase(
        "Statutory price deductions (for small firms, say) or a withdrawal of the best bidder reorder bids.",
        "小微企业价格扣除等法定调整，或最优报价人放弃中标，都会改变排序。",
    ),
)
def winner_behind_best(records: Records) -> FloatArray:
    """How much worse the winner's price is than the best price, where price alone decides.

    Definition: distance between the winner's price (its bid, else what it was awarded) and the best offer,
    divided by the best offer; 0 if the best offer won.
    Why it matters: under a lowest-price (in sales: highest-price) rule the best valid offer should win;
    passing it over needs a written reason.
    Excluded: lots under another price rule, with several winners, or under two bids; without a published rule
    it is not computable.
    Example: bids of 100 and 112 under the lowest-price rule; 112 won: 0.12.

    仅以价格定标时，中标人的价格比最优报价差多少。

    定义：中标人的价格（取其报价，无报价时取中标金额）与最优有效报价之差，除以最优有效报价；最优报价中标时
    为0。
    意义：采用最低价（出让时为最高价）定标的，应由最优有效报价中标；未予中标的，应有书面理由。
    排除：采用其他成交规则的标段；有多个中标人的标段；有效投标不足两家的标段。未公布成交规则的，列为不可计算。
    示例：按最低价定标，报价100与112，由112中标，结果0.12。
    """
    group = records.offers
    filled = group.sizes > 0
    best = np.full(len(records), np.nan)
    best[filled] = group.values[group.offsets[:-1][filled]]
    paid = records.price.copy()
    single = records.winner_rows.sizes == 1
    own = records.bids["amount"].to_numpy(dtype=np.float64)[
        records.winner_rows.rows[records.winner_rows.offsets[:-1][single]]
    ]
    paid[single] = np.where(np.isfinite(own), own, paid[single])
    worse = np.where(records.is_sale, best - paid, paid - best)
    return _over(np.maximum(worse, 0.0), best, filled)


def _over(numerator: FloatArray, denominator: FloatArray, where: BoolArray) -> FloatArray:
    result = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=result, where=where)
    return result


FAMILY: tuple[Feature, ...] = (
    best_bids_close,
    best_bid_isolated,
    relative_distance,
    normalised_distance,
    alternative_distance,
    winner_behind_best,
)
