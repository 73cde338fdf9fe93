"""Canonical tables as Arrow and Parquet hold them, derived from the declared schema."""

import pyarrow as pa

from detector.schema import TABLES, Table

TYPES = {
    "id": pa.string(),
    "text": pa.string(),
    "code": pa.string(),
    "money": pa.float64(),
    "number": pa.float64(),
    "count": pa.int32(),
    "flag": pa.int8(),
    "instant": pa.timestamp("ms"),
}
# What was set aside of a table is kept beside it, by the anchor of its row ("" where that cannot be read).
ASIDE = ".aside"
ASIDE_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("anchor", "key", "column", "value", "reason", "effect")]
)


def arrow_schema(table: Table) -> pa.Schema:
    """Columns of a canonical table: amounts and numbers as float64, as computation has them. Parquet knows
    no seconds.
    """
    return pa.schema([(column.name, TYPES[column.type]) for column in table.columns])


def anchor_of(table: Table) -> str:
    """The column whose values say which rows are pulled together: the lot, or else the first key."""
    return "trade_id" if table.parent else table.key[0]


def order_of(name: str) -> list[str]:
    """The columns that order the rows of a part of the snapshot, its anchor first."""
    if name.endswith(ASIDE):
        return list(ASIDE_SCHEMA.names)
    table = TABLES[name]
    anchor = anchor_of(table)
    return [anchor, *(column for column in table.key if column != anchor)]


def schema_of(name: str) -> pa.Schema:
    """The columns of a part of the snapshot: a canonical table, or what was set aside of it."""
    return ASIDE_SCHEMA if name.endswith(ASIDE) else arrow_schema(TABLES[name])


PARTS = tuple(part for name in TABLES for part in (name, name + ASIDE))
