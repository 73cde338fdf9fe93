"""Price level: the price beside its limit, and beside what was usual before."""

import numpy as np

from detector.arrays import FloatArray
from detector.features.conditions import COMPETING_PRICES, PURCHASE, SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import HORIZON, Past, awards, combined, largest_by_trade
from detector.features.price_conditions import SAME_OBJECT
from detector.kernels.tails import binomial_surprise
from detector.kernels.windows import quartiles_before_each
from detector.records import Records

FEWEST_LOTS = 20
STEPS_AN_OCTAVE = 16.0
AT_LIMIT = 0.01
HIT = 0.001


@feature(
    code="P08",
    family="price_level",
    direction="high",
    unit="ratio",
    needs=("trades.awarded_at", "trades.estimate"),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R016; Tukey (1977), "
    "Exploratory Data "
    "Analysis (quartiles)",
    title=Phrase("The estimate is unusual for this category", "估算价偏离同品目常见水平"),
    innocent=Phrase(
        "Needs differ in size: a large order or a first lot of a new kind is unusual and proper.",
        "需求规模各不相同，大额订单或新类型项目偏离常见水平实属正常。",
    ),
    silent=Phrase("fewer than twenty earlier estimates in this category", "该品目此前估算价少于二十个"),
    ocp="R016",
)
def estimate_against_category(records: Records) -> FloatArray:
    """Distance of the estimate from the median of its category, in interquartile ranges of the logarithm.

    Definition: |x - Q2| / max(Q3 - Q1, 1/16) with x = log2 of the estimate, in sixteenths, and the quartiles
    of the earlier lots of the category and currency, three years back.
    Why it matters: an estimate out of proportion may hide a need that was cut up, bundled or tailored. It
    speaks of size and never enters a score.
    Excluded: categories with fewer than 20 earlier estimates.
    Example: quartiles 100, 200, 400 and an estimate of 3,200: 4 octaves over an interquartile range of 2: 2.

    估算价与同品目中位数的偏离，以对数四分位距计。

    定义：|x - Q2| / max(Q3 - Q1, 1/16)，x为估算价以2为底的对数（取至十六分之一），Q1至Q3为同品目、同币种追溯
    三年以往标段的四分位数。
    意义：与同类明显不成比例的估算价，可能意味着需求被拆分、打包或量身设定。该值反映规模，不计入评分。
    排除：以往估算价少于20个的品目。
    示例：四分位数100、200、400，估算价3,200，偏离4个倍程，四分位距2，结果2。
    """
    estimate = records.trades["estimate"].to_numpy(dtype=np.float64)
    known = np.isfinite(estimate) & (estimate > 0)
    level = np.round(np.log2(np.where(known, estimate, 1.0)) * STEPS_AN_OCTAVE).astype(np.int64)
    key = combined(records.categories.codes, records.coded("currency").codes + 1)
    past = Past.of(np.where(known, key, -1), records.decided)
    ranks = level - level.min(initial=0)
    first, middle, third, number = (
        past.spread(np.ascontiguousarray(column))
        for column in quartiles_before_each(ranks[past.order], past.offsets, past.times, HORIZON).T
    )
    distance = np.abs(ranks - middle) / np.maximum(third - first, 1.0)
    return np.where(number >= FEWEST_LOTS, distance, np.nan)


@feature(
    code="P09",
    family="price_level",
    direction="high",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.awarded_at", "trades.estimate", "bids.winner", "price"),
    guards=(COMPETING_PRICES, PURCHASE, SOLE_WINNER, SAME_OBJECT),
    source="This project's, after supervision practice in China on leaked reserve prices (provisional)",
    title=Phrase(
        "The winner hits this buyer's estimate again and again", "该中标人屡次命中该采购单位的估算价"
    ),
    innocent=Phrase(
        "Where estimates are published, or awards are simply made at the estimate, everybody hits them.",
        "估算价公开或惯例按估算价成交时，人人都会命中。",
    ),
    silent=Phrase(
        "this winner has no earlier award at this buyer to compare", "该中标人在该采购单位此前没有可比中标"
    ),
)
def estimate_hit_again(records: Records) -> FloatArray:
    """Surprise at how often awards of this buyer to this winner lay within 0.1 % of the estimate, this one
    included.

    Definition: -log10 P(X >= k): of m such awards, three years back and this one, k hit; X is binomial with the
    chance (a + 1) / (n + 2), where a of the n earlier awards of the category hit. 0 if this award did not.
    Why it matters: once is luck; a winner that lands on the secret figure of one buyer time after time may
    know it.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), with several winners or more than
    fivefold off the estimate, and winners without an earlier award at this buyer.
    Example: 3 hits of 3 where 1 of 48 in the category hit: chance 0.04 each, 4.2.

    该采购单位授予该中标人的各次中标（含本次）与估算价相差不超过0.1%的次数有多意外。

    定义：-log10 P(X >= k)：追溯三年连同本次共m次中标，其中k次命中；X服从二项分布，概率为(a + 1) / (n + 2)，n
    为该品目以往中标次数，a为其中命中次数。本次未命中的为0。
    意义：偶然命中一次属于运气；屡次恰好落在同一单位未公开的数字上，可能事先知情。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有多个中标人、或与估算价相差五倍以上的标段；在该采购
    单位没有以往中标的中标人。
    示例：三次中标全部命中，而该品目48次中仅1次命中，单次概率0.04，结果4.2。
    """
    award = awards(records)
    estimate = records.trades["estimate"].to_numpy(dtype=np.float64)
    off = np.abs(
        np.divide(records.price, estimate, out=np.full(len(records), np.nan), where=estimate > 0) - 1.0
    )
    known, hit = np.isfinite(off)[award.trade], (off <= HIT)[award.trade]
    pair = combined(records.buyers.codes[award.trade], award.bidder)
    mine = Past.of(np.where(known, pair, -1), award.times)
    market = Past.of(np.where(known, records.categories.codes[award.trade], -1), award.times)
    chance = (market.total(hit * 1.0) + 1.0) / (market.count() + 2.0)
    met = mine.count()
    surprise = binomial_surprise(mine.total(hit * 1.0) + hit, met + 1.0, chance)
    surprise = np.where(met >= 1, np.where(hit, surprise, 0.0), np.nan)
    return largest_by_trade(records, award.trade, surprise)


