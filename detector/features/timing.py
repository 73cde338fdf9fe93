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
    source="Open Contracting Partnership (2024), Red flags in public procurement; Fazekas & Kocsis (2020), "
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
    source="Open Contracting Partnership (2024), Red flags in public procurement; Fazekas & Kocsis (2020), "
    "British Journal of Political Science 50(1)",
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
    """
    return _decision_days(records)


@feature(
    code="T03",
    family="timing",
    direction="high",
    unit="days",
    needs=("trades.awarded_at", "trades.opened_at or trades.deadline_at"),
    guards=(COMPETED,),
    source="Open Contracting Partnership (2024), Red flags in public procurement; European Commission, Single "
    "Market Scoreboard (over 120 days)",
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
    source="Open Contracting Partnership (2024), Red flags in public procurement; Tendering Law of China, Art. 46 "
    "(30 days from the award notice)",
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
    """
    return _signing_days(records)


FAMILY: tuple[Feature, ...] = (
    submission_window_days,
    decision_days_short,
    decision_days_long,
    award_to_contract_days_long,
    award_to_contract_days_short,
)
