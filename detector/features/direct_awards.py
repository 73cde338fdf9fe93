"""Process: how often an office does without a call, and how close below a limit its estimates lie.

The legal limit itself comes with the rules, by date, region and kind. What can be said from records alone:
legal limits are round sums, and the least that an authority puts out to open tender shows where its own limit
lies.
"""

from collections.abc import Callable

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Guard, Phrase, feature
from detector.features.habits import FEWEST, NO_HISTORY, WILSON, share_before
from detector.features.history import (
    HORIZON,
    Past,
    awards,
    combined,
    largest_by_trade,
    on_grid,
    processes,
)
from detector.features.market_position import MONEY_BITS
from detector.features.units import Units
from detector.kernels.tails import binomial_surprise, hypergeometric_surprise
from detector.kernels.windows import quartiles_before_each
from detector.records import SECONDS_A_DAY, Records

YEAR = 365 * SECONDS_A_DAY
CLOSED = ("limited", "direct")
OPEN = ("open", "auction", "listing")
# Legal limits are 1, 1.5, 2, 3, 4, 5 or 6 times a power of ten.
ROUND = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 10.0])
BELOW, ABOVE = 0.9, 1.1
FEWEST_NEAR = 5
FEWEST_OPEN = 20
STEPS_AN_OCTAVE = 16.0


def _method(records: Records, among: tuple[str, ...]) -> BoolArray:
    return records.trades["method"].isin(among).to_numpy(dtype=bool)


def _unless_other(among: tuple[str, ...]) -> Callable[[Records], BoolArray]:
    """Whether the method is `among` these, or not known: that is *not computable*, which a need says."""
    return lambda records: _method(records, among) | records.trades["method"].isna().to_numpy(dtype=bool)


DIRECT = Guard(Phrase("not awarded directly", "不是直接发包或单一来源"), _unless_other(("direct",)))
NOT_OPEN = Guard(Phrase("open to competition", "已公开竞争"), _unless_other(CLOSED))


@feature(
    code="S07",
    family="process",
    direction="high",
    unit="share",
    needs=("trades.buyer_id", "trades.method", "trades.awarded_at"),
    source=f"Open Contracting Partnership (2024), Red flags in public procurement, R013; {WILSON}",
    title=Phrase("This buyer seldom calls for open competition", "该采购单位很少公开竞争"),
    innocent=Phrase(
        "An office with small or secret needs may lawfully do without a call most of the time.",
        "需求零星或涉密的单位，多数情况下依法可以不公开招标。",
    ),
    silent=NO_HISTORY,
    ocp="R013",
)
def non_open_share_of_buyer(records: Records) -> FloatArray:
    """Share of the buyer's earlier processes that were limited or direct, as a lower bound.

    Definition: Wilson lower 95 % bound of (earlier processes by a limited or direct method) over (earlier
    processes with a known method), three years back.
    Why it matters: what is the exception in law should not be the habit of an office.
    Excluded: buyers with fewer than ten earlier processes.
    Example: 18 of 20 earlier processes: 0.74.

    该采购单位以往项目中采用限制性方式或直接发包者的占比，取置信下限。

    定义：追溯三年，采用限制性方式或直接发包、单一来源的项目数，除以交易方式已知的项目数，取威尔逊95%置信下限。
    意义：法律上的例外，不应成为一个单位的常态。
    排除：以往项目少于十个的采购单位。
    示例：以往20个项目中18个，结果0.74。
    """
    known = records.trades["method"].notna().to_numpy(dtype=bool)
    return share_before(records, records.buyers.codes, known, _method(records, CLOSED))


def _where(records: Records) -> IntArray:
    """Region and currency of each trade; those without one share it."""
    return combined(records.coded("region").codes + 1, records.coded("currency").codes + 1)


def _limit_above(amount: FloatArray) -> FloatArray:
    """The round sum of which each amount lies within [0.9, 1.1); NaN where there is none."""
    exponent = np.floor(np.log10(amount * 1.12))
    result = np.full(len(amount), np.nan)
    for power in (exponent - 1.0, exponent):
        for figure in ROUND[:-1]:
            limit = figure * 10.0**power
            near = (amount >= BELOW * limit) & (amount < ABOVE * limit)
            closer = ~(np.abs(amount / result - 1.0) <= np.abs(amount / limit - 1.0))
            result = np.where(near & closer, limit, result)
    return result


