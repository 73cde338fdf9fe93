"""The alert store: a scan goes in whole, once, or not at all; alerts come out with their reasons."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from detector.errors import SinkError, StoreBusyError
from detector.scan import Scan
from pipelines.alerts.fingerprint import TRADE
from pipelines.alerts.rows import Entry, entry, storable
from pipelines.alerts.runs import Row, run_row
from pipelines.alerts.tables import ALERTS, OBSERVATIONS, REASONS, RUNS, prepare, require
from pipelines.database import connecting, masked

# Oracle takes at most 1,000 values in a list, SQL Server 2,100 in a statement.
KEYS_AT_ONCE = 500
# Two writers met: a key or table name that was free a moment ago, a lock, a deadlock. By SQLSTATE, number or
# words, because servers answer in the language of their site.
MET = re.compile(
    r"\b(23505|40001|40P01|42P07|55P03)\b|ORA-00(001|054|060|955)|\b(1050|1062|1205|1213|2601|2627|2714)\b"
    r"|unique|duplicate|already exists|database is locked|deadlock|lock wait|could not serialize",
    re.IGNORECASE,
)


class Receipt(NamedTuple):
    """What a run brought into the store: alerts that are new, known with other evidence, known and unchanged.

    Where the same run was there already nothing is written and nothing is new: all flags count as seen.
    """

    run_id: str
    new: int
    changed: int
    seen: int
    written: bool


def record(
    scan: Scan,
    url: str,
    *,
    authority: str,
    started_at: datetime,
    now: datetime,
    config: Mapping[str, Any],
    notes: Mapping[str, Any] | None = None,
) -> Receipt:
    """Merge the flags of `scan` into the alerts at `url`, in one transaction.

    The tables are created where they are missing. A run over the same records with the same settings, model
    and code is found again and writes nothing. `started_at` and `now` (the end) are kept with the run only:
    alerts carry the date of the records. Secrets in `config` are masked before it is stored. `notes` join the
    manifest of the run and are no part of its identity.
    Raises SinkError if the database refuses or its tables have other columns, StoreBusyError if another scan
    wrote meanwhile; then nothing was written.
    """
    run = run_row(scan, authority, started_at, now, config, notes)
    entries = sorted((entry(flag, scan, run) for flag in scan.flags), key=lambda one: one.fingerprint)
    with connecting(url, SinkError) as engine:
        try:
            prepare(engine)
            with engine.begin() as connection:
                return merge(connection, run, entries)
        except DBAPIError as refusal:
            if _met_another(refusal):
                raise _busy(engine) from None
            raise


def merge(connection: Connection, run: Row, entries: Sequence[Entry]) -> Receipt:
    """Write one run within the transaction of `connection`; nothing if the run is there already."""
    there = connection.execute(select(RUNS.c.run_id).where(RUNS.c.run_id == run["run_id"])).first()
    if there is not None:
        return Receipt(run["run_id"], 0, 0, len(entries), written=False)
    known = _known(connection, entries)
    fresh = [one for one in entries if one.fingerprint not in known]
    again = [one for one in entries if one.fingerprint in known]
    changed = sum(_is_news(one, known[one.fingerprint]) for one in again)
    receipt = Receipt(run["run_id"], len(fresh), changed, len(again) - changed, written=True)
    counts = {"new_n": receipt.new, "changed_n": receipt.changed, "seen_n": receipt.seen}
    _insert(connection, RUNS, [storable({**run, **counts})])
    _insert(
        connection, ALERTS, [{**one.origin, **one.picture, "seen_n": 1, "row_version": 1} for one in fresh]
    )
    for one in again:
        _see_again(connection, one, known[one.fingerprint])
    _insert(connection, OBSERVATIONS, [one.observation for one in entries])
    _insert(connection, REASONS, [reason for one in entries for reason in one.reasons])
    return receipt


def read_alerts(url: str, limit: int = 40) -> list[Row]:
    """The first `limit` alerts by level, score and money, as rows of the alert table.

    Raises SinkError if no scan has written there.
    """
    order = (
        ALERTS.c.alert_level.desc(),
        ALERTS.c.score.desc(),
        # Databases differ in where they sort what is unknown.
        func.coalesce(ALERTS.c.amount, -1).desc(),
        ALERTS.c.fingerprint,
    )
    with connecting(url, SinkError, must_exist=True) as engine:
        require(engine)
        with engine.connect() as connection:
            return _rows(connection, select(ALERTS).order_by(*order).limit(limit))


def read_alert(url: str, trade_id: str, authority: str | None = None) -> Row:
    """The alert on a trade, with the reasons of the run that saw it last under ``"reasons"``.

    Raises SinkError if there is none, or if several authorities have such a trade and none is named.
    """
    subject = storable({"subject_id": trade_id})["subject_id"]
    wanted = select(ALERTS).where(ALERTS.c.subject_type == TRADE, ALERTS.c.subject_id == subject)
    with connecting(url, SinkError, must_exist=True) as engine:
        require(engine)
        with engine.connect() as connection:
            # Databases differ in whether upper case and trailing spaces count.
            alerts = [row for row in _rows(connection, wanted) if row["subject_id"] == subject]
            alert = _only(alerts, trade_id, authority, masked(engine.url))
            reasons = (
                select(REASONS)
                .where(
                    REASONS.c.run_id == alert["last_seen_run"], REASONS.c.fingerprint == alert["fingerprint"]
                )
                .order_by(REASONS.c.seq)
            )
            return {**alert, "reasons": _rows(connection, reasons)}


def _only(alerts: Sequence[Row], trade_id: str, authority: str | None, place: str) -> Row:
    if authority is not None:
        alerts = [row for row in alerts if row["authority"] == authority.strip()]
    if not alerts:
        raise SinkError(
            f"{place}: no alert on trade {trade_id!r}. Check the identifier; not every trade has one."
        )
    if len(alerts) > 1:
        names = ", ".join(sorted(row["authority"] for row in alerts))
        raise SinkError(
            f"{place}: trade {trade_id!r} has alerts of several authorities. Name one of: {names}."
        )
    return alerts[0]


def _known(connection: Connection, entries: Sequence[Entry]) -> dict[str, Row]:
    """What the store holds of the alerts in `entries`, by fingerprint."""
    columns = (ALERTS.c.fingerprint, ALERTS.c.evidence_sha, ALERTS.c.last_seen_at, ALERTS.c.seen_n)
    held: dict[str, Row] = {}
    for start in range(0, len(entries), KEYS_AT_ONCE):
        keys = [one.fingerprint for one in entries[start : start + KEYS_AT_ONCE]]
        wanted = select(*columns, ALERTS.c.row_version).where(ALERTS.c.fingerprint.in_(keys))
        held |= {row["fingerprint"]: row for row in _rows(connection, wanted)}
    return held


def _is_outdated(one: Entry, held: Row) -> bool:
    """Whether a later state of the records was seen before: a rescan of last March must not undo April."""
    return bool(one.picture["last_seen_at"] < held["last_seen_at"])


def _is_news(one: Entry, held: Row) -> bool:
    return not _is_outdated(one, held) and one.picture["evidence_sha"] != held["evidence_sha"]


def _see_again(connection: Connection, one: Entry, held: Row) -> None:
    """Bring a known alert up to date; what people decided about it, and when it was first seen, stays."""
    picture = {} if _is_outdated(one, held) else one.picture
    found = connection.execute(
        update(ALERTS)
        .where(ALERTS.c.fingerprint == one.fingerprint, ALERTS.c.row_version == held["row_version"])
        .values(**picture, seen_n=held["seen_n"] + 1, row_version=held["row_version"] + 1)
    )
    if found.rowcount != 1:
        raise _busy(connection.engine)


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        connection.execute(insert(table), list(rows))


def _rows(connection: Connection, statement: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(statement).mappings()]


def _met_another(refusal: DBAPIError) -> bool:
    state = getattr(refusal.orig, "sqlstate", None) or getattr(refusal.orig, "pgcode", None) or ""
    # What follows DETAIL are values of rows.
    return MET.search(f"{state} {refusal.orig}".split("DETAIL:")[0]) is not None


def _busy(engine: Engine) -> StoreBusyError:
    return StoreBusyError(
        f"{masked(engine.url)}: another scan is writing to this alert store. Nothing was written; run again."
    )
