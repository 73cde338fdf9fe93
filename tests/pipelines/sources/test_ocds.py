from datetime import datetime
from decimal import Decimal

import pytest

from detector.contract import ROW, VALUE
from pipelines.sources import ocds
from tests.pipelines.sources.releases import award, bid, contract, party, release, rows_of, tender


def by_bidder(rows, column):
    return {(row["bidder_id"], row["seq"]): row[column] for row in rows.bids}


# -- trades ----------------------------------------------------------------------------------------------


def test_a_process_without_lots_is_one_trade():
    rows, problems = rows_of(release())
    (trade,) = rows.trades
    assert not problems
    assert {name: value for name, value in trade.items() if value is not None} == {
        "trade_id": "ocds-test-1",
        "process_id": "ocds-test-1",
        "title": "Pumping station",
        "kind": "works",
        "side": "buy",
        "category": "CPV:45",
        "method": "open",
        "price_rule": "lowest",
        "buyer_id": "B-1",
        "agency_id": "E-1",
        "currency": "CNY",
        "estimate": Decimal(120),
        "published_at": datetime(2024, 3, 1, 1),  # noqa: DTZ001
        "deadline_at": datetime(2024, 4, 3, 1),  # noqa: DTZ001
        "opened_at": datetime(2024, 4, 3, 2),  # noqa: DTZ001
        "awarded_at": datetime(2024, 4, 19, 16),  # noqa: DTZ001
        "utc_offset": 480,
        "status": "awarded",
        "recorded_at": datetime(2024, 5, 1, 2),  # noqa: DTZ001
    }


@pytest.mark.parametrize(
    ("told", "awards", "status"),
    [
        ("planning", [], "planned"),
        ("planned", [], "planned"),
        ("active", [], "open"),
        ("active", ["active"], "awarded"),
        ("complete", [], None),
        ("complete", ["unsuccessful"], "failed"),
        ("complete", ["cancelled", "unsuccessful"], "failed"),
        ("complete", ["unsuccessful", "active"], "awarded"),
        ("complete", [None], "awarded"),
        ("unsuccessful", [], "failed"),
        ("cancelled", ["active"], "cancelled"),
        ("withdrawn", [], "withdrawn"),
        (None, ["active"], "awarded"),
        (None, [], None),
        ("something else", [], None),
    ],
)
def test_status(told, awards, status):
    given = [{**award(f"a{n}", "S-1"), "status": state} for n, state in enumerate(awards)]
    rows, _ = rows_of(release(tender=tender(status=told), awards=given, contracts=[]))
    assert rows.trades[0]["status"] == status


@pytest.mark.parametrize(
    ("field", "told", "column", "value"),
    [
        ("mainProcurementCategory", None, "kind", None),
        ("mainProcurementCategory", "consultancy", "kind", "other"),
        ("procurementMethod", "limited", "method", "limited"),
        ("procurementMethod", "lottery", "method", "other"),
        ("awardCriteria", "ratedCriteria", "price_rule", "quality_and_price"),
        ("awardCriteria", "singleBidOnly", "price_rule", None),
    ],
)
def test_codes(field, told, column, value):
    rows, problems = rows_of(release(tender=tender(**{field: told})))
    assert rows.trades[0][column] == value
    assert not problems


def test_buyer_and_agency_fall_back_to_roles_and_to_each_other():
    rows, _ = rows_of(release(buyer=None, tender=tender(procuringEntity=None)))
    assert (rows.trades[0]["buyer_id"], rows.trades[0]["agency_id"]) == ("B-1", "E-1")
    rows, _ = rows_of(release(buyer=None, parties=[]))
    assert (rows.trades[0]["buyer_id"], rows.trades[0]["agency_id"]) == ("E-1", None)


def test_dates_without_offset_are_utc_and_leave_the_offset_empty():
    rows, problems = rows_of(release(date="2024-05-01", tender=tender(tenderPeriod=None, bidOpening=None)))
    assert rows.trades[0]["utc_offset"] is None
    assert rows.trades[0]["recorded_at"] == datetime(2024, 5, 1)  # noqa: DTZ001
    assert not problems


def test_values_that_cannot_be_read_are_set_aside_and_the_row_stays():
    broken = tender(
        value={"amount": "a lot", "currency": "CNY"},
        tenderPeriod={"startDate": "0000-00-00T00:00:00+08:00"},
    )
    rows, problems = rows_of(release(tender=broken))
    assert rows.trades[0]["estimate"] is None
    assert {(p.place, p.column, p.effect) for p in problems} == {
        ("f:1", "published_at", VALUE),
        ("f:1", "estimate", VALUE),
    }


def test_an_identifier_that_is_too_long_sets_the_process_aside_with_its_bids():
    rows, problems = rows_of(release(number="9" * 130))
    assert not rows.trades
    assert not rows.bids
    assert {problem.table for problem in problems} == {"trades", "bids", "contracts"}
    assert all(problem.effect == ROW or problem.column == "process_id" for problem in problems)


