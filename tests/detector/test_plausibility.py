import numpy as np
import pandas as pd
import pytest

from detector.contract import VALUE
from detector.records import Records
from tests.factory import bid, contract, frames, lot, party, records, trade


def aside(built):
    """Where values were set aside: table, column and key."""
    assert all(problem.effect == VALUE for problem in built.problems)
    return {(problem.table, problem.column, problem.key) for problem in built.problems}


@pytest.mark.parametrize("nothing", [0, 1, 0.0, 1.0])
def test_zero_and_one_are_no_amounts(nothing):
    built = records(
        trade("t", estimate=nothing, ceiling=nothing, reserve=nothing),
        bid("t", "A", nothing, awarded_amount=nothing),
        contract("c", "t", amount=nothing),
        party("p", capital=nothing),
    )
    assert aside(built) == {
        ("trades", "estimate", "t"),
        ("trades", "ceiling", "t"),
        ("trades", "reserve", "t"),
        ("bids", "amount", "t / A / 1"),
        ("bids", "awarded_amount", "t / A / 1"),
        ("contracts", "amount", "c"),
        ("parties", "capital", "p"),
    }
    assert built.bids["amount"].isna().all()


def test_a_price_a_little_above_one_stays():
    assert records(trade("t"), bid("t", "A", 1.01), bid("t", "B", 2.0)).problems == ()


@pytest.mark.parametrize("slip", [0.0001, 0.01, 100.0, 10_000.0])
def test_an_estimate_off_bids_that_agree_is_the_odd_one(slip):
    built = records(*lot("t", [9000.0, 9500.0], estimate=10_000.0 * slip * (1.2 if slip > 1 else 0.8)))
    assert aside(built) == {("trades", "estimate", "t")}
    assert built.bids["amount"].tolist() == [9000.0, 9500.0]


@pytest.mark.parametrize("amount", [90.0, 9.5, 950_000.0, 9.5e7])
def test_a_bid_off_the_others_is_the_odd_one(amount):
    built = records(*lot("t", [9000.0, 9100.0, amount, 9600.0], estimate=10_000.0))
    assert aside(built) == {("bids", "amount", "t / C / 1")}
    assert built.trades["estimate"].tolist() == [10_000.0]


@pytest.mark.parametrize("amount", [90.0, 1_000_000.0])
def test_between_one_bid_and_one_estimate_nobody_can_say(amount):
    built = records(*lot("t", [amount], estimate=10_000.0, winner=None))
    assert aside(built) == {("trades", "estimate", "t"), ("bids", "amount", "t / A / 1")}


@pytest.mark.parametrize(
    ("known", "odd"),
    [
        ({"ceiling": 11_000.0}, ("bids", "amount", "t / A / 1")),
        ({"ceiling": 95.0}, ("trades", "estimate", "t")),
    ],
)
def test_a_third_amount_decides_between_one_bid_and_one_estimate(known, odd):
    assert aside(records(*lot("t", [90.0], estimate=10_000.0, winner=None, **known))) == {odd}


def test_a_contract_decides_unless_it_merely_repeats_the_bid():
    rows = lot("t", [90.0], estimate=10_000.0, winner=None)
    both = {("trades", "estimate", "t"), ("bids", "amount", "t / A / 1")}
    assert aside(records(*rows, contract("c", "t", amount=10_000.0))) == {("bids", "amount", "t / A / 1")}
    assert aside(records(*rows, contract("c", "t", amount=95.0))) == {("trades", "estimate", "t")}
    assert aside(records(*rows, contract("c", "t", amount=90.0))) == both | {("contracts", "amount", "c")}


def test_of_two_bids_apart_the_estimate_tells_the_odd_one():
    assert aside(records(*lot("t", [90.0, 9_900.0], estimate=10_000.0))) == {("bids", "amount", "t / A / 1")}
    nobody_knows = aside(records(*lot("t", [90.0, 9_900.0])))
    assert nobody_knows == {("bids", "amount", "t / A / 1"), ("bids", "amount", "t / B / 1")}


def test_an_award_off_the_bids_is_the_odd_one():
    rows = [trade("t"), bid("t", "A", 130.0), bid("t", "B", 125.0, winner=1, awarded_amount=8_820_000.0)]
    assert aside(records(*rows)) == {("bids", "awarded_amount", "t / B / 1")}


def test_a_rate_awarded_as_a_total_leaves_the_total():
    rows = [trade("t", estimate=9_400_000.0), bid("t", "A", 69.0, winner=1, awarded_amount=9_400_000.0)]
    assert aside(records(*rows)) == {("bids", "amount", "t / A / 1")}


def test_parts_of_a_lot_may_differ_as_they_like():
    amounts = {"A": 80.0, "B": 9_000.0, "C": 20_000.0, "D": 350_000.0}
    rows = [bid("t", name, amount, winner=1, awarded_amount=amount) for name, amount in amounts.items()]
    built = records(trade("t", estimate=400_000.0), *rows, contract("c", "t", amount=379_080.0))
    assert built.problems == ()


def test_many_equal_parts_do_not_belie_the_estimate():
    rows = [bid("t", f"B{i:03}", 10.0, winner=1, awarded_amount=10.0) for i in range(150)]
    assert records(trade("t", estimate=1500.0), *rows, contract("c", "t", amount=1500.0)).problems == ()


