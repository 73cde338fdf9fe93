"""Packs are read as they are written, and every mistake is told at once with its line."""

from datetime import date

import pytest

from detector.errors import ConfigError
from detector.levels import Level
from detector.rules.declare import Comparison, Condition
from detector.rules.lines import Lines
from detector.rules.parsing import parse_pack
from tests.rule_texts import HEAD, rule

GUARDED = """
[rule.guard]
method = ["open", "selective"]
mandatory = true
estimate = { ">=" = 4000000 }
preparation_period = { "<" = "threshold" }
agency_id = { known = true }
"""
LIMITS = """
[[rule.threshold]]
value = 15
region = ["33"]
from = 2020-01-01
to = 2021-12-31
[rule.threshold.when]
kind = ["works"]
[[rule.threshold]]
value = 20
"""


def parse(*rules, head=HEAD):
    return parse_pack(head + "".join(rules), "city.toml")


def test_a_rule_is_read_as_it_is_written():
    [read] = parse(rule(more=GUARDED)).rules
    assert (read.id, read.subject, read.level, read.evidence) == (
        "T04",
        "notice_period",
        Level.ORANGE,
        "timing",
    )
    assert read.guard == (
        Condition("method", (Comparison("==", ("open", "selective")),)),
        Condition("mandatory", (Comparison("==", (1.0,)),)),
        Condition("estimate", (Comparison(">=", (4_000_000.0,)),)),
        Condition("preparation_period", (Comparison("<", ("threshold",)),)),
        Condition("agency_id", (Comparison("known", (1.0,)),)),
    )
    assert (read.calendar, read.utc_offset, read.pack) == ("cn", 480, "test")
    assert read.citations[0].words.zh == "《法》第24条"


def test_limits_by_region_date_and_kind_are_read():
    [read] = parse(rule(threshold=None, more=LIMITS)).rules
    own, general = read.thresholds
    assert own.scope.region == ("33",)
    assert (own.scope.since, own.scope.until) == (date(2020, 1, 1), date(2021, 12, 31))
    assert own.when == (Condition("kind", (Comparison("==", ("works",)),)),)
    assert general.value == 20


MISTAKES = {
    "unknown key 'colour'": rule(colour='"red"'),
    "level is 'purple'; expected one of blue, yellow, orange, red": rule(level='"purple"'),
    "red is above what basis 'measure' can claim": rule(level='"red"'),
    "an unchecked rule cannot be red": rule(level='"red"', basis='"statute"', confidence='"unchecked"'),
    "no fact 'moon_phase'": rule(fact='"moon_phase"'),
    "no feature 'B99'": rule(fact=None, feature='"B99"'),
    "either fact or feature": rule(feature='"B01"'),
    "threshold is missing; expected a number": rule(threshold=None),
    "threshold is True; expected a number": rule(threshold="true"),
    "no [law.statute]; known are act": rule(citation='law = "statute"'),
    "title is missing; expected words in both languages": rule(title=None),
    "title is {'en': 'Short', 'zh': ''}": rule(title='{ en = "Short", zh = "" }'),
    "no field 'colour'": rule(more='[rule.guard]\ncolour = "red"'),
    "method is 'raffle'; expected one of open": rule(more='[rule.guard]\nmethod = ["raffle"]'),
    "method is 3; expected a text": rule(more="[rule.guard]\nmethod = 3"),
    "estimate is 'much'; expected a number": rule(more='[rule.guard]\nestimate = "much"'),
    "is no comparison": rule(more='[rule.guard]\nestimate = { "=>" = 3 }'),
    "published_at is an instant": rule(more="[rule.guard]\npublished_at = 3"),
    "says not when it holds": rule(more='[[rule.exception]]\nwhy = { en = "x", zh = "某" }'),
    "no instant 'yesterday'": rule(date='["yesterday"]'),
    "ends 2019-01-01, before it starts": rule(citation='law = "act"\nfrom = 2020-01-01\nto = 2019-01-01'),
    "is no period; only days of a period are counted": rule(
        fact='"class_year_total"', count='"working days"'
    ),
    "is for features that are chances": rule(compare='"beyond chance"'),
    "a second rule T04": rule() + rule(),
    "nothing is changed": '[[override]]\nrule = "T04"\n',
}


@pytest.mark.parametrize("told", MISTAKES)
def test_a_mistake_is_told(told):
    with pytest.raises(ConfigError) as refused:
        parse(MISTAKES[told])
    assert told in str(refused.value)


def test_all_mistakes_are_told_at_once_with_file_and_line():
    text = HEAD + rule(level='"purple"', compare='"=<"') + rule("T05", citation='law = "none"')
    with pytest.raises(ConfigError) as refused:
        parse_pack(text, "city.toml")
    told = str(refused.value)
    assert "city.toml has 3 mistakes" in told
    for key, name, what in (
        ('level = "purple"', "T04", "level"),
        ('compare = "=<"', "T04", "compare"),
        ('law = "none"', "T05", "no [law.none]"),
    ):
        line = text.splitlines().index(key) + 1
        assert f"city.toml:{line}: rule {name}: {what}" in told


def test_what_is_no_toml_is_told_with_the_place():
    with pytest.raises(ConfigError, match=r"city.toml is not TOML: .*line 2"):
        parse_pack("\n[pack\n", "city.toml")


def test_a_pack_without_calendar_counts_no_working_days():
    head = HEAD.replace('calendar = "cn"\n', "")
    with pytest.raises(ConfigError, match="working days need a calendar"):
        parse(rule(count='"working days"'), head=head)


def test_years_of_an_authority_are_checked():
    year = '[calendar]\nid = "cn"\n[[calendar.year]]\nyear = 2027\nsource = "x"\noff = [2026-01-01]\n'
    with pytest.raises(ConfigError, match="2026-01-01 is not in 2027"):
        parse(year)


def test_lines_are_found_in_lists_of_tables_and_past_long_texts():
    head = 'a = """\n[[rule]]\n"""\n'
    text = head + "[[rule]]\nid = 1\n[rule.guard]\nkind = 2\n[[rule]]\n[[rule.citation]]\nlaw = 3\n"
    lines = Lines(text)
    assert lines.of(("rule", 0, "id")) == 5
    assert lines.of(("rule", 0, "guard", "kind")) == 7
    assert lines.of(("rule", 1, "citation", 0, "law")) == 10
    assert lines.of(("rule", 1, "missing")) == 8
    assert lines.of(("nowhere",)) == 1
