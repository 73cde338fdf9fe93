"""Values and limits read as a person would write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.features.declare import UNITS as FEATURE_UNITS
from detector.rules.fact import UNITS
from detector.rules.quantities import WORDS, against, said


@pytest.mark.parametrize(
    ("value", "compare", "limit", "unit", "english", "chinese"),
    [
        (1, ">", 0, "count", "1, more than 0", "1个，超过0"),
        (2, "<", 3, "firms", "2 firms, less than 3", "2家，少于3"),
        (0.9446, "<", 1, "days", "22.7 hours, less than 1 day", "22.7小时，少于1天"),
        (4.834, "<", 7, "days", "4.83 days, less than 7", "4.83天，少于7"),
        (1, "<", 3, "days", "1 day, less than 3", "1天，少于3"),
        (21, ">", 2, "working days", "21 working days, more than 2", "21个工作日，超过2"),
        (-12, "<", 0, "days", "12 days before, not after", "早于该时间12天"),
        (124.1, ">", 0, "minutes", "2.07 hours, more than 0", "2.07小时，超过0"),
        (0.05, ">", 0.02, "share", "5%, more than 2%", "5%，高于2%"),
        (0.66664, "<", 2 / 3, "share", "66.66%, less than 66.67%", "66.66%，低于66.67%"),
        (4747523.6, ">=", 4e6, "money", "4,747,524, at least 4,000,000", "4,747,524，达到4,000,000"),
        (0.6309, ">=", 1 / 3, "weight", "evidence 0.631 of 1, at least 0.333",
         "证据权重0.631（最高1），达到0.333"),
        (1, "==", 1, "flag", "yes", "是"),
        (1, "==", 1, "count", "1", "1个"),
        (8e-6, "<", 0.02, "ratio", "<0.0001, less than 0.02", "<0.0001，低于0.02"),
        (2, "beyond chance", 0.01, "-log10 p",
         "once in 100 by chance; beyond chance, with at most 1% false discoveries expected",
         "偶然情况下约100次出现一次；超出偶然（预期误报比例不超过1%）"),
    ],
)  # fmt: skip
def test_a_value_beside_its_limit(value, compare, limit, unit, english, chinese):
    told = against(float(value), compare, float(limit), unit)
    assert (told.en, told.zh) == (english, chinese)


@pytest.mark.parametrize("unit", sorted({*UNITS, *FEATURE_UNITS, *WORDS} - {"flag"}))
@given(value=st.floats(-1e12, 1e12), limit=st.floats(-1e12, 1e12))
def test_every_unit_is_told_without_exponents(unit, value, limit):
    told = against(value, "<", limit, unit)
    assert "e+" not in told.en + told.zh
    assert "e-" not in told.en + told.zh
    assert said(value, unit).zh
