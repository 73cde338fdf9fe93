from collections import Counter
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from detector.contract import ROW
from detector.errors import SchemaError
from detector.records import Records
from detector.schema import TABLES
from tests.factory import bid, contract, frames, lot, records, trade
from tests.strategies import shuffled, tables

FEW = settings(max_examples=25, deadline=None)


def by_trade(group, labels=None):
    """Values (or labels of rows) of each trade, as lists."""
    taken = group.values if labels is None else np.asarray(labels)[group.rows]
    return [list(part) for part in np.split(taken, group.offsets[1:-1])]


def bidders_of(built, group):
    return by_trade(group, built.bids["bidder_id"].to_numpy(dtype=object))


def test_bids_lie_by_trade_in_key_order():
    built = records(trade("b"), trade("a"), trade("c"), bid("c", "B"), bid("a", "A"), bid("c", "A"))
    assert built.trade_ids == ("a", "b", "c")
    assert built.bid_offsets.tolist() == [0, 1, 1, 3]
    assert built.bid_trade.tolist() == [0, 2, 2]
    assert built.bids["bidder_id"].tolist() == ["A", "A", "B"]


def test_orphans_are_set_aside_with_their_reason():
    built = records(trade("t"), bid("t", "A", 5.0), bid("u", "B", 6.0), contract("c", "u"))
    assert [(p.table, p.key, p.value, p.effect) for p in built.problems] == [
        ("bids", "u / B / 1", "u", ROW),
        ("contracts", "c", "u", ROW),
    ]
    assert "no row of trades" in built.problems[0].reason
    assert len(built.bids) == 1
    assert built.contracts.empty


def test_a_bid_without_its_trade_because_the_trade_was_set_aside_is_set_aside_too():
    built = records(trade("t", side=None), bid("t", "A", 5.0))
    assert [(p.table, p.column) for p in built.problems] == [("bids", "trade_id"), ("trades", "side")]
    assert (len(built), len(built.bids)) == (0, 0)


def test_the_last_valid_bid_of_a_bidder_counts():
    built = records(
        trade("t"),
        bid("t", "A", 90.0, seq=1),
        bid("t", "A", 80.0, seq=10),
        bid("t", "A", 85.0, seq=9),
        bid("t", "B", 70.0, seq=2, status="disqualified"),
        bid("t", "B", 75.0, seq=1),
        bid("t", "C", 60.0, status="withdrawn"),
        bid("t", "D", 65.0, status="pending"),
    )
    assert by_trade(built.effective_rows) == [[80.0, 75.0]]
    assert built.bidder_counts.tolist() == [2]


def test_a_consortium_is_one_bid_by_the_first_member_whose_amount_is_known():
    built = records(
        trade("t"),
        trade("u"),
        bid("t", "A", None, consortium_id="J"),
        bid("t", "B", 90.0, consortium_id="J"),
        bid("t", "C", 90.0, consortium_id="J"),
        bid("t", "D", 95.0),
        bid("u", "A", 50.0, consortium_id="J"),
        bid("u", "B", None, consortium_id="K"),
        bid("u", "C", None, consortium_id="K"),
    )
    assert bidders_of(built, built.effective_rows) == [["B", "D"], ["A", "B"]]
    assert built.bidder_counts.tolist() == [2, 2]


def test_a_consortium_wins_once_and_is_paid_once():
    built = records(
        trade("t"),
        bid("t", "A", 90.0, consortium_id="J", winner=1, awarded_amount=90.0),
        bid("t", "B", 90.0, consortium_id="J", winner=1, awarded_amount=90.0),
        bid("t", "C", 95.0, winner=0),
    )
    assert bidders_of(built, built.winner_rows) == [["A"]]
    assert built.price.tolist() == [90.0]
    assert built.bidders.labels[built.sole_winner[0]] == "A"


