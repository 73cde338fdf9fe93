"""The alert store: a scan goes in whole, once, or not at all; alerts come out with their reasons."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from detector.errors import SinkError
from detector.scan import Scan
from detector.workdays import Calendar
from pipelines.alerts import suppression
from pipelines.alerts.absence import Unflagged
from pipelines.alerts.cards import card, rule_cards, write_cards
from pipelines.alerts.contention import busy, met_another
from pipelines.alerts.due_dates import first_dues
from pipelines.alerts.events import append_events, locked_end
from pipelines.alerts.fingerprint import TRADE, trade_fingerprint
from pipelines.alerts.judging import model_changed
from pipelines.alerts.merging import Merge
from pipelines.alerts.migrating import prepare, require
from pipelines.alerts.rows import Entry, entry, storable
from pipelines.alerts.runs import Row, run_row
from pipelines.alerts.tables import ALERTS, REASONS, RUNS
from pipelines.alerts.veiling import Veils
from pipelines.database import connecting, masked


class Receipt(NamedTuple):
    """What a run brought into the store: alerts that are new, known with other evidence, known and unchanged.

    `reopened` were ended and are open again. Of the open alerts it did not flag, `cleared` show nothing any more
    after a correction, `absent` (those among them) were looked for and not found, `withdrawn` have no record at
    the source any more. `hidden` are flagged alerts under a suppression or snooze.
    Where the same run was there already nothing is written and nothing is new: all flags count as seen.
    """

    run_id: str
    new: int
    changed: int
    seen: int
    written: bool
    reopened: int = 0
    cleared: int = 0
    absent: int = 0
    withdrawn: int = 0
    hidden: int = 0


def record(
    scan: Scan,
    url: str,
    *,
    authority: str,
    started_at: datetime,
    now: datetime,
    config: Mapping[str, Any],
    notes: Mapping[str, Any] | None = None,
    sealed: Mapping[str, datetime] = MappingProxyType({}),
    calendar: Calendar | None = None,
) -> Receipt:
    """Merge the flags of `scan` into the alerts at `url`, in one transaction.

    The tables are created where they are missing. A run over the same records with the same settings, model
    and code is found again and writes nothing. `started_at` and `now` (the end) are kept with the run and in its
    events only: alerts carry the date of the records. Secrets in `config` are masked before it is stored. `notes`
    join the manifest of the run and are no part of its identity. `sealed`: trades that were kept from the scan
    because their bids are not opened yet, and when they will be. `calendar`: by whose working days new alerts have
    to be taken up, counted from `now`; without one they have no due date. It is no part of the run's identity.
    Raises SinkError if the database refuses or its tables have other columns, StoreBusyError if another scan
    wrote meanwhile; then nothing was written.
    """
    run = storable(run_row(scan, authority, started_at, now, config, notes))
    written = write_once(url, run, lambda connection: merge(connection, run, scan, sealed, calendar))
    return written or Receipt(run["run_id"], 0, 0, len(scan.flags), written=False)


def write_once(url: str, run: Row, write: Callable[[Connection], Receipt]) -> Receipt | None:
    """Let `write` bring in `run` in one transaction, under the lock of the store; None if the run is there."""
    with connecting(url, SinkError) as engine:
        try:
            prepare(engine)
            with engine.connect() as connection:
                if _is_there(connection, run):
                    return None
            with engine.begin() as connection:
                # The lock comes before anything is read: what is read afterwards stays true.
                locked_end(connection)
                return None if _is_there(connection, run) else write(connection)
        except DBAPIError as refusal:
            if met_another(refusal):
                raise busy(engine) from None
            raise


def merge(
    connection: Connection,
    run: Row,
    scan: Scan,
    sealed: Mapping[str, datetime] = MappingProxyType({}),
    calendar: Calendar | None = None,
) -> Receipt:
    """Write one run within the transaction of `connection`, which has locked the chain of events."""
    write_cards(connection, [card(feature) for feature in scan.table.features])
    if scan.rules is not None:
        write_cards(connection, rule_cards(scan.rules.book))
    before = _last_run(connection, run["authority"])
    changed = before is not None and before["model_sha"] != run["model_sha"]
    # Without a given model each scan fits its own, as it has been told to.
    replaced = changed and any("model" in json.loads(one["config"]) for one in (run, before) if one)
    if before is not None and replaced:
        append_events(connection, [model_changed(run["authority"], before["model_sha"], run)])
    veils = Veils(suppression.active(connection, run["finished_at"]), scan.records, run["finished_at"])
    dues = first_dues(run["finished_at"], calendar)
    night = Merge(connection, run, veils, dues, model_replaced=replaced)
    night.flagged(_entries(scan, run))
    night.unflagged(Unflagged(scan, sealed).absences)
    night.finish()
    return receipt_of(run, night.tally)


def receipt_of(run: Row, tally: Mapping[str, int]) -> Receipt:
    """The receipt of a run that was written, from what its merge counted."""
    return Receipt(
        run["run_id"],
        tally["new"],
        tally["changed"],
        tally["seen"],
        written=True,
        reopened=tally["reopened"],
        cleared=tally["cleared"],
        absent=tally["absent"] + tally["cleared"],
        withdrawn=tally["withdrawn"],
        hidden=tally["hidden"],
    )


def _entries(scan: Scan, run: Row) -> Iterator[Entry]:
    """The flags as rows, in the order of their fingerprints; each is made when its turn comes."""
    identities = [trade_fingerprint(run["authority"], flag.trade_id) for flag in scan.flags]
    for place in sorted(range(len(identities)), key=identities.__getitem__):
        yield entry(scan.flags[place], scan, run)


def _is_there(connection: Connection, run: Row) -> bool:
    return connection.execute(select(RUNS.c.run_id).where(RUNS.c.run_id == run["run_id"])).first() is not None


def _last_run(connection: Connection, authority: str) -> Row | None:
    newest = (
        select(RUNS.c.model_sha, RUNS.c.config)
        .where(RUNS.c.authority == authority)
        .order_by(RUNS.c.finished_at.desc(), RUNS.c.as_of.desc(), RUNS.c.run_id)
        .limit(1)
    )
    found = connection.execute(newest).mappings().first()
    return dict(found) if found else None


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


def _rows(connection: Connection, statement: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(statement).mappings()]
