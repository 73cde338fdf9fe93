"""Stores of every release come to this one, rows kept; the SQL that people review is the SQL that is run."""

from datetime import datetime

import pytest
import sqlalchemy
from sqlalchemy import create_engine, inspect, make_url, select, text

from detector.errors import SinkError
from pipelines.alerts import merging, migrating
from pipelines.alerts.columns import METADATA
from pipelines.alerts.events import locked_end
from pipelines.alerts.tables import ALERTS, RUNS
from pipelines.alerts.views import VIEW_NAMES
from pipelines.database_kinds import KINDS, dialect_named
from tests.pipelines.alerts.nights import flagged, merged, run_of

WRITTEN = migrating.SCRIPTS / "sql"
MOMENT = datetime.fromisoformat("2026-01-02")
# What the first release wrote for one alert.
OLD_RUN = {
    "run_id": "R", "started_at": MOMENT, "finished_at": MOMENT, "as_of": MOMENT, "authority": "a",
    "config_sha": "c",
    "config": "{}", "code_version": "0",
    "model_sha": "m", "records_sha": "r", "trades_n": 1, "bids_n": 1,
    "problems_n": 0, "eligible_n": 1, "flags_n": 1, "new_n": 1, "changed_n": 0, "seen_n": 0, "manifest": "{}",
}  # fmt: skip
OLD_ALERT = {
    "subject_type": "trade", "subject_id": "t", "subject_name": "道路", "detector_family": "combined",
    "period": "life", "alert_level": 2, "score": 30, "score_pct": 0.9, "rank_in_run": 1, "state": "open",
    "episode": 1, "first_seen_run": "R", "first_seen_at": MOMENT, "last_seen_run": "R", "last_seen_at": MOMENT,
    "seen_n": 1, "evidence_sha": "e", "row_version": 1, "authority": "a",
}  # fmt: skip


def first_release(url):
    """A store as the first release left it: four tables, no word of a revision, one alert."""
    engine = create_engine(url)
    migrating.upgrade(engine, migrating.FIRST)
    fresh = flagged(run_of(0), "t")
    alert = OLD_ALERT | {name: fresh.origin[name] for name in ("alert_id", "fingerprint")}
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE detector_revision"))
        for table, row in (("detector_run", OLD_RUN), ("detector_alert", alert)):
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)  # noqa: S608
    return engine


def test_a_store_of_the_first_release_comes_along_with_its_rows(server_url):
    engine = first_release(server_url)
    run = run_of(1)
    with pytest.raises(SinkError, match=r"revision 0001, this release writes 0002.*detector db upgrade"):
        merged(server_url, run, [flagged(run, "t")])
    migrating.upgrade(engine)
    with engine.connect() as connection:
        assert migrating.differences(connection) == []
        held = connection.execute(select(ALERTS)).mappings().one()
        assert (held["subject_name"], held["state"], held["seen_n"]) == ("道路", "new", 1)
        assert connection.execute(select(RUNS.c.run_id)).scalar() == "R"
    receipt = merged(server_url, run, [flagged(run, "t"), flagged(run, "u")])
    assert (receipt.new, receipt.changed) == (1, 1), "the old alert is known again"
    engine.dispose()


def test_upgrading_what_is_new_already_changes_nothing(server_url):
    engine = create_engine(server_url)
    migrating.prepare(engine)
    run = run_of(0)
    merged(server_url, run, [flagged(run, "t")])
    with engine.connect() as connection:
        before = [connection.execute(select(table)).all() for table in METADATA.sorted_tables]
    migrating.upgrade(engine)
    with engine.connect() as connection:
        assert [connection.execute(select(table)).all() for table in METADATA.sorted_tables] == before
        assert {name.lower() for name in inspect(connection).get_view_names()} == set(VIEW_NAMES)
        for view in VIEW_NAMES:
            connection.execute(text(f"SELECT * FROM {view}")).all()  # noqa: S608
    engine.dispose()