@pytest.mark.parametrize(("side", "best_first"), [("buy", [7.0, 8.0, 9.0]), ("sell", [9.0, 8.0, 7.0])])
def test_offers_run_from_the_best_for_the_public(side, best_first):
    built = records(*lot("t", [8.0, 9.0, None, 7.0], side=side), *lot("u", [5.0, 5.0], side=side))
    assert by_trade(built.offers) == [best_first, [5.0, 5.0]]
    assert bidders_of(built, built.offers)[1] == ["A", "B"], "equal offers stay in key order"
    assert built.is_sale.tolist() == [side == "sell"] * 2


def test_winners_prices_and_money():
    built = records(
        *lot("a", [90.0, 95.0], winner=0),
        *lot("b", [50.0, 55.0], winner=None, estimate=60.0),
        trade("c", estimate=100.0),
        bid("c", "A", 40.0, winner=1, awarded_amount=30.0),
        bid("c", "B", 45.0, winner=1),
        trade("d", ceiling=120.0),
        bid("d", "A", 40.0, winner=1),
        bid("d", "B", None, winner=1),
        trade("e", reserve=7.0),
        trade("f"),
    )
    np.testing.assert_array_equal(built.sole_winner, [0, -1, -1, -1, -1, -1])
    np.testing.assert_array_equal(built.price, [90.0, np.nan, 75.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(built.money, [90.0, 60.0, 75.0, 120.0, 7.0, np.nan])
    assert by_trade(built.winner_rows)[2] == [30.0, 45.0]


def test_instants_are_seconds_and_unknown_ones_are_nan():
    built = records(
        trade("a", awarded_at="1999-01-01T00:00:10"), trade("b"), bid("a", "A", submitted_at="2000-01-01")
    )
    np.testing.assert_array_equal(built.decided, [915_148_810.0, np.nan])
    np.testing.assert_array_equal(built.seconds("opened_at"), [np.nan, np.nan])
    np.testing.assert_array_equal(built.submitted, [946_684_800.0])


def test_identifiers_are_coded_in_sorted_order():
    built = records(
        trade("a", buyer_id="Z"), trade("b"), trade("c", buyer_id="X", category="c", kind="works")
    )
    assert built.buyers.codes.tolist() == [1, -1, 0]
    assert built.buyers.labels == ("X", "Z")
    assert built.categories.labels == ("c",)
    assert records(trade("a", kind="goods")).categories.labels == ("goods",)


def test_records_without_rows_have_every_property():
    built = Records.build(frames())
    assert len(built) == 0
    for name in PROPERTIES:
        value = getattr(built, name)
        assert len(getattr(value, "values", value)) in (0, 1, 2)
    assert built.bid_offsets.tolist() == [0]
    assert np.isnat(built.as_of) or built.as_of == np.datetime64("1970-01-01")


PROPERTIES = [
    *("trade_ids", "bid_trade", "bid_offsets", "buyers", "categories", "bidders", "decided", "submitted"),
    *("is_sale", "effective_rows", "bidder_counts", "offers", "winner_rows", "sole_winner", "price", "money"),
]


def test_missing_tables_and_columns_are_named_together():
    with pytest.raises(SchemaError, match="db: table trades and bids not found"):
        Records.build({}, place="db")
    broken = {
        "trades": pd.DataFrame({"side": []}),
        "bids": pd.DataFrame({"trade_id": [], "seq": []}),
        "contracts": pd.DataFrame({"contract_id": []}),
    }
    expected = r"column trades.trade_id, bids.bidder_id, bids.status, contracts.trade_id not found"
    with pytest.raises(SchemaError, match=expected):
        Records.build(broken)


def test_what_the_source_does_not_have_is_named_as_absent():
    built = Records.build(
        {
            "trades": pd.DataFrame({"trade_id": ["t"], "side": ["buy"]}),
            "bids": frames()["bids"].drop(columns="score"),
        }
    )
    assert {"trades.estimate", "bids.score", "contracts.contract_id", "parties.name"} <= built.absent
    assert not {"trades.side", "bids.amount"} & built.absent


def test_the_newest_believable_timestamp_dates_the_records():
    rows = [
        trade("a", recorded_at="2024-05-01", awarded_at="2024-04-30"),
        trade("b", recorded_at="2031-01-01"),
    ]
    built = Records.build(frames(*rows), not_after=np.datetime64("2024-06-01", "s"))
    assert built.as_of == np.datetime64("2024-05-01", "s")
    assert [(p.key, p.column) for p in built.problems] == [("b", "recorded_at")]


def test_a_timestamp_on_few_rows_does_not_date_the_whole():
    rows = [
        trade("a", recorded_at="2020-01-01"),
        *(trade(f"t{i}", awarded_at="2024-01-01") for i in range(3)),
    ]
    built = Records.build(frames(*rows), not_after=np.datetime64("2025-01-01", "s"))
    assert built.as_of == np.datetime64("2024-01-01", "s")
    assert np.isfinite(built.decided).sum() == 3


def test_an_as_of_ahead_is_the_snapshot():
    built = Records.build(
        frames(trade("a", recorded_at="2024-05-01")), as_of=np.datetime64("2024-07-01T12:00:00.5", "ms")
    )
    assert built.as_of == np.datetime64("2024-05-01", "s")


def test_records_cannot_be_changed_and_keep_what_they_were_built_from():
    source = frames(*lot("t", [5.0, 6.0], estimate=7.0))
    source["bids"]["amount"] = source["bids"]["amount"].astype(float)
    built = Records.build(source)
    with pytest.raises(FrozenInstanceError):
        built.trades = None
    source["bids"].loc[:, "amount"] = 99.0
    source["trades"].loc[:, "estimate"] = 99.0
    assert built.offers.values.tolist() == [5.0, 6.0]
    assert built.trades["estimate"].tolist() == [7.0]


@FEW
@given(tables(messy=True))
def test_rows_are_kept_or_set_aside_in_every_table(drawn):
    built = Records.build(drawn, not_after=np.datetime64("2026-01-01", "s"))
    rows = Counter(problem.table for problem in built.problems if problem.effect == ROW)
    for name in TABLES:
        assert len(getattr(built, name)) + rows[name] == len(drawn[name])


@FEW
@given(tables(messy=True))
def test_neither_records_nor_problems_depend_on_the_order_of_rows(drawn):
    one, two = Records.build(drawn), Records.build(shuffled(drawn, 1))
    assert (one.problems, one.absent, one.as_of) == (two.problems, two.absent, two.as_of)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


@FEW
@given(tables(messy=True))
def test_records_of_records_are_the_same(drawn):
    drawn["trades"]["recorded_at"] = "2025-12-31"
    once = Records.build(drawn, not_after=np.datetime64("2026-01-01", "s"))
    held = {name: getattr(once, name) for name in TABLES}
    twice = Records.build(held, not_after=once.as_of)
    for name in TABLES:
        pd.testing.assert_frame_equal(held[name], getattr(twice, name))


@FEW
@given(tables())
def test_effective_bids_and_offers_equal_their_plain_definition(drawn):
    built = Records.build(drawn)
    rows = built.bids.to_dict("records")
    for position, trade_id in enumerate(built.trade_ids):
        last, joint = {}, {}
        for row in rows:
            if row["trade_id"] == trade_id and row["status"] == "valid":
                last[row["bidder_id"]] = row
        for row in last.values():
            mate = row["bidder_id"] if pd.isna(row["consortium_id"]) else ("J", row["consortium_id"])
            if mate not in joint or (pd.isna(joint[mate]["amount"]) and pd.notna(row["amount"])):
                joint[mate] = row
        amounts = [row["amount"] for row in joint.values() if pd.notna(row["amount"])]
        assert built.bidder_counts[position] == len(joint)
        assert by_trade(built.offers)[position] == sorted(amounts, reverse=bool(built.is_sale[position]))
