"""Reading mappings: TOML files of an authority, and the profiles that come along. All mistakes are told at
once.
"""

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from detector.errors import ConfigError
from detector.schema import TABLES, Table
from pipelines.sources.mapping import CANONICAL, SourceMapping, TableMapping, Unit

PROFILES = ("canonical", "ocds", "ggzy", "blank")
# Words for factors; anything else has to be a number.
UNIT_WORDS = {
    "元": Decimal(1), "yuan": Decimal(1), "角": Decimal("0.1"), "分": Decimal("0.01"), "千元": Decimal(1_000),
    "万元": Decimal(10_000), "百万元": Decimal(1_000_000), "亿元": Decimal(100_000_000),
    "%": Decimal("0.01"), "‰": Decimal("0.001"),
}  # fmt: skip
PARTS = {
    "table": str, "schema": str, "sql": str, "columns": dict, "units": dict, "codes": dict, "redact": dict,
    "defaults": dict, "exclude": dict, "hash": list,
}  # fmt: skip
KIND_WORDS = {str: "text", dict: "table", list: "list"}


def mapping_called(name: str) -> SourceMapping:
    """The mapping of a profile, or of the file of that name. ConfigError, naming every mistake in it."""
    if name == "canonical":
        return CANONICAL
    path = Path(name)
    if name in PROFILES:
        return parse_mapping(profile_text(name), f"profile {name}")
    try:
        return parse_mapping(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as refusal:
        reason = getattr(refusal, "strerror", None) or "not UTF-8 text"
        raise ConfigError(
            f"{path}: the mapping cannot be read: {reason}. Name a file, or a profile: {', '.join(PROFILES)}."
        ) from None


def profile_text(name: str) -> str:
    """The text of a profile that comes along."""
    if name not in PROFILES:
        raise ConfigError(f"there is no profile {name!r}; known are {', '.join(PROFILES)}.")
    return resources.files("pipelines").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")


def parse_mapping(text: str, place: str) -> SourceMapping:
    """A mapping from TOML. ConfigError naming `place` and every mistake at once."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as mistake:
        raise ConfigError(f"{place}: not TOML: {mistake}.") from None
    mistakes = list(_mistakes(document))
    if mistakes:
        listed = "".join(f"\n  {mistake}" for mistake in mistakes)
        raise ConfigError(f"{place}: {len(mistakes)} mistakes in the mapping:{listed}")
    tables = {name: _table(section) for name, section in document.items() if name in TABLES}
    return SourceMapping(document.get("name", place), document.get("timezone"), tables or None)


def _mistakes(document: Mapping[str, Any]) -> Iterator[str]:
    for name, section in document.items():
        if name in TABLES:
            if isinstance(section, dict):
                yield from (f"[{name}] {mistake}" for mistake in _table_mistakes(TABLES[name], section))
            else:
                yield f"{name}: expected a section [{name}]"
        elif name not in ("name", "timezone"):
            yield f"{name}: unknown; expected name, timezone or a table: {', '.join(TABLES)}"
        elif not isinstance(section, str):
            yield f"{name}: expected a text"
    zone = document.get("timezone")
    if isinstance(zone, str):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            yield f"timezone: {zone!r} is no time zone; expected one like Asia/Shanghai"
    mapped = {name for name in document if name in TABLES}
    if mapped and not {"trades", "bids"} <= mapped:
        yield "sections [trades] and [bids] are needed"


def _table_mistakes(table: Table, section: Mapping[str, Any]) -> Iterator[str]:
    for part, value in section.items():
        if part not in PARTS:
            yield f"{part}: unknown; expected {', '.join(PARTS)}"
        elif not isinstance(value, PARTS[part]):
            yield f"{part}: expected a {KIND_WORDS[PARTS[part]]}"
    usable = {
        part: value for part, value in section.items() if part in PARTS and isinstance(value, PARTS[part])
    }
    if bool(usable.get("table")) == bool(usable.get("sql")):
        yield "give either table or sql"
    columns = usable.get("columns", {})
    defaults = usable.get("defaults", {})
    for part in ("columns", "units", "codes", "redact", "defaults"):
        for name in usable.get(part, {}):
            if name not in table.names:
                yield f"{part}.{name}: no canonical column of {table.name}"
    yield from (
        f"hash: {name!r} is no column that is mapped"
        for name in usable.get("hash", [])
        if name not in columns
    )
    yield from (
        f"columns.{name}: expected the name of a column" for name, one in columns.items() if not _name(one)
    )
    for name in (column.name for column in table.columns if not column.nullable):
        if name not in columns and name not in defaults:
            yield f"columns.{name}: needed; map it, or give a default"
    for name, unit in usable.get("units", {}).items():
        yield from (f"units.{name}: {mistake}" for mistake in _unit_mistakes(unit))
    yield from _value_mistakes(table, usable)


def _value_mistakes(table: Table, section: Mapping[str, Any]) -> Iterator[str]:
    for name, codes in section.get("codes", {}).items():
        if name in table.names and not isinstance(codes, dict):
            yield f"codes.{name}: expected canonical code = [values of the source]"
        elif name in table.names:
            known = table[name].choices
            for code, values in codes.items():
                if known and code not in known:
                    yield f"codes.{name}.{code}: no canonical code; expected one of {', '.join(known)}"
                if not isinstance(values, list):
                    yield f"codes.{name}.{code}: expected a list of values"
    for part in ("redact", "exclude"):
        for name, values in section.get(part, {}).items():
            if not isinstance(values, list):
                yield f"{part}.{name}: expected a list of values"


def _unit_mistakes(unit: Any) -> Iterator[str]:
    if not isinstance(unit, dict):
        if _factor(unit) is None:
            yield f"{unit!r} is no unit; expected a factor, or one of {' '.join(UNIT_WORDS)}"
        return
    if not _name(unit.get("by")):
        yield "by: expected the column that holds the unit"
    for spelling, factor in unit.items():
        if spelling != "by" and _factor(factor) is None:
            yield f"{spelling}: {factor!r} is no factor"
    if len(unit) < 2:
        yield "expected factors for what the unit column holds"


def _name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _factor(value: Any) -> Decimal | None:
    if isinstance(value, str):
        return UNIT_WORDS.get(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    return Decimal(value) if value > 0 else None


def _unit(value: Any) -> Unit:
    if not isinstance(value, dict):
        return Unit(factor=_factor(value) or Decimal(1))
    factors = {name: _factor(one) or Decimal(1) for name, one in value.items() if name != "by"}
    return Unit(by=value["by"], factors=factors)


def _table(section: Mapping[str, Any]) -> TableMapping:
    return TableMapping(
        table=section.get("table") or None,
        schema=section.get("schema") or None,
        sql=section.get("sql") or None,
        columns=section.get("columns", {}),
        units={name: _unit(one) for name, one in section.get("units", {}).items()},
        codes={
            name: {code: tuple(values) for code, values in codes.items()}
            for name, codes in section.get("codes", {}).items()
        },
        redact={name: tuple(values) for name, values in section.get("redact", {}).items()},
        defaults=section.get("defaults", {}),
        exclude={name: tuple(values) for name, values in section.get("exclude", {}).items()},
        hashed=tuple(section.get("hash", ())),
    )
