import csv
import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, inspect, select

from detector.contract import ROW, Problem
from detector.errors import ConfigError, SourceError
from pipelines.sources import PROFILES
from pipelines.sources import load as loading
from pipelines.sources.load import load, write_problems
from pipelines.sources.merge import Merge
from pipelines.sources.tables import canonical_metadata
from tests.pipelines.sources.releases import bid, party, release, tender, write

ROOT = Path(__file__).resolve().parents[3]
REAL = ROOT.parent / "shared" / "data" / "real"


def stored(url):
    """All rows of all tables, sorted by key."""
    engine = create_engine(url)
    tables = canonical_metadata().tables
    with engine.connect() as connection:
        content = {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in tables.items()
        }
    engine.dispose()
    return content


def done(report, table):
    return tuple(report.counts[table])


def test_loading_twice_changes_nothing(database_url, tmp_path):
    path = write(tmp_path / "f.jsonl", release(1), release(2), "{broken", release(3))
    first = load([path], database_url)
    content = stored(database_url)
    again = load([path], database_url)
    assert done(first, "trades") == (3, 0, 0, 0)
    assert done(first, "bids") == (9, 0, 0, 0)
    assert done(first, "parties") == (5, 0, 0, 0)
    assert done(first, "contracts") == (3, 0, 0, 0)
    assert (first.lines, first.processes, len(first.problems)) == (4, 3, 1)
    assert done(again, "trades") == (0, 0, 3, 0)
    assert done(again, "bids") == (0, 0, 9, 0)
    assert done(again, "parties") == (0, 0, 5, 0)
    assert stored(database_url) == content
    assert content["bids"][1][3:5] == (Decimal("100.25"), "CNY")


def test_a_second_load_writes_nothing(sqlite_url, tmp_path, monkeypatch):
    path = write(tmp_path / "f.jsonl", release(1), release(2))
    load([path], sqlite_url)
    statements = []
    connecting = loading.connecting

    def watched(*arguments):
        manager = connecting(*arguments)
        original = manager.__enter__
        manager_type = type(manager)

        class Watched:
            def __enter__(self):
                engine = original()
                event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
                return engine

            def __exit__(self, *failure):
                return manager_type.__exit__(manager, *failure)

        return Watched()

    monkeypatch.setattr(loading, "connecting", watched)
    load([path], sqlite_url)
    assert statements
    assert not [text for text in statements if text.startswith(("INSERT", "UPDATE", "DELETE", "CREATE"))]


def test_a_newer_release_replaces_the_process_and_an_older_one_is_stale(database_url, tmp_path):
    old = write(tmp_path / "old.jsonl", release(1), release(2))
    details = [bid("b2", "S-2", 100.25, date="2024-04-02T10:00:00+08:00"), bid("b9", "S-9", 130)]
    newer = release(1, date="2024-06-01T00:00:00+08:00", bids={"details": details})
    new = write(tmp_path / "new.jsonl", newer)
    load([old], database_url)
    report = load([new], database_url)
    assert done(report, "trades") == (0, 1, 0, 0)
    assert done(report, "bids") == (1, 0, 1, 2)
    content = stored(database_url)
    assert [row[1] for row in content["bids"] if row[0] == "ocds-test-1"] == ["S-2", "S-9"]
    late = load([old], database_url)
    assert (late.stale, late.processes) == (1, 2)
    assert done(late, "trades") == (0, 0, 1, 0)
    assert stored(database_url) == content


def test_lots_that_appear_replace_the_trade_of_the_process(sqlite_url, tmp_path):
    load([write(tmp_path / "f", release(1))], sqlite_url)
    lotted = release(1, date="2025-01-01", tender=tender(lots=[{"id": "L1"}]))
    report = load([write(tmp_path / "g", lotted)], sqlite_url)
    assert done(report, "trades") == (1, 0, 0, 1)
    content = stored(sqlite_url)
    assert [row[0] for row in content["trades"]] == ["ocds-test-1/L1"]
    assert {row[0] for row in content["bids"]} == {"ocds-test-1/L1"}
    assert done(report, "contracts") == (0, 1, 0, 0)


