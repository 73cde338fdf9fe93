"""Network: who bids with whom, who beats whom, and who takes turns, as known when the trade was decided.

Pairs of bidders are formed within lots of at most 40 bidders: larger lots have thousands of pairs, and meeting in
them means little; they neither get a value nor enter the history. Members of joint bids are left out, for they
cooperate in the open. Where a lot has several pairs the strongest counts, corrected for their number (Bonferroni).
"""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import (
    HORIZON,
    Past,
    combined,
    markets,
    processes,
    processes_before,
)
from detector.features.history_conditions import FEW_ENOUGH
from detector.features.meetings import Pairs, bidder_pairs, independent, strongest
from detector.kernels.pairs import closest_earlier_set
from detector.kernels.tails import binomial_surprise, hypergeometric_surprise, runs_surprise
from detector.kernels.turns import turns_before_each
from detector.records import Records

FEWEST_LOTS = 10
FEWEST_MEETINGS = 3
FEWEST_TURNS = 2
NO_MARKET_HISTORY = Phrase("fewer than ten earlier processes in this market", "该市场此前交易少于十宗")


@feature(
    code="N01",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids"),
    minimum=2,
    guards=(FEW_ENOUGH,),
    source="Wachs & Kertész (2019), A network approach to cartel detection in public auction markets, "
    "Sci. Rep. 9",
    title=Phrase("Bidders that meet far more often than chance", "投标人共同参与次数远超随机水平"),
    innocent=Phrase(
        "Firms with the same speciality and the same size look for the same lots.",
        "专业和规模相近的企业，本来就会参与相同的项目。",
    ),
    silent=NO_MARKET_HISTORY,
)
def co_bidding_beyond_chance(records: Records) -> FloatArray:
    """Surprise at how often two of the bidders met before in this market.

    Definition: for each pair, -log10 P(X >= c), X hypergeometric: c earlier processes with both, of N in the
    market (category and region), the two having bid in n_i and n_j of them, three years back. Pairs that
    met fewer than three times give 0. The largest of the lot, corrected for the number of pairs.
    Why it matters: rings need the same company again and again.
    Excluded: lots over 40 bidders, members of joint bids, markets with fewer than ten earlier processes.
    Example: N = 200, n_i = 30, n_j = 25, c = 12: 4.7 for the pair, 4.2 with three pairs in the lot.

    其中两家投标人此前在该市场共同投标之多有多意外。

    定义：对每一对投标人，-log10 P(X >= c)，X服从超几何分布：该市场（品目与地区）追溯三年的N个以往项目中，
    两家分别参与n_i与n_j个，共同参与c个；共同参与少于三次的为0。取标段内最大值，并减去log10(投标人对的个
    数)。
    意义：固定搭档的群体需要一再同场出现。
    排除：投标人超过40家的标段；联合体成员；此前项目少于十个的市场。
    示例：N = 200、n_i = 30、n_j = 25、c = 12，单对结果4.7；标段内共三对时为4.2。
    """
    pairs, process, market = bidder_pairs(records), processes(records), markets(records)
    among = pairs.among
    here, mine = market[among.trade], process[among.trade]
    present = np.bincount(among.trade, minlength=len(records)) > 0
    size = processes_before(np.where(present, market, -1), process, records.decided)
    each = processes_before(combined(here, among.bidder), mine, among.times)
    shared = _shared_processes(pairs, market, process)
    enough = shared >= FEWEST_MEETINGS
    surprise = np.zeros(len(shared))
    surprise[enough] = hypergeometric_surprise(
        shared[enough],
        each[pairs.left[enough]],
        each[pairs.right[enough]],
        size[pairs.trade[enough]],
    )
    surprise[~(size[pairs.trade] >= FEWEST_LOTS)] = np.nan
    return strongest(records, pairs.trade, surprise)


def _shared_processes(pairs: Pairs, market: IntArray, process: IntArray) -> FloatArray:
    """Earlier processes of the market that both of a pair bid in; 0 for pairs that never meet often enough."""
    key = pairs.key(market[pairs.trade])
    lots = np.bincount(key[key >= 0], minlength=1)
    often = np.flatnonzero((key >= 0) & (lots[key] > FEWEST_MEETINGS))
    shared = np.zeros(len(key))
    shared[often] = processes_before(key[often], process[pairs.trade[often]], pairs.times[often])
    return shared


