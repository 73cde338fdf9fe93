"""KingbaseES over its own driver: SQLAlchemy's PostgreSQL dialect, told where the driver differs.

The driver `ksycopg2` is psycopg2 under another name. The server tells its version in its own words, and its
extensions module must be the driver's own: psycopg2's would be asked for types of another library.
"""

import re
from types import ModuleType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.util import memoized_property

VERSION = re.compile(r"Kingbase\w*\s+V0*(\d+)R0*(\d+)", re.IGNORECASE)
# V8R3 grew out of PostgreSQL 9.6, V8R6 and later out of PostgreSQL 12: what SQLAlchemy may ask of them.
OLDER, NEWER = (9, 6), (12, 0)
FIRST_NEWER = (8, 6)


class KingbaseDialect(PGDialect_psycopg2):
    """`kingbase+ksycopg2://user:password@host:54321/database`."""

    name = "kingbase"
    driver = "ksycopg2"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The driver."""
        import ksycopg2  # type: ignore[import-not-found]

        return ksycopg2  # type: ignore[no-any-return]

    @memoized_property
    def _psycopg2_extensions(self) -> Any:
        return self._own("extensions")

    @memoized_property
    def _psycopg2_extras(self) -> Any:
        return self._own("extras")

    def _own(self, name: str) -> Any:
        from importlib import import_module

        return import_module(f"{self.dbapi.__name__}.{name}")  # type: ignore[union-attr]

    def _get_server_version_info(self, connection: Connection) -> tuple[int, ...]:
        told = str(connection.exec_driver_sql("select pg_catalog.version()").scalar())
        found = VERSION.search(told)
        if found is None:
            return super()._get_server_version_info(connection)  # type: ignore[no-any-return, no-untyped-call]
        return NEWER if tuple(map(int, found.groups())) >= FIRST_NEWER else OLDER


def register() -> None:
    """Make the dialect known to SQLAlchemy, unless another package already has one of that name."""
    for name in ("kingbase", "kingbase.ksycopg2"):
        registry.register(name, __name__, KingbaseDialect.__name__)