def test_the_order_of_releases_in_a_load_makes_no_difference(tmp_path):
    few = release(1, bids={"details": [bid("b1", "S-1", 110)]})
    old = release(1, date="2020-01-01", bids={"details": [bid(f"b{n}", "S-1", n) for n in range(9)]})
    contents = []
    for number, order in enumerate(permutations([few, old, release(1), release(1), release(2)])):
        if number % 10:
            continue
        url = f"sqlite:///{tmp_path / str(number)}.db"
        path = write(tmp_path / "f.jsonl", *order)
        report = load([path], url)
        contents.append(stored(url))
        assert (report.processes, report.superseded) == (2, 3)
        clashes = [problem for problem in report.problems if "comes twice" in problem.reason]
        assert clashes
        assert {problem.effect for problem in clashes} == {ROW}
        again = load([path], url)
        assert done(again, "bids") == (0, 0, 6, 0)
    assert all(content == contents[0] for content in contents)
    assert len(contents[0]["bids"]) == 6


def test_two_releases_of_one_date_are_told_with_both_places(sqlite_url, tmp_path):
    path = write(tmp_path / "f.jsonl", release(1, bids={"details": []}, awards=[]), release(1))
    (problem,) = load([path], sqlite_url).problems
    assert problem.place == f"{path}:1"
    assert f"{path}:2 is used" in problem.reason


def test_an_undated_release_never_replaces_a_dated_one(sqlite_url, tmp_path):
    load([write(tmp_path / "f", release(1))], sqlite_url)
    report = load([write(tmp_path / "g", release(1, date=None, bids=None))], sqlite_url)
    assert report.stale == 1


def test_parties_keep_their_highest_role_and_newest_name(database_url, tmp_path):
    def named(number, date, name, *roles):
        return release(number, date=date, parties=[party("S-1", name, *roles)])

    old = write(tmp_path / "old", named(1, "2020-01-01", "Old Name", "buyer"))
    new = write(tmp_path / "new", named(2, "2024-01-01", "New Name", "supplier"))
    load([old], database_url)
    load([new], database_url)
    again = load([old], database_url)
    row = next(row for row in stored(database_url)["parties"] if row[0] == "S-1")
    assert row[:3] == ("S-1", "New Name", "buyer")
    assert done(again, "parties")[:2] == (0, 0)


def test_batches_make_no_difference(sqlite_url, tmp_path, monkeypatch):
    path = write(tmp_path / "f.jsonl", *(release(number) for number in range(25)))
    monkeypatch.setattr(loading, "BATCH", 4)
    monkeypatch.setattr("pipelines.sources.merge.IN_LIST", 3)
    told = []
    assert done(load([path], sqlite_url, progress=told.append), "bids") == (75, 0, 0, 0)
    assert done(load([path], sqlite_url), "bids") == (0, 0, 75, 0)
    assert told[-1] == 25


def test_a_failure_in_the_transaction_leaves_nothing(database_url, tmp_path, monkeypatch):
    load([write(tmp_path / "f", release(1))], database_url)
    before = stored(database_url)
    monkeypatch.setattr(loading, "BATCH", 1)
    finish = Merge.finish

    def failing(self):
        finish(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Merge, "finish", failing)
    path = write(tmp_path / "g", release(1, date="2025-01-01", bids=None), release(2))
    with pytest.raises(KeyboardInterrupt):
        load([path], database_url)
    assert stored(database_url) == before


KILLED = """
import os, signal, sys
from pipelines.sources import load as loading
from pipelines.sources.merge import Merge
finish = Merge.finish
def killed(self):
    finish(self)
    os.kill(os.getpid(), signal.SIGKILL)
Merge.finish = killed
loading.load([sys.argv[1]], sys.argv[2])
"""


def test_a_kill_leaves_nothing_and_the_next_load_finishes(sqlite_url, tmp_path):
    path = write(tmp_path / "f.jsonl", *(release(number) for number in range(50)))
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, path, sqlite_url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert not any(stored(sqlite_url).values())
    assert done(load([path], sqlite_url), "trades") == (50, 0, 0, 0)


