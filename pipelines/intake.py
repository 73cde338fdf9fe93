"""How records come in: straight from a database, or through a snapshot that is brought up to date first."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from detector.errors import ConfigError
from detector.records import Records
from pipelines.mappings import mapping_called
from pipelines.quarantine import DEFAULT_LIMIT
from pipelines.snapshot.pulling import pull
from pipelines.snapshot.reading import read_snapshot
from pipelines.sources.extraction import Access

HASH_KEY = "DETECTOR_HASH_KEY"


@dataclass(frozen=True, slots=True)
class Intake:
    """`access`: the source that `snapshot` is pulled from first; None: the snapshot is taken as it is.

    `max_quarantine`: the share of a table's rows set aside above which nothing is judged.
    """

    access: Access | None = None
    snapshot: Path | None = None
    max_quarantine: float = DEFAULT_LIMIT

    def records(
        self,
        as_of: datetime | None,
        started: datetime,
        now: Callable[[], datetime],
        say: Callable[[str], None],
    ) -> tuple[Records, Mapping[str, datetime]]:
        """Records of the snapshot that may be computed on, and when the bids of the others will be opened."""
        if self.snapshot is None:
            raise ConfigError("no folder of a snapshot was given.")
        if self.access is not None:
            pull(self.access, self.snapshot, now, say=say)
        read = read_snapshot(self.snapshot, as_of, started)
        return read.records, read.sealed


def access_to(source: str, mapping: str, writable: bool) -> Access:
    """How to read a source: with a mapping (a profile or a file) and, where it hashes columns, the key for
    that.
    """
    chosen = mapping_called(mapping)
    key = os.environ.get(HASH_KEY, "").encode() or None
    hashed = [name for name, table in (chosen.tables or {}).items() if table.hashed]
    if hashed and key is None:
        raise ConfigError(
            f"the mapping hashes columns of {', '.join(hashed)}, and {HASH_KEY} holds no key. "
            "Set it to a secret of the authority; the same one every night, or equal values no longer meet."
        )
    return Access(source, chosen, key, writable=writable)
