"""Process: one need cut into several awards."""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.calendar_days import local_dates
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import (
    HORIZON,
    Past,
    awards,
    combined,
    largest_by_trade,
    processes,
    processes_before,
)
from detector.kernels.history import capped_sum_before_each
from detector.kernels.tails import poisson_surprise
from detector.records import SECONDS_A_DAY, Records

REPEAT_WINDOW = 30 * SECONDS_A_DAY
SPLIT_WINDOW = 60 * SECONDS_A_DAY


@feature(
    code="S03",
    family="process",
    direction="high",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R011; Implementing "
    "regulation of the Government Procurement Law of China (2015), Art. 28 (splitting to avoid open "
    "tendering)",
    title=Phrase("Several awards to one supplier within a month", "一个月内多次向同一供应商授予同类合同"),
    innocent=Phrase(
        "Deliveries on call, seasonal needs or an emergency come in bursts.",
        "按需供货、季节性需求或应急采购，本来就会集中发生。",
    ),
    silent=Phrase("no category is published for this trade", "该交易没有公布品目"),
    ocp="R011",
)
def repeated_awards(records: Records) -> FloatArray:
    """Surprise at the number of awards of this buyer to this winner, in this category, within 30 days.

    Definition: -log10 P(X >= k), k other processes awarded in the 30 days before; X is Poisson with the mean
    30 (m + 1) / (d + 30), m such processes in the d days before those 30, at most three years back and not
    before the buyer's first award.
    Why it matters: a purchase split into parts stays under the limit above which it must be tendered.
    Excluded: lots with several winners, and lots without category and kind; lots of one process are one award.
    Example: no such award in two years, then four in the 30 days before this one: 6.9.

    30天内该采购单位在该品目多次由该中标人中标有多意外。

    定义：-log10 P(X >= k)，k为此前30天内中标的其他项目数；X服从泊松分布，均值为30 (m + 1) / (d + 30)，m为
    再往前d天内的同类项目数，d最长三年，且不早于该采购单位的首次定标。
    意义：拆分后的采购每笔都低于应当招标的限额。
    排除：有多个中标人的标段；品目与类别均未公布的标段。同一项目的各标段计为一次中标。
    示例：两年内没有此类中标，此前30天内却有四次，结果6.9。
    """
    award, process = awards(records), processes(records)[awards(records).trade]
    buyer = records.buyers.codes[award.trade]
    key = combined(buyer, award.bidder, records.categories.codes[award.trade])
    return largest_by_trade(records, award.trade, _burst(key, process, buyer, award.times))


