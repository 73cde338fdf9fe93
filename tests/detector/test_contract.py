from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.contract import ROW, VALUE, conform, row_key, shown
from detector.errors import SchemaError
from detector.schema import BIDS, CONTRACTS, ID_LENGTH, TABLES, TEXT_LENGTH, TRADES
from tests.strategies import BAD, shuffled, tables, values

ONE_OF_A_TYPE = {
    column.type: (table, column) for table in TABLES.values() for column in table.columns if column.nullable
}
FEW = settings(max_examples=25, deadline=None)
WRONG = [(kind, value) for kind, bad in BAD.items() for value in bad]


def one_row(table, **values):
    filled = {"trade_id": "t", "side": "buy", "bidder_id": "A", "seq": 1, "status": "valid"}
    filled |= {"party_id": "p", "contract_id": "c", "sanction_id": "n", "other_id": "q", "kind": "objection"}
    filled |= {"identifiers": {"kind": "device", "digest": "f" * 16}, "relations": {"kind": "control"}}.get(
        table.name, {}
    )
    required = {c.name: filled[c.name] for c in table.columns if not c.nullable}
    return pd.DataFrame([required | values], dtype=object)


def conformed(table, **values):
    return conform(table, one_row(table, **values), "here")


@pytest.mark.parametrize(
    ("kind", "value"), WRONG, ids=[f"{kind}: {str(value)[:12]}" for kind, value in WRONG]
)
def test_a_value_that_cannot_be_read_is_named_and_the_row_stays(kind, value):
    table, column = ONE_OF_A_TYPE[kind]
    found = conform(table, one_row(table, **{column.name: value}), "here")
    (problem,) = found.problems
    assert (problem.place, problem.table, problem.column) == ("here", table.name, column.name)
    assert problem.key == row_key(table, found.frame.iloc[0])
    assert problem.value == shown(value)
    assert problem.reason.startswith("expected ")
    assert problem.effect == VALUE
    assert found.frame[column.name].isna().all()


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [(TRADES, "side", "Buy"), (BIDS, "seq", 1.5), (BIDS, "status", True), (TRADES, "trade_id", "x" * 129)],
)
def test_a_row_without_a_required_value_is_set_aside_and_the_value_shown(table, column, value):
    found = conform(table, one_row(table, **{column: value}))
    (problem,) = found.problems
    assert (problem.column, problem.value, problem.effect) == (column, shown(value), ROW)
    assert "required" in problem.reason
    assert found.frame.empty


@pytest.mark.parametrize("empty", [None, np.nan, pd.NaT, pd.NA, "", "  "], ids=repr)
@pytest.mark.parametrize(
    "column", ["title", "kind", "estimate", "price_weight", "round", "deadline_at", "buyer_id"]
)
def test_an_empty_value_is_no_problem(column, empty):
    found = conformed(TRADES, **{column: empty})
    assert found.problems == ()
    assert found.frame[column].isna().all()


@pytest.mark.parametrize(
    "amount", [Decimal("1250.50"), "1250.50", 1250.5, " 1250.5 ", np.float32(1250.5)], ids=repr
)
def test_money_is_read_in_every_spelling(amount):
    assert conformed(TRADES, estimate=amount).frame["estimate"].tolist() == [1250.5]


@pytest.mark.parametrize(
    "instant",
    [
        "2024-03-01T08:00:00+08:00",
        "2024-03-01 00:00:00",
        "20240301",
        "2024-03-01",
        "2024-03-01T00:00:00.999Z",
        date(2024, 3, 1),
        datetime(2024, 3, 1, tzinfo=UTC),
        datetime(2024, 2, 29, 19, tzinfo=timezone(timedelta(hours=-5))),
        pd.Timestamp("2024-03-01 08:00", tz="Asia/Shanghai"),
        np.datetime64("2024-03-01"),
    ],
    ids=repr,
)
def test_instants_become_utc_in_whole_seconds(instant):
    found = conformed(TRADES, deadline_at=instant).frame["deadline_at"]
    assert found.dtype == "datetime64[s]"
    assert found[0] == pd.Timestamp("2024-03-01")


