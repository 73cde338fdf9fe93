import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.contract import conform
from detector.hindsight import as_known_at
from detector.records import Records
from detector.schema import TABLES
from tests.factory import bid, contract, frames, party, trade
from tests.strategies import END, START, tables

LATE = "2025-01-01"
"""When the records were taken; `seen` asks what was known before."""

moments = st.datetimes(START, END).map(lambda moment: np.datetime64(moment.replace(microsecond=0), "s"))


def seen(*rows, at, **fields):
    """What the records, last changed and taken late, show as of `at`."""
    tables = frames(*rows)
    tables["trades"]["recorded_at"] = fields.get("recorded_at", LATE)
    # A trade that dates the snapshot, whatever the others say.
    dated = frames(trade("~", published_at=LATE, recorded_at=LATE))["trades"]
    tables["trades"] = pd.concat([tables["trades"], dated], ignore_index=True)
    return Records.build(tables, as_of=np.datetime64(at, "s"), not_after=np.datetime64(LATE, "s"))


LIFE = {
    "published_at": "2024-01-01",
    "deadline_at": "2024-02-01",
    "opened_at": "2024-02-01T01:00:00",
    "awarded_at": "2024-03-01",
    "publicised_at": "2024-03-05",
}
ROWS = (
    trade("t", status="awarded", **LIFE),
    bid("t", "A", 90.0, submitted_at="2024-01-15", winner=1, awarded_amount=90.0, rank=1, score=99.0),
    bid("t", "B", 95.0, submitted_at="2024-01-31", winner=0, status="disqualified", reason="late papers"),
    bid("t", "C", 97.0, winner=0),
    contract("c", "t", bidder_id="A", amount=90.0, signed_at="2024-04-01", status="terminated"),
    party("A", name="A"),
)


def test_before_its_publication_a_trade_is_not_known():
    built = seen(*ROWS, at="2023-12-31T23:59:59")
    assert (len(built), len(built.bids), len(built.contracts)) == (0, 0, 0)
    assert len(built.parties) == 1


def test_before_the_opening_bids_are_sealed():
    built = seen(*ROWS, at="2024-01-20")
    assert built.bids["bidder_id"].tolist() == ["A"], "B came later, and C, undated, may have"
    assert built.bids["status"].tolist() == ["pending"]
    assert built.bids[["amount", "winner", "awarded_amount", "rank", "score"]].isna().all(axis=None)
    assert built.trades["opened_at"].notna().all(), "the date of the opening is announced"


def test_before_the_award_prices_are_known_but_no_outcome():
    built = seen(*ROWS, at="2024-02-15")
    assert built.bids["amount"].tolist() == [90.0, 95.0, 97.0]
    assert set(built.bids["status"]) == {"pending"}
    assert built.bids[["winner", "awarded_amount", "rank", "score", "reason"]].isna().all(axis=None)
    assert built.trades[["awarded_at", "publicised_at", "status"]].isna().all(axis=None)
    assert np.isnan(built.decided).all()


def test_after_the_award_the_outcome_is_known_but_no_contract():
    built = seen(*ROWS, at="2024-03-02")
    assert built.bids["status"].tolist() == ["valid", "disqualified", "valid"]
    assert built.sole_winner.tolist() == [0]
    assert built.trades["status"].tolist() == ["awarded"]
    assert built.trades["publicised_at"].isna().all()
    assert built.contracts.empty


def test_after_the_signature_the_contract_is_known_but_not_its_end():
    built = seen(*ROWS, at="2024-04-02")
    assert built.contracts["amount"].tolist() == [90.0]
    assert built.contracts["status"].isna().all()
    assert built.trades["recorded_at"].isna().all()


def test_what_has_not_changed_since_was_known_as_it_stands():
    rows = (
        trade("t", published_at="2024-01-01", status="cancelled"),
        bid("t", "A", 90.0, winner=0),
        contract("c", "t", amount=90.0, status="void"),
    )
    built = seen(*rows, at="2024-06-01", recorded_at="2024-05-31")
    assert built.trades["status"].tolist() == ["cancelled"]
    assert built.bids[["status", "amount", "winner"]].to_numpy().tolist() == [["valid", 90.0, 0.0]]
    assert built.contracts["status"].tolist() == ["void"]
    later = seen(*rows, at="2024-06-01", recorded_at="2024-06-02")
    assert later.trades["status"].isna().all()
    assert (len(later.bids), len(later.contracts)) == (0, 0)


