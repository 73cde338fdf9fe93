"""Merging processes into the canonical tables: what is new, what changed, what vanished.

A newer release replaces the whole process; rows that it no longer holds are removed. Nothing is written where
nothing differs, so a load that is repeated changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, MetaData, Table, and_, bindparam, delete, insert, select, update

from detector.schema import TABLES
from pipelines.sources.ocds import Process
from pipelines.sources.parties import PartyLedger
from pipelines.sources.rows import Row

IN_LIST = 500
BATCH = 10_000
OF_A_PROCESS = ("trades", "bids", "contracts", "changes", "payments")
PROCESS = TABLES["trades"].names.index("process_id")
RECORDED = TABLES["trades"].names.index("recorded_at")
TRADE_OF = {name: TABLES[name].names.index("trade_id") for name in OF_A_PROCESS}
KEY_LENGTH = {name: len(table.key) for name, table in TABLES.items()}


class Counts(NamedTuple):
    """What a load did to the rows of one table."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


class Difference(NamedTuple):
    """Rows of one table to insert, to update and to delete (keys only)."""

    new: list[Row]
    changed: list[Row]
    unchanged: int
    removed: list[Row]


class Merge:
    """One load into the tables of `metadata`, inside the transaction of `connection`."""

    def __init__(self, connection: Connection, metadata: MetaData) -> None:
        self._connection = connection
        self._tables = metadata.tables
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in TABLES}
        self._parties = PartyLedger()
        self.stale = 0

    def add(self, batch: Sequence[Process]) -> None:
        """Bring the processes of a batch into the tables; one that is stored newer is left alone, as stale."""
        stored = self._stored(batch)
        differences: dict[str, list[Difference]] = {name: [] for name in OF_A_PROCESS}
        for process in batch:
            former = stored[process.process_id]
            if _is_stale(process, former["trades"]):
                self.stale += 1
                continue
            differs = False
            for name in OF_A_PROCESS:
                difference = _difference(getattr(process, name), former[name], KEY_LENGTH[name])
                differences[name].append(difference)
                differs |= bool(difference.new or difference.changed or difference.removed)
            self._parties.note(process, differs=differs)
        for name in OF_A_PROCESS:
            self._apply(name, differences[name])

    def finish(self) -> dict[str, Counts]:
        """Write the parties and tell what was done, by table."""
        table = self._tables["parties"]
        for ids in _chunks(self._parties.ids, BATCH):
            stored = list(self._rows(table, "party_id", ids))
            difference = _difference(self._parties.merged(ids, stored), stored, KEY_LENGTH["parties"])
            self._apply("parties", [difference._replace(removed=[])])
        return {name: Counts(**counter) for name, counter in self._counts.items()}

    def _stored(self, batch: Sequence[Process]) -> dict[str, dict[str, list[Row]]]:
        """Rows in the database of the processes of a batch, by process and table."""
        stored: dict[str, dict[str, list[Row]]] = {
            process.process_id: {name: [] for name in OF_A_PROCESS} for process in batch
        }
        owner = {row[0]: process.process_id for process in batch for row in process.trades}
        trades = {row[0]: row for row in self._rows(self._tables["trades"], "process_id", stored)}
        trades |= {row[0]: row for row in self._rows(self._tables["trades"], "trade_id", owner)}
        for trade_id, row in trades.items():
            process_id = owner.get(trade_id, row[PROCESS])
            if process_id in stored:  # a database that ignores case may hand out another one
                owner[trade_id] = process_id
                stored[process_id]["trades"].append(row)
        for name in OF_A_PROCESS[1:]:
            for row in self._rows(self._tables[name], "trade_id", owner):
                if row[TRADE_OF[name]] in owner:
                    stored[owner[row[TRADE_OF[name]]]][name].append(row)
        return stored

    def _rows(self, table: Table, column: str, values: Iterable[str]) -> Iterator[Row]:
        for chunk in _chunks(sorted(values), IN_LIST):
            for row in self._connection.execute(select(table).where(table.c[column].in_(chunk))):
                yield tuple(row)

    def _apply(self, name: str, differences: Sequence[Difference]) -> None:
        table, key = self._tables[name], TABLES[name].key
        names = TABLES[name].names
        removed = [row for difference in differences for row in difference.removed]
        new = [row for difference in differences for row in difference.new]
        changed = [row for difference in differences for row in difference.changed]
        identified = and_(*(table.c[column] == bindparam(f"key_{column}") for column in key))
        if removed:
            keys = [
                {f"key_{column}": value for column, value in zip(key, row, strict=False)} for row in removed
            ]
            self._connection.execute(delete(table).where(identified), keys)
        if new:
            self._connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in new])
        if changed:
            renamed = [f"key_{column}" if column in key else column for column in names]
            values: dict[str, Any] = {column: bindparam(column) for column in names if column not in key}
            rows = [dict(zip(renamed, row, strict=True)) for row in changed]
            self._connection.execute(update(table).where(identified).values(values), rows)
        unchanged = sum(difference.unchanged for difference in differences)
        self._counts[name].update(
            new=len(new), changed=len(changed), unchanged=unchanged, removed=len(removed)
        )


def _is_stale(process: Process, stored: Iterable[Row]) -> bool:
    """Whether the database holds a newer release; an undated one never replaces a dated one."""
    dates = [row[RECORDED] for row in stored if row[RECORDED] is not None]
    return bool(dates) and (process.recorded_at is None or process.recorded_at < max(dates))


def _difference(incoming: Iterable[Row], stored: Iterable[Row], key_length: int) -> Difference:
    former = {row[:key_length]: row for row in stored}
    new, changed, unchanged = [], [], 0
    for row in incoming:
        known = former.pop(row[:key_length], None)
        if known is None:
            new.append(row)
        elif known != row:
            changed.append(row)
        else:
            unchanged += 1
    return Difference(new, changed, unchanged, list(former))


def _chunks(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