@feature(
    code="S08",
    family="process",
    direction="high",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.awarded_at", "trades.estimate"),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R002; Palguta & "
    "Pertold (2017), "
    "Manipulation of procurement contracts: evidence from the introduction of discretionary thresholds, "
    "AEJ: Economic "
    "Policy 9(2)",
    title=Phrase(
        "Estimates of this buyer crowd just below a round sum", "该采购单位估算价集中于整数限额下方"
    ),
    innocent=Phrase(
        "Budgets are granted in round sums, and a plan that just fits its budget is good planning.",
        "预算常按整数下达，恰好用足预算本是合理安排。",
    ),
    silent=Phrase(
        "the estimate is near no round sum, or fewer than five earlier ones of this buyer are near it",
        "估算价不在整数金额附近，或该采购单位以往在其附近的估算价少于五个",
    ),
    ocp="R002",
)
def estimates_below_round_sum(records: Records) -> FloatArray:
    """Surprise at how many of the buyer's estimates near this round sum lay below it, this one included.

    Definition: T is the round sum (1, 1.5, 2, 3, 4, 5 or 6 times a power of ten) of which the estimate lies
    within [0.9 T, 1.1 T). Of the buyer's m >= 5 estimates there (three years back and this one), k lay below
    T: -log10 P(X >= k), X binomial with the chance (a + 1) / (n + 2), a of the n earlier estimates there of
    other buyers of the same region and currency lying below. 0 if this estimate is not below T.
    Why it matters: above a limit the law asks for more; limits are round sums, whatever they are.
    Excluded: estimates near no round sum, and fewer than five of this buyer near it. Legal limits by date and
    region are a matter for rules.
    Example: ten of the buyer's ten estimates between 900,000 and 1,100,000 below one million, of others 24 of
    48: 3.0.

    该采购单位在此整数金额附近的估算价（含本次）中，低于该整数者之多有多意外。

    定义：T为估算价所处[0.9 T, 1.1 T)区间的整数金额（10的幂的1、1.5、2、3、4、5或6倍）。追溯三年连同本次，该采
    购单位在该区间有m >= 5个估算价，其中k个低于T：-log10 P(X >= k)，X服从二项分布，概率为(a + 1) / (n + 2)，n
    为同地区、同币种其他采购单位以往在该区间的估算价个数，a为其中低于T者。本次不低于T的为0。
    意义：超过限额，法律要求更严；限额无论多少，都是整数金额。
    排除：不在整数金额附近的估算价；该采购单位在其附近不足五个的情形。按日期和地区确定的法定限额由规则处理。
    示例：该采购单位在90万至110万之间的十个估算价均低于100万，其他单位48个中24个，结果3.0。
    """
    estimate = records.trades["estimate"].to_numpy(dtype=np.float64)
    limit = _limit_above(np.where(estimate > 0, estimate, np.nan))
    known = np.isfinite(limit)
    below = known & (estimate < limit)
    named = np.where(known, limit, -1.0)
    place = np.where(known, np.unique(named, return_inverse=True)[1], -1).astype(np.int64)
    everyone_key = combined(place, _where(records))
    everyone = Past.of(everyone_key, records.decided)
    mine = Past.of(combined(everyone_key, records.buyers.codes), records.decided)
    number, hits = mine.count(), mine.total(below)
    others, of_others = everyone.count() - number, everyone.total(below) - hits
    surprise = binomial_surprise(hits + below, number + 1.0, (of_others + 1.0) / (others + 2.0))
    return np.where(number + 1.0 >= FEWEST_NEAR, np.where(below, surprise, 0.0), np.nan)


