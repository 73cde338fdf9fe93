"""Reading a source for the snapshot: one read-only transaction, canonical Arrow rows in flat memory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import ColumnElement

from detector.errors import SourceError
from detector.schema import TABLES
from pipelines.database import connecting, masked
from pipelines.snapshot.shapes import anchor_of
from pipelines.sources.canonical import Canonical, Raw, Reader
from pipelines.sources.mapping import CANONICAL, SourceMapping
from pipelines.sources.rights import refuse_writable
from pipelines.sources.sql import reading
from pipelines.sources.statements import TableStatements, own_table, statements_of
from pipelines.sources.transport import CursorTransport, Transport, arrow_transport, carries_arrow

NEEDED = ("trades", "bids")
REMEDY = "Offer views with these names (data/README.md has the columns), or name a mapping with --mapping."


class Access(NamedTuple):
    """How a source is to be read. `key`: for columns that arrive as keyed hashes; `columnar`: where there is
    a driver.

    `writable`: go on with an account that could write.
    """

    url: str
    mapping: SourceMapping = CANONICAL
    key: bytes | None = None
    columnar: bool = True
    writable: bool = False


class Batch(NamedTuple):
    """Canonical rows of one table with what was set aside, and the last anchor as the source spells it."""

    read: Canonical
    last: Any


class Source:
    """A source inside one read-only transaction."""

    def __init__(self, tables: dict[str, TableStatements], transport: Transport, access: Access) -> None:
        self._tables, self._transport, self._access = tables, transport, access
        self.place = masked(access.url)

    @property
    def tables(self) -> tuple[str, ...]:
        """Canonical tables that the source has."""
        return tuple(self._tables)

    @property
    def absent(self) -> tuple[str, ...]:
        """Tables ("contracts") and columns ("trades.ceiling") that the source does not have."""
        missing = [name for name in TABLES if name not in self._tables]
        for name, statements in self._tables.items():
            missing += [f"{name}.{one}" for one in TABLES[name].names if one not in statements.columns]
        return tuple(sorted(missing))

    def has(self, table: str, column: str) -> bool:
        """Whether the source has this canonical column."""
        return table in self._tables and column in self._tables[table].columns

    def rows(self, name: str, where: ColumnElement[bool] | None = None) -> Iterator[Batch]:
        """Rows of a table by anchor and key, those that `where` holds for."""
        reader = self._reader(name)
        anchor = anchor_of(TABLES[name])
        for raw in self._transport.fetch(self._tables[name].rows(where)):
            yield Batch(reader.read(raw), _last(raw[anchor]))

    def rows_of(self, name: str, anchors: list[Any]) -> Iterator[Batch]:
        """Rows of a table that belong to these anchors, spelled as in the source."""
        return self.rows(name, self.anchor(name).in_(anchors))

    def anchor(self, name: str) -> ColumnElement[Any]:
        """The source's column of the anchor of a table."""
        anchor: ColumnElement[Any] | None = self._tables[name].anchor
        if anchor is None:
            raise SourceError(
                f"{self.place}: {name}.{anchor_of(TABLES[name])} has to be a column of the source."
            )
        return anchor

    def listing(self, since: datetime | None) -> Iterator[Raw]:
        """Lots as the source spells them (`anchor`), with `trade_id` and `recorded_at`: all, or since a
        moment.
        """
        trades = self._tables["trades"]
        zone = self._access.mapping.timezone
        if since is not None and zone is not None:
            since = since.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        where = None if since is None else trades.changed_since(since)
        return self._transport.fetch(trades.listing(["trade_id", "recorded_at"], where))

    def sizes(self, name: str) -> Iterator[Raw]:
        """How many rows each anchor has: columns `anchor` and `rows`."""
        return self._transport.fetch(self._tables[name].sizes())

    def read_listing(self, raw: Raw) -> pa.Table:
        """`trade_id` and `recorded_at` of a listing in canonical types."""
        reader = Reader(TABLES["trades"], self._access.mapping.timezone)
        columns = {name: raw[name] for name in ("trade_id", "recorded_at") if name in raw}
        return reader.read(columns).rows.select(["trade_id", "recorded_at"])

    def _reader(self, name: str) -> Reader:
        mapping = self._access.mapping
        hashed = mapping.tables[name].hashed if mapping.tables else ()
        return Reader(TABLES[name], mapping.timezone, hashed, self._access.key)


@contextmanager
def opened(access: Access) -> Iterator[Source]:
    """The source, read-only and as of one instant.

    Raises SourceError, secrets masked, if the database refuses, lacks what is needed, or the account could
    write.
    """
    with ExitStack() as stack:
        engine = stack.enter_context(connecting(access.url, SourceError, must_exist=True))
        connection = stack.enter_context(reading(engine))
        tables = statements_of(connection, access.mapping)
        _check(tables, access)
        if not access.writable:
            refuse_writable(connection, access.url, _source_names(access, tables))
        transport: Transport = CursorTransport(connection)
        if access.columnar and carries_arrow(engine):
            transport = stack.enter_context(arrow_transport(engine.url))
        yield Source(tables, transport, access)


def _source_names(access: Access, tables: dict[str, TableStatements]) -> list[str]:
    """The tables that are read, by the names they have in the source; a SELECT has none."""
    mappings = access.mapping.tables or {name: own_table(TABLES[name]) for name in tables}
    used = [mappings[name] for name in tables]
    return [f"{one.schema}.{one.table}" if one.schema else one.table for one in used if one.table]


def _check(tables: dict[str, TableStatements], access: Access) -> None:
    missing = [name for name in NEEDED if name not in tables]
    if missing:
        raise SourceError(f"{masked(access.url)}: table {', '.join(missing)} not found. {REMEDY}")
    columns = [
        f"{name}.{column.name}"
        for name, statements in tables.items()
        for column in statements.declared.columns
        if not column.nullable and column.name not in statements.columns
    ]
    if columns:
        raise SourceError(f"{masked(access.url)}: column {', '.join(columns)} not found. {REMEDY}")


def _last(values: Any) -> Any:
    last = values[len(values) - 1]
    return last.as_py() if isinstance(last, pa.Scalar) else last
