import numpy as np
import pytest

from detector.errors import SourceError
from pipelines.truth_file import read_truth, truth_of
from tests.factory import records, trade

HELD = records(trade("a"), trade("b"), trade("c"))


@pytest.fixture
def told(tmp_path):
    def write(text):
        path = tmp_path / "truth.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_planted_leaves_the_rest_ordinary(told):
    truth = truth_of(HELD, read_truth(told("trade_id,scheme,planted\nb,ring,True\nc,niche,False\nz,,1\n")))
    assert truth.label.tolist() == [0.0, 1.0, 0.0]
    assert truth.scheme == ("", "ring", "niche")


def test_label_leaves_the_rest_unknown(told):
    truth = truth_of(HELD, read_truth(told("\ufefftrade_id,label\na,1\nb,\n")))
    np.testing.assert_array_equal(truth.label, [1.0, np.nan, np.nan])
    assert truth.scheme == ("", "", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"),
        ("trade_id\na\n", "columns are trade_id"),
        ("trade_id,label,planted\na,1,1\n", "columns are"),
        ("trade_id,label\na,1\nb,perhaps\n", r"line 3: label 'perhaps' is neither 1 nor 0"),
        ("trade_id,label\na,1\nb,0\na,0\n", r"line 4: trade_id 'a' is there twice"),
    ],
)
def test_other_files_are_refused_with_their_line(told, text, words):
    with pytest.raises(SourceError, match=words):
        read_truth(told(text))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"none\.csv: the truth cannot be read"):
        read_truth(tmp_path / "none.csv")


def test_a_truth_about_other_records_is_refused(told):
    with pytest.raises(SourceError, match="none of the 1 trades of the truth"):
        truth_of(HELD, read_truth(told("trade_id,label\nx,1\n")))
