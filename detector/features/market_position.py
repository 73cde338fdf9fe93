"""Concentration: what part of a market or of a buyer's spending a winner holds, and whether beyond chance."""

from functools import partial

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.concentration import supplier_dependence_on_buyer, supplier_share_of_buyer
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import (
    Entries,
    Past,
    awards,
    chosen,
    combined,
    entries,
    largest_by_trade,
    markets,
    on_grid,
    processes,
    processes_before,
)
from detector.kernels.history import repeats_before_each
from detector.kernels.tails import binomial_surprise, hypergeometric_surprise
from detector.records import Records

FEWEST_IN_MARKET = 10
FEWEST_AT_BUYER = 5
# Sums of money are exact below 2 ** 40, in steps finer than a hundredth.
MONEY_BITS = 13
HOLDS_MARKET = Phrase("fewer than ten earlier awards in this market", "该市场此前中标记录少于十个")

position = partial(feature, family="concentration", direction="high")


def _share_of_money(records: Records, whole: IntArray, award: Entries, fewest: int) -> FloatArray:
    """Share of the earlier money of each award's `whole` (market, buyer) that went to its winner."""
    price = records.price[award.trade]
    known = np.isfinite(price) & (records.winner_rows.sizes[award.trade] == 1)
    money = on_grid(np.where(known, price, 0.0), MONEY_BITS)
    everyone = Past.of(np.where(known, whole, -1), award.times)
    mine = Past.of(np.where(known, combined(whole, award.bidder), -1), award.times)
    total = everyone.total(money)
    enough = (everyone.count() >= fewest) & (total > 0)
    share = np.divide(mine.total(money), total, out=np.full(len(total), np.nan), where=enough)
    return largest_by_trade(records, award.trade, share)