@feature(
    code="S04",
    family="process",
    direction="high",
    unit="parts",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner", "price"),
    guards=(SOLE_WINNER,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R011; Implementing "
    "regulation of the Government Procurement Law of China (2015), Art. 28 (splitting to avoid open "
    "tendering)",
    title=Phrase("Awards of like size to one supplier add up", "短期内与同一供应商的多笔合同累计金额偏大"),
    innocent=Phrase(
        "Stages of one project, or orders under a framework, are paid in parts of like size.",
        "项目分期实施或框架协议下的订单，金额往往相近且连续。",
    ),
    ocp="R011",
)
def split_into_parts(records: Records) -> FloatArray:
    """Into how many parts as large as this award the buyer's awards to this winner within 60 days add up.

    Definition: 1 + sum of min(a, own) / own over the amounts a of awards of this buyer to this winner, in
    other processes, in the 60 days before. An earlier award counts for at most one part, so a small order after
    a large contract does not look like splitting.
    Why it matters: a purchase split into parts stays under the limit above which it must be tendered.
    Excluded: lots with several winners; lots of one process, which are tendered together.
    Example: 90, 95 and now 90 within 60 days: 3 parts; 900 before and now 10: 2 parts.

    60天内该采购单位给该中标人的各笔中标，合计相当于本次金额的几份。

    定义：1 + 各笔min(a, own) / own之和，own为本次中标金额，a为此前60天内同一采购单位授予该中标人、属于其
    他项目的各笔中标金额。以往每笔最多计一份，大合同之后的小订单因此不会显得像拆分。
    意义：拆分后的采购每笔都低于应当招标的限额。
    排除：有多个中标人的标段；同一项目的各标段，因其一并招标。
    示例：60天内先后90、95，本次90，结果3份；此前900，本次10，结果2份。
    """
    award = awards(records)
    own = records.price[award.trade]
    sole = (records.winner_rows.sizes[award.trade] == 1) & (own > 0)
    key = combined(records.buyers.codes[award.trade], award.bidder)
    past = Past.of(np.where(sole, key, -1), award.times, SPLIT_WINDOW)
    source = processes(records)[award.trade][past.order]
    earlier = capped_sum_before_each(own[past.order], source, past.offsets, past.times, past.width)
    return largest_by_trade(records, award.trade, 1.0 + past.spread(earlier) / own)


@feature(
    code="S11",
    family="process",
    direction="high",
    unit="-log10 p",
    needs=("trades.buyer_id", "trades.awarded_at"),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R011; Implementing "
    "regulation of the Government Procurement Law of China (2015), Art. 28 (splitting to avoid open "
    "tendering)",
    title=Phrase("Many purchases of one category within a month", "一个月内同品目采购过于密集"),
    innocent=Phrase(
        "Seasonal needs, or a programme that starts, come in bursts.",
        "季节性需求或专项启动，采购自然集中。",
    ),
    silent=Phrase("no category is published for this trade", "该交易没有公布品目"),
    ocp="R011",
)
def repeated_purchases(records: Records) -> FloatArray:
    """Surprise at the number of purchases of this buyer in this category within 30 days, whoever won.

    Definition: as for S03, of buyer and category, without regard to the winner.
    Why it matters: a need that is cut up stays under the limit also if the parts go to different suppliers.
    Excluded: lots without category and kind; lots of one process are one purchase.
    Example: no such purchase in two years, then four in the 30 days before this one: 6.9.

    30天内该采购单位在该品目的采购次数有多意外，不论由谁中标。

    定义：同S03，按采购单位与品目计，不区分中标人。
    意义：需求被拆分后，即使各份归不同供应商，每笔仍低于限额。
    排除：品目与类别均未公布的标段。同一项目的各标段计为一次采购。
    示例：两年内没有此类采购，此前30天内却有四次，结果6.9。
    """
    key = combined(records.buyers.codes, records.categories.codes)
    return _burst(key, processes(records), records.buyers.codes, records.decided)


def _burst(key: IntArray, process: IntArray, buyer: IntArray, times: FloatArray) -> FloatArray:
    """Surprise at the number of other processes with each event's `key` in the 30 days before."""
    recent = processes_before(key, process, times, REPEAT_WINDOW)
    before = processes_before(key, process, times) - recent
    first = np.full(int(buyer.max(initial=-1)) + 2, np.inf)
    known = np.flatnonzero((buyer >= 0) & np.isfinite(times))
    np.minimum.at(first, buyer[known], times[known])
    observed = np.minimum(times - first[buyer], HORIZON) - REPEAT_WINDOW
    mean = REPEAT_WINDOW * (before + 1.0) / (np.maximum(observed, 0.0) + REPEAT_WINDOW)
    return poisson_surprise(recent, mean)


@feature(
    code="S18",
    family="process",
    direction="high",
    unit="awards",
    needs=("trades.buyer_id", "trades.awarded_at", "trades.utc_offset", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Open-source indicator sets (awards of one day); Implementing regulation of the Government "
    "Procurement Law of "
    "China (2015), Art. 28",
    title=Phrase("Several awards to one supplier on one day", "同日多次授予同一供应商"),
    innocent=Phrase(
        "A framework called off by several departments is signed on one day.",
        "同一框架下多个部门的订单，常在同一天办理。",
    ),
)
def awards_of_one_day(records: Records) -> FloatArray:
    """Number of other processes that this buyer awarded to this winner on the same local day, up to this
    moment.

    Definition: other processes of the buyer won by this winner and decided on the same local day, not later
    than this trade. Decisions of the same instant count, for they were known together.
    Why it matters: what is decided at one table on one day could have been tendered as one.
    Excluded: lots with several winners; other lots of the same process.
    Example: three processes awarded to one firm at noon: 2 for each of them.

    同一（当地）日内、截至本次定标时，该采购单位授予该中标人的其他项目数。

    定义：该采购单位由该中标人中标、同一当地日期定标且不晚于本次的其他项目数；同一时刻的决定同时为人所知，故计
    入。
    意义：同一天、同一桌上决定的事项，本可合并招标。
    排除：有多个中标人的标段；同一项目的其他标段。
    示例：中午同时将三个项目授予同一企业，每个结果均为2。
    """
    award, process = awards(records), processes(records)
    dates = local_dates(records, "awarded_at")
    known = ~np.isnat(dates)
    day = np.where(known, np.where(known, dates, np.datetime64(0, "D")).astype(np.int64), -1)
    day = np.where(known, day - day[known].min(initial=0), -1)
    key = combined(records.buyers.codes[award.trade], award.bidder, day[award.trade])
    mine = process[award.trade]
    earlier = processes_before(key, mine, award.times)
    at_once = _distinct_at(combined(key, _instants(award.times)), mine)
    return largest_by_trade(records, award.trade, earlier + at_once - 1.0)


def _instants(times: FloatArray) -> IntArray:
    return np.where(np.isfinite(times), np.unique(times, return_inverse=True)[1], -1).astype(np.int64)


def _distinct_at(key: IntArray, process: IntArray) -> FloatArray:
    """Number of processes with each event's key; NaN without a key."""
    rows = np.flatnonzero(key >= 0)
    both = np.unique(np.stack([key[rows], process[rows]], axis=1), axis=0)
    count = np.bincount(both[:, 0], minlength=int(key.max(initial=-1)) + 1).astype(np.float64)
    return np.where(key >= 0, count[key] if len(count) else np.nan, np.nan)


FAMILY: tuple[Feature, ...] = (repeated_awards, split_into_parts, repeated_purchases, awards_of_one_day)
