"""The commands that read the alert store: list, show, export, verify-log. Readings of secrets are written down."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from detector.errors import ConfigError, SinkError
from pipelines import alert_console
from pipelines.acting import actor_of
from pipelines.alerts import listing, supervision
from pipelines.alerts.alert_documents import LEVELS, alert_document, event_document
from pipelines.alerts.anchors import Anchor, AnchorCheck, add_anchor, read_anchors
from pipelines.alerts.classification import CLASSES, Class
from pipelines.alerts.embargo import Reader
from pipelines.alerts.events import append_events, end_of_chain, event, faults, read_events
from pipelines.alerts.exports import FORMATS, json_lines, table_csv
from pipelines.alerts.handling import find
from pipelines.alerts.lifecycle import STATES
from pipelines.alerts.listing import Wanted
from pipelines.alerts.receivers import read_shape
from pipelines.alerts.runs import Row, utc
from pipelines.alerts.session import changing, reading, snapshot
from pipelines.commands import clock, emit, write
from pipelines.csv_text import csv_lines

LABEL_COLUMNS = (
    "trade_id", "label", "scheme", "authority", "alert_id", "alert_level", "score", "state", "disposition",
    "outcome_code", "episode", "run_id", "model_sha",
)  # fmt: skip
LABELS, SUPERVISION = "labels", "supervision"


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks at which store, and how much they may see."""

    url: str
    actor: str | None = None
    role: str | None = None
    clearance: str = "internal"
    as_json: bool = False

    @property
    def cleared(self) -> Class:
        """The clearance. ConfigError if there is no such one."""
        for known in CLASSES:
            if known == self.clearance:
                return known
        raise ConfigError(f"no clearance {self.clearance!r}; known are {', '.join(CLASSES)}.")

    def reader(self) -> Reader:
        """The reader at this moment."""
        return Reader(utc(clock()), self.role)


@contextmanager
def looking(sight: Sight, what: str, *, export: bool = False) -> Iterator[tuple[Connection, Reader]]:
    """A connection for a reading; it is written down first where secrets are seen or anything leaves the store."""
    reader = sight.reader()
    kinds = ["sealed_viewed"] if reader.sees_sealed else []
    kinds += ["viewed"] if sight.cleared == "sensitive" and not export else []
    kinds += ["exported"] if export else []
    if not kinds:
        with reading(sight.url) as connection:
            yield connection, reader
        return
    actor = actor_of(sight.actor, sight.role)
    with changing(sight.url) as connection:
        told = {"what": what, "clearance": sight.cleared}
        note = json.dumps(told, ensure_ascii=False)
        append_events(connection, [event(kind, actor, reader.now, note=note) for kind in kinds])
        yield connection, reader


def wanted_alerts(states: Sequence[str], levels: Sequence[str], **more: Any) -> Wanted:
    """The alerts that a command asks for. ConfigError if it names a state or level that there is not."""
    codes = {phrase.en: level for level, phrase in LEVELS.items()}
    unknown = [name for name in states if name not in STATES] + [name for name in levels if name not in codes]
    if unknown:
        raise ConfigError(
            f"not known: {', '.join(unknown)}; states are {' '.join(STATES)}, levels {' '.join(codes)}."
        )
    return Wanted(tuple(states), tuple(codes[name] for name in levels), **more)


def run_list(sight: Sight, wanted: Wanted, limit: int) -> None:
    """`detector alerts list`."""
    with looking(sight, "list") as (connection, reader):
        rows = listing.alerts(connection, wanted, reader, limit)
        total = listing.count(connection, wanted, reader)
    documents = [alert_document(row, sight.cleared) for row in rows]
    if sight.as_json:
        emit({"alerts": documents, "shown": len(documents), "total": total})
    else:
        write(alert_console.alert_lines(documents, total))


