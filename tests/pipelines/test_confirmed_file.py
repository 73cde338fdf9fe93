import pytest

from detector.errors import SourceError
from pipelines.confirmed_file import read_confirmed


def test_ids_are_read_and_other_columns_ignored(tmp_path):
    path = tmp_path / "confirmed.csv"
    path.write_text("\ufeffcase,trade_id\nx, t1 \ny,007\nz,t1\n", encoding="utf-8")
    assert read_confirmed(path) == {"t1", "007"}
    assert read_confirmed(None) == frozenset()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"),
        ("id\nt1\n", "the columns are id"),
        ("trade_id,case\nt1,x\n,y\n", "line 3: trade_id is empty"),
    ],
)
def test_another_file_is_refused_with_its_line(tmp_path, text, words):
    path = tmp_path / "confirmed.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=words):
        read_confirmed(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"none\.csv: the confirmed trades cannot be read"):
        read_confirmed(tmp_path / "none.csv")
