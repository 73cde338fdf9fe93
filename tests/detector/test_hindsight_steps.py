"""The later life of a trade as it was known at a moment: steps, committee, payments, objections, registers."""

import numpy as np
import pandas as pd
import pytest

from detector.records import Records
from detector.schema import TABLES
from tests.factory import bid, contract, frames, trade

LATE = "2025-06-01"
TRADE = {
    "published_at": "2024-01-01",
    "amended_at": "2024-01-20",
    "amendment_material": 1,
    "deadline_at": "2024-02-01",
    "panel_size": 5,
    "evaluated_at": "2024-02-10",
    "reported_at": "2024-02-11",
    "publicity_from_at": "2024-02-12",
    "publicity_to_at": "2024-02-20",
    "awarded_at": "2024-02-21",
    "notified_at": "2024-02-22",
    "report_filed_at": "2024-03-05",
    "departure_approved": 1,
}
CONTRACT = {
    "signed_at": "2024-03-10",
    "published_at": "2024-03-11",
    "filed_at": "2024-03-12",
    "start_due_at": "2024-04-01",
    "started_at": "2024-04-10",
    "accepted_at": "2024-09-01",
    "completed_at": "2024-08-20",
}


def row(table, **values):
    return table, values


ROWS = (
    trade("t", **TRADE),
    bid("t", "A", 90.0, winner=1, candidate_order=1, brand="x", deposit_returned_at="2024-03-12"),
    contract("c", "t", bidder_id="A", amount=90.0, **CONTRACT),
    row("changes", contract_id="c", seq=1, trade_id="t", changed_at="2024-05-01", amount=95.0),
    row("payments", contract_id="c", seq=1, trade_id="t", paid_at="2024-06-01", amount=45.0),
    row("payments", contract_id="c", seq=2, trade_id="t", amount=45.0),
    row("events", trade_id="t", kind="complaint", seq=1, raised_at="2024-02-15", answered_at="2024-03-15"),
    row("sanctions", sanction_id="s", party_id="A", kind="ban", from_at="2024-03-01", to_at="2026-01-01"),
    row("relations", party_id="A", other_id="B", kind="control"),
    row("relations", party_id="A", other_id="C", kind="control", from_at="2024-07-01"),
)


def seen(at):
    tables = frames(*ROWS)
    tables["trades"]["recorded_at"] = LATE
    late = frames(trade("~", published_at=LATE, recorded_at=LATE))["trades"]
    tables["trades"] = pd.concat([tables["trades"], late], ignore_index=True)
    return Records.build(tables, as_of=np.datetime64(at, "s"), not_after=np.datetime64(LATE, "s"))


@pytest.mark.parametrize(
    ("at", "column", "known"),
    [
        ("2024-01-19", "amended_at", False),
        ("2024-01-19", "amendment_material", False),
        ("2024-01-21", "amendment_material", True),
        ("2024-01-21", "departure_approved", True),
        ("2024-02-15", "panel_size", False),
        ("2024-02-22", "panel_size", True),
        ("2024-02-10", "evaluated_at", True),
        ("2024-02-10", "reported_at", False),
        ("2024-02-11", "publicity_to_at", False),
        ("2024-02-13", "publicity_to_at", True),
        ("2024-02-21", "notified_at", False),
        ("2024-03-04", "report_filed_at", False),
        ("2024-03-06", "report_filed_at", True),
    ],
)
def test_a_step_is_known_once_it_has_happened(at, column, known):
    assert bool(seen(at).trades[column].notna().iloc[0]) == known


@pytest.mark.parametrize(
    ("at", "column", "known"),
    [
        ("2024-03-10", "published_at", False),
        ("2024-03-12", "filed_at", True),
        ("2024-03-12", "start_due_at", True),
        ("2024-04-09", "started_at", False),
        ("2024-08-31", "completed_at", True),
        ("2024-08-31", "accepted_at", False),
    ],
)
def test_a_contract_is_known_step_by_step(at, column, known):
    assert bool(seen(at).contracts[column].notna().iloc[0]) == known


def test_candidates_and_deposits_come_after_the_bids():
    before, decided, returned = seen("2024-02-05").bids, seen("2024-02-25").bids, seen("2024-03-13").bids
    assert before["brand"].tolist() == ["x"]
    assert before[["candidate_order", "deposit_returned_at"]].isna().all(axis=None)
    assert decided["candidate_order"].tolist() == [1.0]
    assert decided["deposit_returned_at"].isna().all()
    assert returned["deposit_returned_at"].notna().all()


@pytest.mark.parametrize(
    ("at", "table", "rows"),
    [
        ("2024-04-30", "changes", 0),
        ("2024-05-02", "changes", 1),
        ("2024-05-31", "payments", 0),
        ("2024-06-02", "payments", 1),
        (LATE, "payments", 2),
        ("2024-02-14", "events", 0),
        ("2024-02-16", "events", 1),
        ("2024-02-20", "sanctions", 0),
        ("2024-03-02", "sanctions", 1),
        ("2024-03-02", "relations", 1),
        ("2024-07-02", "relations", 2),
    ],
)
def test_rows_are_known_from_their_own_date(at, table, rows):
    assert len(getattr(seen(at), table)) == rows


def test_an_answer_is_not_known_before_it_is_given():
    assert seen("2024-03-14").events["answered_at"].isna().all()
    assert seen("2024-03-16").events["answered_at"].notna().all()


def test_every_instant_is_announced_masked_or_dates_its_row():
    """A column added to the tables must be placed: nothing that happened later may be seen."""
    for name in ("trades", "contracts", "bids", "events"):
        moment = pd.Timestamp("2024-01-02")
        frame = getattr(seen(moment), name)
        announced = {"deadline_at", "documents_from_at", "documents_to_at", "opened_at", "start_due_at"}
        announced |= {"notice_to_at", "listing_from_at", "listing_to_at", "appraised_at", "prior_notice_at"}
        announced |= {"prequalification_to_at", "prequalification_deadline_at"}
        for column in TABLES[name].columns:
            if column.type == "instant" and column.name not in announced:
                assert not (frame[column.name] > moment).any(), f"{name}.{column.name}"
