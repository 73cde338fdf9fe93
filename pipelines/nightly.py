"""The batch story on one page: read the records, scan them, merge the alerts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from detector.contract import Problem
from detector.drift import Drift
from detector.model.bundle import Bundle
from detector.records import Records
from detector.rules.book import Rulebook
from detector.scan import Scan, ScanSettings, scan
from detector.workdays import Calendar
from pipelines import bundles
from pipelines.alerts.store import Receipt, record
from pipelines.database import masked
from pipelines.intake import Intake
from pipelines.model_guard import check_moves
from pipelines.quarantine import check_quarantine
from pipelines.rulebooks import RuleChoice
from pipelines.sealing import opened
from pipelines.sources.sql import read_tables

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class NightSettings:
    """What a nightly run needs to know. `as_of`: show the records as they were known then (UTC).

    `model`: file of a fitted model; without one a model is fitted on the records themselves. `accept_model`: let
    it move as many of the open alerts as it will. `rules` chooses the rule packs that are asked, `intake` how the
    records come in, `calendar` by whose working days new alerts have to be taken up.
    """

    source: str
    alerts: str | None
    authority: str = "unnamed"
    as_of: datetime | None = None
    scan: ScanSettings = ScanSettings()  # noqa: RUF009 (frozen)
    model: Path | None = None
    accept_model: bool = False
    rules: RuleChoice = RuleChoice()  # noqa: RUF009 (frozen)
    intake: Intake = Intake()  # noqa: RUF009 (frozen)
    calendar: Calendar | None = None

    def described(self) -> dict[str, object]:
        """The settings that decide the result, without secrets or addresses: stored with the run."""
        forest = self.scan.forest
        return {
            "authority": self.authority,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "budget": self.scan.budget,
            "window_days": self.scan.window_days,
            "forest": {"trees": forest.trees, "sample": forest.sample, "seed": forest.seed},
        } | ({"confirmed": sorted(self.scan.confirmed)} if self.scan.confirmed else {})


@dataclass(frozen=True, slots=True)
class Night:
    """What a night brought. `receipt` is None where no alerts were to be written. `degraded`: rows were set aside.

    `drift` tells how far the records lie from what a given model was fitted on; empty without one.
    """

    scan: Scan
    receipt: Receipt | None
    drift: tuple[Drift, ...] = ()
    degraded: bool = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Rows and values that were set aside."""
        return self.scan.records.problems


def read_records(source: str, as_of: datetime | None, now: datetime) -> Records:
    """Records of the database at `source` whose bids are opened at `now` (the clock); later instants are not
    believed."""
    return _read(source, as_of, now)[0]


def _read(source: str, as_of: datetime | None, now: datetime) -> tuple[Records, Mapping[str, datetime]]:
    """The records that may be computed on, and when the bids of the others will be opened."""
    read = opened(read_tables(source).frames, instant(now))
    records = Records.build(
        read.frames,
        as_of=None if as_of is None else instant(as_of),
        place=masked(source),
        not_after=instant(now),
    )
    return records, read.sealed


def nightly(settings: NightSettings, now: Callable[[], datetime], say: Say = lambda _: None) -> Night:
    """Scan the records at ``settings.source`` and merge the flags into ``settings.alerts``.

    `now` is the clock, `say` hears what is being done. The merge is one transaction; a run that changes
    nothing writes nothing. Raises SourceError, SchemaError, SinkError, ContractBrokenError: too much was set
    aside; or ModelError: the model cannot be used, or
    is another one than that of the last run and moves too many open alerts.
    """
    started = now()
    bundle = None if settings.model is None else bundles.load(settings.model)
    say("reading records")
    rules = settings.rules.book()
    if settings.intake.snapshot is None:
        records, sealed = _read(settings.source, settings.as_of, started)
    else:
        records, sealed = settings.intake.records(settings.as_of, started, now, say)
    degraded = check_quarantine(records, settings.intake.max_quarantine)
    say(f"scanning {len(records):,} trades and {len(records.bids):,} bids")
    found = scan_with(bundle, records, settings.scan, rules)
    drift = bundle.drift(found.suspicion) if bundle else ()
    if settings.alerts is None:
        return Night(found, None, drift, degraded)
    if bundle and not settings.accept_model:
        check_moves(found, settings.alerts, settings.authority)
    say(f"merging {len(found.flags)} flags into the alert store")
    receipt = record(
        found,
        settings.alerts,
        authority=settings.authority,
        started_at=started,
        now=now(),
        sealed=sealed,
        calendar=settings.calendar,
        config=replace(settings, scan=found.settings).described()
        | ({"model": bundle.checksum} if bundle else {})
        | ({"rules": {"packs": list(rules.names), "checksum": rules.checksum}} if rules else {}),
        notes={"drift": {one.name: round(one.psi, 4) for one in drift}} if bundle else {},
    )
    return Night(found, receipt, drift, degraded)


def scan_with(
    bundle: Bundle | None, records: Records, settings: ScanSettings, rules: Rulebook | None = None
) -> Scan:
    """Scan `records` with the model of `bundle`, whose settings then are those of the forest; or without one."""
    if bundle is None:
        return scan(records, settings=settings, rules=rules)
    return scan(records, bundle.model, replace(settings, forest=bundle.model.settings), rules=rules)


def instant(moment: datetime) -> np.datetime64:
    """A moment as the records count it: UTC, whole seconds; without a zone it is UTC already."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "s")
