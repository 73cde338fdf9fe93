"""The labelled markets through `detector backtest`, as an office would hold its own cases against its scans.

    python -m tests.benchmarks.bench_labelled

Each market (beside the repository, skipped where absent) is written into a database of canonical tables and a
truth file in a temporary folder and read back like any other source. Prints what the command prints: the model,
the best single feature, the mean of suspicions and size alone, with bootstrap intervals, beside the base rate.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from pipelines.backtests import BacktestSettings, backtest_source
from pipelines.model_reports import backtest_lines
from pipelines.sources.frames import write_frames
from tests.benchmarks.bench_single_features import LABELLED, MARKETS, bids_of, frames_of, labels_of

BUDGET = 50
# The tenders carry no dates; one night, after all of them.
SETTINGS = BacktestSettings(budget=BUDGET, nights=1)
NOW = datetime(2031, 1, 1, tzinfo=UTC)


def tested(name, folder):
    """The figures of one market."""
    bids = bids_of(name)
    frames, label = frames_of(bids), labels_of(bids, name)
    frames["trades"]["status"] = "awarded"
    source = f"sqlite:///{folder / name}.db"
    write_frames(frames, source)
    truth = folder / f"{name}.csv"
    known = label.map({0.0: "0", 1.0: "1"}).fillna("")
    pd.DataFrame({"trade_id": label.index.map("{:08.0f}".format), "label": known}).to_csv(truth, index=False)
    return backtest_source(source, truth, SETTINGS, NOW)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name in MARKETS:
            if (LABELLED / MARKETS[name]).exists():
                sys.stdout.writelines(f"{line}\n" for line in backtest_lines([tested(name, Path(folder))]))
            else:
                print(f"{name}: skipped, {LABELLED} is not there")


if __name__ == "__main__":
    main()
