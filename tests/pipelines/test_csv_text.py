import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.csv_text import BOM, cell_text, csv_lines, safe_cell


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", " =1", "＝1", "00123", "350100199001011234",
     "2025-01", "1/2", "3E10", "'quoted"],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_or_change_is_guarded(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["道路养护", "T2025-004106", "12345", 1.5, 0, None, ""])
def test_everything_else_stays(value):
    assert safe_cell(value) == value


@given(st.text())
def test_what_went_in_comes_out(text):
    assert cell_text(safe_cell(text)) == text


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_the_file_reads_back(texts):
    written = "".join(csv_lines(["a"], ({"a": text} for text in texts)))
    assert written.startswith(BOM)
    rows = list(csv.DictReader(io.StringIO(written.removeprefix(BOM), newline="")))
    assert [cell_text(row["a"]) for row in rows] == texts


def test_for_programs_identifiers_stay_as_they_are():
    assert safe_cell("2025-01", codes=False) == "2025-01"
    assert safe_cell("=1", codes=False) == "'=1"
