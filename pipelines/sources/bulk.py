"""Writing canonical frames block by block into tables of any size: COPY on PostgreSQL, executemany
elsewhere.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, inspect, select

from detector.errors import SinkError
from detector.schema import MONEY_DECIMALS, MONEY_DIGITS, TABLES, Column, Table
from pipelines.database import connecting, masked
from pipelines.sources.frames import row_batches
from pipelines.sources.tables import canonical_metadata

# Empty and unquoted is NULL to COPY; quoted is a text.
CSV = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
COPIED = {
    "money": pa.decimal128(MONEY_DIGITS, MONEY_DECIMALS),
    "number": pa.float64(),
    "count": pa.int64(),
    "flag": pa.int64(),
    "instant": pa.timestamp("s"),
}


class BulkWriter:
    """Appends blocks of canonical frames to the tables behind one connection, in its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = canonical_metadata().tables
        dialect = connection.dialect
        self._copies = dialect.name == "postgresql" and dialect.driver == "psycopg"

    def write(self, frames: Mapping[str, pd.DataFrame]) -> None:
        """Append the rows of `frames` (canonical columns); what the database refuses is a DBAPIError."""
        for name, table in TABLES.items():
            if name in frames and len(frames[name]):
                if self._copies:
                    self._copy(table, frames[name])
                else:
                    for rows in row_batches(frames[name], table.columns):
                        self._connection.execute(self._tables[name].insert(), rows)

    def _copy(self, table: Table, frame: pd.DataFrame) -> None:
        present = [column for column in table.columns if column.name in frame]
        columns = [_arrow(column, frame[column.name]) for column in present]
        names = [column.name for column in present]
        text = io.BytesIO()
        pa_csv.write_csv(pa.table(columns, names=names), text, CSV)
        quoted = ", ".join(f'"{name}"' for name in names)
        driver: Any = self._connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN (FORMAT csv)') as copy,
        ):
            copy.write(text.getbuffer())


@contextmanager
def bulk_writing(url: str) -> Iterator[BulkWriter]:
    """A writer into the canonical tables at `url`, created where missing; all blocks are one transaction.

    SinkError if the tables hold rows already: a fixture is never mixed with records.
    """
    metadata = canonical_metadata()
    with connecting(url, SinkError) as engine, engine.begin() as connection:
        there = set(inspect(connection).get_table_names())
        for name in TABLES:
            if name in there and connection.execute(select(metadata.tables[name]).limit(1)).first():
                raise SinkError(f"{masked(url)}: table {name} holds rows already; name an empty database.")
        metadata.create_all(connection)
        yield BulkWriter(connection)


def _arrow(column: Column, values: pd.Series) -> pa.Array:
    if column.type not in COPIED:
        return pa.Array.from_pandas(values.astype(object), type=pa.string())
    kind = COPIED[column.type]
    if column.type == "instant":
        return pa.Array.from_pandas(pd.to_datetime(values).to_numpy().astype("datetime64[s]"), type=kind)
    numbers = pa.Array.from_pandas(values.to_numpy(dtype="float64", na_value=float("nan")), type=pa.float64())
    if column.type == "money":
        # Through text: 0.1 + 0.2 has more digits than money.
        return pc.cast(pc.round(numbers, MONEY_DECIMALS), kind, safe=False)
    return pc.cast(numbers, kind)
