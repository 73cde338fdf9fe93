"""`detector db`: the tables of the alert store, for whoever may make and change them."""

from collections.abc import Iterator

from sqlalchemy import Dialect

from detector.errors import ConfigError, SinkError
from pipelines.alerts import migrating
from pipelines.alerts.columns import METADATA
from pipelines.alerts.migrations.steps import REVISION_TABLE
from pipelines.alerts.tables import ALERTS, DELIVERIES, OUTBOX, STAGE
from pipelines.alerts.views import VIEW_NAMES
from pipelines.database import connecting, masked
from pipelines.database_kinds import dialect_named

ROLES = ("reader", "writer", "supervisor", "owner")
# What people decide about an alert: a supervisor changes these columns, and may add events and deliveries.
DECIDED = (
    "state", "disposition", "outcome_code", "proposal", "proposed_detail", "proposed_by", "proposed_at",
    "assignee", "due_at", "due_note", "escalated_at", "snoozed_until", "episode", "row_version",
)  # fmt: skip
APPENDED = ("detector_event", "detector_suppression", "detector_outbox", "detector_delivery")


def upgrade(url: str) -> str:
    """Bring the store at `url` to this release, rows kept; what was done."""
    with connecting(url, SinkError) as engine:
        with engine.connect() as connection:
            before = migrating.revision_of(connection)
        migrating.upgrade(engine)
        with engine.connect() as connection:
            after = migrating.revision_of(connection)
    came = "made" if before is None else f"brought from {before}"
    return f"{masked(url)}: {'is' if before == after else came + ' to'} revision {after}"


def current(url: str) -> str:
    """The revision of the store at `url`, and that of this release."""
    with connecting(url, SinkError, must_exist=True) as engine, engine.connect() as connection:
        held = migrating.revision_of(connection)
    return f"{masked(url)}: revision {held or 'none'}; this release writes {migrating.newest_revision()}"


def check(url: str) -> str:
    """SinkError, naming each difference, unless the store at `url` is as this release expects."""
    with connecting(url, SinkError, must_exist=True) as engine:
        migrating.require(engine)
        with engine.connect() as connection:
            found = migrating.differences(connection)
    if found:
        raise SinkError(f"{masked(url)}: {'; '.join(found)}. Correct it, or run 'detector db upgrade'.")
    return f"{masked(url)}: as this release expects, revision {migrating.newest_revision()}"


def sql(name: str, since: str | None = None) -> str:
    """The statements that make the store in a database called `name`, or bring it on from revision `since`."""
    dialect, used = dialect_named(name)
    known = migrating.revisions()
    if since is not None and since not in known:
        raise ConfigError(f"no revision {since!r}; known are {', '.join(known)}.")
    wanted = known if since is None else known[known.index(since) + 1 :]
    note = "" if used == name else f"-- the dialect of {name} is not installed: this is SQL for {used}\n"
    return note + "\n".join(migrating.sql(dialect, revision) for revision in wanted)


def grants(name: str, prefix: str = "detector") -> str:
    """GRANT statements for four roles, `prefix`_reader and so on, in a database called `name`."""
    dialect, _ = dialect_named(name)
    if dialect.name == "sqlite":
        return "-- SQLite has no roles: the rights of the file are the rights of the store\n"
    return "\n".join(_grants(dialect, prefix)) + "\n"


def _grants(dialect: Dialect, prefix: str) -> Iterator[str]:
    tables = list(METADATA.tables)
    reader, writer, supervisor, owner = (f"{prefix}_{role}" for role in ROLES)
    yield "-- reader: the views; writer: scans; supervisor: decisions; owner: makes and changes tables"
    for view in VIEW_NAMES:
        yield f"GRANT SELECT ON {view} TO {reader};"
        yield f"GRANT SELECT ON {view} TO {supervisor};"
    for table in tables:
        yield f"GRANT SELECT, INSERT ON {table} TO {writer};"
        yield f"GRANT SELECT ON {table} TO {supervisor};"
        yield f"GRANT ALL{' PRIVILEGES' if dialect.name != 'mssql' else ''} ON {table} TO {owner};"
    machine = [column.name for column in ALERTS.columns if column.name not in ("alert_id", "fingerprint")]
    yield _update(dialect, ALERTS.name, machine, writer)
    yield _update(dialect, "detector_chain", ["seq", "row_hash"], writer)
    yield f"GRANT DELETE ON {STAGE.name} TO {writer};"
    yield _update(dialect, ALERTS.name, list(DECIDED), supervisor)
    yield _update(dialect, "detector_chain", ["seq", "row_hash"], supervisor)
    for table in APPENDED:
        yield f"GRANT INSERT ON {table} TO {supervisor};"
    for role in (writer, supervisor):
        yield _update(dialect, OUTBOX.name, ["payload"], role)
        yield f"GRANT UPDATE ON {DELIVERIES.name} TO {role};"
        yield f"GRANT SELECT ON {REVISION_TABLE} TO {role};"
    yield f"GRANT UPDATE ON detector_suppression TO {supervisor};"


def _update(dialect: Dialect, table: str, columns: list[str], role: str) -> str:
    """The right to change some columns, in the order of words of the database."""
    listed = ", ".join(columns)
    if dialect.name == "mssql":
        return f"GRANT UPDATE ON {table} ({listed}) TO {role};"
    return f"GRANT UPDATE ({listed}) ON {table} TO {role};"
