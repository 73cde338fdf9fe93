"""Repetition: how bidders behave whenever they meet, not in one lot.

One quiet lot is chance; the same firms quiet in every lot they share are not. Each lot of the past is placed
among what had been usual in its market (category and price rule) until then, as a chance; over the lots that
two bidders share these chances are joined by Fisher's (1932) method. Lots over 40 bidders and members of
joint bids are left out, as in `network`.
"""

import math

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.conditions import COMPETING_PRICES, PURCHASE
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import HORIZON, Past, combined, on_grid, processes
from detector.features.history_conditions import FEW_ENOUGH
from detector.features.meetings import Pairs, bidder_pairs, prices_of
from detector.features.units import GRID_BITS, Units
from detector.kernels.erlang import erlang_surprise
from detector.kernels.repetition import rank_before_each
from detector.records import Records

FEWEST_MEETINGS = 3
FEWEST_EARLIER = 10
STRANGERS = Phrase(
    "no two of the bidders have met three times with prices that can be placed in their market",
    "没有两家投标人曾三次以上同场且报价可与市场比较",
)


@feature(
    code="N05",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.amount"),
    minimum=2,
    guards=(COMPETING_PRICES, FEW_ENOUGH),
    source="Bajari & Ye (2003), Deciding between competition and collusion, Rev. Econ. Stat. 85(4); Conley & "
    "Decarolis (2016), Detecting bidders groups in collusive auctions, AEJ: Microeconomics 8(2)",
    title=Phrase("Bidders whose prices lie close whenever they meet", "投标人每次同场报价都十分接近"),
    innocent=Phrase(
        "Firms with the same costs and the same suppliers arrive at like prices again and again.",
        "成本结构和上游供应商相同的企业，报价可能长期接近。",
    ),
    silent=STRANGERS,
)
def prices_close_to_the_same_rivals(records: Records) -> FloatArray:
    """Surprise at how close two of the bidders priced whenever they met, this lot included.

    Definition: in each lot of a pair, u is the share of pairs in earlier lots of the market (category and
    price rule, three years back, at least ten pairs) whose prices lay closer, by |ln(price / price)|, ties
    half. Over the m >= 3 processes of the pair in three years (of several lots of one process the mean),
    -log10 P(X >= sum of -ln u), X the sum of m standard exponentials. The mean over the pairs of the lot.
    Why it matters: independent costs bring two firms together now and then; cover bids do it every time.
    Excluded: lots where prices do not compete, lots over 40 bidders, members of joint bids.
    Example: three lots in which only 5 % of earlier pairs lay closer: 2.2; three ordinary ones: 0.3.

    两家投标人（含本标段）每次同场时报价接近的意外程度。

    定义：对一对投标人的每个共同标段，u为该市场（品目与成交规则，追溯三年，至少十对）此前各对报价中比其更接近
    者的占比（按|ln(报价/报价)|，相等计一半）；三年内共同项目m >= 3个时（同一项目的多个标段取平均），取-log10
    P(X >= Σ-ln u)，X为m个标准指数变量之和。标段取各对的均值。
    意义：成本各自独立的企业偶尔报价接近；陪标者每次都接近。
    排除：不以价格竞争的标段；投标人超过40家的标段；联合体成员。
    示例：三个标段均仅有5%的以往投标人对更接近，结果2.2；三个普通标段为0.3。
    """
    pairs = bidder_pairs(records)
    prices = prices_of(records, pairs)
    # The larger over the smaller: the same number whichever of the two comes first, and in any currency unit.
    left, right = prices[pairs.left], prices[pairs.right]
    distance = np.log(np.maximum(left, right) / np.minimum(left, right))
    chance = _chance(_market(records)[pairs.trade], pairs.times, distance)
    return _repeated(records, pairs, chance)