def test_a_damaged_file_is_found_before_the_database_is_touched(sqlite_url, tmp_path):
    good = write(tmp_path / "f.jsonl", release(1))
    with pytest.raises(SourceError, match="There is no file"):
        load([good, str(tmp_path / "missing.jsonl")], sqlite_url)
    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()


def test_a_database_that_cannot_be_written_is_told(tmp_path):
    path = write(tmp_path / "f.jsonl", release(1))
    with pytest.raises(SourceError, match="Check that the folder exists"):
        load([path], f"sqlite:///{tmp_path}/none/records.db")


def test_tables_of_another_shape_are_told(sqlite_url, tmp_path):
    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE trades (trade_id TEXT)")
    engine.dispose()
    with pytest.raises(SourceError, match="process_id"):
        load([write(tmp_path / "f.jsonl", release(1))], sqlite_url)


def test_an_unknown_profile_is_told(sqlite_url):
    with pytest.raises(ConfigError, match="Known profiles: ocds"):
        load([], sqlite_url, profile="oscd")
    assert set(PROFILES) == {"ocds"}


def test_missing_tables_are_created(database_url):
    load([], database_url)
    engine = create_engine(database_url)
    assert set(inspect(engine).get_table_names()) >= {"trades", "bids", "parties", "contracts"}
    engine.dispose()


# -- problems --------------------------------------------------------------------------------------------


def problem(**changes):
    return Problem("f:1", "bids", "t / b / 1", "amount", "x", "expected an amount", ROW)._replace(**changes)


def test_problems_are_csv_that_a_spreadsheet_does_not_run(tmp_path):
    path = tmp_path / "quarantine.csv"
    path.write_text("former", encoding="utf-8")
    dangerous = ["=1+1", "+1", "-1", "@A1", "\tx", "\rx"]
    write_problems(path, [problem(value=value) for value in [*dangerous, "plain", "公司"]])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as handle:
        header, *rows = csv.reader(handle)
    assert header == ["place", "table", "key", "column", "value", "reason", "effect"]
    assert [row[4] for row in rows] == [f"'{value}" for value in dangerous] + ["plain", "公司"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["quarantine.csv"]


def test_a_failed_write_leaves_the_former_file(tmp_path):
    path = tmp_path / "quarantine.csv"
    path.write_text("former", encoding="utf-8")

    def broken():
        yield problem()
        raise OSError(28, "No space left on device")

    with pytest.raises(SourceError, match="No space left"):
        write_problems(path, broken())
    assert path.read_text(encoding="utf-8") == "former"
    assert [entry.name for entry in tmp_path.iterdir()] == ["quarantine.csv"]
    with pytest.raises(SourceError, match="cannot be written"):
        write_problems(tmp_path / "none" / "q.csv", [])


# -- real records ----------------------------------------------------------------------------------------

REAL_COUNTS = {
    "assam": {"trades": 35_403, "bids": 138_819, "contracts": 33_720, "superseded": 0, "problems": 4},
    # Eleven processes come twice with the same date: 1,741 releases with 55,199 bids. 419 bids have no date.
    "korea_heritage": {"trades": 1_730, "bids": 55_065, "contracts": 0, "superseded": 11, "problems": 430},
}


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", REAL_COUNTS)
def test_real_records_are_loaded_whole(name, sqlite_url):
    path = REAL / f"{name}.ocds.jsonl.xz"
    if not path.exists():
        pytest.skip(f"real records are not here: {path.name}")
    expected = REAL_COUNTS[name]
    first = load([str(path)], sqlite_url)
    again = load([str(path)], sqlite_url)
    for table in ("trades", "bids", "contracts"):
        assert done(first, table) == (expected[table], 0, 0, 0)
        assert done(again, table) == (0, 0, expected[table], 0)
    assert done(again, "parties")[:2] == (0, 0)
    assert (first.superseded, len(first.problems)) == (expected["superseded"], expected["problems"])
    assert json.dumps([problem.place for problem in first.problems]).count(path.name) >= expected["problems"]
