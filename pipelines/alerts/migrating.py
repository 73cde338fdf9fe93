"""The alert store's tables: made where there are none, brought to this release, held against what they should be.

A scan makes the tables in an empty database, and touches those of another release never: whoever may change them
does so with `detector db upgrade`, or has the SQL of `detector db sql` looked at and run.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Dialect, Engine, Inspector, inspect, select

from detector.errors import SinkError
from pipelines.alerts import dialects
from pipelines.alerts.columns import METADATA
from pipelines.alerts.migrations.steps import REVISION_TABLE
from pipelines.alerts.tables import RUNS
from pipelines.alerts.views import VIEW_NAMES
from pipelines.database import masked

# Alembic's context and operations are globals: of two threads one would write over the other's connection.
ONE_AT_A_TIME = Lock()
SCRIPTS = Path(__file__).parent / "migrations"
FIRST = "0001"
# What the tables of the first release had; a table of that name with other columns is not ours.
FIRST_RELEASE = {
    "detector_run": ("run_id", "authority", "model_sha", "manifest"),
    "detector_alert": ("alert_id", "fingerprint", "state", "evidence_sha", "row_version"),
    "detector_observation": ("run_id", "fingerprint", "score", "alert_level", "rank_in_run", "evidence"),
    "detector_reason": ("run_id", "fingerprint", "seq", "code", "points"),
}


def newest_revision() -> str:
    """The revision that this release writes to."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def revisions() -> list[str]:
    """All revisions, oldest first."""
    walk = ScriptDirectory.from_config(_config()).walk_revisions()
    return [script.revision for script in walk][::-1]


def revision_of(connection: Connection) -> str | None:
    """The revision of the store behind `connection`; None where it was never told."""
    context = MigrationContext.configure(connection, opts={"version_table": REVISION_TABLE})
    return context.get_current_revision()


def prepare(engine: Engine) -> None:
    """Make the tables where no run was ever written. SinkError if the store is of another release, or not ours."""
    with engine.connect() as connection:
        behind = revision_of(connection) != newest_revision()
        unused = behind and not _has_runs(connection)
    if unused:
        upgrade(engine)
    else:
        require(engine)


def require(engine: Engine) -> None:
    """SinkError, saying what to do, unless the store is of this release and has all its columns."""
    with engine.connect() as connection:
        inspector = inspect(connection)
        there = _table_names(inspector)
        if RUNS.name not in there:
            raise SinkError(
                f"{masked(engine.url)}: table {RUNS.name} not found: no scan has written its alerts here. "
                "Name the database that the scan writes to, or scan first."
            )
        held, newest = revision_of(connection), newest_revision()
        if held not in (None, *revisions()):
            raise SinkError(
                f"{masked(engine.url)}: the alert store is of revision {held}, made by a newer release; this one "
                f"writes {newest}. Install that release here, too."
            )
        if held != newest:
            raise SinkError(
                f"{masked(engine.url)}: the alert store is of revision {held or FIRST}, this release writes "
                f"{newest}. Nothing was written. Run 'detector db upgrade', or the SQL of 'detector db sql'."
            )
        _refuse(engine, list(_lacking(inspector, there, _expected())))


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the store to a revision, rows kept. SinkError if a table of its names is not its own."""
    with ONE_AT_A_TIME, engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            # Otherwise the driver would commit each statement: what is cut off must leave nothing.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        if revision_of(connection) is None:
            inspector = inspect(connection)
            _refuse(engine, list(_lacking(inspector, _table_names(inspector), FIRST_RELEASE)))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def sql(dialect: Dialect, revision: str) -> str:
    """The statements of one revision for a database, to be looked at and run by hand."""
    known = revisions()
    before = known[known.index(revision) - 1] if revision != known[0] else "base"
    written = io.StringIO()
    config = _config(written)
    config.attributes["dialect"] = dialects.known(dialect)
    with ONE_AT_A_TIME:
        command.upgrade(config, f"{before}:{revision}", sql=True)
    return "\n".join(line.rstrip() for line in written.getvalue().strip().splitlines()) + "\n"


def differences(connection: Connection) -> list[str]:
    """What the live tables have otherwise than this release expects, in words; empty if nothing."""
    context = MigrationContext.configure(
        connection,
        opts={"version_table": REVISION_TABLE, "compare_type": True, "include_name": _is_ours},
    )
    found = [words for change in compare_metadata(context, METADATA) for words in _told(change)]
    views = {name.lower() for name in inspect(connection).get_view_names()}
    return sorted(found) + [f"view {name} is missing" for name in VIEW_NAMES if name not in views]


def _told(change: Any) -> Iterator[str]:
    if isinstance(change, list):
        for each in change:
            yield from _told(each)
        return
    kind, subject = change[0], change[-1]
    if kind == "add_table":
        yield f"table {change[1].name} is missing"
    elif kind == "add_column":
        yield f"{change[2]}.{change[3].name} is missing"
    elif kind == "remove_column":
        yield f"{change[2]}.{change[3].name} is not of this release"
    elif kind == "modify_type":
        yield f"{change[2]}.{change[3]} is {change[5]!r}, expected {change[6]!r}"
    elif kind == "modify_nullable":
        yield f"{change[2]}.{change[3]} may {'' if change[5] else 'not '}be empty, expected otherwise"
    elif kind in ("add_index", "add_constraint"):
        yield f"{kind.removeprefix('add_')} {subject.name} is missing"


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or name in METADATA.tables


def _config(output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output) if output else Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _has_runs(connection: Connection) -> bool:
    there = _table_names(inspect(connection))
    return RUNS.name in there and connection.execute(select(RUNS.c.run_id).limit(1)).first() is not None


def _table_names(inspector: Inspector) -> set[str]:
    return {name.lower() for name in inspector.get_table_names()}


def _expected() -> dict[str, tuple[str, ...]]:
    return {table.name: tuple(column.name for column in table.columns) for table in METADATA.sorted_tables}


def _lacking(inspector: Inspector, there: set[str], expected: dict[str, tuple[str, ...]]) -> Iterator[str]:
    for name, columns in expected.items():
        if name not in there:
            if expected is not FIRST_RELEASE:
                yield f"table {name} is missing"
            continue
        held = {str(column["name"]).lower() for column in inspector.get_columns(name)}
        lacking = [column for column in columns if column not in held]
        if lacking:
            yield f"table {name} has no column {', '.join(lacking)}"


def _refuse(engine: Engine, faults: list[str]) -> None:
    if faults:
        raise SinkError(
            f"{masked(engine.url)}: {'; '.join(faults)}. Another program or another version made it. "
            "Add the columns, rename the table, or name another database."
        )
