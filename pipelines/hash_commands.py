"""`detector hash`: identifiers as keyed hashes, into the canonical tables or a file."""

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from detector.errors import ConfigError, SinkError
from pipelines.alert_reading import replace_file
from pipelines.commands import emit, write
from pipelines.csv_text import csv_lines
from pipelines.database import connecting
from pipelines.sources.keyed_hash import KEY_VARIABLE, Hashed, checked_key, hashed_rows
from pipelines.sources.tables import canonical_metadata

TRADES_AT_ONCE = 300


def run_hash(path: Path, into: str | None, out: Path | None, as_json: bool) -> None:
    """Hash the values of `path` under the authority's key. ConfigError unless it is told where to put them."""
    key = checked_key(os.environ.get(KEY_VARIABLE))
    if (into is None) == (out is None):
        raise ConfigError("say where the hashes go: --into URL, or --out FILE.")
    rows, tally = hashed_rows(path, key)
    if out is not None:
        replace_file(out, csv_lines(Hashed._fields, (row._asdict() for row in rows), codes=False))
        new = len(rows)
    else:
        new = insert_missing(rows, into or "")
    if as_json:
        emit({"values": tally.hashed, "placeholders": tally.empty, "rows": len(rows), "new": new})
    else:
        write([f"{tally.hashed:,} values hashed, {tally.empty:,} placeholders left out, {new:,} new rows."])


def insert_missing(rows: Sequence[Hashed], url: str) -> int:
    """Put `rows` that are not there into the identifiers of the database at `url`; how many those were."""
    metadata = canonical_metadata()
    table = metadata.tables["identifiers"]
    columns = [table.c[name] for name in Hashed._fields]
    new = 0
    with connecting(url, SinkError) as engine, engine.begin() as connection:
        metadata.create_all(connection)
        trades = sorted({row.trade_id for row in rows})
        for start in range(0, len(trades), TRADES_AT_ONCE):
            part = set(trades[start : start + TRADES_AT_ONCE])
            there = {
                tuple(row) for row in connection.execute(select(*columns).where(table.c.trade_id.in_(part)))
            }
            fresh = [row._asdict() for row in rows if row.trade_id in part and tuple(row) not in there]
            if fresh:
                connection.execute(table.insert(), fresh)
                new += len(fresh)
    return new
