"""The commands about models: fit one, and find out how good one is."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from detector.errors import ConfigError
from detector.model.forest import ForestSettings
from pipelines.backtests import BacktestSettings, backtest_simulated, backtest_source
from pipelines.commands import clock, emit, talking, write
from pipelines.confirmed_file import read_confirmed
from pipelines.fitting import FitSettings, fit
from pipelines.model_reports import backtest_document, backtest_lines, fit_document, fit_lines

SEEDS = re.compile(r"\d{1,9}(,\d{1,9})*")


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What was asked of `detector backtest`: records and their truth, or the size of synthetic authorities."""

    source: str | None
    truth: Path | None
    simulated: int | None
    seeds: str


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What was asked of `detector fit`."""

    source: str
    model: Path
    as_of: datetime | None
    seed: int | None
    trees: int | None
    confirmed: Path | None

    def settings(self) -> FitSettings:
        """The request as settings of a fit. SourceError about the file of confirmed trades."""
        usual = ForestSettings()
        forest = ForestSettings(
            trees=usual.trees if self.trees is None else self.trees,
            seed=usual.seed if self.seed is None else self.seed,
        )
        return FitSettings(self.source, self.model, self.as_of, forest, read_confirmed(self.confirmed))


def run_fit(request: FitRequest, as_json: bool) -> None:
    """`detector fit`."""
    with talking() as say:
        fitted = fit(request.settings(), clock(), say)
    if as_json:
        emit(fit_document(fitted))
    else:
        write(fit_lines(fitted))


def run_backtest(request: BacktestRequest, settings: BacktestSettings, as_json: bool) -> None:
    """`detector backtest`. ConfigError unless it is told either what to read or what to make."""
    with talking() as say:
        if request.simulated is not None and request.truth is None:
            tested = backtest_simulated(request.simulated, _seeds(request.seeds), settings, say)
        elif request.source is not None and request.truth is not None and request.simulated is None:
            tested = [backtest_source(request.source, request.truth, settings, clock(), say)]
        else:
            raise ConfigError("give --source URL with --truth FILE, or --simulated TRADES.")
    if as_json:
        emit(backtest_document(tested))
    else:
        write(backtest_lines(tested))


def _seeds(text: str) -> tuple[int, ...]:
    if not SEEDS.fullmatch(text):
        raise ConfigError(f"seeds are {text!r}; expected whole numbers with commas between, e.g. 1,2,3.")
    return tuple(int(seed) for seed in text.split(","))