def test_an_instant_without_a_zone_is_utc_whatever_stands_before_it():
    frame = pd.DataFrame(
        {
            "trade_id": ["a", "b"],
            "side": "buy",
            "opened_at": ["2024-03-01T08:00:00+08:00", "2024-03-01 00:00:00"],
        }
    )
    assert conform(TRADES, frame).frame["opened_at"].tolist() == [pd.Timestamp("2024-03-01")] * 2


def test_typed_columns_are_read_as_the_drivers_hand_them_out():
    frame = pd.DataFrame(
        {
            "trade_id": [1, 2],
            "side": pd.Categorical(["buy", "sell"]),
            "estimate": pd.array([5, None], dtype="Int64"),
            "round": pd.array([None, 2], dtype="Float64"),
            "deadline_at": pd.to_datetime(["2024-01-01 08:00"] * 2).tz_localize("Asia/Shanghai"),
            "opened_at": np.array(["2024-01-02", "NaT"], dtype="datetime64[ns]"),
        }
    )
    found = conform(TRADES, frame)
    assert found.problems == ()
    assert found.frame["trade_id"].tolist() == ["1", "2"]
    assert found.frame["estimate"].tolist()[0] == 5.0
    assert found.frame["deadline_at"].tolist() == [pd.Timestamp("2024-01-01")] * 2
    assert found.frame["opened_at"].isna().tolist() == [False, True]


@pytest.mark.parametrize("dtype", ["bool", "datetime64[s]", "timedelta64[s]", "complex128"])
def test_money_is_not_read_from_columns_of_another_kind(dtype):
    frame = pd.DataFrame({"trade_id": ["t"], "side": ["buy"], "estimate": np.ones(1).astype(dtype)})
    found = conform(TRADES, frame)
    assert [problem.column for problem in found.problems] == ["estimate"]


def test_instants_are_not_read_from_numbers():
    frame = pd.DataFrame({"trade_id": ["t"], "side": ["buy"], "deadline_at": [1.7e9]})
    assert len(conform(TRADES, frame).problems) == 1


def test_whole_number_identifiers_survive_a_column_with_gaps():
    frame = pd.DataFrame({"trade_id": [1.0, 2.0, np.nan, 2.0**53], "side": "buy"})
    found = conform(TRADES, frame)
    assert found.frame["trade_id"].tolist() == ["1", "2"]
    assert len(found.problems) == 2


def test_long_texts_are_shortened_and_long_identifiers_refused():
    assert len(conformed(TRADES, title="x" * 1000).frame["title"][0]) == TEXT_LENGTH
    assert conformed(TRADES, buyer_id="x" * ID_LENGTH).problems == ()


@FEW
@given(tables(messy=True))
def test_every_row_is_kept_or_set_aside(frames):
    for name, table in TABLES.items():
        found = conform(table, frames[name])
        assert len(found.frame) + sum(p.effect == ROW for p in found.problems) == len(frames[name])


@given(st.data(), st.sampled_from([(t, c) for t in TABLES.values() for c in t.columns if c.nullable]))
def test_every_value_is_kept_or_set_aside(data, place):
    table, column = place
    given_values = data.draw(st.lists(values(column, messy=True), min_size=1, max_size=8))
    frame = pd.concat([one_row(table)] * len(given_values), ignore_index=True)
    frame[table.key[0]] = [f"key {number}" for number in range(len(frame))]
    frame[column.name] = pd.Series(given_values, dtype=object)
    found = conform(table, frame)
    kept = int(found.frame[column.name].notna().sum())
    assert kept + len(found.problems) == sum(map(filled, given_values))