@pytest.mark.parametrize("amount", [1.7857, 1.7857e10])
def test_a_contract_off_the_award_is_the_odd_one(amount):
    award = 17_857_000.0
    rows = lot("t", [award, 18_000_000.0], estimate=18_000_000.0)
    assert aside(records(*rows, contract("c", "t", amount=amount))) == {("contracts", "amount", "c")}
    assert records(*rows, contract("c", "t", amount=award)).problems == ()


def test_ninety_nine_times_is_odd_but_stays():
    assert records(*lot("t", [100.0, 101.0, 99.0], estimate=9_800.0)).problems == ()


def test_amounts_in_another_currency_are_not_compared():
    built = records(
        trade("t", estimate=1000.0, currency="CNY"),
        bid("t", "A", 140.0, currency="USD"),
        bid("t", "B", 900.0, currency="CNY"),
        bid("t", "C", 950.0),
        contract("c", "t", amount=900.0, currency="EUR"),
    )
    assert aside(built) == {("bids", "amount", "t / A / 1"), ("contracts", "amount", "c")}


def test_a_publication_after_the_deadline_is_set_aside():
    built = records(trade("t", published_at="2024-02-01", deadline_at="2024-01-31T23:59:59"))
    assert aside(built) == {("trades", "published_at", "t")}
    assert records(trade("t", published_at="2024-02-01", deadline_at="2024-02-01")).problems == ()


def test_dates_before_1990_are_set_aside_but_an_old_firm_is_not():
    built = records(
        trade("t", published_at="1970-01-01", awarded_at="1989-12-31T23:59:59", opened_at="1990-01-01"),
        party("p", registered_at="1952-05-01"),
    )
    assert aside(built) == {("trades", "published_at", "t"), ("trades", "awarded_at", "t")}


def test_nothing_happened_after_the_records_were_taken():
    built = records(
        trade("t", awarded_at="2024-06-02", deadline_at="2024-07-01", opened_at="2024-07-01"),
        bid("t", "A", submitted_at="2024-06-01T00:00:01"),
        contract("c", "t", signed_at="2025-01-01"),
        as_of="2024-06-01",
    )
    assert aside(built) == {
        ("trades", "awarded_at", "t"),
        ("bids", "submitted_at", "t / A / 1"),
        ("contracts", "signed_at", "c"),
    }


@pytest.mark.parametrize("year", [2203, 2999])
def test_a_deadline_may_lie_ahead_but_not_in_another_century(year):
    built = records(trade("t", deadline_at=f"{year}-01-01"), as_of="2024-06-01")
    assert aside(built) == {("trades", "deadline_at", "t")}


def test_an_absurd_year_in_a_typed_column_is_set_aside():
    tables = frames(trade("t", recorded_at="2024-01-01"))
    tables["trades"]["opened_at"] = np.array(["99999-01-01"], dtype="datetime64[s]")
    built = Records.build(tables, not_after=np.datetime64("2024-06-01"))
    assert aside(built) == {("trades", "opened_at", "t")}
    assert pd.isna(built.trades["opened_at"][0])


def test_the_message_names_value_and_reason():
    (problem,) = records(*lot("t", [9000.0, 9500.0], estimate=90.0), place="office.db").problems
    assert problem[:5] == ("office.db", "trades", "t", "estimate", "90")
    assert "a hundred times off the bids" in problem.reason


def test_no_deposit_and_no_bond_are_answers_but_one_is_a_placeholder():
    rows = [trade("t", deposit_required=0), contract("c", "t", bond=0), trade("u", deposit_required=1)]
    built = records(*rows)
    assert built.trades["deposit_required"].fillna(-1).tolist() == [0.0, -1.0]
    assert built.contracts["bond"].tolist() == [0.0]


def test_a_supplement_is_small_by_nature():
    rows = [
        *lot("t", [1_000_000.0, 1_100_000.0]),
        contract("c", "t", amount=1_000_000.0),
        contract("d", "t", amount=5_000.0, kind="supplementary", parent_contract_id="c"),
        contract("e", "t", amount=5_000.0),
    ]
    assert records(*rows).contracts["amount"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [
        ("trades", "deposit_required", {"deposit_required": 2e8}),
        ("contracts", "bond", {"contract_id": "c", "trade_id": "t", "bond": 2e8}),
        ("payments", "amount", {"contract_id": "c", "seq": 1, "trade_id": "t", "amount": 2e8}),
        ("changes", "amount", {"contract_id": "c", "seq": 1, "trade_id": "t", "amount": 2e8}),
    ],
)
def test_what_is_part_of_a_price_cannot_be_a_hundred_times_it(table, column, row):
    rows = lot("t", [1_000_000.0, 1_100_000.0], **(row if table == "trades" else {}))
    built = records(*rows, *([] if table == "trades" else [(table, row)]))
    assert getattr(built, table)[column].isna().all()


def test_a_payment_may_be_as_small_as_it_likes_and_a_ban_may_be_for_life():
    rows = lot("t", [1_000_000.0, 1_100_000.0])
    rows += [("payments", {"contract_id": "c", "seq": 1, "trade_id": "t", "amount": 50.0})]
    rows += [
        ("sanctions", {"sanction_id": "s", "party_id": "A", "from_at": "2020-01-01", "to_at": "2999-12-31"})
    ]
    built = records(*rows)
    assert built.problems == ()
    assert built.payments["amount"].tolist() == [50.0]
    assert built.sanctions["to_at"].notna().all()
