"""Price level: how the price lies to what was expected before bidding. Ratios only, never amounts."""

from functools import partial

import numpy as np

from detector.arrays import FloatArray
from detector.features.conditions import COMPETING_PRICES, PURCHASE, SALE, SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.kernels.dispersion import mean
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
    return mean(records.offers.values, records.offers.offsets)


@price_level(
    code="P01",
    direction="high",
    needs=("price", "trades.estimate"),
    guards=ONE_PRICE,
    source="OECD (2012), Recommendation on Fighting Bid Rigging in Public Procurement; awards at 99.5 % of the "
    "estimate and above are flagged in open-source practice",
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
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots with several winners.
    Example: an estimate of 200 and an award of 198: 0.99.
    """
    return _over(records.price, records, "estimate")


@price_level(
    code="P02",
    direction="low",
    needs=("price", "trades.estimate"),
    guards=ONE_PRICE,
    source="This project's, after supervision practice in China: a winner within 0.1 % of an unpublished estimate",
    title=Phrase("The price hits the estimate", "中标价与估算价几乎一致"),
    innocent=Phrase(
        "Where the estimate is published, or set from the same price list, bids may aim at it openly.",
        "估算价已公开，或与报价依据同一价目编制时，报价会向其靠拢。",
    ),
)
def price_hits_estimate(records: Records) -> FloatArray:
    """Distance of the award from the estimate, suspicious when small.

    Definition: absolute difference of the awarded amount and the estimate, divided by the estimate.
    Why it matters: a bidder who was told an unpublished estimate can land on it, from either side.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots with several winners.
    Example: an estimate of 200 and an award of 199.8: 0.001.
    """
    return np.abs(_over(records.price, records, "estimate") - 1.0)


@price_level(
    code="P03",
    direction="high",
    needs=("price", "trades.ceiling"),
    guards=ONE_PRICE,
    source="This project's, after supervision practice in China on bids glued to the price limit (最高限价)",
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
    """
    return _over(records.price, records, "ceiling")


@price_level(
    code="P04",
    direction="low",
    needs=("bids.amount", "trades.ceiling"),
    minimum=3,
    guards=(COMPETING_PRICES, PURCHASE),
    source="This project's, after supervision practice in China on bids glued to the price limit (最高限价)",
    title=Phrase("All bids are glued to the price limit", "全部报价贴近最高限价"),
    innocent=Phrase(
        "A limit set too low, below current cost, pushes every independent bid up against it.",
        "最高限价编制偏低时，各家独立报价都会顶格。",
    ),
)
def mean_discount_from_ceiling(records: Records) -> FloatArray:
    """Mean discount of all bids from the published price limit.

    Definition: one minus the mean of the offers divided by the ceiling.
    Why it matters: one high bid is a choice; when every bidder stays at the limit, nobody competed.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: a ceiling of 100 and bids of 98, 99 and 99.4: a mean discount of 0.012.
    """
    return 1.0 - _over(_mean_offer(records), records, "ceiling")


@price_level(
    code="P05",
    direction="low",
    needs=("price", "trades.estimate"),
    guards=ONE_PRICE,
    source="Directive 2014/24/EU, Art. 69 (abnormally low tenders); Government Procurement Law of China, "
    "Order 87 (2017), Art. 60",
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
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots with several winners.
    Example: an estimate of 200 and an award of 90: 0.45.
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
    """
    return _over(records.price, records, "reserve") - 1.0


@price_level(
    code="P07",
    direction="low",
    needs=("bids.amount", "trades.estimate"),
    minimum=3,
    guards=(COMPETING_PRICES, PURCHASE),
    source="OECD (2012), Recommendation on Fighting Bid Rigging in Public Procurement",
    title=Phrase("All bids lie at or above the estimate", "全部报价达到或超过估算价"),
    innocent=Phrase(
        "A tight or outdated estimate, or rising material costs, lifts every independent bid.",
        "估算偏紧、编制较早或材料涨价时，各家独立报价都会走高。",
    ),
)
def mean_discount_from_estimate(records: Records) -> FloatArray:
    """Mean discount of all bids from the estimate; negative where they lie above it.

    Definition: one minus the mean of the offers divided by the estimate or budget.
    Why it matters: as for P01, but over all bids: an agreement lifts the losing ones too.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: an estimate of 100 and bids of 99, 104 and 109: a mean discount of -0.04.
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
