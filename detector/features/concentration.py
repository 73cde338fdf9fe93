"""Concentration: how a buyer's earlier awards are spread, as known when the trade was decided.

History is what was decided strictly before, up to three years back. A contracting process with many lots counts
once where shares are taken, and other lots of the trade's own process never count. Shares are given as the lower
95 % bound, so that two awards of two say less than forty of forty. A joint bid that won is judged by the member
that stands out most.
"""

import numpy as np

from detector.arrays import FloatArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import (
    Past,
    awards,
    chosen,
    combined,
    entries,
    largest_by_trade,
    processes,
    processes_before,
    wilson_lower,
)
from detector.kernels.history import repeats_before_each
from detector.kernels.tails import binomial_surprise
from detector.records import Records

FEWEST_AWARDS = 5


@feature(
    code="C01",
    family="concentration",
    direction="high",
    unit="share",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Fazekas & Kocsis (2020), British Journal of Political Science 50(1); Wilson (1927), JASA 22(158)",
    title=Phrase(
        "The supplier holds a large share of this buyer's awards", "该供应商在该采购单位中标占比偏高"
    ),
    innocent=Phrase(
        "A specialised need, a framework agreement or a small local market leaves few suppliers.",
        "专业性强、框架协议或本地供应商较少时，中标自然集中。",
    ),
    silent=Phrase("this buyer has no earlier awards", "该采购单位此前没有中标记录"),
    ocp="R040",
)
def supplier_share_of_buyer(records: Records) -> FloatArray:
    """Share of the buyer's earlier processes that this winner won, as a lower bound.

    Definition: Wilson lower 95 % bound of (earlier processes of the buyer won by this winner) over (earlier
    processes of the buyer with a winner), three years back, by number.
    Why it matters: a buyer that awards to one supplier again and again may not be choosing among many.
    Excluded: lots with several winners, and the first award of a buyer.
    Example: 8 of 10 earlier processes: 0.54; 2 of 2: 0.43.

    该中标人在该采购单位以往项目中的中标占比，取置信下限。

    定义：该采购单位以往由该中标人中标的项目数，除以该采购单位以往有中标人的项目数，取威尔逊95%置信下限；
    追溯三年，按项目个数计。
    意义：采购单位一再选择同一供应商，可能并未在众多供应商中择优。
    排除：有多个中标人的标段；该采购单位的首次中标。
    示例：以往10个项目中标8个，结果0.54；2个中标2个，结果0.43。
    """
    award, process = awards(records), processes(records)
    buyer = records.buyers.codes[award.trade]
    all_awards = processes_before(buyer, process[award.trade], award.times)
    own = processes_before(combined(buyer, award.bidder), process[award.trade], award.times)
    return largest_by_trade(records, award.trade, wilson_lower(own, all_awards))


@feature(
    code="C02",
    family="concentration",
    direction="high",
    unit="share",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Fazekas & Kocsis (2020), British Journal of Political Science 50(1); State Audit Service of "
    "Ukraine, automated risk indicators",
    title=Phrase("The supplier depends on this one buyer", "该供应商业务高度依赖该采购单位"),
    innocent=Phrase(
        "A young or local firm begins with one customer; a monopoly buyer has no equal.",
        "新成立或本地企业往往从单一客户起步；某些领域只有一个采购单位。",
    ),
    silent=Phrase("this winner has no earlier awards", "该中标人此前没有中标记录"),
)
def supplier_dependence_on_buyer(records: Records) -> FloatArray:
    """Share of the winner's earlier processes that came from this buyer, as a lower bound.

    Definition: Wilson lower 95 % bound of (earlier processes won at this buyer) over (all earlier processes
    won), three years back, by number, within these records.
    Why it matters: a firm that wins at one buyer only may owe it to that buyer.
    Excluded: lots with several winners, and the first award of a supplier. Records of a single buyer show
    1 for everyone and so single out no one.
    Example: 20 of 20 earlier processes from this buyer: 0.88; 3 of 3: 0.53.

    该中标人以往中标项目中来自该采购单位的占比，取置信下限。

    定义：该中标人以往在该采购单位中标的项目数，除以其以往全部中标项目数，取威尔逊95%置信下限；追溯三年，
    按项目个数计，仅限本数据范围。
    意义：只在一个采购单位中标的企业，其业务可能取决于该单位。
    排除：有多个中标人的标段；该供应商的首次中标。只有一个采购单位的数据中人人为1，因而不会突出任何一家。
    示例：以往20个项目全部来自该采购单位，结果0.88；3个全部来自该单位，结果0.53。
    """
    award, process = awards(records), processes(records)
    buyer = records.buyers.codes[award.trade]
    anywhere = processes_before(award.bidder, process[award.trade], award.times)
    here = processes_before(combined(buyer, award.bidder), process[award.trade], award.times)
    return largest_by_trade(records, award.trade, wilson_lower(here, anywhere))


