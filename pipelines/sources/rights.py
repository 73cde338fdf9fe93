"""Whether the account that reads a source could also write to it. It should not be able to."""

from typing import Any

from sqlalchemy import Connection, text

from detector.errors import SourceError
from pipelines.database import masked

POSTGRESQL = text(
    "SELECT has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')"
    " OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE')"
    " FROM pg_class c WHERE c.oid = to_regclass(:name)"
)
WRITING = ("INSERT", "UPDATE", "DELETE", "ALL PRIVILEGES", "DROP", "ALTER", "CREATE")
GRANT = (
    "Create an account that can read alone (GRANT SELECT), or go on with --allow-writable-account. "
    "The session itself is read-only either way."
)


def refuse_writable(connection: Connection, url: str, tables: list[str]) -> None:
    """Raise SourceError if the account could write to one of `tables` (names, with their schema where one is
    given).

    PostgreSQL and MySQL tell; SQLite has no accounts; of other databases nothing is known, and nothing is
    refused.
    """
    writable = writable_tables(connection, tables)
    if writable:
        raise SourceError(f"{masked(url)}: the account can write to {', '.join(writable)}. {GRANT}")


def writable_tables(connection: Connection, tables: list[str]) -> list[str]:
    """Those of `tables` that the account could write to, as far as the database tells."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        return [
            name
            for name in tables
            if connection.execute(POSTGRESQL, {"name": ".".join(map(quote, name.split(".")))}).scalar()
        ]
    if dialect in ("mysql", "mariadb"):
        grants = [str(row[0]) for row in connection.exec_driver_sql("SHOW GRANTS")]
        return tables if _writes(grants) else []
    return []


def _writes(grants: list[Any]) -> bool:
    given = [grant.upper().split(" ON ")[0] for grant in grants]
    return any(word in one for one in given for word in WRITING)
