"""Timing: further steps of a trade, how long they took and in which order they came."""

import itertools

import numpy as np

from detector.arrays import FloatArray
from detector.features.conditions import signed
from detector.features.declare import Feature, Phrase, feature
from detector.features.history_conditions import COMPETED, opening
from detector.features.timing import AWARDED_FIRST
from detector.records import SECONDS_A_DAY, Records


@feature(
    code="T11",
    family="timing",
    direction="low",
    unit="days",
    needs=("trades.published_at", "trades.opened_at"),
    guards=(COMPETED,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R014",
    title=Phrase("Little time between notice and opening", "公告至开标时间过短"),
    innocent=Phrase(
        "Urgent works, a repeated call or a simple standard purchase may lawfully have a short period.",
        "应急项目、重新招标或标准化的简单采购，依法可以缩短期限。",
    ),
    silent=Phrase("the recorded opening lies before the publication", "记录的开标时间早于公告发布时间"),
    ocp="R014",
)
def notice_to_opening_days(records: Records) -> FloatArray:
    """Days from the publication of the notice to the opening of bids.

    Definition: (opening - publication of the notice) in days.
    Why it matters: a short period favours whoever knew of the trade beforehand. It also speaks where no
    deadline is recorded.
    Excluded: direct awards; openings recorded before the publication, where one of the two dates is wrong.
    Example: published on 1 March at 09:00, opened on 6 March at 09:00: 5 days.

    从公告发布到开标的天数。

    定义：开标时间减公告发布时间，以天计。
    意义：时间过短有利于事先知情者；未记录投标截止时间时亦可计算。
    排除：直接发包或单一来源；记录的开标时间早于公告发布的标段（其中至少一个时间有误）。
    示例：3月1日9时发布公告，3月6日9时开标，结果5天。
    """
    days = (records.seconds("opened_at") - records.seconds("published_at")) / SECONDS_A_DAY
    return np.where(days >= 0, days, np.nan)


@feature(
    code="T12",
    family="timing",
    direction="low",
    unit="days",
    needs=("trades.awarded_at", "trades.opened_at or trades.deadline_at", "bids"),
    minimum=1,
    guards=(COMPETED,),
    source="This project's, after supervision practice in China on hasty evaluations (provisional)",
    title=Phrase("Decided fast for the number of bids", "按投标家数计，评审定标过快"),
    innocent=Phrase(
        "Where only the price counts, many bids are read as quickly as a few.",
        "仅比较价格时，投标再多也可以很快评完。",
    ),
    silent=AWARDED_FIRST,
)
def decision_days_a_bid(records: Records) -> FloatArray:
    """Days from the opening to the award, for each effective bid.

    Definition: (award - opening) in days over the number of effective bids; the deadline stands for an
    opening that is not recorded. When the evaluation began is not in the records, so the time between counts
    in full.
    Why it matters: the more bids there are to read, the longer an honest evaluation takes.
    Excluded: direct awards; awards recorded before the opening, where one of the two dates is wrong.
    Example: twelve bids opened on 8 March at 09:00, awarded that day at 15:00: 0.021 days a bid.

    从开标到定标的时间，按有效投标家数平均。

    定义：（定标时间减开标时间）除以有效投标家数，以天计；未记录开标时间的，以投标截止时间代替。评标开始时间不
    在数据中，故按全部间隔计算。
    意义：投标文件越多，认真评审所需时间越长。
    排除：直接发包或单一来源；记录的定标时间早于开标时间的标段（其中至少一个时间有误）。
    示例：十二家投标，3月8日9时开标，当日15时定标，每家0.021天。
    """
    days = (records.decided - opening(records)) / SECONDS_A_DAY
    bids = np.maximum(records.bidder_counts, 1)
    return np.where(days >= 0, days / bids, np.nan)


@feature(
    code="T14",
    family="timing",
    direction="high",
    unit="days",
    needs=("trades.awarded_at", "trades.publicised_at"),
    source="Open-source indicator sets (late publication of awards); Tendering and Bidding Law of China, "
    "Implementing "
    "Regulation, Art. 54 (candidates publicised within three days)",
    title=Phrase("The result was publicised late", "结果公示迟延"),
    innocent=Phrase(
        "A complaint or a break in the publishing system can hold up the notice.",
        "异议投诉或发布系统故障，都可能推迟公示。",
    ),
    silent=Phrase("publicised before the recorded award", "公示早于记录的定标时间"),
)
def award_to_publication_days(records: Records) -> FloatArray:
    """Days from the award to the publication of the result.

    Definition: (publication of the result - award) in days.
    Why it matters: while nobody knows the result nobody can object to it.
    Excluded: results publicised before the award, as candidates lawfully are.
    Example: awarded on 1 March, publicised on 11 March: 10 days.

    从定标到结果公示的天数。

    定义：结果公示时间减定标时间，以天计。
    意义：结果未公开期间，无人能够提出异议。
    排除：公示早于定标的标段（中标候选人依法先行公示）。
    示例：3月1日定标，3月11日公示，结果10天。
    """
    days = (records.seconds("publicised_at") - records.decided) / SECONDS_A_DAY
    return np.where(days >= 0, days, np.nan)


@feature(
    code="T15",
    family="timing",
    direction="high",
    unit="steps",
    needs=("trades.awarded_at", "trades.opened_at or trades.deadline_at"),
    source="Open-source indicator sets (impossible order of dates); Tendering and Bidding Law of China, "
    "Art. 28, 34 and "
    "46 for the order",
    title=Phrase("Steps recorded in an impossible order", "环节时间先后颠倒"),
    innocent=Phrase(
        "Dates typed in later are the usual cause; a framework may be signed before single lots are called.",
        "多为事后补录日期有误；框架协议也可能先于单项招标签订。",
    ),
)
def steps_out_of_order(records: Records) -> FloatArray:
    """Number of pairs of steps of which the later one is dated a day or more before the earlier one.

    Definition: pairs among publication, deadline, opening, award and signature of the contract, as far as
    they are known, whose dates lie a day or more the wrong way round.
    Why it matters: an award before the opening, or a contract before the award, means that the procedure was
    staged, or that the record is wrong; either has to be settled.
    Excluded: nothing; award and opening (or deadline) have to be known. Sources that hold dates without hours
    are tolerated within the day.
    Example: opened on 8 March, awarded on 9 March, contract signed on 1 March: 2.

    先后颠倒一天以上的环节对数。

    定义：公告发布、投标截止、开标、定标、合同签订中已知的环节两两比较，后一环节时间早于前一环节一天以上的对数。
    意义：开标前已定标、定标前已签约，要么是程序流于形式，要么是记录有误，均需核实。
    排除：无；定标与开标（或截止）时间须已知。仅记录日期而无时刻的数据，同日之内不计。
    示例：3月8日开标，3月9日定标，合同3月1日已签订，结果2。
    """
    steps = [records.seconds(column) for column in ("published_at", "deadline_at", "opened_at")]
    steps += [records.decided, signed(records)]
    wrong = np.zeros(len(records))
    for earlier, later in itertools.combinations(steps, 2):
        # A comparison with a missing date is false.
        wrong += later <= earlier - SECONDS_A_DAY
    return wrong


FAMILY: tuple[Feature, ...] = (
    notice_to_opening_days,
    decision_days_a_bid,
    award_to_publication_days,
    steps_out_of_order,
)
