"""`detector doctor`: whether the databases of this installation can be worked with, and what to do where not."""

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy
from sqlalchemy import make_url, text
from sqlalchemy.exc import ArgumentError

from detector.errors import DetectorError, SinkError, SourceError
from pipelines.alerts import migrating
from pipelines.database import connecting, masked
from pipelines.database_kinds import KINDS, remedy

OK, WARN, FAIL = "OK", "WARN", "FAIL"
CONNECTED = {"oracle": "SELECT 1 FROM dual", "oceanbase_oracle": "SELECT 1 FROM dual"}


class Finding(NamedTuple):
    """One line of the report."""

    state: str
    what: str


def examine(source: str | None, alerts: str | None) -> Iterator[tuple[Finding, type[DetectorError]]]:
    """The findings about the two databases, each with the kind of error that it would be."""
    yield Finding(OK, f"SQLAlchemy {sqlalchemy.__version__}"), DetectorError
    for name, url, error in (("source", source, SourceError), ("alerts", alerts, SinkError)):
        if url is None:
            yield Finding(WARN, f"{name}: no URL given (--{name}); not examined"), error
            continue
        for finding in _database(url, error):
            yield Finding(finding.state, f"{name}: {finding.what}"), error
        if name == "alerts":
            yield _store(url), error


def _database(url: str, error: type[DetectorError]) -> Iterator[Finding]:
    try:
        backend = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):
        yield Finding(FAIL, "the database URL cannot be read")
        return
    kind = KINDS.get({"mariadb": "mysql", "postgres": "postgresql"}.get(backend, backend))
    if kind is None:
        yield Finding(WARN, f"{backend} is not among the tested databases ({', '.join(KINDS)})")
    else:
        wanted = remedy(kind)
        driver = f"{kind.name}, tested {kind.tested}"
        yield (
            Finding(FAIL, f"{driver}; {wanted}") if wanted else Finding(OK, f"{driver}; driver {kind.driver}")
        )
    try:
        with connecting(url, error, must_exist=True) as engine, engine.connect() as connection:
            connection.execute(text(CONNECTED.get(backend, "SELECT 1")))
            version = ".".join(map(str, connection.dialect.server_version_info or ()))
            yield Finding(OK, f"{masked(url)} answers, server version {version or 'not told'}")
    except DetectorError as refusal:
        yield Finding(FAIL, str(refusal))


def _store(url: str) -> Finding:
    try:
        with connecting(url, SinkError, must_exist=True) as engine, engine.connect() as connection:
            held, newest = migrating.revision_of(connection), migrating.newest_revision()
    except DetectorError:
        return Finding(FAIL, "alerts: the tables cannot be looked at")
    if held == newest:
        return Finding(OK, f"alerts: tables are of revision {held}")
    if held is None:
        return Finding(WARN, "alerts: no tables yet, or of the first release; a scan makes new ones, "
                             "'detector db upgrade' brings old ones on")  # fmt: skip
    return Finding(
        FAIL, f"alerts: tables are of revision {held}, this release writes {newest}: 'detector db upgrade'"
    )
