"""CSV that a spreadsheet opens without running formulas or mangling codes: UTF-8 with a mark, every text quoted.

A cell that a spreadsheet would read as a formula, or whose leading zeros or long digits it would lose, gets an
apostrophe before it; `cell_text` takes it off again, so that what went in comes out unchanged.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

BOM = "\ufeff"
FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Codes: leading zeros, or more digits than a spreadsheet keeps; and what it takes for a date or a power of ten.
MANGLED = re.compile(r"0\d+|\d{12,}|\d+[eE]\d+|\d{1,4}[-/]\d{1,2}([-/]\d{1,4})?")
GUARD = "'"


def safe_cell(value: Any, codes: bool = True) -> Any:
    """`value` as it may stand in a cell; numbers stay numbers. Without `codes` only formulas are guarded."""
    if not isinstance(value, str):
        return value
    if value.startswith((*FORMULA_START, GUARD)) or value.lstrip().startswith(FORMULA_START[:4]):
        return GUARD + value
    return GUARD + value if codes and MANGLED.fullmatch(value) else value


def cell_text(cell: str) -> str:
    """The text that `safe_cell` made `cell` of."""
    return cell.removeprefix(GUARD)


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], codes: bool = True) -> Iterator[str]:
    """The file, row by row, each with its line end; the first piece begins with the byte-order mark.

    Without `codes`, for programs rather than spreadsheets, identifiers stay as they are.
    """
    yield BOM + _line(columns)
    for row in rows:
        yield _line([safe_cell(row.get(name), codes) for name in columns])


def _line(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerow(
        ["" if cell is None else cell for cell in cells]
    )
    return text.getvalue()
