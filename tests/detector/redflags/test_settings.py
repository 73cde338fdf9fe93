"""Cardinal's settings file: what is read, and that all mistakes are told at once."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import ConfigError
from detector.redflags import default_settings, parse_settings
from detector.redflags.settings import SECTIONS

# What `ocdscardinal init` writes, every comment mark of a setting taken away.
EVERYTHING = """
currency = USD
no_price_comparison_procurement_methods = Random Selection
; `prepare` command
[defaults]
currency = USD
item_classification_scheme = UNSPSC
bid_status = valid
award_status = active
party_roles = true
[redactions]
amount = 0
organization_id = placeholder
[corrections]
award_status_by_contract_status = true
[modifications]
move_auctions = true
prefix_buyer_or_procuring_entity_id = DO-UC-
prefix_tenderer_or_supplier_id = DO-RPE-
split_procurement_method_details = -
[codelists.bid_status]
qualified = valid
[codelists.award_status]
Active = active
[exclusions]
procurement_method_details = Random Selection|Sorteo de Obras
[output]
info_currency_mismatches = true
[R003]
threshold = 15
procurement_methods = open|selective|limited
[R003.procurement_method_details]
emergency = 10
international = 25
[R018]
procurement_methods = open|selective
[R024]
threshold = 0.05
[R025]
percentile = 75
threshold = 0.05
[R028]
[R030]
[R035]
threshold = 1
[R036]
[R038]
threshold = 0.5
minimum_submitted_bids = 2
minimum_contracting_processes = 2
[R048]
digits = 2
threshold = 10
minimum_contracting_processes = 20
[R058]
threshold = 0.5
"""


def test_everything_cardinal_knows_is_known():
    settings = parse_settings(EVERYTHING)
    assert list(settings.redflags) == list(default_settings().redflags)
    assert settings.currency == "USD"
    assert settings.excluded_methods == {"Random Selection", "Sorteo de Obras"}
    assert settings.quiet_about_currencies
    assert settings.redflags["R003"] == {
        "threshold": 15,
        "procurement_methods": {"open", "selective", "limited"},
        "procurement_method_details": {"emergency": 10, "international": 25},
    }
    assert settings.redflags["R025"] == {"percentile": 75, "threshold": 0.05}


def test_empty_sections_are_the_defaults():
    sections = "".join(f"[{code}]\n" for code in default_settings().redflags)
    assert parse_settings(sections) == default_settings()
    assert parse_settings("") == default_settings()._replace(redflags={})


@pytest.mark.parametrize(
    "text",
    [
        "[R024]\n  threshold=0.05  ",
        "[R024]\r\nthreshold : 0.05\r\n",
        '# c\n ; c\n\n[R024]\nthreshold = "0.05"',
        "[ R024 ]\nthreshold = +.05e0",
    ],
)
def test_ways_to_write(text):
    assert parse_settings(text).redflags == {"R024": {"threshold": 0.05}}


def test_names_keep_their_blanks_and_the_last_separator_ends():
    settings = parse_settings("price_comparison_procurement_methods = a | b||c|")
    assert settings.price_methods == {"a ", " b", "", "c"}


def test_all_mistakes_are_told_at_once_each_with_its_line():
    mistakes = """currrency = USD
[R044]
x = 1
[R024]
treshold = 0.05
threshold = five
[R035]
threshold = -2
[R025]
percentile = 101
percentile = 50
percentile = 50
[R028]
threshold = 1
just words
[R024]
[corrections]
award_status_by_contract_status = maybe
"""
    with pytest.raises(ConfigError) as told:
        parse_settings(mistakes)
    lines = [line.split(":")[0] for line in str(told.value).splitlines()[1:]]
    assert lines == [f"  line {number}" for number in (1, 2, 5, 6, 8, 10, 12, 14, 15, 16, 18)]
    assert "there are threshold" in str(told.value)
    assert "R003, R003.procurement_method_details, R018" in str(told.value)
    assert "0 or more" in str(told.value)


@pytest.mark.parametrize("value", ["", "nan", "inf", "1e999", "0,5", "５", "0x1", "1 ; comment"])
def test_what_is_no_decimal_number(value):
    with pytest.raises(ConfigError, match="decimal number"):
        parse_settings(f"[R058]\nthreshold = {value}")


@given(st.text())
def test_no_text_breaks_it(text):
    with suppress(ConfigError):
        parse_settings(text)


def test_every_option_says_what_it_does():
    for name, section in SECTIONS.items():
        for key, option in section.keys.items():
            assert option.meaning, (name, key)
