"""Holding a mapping against a live database, before anything is believed that comes through it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from detector.schema import TABLES
from pipelines.database import connecting
from pipelines.snapshot.shapes import ASIDE_SCHEMA, arrow_schema
from pipelines.sources.canonical import Canonical, Reader
from pipelines.sources.mapping import SourceMapping, TableMapping
from pipelines.sources.sql import reading
from pipelines.sources.statements import columns_of, own_table, statements_of
from pipelines.sources.transport import CursorTransport

# A price is of the size of its ceiling; a hundredth or one and a half times as much is another unit.
LOWEST, HIGHEST = 0.01, 1.5
SHOWN = 3
# A few odd prices are for the plausibility check of every scan; a unit is wrong for many at once.
SUSPICIOUS_SHARE = 0.1
LIMITS = ("ceiling", "estimate", "reserve")


@dataclass(frozen=True, slots=True)
class TableCheck:
    """One canonical table: where it is looked for, what is missing, how full its columns are (shares),
    samples.
    """

    table: str
    source: str
    found: bool
    rows: int
    missing: tuple[str, ...]
    unmapped: tuple[str, ...]
    filled: dict[str, float]
    set_aside: int
    samples: dict[str, tuple[str, ...]]
    suspicions: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)


def check_mapping(url: str, mapping: SourceMapping, sample: int) -> list[TableCheck]:
    """Look at up to `sample` rows of each table, through the mapping. SourceError if the database refuses."""
    checks, frames = [], {}
    with connecting(url, must_exist=True) as engine, reading(engine) as connection:
        statements = statements_of(connection, mapping)
        for name, table in TABLES.items():
            one = own_table(table) if mapping.tables is None else mapping.tables.get(name)
            if one is None:
                continue
            if name not in statements:
                checks.append(_absent(name, one))
                continue
            hashed = dict.fromkeys(one.hashed)
            columns = [column for column in statements[name].columns if column not in hashed]
            statement = statements[name].rows().limit(sample)
            reader = Reader(table, mapping.timezone, one.hashed, b"only to look")
            reads = [reader.read(raw) for raw in islice(CursorTransport(connection).fetch(statement), sample)]
            frames[name] = pa.concat_tables(
                [arrow_schema(table).empty_table(), *(read.rows for read in reads)]
            ).to_pandas()
            checks.append(_check(name, one, connection, columns, reads, frames[name]))
    return [_with_suspicions(check, frames) for check in checks]


def _absent(name: str, mapping: TableMapping) -> TableCheck:
    return TableCheck(name, _source(mapping), False, 0, (), (), {}, 0, {})


def _check(
    name: str,
    mapping: TableMapping,
    connection: Connection,
    columns: Sequence[str],
    reads: Sequence[Canonical],
    frame: pd.DataFrame,
) -> TableCheck:
    held = set(columns_of(connection, mapping) or {})
    missing = sorted({own for own in _named(mapping) if own not in held})
    aside = pa.concat_tables([ASIDE_SCHEMA.empty_table(), *(read.aside for read in reads)])
    unmapped = [
        one for one in TABLES[name].names if one not in mapping.columns and one not in mapping.defaults
    ]
    return TableCheck(
        name,
        _source(mapping),
        True,
        len(frame),
        tuple(missing),
        tuple(unmapped),
        {one: float(frame[one].notna().mean()) if len(frame) else 0.0 for one in columns},
        len(aside),
        {one: _samples(frame[one], TABLES[name][one].type) for one in columns},
    )


def _named(mapping: TableMapping) -> list[str]:
    by = [unit.by for unit in mapping.units.values() if unit.by is not None]
    return [*mapping.columns.values(), *by, *mapping.exclude]


def _source(mapping: TableMapping) -> str:
    if mapping.sql:
        return "a SELECT"
    return f"{mapping.schema}.{mapping.table}" if mapping.schema else str(mapping.table)


def _samples(values: pd.Series, kind: str) -> tuple[str, ...]:
    """A few values; of texts and identifiers the shape alone: letters as x, digits as 9."""
    some = [str(value) for value in values.dropna().unique()[:SHOWN]]
    return tuple(map(masked_text, some)) if kind in ("id", "text") else tuple(some)


def masked_text(text: str) -> str:
    """The shape of a text: who it names cannot be read from it."""
    shape = "".join("9" if c.isdigit() else "x" if c.isalpha() else c for c in text[:24])
    return shape + ("…" if len(text) > len(shape) else "")


def _with_suspicions(check: TableCheck, frames: dict[str, pd.DataFrame]) -> TableCheck:
    """Prices against the limits of their lots, where many are of another size."""
    if check.table != "bids" or not {"trades", "bids"} <= frames.keys():
        return check
    bids = frames["bids"].merge(frames["trades"][["trade_id", *LIMITS]], on="trade_id")
    told = []
    for column in ("amount", "awarded_amount"):
        for limit in LIMITS:
            ratio = (bids[column] / bids[limit]).to_numpy(dtype=float)
            ratio = ratio[np.isfinite(ratio)]
            odd = (ratio < LOWEST) | (ratio > HIGHEST)
            if odd.any() and odd.mean() >= SUSPICIOUS_SHARE:
                told.append(
                    f"{column} ÷ {limit}: {odd.mean():.0%} of {len(ratio):,} lie outside {LOWEST}-{HIGHEST}, "
                    f"in the middle {np.median(ratio):.3g}"
                )
    return TableCheck(**{**asdict(check), "suspicions": tuple(told)})
