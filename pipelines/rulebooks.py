"""Rule packs and calendars as files: those that are shipped, and an authority's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from detector.errors import ConfigError
from detector.rules.book import Rulebook, rulebook
from detector.rules.declare import Pack
from detector.rules.form import opened
from detector.rules.parsing import parse_pack, parse_years
from detector.workdays import Calendar, Year

SHIPPED = "detector.rules.packs"
CALENDARS = "detector.rules.calendars"
DEFAULT_PACK = "open-contracting"
NO_PACK = "none"
NO_CALENDAR = "none"
CASES = ".cases.toml"


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """Which rules to ask: names of shipped packs, and an authority's own file."""

    packs: tuple[str, ...] = ()
    own: Path | None = None

    def book(self) -> Rulebook | None:
        """The rules, None if there are none. ConfigError with every mistake of a file."""
        book = load_rules(self.packs, self.own)
        return book if book.rules else None


def shipped_packs() -> tuple[str, ...]:
    """Names of the packs that come with the program."""
    names = (path.name for path in files(SHIPPED).iterdir())
    return tuple(
        sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml") and not n.endswith(CASES))
    )


def chosen(wanted: Iterable[str]) -> tuple[str, ...]:
    """The shipped packs that `wanted` names: each a name, the beginning of several ("cn"), or "none".

    Names may be joined by commas. ConfigError for a name that fits no pack.
    """
    known, names = shipped_packs(), []
    for word in (part.strip() for text in wanted for part in text.split(",")):
        if word in ("", NO_PACK):
            continue
        fitting = [name for name in known if name == word or name.startswith(f"{word}-")]
        if not fitting:
            raise ConfigError(f"no rule pack {word!r}; known are {', '.join(known)} and {NO_PACK}.")
        names += fitting
    return tuple(dict.fromkeys(names))


def shipped_pack(name: str) -> Pack:
    """One pack that comes with the program. ConfigError with all its mistakes."""
    return parse_pack(files(SHIPPED).joinpath(f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def pack_of(name: str | Path) -> Pack:
    """A pack by the name of a shipped one, or by its file."""
    if str(name) in shipped_packs():
        return shipped_pack(str(name))
    return parse_pack(text_of(Path(name)), str(name))


def text_of(path: Path) -> str:
    """The text of a file. ConfigError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as refusal:
        raise ConfigError(f"the file {path} cannot be read: {refusal.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"the file {path} is not UTF-8 text.") from None


def shipped_years() -> Mapping[str, tuple[Year, ...]]:
    """The working-day calendars that come with the program, by id."""
    found: dict[str, tuple[Year, ...]] = {}
    for path in files(CALENDARS).iterdir():
        if path.name.endswith(".toml"):
            form, mistakes = opened(path.read_text(encoding="utf-8"), path.name)
            calendar = form.form("calendar")
            found[calendar.text("id")] = parse_years(calendar)
            mistakes.refuse()
    return found


def calendar_called(name: str) -> Calendar | None:
    """A shipped calendar of working days, or none. ConfigError if there is no such one."""
    if name == NO_CALENDAR:
        return None
    years = shipped_years()
    if name not in years:
        raise ConfigError(f"no calendar {name!r}; known are {', '.join(years)} and {NO_CALENDAR}.")
    return Calendar.of(name, years[name])


def load_rules(packs: Iterable[str], own: Path | None = None) -> Rulebook:
    """The rules of the shipped `packs`, and of an authority's `own` file, which may change them.

    Raises ConfigError for unknown names, with every mistake of a file, and where packs do not fit together.
    """
    held = [shipped_pack(name) for name in chosen(packs)]
    if own is not None:
        held.append(parse_pack(text_of(own), str(own)))
    return rulebook(held, shipped_years())