@pytest.mark.parametrize("status", ["failed", "cancelled", "withdrawn"])
def test_an_end_without_a_date_is_known_once_the_record_says_so(status):
    rows = (trade("t", status=status, published_at="2024-01-01", opened_at="2024-02-01"),)
    assert seen(*rows, at="2024-06-01").trades["status"].isna().all()
    assert seen(*rows, at="2024-06-01", recorded_at="2024-06-01").trades["status"].tolist() == [status]


@pytest.mark.parametrize(
    ("signs", "known"),
    [
        ({}, 0),
        ({"deadline_at": "2024-05-01"}, 1),
        ({"documents_from_at": "2024-05-01", "deadline_at": "2024-07-01"}, 1),
        ({"deadline_at": "2024-07-01"}, 0),
    ],
)
def test_without_a_publication_date_another_date_shows_that_a_trade_had_begun(signs, known):
    assert len(seen(trade("t", **signs), at="2024-06-01")) == known


def test_a_bid_shows_that_a_trade_had_begun():
    rows = trade("t", deadline_at="2024-07-01"), bid("t", "A", 5.0, submitted_at="2024-05-31")
    assert len(seen(*rows, at="2024-06-01")) == 1
    assert len(seen(*rows, at="2024-05-30")) == 0


@pytest.mark.parametrize("sign", ["publicised_at", "contract"])
def test_an_undated_award_is_known_once_its_result_or_contract_is(sign):
    dated = {"publicised_at": "2024-03-01"} if sign == "publicised_at" else {}
    rows = [trade("t", status="awarded", opened_at="2024-02-01", **dated), bid("t", "A", 9.0, winner=1)]
    if sign == "contract":
        rows.append(contract("c", "t", signed_at="2024-03-01"))
    assert seen(*rows, at="2024-02-20").bids["winner"].isna().all()
    assert seen(*rows, at="2024-03-20").bids["winner"].tolist() == [1.0]


def test_later_amounts_cast_no_doubt_on_earlier_ones():
    rows = (
        trade("t", estimate=10_000.0, published_at="2024-01-01", deadline_at="2024-02-01"),
        bid("t", "A", 9.0, submitted_at="2024-01-15"),
        bid("t", "B", 9.5, submitted_at="2024-01-15"),
    )
    assert seen(*rows, at="2024-01-20").trades["estimate"].tolist() == [10_000.0]
    assert seen(*rows, at="2024-03-01").trades["estimate"].isna().all()


@settings(max_examples=40, deadline=None)
@given(tables(), moments, moments)
def test_hindsight_does_not_depend_on_the_path(drawn, one, two):
    earlier, later = min(one, two), max(one, two)
    whole = {name: conform(table, drawn[name]).frame for name, table in TABLES.items()}
    known = as_known_at(whole, earlier)
    for name, frame in as_known_at(as_known_at(whole, later), earlier).items():
        pd.testing.assert_frame_equal(frame, known[name])
    for name, frame in as_known_at(known, earlier).items():
        pd.testing.assert_frame_equal(frame, known[name])


@settings(max_examples=40, deadline=None)
@given(tables(), moments)
def test_nothing_of_later_is_left(drawn, moment):
    whole = {name: conform(table, drawn[name]).frame for name, table in TABLES.items()}
    known = as_known_at(whole, moment)
    for name, columns in {
        "trades": ["published_at", "awarded_at", "publicised_at", "recorded_at"],
        "bids": ["submitted_at"],
        "contracts": ["signed_at"],
    }.items():
        assert not (known[name][columns] > moment).any(axis=None)
    for name, frame in known.items():
        keys = list(TABLES[name].key)
        assert len(frame.merge(whole[name][keys], on=keys)) == len(frame), "no row is made up"
        assert frame[keys].notna().all(axis=None)


@settings(max_examples=25, deadline=None)
@given(tables())
def test_the_future_is_the_snapshot(drawn):
    now, later = Records.build(drawn), Records.build(drawn, as_of=np.datetime64("2400-01-01", "s"))
    assert now.as_of == later.as_of
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(now, name), getattr(later, name))
