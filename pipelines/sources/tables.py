"""The canonical tables as SQL tables, declared once in `detector.schema`.

Dull types only, so that every database holds the same. Instants are naive UTC, whole seconds.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Unicode,
    inspect,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from detector import schema

INDEXES = (
    ("trades", "process_id"),
    ("contracts", "trade_id"),
    ("changes", "trade_id"),
    ("payments", "trade_id"),
)


class Money(TypeDecorator[Decimal]):
    """Exact decimal amounts on every database.

    SQLite has no decimal type. A column of NUMERIC affinity turns text into binary floating point as soon as
    its first 15 digits survive, so a 17-digit amount comes back changed; hence text there, always with all
    decimals. Sums belong into the program, not into SQL.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(schema.MONEY_DIGITS, schema.MONEY_DECIMALS)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, NUMERIC elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Unicode(schema.MONEY_DIGITS + 2))
        return dialect.type_descriptor(Numeric(schema.MONEY_DIGITS, schema.MONEY_DECIMALS))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Amounts as the database takes them."""
        if value is None or dialect.name != "sqlite":
            return value
        return f"{value:.{schema.MONEY_DECIMALS}f}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Amounts as exact decimals, whatever the driver hands out."""
        return value if value is None or isinstance(value, Decimal) else Decimal(str(value))


def canonical_metadata() -> MetaData:
    """The canonical tables: primary keys on the key columns, an index where rows are looked up by it."""
    metadata = MetaData()
    for table in schema.TABLES.values():
        Table(table.name, metadata, *(_sql_column(column) for column in table.columns))
    for table_name, column_name in INDEXES:
        Index(f"ix_{table_name}_{column_name}", metadata.tables[table_name].c[column_name])
    return metadata


def create_tables(connection: Connection, metadata: MetaData) -> None:
    """Create the tables that are missing, and add columns that tables of an earlier version lack.

    Only columns that may be empty are ever added to a table that is there: nothing is changed or dropped.
    """
    metadata.create_all(connection)
    inspector = inspect(connection)
    preparer = connection.dialect.identifier_preparer
    for name, declared in schema.TABLES.items():
        found = {told["name"] for told in inspector.get_columns(name)}
        if not found >= {column.name for column in declared.columns if not column.nullable}:
            continue  # some other table of that name, which is none of ours to change
        for column in declared.columns:
            if column.name not in found:
                kind = metadata.tables[name].c[column.name].type.compile(connection.dialect)
                table, new = preparer.quote(name), preparer.quote(column.name)
                connection.exec_driver_sql(f"ALTER TABLE {table} ADD {new} {kind}")


def _sql_column(column: schema.Column) -> Column[Any]:
    kinds: dict[str, TypeEngine[Any]] = {
        "id": Unicode(schema.ID_LENGTH),
        "text": Unicode(schema.TEXT_LENGTH),
        "code": Unicode(schema.CODE_LENGTH),
        "money": Money(),
        "number": Double(),
        "count": Integer(),
        "flag": SmallInteger(),
        "instant": DateTime(),
    }
    return Column(
        column.name,
        kinds[column.type],
        primary_key=column.key,
        nullable=column.nullable,
        autoincrement=False,
        comment=column.meaning,
    )
