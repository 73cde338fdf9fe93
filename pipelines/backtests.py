"""The backtest of real or synthetic records: the scan of tonight, and of the same authority on earlier nights."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from detector.backtest import Backtest, backtest, turns
from detector.model.bundle import Bundle
from detector.records import Records
from detector.scan import ScanSettings
from detector.simulate import simulate
from detector.strangers import move, with_strangers
from pipelines import bundles
from pipelines.database import masked
from pipelines.nightly import Say, instant, scan_with
from pipelines.sealing import opened
from pipelines.sources.sql import read_tables
from pipelines.truth_file import read_truth, truth_of

Frames = Mapping[str, pd.DataFrame]
# Shares of unrelated trades that are added to see how far they move the scores of others.
STRANGERS = (0.01, 0.05)
MONTH = np.timedelta64(30, "D")


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """`budget`: flags a night; `nights`: how many, a month apart, the last one on the records' own date."""

    budget: int = 40
    nights: int = 6
    model: Path | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """The figures of one authority, and which one it was."""

    name: str
    figures: Backtest


def backtest_source(
    source: str, truth: Path, settings: BacktestSettings, now: datetime, say: Say = lambda _: None
) -> Tested:
    """Hold a scan of the records at `source` against the file `truth`.

    Raises SourceError or SchemaError about records and truth, ModelError about the model.
    """
    table = read_truth(truth)
    say("reading records")
    frames = opened(read_tables(source).frames, instant(now)).frames
    return _tested(masked(source), frames, table, settings, (instant(now), say))


def backtest_simulated(
    trades: int, seeds: tuple[int, ...], settings: BacktestSettings, say: Say = lambda _: None
) -> list[Tested]:
    """Hold scans of synthetic authorities, one of each seed, against what was planted in them."""
    tested = []
    for seed in seeds:
        say(f"making a synthetic authority of {trades:,} trades")
        made = simulate(trades, seed=seed)
        table = made.truth.assign(planted=made.truth["planted"].astype(float))
        tested.append(_tested(f"synthetic authority {seed}", made.tables, table, settings, (None, say)))
    return tested


def _tested(
    name: str,
    frames: Frames,
    table: pd.DataFrame,
    settings: BacktestSettings,
    world: tuple[np.datetime64 | None, Say],
) -> Tested:
    """The figures of the records in `frames`; `world` is the latest instant to believe, and who hears."""
    not_after, say = world
    bundle = None if settings.model is None else bundles.load(settings.model)
    scanning = ScanSettings(budget=settings.budget)
    say(f"{name}: scanning")
    records = Records.build(frames, place=name, not_after=not_after)
    truth = truth_of(records, table)
    found = scan_with(bundle, records, scanning)
    figures = backtest(found, truth)
    last = (str(records.as_of), frozenset(flag.trade_id for flag in found.flags))
    nights = []
    for month in range(settings.nights - 1, 0, -1):
        say(f"{name}: scanning as of {month} months before")
        then = Records.build(frames, as_of=records.as_of - month * MONTH, not_after=not_after)
        nights.append(_flagged(then, bundle, scanning))
    moves = []
    for added in STRANGERS:
        say(f"{name}: scanning with {added:.0%} unrelated trades")
        more = with_strangers(frames, added)
        joined = Records.build(more, as_of=records.as_of, place=name, not_after=not_after)
        moves.append(move(found, scan_with(bundle, joined, scanning)))
    return Tested(name, replace(figures, turns=turns([*nights, last]), moves=tuple(moves)))


def _flagged(records: Records, bundle: Bundle | None, scanning: ScanSettings) -> tuple[str, frozenset[str]]:
    """The date of the records and their flags; none where there was next to nothing to scan yet."""
    flags = scan_with(bundle, records, scanning).flags if len(records) > 1 else ()
    return str(records.as_of), frozenset(flag.trade_id for flag in flags)
