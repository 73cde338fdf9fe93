"""What people do with an alert: each change is one transaction of the row, its event, and the outbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from detector.errors import HandlingError, StoreBusyError
from detector.workdays import Calendar
from pipelines.alerts import lifecycle
from pipelines.alerts.columns import ACTOR_LENGTH
from pipelines.alerts.due_dates import CHINA, due, end_of
from pipelines.alerts.embargo import Reader, readable
from pipelines.alerts.events import Actor, append_events, event
from pipelines.alerts.fingerprint import canonical_json
from pipelines.alerts.outbox import post
from pipelines.alerts.rows import storable
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import ALERTS, EVENTS

ESCALATED, DECLINED = "escalated", "declined"
LONGEST_SNOOZE = timedelta(days=366)
# Where the time to answer starts anew; elsewhere it runs on, or nothing is due.
TIMED_ANEW = frozenset({"dispatched", "acked", "reopened"})
NOTHING_DUE = frozenset({"suspended", "transferred", "fed_back", "reviewed"}) | lifecycle.ENDED_STATES


@dataclass(frozen=True, slots=True)
class Handling:
    """Who changes what they saw: the actor, the moment, and the version of the row they looked at, if told."""

    actor: Actor
    reader: Reader
    calendar: Calendar | None = None
    version: int | None = None
    zone: ZoneInfo = field(default=CHINA)

    @property
    def now(self) -> datetime:
        """The moment of the change, naive UTC."""
        return self.reader.now


def find(connection: Connection, key: str, reader: Reader, authority: str | None = None) -> Row:
    """The alert with this alert_id, or on this trade. HandlingError if `reader` may know of none or of several."""
    trade = storable({"key": key})["key"]
    wanted = select(ALERTS).where((ALERTS.c.alert_id == key) | (ALERTS.c.subject_id == trade))
    found = [dict(row) for row in connection.execute(readable(wanted, reader)).mappings()]
    # Databases differ in whether upper case and trailing spaces count.
    found = [row for row in found if key == row["alert_id"] or trade == row["subject_id"]]
    if authority is not None:
        found = [row for row in found if row["authority"] == authority.strip()]
    if not found:
        raise HandlingError(f"no alert {key!r}; 'detector alerts list' shows those there are. 没有这条预警。")
    if len(found) > 1:
        names = ", ".join(sorted(row["authority"] for row in found))
        raise HandlingError(f"{key!r} has alerts of several authorities; give --authority, one of: {names}.")
    return found[0]


def set_state(
    connection: Connection, alert: Row, target: str, details: Mapping[str, Any], by: Handling
) -> Row:
    """Bring `alert` to `target`, saying `details`; the row as it is then.

    Where two persons are needed the first one proposes, and the row keeps its state until another one asks for the
    same. "escalated" raises the flag of that name, "declined" turns a proposal down. HandlingError where the
    lifecycle does not allow it.
    """
    if target == ESCALATED:
        return _escalate(connection, alert, details, by)
    # What the source proposes (a record withdrawn there) is an opinion, and holds nobody up.
    if alert["proposal"] in lifecycle.STATES:
        return _answer(connection, alert, target, details, by)
    if target == DECLINED:
        raise HandlingError("nobody has proposed anything for this alert. 没有待复核的提请。")
    step = lifecycle.transition(alert["state"], target)
    told = _checked(step, alert, details)
    _refuse_same_person(connection, step, alert, by)
    if lifecycle.needs_second_person(step, int(alert["alert_level"])):
        proposed = {
            "proposal": target,
            "proposed_by": by.actor.name,
            "proposed_at": by.now,
            "proposed_detail": canonical_json(told),
        }
        change = event("proposed", by.actor, by.now, alert, new_value=target, note=canonical_json(told))
        return apply(connection, alert, proposed, change, by)
    return _take(connection, step, alert, told, by)


def assign(connection: Connection, alert: Row, assignee: str, by: Handling) -> Row:
    """Give `alert` to somebody."""
    if not 0 < len(assignee.strip()) <= ACTOR_LENGTH:
        raise HandlingError(
            f"name the person or office it goes to, in {ACTOR_LENGTH} characters at most. 请指明承办人。"
        )
    told = event("assigned", by.actor, by.now, alert, old_value=alert["assignee"], new_value=assignee.strip())
    return apply(connection, alert, {"assignee": assignee.strip()}, told, by)


def note(connection: Connection, alert: Row, text: str, by: Handling) -> Row:
    """Write a note to the alert's trail."""
    if not text.strip():
        raise HandlingError("the note is empty. 备注为空。")
    return apply(connection, alert, {}, event("note", by.actor, by.now, alert, note=text), by)


def snooze(connection: Connection, alert: Row, until: datetime, reason: str, by: Handling) -> Row:
    """Tell nobody of changes to `alert` before `until` (naive UTC), for a reason; the scans go on."""
    if not by.now < until <= by.now + LONGEST_SNOOZE:
        raise HandlingError(
            f"snooze until a moment within {LONGEST_SNOOZE.days} days from now. 暂缓期限无效。"
        )
    if not reason.strip():
        raise HandlingError("say why it can wait: --reason. 必须说明理由。")
    told = event("snoozed", by.actor, by.now, alert, new_value=until.isoformat(), note=reason)
    return apply(connection, alert, {"snoozed_until": until}, told, by)


