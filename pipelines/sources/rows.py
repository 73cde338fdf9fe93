"""One canonical row at a time: the same contract as `detector.contract`, on exact decimals and cheaply.

Used where rows go into a database. The contract itself works on whole tables in float64, which is what
computation needs and what money in a store must not go through.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from detector.contract import ROW, VALUE, Problem, row_key, shown
from detector.reading import expectation
from detector.schema import (
    ID_LENGTH,
    MONEY_DECIMALS,
    MONEY_DIGITS,
    TABLES,
    TEXT_LENGTH,
    Column,
    Table,
)

Row = tuple[Any, ...]
Reader = Callable[[Any], Any]

CENT = Decimal(1).scaleb(-MONEY_DECIMALS)
LARGEST_COUNT = 2**31 - 1
LARGEST_MONEY = Decimal(10) ** (MONEY_DIGITS - MONEY_DECIMALS)


class Reading(NamedTuple):
    """How one column of a table is read from what a source hands out."""

    position: int
    column: Column
    read: Reader


def read_instant(value: Any) -> datetime:
    """UTC without zone, whole seconds; a date alone is midnight UTC. ValueError where it is neither."""
    parsed = datetime.fromisoformat(value.strip())
    if parsed.tzinfo is not None:
        parsed = parsed.astimezone(UTC).replace(tzinfo=None)
    return parsed.replace(microsecond=0)


def read_money(value: Any) -> Decimal:
    """An amount rounded to the ten-thousandth that the tables hold. ValueError if it is none or too large."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError
    amount = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if not amount.is_finite() or (amount.is_signed() and amount != 0) or amount.adjusted() > MONEY_DIGITS:
        raise ValueError
    amount = amount.quantize(CENT) if amount else Decimal(0).quantize(CENT)
    if amount >= LARGEST_MONEY:
        raise ValueError
    return amount


def fit(table: Table, raw: Mapping[str, Any], place: str, problems: list[Problem]) -> Row | None:
    """`raw` as a row of `table` in the order of its columns; None if the row had to be set aside.

    What cannot be read is appended to `problems` in the words of the contract, with `place` (file and line).
    """
    row: list[Any] = [None] * len(table.columns)
    for name, value in raw.items():
        if value is None or value == "":
            continue
        position, column, read = READINGS[table.name][name]
        try:
            row[position] = read(value)
        except (ValueError, TypeError, AttributeError, OverflowError, InvalidOperation):
            if column.nullable:
                problems.append(_problem(table, raw, place, column, expectation(column), VALUE))
    for position, column in REQUIRED[table.name]:
        if row[position] is None:
            problems.append(_problem(table, raw, place, column, f"required: {expectation(column)}", ROW))
            return None
    return tuple(row)


def _problem(
    table: Table, raw: Mapping[str, Any], place: str, column: Column, reason: str, effect: str
) -> Problem:
    key = row_key(table, {name: raw.get(name) for name in table.key})
    return Problem(place, table.name, key, column.name, shown(raw.get(column.name)), reason, effect)


def _read_id(value: Any) -> str | None:
    if type(value) is not str:
        value = _as_text(value)
    value = value.strip()
    if len(value) > ID_LENGTH or "\0" in value:
        raise ValueError
    if not value.isascii():
        value.encode()
    return value or None


def _read_text(value: Any) -> str | None:
    if type(value) is not str:
        value = _as_text(value)
    value = value.strip()
    if not value.isascii():
        value = value.encode(errors="replace").decode()
    return value.replace("\0", "")[:TEXT_LENGTH] or None


def _as_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError
    return str(value)


def _code_reader(column: Column) -> Reader:
    choices = {choice: choice for choice in column.choices}

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError
        return choices[value]

    return read


def _read_count(value: Any) -> int:
    if isinstance(value, bool) or int(value) != value or abs(value) > LARGEST_COUNT:
        raise ValueError
    return int(value)


def _read_flag(value: Any) -> int:
    if value not in (0, 1):
        raise ValueError
    return int(value)


def _read_number(value: Any) -> float:
    number = float(value)
    if number - number != 0:
        raise ValueError
    return number


def _reader(column: Column) -> Reader:
    readers: dict[str, Reader] = {
        "id": _read_id,
        "text": _read_text,
        "money": read_money,
        "number": _read_number,
        "count": _read_count,
        "flag": _read_flag,
        "instant": lambda value: value if isinstance(value, datetime) else read_instant(value),
    }
    return readers[column.type] if column.type in readers else _code_reader(column)


READINGS: Mapping[str, Mapping[str, Reading]] = {
    table.name: {column.name: Reading(i, column, _reader(column)) for i, column in enumerate(table.columns)}
    for table in TABLES.values()
}
REQUIRED = {
    table.name: [(i, column) for i, column in enumerate(table.columns) if not column.nullable]
    for table in TABLES.values()
}
