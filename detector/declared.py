"""What a canonical table is: one declared column serves validation, SQL tables, the data dictionary and tests."""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["id", "text", "code", "money", "number", "count", "flag", "instant"]
Tier = Literal["A", "B", "C"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table.

    `key` columns identify a row; `required` ones must be filled for a row to be used. A nullable column that
    is empty, or absent altogether, makes what needs it *not computable*, never zero.
    """

    name: str
    type: ColumnType
    zh: str
    meaning: str
    unit: str = ""
    key: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    tier: Tier = "A"

    @property
    def nullable(self) -> bool:
        """Whether a row without this value is still a row."""
        return not (self.key or self.required)


@dataclass(frozen=True, slots=True)
class Table:
    """A canonical table: its key columns come first and order its rows."""

    name: str
    zh: str
    meaning: str
    columns: tuple[Column, ...]
    parent: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns, in order."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """The column called `name`; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")


def identity(
    name: str, zh: str, meaning: str, *, key: bool = False, required: bool = False, tier: Tier = "A"
) -> Column:
    """An identifier: of a row itself (`key`), or of what the row belongs to."""
    return Column(name, "id", zh, meaning, key=key, required=required, tier=tier)


def code(name: str, zh: str, meaning: str, choices: tuple[str, ...], *, tier: Tier = "A") -> Column:
    """One of a few words."""
    return Column(name, "code", zh, meaning, choices=choices, tier=tier)


def money(name: str, zh: str, meaning: str, *, tier: Tier = "A") -> Column:
    """An amount in the currency named beside it."""
    return Column(name, "money", zh, meaning, unit="currency units", tier=tier)


def count(name: str, zh: str, meaning: str, *, unit: str = "", key: bool = False, tier: Tier = "A") -> Column:
    """A whole number."""
    return Column(name, "count", zh, meaning, unit=unit, key=key, tier=tier)


def flag(name: str, zh: str, meaning: str, *, tier: Tier = "A") -> Column:
    """1 for yes, 0 for no, empty for not known."""
    return Column(name, "flag", zh, meaning, tier=tier)


def instant(name: str, zh: str, meaning: str, *, tier: Tier = "A") -> Column:
    """A moment; a source that holds dates alone gives midnight."""
    return Column(name, "instant", zh, meaning, unit="UTC, s", tier=tier)
