"""Loading files into the canonical tables: read everything, then merge it in one transaction, all or nothing."""

import contextlib
import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from detector.contract import Problem
from detector.errors import SourceError
from pipelines.database import connecting
from pipelines.sources import Profile, profile_called
from pipelines.sources.merge import Counts, Merge
from pipelines.sources.spool import Spool
from pipelines.sources.tables import canonical_metadata, create_tables

BATCH = 2_000
PROGRESS_STEP = 1_000
FORMULA_START = ("=", "+", "-", "@", "\t", "\r")

Progress = Callable[[int], None]


class LoadReport(NamedTuple):
    """What a load did.

    `processes` counts what was found in the files, each process once; `superseded` releases gave way to
    another one of the same load, `stale` ones to a newer one in the database.
    """

    counts: Mapping[str, Counts]
    lines: int
    processes: int
    superseded: int
    stale: int
    problems: tuple[Problem, ...]


class _Lines:
    """Counts lines and tells the progress now and then."""

    def __init__(self, progress: Progress | None) -> None:
        self.read = 0
        self._progress = progress

    def __call__(self) -> None:
        self.read += 1
        if self._progress is not None and self.read % PROGRESS_STEP == 0:
            self._progress(self.read)


def load(
    files: Sequence[str], url: str, profile: str = "ocds", progress: Progress | None = None
) -> LoadReport:
    """Bring the records of `files` into the canonical tables at `url`; missing tables and columns are created.

    The same files twice change nothing; a newer release replaces its process, an older one is left out as
    stale. Everything is written in one transaction: whatever ends the load early, nothing of it stays.
    `progress` is called with the number of lines read so far.
    Raises ConfigError for an unknown profile, SourceError for a file that cannot be read or a database that
    refuses; single bad lines, rows and values come back as problems.
    """
    reader = profile_called(profile)
    lines = _Lines(progress)
    with Spool() as spool:
        problems = _spooled(files, reader, spool, lines)
        if progress is not None:
            progress(lines.read)
        metadata = canonical_metadata()
        with connecting(url, SourceError) as engine:
            with engine.begin() as connection:
                create_tables(connection, metadata)
            with engine.connect() as connection:
                _begin(connection)
                merge = Merge(connection, metadata)
                for batch in spool.batches(BATCH):
                    merge.add(batch)
                counts = merge.finish()
                connection.commit()
        return LoadReport(counts, lines.read, len(spool), spool.superseded, merge.stale, tuple(problems))


def write_problems(path: str | Path, problems: Iterable[Problem]) -> None:
    """Write problems as CSV, in one step: a reader sees the former file or the whole new one.

    UTF-8 with a byte order mark, which Excel needs for Chinese text. Cells that a spreadsheet would run as a
    formula begin with an apostrophe. Raises SourceError if the file cannot be written.
    """
    target = Path(path)
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(Problem._fields)
            writer.writerows([_harmless(cell) for cell in problem] for problem in problems)
        Path(temporary).replace(target)
    except OSError as refusal:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise SourceError(
            f"{target} cannot be written: {refusal.strerror}. Name a file in a folder that can be written to."
        ) from None


def _spooled(files: Sequence[str], reader: Profile, spool: Spool, lines: _Lines) -> list[Problem]:
    problems: list[Problem] = []
    for path in files:
        for found in reader.read_releases(path, lines):
            if isinstance(found, Problem):
                problems.append(found)
                continue
            process, aside = reader.to_rows(found.data, found.place)
            problems += aside
            if not process.trades:
                continue
            clash = spool.add(process, found.place)
            if clash is not None:
                problems.append(clash)
    return problems


def _begin(connection: Connection) -> None:
    """Open the transaction. SQLite's driver would open it at the first write only, after rows were compared."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _harmless(cell: str) -> str:
    text = cell.encode("utf-8", "replace").decode()
    return f"'{text}" if text.startswith(FORMULA_START) else text
