"""Parts of a JSON object that may be missing or of another shape than the standard says."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

NOTHING: Mapping[str, Any] = {}


def part(section: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object called `name`, empty where there is none."""
    value = section.get(name)
    return value if isinstance(value, dict) else NOTHING


def entries(section: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects in the list called `name`, empty where there is none."""
    value = section.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def named(section: Mapping[str, Any], name: str) -> str | None:
    """An identifier as text, or nothing; sources write some of them as numbers."""
    value = section.get(name)
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None


def texts(section: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The texts in the list called `name`."""
    value = section.get(name)
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()


def later(dates: Iterable[datetime | None]) -> datetime | None:
    """The latest of the dates that are told."""
    return max((date for date in dates if date is not None), default=None)


LISTS = (
    ("parties", (), "parties"),
    ("trades", ("tender",), "lots"),
    ("trades", ("tender",), "items"),
    ("bids", ("tender",), "tenderers"),
    ("bids", ("bids",), "details"),
    ("bids", (), "awards"),
    ("contracts", (), "contracts"),
    ("trades", ("tender",), "amendments"),
)


def misshapen(release: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Sections that are not what the standard says: (table that misses them, path, what was found)."""
    for name, table in (("tender", "trades"), ("bids", "bids"), ("buyer", "trades")):
        if not isinstance(release.get(name), (dict, type(None))):
            yield table, name, release[name]
    for table, path, name in LISTS:
        section = part(release, path[0]) if path else release
        value = section.get(name)
        if isinstance(value, list):
            wrong: list[Any] = [entry for entry in value if not isinstance(entry, dict)]
        else:
            wrong = [] if value is None else [value]
        for found in wrong:
            yield table, ".".join((*path, name)), found
