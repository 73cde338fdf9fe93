"""What the commands do once the heavy libraries may be imported: call one thing, show what came of it."""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from detector.contract import Problem
from detector.errors import ConfigError, FeatureError
from detector.features import FEATURES
from detector.scan import ScanSettings
from pipelines import bundles, console
from pipelines.confirmed_file import read_confirmed
from pipelines.demo import demonstrate
from pipelines.documents import Document, feature_document, flag_document, load_document, night_document
from pipelines.exits import DEGRADED
from pipelines.intake import Intake, access_to
from pipelines.model_reports import drift_line
from pipelines.nightly import NightSettings, Say, nightly, read_records, scan_with
from pipelines.quarantine import DEFAULT_LIMIT
from pipelines.rulebooks import RuleChoice, calendar_called
from pipelines.sources.load import load, write_problems
from pipelines.summaries import demo_lines, load_lines, night_lines


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What was asked of `detector scan` or `detector explain`."""

    source: str | None
    alerts: str | None
    budget: int
    authority: str
    window_days: float | None
    as_of: datetime | None
    dry_run: bool
    model: Path | None = None
    accept_model: bool = False
    rules: RuleChoice = RuleChoice()  # noqa: RUF009 (frozen)
    confirmed: Path | None = None
    snapshot: Path | None = None
    mapping: str = "canonical"
    max_quarantine: float = DEFAULT_LIMIT
    calendar: str = "cn"

    def scan(self) -> ScanSettings:
        """How to scan. SourceError about the file of confirmed trades."""
        return ScanSettings(
            budget=self.budget, window_days=self.window_days, confirmed=read_confirmed(self.confirmed)
        )

    def settings(self) -> NightSettings:
        """The request as settings of a night. ConfigError where nothing says where alerts should go."""
        if self.alerts is None and not self.dry_run:
            raise ConfigError("no database for alerts: give --alerts URL, or --dry-run to write none.")
        if self.source is None and self.snapshot is None:
            raise ConfigError("nothing to scan: give --source URL, or --snapshot FOLDER.")
        alerts = None if self.dry_run else self.alerts
        source = None if self.source is None else access_to(self.source, self.mapping, writable=True)
        return NightSettings(
            self.source or "",
            alerts,
            self.authority,
            self.as_of,
            self.scan(),
            self.model,
            self.accept_model,
            self.rules,
            Intake(source, self.snapshot, self.max_quarantine),
            calendar_called(self.calendar),
        )


def run_demo(
    trades: int, seed: int, budget: int, keep: Path | None, rules: RuleChoice, as_json: bool
) -> None:
    """`detector demo`."""
    with tempfile.TemporaryDirectory() as folder, talking() as say:
        if keep is not None and keep.exists():
            raise ConfigError(f"{keep} exists already; name a new file.")
        path = keep or Path(folder) / "demo.db"
        url = f"sqlite:///{path}"
        scan = ScanSettings(budget=budget)
        night = NightSettings(
            source=url, alerts=url, authority="demo", scan=scan, rules=rules, calendar=calendar_called("cn")
        )
        shown = demonstrate(night, trades, seed, clock, say)
    if as_json:
        emit({**night_document(shown.night), "planted": shown.flagged().to_dict("records")})
    else:
        write(demo_lines(shown))


def run_load(files: list[str], into: str, profile: str, quarantine: Path, as_json: bool) -> None:
    """`detector load`."""
    with talking() as say:
        report = load(files, into, profile=profile, progress=lambda lines: say(f"{lines:,} lines read"))
    listed = _list_problems(quarantine, report.problems)
    if as_json:
        emit(load_document(report, listed))
    else:
        write(load_lines(report))


def run_scan(request: ScanRequest, quarantine: Path, as_json: bool) -> int:
    """`detector scan`. Returns the exit code: 6 where rows were set aside, else 0."""
    with talking() as say:
        night = nightly(request.settings(), clock, say)
    listed = _list_problems(quarantine, night.problems)
    moved = drift_line(night.drift)
    if moved:
        sys.stderr.write(f"{moved}\n")
    if as_json:
        emit({**night_document(night), "set_aside_listed_in": listed})
    else:
        write(night_lines(night))
    return DEGRADED if night.degraded else 0


def run_explain(trade_id: str, request: ScanRequest, as_json: bool) -> None:
    """`detector explain`."""
    with talking() as say:
        bundle = None if request.model is None else bundles.load(request.model)
        book, settings = request.rules.book(), request.scan()
        say("reading records")
        records = read_records(request.source or "", request.as_of, clock())
        say(f"scanning {len(records):,} trades")
        found = scan_with(bundle, records, settings, book)
        flag = found.explain(trade_id)
    if as_json:
        emit(flag_document(found, flag))
    else:
        write(console.account(found, flag))


def run_features(code: str | None, as_json: bool) -> None:
    """`detector features`."""
    if code is not None and code not in FEATURES:
        raise FeatureError(f"no feature {code!r}; known are {' '.join(FEATURES)}.")
    chosen = FEATURES.values() if code is None else [FEATURES[code]]
    if as_json:
        emit({"features": [feature_document(feature) for feature in chosen]})
    elif code is None:
        write(console.feature_lines(chosen))
    else:
        write(console.feature_page(FEATURES[code]))


def clock() -> datetime:
    """The only clock of the program."""
    return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def talking() -> Iterator[Say]:
    """Tell a person at a terminal what is being done; say nothing to a scheduler."""
    talk = Console(stderr=True)
    if not talk.is_terminal:
        yield lambda _: None
        return
    with talk.status("starting") as status:
        yield status.update


def emit(document: Document) -> None:
    """One JSON document on stdout."""
    write([json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)])


def write(lines: Iterable[str]) -> None:
    """Lines on stdout."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _list_problems(path: Path, problems: tuple[Problem, ...]) -> str | None:
    """Write what was set aside, and say so on stderr; None if there was nothing."""
    if not problems:
        return None
    write_problems(path, problems)
    rows = sum(problem.effect.startswith("row") for problem in problems)
    sys.stderr.write(
        f"{rows:,} rows and {len(problems) - rows:,} values were set aside, each with its reason, in {path}\n"
    )
    return str(path)
