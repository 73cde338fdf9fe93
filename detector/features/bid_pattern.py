"""Bid pattern: how widely the prices of one lot are spread, and in what shape.

All screens run over *offers*: prices of effective bids, one per bidder and consortium, best for the public
first. They are judged against trades with the same number of bidders, never as raw numbers.
"""

from functools import partial

from detector.arrays import FloatArray
from detector.features.conditions import COMPETING_PRICES
from detector.features.declare import Feature, Phrase, feature
from detector.records import Records

EQUAL_PRICES = Phrase("all bids have the same price", "所有报价相同，无法计算")

screen = partial(feature, family="bid_pattern", needs=("bids.amount",), guards=(COMPETING_PRICES,))


@screen(
    code="B01",
    direction="low",
    unit="ratio",
    minimum=3,
    source="Abrantes-Metz, Froeb, Geweke, Taylor (2006), A variance screen for collusion, IJIO 24(3)",
    title=Phrase("Bids lie unusually close together", "报价离散程度异常偏低"),
    innocent=Phrase(
        "A tight bill of quantities or a well-known price list leaves little room between honest bids.",
        "工程量清单明确或市场价格透明时，独立报价也会非常接近。",
    ),
)
def bid_coefficient_of_variation(records: Records) -> FloatArray:
    """Coefficient of variation of the bids: their standard deviation over their mean.

    Definition: sample standard deviation (n - 1) of the offers divided by their mean: CV = s / m.
    Why it matters: cover bids are set around the designated price, so colluding bids vary less than
    independent ones; a low value is among the sharpest single screens in cartels proven in court.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: bids of 98, 100 and 102 have a standard deviation of 2 and a mean of 100: 0.02.

    报价变异系数：各家报价的标准差与平均值之比。

    定义：有效报价的样本标准差（n - 1）除以平均值：CV = s / m。
    意义：陪标报价往往围绕商定的价格编制，协同报价的离散程度因此低于独立报价；在经法院审结的串通投标案件
    中，该值偏低是区分力较强的单项指标之一。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足三家的标段。
    示例：报价98、100、102，标准差为2，平均值为100，结果0.02。
    """
    return records.screens.coefficient_of_variation


@screen(
    code="B02",
    direction="low",
    unit="ratio",
    minimum=3,
    source="Imhof, Karagök, Rutz (2018), Screening for bid rigging: does it work?, JCLE 14(2)",
    title=Phrase("Best and worst bid almost meet", "最优与最差报价几乎重合"),
    innocent=Phrase(
        "Standard goods with a public market price are offered at nearly one price by everybody.",
        "标准化货物有公开市场价，各家报价自然相差无几。",
    ),
)
def bid_spread(records: Records) -> FloatArray:
    """Spread of the bids: how far the worst lies from the best.

    Definition: distance between the worst and the best offer divided by the best offer: |b(n) - b(1)| / b(1).
    Why it matters: bidders who agreed on a price level leave only small, safe distances between their bids.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: bids of 100, 101 and 103 have a spread of 3 over 100: 0.03.

    报价极差率：最差报价与最优报价相距多远。

    定义：最差有效报价与最优有效报价之差，除以最优有效报价：|b(n) - b(1)| / b(1)。
    意义：价位经事先商定时，各家报价之间往往只留下很小的安全距离。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足三家的标段。
    示例：报价100、101、103，极差为3，除以100，结果0.03。
    """
    return records.screens.relative_spread


@screen(
    code="B18",
    direction="high",
    unit="ratio",
    minimum=3,
    ocp="R022",
    source="Open Contracting Partnership (2024), Red flags in public procurement, R022",
    title=Phrase("Bids lie unusually far apart", "报价差距异常悬殊"),
    innocent=Phrase(
        "An unclear specification lets bidders price different things; a bidder may also misread a unit.",
        "需求描述不清时各家理解不同，报价差距会很大；也可能是个别投标人看错计量单位。",
    ),
)
def bid_disparity(records: Records) -> FloatArray:
    """Disparity of the bids: the same spread as B02, suspicious at its other end.

    Definition: distance between the worst and the best offer divided by the best offer: |b(n) - b(1)| / b(1).
    Why it matters: bids handed in only to make up the number are sometimes priced beyond any chance to win.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: bids of 100, 110 and 250 have a spread of 150 over 100: 1.5.

    报价悬殊程度：数值与B02相同，关注其偏高的一端。

    定义：最差有效报价与最优有效报价之差，除以最优有效报价：|b(n) - b(1)| / b(1)。
    意义：仅为凑足家数而递交的投标，报价有时高到（出让时低到）毫无中标可能。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足三家的标段。
    示例：报价100、110、250，极差为150，除以100，结果1.5。
    """
    return records.screens.relative_spread