def test_sections_of_another_shape_are_told():
    rows, problems = rows_of(release(bids=[], awards={}, contracts=["c"], parties=None))
    assert len(rows.trades) == 1
    assert {problem.column for problem in problems} == {"bids", "awards", "contracts"}


# -- lots ------------------------------------------------------------------------------------------------


def lotted():
    lots = [
        {"id": "L1", "title": "North", "value": {"amount": 70, "currency": "CNY"}, "status": "complete"},
        {"id": "L2", "title": "South", "status": "cancelled"},
    ]
    details = [
        bid("b1", "S-1", 60, relatedLots=["L1"]),
        bid("b2", "S-2", 65, relatedLots=["L1"]),
        bid("b3", "S-2", 40, relatedLots=["L2"]),
        bid("b4", "S-3", 99, relatedLots=["L1", "L2"]),
        bid("b5", "S-3", 99),
        bid("b6", "S-3", 99, relatedLots=["L9"]),
    ]
    awards = [
        award("a1", "S-1", 60, relatedLots=["L1"]),
        award("a2", "S-2", 40, relatedBid="b3", status="pending"),
    ]
    return release(tender=tender(lots=lots), bids={"details": details}, awards=awards)


def test_each_lot_is_a_trade():
    rows, problems = rows_of(lotted())
    assert [(t["trade_id"], t["title"], t["status"], t["estimate"]) for t in rows.trades] == [
        ("ocds-test-1/L1", "North", "awarded", Decimal(70)),
        ("ocds-test-1/L2", "South", "cancelled", None),
    ]
    assert [(b["trade_id"][-2:], b["bidder_id"], b["amount"], b["winner"]) for b in rows.bids] == [
        ("L1", "S-1", Decimal(60), 1),
        ("L1", "S-2", Decimal(65), 0),
        ("L1", "S-3", None, 0),
        ("L2", "S-2", Decimal(40), None),
        ("L2", "S-3", None, None),
    ]
    assert [contract["trade_id"] for contract in rows.contracts] == ["ocds-test-1/L1"]
    reasons = [problem.reason for problem in problems]
    assert reasons.count("one amount for several lots") == 2
    assert "a bid of an unknown lot" in reasons
    assert "a bid without relatedLots in a tender of several lots" in reasons
    assert len(reasons) == 4


def test_a_lot_that_comes_twice_or_has_no_identifier_is_told():
    rows, problems = rows_of(release(tender=tender(lots=[{"id": "L1"}, {"id": "L1"}, {"title": "?"}])))
    assert [trade["trade_id"] for trade in rows.trades] == ["ocds-test-1/L1"]
    assert [problem.column for problem in problems if problem.table == "trades"] == ["trade_id", "trade_id"]


# -- bids and awards -------------------------------------------------------------------------------------


def test_bids():
    rows, problems = rows_of(release())
    assert by_bidder(rows, "winner") == {("S-1", 1): 0, ("S-2", 1): 1, ("S-3", 1): 0}
    assert by_bidder(rows, "awarded_amount") == {
        ("S-1", 1): None,
        ("S-2", 1): Decimal("100.25"),
        ("S-3", 1): None,
    }
    assert by_bidder(rows, "reason") == {("S-1", 1): None, ("S-2", 1): None, ("S-3", 1): "no licence"}
    assert by_bidder(rows, "status")[("S-3", 1)] == "disqualified"
    assert not problems


def test_without_an_active_award_nobody_lost():
    rows, _ = rows_of(release(awards=[award("a1", "S-2", 100, status="cancelled")]))
    assert set(by_bidder(rows, "winner").values()) == {None}
    assert set(by_bidder(rows, "awarded_amount").values()) == {None}
    assert rows.trades[0]["awarded_at"] is None


def test_several_bids_of_a_bidder_are_numbered_by_date_then_identifier():
    details = [
        bid("b3", "S-1", 3, date="2024-04-02T09:00:00+08:00"),
        bid("b2", "S-1", 2, date="2024-04-02T08:59:00+08:00"),
        bid("b1", "S-1", 1, date="2024-04-02T01:00:00Z"),
        bid("b0", "S-1", 0, date=None),
    ]
    rows, _ = rows_of(release(bids={"details": details}, awards=[]))
    assert [(row["seq"], row["amount"]) for row in rows.bids] == [(1, 2), (2, 1), (3, 3), (4, 0)]


def test_a_consortium_is_a_row_for_each_member():
    details = [bid("b1", ["S-1", "S-2"], 90), bid("b2", "S-3", 95)]
    rows, problems = rows_of(release(bids={"details": details}, awards=[award("a1", ["S-1", "S-2"], 90)]))
    assert by_bidder(rows, "consortium_id") == {("S-1", 1): "b1", ("S-2", 1): "b1", ("S-3", 1): None}
    assert by_bidder(rows, "winner") == {("S-1", 1): 1, ("S-2", 1): 1, ("S-3", 1): 0}
    assert by_bidder(rows, "awarded_amount")[("S-2", 1)] == 90
    assert not problems


