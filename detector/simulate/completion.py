"""Canonical frames in full: columns that a part of the simulation does not fill are there, and empty."""

from collections.abc import Mapping

import pandas as pd

from detector.reading import empty
from detector.schema import TABLES, Column


def completed(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """`frames` with all canonical tables and columns, in their declared order."""
    full = {}
    for name, table in TABLES.items():
        frame = frames.get(name, pd.DataFrame(index=pd.RangeIndex(0)))
        columns = {column.name: _column(frame, column) for column in table.columns}
        full[name] = pd.DataFrame(columns, index=frame.index)
    return full


def _column(frame: pd.DataFrame, column: Column) -> pd.Series:
    if column.name not in frame:
        return empty(column, len(frame)).set_axis(frame.index)
    values = frame[column.name]
    return values.astype("datetime64[s]") if column.type == "instant" else values