@screen(
    code="B08",
    direction="low",
    unit="1",
    minimum=3,
    silent=EQUAL_PRICES,
    source="Imhof (2019), Detecting bid-rigging cartels with descriptive statistics, JCLE 15(4)",
    title=Phrase("Losing bids crowd away from the best bid", "落选报价集中而最优报价独立"),
    innocent=Phrase(
        "One bidder with a real cost advantage stands apart from rivals with similar costs.",
        "某一投标人确有成本优势，而其他投标人成本相近时也会如此。",
    ),
)
def bid_skewness(records: Records) -> FloatArray:
    """Skewness of the bids, with the best bid's side counted as negative.

    Definition: adjusted Fisher-Pearson skewness of the distances of all offers to the best offer:
    G1 = sqrt(n(n - 1)) / (n - 2) * m3 / m2^1.5, with m2 and m3 the second and third central moment.
    Why it matters: when the winner is agreed, the gap behind the best bid grows and the cover bids crowd
    together, which leaves a tail on the side of the best bid: a negative value.
    Excluded: lots where prices do not compete (lottery, fixed price), under three bids, or with equal bids.
    Example: bids of 90, 99 and 100 give -1.67; bids of 90, 91 and 100 give +1.67.

    报价偏度：以最优报价一侧为负。

    定义：各有效报价与最优报价之距离的调整后Fisher-Pearson偏度：G1 = sqrt(n(n - 1)) / (n - 2) * m3 /
    m2^1.5，其中m2、m3为二阶、三阶中心矩。
    意义：中标人事先商定时，最优报价与次优报价之间的差距加大，陪标报价聚在一起，分布在最优报价一侧拖出长
    尾，偏度为负。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足三家，或全部报价相同的标段。
    示例：报价90、99、100，结果-1.67；报价90、91、100，结果+1.67。
    """
    return records.screens.skewness


@screen(
    code="B09",
    direction="high",
    unit="1",
    minimum=4,
    silent=EQUAL_PRICES,
    source="Imhof (2019), Detecting bid-rigging cartels with descriptive statistics, JCLE 15(4)",
    title=Phrase("Most bids share one price level, few stand apart", "多数报价趋同，个别报价偏离"),
    innocent=Phrase(
        "One careless or desperate bid beside several that follow the market has the same effect.",
        "多数报价贴近行情、个别报价失误或急于中标，也会出现这种形态。",
    ),
)
def bid_kurtosis(records: Records) -> FloatArray:
    """Excess kurtosis of the bids: how much they pile up around one level.

    Definition: bias-corrected excess kurtosis of the offers:
    G2 = (n - 1) / ((n - 2)(n - 3)) * ((n + 1) g2 + 6), with g2 = m4 / m2^2 - 3.
    Why it matters: bids set by agreement converge, which makes their distribution steeper than a normal one.
    Its largest possible value grows with the number of bids, so it means something only against lots with
    as many bids.
    Excluded: lots where prices do not compete (lottery, fixed price), under four bids, or with equal bids.
    Example: bids of 100, 120, 120 and 120 give 4, the most four bids can; 100, 110, 120, 130 give -1.2.

    报价超额峰度：报价在同一价位堆积的程度。

    定义：有效报价经偏差修正的超额峰度：G2 = (n - 1) / ((n - 2)(n - 3)) * ((n + 1) g2 + 6)，其中g2 = m4 /
    m2^2 - 3。
    意义：协同报价彼此趋同，分布比正态分布更陡峭。该值的上限随投标家数增大，只有与家数相同的标段比较才有意
    义。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家，或全部报价相同的标段。
    示例：报价100、120、120、120，结果4，即四家报价的最大可能值；报价100、110、120、130，结果-1.2。
    """
    return records.screens.excess_kurtosis


@screen(
    code="B10",
    direction="high",
    unit="1",
    minimum=4,
    silent=EQUAL_PRICES,
    source="Imhof, Wallimann (2021), Detecting bid-rigging coalitions in different countries and "
    "auction formats, IRLE 68; scaled after Stephens (1970), JRSS B 32(1)",
    title=Phrase("Bids pile up at one end of their range", "报价偏聚于区间一端"),
    innocent=Phrase(
        "A published price limit or a common supplier's quotation draws independent bids to one level.",
        "公开的最高限价或同一上游供应商的报价，会把独立报价吸引到同一水平。",
    ),
)
def bid_distance_from_uniform(records: Records) -> FloatArray:
    """Distance of the bids from an even spread between the best and the worst.

    Definition: Kolmogorov-Smirnov distance D of the m = n - 2 offers between the best and the worst from a
    uniform distribution between those two, made comparable across numbers of bids:
    D * (sqrt(m) + 0.12 + 0.11 / sqrt(m)).
    Why it matters: prices that follow an agreement leave parts of their range empty; about 1.36 is reached
    by chance once in twenty times.
    Excluded: lots where prices do not compete (lottery, fixed price), under four bids, or with equal bids.
    Example: bids of 100, 119, 119 and 120: both inner bids lie 95 % up the range; distance 0.95, scaled 1.53.

    报价在最优与最差之间偏离均匀分布的程度。

    定义：最优与最差之外的m = n - 2个有效报价，与两端之间均匀分布的柯尔莫哥洛夫-斯米尔诺夫距离D，经修正后
    不同家数可以比较：D * (sqrt(m) + 0.12 + 0.11 / sqrt(m))。
    意义：按约定编制的报价会使区间的一部分空缺；纯属偶然时，约二十次才有一次达到1.36。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足四家，或全部报价相同的标段。
    示例：报价100、119、119、120，中间两个报价均位于区间的95%处，距离0.95，修正后为1.53。
    """
    return records.screens.distance_from_uniform


FAMILY: tuple[Feature, ...] = (
    bid_coefficient_of_variation,
    bid_spread,
    bid_skewness,
    bid_kurtosis,
    bid_distance_from_uniform,
    bid_disparity,
)