@feature(
    code="S09",
    family="process",
    direction="high",
    unit="ratio",
    needs=("trades.buyer_id", "trades.method", "trades.awarded_at", "bids.winner", "price"),
    guards=(DIRECT, SOLE_WINNER),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R055",
    title=Phrase(
        "Direct awards to one supplier add up to a tender", "对同一供应商的直接发包累计已达招标规模"
    ),
    innocent=Phrase(
        "Repairs or supplies on call come singly and cannot be foreseen as one need.",
        "维修、零星供货逐次发生，事先难以合并为一项需求。",
    ),
    silent=Phrase(
        "fewer than twenty earlier open tenders of this kind to see the limit from",
        "同类公开招标此前少于二十宗，无法判断起点规模",
    ),
    ocp="R055",
)
def direct_awards_add_up(records: Records) -> FloatArray:
    """Direct awards of this buyer to this winner within a year, over what is usually the least put out to
    tender.

    Definition: sum of the direct awards of the buyer to the winner in the 365 days before, and this one, over
    the lower quartile of the prices of earlier open tenders of the kind, region and currency, three years
    back (in sixteenths of an octave). Above 1 together they would have been a tender of ordinary size.
    Why it matters: what is needed all year can be tendered once.
    Excluded: awards that were not direct; lots with several winners; kinds with fewer than 20 earlier open
    tenders.
    Example: three direct awards of 40 and now 40, where a quarter of open tenders is below 100: 1.6.

    一年内该采购单位对该中标人的直接发包累计金额，与通常公开招标起点之比。

    定义：此前365天该采购单位对该中标人的直接发包金额与本次之和，除以同类、同地区、同币种追溯三年公开招标成交
    价的下四分位数（取至倍程的十六分之一）。大于1表示合并起来已达通常的招标规模。
    意义：全年都需要的东西，可以一次招标。
    排除：非直接发包的标段；有多个中标人的标段；以往公开招标少于20宗的类别。
    示例：此前三次直接发包各40，本次40，而公开招标有四分之一低于100，结果1.6。
    """
    price = records.price
    known = np.isfinite(price) & (price > 0) & (records.winner_rows.sizes == 1)
    kind = combined(records.coded("kind").codes, _where(records))
    limit = _lower_quartile(records, kind, known)
    award = awards(records)
    direct = known & _method(records, ("direct",))
    pair = combined(records.buyers.codes[award.trade], award.bidder)
    past = Past.of(np.where(direct[award.trade], pair, -1), award.times, YEAR)
    money = on_grid(np.where(direct, np.where(known, price, 0.0), 0.0), MONEY_BITS)
    total = past.total(money[award.trade]) + price[award.trade]
    return largest_by_trade(records, award.trade, total / limit[award.trade])


def _lower_quartile(records: Records, kind: IntArray, known: BoolArray) -> FloatArray:
    """Lower quartile of the prices of earlier open tenders of each trade's kind; NaN with too few."""
    tender = known & _method(records, OPEN)
    level = np.round(np.log2(np.where(tender, records.price, 1.0)) * STEPS_AN_OCTAVE).astype(np.int64)
    lowest = int(level.min(initial=0))
    past = Past.of(kind, records.decided)
    ranks = np.where(tender, level - lowest, -1)[past.order]
    first, _, _, number = quartiles_before_each(ranks, past.offsets, past.times, HORIZON).T
    limit = 2.0 ** ((first + lowest) / STEPS_AN_OCTAVE)
    return past.spread(np.where(number >= FEWEST_OPEN, limit, np.nan))


