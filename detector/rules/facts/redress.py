"""Objections and complaints: how long they waited for an answer, and what went on meanwhile."""

import numpy as np

from detector.features.declare import Phrase
from detector.records import Records
from detector.rules.fact import Fact, Measure, Members, fact
from detector.rules.facts.rows import apart, counted

NONE_RAISED = Phrase("nothing was raised, or it is not answered yet", "无异议投诉，或尚未答复")


def _waiting(name: str, kind: str, start: str, end: str, title: Phrase) -> Fact:
    """The longest wait of a kind of event between two of its instants."""

    def measure(records: Records) -> Measure:
        of_kind = (records.events["kind"] == kind).to_numpy(dtype=bool)
        first = np.where(of_kind, records.instants("events", start), np.nan)
        last = records.instants("events", end)
        return apart(records.trade_of("events"), first, last, len(records), ("events", end))

    measure.__name__, measure.__doc__ = name, f"{title.en}. {title.zh}。"
    words = {
        "raised_at": Phrase("raised", "提出"),
        "accepted_at": Phrase("admitted", "受理"),
        "answered_at": Phrase("answered", "答复（决定）"),
    }
    return fact(
        evidence="process",
        unit="days",
        period=True,
        needs=(f"events.{start}", f"events.{end}"),
        names=(words[start], words[end]),
        title=title,
        silent=NONE_RAISED,
    )(measure)


@fact(
    evidence="process",
    unit="count",
    needs=("events.raised_at",),
    columns=("trades.opened_at", "trades.awarded_at"),
    title=Phrase("objections pending when the procedure went on", "答复前仍继续招标活动的异议数"),
    unknown=Phrase("an objection has no date of reply", "异议答复时间未知"),
)
def objections_passed_over(records: Records) -> Measure:
    """Objections between whose receipt and reply bids were opened or the lot awarded.

    提出后、答复前即开标或定标的异议数。
    """
    of, events = records.trade_of("events"), records.events
    objection = (events["kind"] == "objection").to_numpy(dtype=bool)
    raised, answered = records.instants("events", "raised_at"), records.instants("events", "answered_at")
    during = np.zeros(len(of), dtype=bool)
    for column in ("opened_at", "awarded_at"):
        step = records.seconds(column)[of]
        during |= (step > raised) & (step < answered)
    passed = objection & during
    rows = np.flatnonzero(passed)
    values = np.where(counted(of, objection, len(records)) > 0, counted(of, passed, len(records)), np.nan)
    unknown = counted(of, objection & np.isnan(answered), len(records)) > 0
    found = Members("events", "answered_at", of[rows], rows)
    return Measure(values, unknown=unknown & ~(values > 0), members=(found,))


@fact(
    evidence="process",
    unit="count",
    needs=("events.kind",),
    title=Phrase("complaints about the procedure", "投诉数"),
)
def complaints_raised(records: Records) -> Measure:
    """Complaints to the supervisor about the lot. 就该标段向监督部门提出的投诉数。"""
    complaint = (records.events["kind"] == "complaint").to_numpy(dtype=bool)
    of, rows = records.trade_of("events"), np.flatnonzero(complaint)
    found = Members("events", "kind", of[rows], rows)
    return Measure(counted(of, complaint, len(records)), members=(found,))


FAMILY = (
    _waiting(
        "objection_wait",
        "objection",
        "raised_at",
        "answered_at",
        Phrase("time to answer an objection", "异议答复期限"),
    ),
    _waiting(
        "complaint_admission",
        "complaint",
        "raised_at",
        "accepted_at",
        Phrase("time to admit a complaint", "投诉受理期限"),
    ),
    _waiting(
        "complaint_decision",
        "complaint",
        "accepted_at",
        "answered_at",
        Phrase("time to decide a complaint", "投诉处理期限"),
    ),
    objections_passed_over,
    complaints_raised,
)
