from pathlib import Path

from detector.schema import TABLES
from pipelines.dictionary import data_dictionary

PAGE = Path(__file__).resolve().parents[2] / "data" / "README.md"


def test_the_data_dictionary_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == data_dictionary(), (
        "run: python -m pipelines.dictionary > data/README.md"
    )


def test_every_column_has_its_line():
    lines = data_dictionary().splitlines()
    for table in TABLES.values():
        for column in table.columns:
            assert any(column.name in line and column.zh in line and column.meaning in line for line in lines)


def test_the_page_is_a_proper_table_everywhere():
    rows = [line for line in data_dictionary().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {7}
