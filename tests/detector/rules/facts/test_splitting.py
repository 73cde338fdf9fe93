"""Grouped facts: what a buyer bought without an open tender and belongs together, looking back only."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.rules.facts import FACTS
from tests.factory import records, trade

YEAR = timedelta(days=180)


def values(name, built):
    return dict(zip(built.trade_ids, FACTS[name].function(built).values, strict=True))


def part(name, amount, when, **more):
    held = {"buyer_id": "O", "method": "limited", "category": "desks", "kind": "goods", "utc_offset": 480}
    return trade(name, awarded_at=when, estimate=amount, **{**held, **more})


def test_purchases_of_one_class_and_year_add_up_as_they_come():
    built = records(
        part("a", 90.0, "2024-02-01"),
        part("b", 60.0, "2024-11-01"),
        part("c", 50.0, "2024-12-31 16:30"),  # already the new year in China
        part("d", 70.0, "2024-11-05", category="chairs"),
        part("e", 80.0, "2024-11-05", buyer_id="P"),
        part("f", 500.0, "2024-11-05", method="open"),
        part("g", 5.0, "2024-12-01"),
    )
    assert values("class_year_total", built) == pytest.approx(
        {"a": 90, "b": 150, "c": 50, "d": 70, "e": 80, "f": np.nan, "g": 155}, nan_ok=True
    )
    assert values("class_year_largest", built)["g"] == 90
    assert values("class_year_count", built)["g"] == 3
    found = FACTS["class_year_total"].function(built).trace(np.array([6, 3]))
    assert [(built.trade_ids[t], built.trade_ids[r]) for t, r in zip(found.trade, found.row, strict=True)] == [
        ("g", "a"), ("g", "b"), ("g", "g"), ("d", "d"),
    ]  # fmt: skip


def test_siblings_are_told_by_titles_that_differ_in_their_numbering():
    built = records(
        part("a", 10.0, "2024-01-01", title="人民路修缮工程（一标段）"),
        part("b", 20.0, "2024-03-01", title="人民路修缮工程第2标段"),
        part("c", 40.0, "2024-08-15", title="人民路修缮工程 3期"),
        part("d", 80.0, "2024-03-01", title="解放路修缮工程"),
        part("e", 5.0, "2024-03-01"),
    )
    assert values("siblings_total", built) == pytest.approx(
        {"a": 10, "b": 30, "c": 60, "d": 80, "e": np.nan}, nan_ok=True
    )
    assert values("siblings_largest", built)["b"] == 20


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("OP"),
            st.integers(13, 97),
            st.integers(0, 400),
            st.sampled_from(["school desks 1", "school desks 2", "paving works"]),
        ),
        min_size=1,
        max_size=15,
    )
)
def test_sums_are_those_of_a_plain_loop(parts):
    start = datetime(2024, 1, 1)  # noqa: DTZ001
    rows = [
        part(f"t{n:02}", float(amount), str(start + timedelta(days=days)), buyer_id=buyer, title=title)
        for n, (buyer, amount, days, title) in enumerate(parts)
    ]
    built = records(*rows)
    total, count = values("siblings_total", built), values("siblings_count", built)
    for n, (buyer, _, days, title) in enumerate(parts):
        family = [
            one[1]
            for one in parts
            if one[0] == buyer and one[3][:5] == title[:5] and days - YEAR.days <= one[2] <= days
        ]
        assert total[f"t{n:02}"] == pytest.approx(sum(family))
        assert count[f"t{n:02}"] == len(family)
