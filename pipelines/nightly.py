"""The batch story on one page: read the records, scan them, merge the alerts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from detector.contract import Problem
from detector.records import Records
from detector.scan import Scan, ScanSettings, scan
from pipelines.alerts.store import Receipt, record
from pipelines.database import masked
from pipelines.sources.sql import read_tables

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class NightSettings:
    """What a nightly run needs to know. `as_of`: show the records as they were known then (UTC)."""

    source: str
    alerts: str | None
    authority: str = "unnamed"
    as_of: datetime | None = None
    scan: ScanSettings = ScanSettings()  # noqa: RUF009 (frozen)

    def described(self) -> dict[str, object]:
        """The settings that decide the result, without secrets or addresses: stored with the run."""
        forest = self.scan.forest
        return {
            "authority": self.authority,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "budget": self.scan.budget,
            "window_days": self.scan.window_days,
            "forest": {"trees": forest.trees, "sample": forest.sample, "seed": forest.seed},
        }


@dataclass(frozen=True, slots=True)
class Night:
    """What a night brought. `receipt` is None where no alerts were to be written."""

    scan: Scan
    receipt: Receipt | None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Rows and values that were set aside."""
        return self.scan.records.problems


def read_records(source: str, as_of: datetime | None, now: datetime) -> Records:
    """Records of the database at `source`; instants after `now` (the clock) are not believed."""
    read = read_tables(source)
    return Records.build(
        read.frames,
        as_of=None if as_of is None else _instant(as_of),
        place=masked(source),
        not_after=_instant(now),
    )


def nightly(settings: NightSettings, now: Callable[[], datetime], say: Say = lambda _: None) -> Night:
    """Scan the records at ``settings.source`` and merge the flags into ``settings.alerts``.

    `now` is the clock, `say` hears what is being done. The merge is one transaction; a run that changes
    nothing writes nothing. Raises SourceError, SchemaError, ModelError or SinkError.
    """
    started = now()
    say("reading records")
    records = read_records(settings.source, settings.as_of, started)
    say(f"scanning {len(records):,} trades and {len(records.bids):,} bids")
    found = scan(records, settings=settings.scan)
    if settings.alerts is None:
        return Night(found, None)
    say(f"merging {len(found.flags)} flags into the alert store")
    receipt = record(
        found,
        settings.alerts,
        authority=settings.authority,
        started_at=started,
        now=now(),
        config=settings.described(),
    )
    return Night(found, receipt)


def _instant(moment: datetime) -> np.datetime64:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "s")
