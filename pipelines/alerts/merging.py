"""One run into the alert store, in one transaction: judge, stage, one UPDATE, one INSERT, events and outbox.

The alerts pass in blocks, in the order of their fingerprints, so that memory is bounded and the same run writes
the same rows in the same order wherever and however often it is tried.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Insert,
    Numeric,
    Select,
    Update,
    delete,
    exists,
    insert,
    null,
    select,
    type_coerce,
    update,
)

from detector.schema import MONEY_DECIMALS, MONEY_DIGITS
from pipelines.alerts import lifecycle
from pipelines.alerts.bulk import enlarge_cache, insert_rows
from pipelines.alerts.contention import busy
from pipelines.alerts.due_dates import UNDATED, Due
from pipelines.alerts.events import append_events
from pipelines.alerts.judging import HIDDEN, Absence, Veil, Verdict, absent, again, first
from pipelines.alerts.rows import Entry, storable
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import ALERTS, EVENTS, OBSERVATIONS, OUTBOX, REASONS, RUNS, STAGE

# Oracle takes at most 1,000 values in a list, SQL Server 2,100 in a statement.
KEYS_AT_ONCE = 500
BLOCK = 5_000
# Set when an alert is made and never again, or by people only.
KEPT = frozenset({
    "alert_id", "fingerprint", "authority", "subject_type", "subject_id", "detector_family", "period",
    "first_seen_run", "first_seen_at", "proposed_detail", "assignee", "snoozed_until",
})  # fmt: skip
REPLACED = tuple(column.name for column in ALERTS.columns if column.name not in KEPT)
STAGED = tuple(column.name for column in STAGE.columns)
CHANGED = ("fingerprint", *REPLACED)
# Drivers whose fastest way in takes rows to the alert table itself: what is new need not pass the stage. The lock
# on the chain keeps others from adding the same meanwhile; should one do so all the same, the key refuses it.
DIRECT = frozenset({"pysqlite", "psycopg"})
# Databases that take UPDATE ... FROM or its like; the others get one subquery a column.
JOINING = frozenset(
    {"sqlite", "postgresql", "kingbase", "opengauss", "mysql", "mariadb", "oceanbase", "mssql"}
)
OLDEST_JOINING_SQLITE = (3, 33)

Item = TypeVar("Item")
Veils = Callable[[Row], Veil]
Absences = Callable[[Sequence[Row]], Sequence[Absence]]


class Merge:
    """The merge of one run, within the transaction of `connection`, whose chain of events it has locked.

    `veils` says of an alert's row whether it is hidden; `model_replaced`: another model was given than last time;
    `dues`: when what is new has to be taken up, by level.
    """

    def __init__(
        self,
        connection: Connection,
        run: Row,
        veils: Veils,
        dues: Mapping[int, Due] = MappingProxyType({}),
        *,
        model_replaced: bool,
    ) -> None:
        self._connection, self._run, self._veils, self._dues = connection, run, veils, dues
        self._replaced = model_replaced
        self._direct = connection.dialect.driver in DIRECT
        enlarge_cache(connection)
        self._alerts = held_alerts(connection)
        self.tally: Counter[str] = Counter()
        self._staged = {"new": 0, "known": 0}

    def flagged(self, entries: Iterable[Entry]) -> None:
        """Judge and stage what the scan flagged, in the order of fingerprints, and write its observations."""
        for block in blocks(entries, BLOCK):
            known = self._known([one.fingerprint for one in block])
            verdicts = [self._judged(one, known.get(one.fingerprint)) for one in block]
            self._stage(verdicts)
            hidden = [verdict.row["hidden"] for verdict in verdicts]
            observed = [{**one.observation, "hidden": veil} for one, veil in zip(block, hidden, strict=True)]
            self.tally["hidden"] += hidden.count(HIDDEN)
            insert_rows(self._connection, OBSERVATIONS, observed)
            insert_rows(self._connection, REASONS, [reason for one in block for reason in one.reasons])

    def unflagged(self, absences: Absences) -> None:
        """Judge and stage the open alerts of the authority that the scan did not flag."""
        for block in self._standing():
            told = absences(block)
            judged = (
                absent(held, absence, self._run, self._veils(held))
                for held, absence in zip(block, told, strict=True)
            )
            self._stage([verdict for verdict in judged if verdict is not None])

    def finish(self) -> None:
        """Bring the staged rows into the alert table and what is news into the outbox; write the run's own row."""
        connection = self._connection
        if self._staged["known"]:
            self._expect(connection.execute(update_statement(connection)).rowcount, "known")
        if self._staged["new"]:
            self._expect(connection.execute(INSERT_NEW).rowcount, "new")
        if any(self._staged.values()):
            connection.execute(delete(STAGE))
        connection.execute(outbox_from_events(self._run["run_id"]))
        counts = {f"{name}_n": self.tally[name] for name in TALLIES}
        counts["absent_n"] += self.tally["cleared"]
        connection.execute(insert(RUNS), [storable({**self._run, **counts})])

    def _judged(self, one: Entry, held: Row | None) -> Verdict:
        due = self._dues.get(one.picture["alert_level"], UNDATED)
        if held is None:
            return first(one, self._run, self._veils({**one.origin, **one.picture}), due)
        veil = self._veils({**held, **one.picture})
        return again(held, one, self._run, veil, due, replaced=self._replaced)

    def _stage(self, verdicts: Sequence[Verdict]) -> None:
        new = [one.row for one in verdicts if one.tally == "new"]
        known = [one.row for one in verdicts if one.tally != "new"]
        insert_rows(self._connection, ALERTS if self._direct else STAGE, new, STAGED)
        insert_rows(self._connection, STAGE, known, CHANGED)
        append_events(self._connection, [one.event for one in verdicts if one.event is not None])
        self.tally.update(one.tally for one in verdicts)
        self._staged["new"] += 0 if self._direct else len(new)
        self._staged["known"] += len(known)

    def _known(self, fingerprints: Sequence[str]) -> dict[str, Row]:
        held: dict[str, Row] = {}
        for keys in blocks(fingerprints, KEYS_AT_ONCE):
            found = self._connection.execute(self._alerts.where(ALERTS.c.fingerprint.in_(keys)))
            held |= {row["fingerprint"]: dict(row) for row in found.mappings()}
        return held

    def _standing(self) -> Iterator[list[Row]]:
        """Blocks of alerts that are open, of this run's authority, and not flagged by this run."""
        staged = exists().where(STAGE.c.fingerprint == ALERTS.c.fingerprint)
        after = ""
        while True:
            wanted = self._alerts.where(
                ALERTS.c.authority == self._run["authority"],
                ALERTS.c.state.in_(sorted(lifecycle.OPEN_STATES)),
                ALERTS.c.last_seen_at <= self._run["as_of"],
                ALERTS.c.last_seen_run != self._run["run_id"],
                ALERTS.c.fingerprint > after,
                ~staged,
            )
            found = self._connection.execute(wanted.order_by(ALERTS.c.fingerprint).limit(BLOCK)).mappings()
            block = [dict(row) for row in found]
            if not block:
                return
            yield block
            after = block[-1]["fingerprint"]

    def _expect(self, rowcount: int, staged: str) -> None:
        # Some drivers cannot count: -1.
        if rowcount not in (-1, self._staged[staged]):
            raise busy(self._connection.engine)


