"""Timing: how long the steps of a trade took.

Periods are in days of 86,400 s between recorded instants, fractions kept. A source that holds dates without hours
gives whole days.
"""

import numpy as np

from detector.arrays import FloatArray
from detector.features.conditions import signed
from detector.features.declare import Feature, Phrase, feature
from detector.features.history_conditions import COMPETED, opening
from detector.records import SECONDS_A_DAY, Records

AWARDED_FIRST = Phrase("the recorded award lies before the opening of bids", "记录的定标时间早于开标时间")


@feature(
    code="T01",
    family="timing",
    direction="low",
    unit="days",
    needs=("trades.published_at", "trades.deadline_at"),
    guards=(COMPETED,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R003; Tendering and "
    "Bidding Law of China, Art. 24 (20 days from the issue of the documents); Fazekas & Kocsis (2020), "
    "British Journal of Political Science 50(1)",
    title=Phrase("Little time to prepare a bid", "投标准备时间偏短"),
    innocent=Phrase(
        "Urgent works, a repeated call or a simple standard purchase may lawfully have a short period.",
        "应急项目、重新招标或标准化的简单采购，依法可以缩短期限。",
    ),
    ocp="R003",
)
def submission_window_days(records: Records) -> FloatArray:
    """Days from the publication of the notice to the deadline for bids.

    Definition: (deadline - publication of the notice) in days.
    Why it matters: a short period favours whoever knew of the trade beforehand; rivals cannot prepare a bid in
    time.
    Excluded: direct awards, which have no call.
    Example: published on 1 March at 09:00, deadline on 8 March at 09:00: 7 days.

    从公告发布到投标截止的天数。

    定义：投标截止时间减公告发布时间，以天计。
    意义：准备时间过短，有利于事先知情者，其他投标人来不及编制投标文件。
    排除：直接发包或单一来源，因其没有公告竞争环节。
    示例：3月1日9时发布公告，3月8日9时截止投标，结果7天。
    """
    return (records.seconds("deadline_at") - records.seconds("published_at")) / SECONDS_A_DAY


def _decision_days(records: Records) -> FloatArray:
    days = (records.decided - opening(records)) / SECONDS_A_DAY
    return np.where(days >= 0, days, np.nan)


@feature(
    code="T02",
    family="timing",
    direction="low",
    unit="days",
    needs=("trades.awarded_at", "trades.opened_at or trades.deadline_at"),
    guards=(COMPETED,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R061; Fazekas & "
    "Kocsis (2020), British Journal of Political Science 50(1)",
    title=Phrase("Decided unusually fast", "评审定标过快"),
    innocent=Phrase(
        "With one criterion and few bids, or an electronic auction, the result is known at once.",
        "评审因素单一、投标人较少或采用电子竞价时，结果可以即时产生。",
    ),
    silent=AWARDED_FIRST,
    ocp="R061",
)
def decision_days_short(records: Records) -> FloatArray:
    """Days from the opening of bids to the award, where few are suspicious.

    Definition: (award - opening) in days; the deadline stands for an opening that is not recorded.
    Why it matters: bids that are decided on before they can have been read suggest that the winner was known.
    Excluded: direct awards; awards recorded before the opening, where one of the two dates is wrong.
    Example: opened on 8 March at 09:00, awarded on 8 March at 15:00: 0.25 days.

    从开标到定标的天数，关注其偏短的一端。

    定义：定标时间减开标时间，以天计；未记录开标时间的，以投标截止时间代替。
    意义：投标文件还来不及审阅就已定标，提示中标结果可能事先已明。
    排除：直接发包或单一来源；记录的定标时间早于开标时间的标段（其中至少一个时间有误）。
    示例：3月8日9时开标，当日15时定标，结果0.25天。
    """
    return _decision_days(records)


@feature(
    code="T03",
    family="timing",
    direction="high",
    unit="days",
    needs=("trades.awarded_at", "trades.opened_at or trades.deadline_at"),
    guards=(COMPETED,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R062; European "
    "Commission, Single Market Scoreboard (over 120 days)",
    title=Phrase("Decided unusually late", "评审定标周期过长"),
    innocent=Phrase(
        "Complaints, complex proposals or a budget not yet released delay an honest decision.",
        "质疑投诉、方案复杂或资金未到位，都会合理延长定标时间。",
    ),
    silent=AWARDED_FIRST,
    ocp="R062",
)
def decision_days_long(records: Records) -> FloatArray:
    """Days from the opening of bids to the award, where many are suspicious.

    Definition: (award - opening) in days; the deadline stands for an opening that is not recorded.
    Why it matters: a long silence after the opening leaves room to negotiate, to replace bids or to wear out
    competitors.
    Excluded: direct awards; awards recorded before the opening, where one of the two dates is wrong.
    Example: opened on 8 March, awarded on 6 July of the same year: 120 days.

    从开标到定标的天数，关注其偏长的一端。

    定义：定标时间减开标时间，以天计；未记录开标时间的，以投标截止时间代替。
    意义：开标后久拖不决，会给私下商谈、更换投标文件或拖垮竞争对手留下空间。
    排除：直接发包或单一来源；记录的定标时间早于开标时间的标段（其中至少一个时间有误）。
    示例：3月8日开标，当年7月6日定标，结果120天。
    """
    return _decision_days(records)


def _signing_days(records: Records) -> FloatArray:
    return (signed(records) - records.decided) / SECONDS_A_DAY


@feature(
    code="T04",
    family="timing",
    direction="high",
    unit="days",
    needs=("trades.awarded_at", "contracts.signed_at"),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R060; Tendering and "
    "Bidding Law of China, Art. 46, and Government Procurement Law of China, Art. 46 (30 days from the "
    "award notice)",
    title=Phrase("Contract signed late after the award", "中标后迟迟未签订合同"),
    innocent=Phrase(
        "A complaint, a missing guarantee or a pending approval can hold up the signature.",
        "异议投诉、履约担保未到位或审批未完成，均可能推迟签约。",
    ),
    ocp="R060",
)
def award_to_contract_days_long(records: Records) -> FloatArray:
    """Days from the award to the first contract, where many are suspicious.

    Definition: (signature of the first contract - award) in days. Known only once the contract is signed.
    Why it matters: between award and signature terms can be renegotiated away from what was tendered.
    Excluded: nothing; lots without a known signature are not computable.
    Example: awarded on 1 March, signed on 30 April: 60 days.

    从定标到首份合同签订的天数，关注其偏长的一端。

    定义：首份合同签订时间减定标时间，以天计；合同签订后方可计算。
    意义：从定标到签约拖得越久，越可能重新商谈，使合同条件偏离招标内容。
    排除：无；签订时间未知的标段列为不可计算。
    示例：3月1日定标，4月30日签订合同，结果60天。
    """
    return _signing_days(records)


@feature(
    code="T05",
    family="timing",
    direction="low",
    unit="days",
    needs=("trades.awarded_at", "contracts.signed_at"),
    source="Ministry of Finance of Kyrgyzstan, automated risk indicators (KRAI15, KRAI16)",
    title=Phrase("Contract signed at once after the award", "定标后立即签订合同"),
    innocent=Phrase(
        "Where no standstill is prescribed, a framework or a small purchase may be signed the same day.",
        "未规定公示期的框架协议或小额采购，可以当日签约。",
    ),
)
def award_to_contract_days_short(records: Records) -> FloatArray:
    """Days from the award to the first contract, where few, or fewer than none, are suspicious.

    Definition: (signature of the first contract - award) in days; negative if signed before the award.
    Why it matters: a signature inside the standstill, or before the decision, leaves losing bidders no time to
    object.
    Excluded: nothing; lots without a known signature are not computable.
    Example: awarded on 10 March, signed on 9 March: -1 day.

    从定标到首份合同签订的天数，关注其偏短乃至为负的一端。

    定义：首份合同签订时间减定标时间，以天计；签约早于定标时为负。
    意义：在公示期内甚至定标之前就签约，落选投标人来不及提出异议。
    排除：无；签订时间未知的标段列为不可计算。
    示例：3月10日定标，3月9日已签订合同，结果-1天。
    """
    return _signing_days(records)


FAMILY: tuple[Feature, ...] = (
    submission_window_days,
    decision_days_short,
    decision_days_long,
    award_to_contract_days_long,
    award_to_contract_days_short,
)
