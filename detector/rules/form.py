"""A table of a TOML text as a form: typed fields, unknown keys refused, every mistake noted with its line."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from detector.errors import ConfigError
from detector.features.declare import Phrase
from detector.rules.lines import Lines, Path

EMPTY = Phrase("", "")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Mistakes:
    """What is wrong with a text called `place`, line by line."""

    place: str
    lines: Lines
    found: list[tuple[int, str]] = field(default_factory=list)

    def note(self, path: Path, message: str) -> None:
        """Keep one mistake at `path`."""
        self.found.append((self.lines.of(path), message))

    def refuse(self) -> None:
        """Raise ConfigError that names all mistakes, if there are any."""
        if self.found:
            told = "\n".join(f"  {self.place}:{line}: {message}" for line, message in sorted(set(self.found)))
            count = len(set(self.found))
            raise ConfigError(f"{self.place} has {count} mistake{'s' if count > 1 else ''}:\n{told}")


def opened(text: str, place: str) -> tuple["Form", Mistakes]:
    """The whole text as a form. ConfigError where it is no TOML."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as refusal:
        raise ConfigError(f"{place} is not TOML: {refusal}.") from None
    mistakes = Mistakes(place, Lines(text))
    return Form(document, (), mistakes), mistakes


@dataclass(frozen=True, slots=True)
class Form:
    """One table. `name` says in messages what it is."""

    table: Mapping[str, Any]
    path: Path
    mistakes: Mistakes
    name: str = ""

    def note(self, key: str, message: str) -> None:
        """Keep a mistake in the field `key`."""
        told = f"{self.name}: {message}" if self.name else message
        self.mistakes.note((*self.path, key), told)

    def called(self, name: str) -> "Form":
        """The same form under the name that messages should give it."""
        return Form(self.table, self.path, self.mistakes, name)

    def only(self, *known: str) -> None:
        """Refuse all other keys."""
        for key in self.table:
            if key not in known:
                self.note(key, f"unknown key {key!r}; known are {', '.join(known)}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required where there is no `default`."""
        value = self._given(key, default)
        return value if isinstance(value, str) else self._wrong(key, "a text", value, default or "")

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of `choices`."""
        value = self._given(key, default)
        if isinstance(value, str) and value in choices:
            return value
        return self._wrong(key, f"one of {', '.join(choices)}", value, choices[0])

    def number(self, key: str, default: float | None = None) -> float:
        """A number, not a truth value."""
        value = self._given(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        return self._wrong(key, "a number", value, 0.0)

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._given(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return self._wrong(key, "a whole number", value, 0)

    def phrase(self, key: str, default: Phrase | None = None) -> Phrase:
        """The same words in English and Chinese: { en = "…", zh = "…" }."""
        value = self._given(key, default)
        if isinstance(value, Phrase):
            return value
        if isinstance(value, Mapping) and set(value) == {"en", "zh"}:
            words = Phrase(value["en"], value["zh"])
            if all(isinstance(text, str) and text.strip() for text in (words.en, words.zh)):
                return words
        return self._wrong(key, 'words in both languages, { en = "…", zh = "…" }', value, EMPTY)

    def day(self, key: str) -> date | None:
        """A date, or None."""
        value = self.table.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        return self._wrong(key, "a date such as 2018-06-01", value, None)

    def days(self, key: str) -> tuple[date, ...]:
        """A list of dates."""
        value = self._given(key, ())
        if isinstance(value, list | tuple) and all(isinstance(one, date) for one in value):
            return tuple(value)
        return self._wrong(key, "a list of dates", value, ())

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        value = self._given(key, default)
        if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            return tuple(value)
        return self._wrong(key, "a list of texts", value, default or ())

    def form(self, key: str) -> "Form":
        """The table at `key`, empty where there is none."""
        value = self.table.get(key, {})
        if not isinstance(value, Mapping):
            value = self._wrong(key, "a table", value, {})
        return Form(value, (*self.path, key), self.mistakes, self.name)

    def forms(self, key: str) -> tuple["Form", ...]:
        """The tables of the list at `key`, none where there is none."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            value = self._wrong(key, f"tables [[{key}]]", value, [])
        return tuple(
            Form(one, (*self.path, key, place), self.mistakes, self.name) for place, one in enumerate(value)
        )

    def _given(self, key: str, default: Any) -> Any:
        return self.table.get(key, default)

    def _wrong(self, key: str, expected: str, value: Any, instead: Value) -> Value:
        found = "is missing" if value is None else f"is {value!r}"
        self.note(key, f"{key} {found}; expected {expected}")
        return instead
