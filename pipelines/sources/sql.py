"""Reading the canonical tables from any database, read-only, all of them as of one instant."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, Select, column, inspect, select, table

from detector import schema
from detector.errors import SourceError
from pipelines.database import connecting, masked

CHUNK = 20_000
NEEDED = ("trades", "bids")


class ReadTables(NamedTuple):
    """Frames as the database holds them, for `Records.build`, which checks them.

    `absent` names tables ("contracts") and columns ("trades.ceiling") that the database does not have.
    """

    frames: dict[str, pd.DataFrame]
    absent: frozenset[str]


def read_tables(url: str) -> ReadTables:
    """Read what there is of the canonical tables, each ordered by its key.

    One read-only transaction: a load that goes on meanwhile is seen whole or not at all.
    Raises SourceError, secrets masked, if the database refuses or lacks a table or column that is needed.
    """
    with connecting(url, SourceError, must_exist=True) as engine, reading(engine) as connection:
        present = _present(connection)
        _check(present, masked(url))
        frames = {name: _frame(connection, schema.TABLES[name], names) for name, names in present.items()}
    absent = {name for name in schema.TABLES if name not in present}
    for name, names in present.items():
        absent |= {f"{name}.{column}" for column in schema.TABLES[name].names if column not in names}
    return ReadTables(frames, frozenset(absent))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection in a read-only transaction that sees the database as of one instant, where it can."""
    options: dict[str, Any] = {"stream_results": True}
    dialect = engine.dialect.name
    if dialect == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    elif dialect in ("mysql", "mariadb"):
        options |= {"isolation_level": "REPEATABLE READ"}
    with engine.connect() as connection:
        connection = connection.execution_options(**options)
        if dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("BEGIN")
        elif dialect == "oracle":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        yield connection
        connection.rollback()


def _present(connection: Connection) -> dict[str, list[str]]:
    """Canonical columns that exist, by table, in canonical order."""
    inspector = inspect(connection)
    tables = set(inspector.get_table_names()) | set(inspector.get_view_names())
    present = {}
    for name, declared in schema.TABLES.items():
        if name in tables:
            found = {told["name"] for told in inspector.get_columns(name)}
            present[name] = [column for column in declared.names if column in found]
    return present


def _check(present: dict[str, list[str]], place: str) -> None:
    missing = [name for name in NEEDED if name not in present]
    remedy = (
        "Load records with 'detector load', or offer views with these names (data/README.md has the columns)."
    )
    if missing:
        raise SourceError(f"{place}: table {', '.join(missing)} not found. {remedy}")
    columns = [
        f"{name}.{column.name}"
        for name, names in present.items()
        for column in schema.TABLES[name].columns
        if not column.nullable and column.name not in names
    ]
    if columns:
        raise SourceError(f"{place}: column {', '.join(columns)} not found. {remedy}")


def _frame(connection: Connection, declared: schema.Table, names: list[str]) -> pd.DataFrame:
    """One table. Columns are untyped: what the driver hands out is cheaper, and the contract reads it."""
    source = table(declared.name, *(column(name) for name in names))
    statement: Select[Any] = select(*(source.c[name] for name in names)).order_by(
        *(source.c[name] for name in declared.key)
    )
    pieces: dict[str, list[Any]] = {name: [] for name in names}
    spellings: dict[str, str] = {}
    for rows in connection.execute(statement).partitions(CHUNK):
        for name, values in zip(names, zip(*rows, strict=True), strict=True):
            pieces[name].append(_compact(declared[name], values, spellings))
    return pd.DataFrame({name: _joined(parts) for name, parts in pieces.items()}, columns=names)


def _compact(declared: schema.Column, values: tuple[Any, ...], spellings: dict[str, str]) -> Any:
    """Values of one column as a small array; as they came where one of them is not of the declared type."""
    if declared.type in ("money", "number", "count", "flag"):
        try:
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        except (ValueError, TypeError, OverflowError):
            return np.array(values, dtype=object)
    if declared.type == "instant":
        try:
            parsed = pd.to_datetime(pd.Series(values, dtype=object), utc=True, format="ISO8601")
            return parsed.dt.tz_localize(None).to_numpy().astype("datetime64[s]")
        except (ValueError, TypeError, OverflowError):
            return np.array(values, dtype=object)
    shared = np.empty(len(values), dtype=object)
    shared[:] = [spellings.setdefault(value, value) if isinstance(value, str) else value for value in values]
    return shared


def _joined(parts: list[Any]) -> Any:
    """Pieces of a column as one; plain values where the pieces differ in kind."""
    if not parts:
        return np.empty(0, dtype=object)
    if len({part.dtype for part in parts}) == 1:
        return np.concatenate(parts)
    return np.concatenate([pd.Series(part).astype(object).to_numpy() for part in parts])
