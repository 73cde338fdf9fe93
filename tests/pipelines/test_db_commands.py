"""`detector db` and `detector doctor`, as the command line gives them."""

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from detector.errors import ConfigError, SinkError
from pipelines import database_kinds, db_commands, doctor, exits
from pipelines.cli import app
from pipelines.database_kinds import KINDS, dialect_named, remedy


def run(*arguments):
    """Exit code and standard output of a command."""
    outcome = CliRunner().invoke(app, list(arguments))
    error = outcome.exception
    if isinstance(error, (SinkError, ConfigError)):
        return exits.exit_code(error), str(error)
    assert error is None or isinstance(error, SystemExit), error
    return outcome.exit_code, outcome.stdout


def test_upgrade_current_and_check(server_url):
    url = server_url
    assert "made to revision 0002" in run("db", "upgrade", "--alerts", url)[1]
    assert "is revision 0002" in run("db", "upgrade", "--alerts", url)[1]
    assert "revision 0002; this release writes 0002" in run("db", "current", "--alerts", url)[1]
    assert run("db", "check", "--alerts", url)[0] == 0
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE detector_alert ADD COLUMN own_note VARCHAR(10)"))
        connection.execute(text("DROP VIEW detector_label_v"))
    engine.dispose()
    code, told = run("db", "check", "--alerts", url)
    assert code == 7
    assert "detector_alert.own_note is not of this release" in told
    assert "view detector_label_v is missing" in told


def test_a_store_that_is_behind_is_exit_code_7(sqlite_url):
    engine = create_engine(sqlite_url)
    db_commands.migrating.upgrade(engine, "0001")
    engine.dispose()
    code, told = run("db", "check", "--alerts", sqlite_url)
    assert code == 7
    assert "revision 0001, this release writes 0002" in told
    assert run("doctor", "--alerts", sqlite_url)[0] == 7


@pytest.mark.parametrize("name", KINDS)
def test_sql_and_grants_for_every_database(name):
    code, told = run("db", "sql", "--database", name)
    assert code == 0
    assert "CREATE TABLE detector_event" in told
    assert told.count("CREATE VIEW") == 2
    later = run("db", "sql", "--database", name, "--since", "0001")[1]
    assert "CREATE TABLE detector_observation" not in later
    code, rights = run("db", "grants", "--database", name, "--prefix", "prad")
    assert code == 0
    if name != "sqlite":
        assert "TO prad_reader;" in rights
        assert "DELETE ON detector_stage TO prad_writer;" in rights
        assert rights.count("DELETE") == 1


def test_granted_rights_suffice_for_a_scan_and_no_more(postgresql_url):
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    roles = [f"rights_{role}" for role in db_commands.ROLES]
    db_commands.upgrade(postgresql_url)
    with engine.connect() as connection:
        for role in roles:
            connection.execute(text(f"CREATE ROLE {role}"))
        for line in db_commands.grants("postgresql", "rights").splitlines():
            if not line.startswith("--"):
                connection.execute(text(line))
        connection.execute(text("SET ROLE rights_writer"))
        for allowed in (
            "UPDATE detector_chain SET seq = seq", "DELETE FROM detector_stage",
            "SELECT version_num FROM detector_revision",
            "UPDATE detector_alert SET state = 'new', score = 1", "SELECT * FROM detector_suppression",
        ):  # fmt: skip
            connection.execute(text(allowed))
        for refused in (
            "DELETE FROM detector_alert", "UPDATE detector_event SET kind = 'x'", "DELETE FROM detector_event",
            "UPDATE detector_alert SET fingerprint = 'x'", "DROP TABLE detector_run",
        ):  # fmt: skip
            with pytest.raises(Exception, match=r"permission denied|must be owner"):
                connection.execute(text(refused))
        connection.execute(text("SET ROLE rights_reader"))
        connection.execute(text("SELECT * FROM detector_supervision_v"))
        with pytest.raises(Exception, match="permission denied"):
            connection.execute(text("SELECT * FROM detector_alert"))
        connection.execute(text("RESET ROLE"))
        for role in roles:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()


def test_an_unknown_database_or_revision_is_told():
    assert "known are sqlite, postgresql" in run("db", "sql", "--database", "foxpro")[1]
    assert "known are 0001, 0002" in run("db", "sql", "--database", "oracle", "--since", "77")[1]


def test_where_a_dialect_is_not_installed_the_nearest_is_named(monkeypatch):
    monkeypatch.setitem(
        database_kinds.KINDS,
        "gauss9",
        database_kinds.Kind("gauss9", "", "gauss9", "gauss9", "", "postgresql"),
    )
    dialect, used = dialect_named("gauss9")
    assert (dialect.name, used) == ("postgresql", "postgresql")
    assert db_commands.sql("gauss9").startswith(
        "-- the dialect of gauss9 is not installed: this is SQL for postgresql"
    )


@pytest.mark.parametrize(("release", "fits"), [("2.0.58", True), ("2.1.9", False), ("2.10.0", False)])
def test_dm_needs_an_older_sqlalchemy(monkeypatch, release, fits):
    monkeypatch.setattr(database_kinds.sqlalchemy, "__version__", release)
    monkeypatch.setattr(database_kinds, "find_spec", lambda _: object())
    told = remedy(KINDS["dm"])
    assert (told is None) == fits
    assert fits or "'sqlalchemy<2.1'" in told


def test_doctor_says_what_to_install_and_hides_secrets(sqlite_url):
    db_commands.upgrade(sqlite_url)
    findings = list(doctor.examine("kingbase+ksycopg2://scan:hunter2@127.0.0.1:1/db", sqlite_url))
    told = "\n".join(f"{finding.state} {finding.what}" for finding, _ in findings)
    assert "pip install ksycopg2>=2.9" in told
    assert "OK alerts: tables are of revision 0002" in told
    assert "hunter2" not in told
    code, _ = run(
        "doctor", "--source", "kingbase+ksycopg2://scan:hunter2@127.0.0.1:1/db", "--alerts", sqlite_url
    )
    assert code == 4
    assert run("doctor")[0] == 0


def test_doctor_on_servers(server_url):
    db_commands.upgrade(server_url)
    findings = [finding for finding, _ in doctor.examine(server_url, server_url)]
    assert {finding.state for finding in findings} == {"OK"}
    assert findings[-1].what == "alerts: tables are of revision 0002"