def filled(value):
    if isinstance(value, str):
        return bool(value.replace("\0", "").strip())
    return isinstance(value, (list, dict)) or not pd.isna(value)


@FEW
@given(tables(messy=True), st.integers(0, 3))
def test_the_order_of_rows_does_not_matter(frames, seed):
    other = shuffled(frames, seed)
    for name, table in TABLES.items():
        one, two = conform(table, frames[name]), conform(table, other[name])
        pd.testing.assert_frame_equal(one.frame, two.frame)
        assert one.problems == two.problems
        assert list(one.problems) == sorted(one.problems, key=lambda p: (p.table, p.key, p.column))


@FEW
@given(tables(messy=True))
def test_conforming_twice_changes_nothing(frames):
    for name, table in TABLES.items():
        once = conform(table, frames[name]).frame
        twice = conform(table, once)
        pd.testing.assert_frame_equal(once, twice.frame)
        assert twice.problems == ()


@FEW
@given(tables(messy=True))
def test_what_was_handed_in_stays_as_it_is(frames):
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}
    for name, table in TABLES.items():
        conform(table, frames[name])
        pd.testing.assert_frame_equal(frames[name], before[name])


def test_of_a_repeated_key_one_row_stays_whatever_the_order():
    rows = [
        {"trade_id": "t", "side": "buy", "estimate": 20.0},
        {"trade_id": "t", "side": "buy", "estimate": 10.0},
        {"trade_id": "t", "side": "nonsense", "estimate": 1.0},
    ]
    found = [conform(TRADES, pd.DataFrame(rows).iloc[order]) for order in ([0, 1, 2], [2, 1, 0])]
    assert found[0].frame["estimate"].tolist() == found[1].frame["estimate"].tolist() == [10.0]
    assert found[0].problems == found[1].problems
    assert Counter(p.column for p in found[0].problems) == {"trade_id": 1, "side": 1}


def test_an_empty_frame_is_a_table_without_rows():
    found = conform(BIDS, pd.DataFrame(columns=list(BIDS.names)))
    assert (len(found.frame), found.problems, found.absent) == (0, (), frozenset())
    assert found.frame.dtypes["submitted_at"] == "datetime64[s]"
    assert found.frame.dtypes["amount"] == np.float64


def test_missing_nullable_columns_come_back_empty_and_named():
    found = conformed(CONTRACTS, amount=5.0)
    assert found.absent == set(CONTRACTS.names) - {"contract_id", "trade_id", "amount"}
    assert found.frame[sorted(found.absent)].isna().all(axis=None)
    assert tuple(found.frame.columns) == CONTRACTS.names


def test_missing_key_and_required_columns_are_named_together():
    with pytest.raises(SchemaError, match=r"here: column bids.bidder_id, bids.seq, bids.status not found"):
        conform(BIDS, pd.DataFrame({"trade_id": ["t"]}), "here")


def test_a_column_that_is_there_twice_is_refused():
    frame = pd.DataFrame([["t", "buy", 1.0, 2.0]], columns=["trade_id", "side", "estimate", "estimate"])
    with pytest.raises(SchemaError, match=r"trades.estimate found more than once"):
        conform(TRADES, frame)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((empty, "") for empty in (None, np.nan, pd.NaT, pd.NA)),
        *((5.0, "5"), (5.5, "5.5"), (np.inf, "inf")),
        *(("a\nb", "a�b"), ("标段", "标段"), ("x" * 100, "x" * 79 + "…"), ("\ud800", "�")),
    ],
    ids=repr,
)
def test_values_in_messages_are_short_and_printable(value, text):
    assert shown(value) == text


def test_two_hundred_thousand_problems_are_listed_one_by_one():
    count = 200_000
    frame = pd.DataFrame({"trade_id": [f"t{i}" for i in range(count)], "side": "buy", "estimate": -1.0})
    found = conform(TRADES, frame)
    assert len(found.problems) == count
    assert len({problem.key for problem in found.problems}) == count
