"""Network: bidders who meet everywhere and win apart, by region, category or customer.

For each rival of the winner: where the two met before and one of them won, did the winner win its part of the
market and the rival the rest? Given how often each won and how often they met here, the number of wins here
is hypergeometric (Fisher's exact test), so no permutation is needed. Processes count, not lots; a process in
which both won something says nothing.
"""

from functools import partial

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import combined, processes
from detector.features.history_conditions import FEW_ENOUGH
from detector.features.meetings import bidder_pairs, strongest
from detector.features.units import Units
from detector.kernels.tails import hypergeometric_surprise
from detector.records import Records

FEWEST_DECIDED = 6
SOURCE = (
    "OECD (2012), Recommendation on Fighting Bid Rigging in Public Procurement (market allocation); "
    "Fisher (1922), "
    "J. R. Statist. Soc. 85(1)"
)
SILENT = Phrase(
    "no loser has won, or lost to this winner, in six earlier processes of both",
    "没有落标人与该中标人此前在六个以上共同项目中分出胜负",
)

allocation = partial(
    feature,
    family="network",
    direction="high",
    unit="-log10 p",
    minimum=2,
    guards=(SOLE_WINNER, FEW_ENOUGH),
    source=SOURCE,
    silent=SILENT,
)


def _wins_apart(records: Records, area: IntArray) -> FloatArray:
    """Surprise at the winner's earlier wins over a present loser in this `area` (a code for each trade)."""
    pairs = bidder_pairs(records)
    among, winner = pairs.among, records.sole_winner[pairs.trade]
    process, here = processes(records)[pairs.trade], area[pairs.trade]
    key = np.where(here >= 0, pairs.key(), -1)
    # A process that reaches over several areas is one meeting in each.
    met = Units.of(key, combined(process, here), pairs.times)
    local = Units.of(combined(key, here), process, pairs.times)
    surprise = np.full(len(key), np.nan)
    for one, other in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        mine, theirs = among.won[one], among.won[other]
        counts = []
        for units in (met, local):
            won, lost = units.any(mine), units.any(theirs)
            counts += [units.before(won != lost), units.before(won & ~lost)]
        decided, wins, decided_here, wins_here = counts
        asked = (among.bidder[one] == winner) & (decided >= FEWEST_DECIDED)
        surprise[asked] = hypergeometric_surprise(
            wins_here[asked], decided_here[asked], wins[asked], decided[asked]
        )
    return strongest(records, pairs.trade, surprise)


@allocation(
    code="N16",
    needs=("trades.region", "trades.awarded_at", "bids.winner"),
    title=Phrase("The winner wins here, its rival elsewhere", "与对手分地区中标"),
    innocent=Phrase(
        "The firm with a depot nearby is cheaper here and dearer far away.",
        "就近有基地的企业在本地报价更低，在外地则更高。",
    ),
)
def regions_shared_out(records: Records) -> FloatArray:
    """Surprise at how the winner and a present loser had shared out their wins by region.

    Definition: for each loser with M >= 6 earlier processes, three years back, in which both bid and one of
    the two won: -log10 P(X >= k), X hypergeometric: the winner won K of the M, and k of the m in this region.
    The largest of the lot, corrected for the number of such losers.
    Why it matters: rivals that bid everywhere and never take a lot from each other's region may have drawn a
    map.
    Excluded: lots with several winners or over 40 bidders; members of joint bids.
    Example: twelve decided meetings, six here all won by the winner, six elsewhere all by the rival: 3.0.

    中标人与某一落标人此前按地区分配中标的意外程度。

    定义：对追溯三年有M >= 6个共同参与且由两家之一中标的项目的每一家落标人，-log10 P(X >= k)，X服从超几何分
    布：M个中中标人胜出K个，本地区m个中胜出k个。取标段内最大值，并减去log10(此类落标人的家数)。
    意义：处处同场却从不在对方地区得手的竞争者，可能已划分地盘。
    排除：有多个中标人或投标人超过40家的标段；联合体成员。
    示例：十二次分出胜负，本地六次均由中标人胜出，外地六次均由对手胜出，结果3.0。
    """
    return _wins_apart(records, records.coded("region").codes)


@allocation(
    code="N17",
    needs=("trades.awarded_at", "bids.winner"),
    title=Phrase("The winner wins this category, its rival another", "与对手分品目中标"),
    innocent=Phrase(
        "Each firm is better at its own trade and bids for the other's only now and then with hope.",
        "各家在自身专长领域更强，参与对方领域本就少有胜算。",
    ),
)
def categories_shared_out(records: Records) -> FloatArray:
    """Surprise at how the winner and a present loser had shared out their wins by category.

    Definition: as for N16, with the category (the kind, where none is published) in the place of the region.
    Why it matters: rivals that bid for everything and never take a lot from each other's trade may have
    agreed on it.
    Excluded: lots with several winners or over 40 bidders; members of joint bids.
    Example: eight decided meetings, four in this category all won by the winner, four in another by the
    rival: 1.8.

    中标人与某一落标人此前按品目分配中标的意外程度。

    定义：同N16，以品目（未公布的，以类别）代替地区。
    意义：样样都投却从不在对方品目得手的竞争者，可能事先约定。
    排除：有多个中标人或投标人超过40家的标段；联合体成员。
    示例：八次分出胜负，本品目四次均由中标人胜出，另一品目四次均由对手胜出，结果1.8。
    """
    return _wins_apart(records, records.categories.codes)


@allocation(
    code="N18",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    title=Phrase("The winner wins at this buyer, its rival at another", "与对手分采购单位中标"),
    innocent=Phrase(
        "A firm that knows a customer's plant and people serves it better than a stranger.",
        "熟悉客户设施与人员的企业，本来就更能满足其需要。",
    ),
)
def customers_shared_out(records: Records) -> FloatArray:
    """Surprise at how the winner and a present loser had shared out their wins by buyer.

    Definition: as for N16, with the buyer in the place of the region.
    Why it matters: rivals that bid to everybody and never take a lot from each other's customer may have
    shared them out.
    Excluded: lots with several winners or over 40 bidders; members of joint bids.
    Example: eight decided meetings, four at this buyer all won by the winner, four at another by the rival:
    1.8.

    中标人与某一落标人此前按采购单位分配中标的意外程度。

    定义：同N16，以采购单位代替地区。
    意义：处处投标却从不在对方客户处得手的竞争者，可能已划分客户。
    排除：有多个中标人或投标人超过40家的标段；联合体成员。
    示例：八次分出胜负，本单位四次均由中标人胜出，另一单位四次均由对手胜出，结果1.8。
    """
    return _wins_apart(records, records.buyers.codes)


FAMILY: tuple[Feature, ...] = (regions_shared_out, categories_shared_out, customers_shared_out)