def run_show(sight: Sight, key: str, authority: str | None) -> None:
    """`detector alerts show`."""
    with looking(sight, f"show {key}") as (connection, reader):
        row = listing.account(connection, find(connection, key, reader, authority))
    document = alert_document(row, sight.cleared)
    document["narrative"] = row["narrative"]
    document["events"] = [event_document(one, sight.cleared) for one in row["events"]]
    if sight.as_json:
        emit(document)
    else:
        write(alert_console.account_lines(document))


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is exported, in which format, to which file (stdout without one)."""

    form: str
    out: Path | None
    authority: str | None
    everything: bool
    names: Path | None = None


def run_export(sight: Sight, request: ExportRequest) -> None:
    """`detector alerts export`: data to stdout or, whole or not at all, to a file."""
    forms = (*FORMATS, SUPERVISION, LABELS)
    if request.form not in forms:
        raise ConfigError(f"no format {request.form!r}; known are {', '.join(forms)}.")
    shape = read_shape(request.names) if request.names is not None else supervision.USUAL
    with looking(sight, f"export {request.form}", export=True) as (connection, reader):
        pieces = list(_pieces(connection, reader, request, sight.cleared, shape))
    if request.out is None:
        write_pieces(pieces)
    else:
        replace_file(request.out, pieces)


def _pieces(
    connection: Connection, reader: Reader, request: ExportRequest, clearance: Class, shape: supervision.Shape
) -> Iterable[str]:
    if request.form == LABELS:
        return labels_csv(listing.labels(connection, reader, request.authority))
    wanted = Wanted(authority=request.authority, everything=request.everything)
    rows = listing.alerts(connection, wanted, reader)
    if request.form == SUPERVISION:
        held = supervision.records(connection, shape, reader)
        chosen = [held[row["alert_id"]] for row in rows if row["alert_id"] in held]
        lined = request.out is None or request.out.suffix.lower() != ".csv"
        return json_lines(chosen) if lined else table_csv(chosen)
    told = listing.with_reasons(connection, rows)
    return FORMATS[request.form](alert_document(row, clearance) for row in told)


def labels_csv(rows: Iterable[Row]) -> Iterable[str]:
    """Labels as `detector backtest --truth` reads them: identifiers as they are, an unknown label empty."""
    return csv_lines(LABEL_COLUMNS, rows, codes=False)


def write_pieces(pieces: Iterable[str]) -> None:
    """Text on stdout as it is, whatever the console's encoding."""
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode("utf-8"))
    sys.stdout.buffer.flush()


def replace_file(path: Path, pieces: Iterable[str]) -> None:
    """Write a file whole or not at all. ConfigError where it cannot be written."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
        part.replace(path)
    except OSError as refusal:
        part.unlink(missing_ok=True)
        raise ConfigError(f"{path}: cannot be written: {refusal.strerror}.") from None


def run_verify(sight: Sight, anchor: Path | None) -> None:
    """`detector alerts verify-log`. SinkError, naming each event, if the trail is not whole."""
    now = sight.reader().now
    check = AnchorCheck(read_anchors(anchor)) if anchor is not None else AnchorCheck(())
    with snapshot(sight.url) as connection:
        end = end_of_chain(connection)
        found = [*faults(check.watch(read_events(connection)), end), *check.faults()]
    if found:
        listed = "; ".join(fault.what for fault in found[:SHOWN_FAULTS])
        more = f"; and {len(found) - SHOWN_FAULTS} more" if len(found) > SHOWN_FAULTS else ""
        raise SinkError(f"the audit trail is not whole 审计链不完整: {listed}{more}.")
    added = anchor is not None and end[0] > 0 and add_anchor(anchor, Anchor(now, *end))
    # No number of events: with one, what happens under embargo could be counted.
    document = {"whole": True, "head": end[1], "anchored": added}
    if sight.as_json:
        emit(document)
    else:
        write(alert_console.verified_lines(document))


SHOWN_FAULTS = 20