@feature(
    code="C03",
    family="concentration",
    direction="high",
    unit="index",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    source="Hirschman (1964), AER 54(5); Simpson (1949), Measurement of diversity, Nature 163",
    title=Phrase(
        "The buyer's awards are concentrated on few suppliers", "该采购单位中标高度集中于少数供应商"
    ),
    innocent=Phrase(
        "A buyer of one specialised good meets the same few makers every time.",
        "采购品目单一且专业的单位，每次面对的供应商本就不多。",
    ),
    silent=Phrase("fewer than five earlier awards of this buyer", "该采购单位此前中标记录少于五个"),
    ocp="R051",
)
def buyer_concentration(records: Records) -> FloatArray:
    """Herfindahl-Hirschman index of the buyer's earlier awards, corrected for their small number.

    Definition: (HHI - 1/n) / (1 - 1/n) over the n earlier awards, three years back, by number: the chance that
    two of them, drawn at random, went to the same supplier. 0: all to different ones; 1: all to one.
    Why it matters: a market that should be open and lies in few hands deserves a look at how bids are admitted.
    Excluded: buyers with fewer than five earlier awards.
    Example: six earlier awards, three each to two suppliers: 0.4 (plain HHI 0.5).

    该采购单位以往中标的赫芬达尔-赫希曼指数（HHI），并修正样本偏少的影响。

    定义：对追溯三年的n次以往中标，按次数计：(HHI - 1/n) / (1 - 1/n)，即随机抽取两次中标属于同一供应商的概
    率。0为各不相同，1为全归一家。
    意义：本应开放的市场落在少数几家手中，值得核查投标准入情况。
    排除：以往中标少于五次的采购单位。
    示例：以往六次中标，两家供应商各三次，结果0.4（未修正的HHI为0.5）。
    """
    award = awards(records)
    past = Past.of(records.buyers.codes[award.trade], award.times)
    same = past.spread(repeats_before_each(award.bidder[past.order], past.offsets, past.times, past.width))
    n = past.count()
    index = np.divide(same, n * (n - 1), out=np.full(len(n), np.nan), where=n >= FEWEST_AWARDS)
    return largest_by_trade(records, award.trade, index)


@feature(
    code="C04",
    family="concentration",
    direction="high",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Hoeffding (1956), Ann. Math. Statist. 27(3), for the bound on the tail; the question is "
    "this project's",
    title=Phrase("The winner wins here more often than its rivals", "该中标人在该采购单位中标率异常偏高"),
    innocent=Phrase(
        "A firm that is better, cheaper or nearer wins more often than one in n.",
        "企业质量更优、价格更低或距离更近，中标率自然高于平均。",
    ),
    silent=Phrase(
        "this winner has not competed at this buyer before", "该中标人此前未在该采购单位参与过竞争"
    ),
)
def win_rate_at_buyer(records: Records) -> FloatArray:
    """Surprise at how many of its earlier bids at this buyer the winner won.

    Definition: -log10 P(X >= wins) over the winner's earlier bids at this buyer, three years back, where rivals
    bid too. In each lot the chance is winners / bidders; X is binomial with the mean chance, which never
    overstates the tail.
    Why it matters: winning far beyond one in n, at one buyer, is what a favoured bidder looks like.
    Excluded: lots with several winners, and winners that have not bid against rivals at this buyer before;
    earlier lots without a rival do not count.
    Example: 8 wins in 8 lots of four bidders: 4.8; 2 wins in 3 such lots: 0.8.

    该中标人以往在该采购单位投标，中标次数多得有多意外。

    定义：该中标人追溯三年在该采购单位、有对手参与的以往投标中，-log10 P(X >= 中标次数)。每个标段的机会为
    中标人数 / 投标人数，X服从以平均机会为参数的二项分布，不会夸大尾部概率。
    意义：在同一采购单位的中标率远高于n分之一，提示该投标人可能受到照顾。
    排除：有多个中标人的标段；此前从未在该采购单位与对手竞争过的中标人。没有对手的以往标段不计入。
    示例：八个四家竞争的标段中标八次，结果4.8；三个这样的标段中标两次，结果0.8。
    """
    entry = entries(records)
    competed = (entry.chance < 1.0).astype(np.float64)
    past = Past.of(combined(records.buyers.codes[entry.trade], entry.bidder), entry.times)
    bids, wins = past.total(competed), past.total(competed * entry.won)
    expected = past.total(np.where(competed > 0, entry.chance, 0.0))
    mean = np.divide(expected, bids, out=np.full(len(bids), np.nan), where=bids > 0)
    surprise = binomial_surprise(wins, bids, mean)
    winner = chosen(entry, entry.won)
    return largest_by_trade(records, winner.trade, surprise[entry.won])


FAMILY: tuple[Feature, ...] = (
    supplier_share_of_buyer,
    supplier_dependence_on_buyer,
    buyer_concentration,
    win_rate_at_buyer,
)
