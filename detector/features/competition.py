"""Competition: how many bid, who keeps losing, and who came out of nowhere."""

import numpy as np

from detector.arrays import FloatArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import Past, combined, entries, largest_by_trade, wilson_upper
from detector.features.history_conditions import COMPETED
from detector.kernels.history import median_before_each
from detector.records import Records

FEWEST_LOTS = 10
FEWEST_BIDS = 10
FEWEST_AWARDS = 5


@feature(
    code="C05",
    family="concentration",
    direction="high",
    unit="flag",
    needs=("bids",),
    minimum=1,
    guards=(COMPETED,),
    source="Open Contracting Partnership (2024), Red flags in public procurement; Fazekas & Kocsis "
    "(2020), British Journal of Political Science 50(1)",
    title=Phrase("Only one bid", "仅有一家有效投标"),
    innocent=Phrase(
        "A patent, a remote site or a small contract may interest one firm only.",
        "专利产品、偏远项目或小额合同，可能只有一家企业有意参与。",
    ),
    ocp="R018",
)
def single_bidder(records: Records) -> FloatArray:
    """Whether a trade open to competition drew one effective bid.

    Definition: 1 if there is exactly one effective bid (valid; one per bidder and joint bid), else 0.
    Why it matters: without a rival nothing holds the price, and rivals may have been kept away.
    Excluded: direct awards, and lots without an effective bid.
    Example: three bids, two of them disqualified: 1.

    公开竞争的交易是否只有一家有效投标。

    定义：恰有一家有效投标为1，否则为0（有效投标：每个投标人或联合体计一家）。
    意义：没有对手就没有价格约束，而对手也可能是被挡在门外。
    排除：直接发包或单一来源；没有有效投标的标段。
    示例：三家投标，两家被否决，结果1。
    """
    return np.asarray(records.bidder_counts == 1, dtype=np.float64)


@feature(
    code="C06",
    family="concentration",
    direction="low",
    unit="ratio",
    needs=("trades.awarded_at", "bids"),
    minimum=1,
    guards=(COMPETED,),
    source="Open Contracting Partnership (2024), Red flags in public procurement",
    title=Phrase("Fewer bidders than usual for this category", "投标人数明显少于同类项目"),
    innocent=Phrase(
        "An unusual location, size or season keeps ordinary bidders away.",
        "地点偏远、规模特殊或时节不宜，都会减少投标人。",
    ),
    silent=Phrase("fewer than ten earlier lots in this category", "该品目此前交易少于十宗"),
    ocp="R019",
)
def bidders_against_category(records: Records) -> FloatArray:
    """Number of effective bids over the median of earlier lots of the same category.

    Definition: effective bids / median of the effective bids of lots of the category (of the kind, where no
    category is published) decided before, three years back, direct awards left out.
    Why it matters: bidders who stay away from one lot of a busy market may have been asked to, or told too late.
    Excluded: direct awards, and categories with fewer than ten earlier lots.
    Example: 2 bids where the category usually draws 6: 0.33.

    有效投标家数与同品目以往标段中位数之比。

    定义：有效投标家数 / 同品目（未公布品目的，按类别）此前已定标标段有效投标家数的中位数；追溯三年，不含
    直接发包或单一来源。
    意义：热门市场中唯独某个标段少有人投标，可能是被劝退，也可能是得知太晚。
    排除：直接发包或单一来源；此前标段少于十宗的品目。
    示例：该品目通常有6家投标，本标段2家，结果0.33。
    """
    number = records.bidder_counts
    counted = (number > 0) & COMPETED.holds(records)
    past = Past.of(np.where(counted, records.categories.codes, -1), records.decided)
    median = past.spread(
        median_before_each(number[past.order].astype(np.float64), past.offsets, past.times, past.width)
    )
    return np.where(past.count() >= FEWEST_LOTS, number / median, np.nan)


