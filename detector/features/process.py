"""Process: one need cut into several awards."""

import numpy as np

from detector.arrays import FloatArray
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
    recent = processes_before(key, process, award.times, REPEAT_WINDOW)
    before = processes_before(key, process, award.times) - recent
    first = np.full(len(records.buyers.labels) + 1, np.inf)
    np.minimum.at(first, buyer, award.times)
    known = np.minimum(award.times - first[buyer], HORIZON) - REPEAT_WINDOW
    mean = REPEAT_WINDOW * (before + 1.0) / (np.maximum(known, 0.0) + REPEAT_WINDOW)
    return largest_by_trade(records, award.trade, poisson_surprise(recent, mean))


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


FAMILY: tuple[Feature, ...] = (repeated_awards, split_into_parts)
