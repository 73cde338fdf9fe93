"""Options of an indicator: what may be written in its section of the settings file, and what holds otherwise."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from detector.errors import ConfigError

INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
TRUE, FALSE = {"true", "on", "yes", "1"}, {"false", "off", "no", "0"}


class Option(NamedTuple):
    """One key of a section: how its text is read, its default, and what it does."""

    read: Callable[[str], Any]
    default: Any
    meaning: str


class Section(NamedTuple):
    """The keys of one section. With `any_key`, every other key is read by it: a table the user fills."""

    keys: dict[str, Option]
    any_key: Callable[[str], Any] | None = None


def text(value: str) -> str:
    """Text as it stands."""
    return value


def integer(value: str) -> int:
    """A whole number."""
    if not INTEGER.fullmatch(value):
        raise ConfigError("a whole number")
    return int(value)


def count(value: str) -> int:
    """A whole number that is not negative."""
    if not INTEGER.fullmatch(value) or int(value) < 0:
        raise ConfigError("a whole number, 0 or more")
    return int(value)


def percentage(value: str) -> int:
    """A whole number from 0 to 100."""
    if not INTEGER.fullmatch(value) or not 0 <= int(value) <= 100:
        raise ConfigError("a whole number from 0 to 100")
    return int(value)


def ratio(value: str) -> float:
    """A decimal number."""
    if not DECIMAL.fullmatch(value) or abs(float(value)) == float("inf"):
        raise ConfigError("a decimal number such as 0.05")
    return float(value)


def switch(value: str) -> bool:
    """true or false."""
    if value.lower() not in TRUE | FALSE:
        raise ConfigError("true or false")
    return value.lower() in TRUE


def names(value: str) -> frozenset[str]:
    """Names separated by |, compared to the letter; blanks around a name belong to it."""
    parts = value.split("|")
    # A separator at the end ends the last name, it does not begin another.
    return frozenset(parts if parts[-1] else parts[:-1])
