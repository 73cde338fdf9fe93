"""Network: bidders whose bids arrive alike whenever they meet.

Within a single lot closeness in time means little near a deadline. Over the processes of a pair it does.
"""

import math

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import on_grid, processes
from detector.features.history_conditions import FEW_ENOUGH
from detector.features.meetings import Pairs, bidder_pairs, strongest
from detector.features.units import GRID_BITS, Units
from detector.kernels.erlang import erlang_surprise
from detector.kernels.tails import binomial_surprise
from detector.records import Records

FEWEST_MEETINGS = 5


def _arrived(records: Records, pairs: Pairs) -> FloatArray:
    """Arrival of each entry of `pairs.among`, the last where a bidder handed in several; NaN where unknown."""
    took_part = records.bids["status"].isin(("valid",)) | (records.bids["winner"] == 1.0)
    rows = np.flatnonzero(took_part.to_numpy(dtype=bool) & np.isfinite(records.submitted))
    width = len(records.bidders.labels) + 1
    keys = records.bid_trade[rows] * width + records.bidders.codes[rows]
    wanted = pairs.among.trade * width + pairs.among.bidder
    # Rows are sorted by trade, bidder and seq.
    place = np.searchsorted(keys, wanted, side="right") - 1
    found = place >= 0
    found[found] = keys[place[found]] == wanted[found]
    arrived = np.full(len(wanted), np.nan)
    arrived[found] = records.submitted[rows[place[found]]]
    return arrived


