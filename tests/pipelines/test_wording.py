import math

import pytest

from pipelines.wording import LEAD, chance, filled, money, quantity, share


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.034567, "ratio", "0.03457"),
        (0.25, "share", "25.0%"),
        (12.0, "days", "12 days"),
        (1234567.0, "", "1,234,567"),
        (2.0, "-log10 p", "once in 100 by chance"),
        (9.5, "-log10 p", "less than once in a million by chance"),
        (0.0, "-log10 p", "as chance has it"),
        (math.nan, "days", ""),
    ],
)
def test_a_value_is_shown_with_its_unit(value, unit, text):
    assert quantity(value, unit) == text


def test_chance_never_grows_with_surprise():
    assert chance(1.0) == "once in 10 by chance"


def test_money_that_is_not_known_is_never_shown_as_zero():
    assert money(math.nan, "CNY") == "amount not known"
    assert money(1500000.4, "CNY") == "1,500,000 CNY"
    assert money(12.0, None) == "12"


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "all"), (0.0, "none"), (0.999999, "99.99%"), (0.5, "50.00%")]
)
def test_a_share_never_rounds_up_to_all_or_down_to_none(value, text):
    assert share(value) == text


def test_the_lead_is_in_both_languages_and_accuses_nobody():
    assert "never a finding" in LEAD
    assert "线索" in LEAD


def test_missing_text_is_none_however_it_is_spelt():
    assert [filled(value) for value in (None, math.nan, "", "CNY")] == [None, None, None, "CNY"]
