"""How rows travel: a columnar driver on PostgreSQL, a streaming cursor of the engine everywhere else.

SQLite is read by the engine alone: a second SQLite library in one process corrupts the file.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from sqlalchemy import URL, Connection, Dialect, Engine, Select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from detector.errors import SourceError
from pipelines.database import refusal_message
from pipelines.sources.canonical import Raw

CURSOR_ROWS = 20_000
BATCH_BYTES = str(8 << 20)
# Numbered parameters, never values in the text: the default dialect would double every % in them.
NUMBERED: Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Transport(Protocol):
    """Carries the rows of a statement, batch by batch; memory does not grow with their number."""

    def fetch(self, statement: Select[Any]) -> Iterator[Raw]:
        """Columns of some rows at a time."""


class CursorTransport:
    """Streams rows through the engine's own driver, whatever the database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, statement: Select[Any]) -> Iterator[Raw]:
        """Columns as Python objects."""
        with self._connection.execute(statement) as result:
            names = list(result.keys())
            for rows in result.partitions(CURSOR_ROWS):
                columns = zip(*rows, strict=True)
                yield {name: _objects(values) for name, values in zip(names, columns, strict=True)}


class ArrowTransport:
    """Carries rows from PostgreSQL as Arrow, on a connection of its own."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def fetch(self, statement: Select[Any]) -> Iterator[Raw]:
        """Columns as Arrow arrays."""
        text, values = numbered(statement)
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": BATCH_BYTES})
            cursor.execute(text, values or None)
            for batch in _ahead(iter(cursor.fetch_record_batch())):
                if batch.num_rows:
                    yield dict(zip(batch.schema.names, batch.columns, strict=True))


def _ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """The same batches; the next one travels while one is worked on, for the database needs as long as we do."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def numbered(statement: Select[Any]) -> tuple[str, tuple[Any, ...]]:
    """The text of a statement with $1, $2, … and its values in that order."""
    compiled = statement.compile(dialect=NUMBERED, compile_kwargs={"render_postcompile": True})
    return str(compiled), tuple(compiled.params[name] for name in compiled.positiontup or ())


def carries_arrow(engine: Engine) -> bool:
    """Whether the columnar driver can be used for this engine: PostgreSQL, and it is installed."""
    return engine.dialect.name == "postgresql" and find_spec("adbc_driver_postgresql") is not None


@contextmanager
def arrow_transport(url: URL) -> Iterator[ArrowTransport]:
    """A read-only transaction of the columnar driver that sees the database as of one instant."""
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import dbapi

    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with dbapi.connect(address, autocommit=False) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield ArrowTransport(connection)
            with suppress(Error):
                connection.rollback()
    except Error as refusal:
        raise SourceError(refusal_message(url, DBAPIError(None, None, refusal))) from None


def _objects(values: tuple[Any, ...]) -> "np.ndarray[Any, Any]":
    held = np.empty(len(values), dtype=object)
    held[:] = values
    return held
