from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from detector.errors import SourceError
from detector.records import Records
from detector.schema import TABLES
from pipelines.sources import sql
from pipelines.sources.load import load
from pipelines.sources.sql import read_tables
from tests.pipelines.sources.releases import bid, release, write


def execute(url, *statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def loaded_url(database_url, tmp_path):
    details = [bid(f"b{n}", f"S-{n}", 100 + n) for n in range(7)]
    load(
        [write(tmp_path / "f.jsonl", release(2), release(1), release(3, bids={"details": details}))],
        database_url,
    )
    return database_url


def test_tables_come_back_ordered_by_key_and_whole(loaded_url, monkeypatch):
    monkeypatch.setattr(sql, "CHUNK", 4)
    frames, absent = read_tables(loaded_url)
    assert absent == frozenset()
    assert {name: tuple(frame.columns) for name, frame in frames.items()} == {
        name: table.names for name, table in TABLES.items()
    }
    assert {name: len(frame) for name, frame in frames.items()} == {
        "trades": 3,
        "bids": 13,
        "parties": 9,
        "contracts": 3,
    } | dict.fromkeys(("identifiers", "changes", "payments", "events", "sanctions", "relations"), 0)
    assert list(frames["trades"]["trade_id"]) == ["ocds-test-1", "ocds-test-2", "ocds-test-3"]
    assert frames["bids"]["amount"].dtype == np.float64
    assert frames["trades"]["recorded_at"].dtype == "datetime64[s]"
    assert str(frames["trades"]["recorded_at"][0]) == "2024-05-01 02:00:00"
    records = Records.build(frames)
    assert len(records) == 3
    assert len(records.bids) == 13


def test_reading_writes_nothing(loaded_url):
    with sql.connecting(loaded_url) as engine, sql.reading(engine) as connection:
        writing = connection.execution_options(stream_results=False)
        with pytest.raises(DBAPIError, match=r"read-?only"):
            writing.exec_driver_sql("DELETE FROM bids")
        connection.rollback()
    assert len(read_tables(loaded_url).frames["bids"]) == 13


def test_all_tables_are_of_one_instant(loaded_url, tmp_path, monkeypatch):
    """A load between two tables is not seen: neither its trades nor its bids."""
    original = sql._frame
    more = write(tmp_path / "more.jsonl", release(9))

    def meanwhile(connection, declared, names):
        frame = original(connection, declared, names)
        if declared.name == "trades" and not loaded:
            loaded.append(True)
            if "postgresql" in loaded_url:
                load([more], loaded_url)
        return frame

    loaded = []
    monkeypatch.setattr(sql, "_frame", meanwhile)
    frames = read_tables(loaded_url).frames
    assert loaded
    assert set(frames["bids"]["trade_id"]) <= set(frames["trades"]["trade_id"])


def test_optional_tables_and_columns_may_be_missing(sqlite_url):
    execute(
        sqlite_url,
        "CREATE TABLE trades (trade_id TEXT, side TEXT, estimate NUMERIC, published_at TEXT, own TEXT)",
        "CREATE VIEW bids AS SELECT trade_id, 'b' AS bidder_id, 1 AS seq, 'valid' AS status FROM trades",
        "INSERT INTO trades VALUES ('t2', 'buy', 12.5, '2024-01-01', 'x'), ('t1', 'buy', 'n/a', 'soon', 'x')",
    )
    frames, absent = read_tables(sqlite_url)
    assert set(frames) == {"trades", "bids"}
    assert {"parties", "contracts", "trades.ceiling", "bids.amount"} <= absent
    assert "trades.estimate" not in absent
    assert list(frames["trades"]["estimate"]) == ["n/a", 12.5]
    records = Records.build(frames)
    assert {(problem.column, problem.value) for problem in records.problems} == {
        ("estimate", "n/a"),
        ("published_at", "soon"),
    }


def test_empty_tables_are_empty_frames(sqlite_url):
    load([], sqlite_url)
    frames = read_tables(sqlite_url).frames
    assert [len(frame) for frame in frames.values()] == [0] * len(TABLES)
    assert tuple(frames["bids"].columns) == TABLES["bids"].names


def test_a_money_column_of_mixed_pieces(sqlite_url, monkeypatch):
    execute(
        sqlite_url,
        "CREATE TABLE trades (trade_id TEXT, side TEXT, estimate, recorded_at)",
        "CREATE TABLE bids (trade_id TEXT, bidder_id TEXT, seq INTEGER, status TEXT)",
        "INSERT INTO trades VALUES ('1', 'buy', 5, '2024-01-01 10:00'), ('2', 'buy', 'x', 'y')",
        "INSERT INTO trades VALUES ('3', 'buy', NULL, NULL)",
    )
    monkeypatch.setattr(sql, "CHUNK", 1)
    records = Records.build(read_tables(sqlite_url).frames)
    assert records.trades["estimate"].isna().tolist() == [False, True, True]
    assert [problem.key for problem in records.problems] == ["2", "2"]


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["CREATE TABLE other (x TEXT)"], "table trades, bids not found"),
        (["CREATE TABLE trades (trade_id TEXT, side TEXT)"], "table bids not found"),
        (
            [
                "CREATE TABLE trades (trade_id TEXT)",
                "CREATE TABLE bids (trade_id TEXT, seq INTEGER, status TEXT)",
            ],
            "column trades.side, bids.bidder_id not found",
        ),
    ],
)
def test_what_is_needed_is_named(sqlite_url, statements, message):
    execute(sqlite_url, *statements)
    with pytest.raises(SourceError, match=message) as raised:
        read_tables(sqlite_url)
    assert "detector load" in str(raised.value)
    assert sqlite_url in str(raised.value)


def test_a_missing_file_is_told_and_not_created(sqlite_url):
    with pytest.raises(SourceError, match="there is no file"):
        read_tables(sqlite_url)
    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()


def test_a_file_that_is_no_database_is_told(tmp_path):
    path = tmp_path / "notes.db"
    path.write_text("notes " * 500, encoding="utf-8")
    with pytest.raises(SourceError, match="not an SQLite database"):
        read_tables(f"sqlite:///{path}")
    with pytest.raises(SourceError, match="is a directory"):
        read_tables(f"sqlite:///{tmp_path}")


def test_a_password_that_is_refused_is_not_shown(postgresql_server_url):
    url = postgresql_server_url.set(username="nobody", password="s3cr/t word")  # noqa: S106
    with pytest.raises(SourceError) as raised:
        read_tables(url.render_as_string(hide_password=False))
    assert "s3cr" not in str(raised.value)
    assert "***" in str(raised.value)
