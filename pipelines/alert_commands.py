"""The commands that change alerts: set, assign, note, snooze, import. Each change names who made it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from detector.errors import ConfigError
from pipelines import alert_console
from pipelines.acting import actor_of
from pipelines.alerts import handling
from pipelines.alerts.alert_documents import alert_document
from pipelines.alerts.embargo import SEALED_READER, Reader
from pipelines.alerts.handling import Handling
from pipelines.alerts.replies import import_replies, read_replies
from pipelines.alerts.runs import Row, utc
from pipelines.alerts.session import changing
from pipelines.commands import clock, emit, write
from pipelines.rulebooks import calendar_called


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes an alert of which store, and how days are counted there."""

    url: str
    actor: str | None
    role: str | None = None
    authority: str | None = None
    version: int | None = None
    calendar: str = "cn"
    zone: str = "Asia/Shanghai"
    as_json: bool = False

    def handling(self) -> Handling:
        """The change as the lifecycle takes it. ConfigError where a setting is wrong."""
        actor = actor_of(self.actor, self.role)
        reader = Reader(utc(clock()), self.role if self.role == SEALED_READER else None)
        return Handling(actor, reader, calendar_called(self.calendar), self.version, zone_called(self.zone))


def zone_called(name: str) -> ZoneInfo:
    """A time zone. ConfigError if there is no such one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"no time zone {name!r}; expected one like Asia/Shanghai.") from None


def run_set(change: Change, key: str, state: str, details: Mapping[str, Any]) -> None:
    """`detector alerts set`."""
    _run(change, key, lambda connection, alert, by: handling.set_state(connection, alert, state, details, by))


def run_assign(change: Change, key: str, assignee: str) -> None:
    """`detector alerts assign`."""
    _run(change, key, lambda connection, alert, by: handling.assign(connection, alert, assignee, by))


def run_note(change: Change, key: str, text: str) -> None:
    """`detector alerts note`."""
    _run(change, key, lambda connection, alert, by: handling.note(connection, alert, text, by))


def run_snooze(change: Change, key: str, until: datetime, reason: str) -> None:
    """`detector alerts snooze`."""
    _run(
        change, key, lambda connection, alert, by: handling.snooze(connection, alert, utc(until), reason, by)
    )


def _run(change: Change, key: str, act: Callable[[Connection, Row, Handling], Row]) -> None:
    by = change.handling()
    with changing(change.url) as connection:
        alert = act(connection, handling.find(connection, key, by.reader, change.authority), by)
    document = alert_document(alert, "internal")
    if change.as_json:
        emit(document)
    else:
        write(alert_console.alert_lines([document], 1))


def run_import(change: Change, path: Path) -> None:
    """`detector alerts import`: the replies of a file, all or none. Importing it again changes nothing."""
    by = change.handling()
    replies = read_replies(path)
    with changing(change.url) as connection:
        done = import_replies(connection, replies, by, str(path))
    if change.as_json:
        emit(done._asdict())
    else:
        write(
            [f"{done.imported} replies imported, {done.known} known already. 已导入{done.imported}条反馈。"]
        )