TALLIES = ("new", "changed", "seen", "reopened", "cleared", "absent", "withdrawn", "hidden")

INSERT_NEW = insert(ALERTS).from_select(
    STAGED,
    select(*(STAGE.c[name] for name in STAGED)).where(
        ~exists().where(ALERTS.c.fingerprint == STAGE.c.fingerprint).correlate(STAGE)
    ),
)


def update_statement(connection: Connection) -> Update:
    """All staged rows of known alerts into the alert table at once, in the words of the database."""
    dialect = connection.dialect
    joins = dialect.name in JOINING
    if dialect.name == "sqlite":
        joins = (dialect.server_version_info or (0,)) >= OLDEST_JOINING_SQLITE
    return joined_update() if joins else portable_update()


def joined_update() -> Update:
    """UPDATE ... FROM, or what the dialect has for it."""
    return update(ALERTS).where(*_STAGED_AFTER).values({name: STAGE.c[name] for name in REPLACED})


def portable_update() -> Update:
    """The same in standard SQL."""
    values = {
        name: select(STAGE.c[name]).where(*_STAGED_AFTER).correlate(ALERTS).scalar_subquery()
        for name in REPLACED
    }
    return update(ALERTS).where(exists().where(*_STAGED_AFTER).correlate(ALERTS)).values(values)


# A row that somebody changed since it was read has another version, and is not overwritten.
_STAGED_AFTER = (
    ALERTS.c.fingerprint == STAGE.c.fingerprint,
    ALERTS.c.row_version == STAGE.c.row_version - 1,
)


def outbox_from_events(run_id: str) -> Insert:
    """What receivers are to be told of a run. The payload is written by the relay."""
    told = EVENTS.c
    news = select(told.event_id, told.seq, told.alert_id, told.kind, told.event_id, null(), told.occurred_at)
    names = ("event_id", "seq", "alert_id", "topic", "dedup_key", "payload", "created_at")
    return insert(OUTBOX).from_select(
        names, news.where(told.run_id == run_id, told.is_news == 1, told.alert_id.is_not(None))
    )


def held_alerts(connection: Connection) -> Select[Any]:
    """The rows of the alert table, money to its last digit where the driver has decimals."""
    if connection.dialect.name == "sqlite":
        return select(ALERTS)
    exact = type_coerce(ALERTS.c.amount, Numeric(MONEY_DIGITS, MONEY_DECIMALS)).label("amount")
    return select(*(exact if column is ALERTS.c.amount else column for column in ALERTS.columns))


def blocks(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """`items` in their order, at most `size` at a time."""
    held = iter(items)
    while block := tuple(islice(held, size)):
        yield block