@feature(
    code="C07",
    family="concentration",
    direction="high",
    unit="share",
    needs=("trades.awarded_at", "bids.winner"),
    minimum=2,
    source="Open Contracting Partnership (2024), Red flags in public procurement; Wilson (1927), JASA "
    "22(158)",
    title=Phrase("Losing bidders that almost never win", "落标人长期参与却几乎从不中标"),
    innocent=Phrase(
        "New or costly firms may bid for years to learn a market, and lose honestly.",
        "新进入或成本较高的企业，可能长期参与以熟悉市场而确实未能中标。",
    ),
    silent=Phrase("no losing bidder has ten earlier bids", "落标人中无一家此前参与过十次以上"),
    ocp="R025",
)
def persistent_losers(records: Records) -> FloatArray:
    """Share of the losing bidders whose earlier win rate is far below what their number of rivals explains.

    Definition: a losing bidder with ten or more earlier bids against rivals, three years back, is a
    persistent loser if the Wilson upper 95 % bound of its win rate is below half of its expectation, the
    mean of winners / bidders over those lots. The share is of all losing bidders.
    Why it matters: cover bidders keep bidding to make up the number, and lose.
    Excluded: lots with one bid, and lots in which no losing bidder has ten earlier bids.
    Example: three losers; one has 0 wins in 30 lots of four bidders (bound 0.08 under 0.125): 0.33.

    落标人中，以往中标率远低于对手数量所能解释者的占比。

    定义：追溯三年有对手的投标达十次的落标人，若其中标率的威尔逊95%置信上限低于期望值（各标段中标人数 / 投
    标人数的平均）的一半，即计为长期落标；该占比以全部落标人为分母。
    意义：陪标者会反复投标以凑足家数，却始终落标。
    排除：仅一家有效投标的标段；没有任何落标人此前投标达十次的标段。
    示例：三家落标，其中一家在30个四家竞争的标段中从未中标（上限0.08，低于0.125），结果0.33。
    """
    entry = entries(records)
    competed = (entry.chance < 1.0).astype(np.float64)
    past = Past.of(entry.bidder, entry.times)
    bids, wins = past.total(competed), past.total(competed * entry.won)
    expected = past.total(np.where(competed > 0, entry.chance, 0.0))
    known = bids >= FEWEST_BIDS
    # bound < expected / bids / 2, without dividing by no bids
    persistent = known & (2.0 * wilson_upper(wins, bids) * bids < expected)
    lost = ~entry.won & np.isfinite(entry.chance)
    losers = np.bincount(entry.trade[lost], minlength=len(records))
    judged = np.bincount(entry.trade[lost & known], minlength=len(records))
    hits = np.bincount(entry.trade[lost & persistent], minlength=len(records))
    return np.where(judged > 0, hits / np.maximum(losers, 1), np.nan)


@feature(
    code="C08",
    family="concentration",
    direction="high",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Fazekas & Kocsis (2020), British Journal of Political Science 50(1) (market entry); "
    "Laplace's rule of succession",
    title=Phrase("The winner was never seen in this market before", "中标人此前从未在该品目出现"),
    innocent=Phrase(
        "Markets live from newcomers: a new firm or one from another region may simply be better.",
        "市场需要新进入者：新企业或外地企业可能确实更具优势。",
    ),
    silent=Phrase(
        "fewer than five earlier awards of this buyer in the category",
        "该采购单位在该品目此前中标记录少于五个",
    ),
)
def newcomer_won(records: Records) -> FloatArray:
    """Surprise at a winner that never bid in the category before, where newcomers seldom win.

    Definition: 0 if the winner took part in an earlier lot of the category, with any buyer, three years back;
    else -log10((a + 1) / (n + 2)), with a of the n earlier awards of the category gone to newcomers.
    Why it matters: a firm that appears for one contract, in a settled market, may have been made for it.
    Excluded: lots with several winners; buyers with fewer than five earlier awards in the category. A joint
    bid is new only if all its members are.
    Example: 38 earlier awards, 1 to a newcomer: 1.3; 38 with 19 to newcomers: 0.3.

    在新面孔少有中标的品目，由从未投过该品目的企业中标有多意外。

    定义：中标人追溯三年曾参与该品目任一采购单位的标段，则为0；否则为-log10((a + 1) / (n + 2))，n为该品目
    以往中标次数，a为其中由新面孔中标的次数。
    意义：在格局稳定的市场中只为一份合同而出现的企业，可能是为该项目而设。
    排除：有多个中标人的标段；该采购单位在该品目以往中标少于五次的标段。联合体须全部成员均为新面孔才算。
    示例：该品目以往38次中标，新面孔1次，结果1.3；新面孔19次，结果0.3。
    """
    entry = entries(records)
    category, buyer = records.categories.codes[entry.trade], records.buyers.codes[entry.trade]
    new = Past.of(combined(category, entry.bidder), entry.times).count() == 0
    in_category = Past.of(category, entry.times)
    all_awards = in_category.total(entry.won.astype(np.float64))
    by_newcomers = in_category.total((entry.won & new).astype(np.float64))
    at_buyer = Past.of(combined(category, buyer), entry.times).total(entry.won.astype(np.float64))
    surprise = np.where(new, -np.log10((by_newcomers + 1.0) / (all_awards + 2.0)), 0.0)
    surprise[~(at_buyer >= FEWEST_AWARDS)] = np.nan
    # A joint bid is a newcomer only if all its members are.
    return -largest_by_trade(records, entry.trade[entry.won], -surprise[entry.won]) + 0.0


FAMILY: tuple[Feature, ...] = (single_bidder, bidders_against_category, persistent_losers, newcomer_won)