@feature(
    code="N02",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.winner"),
    minimum=2,
    guards=(SOLE_WINNER, FEW_ENOUGH),
    source="Open Contracting Partnership (2024), Red flags in public procurement; Hoeffding (1956), "
    "Ann. Math. Statist. 27(3)",
    title=Phrase("The same winner over the same rivals", "同一中标人屡次胜过相同对手"),
    innocent=Phrase(
        "The better or larger of two firms wins whenever they meet.",
        "两家企业相遇时，实力较强者本来就更常中标。",
    ),
    silent=Phrase("the winner has met none of these rivals before", "中标人此前未与这些对手同场竞争"),
    ocp="R053",
)
def same_winner_over_rivals(records: Records) -> FloatArray:
    """Surprise at how often the winner won when it met one of the present losers before.

    Definition: for each present loser, -log10 P(X >= k): of m earlier lots in which the two met, three years
    back, the winner won k; X is binomial with the mean of winners / bidders over those lots. The largest over
    the losers, corrected for how many of them it had met.
    Why it matters: a bidder who comes along again and again and always loses to the same one may be company.
    Excluded: lots with several winners or over 40 bidders; members of joint bids.
    Example: ten earlier meetings in lots of four, all won by the same: 6.0, and 5.5 with three such losers.

    中标人此前与本次某一落标人相遇时，中标之多有多意外。

    定义：对每一家落标人，-log10 P(X >= k)：追溯三年两家相遇m个标段，中标人胜出k个；X服从二项分布，参数为
    这些标段中标人数 / 投标人数的平均值。取各落标人中的最大值，并减去log10(相遇过的落标人数)。
    意义：一再同场而总是输给同一家的投标人，可能是陪同而来。
    排除：有多个中标人或投标人超过40家的标段；联合体成员。
    示例：此前十次相遇于四家竞争的标段，均由同一家中标，结果6.0；相遇过的落标人有三家时为5.5。
    """
    pairs = bidder_pairs(records)
    among, sole = pairs.among, records.sole_winner[pairs.trade]
    known = np.isfinite(among.chance[pairs.left]).astype(np.float64)
    past = Past.of(pairs.key(), pairs.times)
    meetings = past.total(known)
    expected = past.total(np.where(known > 0, among.chance[pairs.left], 0.0))
    mean = np.divide(expected, meetings, out=np.full(len(meetings), np.nan), where=meetings > 0)
    surprise = np.full(len(meetings), np.nan)
    for winner in (pairs.left, pairs.right):
        wins = past.total(known * among.won[winner])
        mine = among.bidder[winner] == sole
        surprise[mine] = binomial_surprise(wins[mine], meetings[mine], mean[mine])
    return strongest(records, pairs.trade, surprise)


@feature(
    code="N03",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids"),
    minimum=2,
    guards=(FEW_ENOUGH,),
    source="Wald & Wolfowitz (1940), Ann. Math. Statist. 11(2); Ishii (2009), "
    "Favor exchange in collusion, IJIO 27(2)",
    title=Phrase("Bidders that win in turns", "投标人呈现轮流中标规律"),
    innocent=Phrase(
        "A firm that has just won is busy and bids less keenly for the next lot.",
        "刚中标的企业产能饱和，下一次报价自然不那么积极。",
    ),
    silent=Phrase(
        "no two of the bidders have each won twice when they met", "此前相遇时，没有两家投标人各中标两次以上"
    ),
    ocp="R057",
)
def winning_in_turns(records: Records) -> FloatArray:
    """Surprise at how regularly wins alternated between two of the bidders when they met before.

    Definition: for each pair, the earlier lots that both bid for and one of them won, three years back, in the
    order of time; -log10 P(R >= r) of the number of runs r, given how often each won (Wald-Wolfowitz).
    Lots decided at one instant are one turn, and none if both won. The largest of the lot, corrected for the
    number of such pairs.
    Why it matters: in a ring that shares the market by rotation no member wins twice in a row.
    Excluded: lots over 40 bidders, members of joint bids, and pairs without two turns each.
    Example: A and B win six times each in strict alternation: 12 runs, 2.7; in random order: about 0.3.

    其中两家投标人此前相遇时，交替中标之规律有多意外。

    定义：对每一对投标人，取追溯三年两家均参与且其中一家中标的以往标段，按时间排序；游程数为r，在各自中标
    次数既定时取-log10 P(R >= r)（Wald-Wolfowitz游程检验）。同一时刻定标的标段计为一轮，两家均中标则不计。
    取标段内最大值，并减去log10(此类投标人对的个数)。
    意义：以轮流方式分配市场的群体中，没有成员会连续中标。
    排除：投标人超过40家的标段；联合体成员；双方未各中标两轮的投标人对。
    示例：甲、乙各中标六次且严格交替，游程12个，结果2.7；次序随机时约0.3。
    """
    pairs = bidder_pairs(records)
    won = pairs.among.won
    outcome = won[pairs.left].astype(np.float64) - won[pairs.right]
    past = Past.of(pairs.key(), pairs.times)
    turns = turns_before_each(outcome[past.order], past.offsets, past.times, past.width)
    first, second, runs = (past.spread(np.ascontiguousarray(turns[:, column])) for column in range(3))
    surprise = np.full(len(runs), np.nan)
    enough = np.minimum(first, second) >= FEWEST_TURNS
    surprise[enough] = runs_surprise(runs[enough], first[enough], second[enough])
    return strongest(records, pairs.trade, surprise)


