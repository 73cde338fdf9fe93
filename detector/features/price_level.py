"""Price level: how the price lies to what was expected before bidding. Ratios only, never amounts."""

from functools import partial

import numpy as np

from detector.arrays import FloatArray
from detector.features.conditions import COMPETING_PRICES, PURCHASE, SALE, SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.price_conditions import SAME_OBJECT
from detector.records import Records

ONE_PRICE = (COMPETING_PRICES, PURCHASE, SOLE_WINNER)

price_level = partial(feature, family="price_level", unit="ratio")


def _over(numerator: FloatArray, records: Records, column: str) -> FloatArray:
    """Each trade's number over a money column of it; NaN where that is missing or zero."""
    reference = records.trades[column].to_numpy(dtype=np.float64)
    result = np.full(len(records), np.nan)
    np.divide(numerator, reference, out=result, where=reference > 0.0)
    return result


def _mean_offer(records: Records) -> FloatArray:
    return records.screens.mean


@price_level(
    code="P01",
    direction="high",
    needs=("price", "trades.estimate"),
    guards=(*ONE_PRICE, SAME_OBJECT),
    ocp="R031",
    source="OECD (2012), Recommendation on Fighting Bid Rigging in Public Procurement; Open Contracting "
    "Partnership (2024), Red flags in public procurement, R031",
    title=Phrase("The price shows no pressure below the estimate", "中标价未显出竞价压力"),
    innocent=Phrase(
        "A tight or outdated estimate, or rising material costs, leaves no room for a lower price.",
        "估算偏紧、编制较早或材料涨价时，价格难以下浮。",
    ),
)
def price_over_estimate(records: Records) -> FloatArray:
    """The award over the estimate, suspicious when high.

    Definition: total awarded amount divided by the estimate or budget.
    Why it matters: competition pushes prices below what the buyer was ready to pay; an agreement removes the
    push, and awards settle at the estimate or above.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), lots with several winners, and
    prices more than fivefold off the estimate (check the record first).
    Example: an estimate of 200 and an award of 198: 0.99.

    中标价与估算价之比，关注其偏高的一端。

    定义：中标总金额除以估算价或预算。
    意义：充分竞争会把价格压到招标人愿付金额以下；报价经过商定时，这种压力消失，中标价停留在估算价附近或其
    上。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有多个中标人的标段；与估算价相差五倍以上者（先核对数据）。
    示例：估算价200，中标价198，结果0.99。
    """
    return _over(records.price, records, "estimate")


@price_level(
    code="P02",
    direction="low",
    needs=("price", "trades.estimate"),
    guards=(*ONE_PRICE, SAME_OBJECT),
    ocp="R031",
    source="Open Contracting Partnership (2024), Red flags in public procurement, R031; both sides of "
    "the estimate after supervision practice in China (provisional)",
    title=Phrase("The price hits the estimate", "中标价与估算价几乎一致"),
    innocent=Phrase(
        "Where the estimate is published, or set from the same price list, bids may aim at it openly.",
        "估算价已公开，或与报价依据同一价目编制时，报价会向其靠拢。",
    ),
)
def price_hits_estimate(records: Records) -> FloatArray:
    """Distance of the award from the estimate, suspicious when small.

    Definition: absolute difference of the awarded amount and the estimate, divided by the estimate:
    |award / estimate - 1|.
    Why it matters: a bidder who was told an unpublished estimate can land on it, from either side.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), lots with several winners, and
    prices more than fivefold off the estimate (check the record first).
    Example: an estimate of 200 and an award of 199.8: 0.001.

    中标价与估算价的偏离，关注其偏小的一端。

    定义：中标总金额与估算价之差的绝对值，除以估算价：|中标价 / 估算价 - 1|。
    意义：估算价（标底）未公开而被人获知时，报价可以从上方或下方恰好落在其上。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有多个中标人的标段；与估算价相差五倍以上者（先核对数据）。
    示例：估算价200，中标价199.8，结果0.001。
    """
    return np.abs(_over(records.price, records, "estimate") - 1.0)


@price_level(
    code="P03",
    direction="high",
    needs=("price", "trades.ceiling"),
    guards=ONE_PRICE,
    source="This project's, after supervision practice in China on bids glued to the price limit (最高限价; "
    "provisional)",
    title=Phrase("The price is glued to the price limit", "中标价贴近最高限价"),
    innocent=Phrase(
        "A limit set too low, below current cost, leaves bidders no room to undercut it.",
        "最高限价编制偏低、接近成本时，投标人没有下浮空间。",
    ),
)
def price_over_ceiling(records: Records) -> FloatArray:
    """The award over the published price limit.

    Definition: total awarded amount divided by the ceiling.
    Why it matters: a winner who need not fear a rival bids just under the limit.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots with several winners.
    Example: a ceiling of 500 and an award of 499: 0.998.

    中标价与公布的最高限价之比。

    定义：中标总金额除以最高限价。
    意义：无需担心竞争对手的中标人，会紧贴最高限价报价。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有多个中标人的标段。
    示例：最高限价500，中标价499，结果0.998。
    """
    return _over(records.price, records, "ceiling")