@feature(
    code="N07",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.submitted_at"),
    minimum=2,
    guards=(FEW_ENOUGH,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R034",
    title=Phrase("Bids of these bidders always arrive in the same order", "这些投标人总按相同次序递交"),
    innocent=Phrase(
        "One firm hands in early by habit and another at the last minute.",
        "有的企业习惯提早递交，有的习惯最后递交。",
    ),
    silent=Phrase(
        "no two of the bidders have met in five earlier processes with known arrivals",
        "没有两家投标人此前在五个以上项目中同场且递交时间已知",
    ),
    ocp="R034",
)
def same_order_of_arrival(records: Records) -> FloatArray:
    """Surprise at how steadily one of two bidders handed in before the other when they met.

    Definition: for each pair, of m >= 5 earlier processes, three years back, in which one arrived before the
    other, k is how often the more frequent order came: -log10 min(1, 2 P(X >= k)), X binomial with chance
    1/2. The largest of the lot, corrected for the number of such pairs.
    Why it matters: bids handed in by one hand come off the pile in the same order.
    Excluded: lots over 40 bidders, members of joint bids. Arrivals of the same second tell no order.
    Example: eight processes, always A before B: 2.1.

    两家投标人此前同场时，递交先后次序之固定有多意外。

    定义：对每一对投标人，追溯三年能分出先后的共同项目m >= 5个，k为较常见次序出现的次数：-log10 min(1, 2 P(X
    >= k))，X服从概率1/2的二项分布。取标段内最大值，并减去log10(此类投标人对的个数)。
    意义：由同一人经手递交的投标文件，往往按同一次序送出。
    排除：投标人超过40家的标段；联合体成员。同一秒递交的不分先后。
    示例：八个项目中均为甲先乙后，结果2.1。
    """
    pairs = bidder_pairs(records)
    arrived = _arrived(records, pairs)
    gap = arrived[pairs.right] - arrived[pairs.left]
    told = np.isfinite(gap) & (gap != 0)
    met = Units.of(np.where(told, pairs.key(), -1), processes(records)[pairs.trade], pairs.times)
    ahead, behind = met.any(told & (gap > 0)), met.any(told & (gap < 0))
    meetings, first = met.before(ahead != behind), met.before(ahead & ~behind)
    often = np.maximum(first, meetings - first)
    surprise = np.full(len(meetings), np.nan)
    asked = meetings >= FEWEST_MEETINGS
    one_sided = binomial_surprise(often[asked], meetings[asked], np.full(int(asked.sum()), 0.5))
    surprise[asked] = np.maximum(one_sided - math.log10(2.0), 0.0)
    return strongest(records, pairs.trade, surprise)


@feature(
    code="N08",
    family="network",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.submitted_at"),
    minimum=3,
    guards=(FEW_ENOUGH,),
    source="This project's, after supervision practice in China on synchronised uploads (provisional); "
    "Fisher (1932), "
    "Statistical Methods for Research Workers (joining chances)",
    title=Phrase(
        "Two bidders upload next to each other whenever they meet", "两家投标人每次同场都前后脚递交"
    ),
    innocent=Phrase(
        "Branches served by one bidding agent, or firms that both wait for the last hour, arrive together.",
        "由同一代办机构服务，或都习惯最后一小时递交的企业，时间会相近。",
    ),
    silent=Phrase(
        "no two of the bidders have met in five processes of three or more bidders with known arrivals",
        "没有两家投标人在五个以上、三家以上投标且递交时间已知的项目中同场",
    ),
)
def uploads_close_to_the_same_rivals(records: Records) -> FloatArray:
    """Surprise at how close in time two of the bidders handed in whenever they met, this lot included.

    Definition: in each lot of at least three known arrivals, u is the place of a pair's gap among the gaps of
    all pairs of the lot, over their number, ties sharing the mean place: under no connection every place is
    as likely. Over the m >= 5 processes of the pair in three years (of several lots of one process the mean),
    -log10 P(X >= sum of -ln u), X the sum of m standard exponentials. The largest of the lot, corrected for
    the number of such pairs.
    Why it matters: minutes between two uploads mean nothing once; being neighbours every time does.
    Excluded: lots with fewer than three known arrivals or over 40 bidders, members of joint bids.
    Example: the closest of ten pairs in each of six processes (u = 1/10 each): 2.2, before correction.

    两家投标人（含本标段）每次同场时递交时间接近的意外程度。

    定义：在递交时间已知者不少于三家的每个标段中，u为该对间隔在全部投标人对间隔中的名次除以对数，相等者取平均
    名次；若无关联，各名次等可能。三年内共同项目m >= 5个时（同一项目的多个标段取平均），取-log10 P(X >= Σ-ln
    u)，X为m个标准指数变量之和。取标段内最大值，并减去log10(此类投标人对的个数)。
    意义：一次前后脚递交说明不了什么，次次如此则值得关注。
    排除：递交时间已知者不足三家或投标人超过40家的标段；联合体成员。
    示例：六个项目中每次均为十对中间隔最短者（u均为1/10），校正前结果2.2。
    """
    pairs = bidder_pairs(records)
    arrived = _arrived(records, pairs)
    gap = np.abs(arrived[pairs.right] - arrived[pairs.left])
    known = np.isfinite(gap)
    number = np.bincount(pairs.trade[known], minlength=len(records))[pairs.trade]
    known &= number >= 3
    chance = np.full(len(gap), np.nan)
    chance[known] = _place(gap[known], pairs.trade[known]) / number[known]
    surprise = on_grid(np.where(known, -np.log(np.where(known, chance, 1.0)), 0.0), GRID_BITS)
    met = Units.of(np.where(known, pairs.key(), -1), processes(records)[pairs.trade], pairs.times)
    earlier = met.mean(np.where(known, surprise, np.nan))
    meetings = met.before(np.ones(len(earlier))) + 1.0
    total = met.before(earlier) + surprise
    often = known & (meetings >= FEWEST_MEETINGS)
    joined = erlang_surprise(np.where(often, total, np.nan), np.where(often, meetings, np.nan))
    return strongest(records, pairs.trade, joined / math.log(10.0))


def _place(values: FloatArray, group: IntArray) -> FloatArray:
    """Place of each value in its group from 1 for the smallest, ties sharing the mean place."""
    order = np.lexsort((values, group))
    ranked, of = values[order], group[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (ranked[1:] != ranked[:-1]) | (of[1:] != of[:-1])
    run = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    size = np.bincount(run)
    start = np.searchsorted(of, of, side="left")
    place = np.empty(len(order))
    place[order] = first[run] - start + (size[run] + 1.0) / 2.0
    return place


FAMILY: tuple[Feature, ...] = (same_order_of_arrival, uploads_close_to_the_same_rivals)