@feature(
    code="N06",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.amount", "trades.ceiling or trades.estimate"),
    minimum=2,
    guards=(COMPETING_PRICES, PURCHASE, FEW_ENOUGH),
    source="OECD (2012), Recommendation on Fighting Bid Rigging in Public Procurement; Porter & Zona (1993), "
    "Detection of bid rigging in procurement auctions, JPE 101(3)",
    title=Phrase("Prices stay high whenever these bidders meet", "这些投标人同场时价格始终偏高"),
    innocent=Phrase(
        "Firms that do difficult work meet where estimates are tight and prices high.",
        "专做高难度项目的企业，往往相遇于预算偏紧、价格偏高的项目。",
    ),
    silent=STRANGERS,
)
def no_low_price_with_the_same_rivals(records: Records) -> FloatArray:
    """Surprise at how high the best price was whenever two of the bidders met, this lot included.

    Definition: in each lot of a pair, u is the share of earlier lots of the market (category and price rule,
    three years back, at least ten) whose best offer over the ceiling (the estimate, where no ceiling is
    known) was higher, ties half. Over the m >= 3 processes of the pair in three years (of several lots of one
    process the mean), -log10 P(X >= sum of -ln u), X the sum of m standard exponentials. The mean over the
    pairs of the lot.
    Why it matters: where bidders agreed, the push on the price is missing whenever they are among themselves.
    Excluded: sales, lots where prices do not compete, lots over 40 bidders, members of joint bids.
    Example: four lots in which only 10 % of earlier lots were dearer: 1.9; four ordinary ones: 0.3.

    两家投标人（含本标段）每次同场时最优报价偏高的意外程度。

    定义：对一对投标人的每个共同标段，u为该市场（品目与成交规则，追溯三年，至少十个）此前标段中最优报价与限价
    （无限价时为估算价）之比更高者的占比，相等计一半；三年内共同项目m >= 3个时（同一项目的多个标段取平均），取
    -log10 P(X >= Σ-ln u)，X为m个标准指数变量之和。标段取各对的均值。
    意义：若有约定，只要这些企业同场，价格就缺少下浮压力。
    排除：出让类交易；不以价格竞争的标段；投标人超过40家的标段；联合体成员。
    示例：四个标段均仅有10%的以往标段价格更高，结果1.9；四个普通标段为0.3。
    """
    pairs = bidder_pairs(records)
    level = _best_over_reference(records)
    level[~(COMPETING_PRICES.holds(records) & PURCHASE.holds(records) & (records.bidder_counts > 1))] = np.nan
    chance = _chance(_market(records), records.decided, -level)
    return _repeated(records, pairs, chance[pairs.trade])


def _market(records: Records) -> IntArray:
    return combined(records.categories.codes, records.coded("price_rule").codes + 1)


def _best_over_reference(records: Records) -> FloatArray:
    """Best offer of each trade over its ceiling, else its estimate."""
    offers = records.offers
    best = np.full(len(records), np.nan)
    some = offers.sizes > 0
    best[some] = offers.values[offers.offsets[:-1][some]]
    ceiling, estimate = (records.trades[name].to_numpy(dtype=np.float64) for name in ("ceiling", "estimate"))
    reference = np.where(np.isfinite(ceiling), ceiling, estimate)
    return np.asarray(np.divide(best, reference, out=np.full(len(best), np.nan), where=reference > 0))


def _chance(keys: IntArray, times: FloatArray, values: FloatArray) -> FloatArray:
    """Share of earlier values of each event's key that are smaller, in (0, 1); NaN with fewer than ten."""
    known = np.isfinite(values) & np.isfinite(times) & (keys >= 0)
    past = Past.of(np.where(known, keys, -1), times)
    ranks = np.unique(values[past.order], return_inverse=True)[1].astype(np.int64)
    below, tied, count = rank_before_each(ranks, past.offsets, past.times, HORIZON).T
    share = (below + 0.5 * tied + 0.5) / (count + 1.0)
    return past.spread(np.where(count >= FEWEST_EARLIER, share, np.nan))


def _repeated(records: Records, pairs: Pairs, chance: FloatArray) -> FloatArray:
    """Chances of the processes of each pair joined, up to and with each lot; mean over the pairs of a lot."""
    known = np.isfinite(chance)
    surprise = on_grid(np.where(known, -np.log(np.where(known, chance, 1.0)), 0.0), GRID_BITS)
    met = Units.of(np.where(known, pairs.key(), -1), processes(records)[pairs.trade], pairs.times)
    earlier = met.mean(np.where(known, surprise, np.nan))
    # The mean of the lots of one process: as their chances depend on each other, no surer than one of them.
    meetings = met.before(np.ones(len(earlier))) + 1.0
    total = met.before(earlier) + surprise
    often = known & (meetings >= FEWEST_MEETINGS)
    joined = erlang_surprise(np.where(often, total, np.nan), np.where(often, meetings, np.nan)) / math.log(
        10.0
    )
    count = np.bincount(pairs.trade[often], minlength=len(records))
    summed = np.bincount(pairs.trade[often], weights=joined[often], minlength=len(records))
    return np.asarray(np.divide(summed, count, out=np.full(len(records), np.nan), where=count > 0))


FAMILY: tuple[Feature, ...] = (prices_close_to_the_same_rivals, no_low_price_with_the_same_rivals)
