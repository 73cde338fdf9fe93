"""A scan that is killed while it writes leaves the store as it was."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from pipelines.alerts.store import record
from pipelines.alerts.tables import METADATA
from tests.pipelines.alerts.scans import ENDED, STARTED, rows, scanned

ROOT = Path(__file__).resolve().parents[3]

# A cache of one page makes SQLite write into the file before the commit: only its journal can undo that.
KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.pool import Pool
from pipelines.alerts import store
from tests.pipelines.alerts.scans import ENDED, STARTED, rows, scanned

url, table = sys.argv[1:]

@event.listens_for(Pool, "connect")
def small_cache(connection, _):
    if url.startswith("sqlite"):
        connection.execute("PRAGMA cache_size = 1")

written = store._insert

def insert(connection, target, held):
    written(connection, target, held)
    if target.name == table:
        os.kill(os.getpid(), signal.SIGKILL)

store._insert = insert
later = scanned(rows(close=5), as_of="2024-06-30")
store.record(later, url, authority="a", started_at=STARTED, now=ENDED, config={})
"""


def counts(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        held = {
            table.name: (
                connection.scalar(select(func.count()).select_from(table)),
                connection.execute(select(table).order_by(*table.primary_key.columns)).all(),
            )
            for table in METADATA.sorted_tables
        }
    engine.dispose()
    return held


@pytest.mark.slow
@pytest.mark.parametrize("table", ["detector_run", "detector_alert", "detector_reason"])
def test_a_killed_scan_leaves_nothing_and_the_next_one_is_whole(database_url, tmp_path, table):
    record(scanned(), database_url, authority="a", started_at=STARTED, now=ENDED, config={})
    before = counts(database_url)
    command = [sys.executable, "-c", KILLED, database_url, table]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert counts(database_url) == before
    undisturbed = f"sqlite:///{tmp_path / 'undisturbed.db'}"
    record(scanned(), undisturbed, authority="a", started_at=STARTED, now=ENDED, config={})
    for url in (database_url, undisturbed):
        later = scanned(rows(close=5), as_of="2024-06-30")
        assert record(later, url, authority="a", started_at=STARTED, now=ENDED, config={}).written
    assert counts(database_url) == counts(undisturbed)
