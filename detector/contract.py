"""The data contract: what a canonical row must be, and what is set aside when it is not.

`conform` brings one table to canonical types. Nothing is dropped in silence: a row without its key, with a
repeated key or without a parent is set aside whole; a single value that cannot be read is set aside alone and
the row stays, so that what needs the value becomes *not computable*. Each comes back as a `Problem`, sorted
by table, key and column: neither the table nor the problems depend on the order of the rows handed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from detector.arrays import BoolArray
from detector.errors import SchemaError
from detector.reading import empty, expectation, read
from detector.schema import Table

ROW, VALUE = "row set aside", "value set aside"
SHOWN_LENGTH = 80
REPEATED = "the key is repeated: one row of a key can be used"


class Problem(NamedTuple):
    """One row or value that was set aside, and what can be done about it."""

    place: str
    table: str
    key: str
    column: str
    value: str
    reason: str
    effect: str


class Conformed(NamedTuple):
    """A table in canonical types, sorted by key, and what was set aside on the way."""

    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    absent: frozenset[str]


def without(table: Table) -> Conformed:
    """A table that the source does not have."""
    return conform(table, pd.DataFrame(columns=list(table.names)))._replace(absent=frozenset(table.names))


def conform(table: Table, frame: pd.DataFrame, place: str = "") -> Conformed:
    """Bring `frame` to the canonical types of `table`, sorted by key.

    `place` names the file or database in messages. Columns that `table` does not know are ignored; nullable
    columns that `frame` lacks come back empty and are named in `absent`. Of several rows with one key the
    smallest stays, whatever the order they come in. `frame` itself is left as it is.
    Raises SchemaError, naming all of them, if key or required columns are missing altogether or are there
    twice.
    """
    check_columns({table.name: table}, {table.name: frame}, place)
    frame = frame.reset_index(drop=True)
    columns, unreadable = {}, {}
    for column in table.columns:
        if column.name in frame and len(frame):
            columns[column.name], unreadable[column.name] = read(column, frame[column.name])
        else:
            columns[column.name] = empty(column, len(frame))
            unreadable[column.name] = np.zeros(len(frame), dtype=bool)
    canonical = pd.DataFrame(columns)
    found = _as_found(table, canonical, frame, unreadable)
    problems: list[Problem] = []
    for column in table.columns:
        if column.nullable:
            finding = column.name, expectation(column), VALUE
            problems += problems_at(table, found, unreadable[column.name], finding, place)
    broken = _broken_rows(table, canonical)
    problems += row_problems(table, found, broken, place)
    kept = ~np.logical_or.reduce([rows for rows, _, _ in broken])
    absent = frozenset(name for name in table.names if name not in frame)
    ordered = canonical[kept].sort_values(list(table.key), kind="stable", ignore_index=True)
    return Conformed(ordered, in_order(problems), absent)


def _as_found(
    table: Table, canonical: pd.DataFrame, frame: pd.DataFrame, unreadable: Mapping[str, BoolArray]
) -> pd.DataFrame:
    """The canonical table with what could not be read put back, for messages."""
    back = {}
    for name in table.names:
        lost = unreadable[name]
        if lost.any():
            values = canonical[name].astype(object).to_numpy(copy=True)
            values[lost] = frame[name].astype(object).to_numpy()[lost]
            back[name] = pd.Series(values, dtype=object)
    return canonical.assign(**back)


def row_problems(
    table: Table, frame: pd.DataFrame, broken: Sequence[tuple[BoolArray, str, str]], place: str
) -> list[Problem]:
    """Problems for whole rows; `broken` holds (mask over `frame`, column, reason), the first hit counts."""
    problems: list[Problem] = []
    seen = np.zeros(len(frame), dtype=bool)
    for rows, column, reason in broken:
        problems += problems_at(table, frame, rows & ~seen, (column, reason, ROW), place)
        seen |= rows
    return problems


def problems_at(
    table: Table, frame: pd.DataFrame, rows: BoolArray, finding: tuple[str, str, str], place: str
) -> list[Problem]:
    """A problem for each of `rows` of `frame`; `finding` holds column, reason and effect."""
    column, reason, effect = finding
    at = np.flatnonzero(rows)
    if not len(at):
        return []
    parts = [map(shown, frame[name].iloc[at].tolist()) for name in table.key]
    keys = map(" / ".join, zip(*parts, strict=True))
    values = map(shown, frame[column].iloc[at].tolist())
    return [
        Problem(place, table.name, key, column, value, reason, effect)
        for key, value in zip(keys, values, strict=True)
    ]


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems sorted by table, key and column."""
    return tuple(sorted(problems, key=itemgetter(1, 2, 3, 6, 5, 4, 0)))


