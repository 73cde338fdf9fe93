"""Cardinal's settings file: INI text, in which a section switches the indicator of its name on.

Beside the sections of the indicators there are, before any section, `currency`,
`no_price_comparison_procurement_methods` and `price_comparison_procurement_methods`; then `[exclusions]` and
`[output]`.
The sections of Cardinal's `prepare` command are checked and otherwise without effect here: one file serves both.
"""

import re
from typing import Any, NamedTuple

from detector.errors import ConfigError
from detector.redflags.catalogue import REDFLAGS
from detector.redflags.options import Option, Section, names, switch, text

TOP, EXCLUSIONS, OUTPUT = "", "exclusions", "output"
KEY = re.compile(r"(?P<key>[^=:]*)[=:](?P<value>.*)")

SHARED: dict[str, Section] = {
    TOP: Section(
        {
            "currency": Option(
                text, None, "the currency of prices that are compared; the first met if none is set"
            ),
            "no_price_comparison_procurement_methods": Option(
                names, frozenset(), "procurementMethodDetails whose prices are not compared, separated by |"
            ),
            "price_comparison_procurement_methods": Option(
                names, frozenset(), "procurementMethodDetails whose prices alone are compared, separated by |"
            ),
        }
    ),
    EXCLUSIONS: Section(
        {
            "procurement_method_details": Option(
                names, frozenset(), "procurementMethodDetails left out of every indicator, separated by |"
            )
        }
    ),
    OUTPUT: Section(
        {"info_currency_mismatches": Option(switch, False, "say nothing of prices in another currency")}
    ),
}
PREPARE: dict[str, Section] = {
    "defaults": Section(
        {
            key: Option(text, None, "prepare command")
            for key in ("currency", "item_classification_scheme", "bid_status", "award_status")
        }
        | {"party_roles": Option(switch, None, "prepare command")}
    ),
    "redactions": Section(
        {key: Option(text, None, "prepare command") for key in ("amount", "organization_id")}
    ),
    "corrections": Section({"award_status_by_contract_status": Option(switch, None, "prepare command")}),
    "modifications": Section(
        {
            key: Option(text, None, "prepare command")
            for key in (
                "prefix_buyer_or_procuring_entity_id",
                "prefix_tenderer_or_supplier_id",
                "split_procurement_method_details",
            )
        }
        | {"move_auctions": Option(switch, None, "prepare command")}
    ),
    "codelists.bid_status": Section({}, text),
    "codelists.award_status": Section({}, text),
}
SECTIONS: dict[str, Section] = (
    SHARED | PREPARE | {name: part for flag in REDFLAGS.values() for name, part in flag.sections.items()}
)


class Line(NamedTuple):
    """One `key = value` of the file."""

    number: int
    section: str
    key: str
    value: str


class Settings(NamedTuple):
    """What to compute: the options of the indicators that are switched on, and what all of them share."""

    redflags: dict[str, dict[str, Any]]
    currency: str | None
    price_methods: frozenset[str]
    no_price_methods: frozenset[str]
    excluded_methods: frozenset[str]
    quiet_about_currencies: bool


def default_settings() -> Settings:
    """Every indicator, with Cardinal's defaults."""
    return _settings({code: {} for code in REDFLAGS})


def parse_settings(content: str) -> Settings:
    """Settings out of INI text. Raises ConfigError with all its problems, each with its line."""
    lines, headings, problems = _read(content)
    given: dict[str, dict[str, Any]] = {section: {} for section in headings}
    for line in lines:
        problem = _take(line, given.setdefault(line.section, {}))
        if problem:
            problems.append((line.number, problem))
    if problems:
        told = "".join(f"\n  line {number}: {problem}" for number, problem in sorted(problems))
        raise ConfigError(f"The settings file cannot be used; nothing was computed.{told}")
    return _settings(given)


def _read(content: str) -> tuple[list[Line], set[str], list[tuple[int, str]]]:
    """The lines with values, the sections there are, and what is wrong with the rest."""
    section, lines, headings, problems = TOP, [], set[str](), []
    for number, raw in enumerate(content.split("\n"), 1):
        line = raw.strip()
        if not line or line[0] in ";#":
            continue
        if line.startswith("["):
            section = line.removeprefix("[").removesuffix("]").strip()
            if not line.endswith("]") or section not in SECTIONS or section == TOP:
                problems.append((number, f"unknown section {line}; there are {_listed(SECTIONS)}"))
            elif section in headings:
                problems.append((number, f"section {line} stands here a second time; merge the two"))
            headings.add(section)
        elif match := KEY.fullmatch(line):
            lines.append(Line(number, section, match["key"].strip(), _unquoted(match["value"].strip())))
        else:
            problems.append((number, f"{line!r} is neither a [section] nor key = value nor a ; comment"))
    return lines, headings, problems


def _take(line: Line, values: dict[str, Any]) -> str | None:
    """Put a value among those of its section, or say what is wrong with it."""
    section = SECTIONS.get(line.section)
    if section is None:
        return None  # its heading has been reported
    place = f"{line.key} in [{line.section}]" if line.section else f"{line.key} before any section"
    option = section.keys.get(line.key)
    read = option.read if option else section.any_key
    if read is None:
        known = f"there are {_listed(section.keys)}" if section.keys else "this section has no keys"
        return f"unknown key {place}; {known}"
    if line.key in values:
        return f"{place} is set a second time"
    try:
        values[line.key] = read(line.value)
    except ConfigError as expected:
        return f"{place} is {line.value!r}; expected {expected}"
    return None


def _settings(given: dict[str, dict[str, Any]]) -> Settings:
    shared = {name: _completed(section, given.get(name, {})) for name, section in SHARED.items()}
    top = shared[TOP]
    redflags = {}
    for code, flag in REDFLAGS.items():
        tables = [name for name in flag.sections if name in given]
        if tables:
            options = _completed(flag.sections[code], given.get(code, {}))
            redflags[code] = options | {
                name.removeprefix(f"{code}."): given[name] for name in tables if name != code
            }
    return Settings(
        redflags,
        top["currency"],
        top["price_comparison_procurement_methods"],
        top["no_price_comparison_procurement_methods"],
        shared[EXCLUSIONS]["procurement_method_details"],
        shared[OUTPUT]["info_currency_mismatches"],
    )


def _completed(section: Section, values: dict[str, Any]) -> dict[str, Any]:
    return {key: option.default for key, option in section.keys.items()} | values


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _listed(keys: dict[str, Any]) -> str:
    return ", ".join(key for key in keys if key)
