"""From flags to rows: sums that hold, amounts that stay exact, text that stays itself."""

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.features.declare import Phrase
from detector.flags import Flag, Level, Reason
from pipelines.alerts.rows import entry, evidence, storable, stored_points, stored_score
from tests.factory import records, trade

RUN = {"run_id": "R", "as_of": datetime.fromisoformat("2024-05-01"), "authority": "a"}
POINTS = st.floats(-100, 100)


def described(one, lots):
    """The rows of a flag of a scan in which nothing is notable."""
    nothing = SimpleNamespace(values=np.zeros((len(lots), 0)))
    return entry(one, SimpleNamespace(records=lots, suspicion=nothing), RUN)


def flag(points, *, rest=True, **values):
    codes = [f"B{number:02d}" for number in range(len(points))]
    if rest and len(codes) > 1:
        codes[-2:] = ["rest", "base"]
    reasons = tuple(
        Reason(code, code, "price", Phrase("en", "zh"), point)
        for code, point in zip(codes, points, strict=True)
    )
    made = Flag("t", 0, 1, Level.YELLOW, sum(points), 0.5, 100.0, ("price",), reasons, ())
    return replace(made, **values)


@given(st.lists(POINTS, min_size=1, max_size=60), st.booleans())
def test_stored_points_sum_to_the_stored_score(points, rest):
    one = flag(points, rest=rest)
    stored = stored_points(one)
    assert sum(stored) == stored_score(one)
    for exact, kept in zip(points, stored, strict=True):
        assert abs(Decimal(exact) - kept) < Decimal("0.005")


def test_only_the_rest_takes_what_rounding_leaves_over():
    stored = stored_points(flag([1.00004, 1.00004, 1.00004, 40.0]))
    assert stored == [Decimal("1.0000"), Decimal("1.0000"), Decimal("1.0001"), Decimal("40.0000")]


def test_an_account_that_does_not_add_up_is_not_stored():
    with pytest.raises(ValueError, match="do not sum"):
        stored_points(flag([1.0, 2.0, 3.0], score=6.01))


def test_the_subject_is_described_as_published():
    lots = records(
        trade(
            "t", title="标段 '; DROP TABLE detector_alert; --", currency="CNY", opened_at="2024-03-02T08:00"
        )
    )
    made = described(flag([1.0, 2.0]), lots)
    assert made.origin["subject_id"] == "t"
    assert made.picture["subject_name"] == "标段 '; DROP TABLE detector_alert; --"
    assert made.picture["trade_at"] == datetime.fromisoformat("2024-03-02T08:00")
    assert made.picture["amount"] == Decimal("100.0000")
    assert (made.origin["first_seen_at"], made.picture["last_seen_at"]) == (RUN["as_of"], RUN["as_of"])


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (0.1, "0.1000"),
        (123456789012.3456, "123456789012.3456"),
        (1e16, None),
        (1e300, None),
        (float("nan"), None),
    ],
)
def test_money_is_decimal_or_unknown(money, amount):
    made = described(flag([1.0], money=money), records(trade("t")))
    assert made.picture["amount"] == (None if amount is None else Decimal(amount))


def test_a_trade_without_dates_title_or_currency_can_be_stored():
    picture = described(flag([1.0]), records(trade("t"))).picture
    assert [picture[name] for name in ("subject_name", "currency", "trade_at")] == [None, None, None]


def test_evidence_is_the_whole_flag_and_plain_json():
    one = flag([1.5, 2.0], unanswered=(("T01", Phrase("missing", "缺失")),))
    told = json.loads(evidence(one), parse_constant=pytest.fail)
    assert told["reasons"][0]["value"] is None
    assert told["reasons"][0]["points"] == 1.5
    assert told["unanswered"] == [["T01", {"en": "missing", "zh": "缺失"}]]
    assert set(told) == {field for field in Flag.__slots__ if field != "row"}


def test_only_what_no_database_takes_is_replaced():
    hostile = "a' OR 1=1 -- \u202e\r\n\t%s :name {x} \x1b[31m 𠮷 é"
    assert storable({"a": hostile, "b": "x\0y\ud800", "c": "", "d": 3}) == {
        "a": hostile,
        "b": "x\ufffdy\ufffd",
        "c": None,
        "d": 3,
    }


def test_long_words_are_cut_to_their_columns():
    wordy = Reason(
        "B01", "n", "price", Phrase("e" * 2000, "中" * 2000), 1.0, unit="u" * 99, peer_group="𠮷" * 900
    )
    row = described(replace(flag([1.0]), reasons=(wordy,)), records(trade("t"))).reasons[0]
    assert [len(row[name]) for name in ("title_en", "title_zh", "unit", "peer_group")] == [
        1000,
        1000,
        64,
        500,
    ]
