"""Who is told of alerts: receivers from a TOML file, all its problems told at once.

    [receiver.platform]
    kind = "webhook"
    url = "https://platform.example/alerts"
    secret_env = "DETECTOR_PLATFORM_SECRET"

    [receiver.archive]
    kind = "jsonl"
    path = "alerts.jsonl"

    [receiver.desk]
    kind = "table"
    url_env = "DETECTOR_DESK_URL"
    table = "inbox"

    [receiver.city]
    kind = "supervision"
    path = "warnings.jsonl"
    names = { ALERT_NO = "YJBH" }

A secret is never in the file, only the name of the environment variable that holds it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from detector.errors import ConfigError
from pipelines.alerts.supervision import Shape

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
TABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,29}")
# Of each kind: what it must have and what it may have.
KINDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "webhook": (frozenset({"url", "secret_env"}), frozenset({"timeout_seconds"})),
    "jsonl": (frozenset({"path"}), frozenset()),
    "table": (frozenset({"url_env"}), frozenset({"table"})),
    "supervision": (frozenset({"path"}), frozenset({"names", "level_codes", "handling_codes"})),
}
FOR_ALL = frozenset({"kind", "levels", "changes", "attempts"})
TEXTS = ("url", "secret_env", "path", "url_env", "table")
DEFAULT_TABLE = "detector_inbox"
ATTEMPTS, TIMEOUT_SECONDS = 12, 10.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """One receiver. `levels` and `changes` (kinds of events): what it is told of, all if empty."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    levels: tuple[int, ...] = ()
    changes: tuple[str, ...] = ()
    attempts: int = ATTEMPTS


def read_receivers(path: Path, environment: Mapping[str, str]) -> tuple[Receiver, ...]:
    """The receivers of a file, by name. ConfigError, naming the file and all its problems, if it cannot be used.

    A variable that a receiver names and `environment` lacks is such a problem.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as refusal:
        raise ConfigError(f"{path}: the receivers cannot be read: {refusal.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as refusal:
        raise ConfigError(f"{path}: not TOML: {refusal}.") from None
    problems = [f"unknown key {name!r}" for name in sorted(set(content) - {"receiver"})]
    tables = content.get("receiver", {})
    if not isinstance(tables, dict) or not tables:
        problems.append("no receiver; expected tables [receiver.NAME]")
        tables = {}
    for name, held in tables.items():
        problems += [f"receiver {name}: {problem}" for problem in _problems(name, held, environment)]
    if problems:
        raise ConfigError(f"{path}: " + "; ".join(problems) + ".")
    return tuple(_receiver(name, held) for name, held in sorted(tables.items()))


def _problems(name: str, held: Any, environment: Mapping[str, str]) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield "a name is lower-case letters, digits, - and _, 63 at most"
    if not isinstance(held, dict) or held.get("kind") not in KINDS:
        kind = held.get("kind") if isinstance(held, dict) else held
        yield f"kind is {kind!r}; expected one of {', '.join(KINDS)}"
        return
    needed, allowed = KINDS[held["kind"]]
    for key in sorted(needed - held.keys()):
        yield f"{key} is missing"
    for key in sorted(held.keys() - needed - allowed - FOR_ALL):
        yield f"unknown key {key!r}"
    for key in TEXTS:
        if key in held and not (isinstance(held[key], str) and held[key].strip()):
            yield f"{key} is {held[key]!r}; expected text"
    yield from _wrong_values(held)
    for key in ("secret_env", "url_env"):
        variable = held.get(key)
        if isinstance(variable, str) and variable.strip() and not environment.get(variable):
            yield f"{key}: the environment variable {variable} is not set"


def _wrong_values(held: Mapping[str, Any]) -> Iterator[str]:
    url = held.get("url")
    if isinstance(url, str):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            yield "url is no http or https address"
        if parts.password or parts.username:
            yield "url holds a password; sign with secret_env instead"
    if not TABLE.fullmatch(str(held.get("table", DEFAULT_TABLE))):
        yield "table: letters, digits and _, 30 at most"
    levels = held.get("levels", [])
    if not isinstance(levels, list) or not set(map(str, levels)) <= set(LEVEL_CODES):
        yield f"levels is {levels!r}; expected some of {', '.join(LEVEL_CODES)}"
    changes = held.get("changes", [])
    if not isinstance(changes, list) or not all(isinstance(kind, str) for kind in changes):
        yield f"changes is {changes!r}; expected kinds of events"
    for key in ("attempts", "timeout_seconds"):
        number = held.get(key, 1)
        whole = key == "attempts"
        if isinstance(number, bool) or not isinstance(number, int if whole else (int, float)) or number <= 0:
            yield f"{key} is {number!r}; expected a positive number"
    try:
        shape_of(held)
    except (ConfigError, ValueError, AttributeError) as wrong:
        yield str(wrong)


LEVEL_CODES = {"green": 0, "blue": 1, "yellow": 2, "orange": 3, "red": 4}


def shape_of(options: Mapping[str, Any]) -> Shape:
    """The supervision shape that a receiver asks for. ConfigError if it names what there is not."""
    usual = Shape()
    levels = options.get("level_codes", {})
    unknown = sorted(set(levels) - set(LEVEL_CODES))
    if unknown:
        raise ConfigError(f"level_codes: no level {', '.join(unknown)}")
    states = options.get("handling_codes", {})
    unknown = sorted(set(states) - set(usual.handling))
    if unknown:
        raise ConfigError(f"handling_codes: no state {', '.join(unknown)}")
    return Shape(
        {name: str(new) for name, new in options.get("names", {}).items()},
        {**usual.levels, **{LEVEL_CODES[name]: str(code) for name, code in levels.items()}},
        {**usual.handling, **{name: str(code) for name, code in states.items()}},
    )


def read_shape(path: Path) -> Shape:
    """The supervision shape of a TOML file: names, level_codes, handling_codes. ConfigError if it is none."""
    try:
        options = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        unknown = sorted(set(options) - {"names", "level_codes", "handling_codes"})
        if unknown:
            raise ConfigError(f"unknown key {', '.join(unknown)}")
        return shape_of(options)
    except OSError as refusal:
        raise ConfigError(f"{path}: cannot be read: {refusal.strerror}.") from None
    except (ConfigError, ValueError, AttributeError) as wrong:
        raise ConfigError(f"{path}: {wrong}") from None


def _receiver(name: str, held: Mapping[str, Any]) -> Receiver:
    return Receiver(
        name,
        held["kind"],
        {key: value for key, value in held.items() if key not in FOR_ALL},
        tuple(LEVEL_CODES[level] for level in held.get("levels", [])),
        tuple(held.get("changes", [])),
        held.get("attempts", ATTEMPTS),
    )
