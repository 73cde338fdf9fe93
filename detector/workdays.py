"""Working-day arithmetic over an imported calendar.

Days are whole numbers since 1970-01-01 in local time, held as float64 with NaN for what is not known. A calendar
covers whole years; whatever reaches outside them is NaN, never guessed. Where it covers them, Monday to Friday
are working days except the days off, and the make-up days are working days, too.

Counting follows the Civil Code of China: the day on which a period starts is not counted (Art. 201); a last day
that is no working day gives way to the next working day (Art. 203).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Self

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.errors import ConfigError

SECONDS_A_DAY = 86_400.0
EPOCH = date(1970, 1, 1).toordinal()
THURSDAY = 3
# No run of days off has been longer: beyond it, no calendar is needed to know that a last day cannot be moved.
LONGEST_BREAK = 16


@dataclass(frozen=True, slots=True)
class Year:
    """The arrangement of one year: days `off`, weekend days that are worked (`on`), and the notice."""

    year: int
    source: str
    off: tuple[date, ...]
    on: tuple[date, ...] = ()

    def mistakes(self) -> tuple[str, ...]:
        """What cannot be right in this arrangement."""
        found = [f"{day} is not in {self.year}" for day in (*self.off, *self.on) if day.year != self.year]
        found += [f"{day} is a make-up working day but no weekend" for day in self.on if day.weekday() < 5]
        found += [f"{day} is both a day off and a working day" for day in sorted({*self.off} & {*self.on})]
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Calendar:
    """Which local days are working days. `working` and `covered` are [n_days] from the day number `first`."""

    name: str
    first: int
    working: BoolArray
    covered: BoolArray

    @classmethod
    def of(cls, name: str, years: Iterable[Year]) -> Self:
        """The calendar of `years`; the last of two arrangements of one year holds. ConfigError if one is wrong."""
        held = {year.year: year for year in years}
        mistakes = [mistake for year in held.values() for mistake in year.mistakes()]
        if mistakes:
            raise ConfigError(f"calendar {name}: {'; '.join(mistakes)}.")
        if not held:
            return cls(name, 0, np.zeros(0, dtype=bool), np.zeros(0, dtype=bool))
        first = day_number(date(min(held), 1, 1))
        days = np.arange(first, day_number(date(max(held) + 1, 1, 1)))
        working = (days + THURSDAY) % 7 < 5
        covered = np.zeros(len(days), dtype=bool)
        for year in held.values():
            covered[_span(year.year, first)] = True
            working[_numbers(year.off) - first] = False
            working[_numbers(year.on) - first] = True
        return cls(name, first, working & covered, covered)

    @property
    def years(self) -> tuple[int, ...]:
        """The years this calendar covers."""
        days = self.first + np.flatnonzero(self.covered)
        return tuple(
            sorted(set((days.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970).tolist()))
        )

    @cached_property
    def _worked(self) -> IntArray:
        """Working days before each day of the calendar, [n_days + 1]."""
        return np.concatenate([[0], np.cumsum(self.working)]).astype(np.int64)

    @cached_property
    def _gaps(self) -> IntArray:
        return np.concatenate([[0], np.cumsum(~self.covered)]).astype(np.int64)

    @cached_property
    def _next(self) -> FloatArray:
        """The first working day at or after each day of the calendar; NaN where none is known."""
        days = np.arange(len(self.working), dtype=np.float64)
        ahead = np.where(self.working, days, np.inf)
        ahead = np.minimum.accumulate(ahead[::-1])[::-1]
        known = np.isfinite(ahead)
        known[known] = ~self._gap_between(days[known].astype(np.int64), ahead[known].astype(np.int64))
        return np.where(known, ahead + self.first, np.nan)

    def count(self, start: FloatArray, end: FloatArray) -> FloatArray:
        """Working days after `start` up to and with `end`; negative if `end` is earlier; NaN where not covered."""
        low, high = np.minimum(start, end), np.maximum(start, end)
        inside = self._inside(low) & self._inside(high)
        result = np.full(len(start), np.nan)
        begin = (low[inside] - self.first).astype(np.int64)
        finish = (high[inside] - self.first).astype(np.int64)
        counted = (self._worked[finish + 1] - self._worked[begin + 1]).astype(np.float64)
        counted[self._gap_between(begin, finish)] = np.nan
        result[inside] = np.where(end[inside] >= start[inside], counted, -counted)
        return result

    def next_working_day(self, days: FloatArray) -> FloatArray:
        """Each of `days` if it is a working day, else the next one; NaN where not covered."""
        result = np.full(len(days), np.nan)
        inside = self._inside(days)
        result[inside] = self._next[(days[inside] - self.first).astype(np.int64)]
        return result

    def _inside(self, days: FloatArray) -> BoolArray:
        return np.asarray((days >= self.first) & (days < self.first + len(self.working)))

    def _gap_between(self, begin: IntArray, finish: IntArray) -> BoolArray:
        return np.asarray(self._gaps[finish + 1] > self._gaps[begin])


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH


def local_days(seconds: FloatArray, offset_minutes: FloatArray) -> FloatArray:
    """The local day of each instant (seconds since 1970 UTC); NaN where instant or offset is not known."""
    return np.floor((seconds + 60.0 * offset_minutes) / SECONDS_A_DAY)


def _span(year: int, first: int) -> slice:
    return slice(day_number(date(year, 1, 1)) - first, day_number(date(year + 1, 1, 1)) - first)


def _numbers(days: Sequence[date]) -> IntArray:
    return np.array([day_number(day) for day in days], dtype=np.int64)
