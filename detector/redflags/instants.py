"""Days between instants as RFC 3339 writes them, exact to the nanosecond."""

import re
from datetime import date, datetime

# The everyday case, two instants of one offset: it cancels, and the standard library reads the rest quickly.
PLAIN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
SAME_OFFSET = re.compile(rf"({PLAIN})(Z|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9]) ({PLAIN})\2").fullmatch
PATTERN = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([-+\N{MINUS SIGN}])([0-9]{2}):([0-5][0-9]))"
)
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
# The calendar repeats itself after 400 years; Python's knows no year 0, RFC 3339 does.
CYCLE_YEARS, CYCLE_DAYS = 400, 146_097


def whole_days(start: str, end: str) -> int | None:
    """Whole days from one instant to another, towards zero; negative where the end comes first.

    None if one of them is no instant of RFC 3339 (no time, no offset, 30 February).
    """
    plain = SAME_OFFSET(f"{start} {end}")
    if plain:
        try:
            between = datetime.fromisoformat(plain[3]) - datetime.fromisoformat(plain[1])
        except ValueError:
            pass  # leap seconds, the year 0, or no such day: told apart below
        else:
            return between.days if between.days >= 0 else -((-between).days)
    opened, closed = nanoseconds(start), nanoseconds(end)
    if opened is None or closed is None:
        return None
    return (closed - opened) // DAY if closed >= opened else -((opened - closed) // DAY)


def nanoseconds(text: str) -> int | None:
    """Nanoseconds since a fixed point; None for what RFC 3339 does not allow (no time, no offset, 30 February).

    A leap second (60) is read as the first instant of the next minute; digits after the ninth decimal are cut.
    """
    match = PATTERN.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    fraction, sign, ahead_hours, ahead_minutes = match.group(7, 8, 9, 10)
    if hour > 23 or minute > 59 or second > 60:
        return None
    try:
        days = (
            date(year % CYCLE_YEARS + CYCLE_YEARS, month, day).toordinal() + year // CYCLE_YEARS * CYCLE_DAYS
        )
    except ValueError:
        return None
    seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
    if sign:
        if int(ahead_hours) > 23:
            return None
        ahead = int(ahead_hours) * 3_600 + int(ahead_minutes) * 60
        seconds += -ahead if sign == "+" else ahead
    return seconds * SECOND + int((fraction or "0")[:9].ljust(9, "0"))
