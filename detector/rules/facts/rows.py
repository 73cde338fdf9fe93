"""Picking one row of another table for each trade: the latest, the earliest, the one furthest apart."""

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.rules.fact import Measure, Members


def largest(trade: IntArray, values: FloatArray, trades: int) -> IntArray:
    """Position of the largest known value of each of `trades` trades; -1 where none is known."""
    known = np.flatnonzero(np.isfinite(values) & (trade >= 0))
    order = known[np.lexsort((values[known], trade[known]))]
    chosen = np.full(trades, -1, dtype=np.int64)
    chosen[trade[order]] = order
    return chosen


def smallest(trade: IntArray, values: FloatArray, trades: int) -> IntArray:
    """Position of the smallest known value of each trade; -1 where none is known."""
    return largest(trade, -values, trades)


def spread(chosen: IntArray, values: FloatArray) -> FloatArray:
    """`values` at the chosen positions, one for each trade; NaN where none was chosen."""
    found = np.full(len(chosen), np.nan)
    here = chosen >= 0
    found[here] = values[chosen[here]]
    return found


def members(table: str, column: str, chosen: IntArray, rows: IntArray | None = None) -> Members:
    """The chosen rows of `table` as sources; `rows` translates positions into rows of it."""
    trade = np.flatnonzero(chosen >= 0)
    row = chosen[trade]
    return Members(table, column, trade, row if rows is None else rows[row])


def apart(
    trade: IntArray, start: FloatArray, end: FloatArray, trades: int, sources: tuple[str, str]
) -> Measure:
    """For each trade the period of the row whose end lies furthest from its start, in seconds.

    `sources` names the table the rows are of and the column shown.
    """
    chosen = largest(trade, end - start, trades)
    first, last = spread(chosen, start), spread(chosen, end)
    return Measure((last - first) / 86_400.0, compared=(first, last), members=(members(*sources, chosen),))


def counted(trade: IntArray, rows: BoolArray, trades: int) -> FloatArray:
    """How many of `rows` each trade has."""
    return np.bincount(trade[rows], minlength=trades).astype(np.float64)
