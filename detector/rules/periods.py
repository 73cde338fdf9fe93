"""Periods as a rule counts them: local days or working days, and how far from the limit."""

from dataclasses import dataclass

import numpy as np

from detector.arrays import BoolArray, FloatArray
from detector.rules.declare import Rule
from detector.rules.force import compared
from detector.workdays import LONGEST_BREAK, Calendar, local_days

LATEST = (">", ">=")
NEAR_DAYS = 1.0


@dataclass(frozen=True, eq=False)
class Counted:
    """A period against its limit, [n_trades]: its length, where the rule fires, where that is not known.

    `near` marks what lies within a day of the limit on the side that fires.
    """

    values: FloatArray
    fired: BoolArray
    unknown: BoolArray
    near: BoolArray


def count_days(
    rule: Rule,
    start: FloatArray,
    end: FloatArray,
    offsets: FloatArray,
    limit: FloatArray,
    calendar: Calendar | None,
) -> Counted:
    """Count the days from `start` to `end` (seconds, UTC) and compare them as `rule` says.

    The day on which a period starts is not counted (Civil Code of China, Art. 201). Where something had to be done
    within so many calendar days and the last of them is no working day, the next working day is the last (Art.
    203); years outside the calendar are not known then, unless no holidays could be long enough.
    """
    first, last = local_days(start, offsets), local_days(end, offsets)
    here = np.isfinite(first) & np.isfinite(last)
    if rule.count == "working days":
        days = np.full(len(first), np.nan) if calendar is None else calendar.count(first, last)
        unknown = here & ~np.isfinite(days)
        fired = here & ~unknown & compared(days, rule.compare, limit)
        return Counted(days, fired, unknown, np.abs(days - limit) <= NEAR_DAYS)
    days = last - first
    fired = here & compared(days, rule.compare, limit)
    near = np.abs(days - limit) <= NEAR_DAYS
    if calendar is None or rule.compare not in LATEST:
        return Counted(days, fired, np.zeros(len(days), dtype=bool), near)
    allowed = first + np.floor(limit) - (rule.compare == ">=")
    moved = calendar.next_working_day(allowed)
    unknown = fired & np.isnan(moved) & (last <= allowed + LONGEST_BREAK)
    rolled = np.where(np.isnan(moved), allowed, moved)
    return Counted(days, fired & ~unknown & (last > rolled), unknown, near | (last - rolled <= NEAR_DAYS))
