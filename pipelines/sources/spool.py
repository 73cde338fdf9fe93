"""The processes of a load on disk, before the database is touched.

Reading everything first keeps the transaction short, finds a damaged file before anything is written, and
settles which of several releases of a process counts whatever order they come in. Memory grows by a few
hundred bytes per process, not with the records.
"""

import pickle
import tempfile
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self, cast

from detector.contract import ROW, Problem, shown
from pipelines.sources.ocds import Process

UNDATED = datetime.min  # noqa: DTZ901 - instants are naive UTC here


class Kept(NamedTuple):
    """Where the release of a process that counts is found."""

    recorded_at: datetime
    offset: int
    place: str


class Spool:
    """A temporary file of processes, gone when closed. Of each process the newest release counts.

    Of two releases with the same date, the one with more bids counts; with as many, the larger in the order
    of its rows, so that the order of lines and files makes no difference.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="detector-")  # noqa: SIM115 - closed by __exit__
        self._kept: dict[str, Kept] = {}
        self.superseded = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, process: Process, place: str) -> Problem | None:
        """Keep a process. A Problem where two different releases of it bear the same date."""
        recorded_at = process.recorded_at or UNDATED
        former = self._kept.get(process.process_id)
        problem = None
        if former is not None:
            self.superseded += 1
            if former.recorded_at > recorded_at:
                return None
            if former.recorded_at == recorded_at:
                stored = self._read(former.offset)
                if stored == process:
                    return None
                newcomer_counts = _rank(process) > _rank(stored)
                used, aside = (place, former.place) if newcomer_counts else (former.place, place)
                problem = _clash(process.process_id, used, aside)
                if not newcomer_counts:
                    return problem
        offset = self._file.seek(0, 2)
        pickle.dump(process, self._file, pickle.HIGHEST_PROTOCOL)
        self._kept[process.process_id] = Kept(recorded_at, offset, place)
        return problem

    def batches(self, size: int) -> Iterator[list[Process]]:
        """The processes that count, in the order they were read, `size` at a time."""
        offsets = sorted(kept.offset for kept in self._kept.values())
        for start in range(0, len(offsets), size):
            yield [self._read(offset) for offset in offsets[start : start + size]]

    def _read(self, offset: int) -> Process:
        self._file.seek(offset)
        return cast(Process, pickle.load(self._file))  # noqa: S301 - written by this object a moment ago


def _rank(process: Process) -> tuple[int, Any]:
    return len(process.bids), repr(process[2:])


def _clash(process_id: str, used: str, aside: str) -> Problem:
    reason = f"the process comes twice with the same date and different content; the one at {used} is used"
    return Problem(aside, "trades", shown(process_id), "recorded_at", "", reason, ROW)
