"""Every way to the same rows ends at the same bytes."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import ConfigError, SnapshotBusyError
from pipelines.snapshot import chunks, pulling, store
from pipelines.snapshot.store import SnapshotFolder
from pipelines.sources import transport
from tests.pipelines.snapshot_sources import (
    EVENTS,
    SETTINGS,
    STAMPED,
    SWEEPING,
    ChangingSource,
    Killed,
    killed_after,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Chunks, batches and merges of a few rows, so that a few rows meet every border."""
    monkeypatch.setattr(chunks, "ANCHORS", 3)
    monkeypatch.setattr(pulling, "MERGED_BYTES", 1)
    monkeypatch.setattr(store.os, "fsync", lambda _: None)
    monkeypatch.setattr(pulling, "REPLACED", 3)
    monkeypatch.setattr(pulling, "ASKED", 2)
    monkeypatch.setattr(transport, "CURSOR_ROWS", 3)


@pytest.fixture
def source(tmp_path):
    return ChangingSource(tmp_path)


def held(folder):
    """What a snapshot holds: the chunks of each part, with the bytes of their files."""
    folder_store = SnapshotFolder(folder)
    content = folder_store.newest().content
    files = {
        chunk.digest: folder_store._chunk_path(chunk.digest).read_bytes()
        for part in content.values()
        for chunk in part
    }
    return content, files


@given(st.lists(EVENTS, max_size=20))
@settings(max_examples=15)
def test_any_sequence_of_pulls_equals_one_full_pull_byte_for_byte(events):
    with tempfile.TemporaryDirectory() as folder:
        source = ChangingSource(Path(folder))
        for event in events:
            source.happen(event)
        source.pull(SWEEPING)
        source.pull(folder="fresh")
        assert held(source.folder / "snapshot") == held(source.folder / "fresh")
        source.engine.dispose()


@given(st.lists(STAMPED, max_size=25))
@settings(max_examples=8)
def test_without_deletions_no_sweep_is_needed(events):
    with tempfile.TemporaryDirectory() as folder:
        source = ChangingSource(Path(folder))
        for event in events:
            source.happen(event)
        source.pull(SETTINGS)
        source.pull(folder="fresh")
        assert held(source.folder / "snapshot") == held(source.folder / "fresh")
        source.engine.dispose()


def test_a_pull_reads_what_changed_and_no_more(source):
    for name in ("A0", "A1", "A2", "A3"):
        source.happen(("lot", name, 2))
    first = source.pull()
    assert (first.kind, first.changed) == ("full", 4)
    assert (source.pull().kind, source.pull().changed) == ("incremental", 0)
    source.happen(("update", "A2", 3))
    source.happen(("late lot", "b0", 1))
    second = source.pull()
    assert (second.kind, second.changed, second.gone) == ("incremental", 2, 0)
    assert second.version.rows["bids"] == 10


def test_what_has_gone_stays_until_the_next_sweep(source):
    source.happen(("lot", "A0", 2))
    source.happen(("lot", "A1", 2))
    source.pull()
    source.happen(("delete", "A0", True))
    assert source.pull(SETTINGS).version.rows["trades"] == 2
    swept = source.pull(SWEEPING)
    assert (swept.gone, swept.version.rows["trades"], swept.version.rows["bids"]) == (1, 1, 2)


def test_history_is_kept_and_pruned_with_the_files_that_nothing_needs(source):
    for number in range(4):
        source.happen(("update" if number else "lot", "A0", 1))
        source.pull()
    kept = SnapshotFolder(source.folder / "snapshot")
    assert kept.numbers() == [1, 2, 3, 4]
    titles = [kept.load(kept.version(n).content["trades"][0]).column("title")[0].as_py() for n in (1, 4)]
    assert titles == ["no. 1", "changed 4"]
    source.pull(pulling.PullSettings(keep=1))
    held_files = {path.stem for path in (source.folder / "snapshot" / "chunks").glob("*/*")}
    needed = {chunk.digest for part in kept.newest().content.values() for chunk in part}
    assert (kept.numbers(), held_files) == ([5], needed)


@pytest.mark.parametrize("writes", range(24, 34, 2))
def test_a_killed_first_pull_goes_on_from_where_it_was(source, writes):
    # Three rows a batch, two bids a lot: batches end within lots.
    for number in range(4):
        for letter in "AbÄ标":
            source.happen(("lot", f"{letter}{number}", 2))
    with killed_after(writes), pytest.raises(Killed):
        source.pull()
    noted = SnapshotFolder(source.folder / "snapshot").progress()
    assert noted["done"] == ["trades"]
    assert noted["table"] == "bids"
    source.happen(("update", "A0", 1))
    source.happen(("delete", "A1", True))
    done = source.pull()
    assert (done.kind, done.resumed) == ("full", True)
    source.pull(folder="fresh")
    assert held(source.folder / "snapshot") == held(source.folder / "fresh")


def test_two_pulls_at_once_are_refused(source):
    source.happen(("lot", "A0", 1))
    with (
        SnapshotFolder(source.folder / "snapshot").locked(),
        pytest.raises(SnapshotBusyError, match="another pull"),
    ):
        source.pull()
    source.pull()


def test_a_snapshot_takes_no_other_source_unless_told_to(source, tmp_path):
    source.pull()
    (tmp_path / "other").mkdir()
    other = ChangingSource(tmp_path / "other")
    other.folder = source.folder
    with pytest.raises(ConfigError, match=r"Name another folder, or replace it with --full"):
        other.pull()
    assert other.pull(pulling.PullSettings(full=True)).version.number == 2


KILLED = """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path
    from pipelines.snapshot import chunks, pulling
    from pipelines.sources.extraction import Access
    chunks.ANCHORS, pulling.MERGED_BYTES = 16, 4000
    pulling.pull(Access(sys.argv[1]), Path(sys.argv[2]), lambda: datetime(2025, 6, 1, tzinfo=UTC),
                 say=lambda told: print(told, flush=True))
"""


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["reading bids", "reading identifiers"])
def test_sigkill_and_again_is_as_if_nothing_had_happened(tmp_path, monkeypatch, stage):
    from detector.simulate import simulate
    from pipelines.sources.frames import write_frames

    url, command = f"sqlite:///{tmp_path / 'a.db'}", [sys.executable, "-c", textwrap.dedent(KILLED)]
    write_frames(simulate(300, seed=3).tables, url)
    process = subprocess.Popen(
        [*command, url, str(tmp_path / "killed")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert any(line.strip() == stage for line in process.stdout)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert SnapshotFolder(tmp_path / "killed").newest() is None
    for folder in ("killed", "whole"):
        subprocess.run(
            [*command, url, str(tmp_path / folder)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
    assert held(tmp_path / "killed") == held(tmp_path / "whole")
