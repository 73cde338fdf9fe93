"""Processes as the units of history: the lots of one contracting process are one event, not several.

Lots of a tender are bid for by the same firms on the same day and often go to one winner. Counted singly they
would make any coincidence look like a habit.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.history import HORIZON, Past, combined, on_grid

GRID_BITS = 30


@dataclass(frozen=True, eq=False)
class Units:
    """Events by key and process. A unit is one process of one key, and stands at its first instant.

    `unit` is a code for each event, -1 for events without key, process or time; what a unit is like is told
    by its events at that first instant alone, so that it never depends on what came later.
    """

    key: IntArray
    unit: IntArray
    times: FloatArray

    @classmethod
    def of(cls, key: IntArray, process: IntArray, times: FloatArray) -> Self:
        """Units of events with whole-number `key` and `process` (negative: none) at `times` (NaN: never)."""
        unit = combined(key, process)
        return cls(key, np.where(np.isfinite(times), unit, -1), times)

    @cached_property
    def first(self) -> FloatArray:
        """First instant of each unit."""
        first = np.full(int(self.unit.max(initial=-1)) + 1, np.inf)
        rows = self.unit >= 0
        np.minimum.at(first, self.unit[rows], self.times[rows])
        return first

    @cached_property
    def opening(self) -> IntArray:
        """Rows of the events at the first instant of their unit."""
        rows = np.flatnonzero(self.unit >= 0)
        return np.asarray(rows[self.times[rows] == self.first[self.unit[rows]]])

    @cached_property
    def past(self) -> Past:
        """The events by key and time."""
        return Past.of(np.where(self.unit >= 0, self.key, -1), self.times)

    def any(self, told: BoolArray) -> BoolArray:
        """For each unit, whether an event at its first instant has `told`."""
        found = np.zeros(len(self.first), dtype=bool)
        found[self.unit[self.opening[told[self.opening]]]] = True
        return found

    def all(self, told: BoolArray) -> BoolArray:
        """For each unit, whether all events at its first instant have `told`."""
        return ~self.any(~told)

    def mean(self, values: FloatArray) -> FloatArray:
        """For each unit, the mean of the finite `values` at its first instant, on a grid; NaN without any."""
        rows = self.opening[np.isfinite(values[self.opening])]
        count = np.bincount(self.unit[rows], minlength=len(self.first))
        total = np.bincount(self.unit[rows], on_grid(values[rows], GRID_BITS), minlength=len(self.first))
        mean = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
        return on_grid(mean, GRID_BITS)

    def before(self, of_unit: FloatArray | BoolArray) -> FloatArray:
        """Sum of a number of each unit over the earlier units of each event's key, its own process left out.

        The numbers must be exactly summable (whole, or on a grid). NaN for events of no unit.
        """
        values = np.asarray(of_unit, dtype=np.float64)
        # Several lots may open a unit at one instant: one of them stands for it, whichever.
        standing = np.full(len(values), -1, dtype=np.int64)
        standing[self.unit[self.opening]] = self.opening
        told = np.zeros(len(self.unit))
        told[standing[standing >= 0]] = values[standing >= 0]
        known = self.unit >= 0
        own = np.zeros(len(self.unit))
        mine = self.unit[known]
        earlier = (self.first[mine] < self.times[known]) & (self.first[mine] >= self.times[known] - HORIZON)
        own[known] = np.where(earlier, values[mine], 0.0)
        return self.past.total(told) - own
