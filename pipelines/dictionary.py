"""The data dictionary `data/README.md`, made from the declared schema: ``python -m pipelines.dictionary``."""

import sys
from collections.abc import Iterator

from detector.schema import TABLES, Column, Table

HEAD = """\
# Data dictionary

Made from `detector/schema.py` by `python -m pipelines.dictionary > data/README.md`; a test keeps it fresh.

The unit is the *trade*: one lot / section / package / parcel / listed asset. Money is decimal in the database
and in the currency named beside it; instants are UTC, whole seconds. Tier A is what public notices hold, B what a
trading system holds, C what only other departments hold. An empty value, or a column that is not there at all,
makes what needs it *not computable*; it never counts as zero. Rows that break the contract are set aside and
listed with table, key, column, value and reason.
"""


def data_dictionary() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for table in TABLES.values() for line in _section(table))])


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.name} {table.zh}\n\n{table.meaning}\n"
    yield "| column | 中文 | type | unit | tier | meaning |"
    yield "|---|---|---|---|---|---|"
    yield from (_line(column) for column in table.columns)
    yield ""


def _line(column: Column) -> str:
    name = f"**{column.name}** (key)" if column.key else column.name
    if column.required:
        name += " (required)"
    meaning = column.meaning
    if column.choices:
        meaning += " One of: " + ", ".join(f"`{choice}`" for choice in column.choices) + "."
    return f"| {name} | {column.zh} | {column.type} | {column.unit} | {column.tier} | {meaning} |"


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())
