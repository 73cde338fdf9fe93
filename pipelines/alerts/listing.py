"""Reading the alert store: the queue, one alert with everything about it, the labels. Nothing under embargo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from pipelines.alerts import lifecycle
from pipelines.alerts.embargo import Reader, readable
from pipelines.alerts.events import read_events
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import ALERTS, OBSERVATIONS, REASONS, RUNS

HIDDEN, SAMPLED = 1, 2
KEYS_AT_ONCE = 300

ORDER = (
    ALERTS.c.alert_level.desc(),
    ALERTS.c.score.desc(),
    # Databases differ in where they sort what is unknown.
    func.coalesce(ALERTS.c.amount, -1).desc(),
    ALERTS.c.fingerprint,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts: by default all that are open and neither hidden nor snoozed."""

    states: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    authority: str | None = None
    assignee: str | None = None
    overdue: bool = False
    everything: bool = False

    def conditions(self, reader: Reader) -> Iterator[ColumnElement[bool]]:
        """The conditions on the alert table, as of the reader's moment."""
        if self.states:
            yield ALERTS.c.state.in_(self.states)
        elif not self.everything:
            yield ALERTS.c.state.in_(sorted(lifecycle.OPEN_STATES))
        if not self.everything:
            yield ALERTS.c.hidden != HIDDEN
            yield or_(ALERTS.c.snoozed_until.is_(None), ALERTS.c.snoozed_until <= reader.now)
        if self.levels:
            yield ALERTS.c.alert_level.in_(self.levels)
        if self.authority is not None:
            yield ALERTS.c.authority == self.authority
        if self.assignee is not None:
            yield ALERTS.c.assignee == self.assignee
        if self.overdue:
            yield ALERTS.c.due_at < reader.now


def alerts(connection: Connection, wanted: Wanted, reader: Reader, limit: int | None = None) -> list[Row]:
    """The alerts that `reader` may see, by level, score and money."""
    found = select(ALERTS).where(*wanted.conditions(reader)).order_by(*ORDER)
    return _rows(connection, readable(found, reader).limit(limit))


def count(connection: Connection, wanted: Wanted, reader: Reader) -> int:
    """How many alerts there are for `reader`."""
    found = select(func.count()).select_from(ALERTS).where(*wanted.conditions(reader))
    return int(connection.execute(readable(found, reader)).scalar_one())


def with_reasons(connection: Connection, held: Sequence[Row]) -> list[Row]:
    """`held`, rows of the alert table, each with the reasons of the run that saw it last under "reasons"."""
    reasons: dict[tuple[str, str], list[Row]] = {}
    for start in range(0, len(held), KEYS_AT_ONCE):
        part = held[start : start + KEYS_AT_ONCE]
        wanted = (
            select(REASONS)
            .where(REASONS.c.fingerprint.in_([row["fingerprint"] for row in part]))
            .where(REASONS.c.run_id.in_(sorted({row["last_seen_run"] for row in part})))
            .order_by(REASONS.c.fingerprint, REASONS.c.seq)
        )
        for reason in _rows(connection, wanted):
            reasons.setdefault((reason["run_id"], reason["fingerprint"]), []).append(reason)
    return [{**row, "reasons": reasons.get((row["last_seen_run"], row["fingerprint"]), [])} for row in held]


def account(connection: Connection, alert: Row) -> Row:
    """`alert` with its reasons, its narrative and everything that ever happened to it."""
    told = with_reasons(connection, [alert])[0]
    seen = (
        select(OBSERVATIONS.c.narrative_en, OBSERVATIONS.c.narrative_zh)
        .where(OBSERVATIONS.c.run_id == alert["last_seen_run"])
        .where(OBSERVATIONS.c.fingerprint == alert["fingerprint"])
    )
    narrative = connection.execute(seen).mappings().first()
    return {
        **told,
        "narrative": dict(narrative) if narrative else {"narrative_en": None, "narrative_zh": None},
        "events": list(read_events(connection, alert["alert_id"])),
    }


def labels(connection: Connection, reader: Reader, authority: str | None = None) -> list[Row]:
    """What the office found where it opened the file: what a ranking can be trained on, newest state of each.

    `label` is 1 where there was something, 0 where there was nothing, None where it teaches nothing.
    """
    columns = (
        ALERTS.c.alert_id, ALERTS.c.authority, ALERTS.c.subject_id.label("trade_id"), ALERTS.c.alert_level,
        ALERTS.c.score, ALERTS.c.state, ALERTS.c.disposition, ALERTS.c.outcome_code, ALERTS.c.episode,
        ALERTS.c.last_seen_run.label("run_id"), RUNS.c.model_sha,
    )  # fmt: skip
    found = (
        select(*columns)
        .outerjoin(RUNS, RUNS.c.run_id == ALERTS.c.last_seen_run)
        .where(ALERTS.c.state.in_((lifecycle.CLOSED, lifecycle.DISMISSED)))
        .order_by(ALERTS.c.authority, ALERTS.c.subject_id)
    )
    if authority is not None:
        found = found.where(ALERTS.c.authority == authority)
    return [
        {**row, "label": lifecycle.label(row["state"], row["outcome_code"])}
        for row in _rows(connection, readable(found, reader))
    ]


def _rows(connection: Connection, statement: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(statement).mappings()]
