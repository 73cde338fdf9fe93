"""A night, end to end: from a database of records to alerts in a database, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from detector.model.forest import ForestSettings
from detector.scan import ScanSettings
from detector.simulate import simulate
from pipelines.database import engine_for
from pipelines.nightly import NightSettings, nightly
from pipelines.sources.frames import write_frames

ALERT_TABLES = ("detector_alert", "detector_observation", "detector_reason")
FOREST = ForestSettings(trees=50, sample=128)


def clock():
    return datetime(2026, 6, 1, 1, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables():
    return simulate(trades=400, seed=31, prevalence=0.08).tables


def settings(url, alerts="same", **scan):
    scan = {"budget": 12, "forest": FOREST, **scan}
    return NightSettings(
        url, url if alerts == "same" else alerts, authority="350100", scan=ScanSettings(**scan)
    )


def dump(url):
    """Every row of the alert tables, in key order, as text."""
    engine = engine_for(url)
    with engine.connect() as connection:
        rows = [
            sorted(repr(tuple(row)) for row in connection.execute(text(f"SELECT * FROM {name}")))  # noqa: S608
            for name in ALERT_TABLES
        ]
    engine.dispose()
    return rows


def test_a_night_writes_its_flags_once(tables, database_url):
    write_frames(tables, database_url)
    first = nightly(settings(database_url), clock)
    assert 0 < first.receipt.new == len(first.scan.flags) <= 12
    written = dump(database_url)
    again = nightly(settings(database_url), clock)
    assert not again.receipt.written
    assert again.receipt.new == 0
    assert dump(database_url) == written


def test_rows_in_another_order_give_byte_identical_alerts(tables, tmp_path):
    urls = [f"sqlite:///{tmp_path / name}.db" for name in ("straight", "shuffled")]
    write_frames(tables, urls[0])
    write_frames({name: frame.sample(frac=1, random_state=5) for name, frame in tables.items()}, urls[1])
    for url in urls:
        nightly(settings(url), clock)
    assert dump(urls[0]) == dump(urls[1])


def test_sqlite_and_postgresql_agree_on_every_flag(tables, sqlite_url, postgresql_url):
    for url in (sqlite_url, postgresql_url):
        write_frames(tables, url)
    first, second = (nightly(settings(url, alerts=None), clock) for url in (sqlite_url, postgresql_url))
    assert repr(first.scan.flags) == repr(second.scan.flags)


def test_the_source_may_be_one_database_and_the_alerts_another(tables, tmp_path):
    source, alerts = f"sqlite:///{tmp_path / 'source.db'}", f"sqlite:///{tmp_path / 'alerts.db'}"
    write_frames(tables, source)
    before = (tmp_path / "source.db").read_bytes()
    nightly(settings(source, alerts), clock)
    assert (tmp_path / "source.db").read_bytes() == before
    assert len(dump(alerts)[0]) > 0


def test_an_earlier_as_of_sees_only_what_was_known_then(tables, sqlite_url):
    write_frames(tables, sqlite_url)
    middle = tables["trades"]["awarded_at"].quantile(0.5).to_pydatetime().replace(tzinfo=UTC)
    then = NightSettings(sqlite_url, None, as_of=middle, scan=ScanSettings(budget=12, forest=FOREST))
    found = nightly(then, clock).scan
    assert found.records.trades["awarded_at"].max() <= middle.replace(tzinfo=None)
    assert len(found.records) < len(tables["trades"])


def test_another_seed_moves_scores_but_makes_no_second_alert_of_a_trade(tables, sqlite_url):
    write_frames(tables, sqlite_url)
    first = nightly(settings(sqlite_url), clock)
    other = nightly(settings(sqlite_url, forest=ForestSettings(trees=50, sample=128, seed=1)), clock)
    assert other.receipt.written
    assert other.receipt.new + other.receipt.seen + other.receipt.changed == len(other.scan.flags)
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        subjects = connection.execute(text("SELECT subject_id FROM detector_alert")).scalars().all()
    engine.dispose()
    assert len(subjects) == len(set(subjects)) == len(first.scan.flags) + other.receipt.new


def test_addresses_and_secrets_do_not_enter_the_stored_settings():
    described = repr(settings("postgresql://user:secret@host/db").described())
    assert "secret" not in described
    assert "host" not in described