@feature(
    code="P10",
    family="price_level",
    direction="low",
    unit="ratio",
    needs=("price", "trades.ceiling"),
    guards=(COMPETING_PRICES, PURCHASE, SOLE_WINNER),
    source="Directive 2014/24/EU, Art. 69 (abnormally low tenders); Ministry of Finance of China, Order "
    "87 (2017), "
    "Art. 60",
    title=Phrase("The price is far below the price limit", "中标价远低于最高限价"),
    innocent=Phrase(
        "A generous limit, new technology or a bidder entering the market explains many low prices.",
        "限价宽松、技术进步或企业为进入市场让利，都会带来低价。",
    ),
)
def price_under_ceiling(records: Records) -> FloatArray:
    """The award over the published price limit, suspicious when low.

    Definition: total awarded amount divided by the ceiling; the number of P03, at its other end.
    Why it matters: a price that cannot cover the cost is often made good by later changes, or by less work.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots with several winners.
    Example: a ceiling of 500 and an award of 260: 0.52.

    中标价与公布的最高限价之比，关注其偏低的一端。

    定义：中标总金额除以最高限价；数值与P03相同，关注另一端。
    意义：不足以覆盖成本的价格，往往要靠日后变更或减少工作内容来弥补。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有多个中标人的标段。
    示例：最高限价500，中标价260，结果0.52。
    """
    ceiling = records.trades["ceiling"].to_numpy(dtype=np.float64)
    return np.asarray(np.divide(records.price, ceiling, out=np.full(len(records), np.nan), where=ceiling > 0))


@feature(
    code="P11",
    family="price_level",
    direction="high",
    unit="share",
    needs=("bids.amount", "trades.ceiling"),
    minimum=3,
    guards=(COMPETING_PRICES, PURCHASE),
    source="This project's, after supervision practice in China on bids glued to the price limit (最高限"
    "价; provisional)",
    title=Phrase("Many bids lie within one percent of the price limit", "多家报价紧贴最高限价"),
    innocent=Phrase(
        "A limit set too low, below current cost, pushes every independent bid up against it.",
        "最高限价编制偏低时，各家独立报价都会顶格。",
    ),
)
def bids_at_ceiling(records: Records) -> FloatArray:
    """Share of the bids within one percent under the published price limit.

    Definition: number of offers b with 1 - b / C < 0.01 over the number of offers; C is the ceiling.
    Why it matters: who bids at the limit does not expect to be undercut, or does not mean to win.
    Excluded: sales, lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: a ceiling of 100 and bids of 94, 99.5 and 99.8: two of three, 0.67.

    与最高限价相差不足百分之一的报价所占比例。

    定义：满足1 - b / C < 0.01的有效报价个数除以有效报价个数，C为最高限价。
    意义：顶格报价者要么不担心被压价，要么本无意中标。
    排除：出让类交易；不以价格竞争的标段（抽签、固定价）；有效投标不足三家的标段。
    示例：最高限价100，报价94、99.5、99.8，三家中两家，结果0.67。
    """
    offers = records.offers
    ceiling = records.trades["ceiling"].to_numpy(dtype=np.float64)
    trade = np.repeat(np.arange(len(records)), offers.sizes)
    near = np.bincount(trade, offers.values > (1.0 - AT_LIMIT) * ceiling[trade], minlength=len(records))
    some = np.isfinite(ceiling) & (offers.sizes > 0)
    return np.asarray(np.divide(near, offers.sizes, out=np.full(len(records), np.nan), where=some))


FAMILY: tuple[Feature, ...] = (
    estimate_against_category,
    estimate_hit_again,
    price_under_ceiling,
    bids_at_ceiling,
)