@position(
    code="C10",
    unit="share",
    needs=("trades.awarded_at", "bids.winner", "price"),
    guards=(SOLE_WINNER,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R050; Fazekas & Kocsis "
    "(2020), British "
    "Journal of Political Science 50(1)",
    title=Phrase("The supplier holds a large share of the market", "该供应商市场份额偏高"),
    innocent=Phrase(
        "A small market may have one able supplier; a single large contract moves shares by money.",
        "小市场可能只有一家胜任的供应商；一份大额合同即可拉高金额占比。",
    ),
    silent=HOLDS_MARKET,
    ocp="R050",
)
def supplier_share_of_market(records: Records) -> FloatArray:
    """Share of the earlier award money of this market that went to the winner.

    Definition: sum of this winner's earlier awards over the sum of all earlier awards of the market (category
    and region), three years back, lots with one winner.
    Why it matters: a market that one firm holds has no rival left to keep its prices down.
    Excluded: lots with several winners; markets with fewer than ten earlier awards.
    Example: twelve earlier awards of 1,200 in all, 480 of them to this winner: 0.4.

    该市场以往中标金额中，归该中标人的占比。

    定义：该中标人以往中标金额之和，除以该市场（品目与地区）追溯三年全部单一中标人标段的中标金额之和。
    意义：市场为一家所据，便没有对手约束其价格。
    排除：有多个中标人的标段；以往中标少于十次的市场。
    示例：以往十二次中标共1,200，其中该中标人480，结果0.4。
    """
    award = awards(records)
    return _share_of_money(records, markets(records)[award.trade], award, FEWEST_IN_MARKET)


@position(
    code="C11",
    unit="share",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner", "price"),
    guards=(SOLE_WINNER,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R040; Fazekas & Kocsis "
    "(2020), British "
    "Journal of Political Science 50(1)",
    title=Phrase(
        "The supplier holds a large share of this buyer's spending", "该供应商占该采购单位支出比例偏高"
    ),
    innocent=Phrase(
        "One large project fills a small buyer's accounts for years.",
        "一个大型项目就可能占据小单位多年的支出。",
    ),
    silent=Phrase("fewer than five earlier awards of this buyer", "该采购单位此前中标记录少于五个"),
    ocp="R040",
)
def supplier_share_of_spending(records: Records) -> FloatArray:
    """Share of the buyer's earlier award money that went to the winner; C01 says the same by number.

    Definition: sum of this winner's earlier awards at the buyer over the sum of all its earlier awards, three
    years back, lots with one winner.
    Why it matters: one large award weighs more than many small ones given to others for show.
    Excluded: lots with several winners; buyers with fewer than five earlier awards.
    Example: earlier awards of 10, 10, 10, 10 and 160, the last to this winner: 0.8.

    该采购单位以往中标金额中，归该中标人的占比；C01为按个数计的同一问题。

    定义：该中标人在该采购单位以往中标金额之和，除以该采购单位追溯三年全部单一中标人标段的中标金额之和。
    意义：一笔大额中标的分量，胜过为装点而分给他人的许多小额。
    排除：有多个中标人的标段；以往中标少于五次的采购单位。
    示例：以往中标10、10、10、10、160，最后一笔归该中标人，结果0.8。
    """
    award = awards(records)
    return _share_of_money(records, records.buyers.codes[award.trade], award, FEWEST_AT_BUYER)


@position(
    code="C12",
    unit="index",
    needs=("trades.awarded_at", "bids.winner"),
    source="Hirschman (1964), AER 54(5); Simpson (1949), Nature 163; Open Contracting Partnership "
    "(2024), Red flags in "
    "public procurement, R051",
    title=Phrase("The market is concentrated on few suppliers", "该市场中标集中于少数供应商"),
    innocent=Phrase(
        "A speciality or a remote region has only a handful of firms.",
        "专业领域或偏远地区本来就只有少数企业。",
    ),
    silent=HOLDS_MARKET,
    ocp="R051",
)
def market_concentration(records: Records) -> FloatArray:
    """Herfindahl-Hirschman index of the market's earlier awards, corrected for their small number.

    Definition: as C03, over the earlier awards of the market (category and region) instead of the buyer.
    Why it matters: agreements are easier to make and to keep among few.
    Excluded: markets with fewer than ten earlier awards.
    Example: twelve earlier awards, six each to two suppliers: 0.45.

    该市场以往中标的赫芬达尔-赫希曼指数（HHI），并修正样本偏少的影响。

    定义：同C03，以市场（品目与地区）代替采购单位。
    意义：参与者越少，约定越容易达成和维持。
    排除：以往中标少于十次的市场。
    示例：以往十二次中标，两家供应商各六次，结果0.45。
    """
    award = awards(records)
    past = Past.of(markets(records)[award.trade], award.times)
    same = past.spread(repeats_before_each(award.bidder[past.order], past.offsets, past.times, past.width))
    n = past.count()
    index = np.divide(same, n * (n - 1), out=np.full(len(n), np.nan), where=n >= FEWEST_IN_MARKET)
    return largest_by_trade(records, award.trade, index)


def _meets_too_often(records: Records, partner: IntArray) -> FloatArray:
    """Surprise at the winner's earlier awards with this `partner` (a code for each trade), within the
    category."""
    award = awards(records)
    category, with_whom = records.categories.codes[award.trade], partner[award.trade]
    process = processes(records)[award.trade]
    keys = (
        combined(category, award.bidder, with_whom),
        combined(category, award.bidder),
        combined(category, with_whom),
        category,
    )
    both, wins, held, market = (processes_before(key, process, award.times) for key in keys)
    surprise = hypergeometric_surprise(both, wins, held, market)
    surprise[~(market >= FEWEST_IN_MARKET)] = np.nan
    return largest_by_trade(records, award.trade, surprise)


@position(
    code="C13",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Fisher (1922), J. R. Statist. Soc. 85(1); Open Contracting Partnership (2024), Red flags in "
    "public "
    "procurement, R040 (related)",
    title=Phrase("The winner's awards gather at this buyer", "该中标人的中标异常集中于该采购单位"),
    innocent=Phrase(
        "A firm next door, or one that knows the plant, rightly wins more at this buyer than elsewhere.",
        "就近或熟悉设施的企业，在该单位中标多于别处实属正常。",
    ),
    silent=Phrase("fewer than ten earlier awards in this category", "该品目此前中标记录少于十个"),
)
def awards_gather_at_buyer(records: Records) -> FloatArray:
    """Surprise at how many of the winner's earlier processes in this category were this buyer's.

    Definition: -log10 P(X >= c), X hypergeometric: of the N earlier processes of the category, three years
    back, this winner won n_w, this buyer held n_b, and both are true of c.
    Why it matters: C04 asks about the bids that were made; this one also sees that a firm wins nowhere else.
    Excluded: lots with several winners; categories with fewer than ten earlier processes.
    Example: N = 40, the buyer held 8, the winner won 5, all of them there: 4.1.

    该中标人在该品目的以往中标中，属于该采购单位者之多有多意外。

    定义：-log10 P(X >= c)，X服从超几何分布：该品目追溯三年N个以往项目中，该中标人中标n_w个，该采购单位发起n_b
    个，两者兼有c个。
    意义：C04只看其投过的标；该值还能看出该企业在别处从不中标。
    排除：有多个中标人的标段；以往项目少于十个的品目。
    示例：N = 40，该采购单位8个，该中标人中标5个且全部在此，结果4.1。
    """
    return _meets_too_often(records, records.buyers.codes)


@position(
    code="C14",
    unit="-log10 p",
    needs=("trades.agency_id", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Fisher (1922), J. R. Statist. Soc. 85(1); the question after supervision practice in China "
    "on bidders that "
    "win wherever they meet one agency (provisional)",
    title=Phrase("The winner's awards gather at this agency", "该中标人的中标异常集中于该代理机构"),
    innocent=Phrase(
        "Agencies specialise by trade and district, and so do the firms they meet.",
        "代理机构按专业和地区分工，所遇企业自然相对固定。",
    ),
    silent=Phrase("fewer than ten earlier awards in this category", "该品目此前中标记录少于十个"),
)
def awards_gather_at_agency(records: Records) -> FloatArray:
    """Surprise at how many of the winner's earlier processes in this category were run by this agency.

    Definition: as for C13, with the agency in the place of the buyer.
    Why it matters: who runs a procedure writes its documents and calls its experts.
    Excluded: lots with several winners; categories with fewer than ten earlier processes.
    Example: N = 40, the agency ran 8, the winner won 5, all of them there: 4.1.

    该中标人在该品目的以往中标中，由该代理机构经办者之多有多意外。

    定义：同C13，以代理机构代替采购单位。
    意义：经办程序者编制文件、召集专家，影响评审过程。
    排除：有多个中标人的标段；以往项目少于十个的品目。
    示例：N = 40，该代理机构经办8个，该中标人中标5个且全部在此，结果4.1。
    """
    return _meets_too_often(records, records.coded("agency_id").codes)


@position(
    code="C16",
    unit="share",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Open-source indicator sets (captive pair: exclusive both ways); Wilson (1927), JASA 22(158)",
    title=Phrase("Buyer and supplier keep to each other", "采购单位与供应商相互专属"),
    innocent=Phrase(
        "A framework agreement binds one supplier to one buyer for its term.",
        "框架协议在有效期内本来就使双方相对固定。",
    ),
    silent=Phrase("buyer or winner has no earlier awards", "采购单位或中标人此前没有中标记录"),
)
def captive_pair(records: Records) -> FloatArray:
    """The smaller of C01 and C02: how exclusive buyer and supplier are, both ways.

    Definition: the lesser of two Wilson lower bounds, of the winner's share of the buyer's earlier processes
    (C01) and of the buyer's share of the winner's (C02).
    Why it matters: a large supplier has many buyers and a large buyer many suppliers; a pair that has only
    each other stands apart from the market.
    Excluded: lots with several winners; first awards of a buyer or of a supplier.
    Example: 8 of the buyer's 10 went to this winner (0.54), which won 8 of its 8 here (0.75): 0.54.

    C01与C02中较小者：采购单位与供应商相互专属的程度。

    定义：该中标人占该采购单位以往项目之比（C01）与该采购单位占该中标人以往中标之比（C02），两个威尔逊置信下限
    取小。
    意义：大供应商有许多客户，大单位有许多供应商；只有彼此的一对，便游离于市场之外。
    排除：有多个中标人的标段；采购单位或供应商的首次中标。
    示例：该采购单位10个项目中8个归该中标人（0.54），该中标人8次中标均在此（0.75），结果0.54。
    """
    return np.minimum(
        supplier_share_of_buyer.function(records), supplier_dependence_on_buyer.function(records)
    )


@position(
    code="C20",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Hoeffding (1956), Ann. Math. Statist. 27(3), for the bound on the tail; the question after "
    "supervision practice "
    "in China on serial winners (标王; provisional)",
    title=Phrase(
        "The winner wins this category far more often than its rivals", "该中标人在该品目中标率异常偏高"
    ),
    innocent=Phrase(
        "The best or largest firm of a trade wins more often than one in n.",
        "行业内实力最强的企业，中标率自然高于平均。",
    ),
    silent=Phrase("this winner has not competed in this category before", "该中标人此前未在该品目参与过竞争"),
)
def win_rate_in_category(records: Records) -> FloatArray:
    """Surprise at how many of its earlier bids in this category the winner won, at whatever buyer.

    Definition: as for C04, over the category (the kind, where none is published) instead of the buyer.
    Why it matters: a firm that wins nearly everything it bids for has rivals in name only.
    Excluded: lots with several winners, and winners that have not bid against rivals in this category before.
    Example: 8 wins in 8 lots of four bidders: 4.8; 2 wins in 3 such lots: 0.8.

    该中标人以往在该品目投标，中标次数多得有多意外，不限采购单位。

    定义：同C04，以品目（未公布的，以类别）代替采购单位。
    意义：几乎每投必中的企业，对手可能名存实亡。
    排除：有多个中标人的标段；此前从未在该品目与对手竞争过的中标人。
    示例：八个四家竞争的标段中标八次，结果4.8；三个这样的标段中标两次，结果0.8。
    """
    entry = entries(records)
    competed = (entry.chance < 1.0).astype(np.float64)
    past = Past.of(combined(records.categories.codes[entry.trade], entry.bidder), entry.times)
    bids, wins = past.total(competed), past.total(competed * entry.won)
    expected = past.total(np.where(competed > 0, entry.chance, 0.0))
    mean = np.divide(expected, bids, out=np.full(len(bids), np.nan), where=bids > 0)
    winner = chosen(entry, entry.won)
    return largest_by_trade(records, winner.trade, binomial_surprise(wins, bids, mean)[entry.won])


FAMILY: tuple[Feature, ...] = (
    supplier_share_of_market,
    supplier_share_of_spending,
    market_concentration,
    awards_gather_at_buyer,
    awards_gather_at_agency,
    captive_pair,
    win_rate_in_category,
)
