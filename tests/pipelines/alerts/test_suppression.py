"""What the office does not want to be told of: with an end, a second person above yellow, and a sample."""

from datetime import timedelta

import pytest

from detector.errors import ConfigError, HandlingError
from pipelines.alerts import suppression
from pipelines.alerts.embargo import Reader
from pipelines.alerts.events import Actor, read_events
from pipelines.alerts.suppression import ANYTHING, LONGEST, Cover, Subject, Suppression, Wish
from tests.pipelines.alerts.leads import NOW, fill, lead, open_store

MAKER, CHECKER = Actor("张三"), Actor("李四")
SOON = NOW + timedelta(days=10)


def entry(kind="trade", value="t", code=None, **values):
    usual = {"suppression_id": "s", "authority": None, "top_level": 2, "sample_share": 0.0, "approved": False}
    return Suppression(scope_type=kind, scope_value=value, code=code, **{**usual, **values})


def subject(level=2, codes=("B01", "T02"), fingerprint="f"):
    return Subject(fingerprint, "a", level, "t", "buyer", frozenset({"x", "y"}), frozenset(codes))


@pytest.mark.parametrize(
    ("entries", "level", "hidden"),
    [
        ([], 2, False),
        ([entry()], 2, True),
        ([entry(value="other")], 2, False),
        ([entry("buyer", "buyer")], 2, True),
        ([entry("bidder", "y")], 1, True),
        ([entry("bidder", "z")], 1, False),
        ([entry(authority="a")], 2, True),
        ([entry(authority="b")], 2, False),
        ([entry()], 3, False),
        ([entry(top_level=4)], 3, False),
        ([entry(top_level=4, approved=True)], 4, True),
        ([entry(top_level=3, approved=True)], 4, False),
        ([entry("any", ANYTHING, "B01")], 2, False),
        ([entry("any", ANYTHING, "B01"), entry("buyer", "buyer", "T02")], 2, True),
        ([entry("any", ANYTHING, "B01"), entry("buyer", "other", "T02")], 2, False),
    ],
)
def test_what_an_entry_hides(entries, level, hidden):
    assert (Cover(entries).hides(subject(level)) is not None) is hidden


def test_an_alert_without_findings_is_not_hidden_by_codes():
    assert Cover([entry("any", ANYTHING, "B01")]).hides(subject(codes=())) is None


def test_a_fixed_sample_surfaces():
    one = Cover([entry(sample_share=0.02)])
    drawn = [one.hides(subject(fingerprint=str(n))).surfaced for n in range(20_000)]
    assert 0.015 < sum(drawn) / len(drawn) < 0.025
    assert drawn == [one.hides(subject(fingerprint=str(n))).surfaced for n in range(20_000)]
    assert not Cover([entry(sample_share=0.0)]).hides(subject()).surfaced
    assert Cover([entry(sample_share=1.0)]).hides(subject()).surfaced


def test_the_life_of_an_entry(database_url):
    fill(database_url)
    with open_store(database_url) as connection:
        wish = Wish("buyer", "B1", "大修期间", SOON, top_level=4)
        row = suppression.add(connection, wish, MAKER, NOW)
        assert suppression.add(connection, wish, MAKER, NOW) == row
        key = row["suppression_id"]
        orange = Subject("f", "a", 3, "t", "B1")
        assert suppression.active(connection, NOW).hides(orange) is None
        with pytest.raises(HandlingError, match="somebody else must approve"):
            suppression.approve(connection, key, MAKER, NOW)
        suppression.approve(connection, key, CHECKER, NOW)
        with pytest.raises(HandlingError, match="approved or over"):
            suppression.approve(connection, key, CHECKER, NOW)
        assert suppression.active(connection, NOW).hides(orange).suppression_id == key
        assert not suppression.active(connection, SOON)
        assert not suppression.active(connection, NOW - timedelta(seconds=1))
        later = NOW + timedelta(days=1)
        with pytest.raises(HandlingError, match="say why"):
            suppression.expire(connection, key, " ", MAKER, later)
        suppression.expire(connection, key, "完工", MAKER, later)
        with pytest.raises(HandlingError, match="over already"):
            suppression.expire(connection, key, "完工", MAKER, later)
        assert not suppression.active(connection, later)
        assert suppression.listed(connection, Reader(later)) == []
        assert [one["ended_by"] for one in suppression.listed(connection, Reader(later), past=True)] == [
            "张三"
        ]
        kinds = [one["kind"] for one in read_events(connection)]
        assert kinds == ["suppression_added", "suppression_approved", "suppression_ended"]
        with pytest.raises(HandlingError, match="no suppression 'nowhere'"):
            suppression.find(connection, "nowhere")


def test_all_that_is_wrong_is_said_at_once(sqlite_url):
    fill(sqlite_url)
    wish = Wish("planet", " ", "", NOW, sample_share=0.0, top_level=9)
    with open_store(sqlite_url) as connection, pytest.raises(ConfigError) as told:
        suppression.add(connection, wish, MAKER, NOW)
    for words in (
        "no scope 'planet'",
        "nothing is named",
        "a reason is mandatory",
        "expired",
        "sample",
        "no level 9",
    ):
        assert words in str(told.value)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish("trade", "t", "r", NOW + LONGEST + timedelta(days=1)), "366 days at most"),
        (Wish("any", ANYTHING, "r", SOON), "must name one rule"),
        (Wish("trade", "t", "r" * 1001, SOON), "1000 characters"),
    ],
)
def test_what_is_refused(sqlite_url, wish, words):
    fill(sqlite_url)
    with open_store(sqlite_url) as connection, pytest.raises(ConfigError, match=words):
        suppression.add(connection, wish, MAKER, NOW)


def test_an_entry_on_a_trade_under_embargo_is_not_listed(database_url):
    fill(database_url, lead("sealed", opens_at=SOON), lead("open", opens_at=NOW))
    with open_store(database_url) as connection:
        for trade in ("sealed", "open"):
            suppression.add(connection, Wish("trade", trade, "r", SOON), MAKER, NOW)
        assert [one["scope_value"] for one in suppression.listed(connection, Reader(NOW))] == ["open"]
        assert len(suppression.listed(connection, Reader(NOW, "sealed-reader"))) == 2
