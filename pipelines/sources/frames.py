"""Writing canonical frames into a new database: synthetic authorities, tests."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from detector.errors import SinkError
from detector.schema import MONEY_DECIMALS, TABLES, Column
from pipelines.database import connecting
from pipelines.sources.tables import canonical_metadata, create_tables

BATCH = 5_000
CENT = Decimal(1).scaleb(-MONEY_DECIMALS)


def write_frames(frames: Mapping[str, pd.DataFrame], url: str) -> None:
    """Write `frames` (canonical columns) into new tables of the database at `url`, in one transaction.

    SinkError if the database refuses, or holds rows of these keys already.
    """
    metadata = canonical_metadata()
    with connecting(url, SinkError) as engine, engine.begin() as connection:
        create_tables(connection, metadata)
        for name, table in TABLES.items():
            if name in frames:
                for rows in row_batches(frames[name], table.columns):
                    connection.execute(metadata.tables[name].insert(), rows)


def row_batches(frame: pd.DataFrame, columns: tuple[Column, ...]) -> Iterator[list[dict[str, Any]]]:
    """Rows of `frame` as an insert of several takes them, some thousands at a time."""
    present = [column for column in columns if column.name in frame]
    for start in range(0, len(frame), BATCH):
        part = frame.iloc[start : start + BATCH]
        cells = [_cells(part[column.name], column) for column in present]
        names = [column.name for column in present]
        yield [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def _cells(values: pd.Series, column: Column) -> list[Any]:
    """Values as the SQL types take them: Decimal, int, datetime, str; None where missing."""
    missing = values.isna().to_numpy()
    plain: list[Any]
    if column.type == "instant":
        plain = [moment.to_pydatetime() for moment in pd.to_datetime(values)]
    elif column.type == "money":
        plain = [
            None if gone else Decimal(str(v)).quantize(CENT) for v, gone in zip(values, missing, strict=True)
        ]
    elif column.type in ("count", "flag"):
        plain = [None if gone else int(v) for v, gone in zip(values, missing, strict=True)]
    else:
        plain = values.tolist()
    return [None if gone else value for value, gone in zip(plain, missing, strict=True)]