def apply(connection: Connection, alert: Row, values: Row, told: Row, by: Handling) -> Row:
    """Write `values` to the row and `told` to the trail.

    HandlingError if the row is not the version the person looked at, StoreBusyError if it changed this moment.
    """
    version = int(alert["row_version"])
    if by.version is not None and by.version != version:
        raise HandlingError(
            f"alert {alert['alert_id']} is at version {version}, not {by.version}: somebody changed it since you "
            "looked. Look again. 该预警已被他人更改，请重新查看。"
        )
    values = {**storable(values), "row_version": version + 1}
    found = connection.execute(
        update(ALERTS)
        .where(ALERTS.c.alert_id == alert["alert_id"], ALERTS.c.row_version == version)
        .values(**values)
    )
    if found.rowcount != 1:
        raise StoreBusyError(
            f"somebody else changed alert {alert['alert_id']} this moment. Nothing was written; run again."
        )
    post(connection, append_events(connection, [told]))
    return {**alert, **values}


def _take(
    connection: Connection, step: lifecycle.Transition, alert: Row, told: Mapping[str, Any], by: Handling
) -> Row:
    """Take a step that is allowed, by the person (the second one, where two are needed)."""
    outcome = None if step.target == "reopened" else told.get("outcome") or alert["outcome_code"]
    values: Row = {
        "state": step.target,
        "outcome_code": outcome,
        "disposition": lifecycle.disposition(step.target, outcome),
        "proposal": None,
        "proposed_by": None,
        "proposed_at": None,
        "proposed_detail": None,
        **_due(step, alert, told, by),
    }
    if step.target == "reopened":
        values["episode"] = int(alert["episode"]) + 1
    if step.target in lifecycle.ENDED_STATES:
        values["escalated_at"] = None
    kind = "reopened" if step.target == "reopened" else "state_set"
    change = event(
        kind,
        by.actor,
        by.now,
        alert,
        old_value=step.source,
        new_value=step.target,
        note=canonical_json(told),
        is_news=1,
    )
    return apply(connection, alert, values, change, by)


def _due(step: lifecycle.Transition, alert: Row, told: Mapping[str, Any], by: Handling) -> Row:
    if step.target == "extended":
        return {"due_at": end_of(date.fromisoformat(told["due"]), by.zone), "due_note": None}
    if step.target in NOTHING_DUE:
        return {"due_at": None, "due_note": None}
    if step.target in TIMED_ANEW or step.source == "suspended":
        at, why = due(step.target, int(alert["alert_level"]), by.now, by.calendar, by.zone)
        return {"due_at": at, "due_note": why}
    return {}


def _answer(connection: Connection, alert: Row, target: str, details: Mapping[str, Any], by: Handling) -> Row:
    """The second person's word on a proposal: the same target confirms it, "declined" turns it down."""
    proposal, maker = alert["proposal"], alert["proposed_by"]
    if target not in (proposal, DECLINED):
        raise HandlingError(
            f"{maker} has proposed {proposal!r}: confirm it with the same state, or decline it with {DECLINED!r}. "
            "该预警有待复核的提请。"
        )
    if target == DECLINED:
        if not details.get("reason"):
            raise HandlingError("say why it is declined: --reason. 必须说明理由。")
        values = dict.fromkeys(("proposal", "proposed_by", "proposed_at", "proposed_detail"))
        told = event(
            "declined", by.actor, by.now, alert, old_value=proposal, note=canonical_json(dict(details))
        )
        return apply(connection, alert, values, told, by)
    if maker == by.actor.name:
        raise HandlingError(f"{maker} proposed this; somebody else must confirm it. 须由另一人复核。")
    step = lifecycle.transition(alert["state"], proposal)
    said = json.loads(alert["proposed_detail"] or "{}")
    return _take(connection, step, alert, {**said, "proposed_by": maker}, by)


def _escalate(connection: Connection, alert: Row, details: Mapping[str, Any], by: Handling) -> Row:
    if alert["state"] not in lifecycle.OPEN_STATES:
        raise HandlingError(f"an alert that is {alert['state']} cannot be escalated. 已结束的预警不能督办。")
    if not details.get("reason"):
        raise HandlingError("say why it is escalated: --reason. 必须说明理由。")
    told = event("escalated", by.actor, by.now, alert, note=canonical_json(dict(details)), is_news=1)
    return apply(connection, alert, {"escalated_at": by.now}, told, by)


def _checked(step: lifecycle.Transition, alert: Row, details: Mapping[str, Any]) -> dict[str, Any]:
    """The details that were given, once they are complete and can be read."""
    told = {name: value for name, value in details.items() if value not in (None, "")}
    known = {"outcome": alert["outcome_code"]} if step.source in ("reviewed", "transferred") else {}
    lifecycle.check_details(step, {**known, **told})
    for name in ("due", "review_on"):
        if name in told:
            told[name] = _day(name, told[name])
    if "amount" in told:
        told["amount"] = _amount(told["amount"])
    if told.get("parent") == alert["alert_id"]:
        raise HandlingError("an alert cannot be merged into itself. 不能并入自身。")
    return told


def _refuse_same_person(connection: Connection, step: lifecycle.Transition, alert: Row, by: Handling) -> None:
    """HandlingError if the person took the step that somebody else has to look at."""
    if not step.not_by:
        return
    wanted = (
        select(EVENTS.c.actor)
        .where(EVENTS.c.alert_id == alert["alert_id"], EVENTS.c.new_value == step.not_by)
        .where(EVENTS.c.kind == "state_set")
        .order_by(EVENTS.c.seq.desc())
        .limit(1)
    )
    if connection.execute(wanted).scalar() == by.actor.name:
        raise HandlingError(
            f"{by.actor.name} brought this alert to {step.not_by!r}; somebody else must take this step. "
            "审核人不得为承办人。"
        )


def _day(name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise HandlingError(f"{name} is {text!r}; expected a date like 2026-03-31.") from None


def _amount(text: str) -> str:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise HandlingError(f"amount is {text!r}; expected a number, zero or more.")
    return f"{amount:f}"
