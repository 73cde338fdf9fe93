"""Records from a snapshot are those of the source, whatever the source holds."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sqlalchemy import create_engine

from detector.errors import SourceError
from detector.records import Records
from detector.schema import TABLES
from detector.simulate import simulate
from pipelines.nightly import read_records
from pipelines.snapshot import chunks, pulling
from pipelines.snapshot.pulling import PullSettings, pull
from pipelines.snapshot.reading import read_snapshot
from pipelines.snapshot.store import SnapshotFolder
from pipelines.sources import transport
from pipelines.sources.canonical import Reader
from pipelines.sources.extraction import Access
from pipelines.sources.frames import write_frames
from tests import factory, strategies
from tests.pipelines.snapshot_sources import ChangingSource

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(chunks, "ANCHORS", 2)
    monkeypatch.setattr(pulling, "MERGED_BYTES", 500)


def assert_same(found, expected):
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name), obj=name)
    assert sorted(set(found.problems) ^ set(expected.problems)) == []
    assert found.problems == expected.problems
    assert (found.absent, found.as_of) == (expected.absent, expected.as_of)


class FrameTransport:
    """Stands for a database that takes any value in any column, in any order."""

    def __init__(self, frames):
        self.frames = frames

    def rows(self, name):
        frame = self.frames[name]
        for start in range(0, len(frame), 3):
            part = frame.iloc[start : start + 3]
            yield {column: part[column].to_numpy(dtype=object) for column in part}


@given(strategies.tables(messy=True))
@settings(max_examples=40)
def test_batches_conform_as_the_contract_has_it(frames):
    expected = Records.build(frames, place="here", not_after=np.datetime64("2030-01-01"))
    with tempfile.TemporaryDirectory() as folder:
        store = SnapshotFolder(Path(folder))
        content = {}
        with store.locked():
            for name in TABLES:
                content |= {name: [], name + ".aside": []}
                read = [Reader(TABLES[name]).read(raw) for raw in FrameTransport(frames).rows(name)]
                for one in read:
                    for part, rows in ((name, one.rows), (name + ".aside", one.aside)):
                        order = pulling.order_of(part)
                        content[part] = chunks.merged(content[part], set(), rows, order, store)
            store.publish(pulling.Version(1, "2030-01-01T00:00:00", "", None, "here", "", (), True, content))
        found = read_snapshot(Path(folder), None, NOW).records
    assert_same(found, expected)


@pytest.mark.parametrize("columnar", [True, False])
def test_a_whole_database_comes_back_the_same_over_either_transport(
    database_url, tmp_path, monkeypatch, columnar
):
    monkeypatch.setattr(transport, "CURSOR_ROWS", 100)
    tables = simulate(250, seed=9).tables
    tables["trades"].loc[3, "title"] = "标段 with 'quotes', 100% and $1"
    write_frames(tables, database_url)
    pull(Access(database_url, columnar=columnar, writable=True), tmp_path / "s", lambda: NOW)
    assert_same(read_snapshot(tmp_path / "s", None, NOW).records, read_records(database_url, None, NOW))
    moment = datetime(2025, 3, 31, tzinfo=UTC)
    assert_same(read_snapshot(tmp_path / "s", moment, NOW).records, read_records(database_url, moment, NOW))


def test_columns_that_the_source_lacks_are_absent_in_the_records(sqlite_url, tmp_path):
    tables = factory.frames(factory.trade("t"), factory.bid("t", "A", 5.0))
    write_frames(tables, sqlite_url)
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE trades DROP COLUMN ceiling")
        connection.exec_driver_sql("DROP TABLE payments")
    engine.dispose()
    pull(Access(sqlite_url), tmp_path / "s", lambda: NOW)
    found = read_snapshot(tmp_path / "s", None, NOW).records
    assert_same(found, read_records(sqlite_url, None, NOW))
    assert {"trades.ceiling", "payments.amount"} <= found.absent


def test_an_earlier_day_is_answered_from_the_snapshot_of_that_day(tmp_path):
    source = ChangingSource(tmp_path)
    moments = []
    for number in range(3):
        source.happen(("update" if number else "lot", "A0", 1))
        source.pull()
        moments.append(source.moment.replace(tzinfo=UTC))
    titles = [
        read_snapshot(tmp_path / "snapshot", moment, NOW).records.trades["title"].tolist()
        for moment in moments
    ]
    assert titles == [["no. 1"], ["changed 2"], ["changed 3"]]


@pytest.mark.parametrize("damage", ["missing", "short", "other bytes"])
def test_a_damaged_chunk_is_told_with_its_file(tmp_path, damage):
    source = ChangingSource(tmp_path)
    source.happen(("lot", "A0", 1))
    source.pull()
    path = next((tmp_path / "snapshot" / "chunks").glob("*/*"))
    data = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(data[:-1] if damage == "short" else bytes(len(data)))
    with pytest.raises(SourceError, match=path.name) as refused:
        read_snapshot(tmp_path / "snapshot", None, NOW)
    assert "detector extract --full" in str(refused.value)
    assert source.pull(PullSettings(full=True)).kind == "full"
    assert len(read_snapshot(tmp_path / "snapshot", None, NOW).records) == 1


def test_no_snapshot_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(SourceError, match="holds no snapshot"):
        read_snapshot(tmp_path, None, NOW)
