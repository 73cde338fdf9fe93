"""Replies that come back: what offices did with alerts, from a CSV or JSON Lines file.

A reply names its alert (`alert_id`, or `trade_id` and, where needed, `authority`) and says a `state`, a `note` or
both, with the details that the state asks for. A file is taken whole or not at all, and taken once: a reply that
was imported before (same `reply_id`, or same content where it has none) is passed over.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from detector.errors import ConfigError, HandlingError
from pipelines.alerts import handling, lifecycle
from pipelines.alerts.columns import PHRASE_LENGTH
from pipelines.alerts.events import event
from pipelines.alerts.fingerprint import sha256
from pipelines.alerts.handling import Handling, apply, find, set_state
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import EVENTS
from pipelines.csv_text import cell_text

KEYS = ("alert_id", "trade_id", "authority", "reply_id", "state", "note", "assignee")
COLUMNS = frozenset(KEYS) | frozenset(lifecycle.FIELDS)
SHOWN = 20


class Reply(NamedTuple):
    """One reply: the line it stands on, its identity, and what it says (column: text, empty ones left out)."""

    line: int
    reply_id: str
    said: dict[str, str]


class Imported(NamedTuple):
    """How many replies were taken, and how many had been taken before."""

    imported: int
    known: int


def read_replies(path: Path) -> list[Reply]:
    """The replies of a file. ConfigError, naming file, line and column, with all problems at once."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as refusal:
        raise ConfigError(f"{path}: cannot be read: {refusal.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text.") from None
    problems: list[str] = []
    replies = []
    for line, row in _rows(text, path):
        said = {name: value for name, value in row.items() if value != ""}
        problems += [f"line {line}: {problem}" for problem in _problems(said)]
        replies.append(Reply(line, said.get("reply_id") or sha256(said), said))
    if problems:
        raise ConfigError(f"{path}: {_first(problems)}.")
    return replies


def _rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    if path.suffix.lower() in (".jsonl", ".json", ".ndjson"):
        for line, written in enumerate(text.split("\n"), start=1):
            if written.strip():
                yield line, _parsed(written, f"{path}: line {line}")
        return
    table = csv.DictReader(io.StringIO(text, newline=""))
    for row in table:
        if None in row or None in row.values():
            raise ConfigError(f"{path}: line {table.line_num} has more or fewer cells than the header.")
        yield table.line_num, {name.strip(): cell_text(value) for name, value in row.items()}


def _parsed(written: str, where: str) -> dict[str, str]:
    try:
        held: Any = json.loads(written)
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise ConfigError(f"{where}: not a JSON object.")
    return {name: "" if value is None else str(value) for name, value in held.items()}


def _problems(said: dict[str, str]) -> Iterator[str]:
    unknown = sorted(set(said) - COLUMNS)
    if unknown:
        yield f"unknown column {', '.join(unknown)}; known are {' '.join(sorted(COLUMNS))}"
    if not ("alert_id" in said or "trade_id" in said):
        yield "neither alert_id nor trade_id"
    if not {"state", "note", "assignee"} & said.keys():
        yield "says nothing: state, note or assignee is needed"
    if len(said.get("reply_id", "")) > PHRASE_LENGTH:
        yield "reply_id is too long"


def import_replies(connection: Connection, replies: Sequence[Reply], by: Handling, place: str) -> Imported:
    """Take `replies` in their order. HandlingError, naming lines, if one cannot be taken; then none is to be."""
    problems, taken, known = [], 0, 0
    for reply in replies:
        try:
            fresh = _take(connection, reply, by)
        except HandlingError as refusal:
            problems.append(f"line {reply.line}: {refusal}")
            continue
        taken += fresh
        known += not fresh
    if problems:
        raise HandlingError(f"{place}: nothing was imported: {_first(problems)}")
    return Imported(taken, known)


def _take(connection: Connection, reply: Reply, by: Handling) -> bool:
    said = reply.said
    alert = find(connection, said.get("alert_id") or said["trade_id"], by.reader, said.get("authority"))
    if _is_known(connection, alert, reply):
        return False
    details = {name: said[name] for name in lifecycle.FIELDS if name in said}
    if "state" in said:
        alert = set_state(connection, alert, said["state"], details, by)
    if "assignee" in said:
        alert = handling.assign(connection, alert, said["assignee"], by)
    told = event("imported", by.actor, by.now, alert, new_value=reply.reply_id, note=said.get("note"))
    apply(connection, alert, {}, told, by)
    return True


def _is_known(connection: Connection, alert: Row, reply: Reply) -> bool:
    there = (
        select(EVENTS.c.seq)
        .where(EVENTS.c.alert_id == alert["alert_id"], EVENTS.c.kind == "imported")
        .where(EVENTS.c.new_value == reply.reply_id)
    )
    return connection.execute(there.limit(1)).first() is not None


def _first(problems: Sequence[str]) -> str:
    more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return "; ".join(problems[:SHOWN]) + more
