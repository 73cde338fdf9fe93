"""The commands that bring records in, as a person or a scheduler calls them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from detector.simulate import simulate
from pipelines.snapshot.store import SnapshotFolder
from pipelines.sources.frames import write_frames
from tests.command_line import run


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_frames(simulate(300, seed=5).tables, "sqlite:///a.db")
    return "sqlite:///a.db"


def change(statement):
    engine = create_engine("sqlite:///a.db")
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_extract_and_again(capsys, url):
    code, out, _ = run(capsys, "extract", "--source", url, "--snapshot", "s")
    assert code == 0
    assert "300 trades" in out
    assert "snapshot 1: full pull" in out
    code, out, _ = run(capsys, "extract", "--source", url, "--snapshot", "s", "--json")
    told = json.loads(out)
    assert (code, told["kind"], told["changed"], told["rows"]["trades"]) == (0, "incremental", 0, 300)


def test_a_scan_of_the_snapshot_gives_the_alerts_of_the_source(capsys, url):
    alerts = {}
    for name, options in (("plain", ("--source", url)), ("kept", ("--source", url, "--snapshot", "s"))):
        code, out, err = run(capsys, "scan", *options, "--dry-run", "--json", "--budget", "5")
        assert code == 0, err
        alerts[name] = json.loads(out)["flags"]
    assert alerts["plain"] == alerts["kept"]
    assert alerts["plain"]
    assert run(capsys, "scan", "--snapshot", "s", "--dry-run", "--json", "--budget", "5")[0] == 0


def test_a_scan_needs_something_to_scan(capsys, monkeypatch):
    monkeypatch.delenv("DETECTOR_SOURCE_URL", raising=False)
    code, _, err = run(capsys, "scan", "--dry-run")
    assert (code, "--source" in err, "--snapshot" in err) == (2, True, True)


def test_a_pull_beside_another_is_refused_as_temporary(capsys, url):
    with SnapshotFolder(Path("s")).locked():
        code, _, err = run(capsys, "extract", "--source", url, "--snapshot", "s")
    assert (code, "another pull" in err) == (75, True)


def test_rows_set_aside_degrade_a_scan_and_too_many_stop_it(capsys, url):
    change("INSERT INTO bids (trade_id, bidder_id, seq, status) VALUES ('nowhere', 'A', 1, 'valid')")
    code, out, err = run(capsys, "scan", "--source", url, "--dry-run", "--budget", "2")
    assert (code, "1 rows and 0 values were set aside" in err) == (6, True)
    change("UPDATE bids SET status = 'gilt' WHERE trade_id < 'T2024'")
    code, out, err = run(capsys, "scan", "--source", url, "--dry-run", "--budget", "2")
    assert (code, out) == (5, "")
    assert "judged: bids:" in err


def test_init_writes_a_profile_once(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "init", "--profile", "ggzy")[0] == 0
    assert "BID_SECTION_CODE" in Path("mapping.toml").read_text(encoding="utf-8")
    code, _, err = run(capsys, "init", "--profile", "blank")
    assert (code, "exists already" in err) == (3, True)
    assert run(capsys, "init", "--profile", "none", "--file", "x.toml")[0] == 3


def test_map_check_of_canonical_tables(capsys, url):
    code, out, _ = run(capsys, "map", "check", url, "--json")
    tables = {table["table"]: table for table in json.loads(out)["tables"]}
    assert (code, tables["trades"]["rows"], tables["bids"]["suspicions"]) == (0, 300, [])
    change(
        "UPDATE trades SET ceiling = CAST(ceiling AS REAL) / 10000, estimate = CAST(estimate AS REAL) / 10000"
    )
    _, out, _ = run(capsys, "map", "check", url)
    assert "CHECK THE UNIT  amount ÷ ceiling" in out


def test_a_mapping_that_hashes_needs_a_key(capsys, url, monkeypatch):
    monkeypatch.delenv("DETECTOR_HASH_KEY", raising=False)
    code, _, err = run(capsys, "extract", "--source", url, "--snapshot", "s", "--mapping", "ggzy")
    assert (code, "DETECTOR_HASH_KEY" in err) == (3, True)


def test_an_account_that_can_write_is_refused(capsys, postgresql_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_frames(simulate(100, seed=5).tables, postgresql_url)
    code, _, err = run(capsys, "extract", "--source", postgresql_url, "--snapshot", "s")
    assert (code, "the account can write to trades" in err) == (4, True)
