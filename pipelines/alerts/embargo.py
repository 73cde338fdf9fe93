"""Before bids are opened nothing about a trade is shown, not even that there is something to show.

The names and the number of bidders are secret until the opening (Tendering and Bidding Law of China, Art. 22). So
every reading of the alert store goes through `shown`: listings, exports, counts and deliveries leave out what is
under embargo at the moment of reading. Only the role `SEALED_READER` sees it, and each such reading is an event.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, DateTime, Select, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from pipelines.alerts.tables import ALERTS

SEALED_READER = "sealed-reader"


class Reader(NamedTuple):
    """Who reads: the moment (naive UTC), and the role, if one was named."""

    now: datetime
    role: str | None = None

    @property
    def sees_sealed(self) -> bool:
        """Whether what is under embargo may be shown."""
        return self.role == SEALED_READER


def shown(reader: Reader) -> ColumnElement[bool]:
    """The condition on the alert table that leaves out what `reader` may not know of."""
    if reader.sees_sealed:
        return true()
    return unsealed(reader.now)


def unsealed(moment: Any) -> ColumnElement[bool]:
    """The condition that the bids of an alert's trade are opened by `moment`, a value or an SQL expression."""
    return or_(ALERTS.c.opens_at.is_(None), ALERTS.c.opens_at <= moment)


def readable(statement: Select[Any], reader: Reader) -> Select[Any]:
    """`statement` over the alert table, without what `reader` may not know of."""
    return statement.where(shown(reader))


class utc_now(FunctionElement[datetime]):  # noqa: N801 (an SQL function)
    """The clock of the database as naive UTC, for views."""

    type = DateTime()
    inherit_cache = True


CLOCKS = {
    "postgresql": "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')",
    "kingbase": "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')",
    "opengauss": "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')",
    "mysql": "UTC_TIMESTAMP()",
    "mariadb": "UTC_TIMESTAMP()",
    "mssql": "SYSUTCDATETIME()",
    "oracle": "SYS_EXTRACT_UTC(SYSTIMESTAMP)",
    "dm": "GETUTCDATE()",
}


@compiles(utc_now)
def _utc_now(_element: Any, compiler: Any, **_options: Any) -> str:
    # SQLite keeps instants as text with a fraction; its own clock would sort before an equal one.
    usual = (
        "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
        if compiler.dialect.name == "sqlite"
        else "CURRENT_TIMESTAMP"
    )
    return CLOCKS.get(compiler.dialect.name, usual)
