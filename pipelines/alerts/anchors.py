"""Anchors: the head of the audit trail, day by day, in a file that somebody else keeps.

A chain of hashes shows what was changed inside it, but not that its tail was cut off or that all of it was
written anew. A line of an anchor file says which event was the last one at some moment, and its hash.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from detector.errors import ConfigError
from pipelines.alerts.events import Fault
from pipelines.alerts.runs import Row


class Anchor(NamedTuple):
    """The last event at some moment (naive UTC): its position and its hash."""

    at: datetime
    seq: int
    row_hash: str


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors of a file, none if it is not there. ConfigError, naming the line, if it is no anchor file."""
    if not path.exists():
        return []
    anchors = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            held = json.loads(line)
            anchors.append(
                Anchor(datetime.fromisoformat(held["at"]), int(held["seq"]), str(held["row_hash"]))
            )
        except (ValueError, TypeError, KeyError):
            raise ConfigError(f"{path}: line {number} is no anchor; expected at, seq and row_hash.") from None
    return anchors


def add_anchor(path: Path, anchor: Anchor) -> bool:
    """Add `anchor` to the file at `path`, which is replaced as a whole or not at all; False if the head is in it.

    Whoever cannot read the file sees the old one or the new one, never half of one.
    """
    held = read_anchors(path)
    if held and held[-1][1:] == anchor[1:]:
        return False
    lines = [
        json.dumps({"at": one.at.isoformat(), "seq": one.seq, "row_hash": one.row_hash})
        for one in (*held, anchor)
    ]
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as refusal:
        part.unlink(missing_ok=True)
        raise ConfigError(f"{path}: the anchor cannot be written: {refusal.strerror}.") from None
    return True


class AnchorCheck:
    """Holds a chain that passes by against anchors."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._expected: dict[int, set[str]] = {}
        for anchor in anchors:
            self._expected.setdefault(anchor.seq, set()).add(anchor.row_hash)
        self._differing: list[int] = []

    def watch(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Pass `rows` through, comparing those that have an anchor."""
        for row in rows:
            hashes = self._expected.pop(int(row["seq"]), None)
            if hashes is not None and hashes != {row["row_hash"]}:
                self._differing.append(int(row["seq"]))
            yield row

    def faults(self) -> Iterator[Fault]:
        """What differs from the anchors, once all rows have passed."""
        for seq in self._differing:
            yield Fault(
                seq, f"event {seq} is not the anchored one: the chain was rewritten up to it 链被改写"
            )
        for seq in sorted(self._expected):
            yield Fault(
                seq, f"event {seq} is anchored but not there: the end of the chain is missing 链尾缺失"
            )
