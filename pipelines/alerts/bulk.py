"""Many rows into one table: row by row as every driver can, or the way a driver does it faster.

The faster ways give the driver what SQLAlchemy would have given it, a column at a time instead of a value at a
time; tests hold the rows of all ways against each other.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, DateTime, Numeric, Table, insert
from sqlalchemy.exc import DBAPIError

from pipelines.alerts.runs import Row

Columns = dict[str, Sequence[Any]]

# As SQLAlchemy writes an instant into SQLite.
SQLITE_INSTANT = "%Y-%m-%d %H:%M:%S.%f"
# With the two megabytes that SQLite takes unasked, many rows cost the reading of pages it has just put away.
SQLITE_CACHE_KIB = 65_536


def enlarge_cache(connection: Connection) -> None:
    """Room for many rows, where the program itself holds the pages. What is safe stays safe."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Row], names: Sequence[str] | None = None
) -> None:
    """Insert `rows` into `table`, within the transaction of `connection`.

    All rows have values for the columns `names`; without them for those of the first row.
    """
    if not rows:
        return
    names = names or list(rows[0])
    driver = connection.dialect.driver
    if driver == "psycopg":
        _copy(connection, table, _columns(table, rows, names))
    elif driver == "pysqlite":
        _plainly(connection, table, _columns(table, rows, names))
    else:
        connection.execute(insert(table), [{name: row[name] for name in names} for row in rows])


def _copy(connection: Connection, table: Table, columns: Columns) -> None:
    """PostgreSQL's COPY on the driver's own connection, in the same transaction."""
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for values in zip(*columns.values(), strict=True):
                copy.write_row(values)
    except connection.dialect.loaded_dbapi.Error as refusal:
        # As SQLAlchemy says it of every other statement.
        raise DBAPIError(statement, None, refusal) from None


def _plainly(connection: Connection, table: Table, columns: Columns) -> None:
    """SQLite's own executemany."""
    for name, values in columns.items():
        kind = table.c[name].type
        if isinstance(kind, DateTime):
            columns[name] = _instants(values)
        elif isinstance(kind, Numeric):
            columns[name] = [float(value) if isinstance(value, Decimal) else value for value in values]
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 (names of ours)
    connection.exec_driver_sql(statement, list(zip(*columns.values(), strict=True)))


def _columns(table: Table, rows: Sequence[Row], names: Sequence[str]) -> Columns:
    """The values by column, without columns that are empty in all rows: half of those of a new alert are."""
    columns = zip(names, zip(*map(_values(names), rows), strict=True), strict=True)
    kept = {name for name in names if table.c[name].server_default is not None or not table.c[name].nullable}
    return {name: values for name, values in columns if name in kept or values.count(None) < len(values)}


def _values(names: Sequence[str]) -> Any:
    return itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)


def _instants(moments: Sequence[datetime | None]) -> list[str | None]:
    """Most rows of a run share their instants: each is written once."""
    written: dict[datetime | None, str | None] = {None: None}
    for moment in moments:
        if moment not in written and moment is not None:
            written[moment] = moment.strftime(SQLITE_INSTANT)
    return [written[moment] for moment in moments]