@feature(
    code="S10",
    family="process",
    direction="high",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.method", "trades.awarded_at", "bids.winner"),
    guards=(DIRECT, SOLE_WINNER),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R049; Fisher (1922), "
    "J. R. Statist. Soc. "
    "85(1)",
    title=Phrase(
        "Direct awards of this buyer gather on one supplier", "该采购单位的直接发包集中于同一供应商"
    ),
    innocent=Phrase(
        "The maker of a machine is often the only one who can repair it.",
        "设备原厂往往是唯一能够维修的企业。",
    ),
    silent=Phrase("fewer than ten earlier processes of this buyer", "该采购单位以往项目少于十个"),
    ocp="R049",
)
def direct_awards_to_one(records: Records) -> FloatArray:
    """Surprise at how many of the winner's earlier awards at this buyer were direct.

    Definition: -log10 P(X >= c), X hypergeometric: of the buyer's N earlier processes, three years back, n_d
    were awarded directly, this winner won n_w, and both are true of c.
    Why it matters: a buyer that tenders with others and buys directly from one may spare it the competition.
    Excluded: awards that were not direct; lots with several winners; buyers with fewer than ten earlier
    processes.
    Example: N = 30, ten of them direct, five of these to this winner, which won nothing else: 2.8.

    该中标人在该采购单位以往中标中，直接发包之多有多意外。

    定义：-log10 P(X >= c)，X服从超几何分布：该采购单位追溯三年N个以往项目中，直接发包n_d个，该中标人中标n_w
    个，两者兼有c个。
    意义：对他人招标、对一家直接发包，可能是使其免于竞争。
    排除：非直接发包的标段；有多个中标人的标段；以往项目少于十个的采购单位。
    示例：N = 30，其中直接发包十个，五个归该中标人且其别无中标，结果2.8。
    """
    award = awards(records)
    buyer = records.buyers.codes[award.trade]
    process = processes(records)[award.trade]
    direct = _method(records, ("direct",))[award.trade]
    at_buyer = Units.of(buyer, process, award.times)
    won = Units.of(combined(buyer, award.bidder), process, award.times)
    number, directly = (
        at_buyer.before(told) for told in (np.ones(len(at_buyer.first)), at_buyer.any(direct))
    )
    wins, both = (won.before(told) for told in (np.ones(len(won.first)), won.any(direct)))
    surprise = hypergeometric_surprise(both, wins, directly, number)
    surprise[~(number >= FEWEST)] = np.nan
    return largest_by_trade(records, award.trade, surprise)


@feature(
    code="S12",
    family="process",
    direction="high",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.method", "trades.awarded_at"),
    guards=(NOT_OPEN,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R010; Ministry of "
    "Finance of Kyrgyzstan, "
    "automated risk indicators (KRAI9: reasons contradicted by open tenders); Laplace's rule of succession",
    title=Phrase("No open call where this is usually called for openly", "同品目通常公开招标，本次却未公开"),
    innocent=Phrase(
        "One urgent or patented lot among many ordinary ones may lawfully go without a call.",
        "众多普通项目中的个别应急或专利项目，依法可以不公开招标。",
    ),
    silent=Phrase("fewer than ten earlier processes in this category", "该品目以往项目少于十个"),
    ocp="R010",
)
def closed_where_open_is_usual(records: Records) -> FloatArray:
    """Surprise at a limited or direct award in a category that is usually called for openly.

    Definition: -log10((a + 1) / (n + 2)): a of the n earlier processes of the category (the kind, where none is
    published), three years back, were limited or direct.
    Why it matters: "only one can supply it" is hard to believe where ten others were bought by open call.
    Excluded: open and selective methods; categories with fewer than ten earlier processes.
    Example: one of 38 earlier processes was not open: 1.3.

    在通常公开招标的品目中采用限制性方式或直接发包有多意外。

    定义：-log10((a + 1) / (n + 2))：该品目（未公布的，按类别）追溯三年n个以往项目中，a个采用限制性方式或直接
    发包。
    意义：同类需求屡经公开招标采购，“只有一家能供应”便难以成立。
    排除：公开或资格预审方式；以往项目少于十个的品目。
    示例：以往38个项目中一个未公开，结果1.3。
    """
    known = records.trades["method"].notna().to_numpy(dtype=bool)
    units = Units.of(records.categories.codes, processes(records), records.decided)
    number = units.before(units.any(known))
    closed = units.before(units.any(known & _method(records, CLOSED)))
    return np.where(number >= FEWEST, -np.log10((closed + 1.0) / (number + 2.0)), np.nan)


FAMILY: tuple[Feature, ...] = (
    non_open_share_of_buyer,
    estimates_below_round_sum,
    direct_awards_add_up,
    direct_awards_to_one,
    closed_where_open_is_usual,
)
