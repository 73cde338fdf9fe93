"""Network: closed groups of bidders, how they show in a trade, and how they take turns."""

import numpy as np

from detector.arrays import FloatArray
from detector.features.communities import presence
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import HORIZON, combined, markets
from detector.features.history_conditions import FEW_ENOUGH
from detector.features.meetings import independent
from detector.kernels.rotation import rotation_before_each
from detector.records import Records

FEWEST_TURNS = 12
LEAST_EVENNESS = 0.9
COMMUNITIES = (
    "Wachs & Kertész (2019), A network approach to cartel detection in public auction markets, Sci. Rep. "
    "9; Palla et al. "
    "(2005), Nature 435 (clique percolation); Benjamini & Hochberg (1995), JRSS B 57(1)"
)


@feature(
    code="N12",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.winner"),
    minimum=3,
    guards=(FEW_ENOUGH,),
    source="McAfee & McMillan (1992), Bidding rings, AER 82(3); Goulden & Jackson (1979), J. London "
    "Math. Soc. 20(3) "
    "(exact law of repeats)",
    title=Phrase("The bidders take turns among themselves", "各投标人之间轮流中标"),
    innocent=Phrase(
        "Firms that have just won are busy and bid less keenly for the next lot.",
        "刚中标的企业产能饱和，下一次报价自然不那么积极。",
    ),
    silent=Phrase(
        "fewer than twelve earlier lots won among these bidders",
        "此前在这些投标人之间分出胜负的标段少于十二个",
    ),
    ocp="R057",
)
def rotation_among_bidders(records: Records) -> FloatArray:
    """Surprise at how seldom the same one of these bidders won twice in a row.

    Definition: turns are the earlier lots of the market (category and region), three years back, that at
    least half of these bidders (two or more) bid for and one of them won; lots of one instant are one turn,
    and none if different ones won. With T >= 12 turns, evenness of the wins (entropy over its largest value)
    of at least 0.9 and R repeats: -log10 P(R' <= R) over all orders of the same wins, exact up to 30 turns; 0
    where wins are uneven.
    Why it matters: in a ring that shares a market by rotation no member wins twice in a row.
    Excluded: lots under three or over 40 bidders, members of joint bids, fewer than twelve turns.
    Example: A, B and C win in strict order, four times each: 1.5.

    本次各投标人中，同一家连续中标之少有多意外。

    定义：轮次为该市场（品目与地区）追溯三年、本次投标人中至少一半（且不少于两家）参加并由其中之一中标的以往标
    段；同一时刻的标段计为一轮，由不同家中标的不计。轮次T >= 12、中标均匀度（熵与最大熵之比）不低于0.9时，R为
    连续中标次数，取-log10 P(R' <= R)，在各家中标次数既定的全部次序上计算，30轮以内为精确值；中标不均匀时为0。
    意义：以轮流方式分配市场的群体中，没有成员会连续中标。
    排除：投标人不足三家或超过40家的标段；联合体成员；轮次少于十二的情形。
    示例：甲、乙、丙严格依次中标，各四次，结果1.5。
    """
    among, market = independent(records), markets(records)
    usable = np.flatnonzero((np.bincount(among.trade, minlength=len(records)) >= 2) & (market >= 0))
    lots = usable[np.argsort(records.decided[usable], kind="stable")]
    place = np.full(len(records), -1, dtype=np.int64)
    place[lots] = np.arange(len(lots))
    member = np.flatnonzero(place[among.trade] >= 0)
    member = member[np.argsort(place[among.trade[member]], kind="stable")]
    codes = combined(market[among.trade], among.bidder)
    sizes = np.bincount(place[among.trade[member]], minlength=len(lots))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    winners = np.full(len(records), -1, dtype=np.int64)
    sole = among.won & (among.bidder == records.sole_winner[among.trade])
    winners[among.trade[sole]] = codes[sole]
    turns = rotation_before_each(codes[member], offsets, records.decided[lots], winners[lots], HORIZON)
    result = np.full(len(records), np.nan)
    even = np.where(turns[:, 1] >= LEAST_EVENNESS, turns[:, 2], 0.0)
    result[lots] = np.where(turns[:, 0] >= FEWEST_TURNS, even, np.nan)
    return result


