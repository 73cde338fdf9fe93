"""Two writers met: how a database says so, and what is said then."""

import re

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from detector.errors import StoreBusyError
from pipelines.database import masked

# A key or table name that was free a moment ago, a lock, a deadlock. By SQLSTATE, number or words, because
# servers answer in the language of their site.
MET = re.compile(
    r"\b(23505|40001|40P01|42P07|55P03)\b|ORA-00(001|054|060|955)|\b(1050|1062|1205|1213|2601|2627|2714)\b"
    r"|unique|duplicate|already exists|database is locked|deadlock|lock wait|could not serialize",
    re.IGNORECASE,
)


def met_another(refusal: DBAPIError) -> bool:
    """Whether the database refuses because somebody else writes, or has just written, the same."""
    state = getattr(refusal.orig, "sqlstate", None) or getattr(refusal.orig, "pgcode", None) or ""
    # What follows DETAIL are values of rows.
    return MET.search(f"{state} {refusal.orig}".split("DETAIL:")[0]) is not None


def busy(engine: Engine) -> StoreBusyError:
    """The error for it: run again."""
    return StoreBusyError(
        f"{masked(engine.url)}: another scan is writing to this alert store. Nothing was written; run again."
    )