def test_an_award_without_related_bid_goes_to_the_bid_of_its_amount():
    details = [bid("b1", "S-1", 90, date="2024-04-01"), bid("b2", "S-1", 80, date="2024-04-02")]
    rows, _ = rows_of(release(bids={"details": details}, awards=[award("a1", "S-1", 90)]))
    assert by_bidder(rows, "winner") == {("S-1", 1): 1, ("S-1", 2): 0}


def test_several_awards_to_one_bid_add_up_in_one_currency_only():
    awards = [award("a1", "S-1", Decimal("1.10"), relatedBid="b1"), award("a2", "S-1", 2, relatedBid="b1")]
    rows, _ = rows_of(release(awards=awards))
    assert by_bidder(rows, "awarded_amount")[("S-1", 1)] == Decimal("3.10")
    awards[1]["value"]["currency"] = "USD"
    rows, problems = rows_of(release(awards=awards))
    assert by_bidder(rows, "awarded_amount")[("S-1", 1)] is None
    assert [problem.reason for problem in problems] == ["amounts in several currencies"]


def test_an_award_to_nobody_known_is_told():
    _, problems = rows_of(release(awards=[award("a1", "S-9", 5, relatedBid="b9")]))
    assert [(p.column, p.value, p.effect) for p in problems] == [("winner", "b9 S-9", VALUE)]


@pytest.mark.parametrize("status", ["invited", None, "Valid"])
def test_what_is_no_bid_is_set_aside(status):
    details = [bid("b1", "S-1", 1, status=status), bid("b2", "S-2", 2)]
    rows, problems = rows_of(release(bids={"details": details}, awards=[]))
    assert [row["bidder_id"] for row in rows.bids] == ["S-2"]
    assert (problems[0].key, problems[0].column, problems[0].effect) == ("ocds-test-1 / b1", "status", ROW)


def test_a_bid_of_nobody_and_a_repeated_bid_are_set_aside():
    details = [bid("b1", []), bid("b2", "S-2", 2), bid("b2", "S-2", 2)]
    rows, problems = rows_of(release(bids={"details": details}, awards=[]))
    assert len(rows.bids) == 1
    assert [problem.column for problem in problems] == ["bidder_id", "bidder_id"]


def test_without_bid_details_suppliers_and_tenderers_have_bid():
    tenderers = [{"id": "S-1"}, {"id": "S-2"}, {"id": "S-3"}]
    rows, problems = rows_of(release(bids=None, tender=tender(tenderers=tenderers)))
    assert by_bidder(rows, "winner") == {("S-1", 1): 0, ("S-2", 1): 1, ("S-3", 1): 0}
    assert by_bidder(rows, "awarded_amount")[("S-2", 1)] == Decimal("100.25")
    assert set(by_bidder(rows, "amount").values()) == {None}
    assert set(by_bidder(rows, "status").values()) == {"valid"}
    assert not problems


def test_tenderers_of_several_lots_cannot_be_told_apart():
    lots = [{"id": "L1"}, {"id": "L2"}]
    found = release(bids=None, awards=[], contracts=[], tender=tender(lots=lots, tenderers=[{"id": "S-1"}]))
    rows, problems = rows_of(found)
    assert not rows.bids
    assert problems[0].value == "1 tenderers"


# -- parties and contracts -------------------------------------------------------------------------------


def test_parties_carry_nothing_about_people():
    contact = {"name": "A Person", "email": "person@example.org", "telephone": "555"}
    listed = [party("B-1", "Water Authority", "buyer", contactPoint=contact, address={"region": "East"})]
    found = release(parties=listed, contactPoint=contact)
    found["tender"]["contactPoint"] = contact
    process, _ = ocds.to_rows(found, "f:1")
    assert "erson" not in repr(process)
    assert "555" not in repr(process)
    rows, _ = rows_of(found)
    kinds = {row["party_id"]: (row["name"], row["kind"], row["region"]) for row in rows.parties}
    assert kinds["B-1"] == ("Water Authority", "buyer", "East")
    assert kinds["E-1"] == (None, "agency", None)
    assert kinds["S-2"] == (None, "supplier", None)


def test_contracts_are_named_within_their_process():
    contracts = [
        contract("c1", "a1", 100),
        contract("c1", "a1", 100),
        contract(None, "a1", 5),
        contract("c2", "a9", 7),
    ]
    rows, problems = rows_of(release(contracts=contracts))
    assert [(c["contract_id"], c["trade_id"], c["bidder_id"], c["amount"]) for c in rows.contracts] == [
        ("ocds-test-1/c1", "ocds-test-1", "S-2", 100),
        ("ocds-test-1/c2", "ocds-test-1", None, 7),
    ]
    assert [problem.column for problem in problems] == ["contract_id", "contract_id"]
