"""Records from a snapshot: what was conformed when it was pulled need not be read text by text again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from detector.contract import Conformed, Problem, set_repeated_aside
from detector.errors import SourceError
from detector.reading import empty
from detector.records import Records
from detector.schema import TABLES, Table
from pipelines.sealing import opened
from pipelines.snapshot.chunks import in_order, repeats
from pipelines.snapshot.shapes import ASIDE, schema_of
from pipelines.snapshot.store import SnapshotFolder, Version


class ReadSnapshot(NamedTuple):
    """Records that may be computed on, the version they come from, and when the bids of the others will be
    opened.
    """

    records: Records
    version: Version
    sealed: Mapping[str, datetime]


def read_snapshot(folder: Path, as_of: datetime | None, now: datetime) -> ReadSnapshot:
    """Records of the snapshot in `folder` as they were known at `as_of`; instants after `now` are not
    believed.

    An earlier `as_of` is answered from the version that was the snapshot on that day, as far back as they
    reach.
    Raises SourceError if there is no snapshot, or a file of it is missing or damaged.
    """
    store = SnapshotFolder(folder)
    version = version_at(store, as_of)
    if version is None:
        raise SourceError(f"{folder} holds no snapshot. Pull one first with 'detector extract'.")
    held = [table for name, table in TABLES.items() if name not in version.absent]
    rows = {table.name: _rows(store, version, table) for table in held}
    repeated = {table.name for table in held if repeats(rows[table.name], list(table.key))}
    frames, sealed = opened({table.name: _frame(table, rows.pop(table.name)) for table in held}, _naive(now))
    conformed = {
        table.name: _conformed(table, frames.pop(table.name), version, _aside(store, version, table, sealed))
        for table in held
    }
    for name in repeated:
        found = set_repeated_aside(TABLES[name], conformed[name].frame, version.source)
        conformed[name] = conformed[name]._replace(
            frame=found.frame, problems=conformed[name].problems + found.problems
        )
    moment = None if as_of is None else _naive(as_of)
    records = Records.of_conformed(conformed, moment, version.source, _naive(now))
    return ReadSnapshot(records, version, sealed)


def version_at(store: SnapshotFolder, as_of: datetime | None) -> Version | None:
    """The version to answer from: the first one pulled at `as_of` or later, for it knew all of that day.

    The last one where all are older, or no day is asked for.
    """
    numbers = store.numbers()
    if not numbers:
        return None
    if as_of is not None:
        for number in numbers:
            version = store.version(number)
            if _naive(datetime.fromisoformat(version.pulled_at)) >= _naive(as_of):
                return version
    return store.version(numbers[-1])


def _rows(store: SnapshotFolder, version: Version, table: Table) -> pa.Table:
    """All rows of a table, sorted by its key."""
    chunks = version.content[table.name]
    whole = pa.concat_tables([schema_of(table.name).empty_table(), *(store.load(chunk) for chunk in chunks)])
    return in_order(whole, list(table.key))


def _aside(
    store: SnapshotFolder, version: Version, table: Table, sealed: Mapping[str, datetime]
) -> tuple[Problem, ...]:
    """What was set aside of a table. Of a sealed trade nothing is told."""
    hanging = "trade_id" in table.names
    return tuple(
        Problem(version.source, table.name, *told)
        for chunk in version.content[table.name + ASIDE]
        for anchor, *told in zip(*(column.to_pylist() for column in store.load(chunk).columns), strict=True)
        if not (hanging and anchor in sealed)
    )


def _conformed(
    table: Table, frame: pd.DataFrame, version: Version, problems: tuple[Problem, ...]
) -> Conformed:
    missing = {name.partition(".")[2] for name in version.absent if name.startswith(f"{table.name}.")}
    return Conformed(frame, problems, frozenset(missing))


def _frame(table: Table, rows: pa.Table) -> pd.DataFrame:
    """Columns as the contract has them: float64, datetime64[s], texts."""
    columns: dict[str, pd.Series] = {}
    for column in table.columns:
        values = rows.column(column.name)
        if values.null_count == len(values):
            columns[column.name] = empty(column, len(values))
        elif pa.types.is_string(values.type):
            columns[column.name] = values.to_pandas()
        elif column.type == "instant":
            columns[column.name] = pd.Series(values.to_numpy().astype("datetime64[s]"))
        else:
            columns[column.name] = pd.Series(pc.cast(values, pa.float64()).to_numpy())
    return pd.DataFrame(columns, copy=False)


def _naive(moment: datetime) -> np.datetime64:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "s")