@price_level(
    code="P04",
    direction="low",
    needs=("bids.amount", "trades.ceiling"),
    minimum=3,
    guards=(COMPETING_PRICES, PURCHASE),
    source="This project's, after supervision practice in China on bids glued to the price limit (最高限价; "
    "provisional)",
    title=Phrase("All bids are glued to the price limit", "全部报价贴近最高限价"),
    innocent=Phrase(
        "A limit set too low, below current cost, pushes every independent bid up against it.",
        "最高限价编制偏低时，各家独立报价都会顶格。",
    ),
)
def mean_discount_from_ceiling(records: Records) -> FloatArray:
    """Mean discount of all bids from the published price limit.

    Definition: one minus the mean of the offers divided by the ceiling: 1 - m / C.
    Why it matters: one high bid is a choice; when every bidder stays at the limit, nobody competed.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: a ceiling of 100 and bids of 98, 99 and 99.4: a mean discount of 0.012.

    全部报价相对最高限价的平均下浮率。

    定义：1减去有效报价的平均值与最高限价之比：1 - m / C。
    意义：一家报高价是一家的选择；人人顶格报价，说明无人竞争。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有效投标不足三家的标段。
    示例：最高限价100，报价98、99、99.4，平均下浮率0.012。
    """
    return 1.0 - _over(_mean_offer(records), records, "ceiling")


@price_level(
    code="P05",
    direction="low",
    needs=("price", "trades.estimate"),
    guards=(*ONE_PRICE, SAME_OBJECT),
    source="Directive 2014/24/EU, Art. 69 (abnormally low tenders); Ministry of Finance of China, Order "
    "87 (2017), Art. 60 (a bid clearly below the others is to be explained)",
    title=Phrase("The price is abnormally low", "中标价异常偏低"),
    innocent=Phrase(
        "A generous estimate, new technology or a bidder entering the market explains many low prices.",
        "估算偏高、技术进步或企业为进入市场让利，都会带来低价。",
    ),
)
def price_under_estimate(records: Records) -> FloatArray:
    """The award over the estimate, suspicious when low.

    Definition: total awarded amount divided by the estimate or budget.
    Why it matters: a price that cannot cover the cost is often made good by later changes, or by less work.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), lots with several winners, and
    prices more than fivefold off the estimate (check the record first).
    Example: an estimate of 200 and an award of 90: 0.45.

    中标价与估算价之比，关注其偏低的一端。

    定义：中标总金额除以估算价或预算。
    意义：不足以覆盖成本的价格，往往要靠日后变更或减少工作内容来弥补。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有多个中标人的标段；与估算价相差五倍以上者（先核对数据）。
    示例：估算价200，中标价90，结果0.45。
    """
    return _over(records.price, records, "estimate")


@price_level(
    code="P06",
    direction="low",
    needs=("price", "trades.reserve"),
    guards=(COMPETING_PRICES, SALE, SOLE_WINNER),
    source="McAfee, McMillan (1992), Bidding Rings, American Economic Review 82(3): rings buy at the reserve",
    title=Phrase("Sold at the reserve price", "以起始价（底价）成交"),
    innocent=Phrase(
        "A reserve set at full market value, or a weak market with one buyer, ends at the reserve.",
        "起始价已按市场价足额设定，或市场低迷仅一家应价时，自然底价成交。",
    ),
)
def premium_over_reserve(records: Records) -> FloatArray:
    """How far the price of a sale rose above the reserve price.

    Definition: price divided by the reserve or starting price, minus one.
    Why it matters: buyers who agree not to outbid each other take the asset at its starting price.
    Excluded: purchases, lots where prices do not compete (lottery, fixed price), and lots with several winners.
    Example: a reserve of 1,000 and a price of 1,010: 0.01.

    出让成交价相对起始价的溢价率。

    定义：成交价除以起始价（底价），再减1。
    意义：竞买人约定互不加价时，标的会以起始价成交。
    排除：采购类交易；不以价格竞争的标段（抽签、固定价）；有多个受让人的标段。
    示例：起始价1,000，成交价1,010，结果0.01。
    """
    return _over(records.price, records, "reserve") - 1.0


@price_level(
    code="P07",
    direction="low",
    needs=("bids.amount", "trades.estimate"),
    minimum=3,
    guards=(COMPETING_PRICES, PURCHASE, SAME_OBJECT),
    source="OECD (2012), Recommendation on Fighting Bid Rigging in Public Procurement",
    title=Phrase("All bids lie at or above the estimate", "全部报价达到或超过估算价"),
    innocent=Phrase(
        "A tight or outdated estimate, or rising material costs, lifts every independent bid.",
        "估算偏紧、编制较早或材料涨价时，各家独立报价都会走高。",
    ),
)
def mean_discount_from_estimate(records: Records) -> FloatArray:
    """Mean discount of all bids from the estimate; negative where they lie above it.

    Definition: one minus the mean of the offers divided by the estimate or budget: 1 - m / E.
    Why it matters: as for P01, but over all bids: an agreement lifts the losing ones too.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), lots under three bids, and awards
    more than fivefold off the estimate (check the record first).
    Example: an estimate of 100 and bids of 99, 104 and 109: a mean discount of -0.04.

    全部报价相对估算价的平均下浮率，高于估算价时为负。

    定义：1减去有效报价的平均值与估算价（预算）之比：1 - m / E。
    意义：含义同P01，但看全部报价：报价经过商定时，落选报价也会被抬高。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有效投标不足三家的标段；与估算价相差五倍以上者（先核对数据）。
    示例：估算价100，报价99、104、109，平均下浮率-0.04。
    """
    return 1.0 - _over(_mean_offer(records), records, "estimate")


FAMILY: tuple[Feature, ...] = (
    price_over_estimate,
    price_hits_estimate,
    price_over_ceiling,
    mean_discount_from_ceiling,
    price_under_estimate,
    premium_over_reserve,
    mean_discount_from_estimate,
)
