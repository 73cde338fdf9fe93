"""Network: who comes along for whom, and who stays away."""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.conditions import COMPETING_PRICES, SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import HORIZON, Past, combined, markets, on_grid, processes
from detector.features.history_conditions import FEW_ENOUGH
from detector.features.meetings import Pairs, bidder_pairs, independent, prices_of, strongest
from detector.features.units import GRID_BITS, Units
from detector.kernels.tails import binomial_surprise, hypergeometric_surprise
from detector.kernels.windows import regulars_before_each
from detector.records import Records

LAST_LOTS = 10
FEWEST_MEETINGS = 5
FEWEST_TIED = 6
TIED = 0.6
RATIO_STEP = 0.005


@feature(
    code="N09",
    family="network",
    direction="high",
    unit="share",
    needs=("trades.awarded_at", "bids"),
    guards=(FEW_ENOUGH,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R027",
    title=Phrase("Regular bidders of this market stayed away", "该市场常客缺席"),
    innocent=Phrase(
        "A firm with full order books, or a lot outside its size, is rightly absent.",
        "企业任务饱满，或标段规模不合适，缺席实属正常。",
    ),
    silent=Phrase(
        "fewer than ten earlier lots in this market, or none of its bidders is a regular",
        "该市场此前标段少于十个，或没有常客",
    ),
    ocp="R027",
)
def regulars_absent(records: Records) -> FloatArray:
    """Share of the regular bidders of this market that did not bid.

    Definition: regulars are the independent bidders in at least half of the last ten lots of the market
    (category and region) decided before, ties in time included; the share of them without a bid here.
    Why it matters: who bids for everything and skips one lot may have been told whose turn it is.
    Excluded: lots over 40 bidders, members of joint bids, markets with fewer than ten earlier lots or no
    regular.
    Example: A, B and C bid in eight of the last ten lots; only A bids here: 0.67.

    该市场的常客中，本次未投标者所占比例。

    定义：常客指在该市场（品目与地区）此前最近十个已定标标段（含同一时刻者）中至少参加一半的独立投标人；取其中
    本次未投标者的占比。
    意义：逢标必投的企业唯独缺席某个标段，可能事先得知轮到了谁。
    排除：投标人超过40家的标段；联合体成员；此前标段少于十个、或没有常客的市场。
    示例：甲、乙、丙在最近十个标段中均参加八个，本次仅甲投标，结果0.67。
    """
    among, market = independent(records), markets(records)
    taken = np.unique(among.trade)
    taken = taken[market[taken] >= 0]
    order = taken[np.lexsort((records.decided[taken], market[taken]))]
    offsets = np.concatenate([[0], np.flatnonzero(np.diff(market[order])) + 1, [len(order)]]).astype(np.int64)
    place = np.full(len(records), -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    member = np.flatnonzero(place[among.trade] >= 0)
    member = member[np.argsort(place[among.trade[member]], kind="stable")]
    sizes = np.bincount(place[among.trade[member]], minlength=len(order))
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    counts = regulars_before_each(
        among.bidder[member],
        starts,
        offsets if len(order) else offsets[:1],
        records.decided[order],
        LAST_LOTS,
    )
    result = np.full(len(records), np.nan)
    regulars, absent = counts.T
    result[order] = np.divide(absent, regulars, out=np.full(len(order), np.nan), where=regulars > 0)
    return result


@feature(
    code="N10",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.winner"),
    minimum=3,
    guards=(SOLE_WINNER, FEW_ENOUGH),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R053",
    title=Phrase("Whenever these losers meet, this winner wins", "这些落标人同场时总由该中标人中标"),
    innocent=Phrase(
        "The best firm of a small market wins most lots, whoever else bids.",
        "小市场中实力最强的企业，无论谁参加都常中标。",
    ),
    silent=Phrase(
        "no two of the losers have met in five earlier processes", "没有两家落标人此前同场五个以上项目"
    ),
    ocp="R053",
)
def constant_winner(records: Records) -> FloatArray:
    """Surprise at how often the winner had won where two of the present losers met before.

    Definition: for each pair of losers, -log10 P(X >= k): of m >= 5 earlier processes in which the two met,
    three years back, the present winner won k (all their lots of one instant); X is binomial with the mean of
    winners / bidders over those processes. The largest of the lot, corrected for the number of such pairs.
    Why it matters: firms that always lose together to the same third one may be its company.
    Excluded: lots with several winners or over 40 bidders; members of joint bids.
    Example: A and B met in six lots of three bidders, C won all: 2.9.

    此前两家落标人同场时，该中标人中标次数之多有多意外。

    定义：对每一对落标人，-log10 P(X >= k)：追溯三年两家同场m >= 5个项目，其中k个由本次中标人中标（同一时刻的
    各标段均由其中标）；X服从二项分布，参数为这些项目中标人数 / 投标人数的平均值。取标段内最大值，并减去log10(
    此类投标人对的个数)。
    意义：总是一同输给同一第三家的企业，可能是其陪同者。
    排除：有多个中标人或投标人超过40家的标段；联合体成员。
    示例：甲、乙在六个三家竞争的标段中相遇，均由丙中标，结果2.9。
    """
    pairs = bidder_pairs(records)
    among, winner = pairs.among, records.sole_winner[pairs.trade]
    process, key = processes(records)[pairs.trade], pairs.key()
    known = np.isfinite(among.chance[pairs.left])
    met = Units.of(np.where(known, key, -1), process, pairs.times)
    won = Units.of(np.where(known, combined(key, winner), -1), process, pairs.times)
    # One loss among the lots of an instant takes the process away from the winner.
    here = np.bincount(met.unit[met.opening], minlength=len(met.first))
    mine = np.bincount(won.unit[won.opening], minlength=len(won.first))
    whole = np.zeros(len(won.first), dtype=bool)
    asked, of = won.unit[won.opening], met.unit[won.opening]
    whole[asked] = (mine[asked] == here[of]) & (won.first[asked] == met.first[of])
    meetings, wins = met.before(np.ones(len(met.first))), won.before(whole)
    mean = np.divide(
        met.before(met.mean(among.chance[pairs.left])),
        meetings,
        out=np.full(len(key), np.nan),
        where=meetings > 0,
    )
    losers = (among.bidder[pairs.left] != winner) & (among.bidder[pairs.right] != winner) & (winner >= 0)
    often = losers & (meetings >= FEWEST_MEETINGS)
    surprise = np.full(len(key), np.nan)
    surprise[often] = binomial_surprise(wins[often], meetings[often], mean[often])
    return strongest(records, pairs.trade, surprise)


@feature(
    code="N11",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.winner"),
    minimum=2,
    guards=(SOLE_WINNER, FEW_ENOUGH),
    source="Fisher's exact test (1922, J. R. Statist. Soc. 85(1)); the question after supervision "
    "practice in China on "
    "bidders who only accompany one winner (provisional)",
    title=Phrase(
        "A loser that comes with the winner, and brings it luck", "落标人专随中标人参加，且其在场时更常中标"
    ),
    innocent=Phrase(
        "Two firms of one speciality meet in the lots that suit both, where the better one wins.",
        "同一专业的两家企业，在都适合的项目中相遇，较强者自然中标。",
    ),
    silent=Phrase(
        "no loser has come along with this winner in six processes and six tenths of its own",
        "没有落标人在六个以上项目、且占其六成以上的项目中随该中标人参加",
    ),
)
def loser_tied_to_winner(records: Records) -> FloatArray:
    """Surprise at how much more often the winner had won where one of the present losers bid too.

    Definition: for each loser that had met the winner in m >= 6 processes, three years back, and in at least
    0.6 of its own: -log10 P(X >= k), X hypergeometric: of the winner's n processes it won w, of the m with
    this loser k. The largest of the lot, corrected for the number of such losers.
    Why it matters: an independent rival lowers the chance to win; one that raises it came to make up the
    number.
    Excluded: lots with several winners or over 40 bidders; members of joint bids.
    Example: the winner won 8 of 20, all 8 of them among the 10 where the loser bid too: 3.4.

    本次某一落标人在场时，中标人更常中标的意外程度。

    定义：对此前三年与中标人同场m >= 6个项目、且占其自身项目六成以上的每一家落标人，-log10 P(X >= k)，X服从超
    几何分布：中标人参加n个项目、中标w个，其中该落标人在场的m个中标k个。取标段内最大值，并减去log10(此类落标人
    的家数)。
    意义：独立对手会降低中标机会；反而提高中标机会的，可能只为凑数而来。
    排除：有多个中标人或投标人超过40家的标段；联合体成员。
    示例：中标人20个项目中标8个，均在该落标人在场的10个之内，结果3.4。
    """
    pairs, process = bidder_pairs(records), processes(records)
    among, winner = pairs.among, records.sole_winner[pairs.trade]
    known = np.isfinite(among.chance)
    alone = Units.of(np.where(known, among.bidder, -1), process[among.trade], among.times)
    bids, wins = alone.before(np.ones(len(alone.first))), alone.before(alone.any(among.won))
    met = Units.of(np.where(known[pairs.left], pairs.key(), -1), process[pairs.trade], pairs.times)
    meetings = met.before(np.ones(len(met.first)))
    surprise = np.full(len(pairs.trade), np.nan)
    for one, other in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        together = met.before(met.any(among.won[one]))
        mine = (among.bidder[one] == winner) & (meetings >= FEWEST_TIED)
        mine &= meetings >= TIED * bids[other]
        surprise[mine] = hypergeometric_surprise(
            together[mine], meetings[mine], wins[one][mine], bids[one][mine]
        )
    return strongest(records, pairs.trade, surprise)


@feature(
    code="N13",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.amount"),
    minimum=2,
    guards=(COMPETING_PRICES, FEW_ENOUGH),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R023; Implementing "
    "regulation of the "
    "Tendering and Bidding Law of China (2011), Art. 40(4)",
    title=Phrase("Two bidders' prices stand in the same ratio again and again", "两家报价之比屡次相同"),
    innocent=Phrase(
        "A dealer and the maker it buys from, or two users of one price list, keep a steady distance.",
        "经销商与其上游厂商，或套用同一价目的两家企业，报价会保持固定差距。",
    ),
    silent=Phrase(
        "no two of the bidders have met in two earlier processes with prices",
        "没有两家投标人此前在两个以上项目中同场报价",
    ),
    ocp="R023",
)
def same_price_ratio_again(records: Records) -> FloatArray:
    """Surprise at how often two of the bidders had priced in the same ratio as here.

    Definition: ln(price / price) of each pair is put into steps of 0.005. Of m >= 2 earlier processes of the
    pair, three years back, k had the step of this lot: -log10 P(X >= k), X binomial with the chance (a + 1) /
    (n + 2), a of the n earlier pairs of the market (category and price rule) having a step as large, in
    either order, halved unless it is 0. The largest of the lot, corrected for the number of such pairs.
    Why it matters: a price made by multiplying another one keeps its factor.
    Excluded: lots where prices do not compete, lots over 40 bidders, members of joint bids.
    Example: B was 3 % above A in three earlier lots and is here, where 4 of 98 pairs were as far apart: 4.9.

    两家投标人此前报价之比与本次相同的次数有多意外。

    定义：将每一对投标人的ln(报价 / 报价)按0.005分档。追溯三年两家共同项目m >= 2个，其中k个与本次同档：-log10
    P(X >= k)，X服从二项分布，概率为(a + 1) / (n + 2)，n为该市场（品目与成交规则）以往的投标人对数，a为其中同
    档（不分先后）者，非零档再取一半。取标段内最大值，并减去log10(此类投标人对的个数)。
    意义：由另一份报价乘以系数得出的报价，系数会保持不变。
    排除：不以价格竞争的标段；投标人超过40家的标段；联合体成员。
    示例：此前三个标段乙均比甲高3%，本次亦然，而98对中有4对差距相同，结果4.9。
    """
    pairs = bidder_pairs(records)
    prices = prices_of(records, pairs)
    left, right = prices[pairs.left], prices[pairs.right]
    ratio = np.log(np.maximum(left, right) / np.minimum(left, right)) * np.sign(left - right) / RATIO_STEP
    known = np.isfinite(ratio)
    step = np.round(np.where(known, ratio, 0.0)).astype(np.int64)
    market = combined(records.categories.codes, records.coded("price_rule").codes + 1)[pairs.trade]
    chance = _chance_of_step(pairs, np.where(known, market, -1), np.abs(step))
    chance = np.where(step == 0, chance, chance / 2.0)
    key, process = np.where(known, pairs.key(), -1), processes(records)[pairs.trade]
    met = Units.of(key, process, pairs.times)
    same = Units.of(combined(key, step - step.min(initial=0)), process, pairs.times)
    meetings, times = met.before(np.ones(len(met.first))), same.before(np.ones(len(same.first)))
    asked = known & (meetings >= 2)
    surprise = np.full(len(key), np.nan)
    surprise[asked] = binomial_surprise(np.minimum(times, meetings)[asked], meetings[asked], chance[asked])
    return strongest(records, pairs.trade, surprise)


def _chance_of_step(pairs: Pairs, market: IntArray, size: IntArray) -> FloatArray:
    """Share of the earlier pairs of the market that lay as far apart, in either order."""
    everyone = Past.of(market, pairs.times, HORIZON)
    as_far = Past.of(combined(market, size), pairs.times, HORIZON)
    return on_grid((as_far.count() + 1.0) / (everyone.count() + 2.0), GRID_BITS)


FAMILY: tuple[Feature, ...] = (
    regulars_absent,
    constant_winner,
    loser_tied_to_winner,
    same_price_ratio_again,
)