def set_repeated_aside(table: Table, canonical: pd.DataFrame, place: str = "") -> Conformed:
    """Rows of `table` in canonical types with one row of each key: the smallest, as `conform` has it."""
    repeated = _repeated_rows(canonical, np.ones(len(canonical), dtype=bool), list(table.key))
    problems = row_problems(table, canonical, [(repeated, table.key[0], REPEATED)], place)
    return Conformed(canonical[~repeated].reset_index(drop=True), tuple(problems), frozenset())


def row_key(table: Table, row: Mapping[Any, Any] | pd.Series) -> str:
    """The key of a row as one readable string."""
    return " / ".join(shown(row[name]) for name in table.key)


def shown(value: object) -> str:
    """A value as it appears in a message: short, on one line, empty if missing."""
    if not isinstance(value, str):
        if value is None or value is pd.NaT or value is pd.NA:
            return ""
        if isinstance(value, float) and np.isnan(value):
            return ""
        value = _spelled(value)
    text = value if len(value) <= SHOWN_LENGTH else value[: SHOWN_LENGTH - 1] + "…"
    # Control characters and broken Unicode would garble terminals and files.
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)


def _spelled(value: object) -> str:
    try:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    except ValueError:
        return "a number of more digits than can be shown"


def check_columns(tables: Mapping[str, Table], frames: Mapping[str, pd.DataFrame], place: str) -> None:
    """Raise SchemaError, naming all of them, if columns that `tables` cannot do without are not in `frames`.

    The same for columns that are there twice: nobody can say which one counts.
    """
    missing = [
        f"{name}.{column.name}"
        for name, table in tables.items()
        for column in table.columns
        if name in frames and not column.nullable and column.name not in frames[name]
    ]
    twice = [
        f"{name}.{column}"
        for name, table in tables.items()
        if name in frames
        for column in table.names
        if list(frames[name].columns).count(column) > 1
    ]
    where = f"{place}: " if place else ""
    if missing:
        raise SchemaError(
            f"{where}column {', '.join(missing)} not found. Expected the columns of data/README.md; "
            f"map or add the column, or load the records again with 'detector load'."
        )
    if twice:
        raise SchemaError(f"{where}column {', '.join(twice)} found more than once. Leave one of each.")


def _broken_rows(table: Table, canonical: pd.DataFrame) -> list[tuple[BoolArray, str, str]]:
    broken = []
    incomplete = np.zeros(len(canonical), dtype=bool)
    for column in table.columns:
        if not column.nullable:
            empty = canonical[column.name].isna().to_numpy(dtype=bool)
            broken.append((empty, column.name, f"required: {expectation(column)}"))
            incomplete |= empty
    repeated = _repeated_rows(canonical, ~incomplete, list(table.key))
    broken.append((repeated, table.key[0], REPEATED))
    return broken


def _repeated_rows(canonical: pd.DataFrame, usable: BoolArray, key: list[str]) -> BoolArray:
    """All usable rows but one of each key. The smallest stays, whatever order the source has them in."""
    repeated = np.zeros(len(canonical), dtype=bool)
    repeated[usable] = canonical.loc[usable, key].duplicated(keep=False).to_numpy(dtype=bool)
    if repeated.any():
        clashing = canonical[repeated].astype(str).sort_values(list(canonical.columns), kind="stable")
        repeated[clashing.index[~clashing.duplicated(key)]] = False
    return repeated
