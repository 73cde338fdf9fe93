"""When an alert has to be answered: so many working days after it came to where it is, by level.

Where the calendar does not cover the days to be counted there is no due date, and the reason is said: a guessed
deadline would call somebody late who is not.
"""

from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from detector.levels import Level
from detector.workdays import EPOCH, Calendar, day_number

# Where an alert waits to be taken up, and where it waits for an answer.
UNTAKEN = frozenset({"new", "triage", "dispatched", "returned", "reopened"})
TAKEN = frozenset({"acked", "investigating", "extended", "disposed"})
END_OF_DAY = time(23, 59, 59)
# Longer than any limit in working days can take, holidays included.
LONGEST = 400


class Limits(NamedTuple):
    """Working days to take an alert up, and to answer it; None: no formal reply is due."""

    acknowledge: int | None
    answer: int | None


# Usual limits; an authority may have others.
LIMITS: dict[int, Limits] = {
    Level.RED: Limits(1, 5),
    Level.ORANGE: Limits(1, 10),
    Level.YELLOW: Limits(3, 20),
    Level.BLUE: Limits(None, None),
}

NO_REPLY = Limits(None, None)
CHINA = ZoneInfo("Asia/Shanghai")


class Due(NamedTuple):
    """The last instant (naive UTC) of the last day, or why there is none."""

    at: datetime | None
    note: str | None


UNDATED = Due(None, None)


def first_dues(since: datetime, calendar: Calendar | None, zone: ZoneInfo = CHINA) -> dict[int, Due]:
    """When alerts that are new at `since` (naive UTC) must have been taken up, by level."""
    return {int(level): due("new", level, since, calendar, zone) for level in Level}


def due(state: str, level: int, since: datetime, calendar: Calendar | None, zone: ZoneInfo) -> Due:
    """When an alert of `level` that came to `state` at `since` (naive UTC) must have left it.

    The day it came is not counted; the last day ends at midnight in `zone`.
    """
    limits = LIMITS.get(level, NO_REPLY)
    days = limits.acknowledge if state in UNTAKEN else limits.answer if state in TAKEN else None
    if state not in UNTAKEN | TAKEN:
        return Due(None, None)
    if days is None:
        return Due(None, "no formal reply is due at this level 本级别不要求正式回复")
    start = since.replace(tzinfo=UTC).astimezone(zone).date()
    last = after_working_days(start, days, calendar)
    if last is None:
        name = "no calendar of working days was given" if calendar is None else _uncovered(start, calendar)
        return Due(None, f"{name}; {days} working days cannot be counted 缺少工作日历，无法计算期限")
    return Due(end_of(last, zone), None)


def after_working_days(start: date, days: int, calendar: Calendar | None) -> date | None:
    """The day on which `days` working days after `start` are over; None where the calendar does not reach."""
    if calendar is None:
        return None
    first = day_number(start)
    ends = np.arange(first + 1, first + LONGEST, dtype=np.float64)
    counts = calendar.count(np.full(len(ends), float(first)), ends)
    reached = np.flatnonzero(counts >= days)
    return date.fromordinal(int(ends[reached[0]]) + EPOCH) if len(reached) else None


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a local day, as naive UTC."""
    return datetime.combine(day, END_OF_DAY, zone).astimezone(UTC).replace(tzinfo=None)


def _uncovered(start: date, calendar: Calendar) -> str:
    years = calendar.years
    covered = f"{years[0]} to {years[-1]}" if years else "no year"
    return f"calendar {calendar.name} covers {covered}, not all days from {start}"
