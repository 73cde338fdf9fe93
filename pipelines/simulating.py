"""Synthetic records of any size, written straight into a database in flat memory.

One synthetic authority is made in memory. A province is many of them: blocks with seeds of their own, whose
identifiers carry the number of the block, so that no party, trade or device of one is met in another.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np
import pandas as pd

from detector.errors import ConfigError, SinkError
from detector.schema import TABLES
from detector.simulate import FEWEST_TRADES, Authority, simulate
from pipelines.sources.bulk import bulk_writing

BLOCK = 20_000
BLOCK_DIGITS = 4
# Classifications and currencies are the same everywhere.
SHARED_COLUMNS = ("category", "currency")
DIGEST = "digest"
TRUTH_COLUMNS = ("trade_id", "scheme", "planted")


class Simulated(NamedTuple):
    """What was written: rows by table, authorities, and trades in planted schemes."""

    rows: dict[str, int]
    authorities: int
    planted: int


def simulate_into(
    url: str,
    trades: int,
    *,
    seed: int,
    truth: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Simulated:
    """Write `trades` synthetic trades into the empty database at `url`, a block of authorities at a time.

    `truth` names a CSV for what was planted (trade_id, scheme, planted), as `detector backtest --truth`
    reads it.
    Memory does not grow with `trades`; one transaction, so an interrupted run leaves nothing. ConfigError if
    `trades` is below 100, SinkError if the database refuses or is not empty, or `truth` cannot be written.
    """
    rows: dict[str, int] = dict.fromkeys(TABLES, 0)
    sizes = block_sizes(trades)
    planted = 0
    with _truth_file(truth) as handle, bulk_writing(url) as writer:
        lines = csv.writer(handle) if handle else None
        if lines:
            lines.writerow(TRUTH_COLUMNS)
        for number, size in enumerate(sizes):
            say(f"writing authority {number + 1} of {len(sizes)}")
            authority = block(number, size, seed)
            writer.write(authority.tables)
            for name, frame in authority.tables.items():
                rows[name] += len(frame)
            planted += int(authority.truth["planted"].sum())
            if lines:
                marked = authority.truth[list(TRUTH_COLUMNS)].assign(
                    planted=authority.truth["planted"].astype(int)
                )
                lines.writerows(marked.itertuples(index=False))
    return Simulated(rows, len(sizes), planted)


def block_sizes(trades: int) -> list[int]:
    """Sizes of the authorities that make up `trades`: equal but for one, none too small to simulate."""
    if trades < FEWEST_TRADES:
        raise ConfigError(f"trades is {trades}; synthetic records need at least {FEWEST_TRADES}.")
    whole, rest = divmod(trades, BLOCK)
    if 0 < rest < FEWEST_TRADES and whole:
        return [BLOCK] * (whole - 1) + [BLOCK + rest]
    return [BLOCK] * whole + ([rest] if rest else [])


def block(number: int, size: int, seed: int) -> Authority:
    """Authority `number` of `size` trades; its identifiers and digests are its own."""
    own_seed = int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint32)[0])
    made = simulate(size, seed=own_seed)
    prefix = f"{number + 1:0{BLOCK_DIGITS}d}-"
    tables = {name: _prefixed(name, frame, prefix) for name, frame in made.tables.items()}
    truth, breaches = (
        frame.assign(trade_id=prefix + frame["trade_id"]) for frame in (made.truth, made.breaches)
    )
    return Authority(tables, truth, breaches)


def _prefixed(name: str, frame: pd.DataFrame, prefix: str) -> pd.DataFrame:
    own = {
        column.name: _renamed(frame[column.name], column.name, prefix)
        for column in TABLES[name].columns
        if column.type == "id" and column.name not in SHARED_COLUMNS and len(frame)
    }
    return frame.assign(**own)


def _renamed(values: pd.Series, column: str, prefix: str) -> pd.Series:
    """Each different identifier once: tables repeat them thousands of times."""
    codes, names = pd.factorize(values)
    if column == DIGEST:
        renamed = [hashlib.sha256(f"{prefix}{name}".encode()).hexdigest()[: len(name)] for name in names]
    else:
        renamed = [prefix + name for name in names]
    return pd.Series(np.array([*renamed, None], dtype=object)[codes], index=values.index)


@contextmanager
def _truth_file(path: Path | None) -> Iterator[TextIO | None]:
    """The open file of the truth, or None."""
    if path is None:
        yield None
        return
    try:
        handle = path.open("w", encoding="utf-8", newline="")
    except OSError as refusal:
        raise SinkError(f"{path} cannot be written: {refusal.strerror}. Name another file.") from None
    with handle:
        yield handle
