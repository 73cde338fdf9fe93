"""The steps that revisions are made of. Each does nothing where it has been done already.

Many databases cannot take back a table they have made: a migration that was cut off has to be able to go on.
"""

from typing import Any

from alembic import context, op
from sqlalchemy import Column, inspect, text
from sqlalchemy.schema import SchemaItem

from pipelines.alerts.columns import MYSQL

REVISION_TABLE = "detector_revision"


def create_table(name: str, *items: SchemaItem) -> None:
    """A table with its columns and constraints."""
    if not _is_there(name):
        op.create_table(name, *items, **MYSQL)


def add_columns(table: str, *columns: Column[Any]) -> None:
    """Columns of a table that may hold rows."""
    held = set() if context.is_offline_mode() else _lower(inspect(op.get_bind()).get_columns(table))
    for column in columns:
        if column.name not in held:
            op.add_column(table, column)


def create_index(name: str, table: str, *columns: str) -> None:
    """An index over columns of a table."""
    if context.is_offline_mode() or name not in _lower(inspect(op.get_bind()).get_indexes(table)):
        op.create_index(name, table, list(columns))


def create_view(name: str, statement: str) -> None:
    """A view, in the place of an earlier one of its name."""
    if not context.is_offline_mode() and name in _views():
        op.execute(f"DROP VIEW {name}")
    # A colon would be read as a parameter.
    op.execute(text(statement.replace(":", "\\:")))


def _views() -> set[str]:
    return {name.lower() for name in inspect(op.get_bind()).get_view_names()}


def _is_there(table: str) -> bool:
    return not context.is_offline_mode() and inspect(op.get_bind()).has_table(table)


def _lower(described: Any) -> set[str]:
    return {str(one["name"]).lower() for one in described}