@feature(
    code="N04",
    family="network",
    direction="high",
    unit="index",
    needs=("trades.awarded_at", "bids"),
    minimum=3,
    guards=(FEW_ENOUGH,),
    source="Jaccard (1901), Bulletin de la Société Vaudoise des Sciences Naturelles 37; its weighting "
    "is this project's",
    title=Phrase("The same set of bidders as in an earlier lot", "投标人组合与以往项目高度重复"),
    innocent=Phrase(
        "A closed list, a framework or a small market brings the same firms together.",
        "短名单、框架协议或市场规模小，都会使同一批企业反复相遇。",
    ),
    silent=NO_MARKET_HISTORY,
)
def bidder_set_repeated(records: Records) -> FloatArray:
    """Likeness of the set of bidders to the most similar earlier set, weighted by its size.

    Definition: largest Jaccard similarity (bidders in both over bidders in either) with an earlier lot of
    another process in the same market (category and region), three years back, times log2 of the number of
    bidders. Bidders of over 1,000 such lots are not followed.
    Why it matters: honest fields change from lot to lot; a ring comes complete.
    Excluded: lots with fewer than three or over 40 bidders, members of joint bids, markets with fewer
    than ten earlier processes.
    Example: the same three again: 1.58; the same eight: 3.0; four of eight, and four others: 1.0.

    投标人组合与以往最相似组合的相似度，按组合规模加权。

    定义：与同一市场（品目与地区）追溯三年其他项目以往标段的最大杰卡德相似度（共同投标人数除以两者合并的投
    标人数），乘以log2(投标人数)；此类标段超过1,000个的投标人不予追踪。
    意义：独立竞争的投标人各次不同，固定搭档的群体则成套出现。
    排除：投标人不足三家或超过40家的标段；联合体成员；此前项目少于十个的市场。
    示例：同样三家再次相遇，结果1.58；同样八家，结果3.0；八家中有四家相同、另四家不同，结果1.0。
    """
    among, market, process = independent(records), markets(records), processes(records)
    sizes = np.bincount(among.trade, minlength=len(records))
    earlier = processes_before(np.where(sizes > 0, market, -1), process, records.decided)
    usable = np.flatnonzero((sizes >= 3) & (market >= 0))
    lots = usable[np.argsort(records.decided[usable], kind="stable")]
    place = np.full(len(records), -1, dtype=np.int64)
    place[lots] = np.arange(len(lots))
    member = np.flatnonzero(place[among.trade] >= 0)
    member = member[np.argsort(place[among.trade[member]], kind="stable")]
    offsets = np.concatenate([[0], np.cumsum(sizes[lots])]).astype(np.int64)
    codes = combined(market[among.trade], among.bidder)[member]
    closest = closest_earlier_set(codes, offsets, records.decided[lots], process[lots], HORIZON)
    result = np.full(len(records), np.nan)
    result[lots] = closest * np.log2(sizes[lots])
    return np.where(earlier >= FEWEST_LOTS, result, np.nan)


FAMILY: tuple[Feature, ...] = (
    co_bidding_beyond_chance,
    same_winner_over_rivals,
    winning_in_turns,
    bidder_set_repeated,
)