@feature(
    code="N14",
    family="network",
    direction="high",
    unit="firms",
    needs=("trades.awarded_at", "bids"),
    minimum=2,
    guards=(FEW_ENOUGH,),
    source=COMMUNITIES,
    title=Phrase("Several bidders of one closed group", "多家投标人属于同一固定群体"),
    innocent=Phrase(
        "Firms with the same speciality and size look for the same lots, and know each other.",
        "专业和规模相近的企业，本来就会参与相同的项目。",
    ),
    silent=Phrase("no category is published for this trade", "该交易没有公布品目"),
)
def community_present(records: Records) -> FloatArray:
    """Number of bidders that belong to one community of co-bidders; 0 if fewer than two do.

    Definition: communities as known at the start of the quarter, from the three years before: within a market
    (category and region) bidders are joined if they met in at least five processes, at least twice as often
    as chance and significantly (hypergeometric, Benjamini-Hochberg at 5 % over all pairs of the market);
    triangles that share an edge make a community. Counted is the community with most bidders here.
    Why it matters: a ring of three or more shows as a closed group before any single pair stands out.
    Excluded: lots over 40 bidders, members of joint bids.
    Example: A, B and C met in six of the market's 20 processes last year and in no other; A, B and D bid now:
    2.

    属于同一共同投标群体的投标人数，不足两家为0。

    定义：群体以本季度开始时追溯三年的情况确定：在同一市场（品目与地区）内，两家共同参与不少于五个项目、不低于
    随机水平两倍且显著（超几何分布，对该市场全部投标人对按Benjamini-Hochberg法控制在5%）的，连为一边；有公共边
    的三角形相连成为群体。取本次人数最多的群体。
    意义：三家以上的固定搭档，在任何单独一对显得突出之前，就会呈现为封闭的群体。
    排除：投标人超过40家的标段；联合体成员。
    示例：去年该市场20个项目中，甲、乙、丙共同参与六个且均未参与其他项目；本次甲、乙、丁投标，结果2。
    """
    return presence(records).members


@feature(
    code="N15",
    family="network",
    direction="high",
    unit="index",
    needs=("trades.awarded_at", "bids"),
    minimum=2,
    guards=(FEW_ENOUGH,),
    source=COMMUNITIES,
    title=Phrase("The group keeps to itself", "该群体成员只与彼此同场"),
    innocent=Phrase(
        "Where a speciality has only a handful of firms, they necessarily meet nobody else.",
        "专业领域内企业寥寥无几时，彼此之外本无他人可遇。",
    ),
    silent=Phrase("no category is published for this trade", "该交易没有公布品目"),
)
def community_closeness(records: Records) -> FloatArray:
    """Coherence times exclusivity of the community of which most bidders are here; 0 where N14 is 0.

    Definition: coherence is the geometric over the arithmetic mean of the numbers of meetings along the
    community's edges; exclusivity is twice their sum over all meetings of its members with anybody of the
    market. Both lie in (0, 1]; community and window as in N14.
    Why it matters: rings meet evenly and among themselves; a popular contractor meets everybody.
    Excluded: lots over 40 bidders, members of joint bids.
    Example: three bidders who met six times each and nobody else: 1; who each met six others once, too: 0.67.

    本次人数最多的群体，其内部均匀度与排他度之积；N14为0时为0。

    定义：均匀度为群体各边共同参与次数的几何平均与算术平均之比；排他度为其总和的两倍与成员同该市场所有投标人共
    同参与次数之比；两者均在0至1之间，群体与时间范围同N14。
    意义：固定群体内部相遇均匀且只与彼此同场，业务广泛的企业则与众多同行相遇。
    排除：投标人超过40家的标段；联合体成员。
    示例：三家彼此各相遇六次且不与他人同场，结果1；若每家另与六家各相遇一次，结果0.67。
    """
    return presence(records).closeness


FAMILY: tuple[Feature, ...] = (rotation_among_bidders, community_present, community_closeness)