def test_a_migration_that_was_cut_off_goes_on(server_url, monkeypatch):
    engine = create_engine(server_url)
    made, left = migrating.METADATA, [9]

    def cut_off(_c, _u, statement, *_):
        if statement.lstrip().startswith(("CREATE TABLE", "\nCREATE TABLE")):
            left[0] -= 1
            if left[0] == 0:
                raise RuntimeError("cut off")

    sqlalchemy.event.listen(engine, "before_cursor_execute", cut_off)
    with pytest.raises(RuntimeError, match="cut off"):
        migrating.prepare(engine)
    sqlalchemy.event.remove(engine, "before_cursor_execute", cut_off)
    migrating.prepare(engine)
    with engine.connect() as connection:
        assert migrating.differences(connection) == []
    assert made is METADATA
    engine.dispose()


def test_a_store_of_a_newer_release_is_left_alone(sqlite_url):
    engine = create_engine(sqlite_url)
    migrating.prepare(engine)
    run = run_of(0)
    merged(sqlite_url, run, [flagged(run, "t")])
    with engine.begin() as connection:
        connection.execute(text("UPDATE detector_revision SET version_num = '9999'"))
    with pytest.raises(SinkError, match="revision 9999, made by a newer release"):
        merged(sqlite_url, run_of(1), [])
    engine.dispose()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("revision", migrating.revisions())
def test_the_sql_for_review_is_what_would_be_run(name, revision):
    dialect, used = dialect_named(name)
    if used != name:
        pytest.skip(f"the dialect of {name} is not installed, or not for SQLAlchemy {sqlalchemy.__version__}")
    told = migrating.sql(dialect, revision)
    path = WRITTEN / f"{revision}.{name}.sql"
    assert path.read_text(encoding="utf-8") == told, "renew it: python -m pipelines.migration_texts"


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_night_compiles(name):
    dialect, _ = dialect_named(name)
    statements = [
        merging.portable_update(), merging.INSERT_NEW, merging.outbox_from_events("R"),
        sqlalchemy.delete(merging.STAGE),
        *(sqlalchemy.insert(table) for table in METADATA.sorted_tables),
        select(ALERTS).where(ALERTS.c.fingerprint.in_(["a", "b"])).order_by(ALERTS.c.fingerprint).limit(5),
    ]  # fmt: skip
    if dialect.name in merging.JOINING:
        statements.append(merging.joined_update())
    for statement in statements:
        told = str(statement.compile(dialect=dialect))
        assert '"' not in told
        assert "`" not in told
        assert "RETURNING" not in told


def test_both_ways_to_update_come_to_the_same(server_url, monkeypatch):
    held = []
    engine = create_engine(server_url)
    for way in (merging.joined_update, merging.portable_update):
        monkeypatch.setattr(merging, "update_statement", lambda _, way=way: way())
        for night in range(3):
            run = run_of(night)
            merged(
                server_url, run, [flagged(run, f"t{n}", level=1 + (n + night) % 3) for n in range(night, 9)]
            )
        with engine.begin() as connection:
            held.append(connection.execute(select(ALERTS).order_by(ALERTS.c.fingerprint)).all())
            for table in METADATA.sorted_tables:
                connection.execute(sqlalchemy.delete(table))
            locked_end(connection)
    assert held[0] == held[1]
    assert max(row.seen_n for row in held[0]) == 3
    engine.dispose()


def test_the_faster_ways_to_insert_write_the_same_rows(server_url, tmp_path, monkeypatch):
    name = "'; DROP\t\\N\r\n𠮷 =cmd|"
    nights = [
        (run, [flagged(run, f"t{n}", 1 + n % 3, subject_name=name) for n in range(start, start + 7)])
        for start, run in enumerate((run_of(0), run_of(1)))
    ]
    for night in nights:
        merged(server_url, *night)
    plain = f"sqlite:///{tmp_path / 'plain.db'}"

    def usual(connection, table, columns):
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        connection.execute(sqlalchemy.insert(table), rows)

    monkeypatch.setattr("pipelines.alerts.bulk._plainly", usual)
    monkeypatch.setattr(merging, "DIRECT", frozenset())
    for night in nights:
        merged(plain, *night)
    for table in METADATA.sorted_tables:
        told = []
        for url in (server_url, plain):
            engine = create_engine(make_url(url))
            with engine.connect() as connection:
                told.append(connection.execute(select(table).order_by(*table.primary_key.columns)).all())
            engine.dispose()
        assert told[0] == told[1], table.name
