"""Amendments, payments and the size of firms in OCDS releases; databases of an earlier version."""

from datetime import datetime

import pytest
from sqlalchemy import create_engine, inspect, text

from detector.contract import ROW
from detector.schema import TABLES
from pipelines.sources.load import load
from pipelines.sources.sql import read_tables
from tests.pipelines.sources.releases import contract, party, release, rows_of, tender, write


def paid(identifier, date, amount):
    return {"id": identifier, "date": date, "value": {"amount": amount, "currency": "CNY"}}


def with_contract(**changes):
    return release(contracts=[contract("c1", "a1", 100.25) | changes])


def test_payments_are_numbered_by_their_dates():
    found = [paid("2", "2024-07-01T00:00:00+08:00", 60), paid("1", "2024-06-01T00:00:00+08:00", 40.25)]
    rows, problems = rows_of(with_contract(implementation={"transactions": found}))
    assert not problems
    assert [(row["seq"], row["paid_at"], float(row["amount"])) for row in rows.payments] == [
        (1, datetime(2024, 5, 31, 16), 40.25),  # noqa: DTZ001
        (2, datetime(2024, 6, 30, 16), 60.0),  # noqa: DTZ001
    ]
    assert {row["contract_id"] for row in rows.payments} == {"ocds-test-1/c1"}
    assert {row["trade_id"] for row in rows.payments} == {"ocds-test-1"}


@pytest.mark.parametrize("date", [None, "soon", 20240601])
def test_what_has_no_date_is_reported_and_left_out(date):
    rows, problems = rows_of(with_contract(implementation={"transactions": [paid("1", date, 1)]}))
    assert rows.payments == []
    assert [(problem.table, problem.column, problem.effect) for problem in problems] == [
        ("payments", "paid_at", ROW)
    ]


def test_amendments_of_a_contract_are_its_changes():
    rows, _ = rows_of(with_contract(amendments=[{"id": "x", "date": "2024-08-01T00:00:00Z"}]))
    assert [(row["seq"], row["changed_at"], row["amount"]) for row in rows.changes] == [
        (1, datetime(2024, 8, 1), None)  # noqa: DTZ001
    ]


def test_the_last_amendment_of_the_documents_counts():
    dates = ["2024-03-20T00:00:00Z", "2024-03-25T00:00:00Z", "soon", None]
    rows, _ = rows_of(release(tender=tender(amendments=[{"date": date} for date in dates])))
    assert rows.trades[0]["amended_at"] == datetime(2024, 3, 25)  # noqa: DTZ001
    assert rows.trades[0]["amendment_material"] is None


@pytest.mark.parametrize(
    ("scale", "small"), [("sme", 1), ("micro", 1), ("large", 0), ("huge", None), (None, None)]
)
def test_the_size_of_a_firm_is_read_from_its_scale(scale, small):
    rows, _ = rows_of(release(parties=[party("S-1", "Firm", "supplier", details={"scale": scale})]))
    assert rows.parties[0]["sme"] == small


def test_a_load_replaces_payments_that_vanished(database_url, tmp_path):
    first = with_contract(
        implementation={"transactions": [paid("1", "2024-06-01", 40), paid("2", "2024-07-01", 60)]}
    )
    second = with_contract(implementation={"transactions": [paid("1", "2024-06-01", 40)]}) | {
        "date": "2024-09-01T10:00:00+08:00"
    }
    assert load([write(tmp_path / "a.jsonl", first)], database_url).counts["payments"].new == 2
    assert load([write(tmp_path / "a.jsonl", first)], database_url).counts["payments"].unchanged == 2
    assert load([write(tmp_path / "b.jsonl", second)], database_url).counts["payments"].removed == 1
    assert len(read_tables(database_url).frames["payments"]) == 1


def test_a_database_of_an_earlier_version_is_read_and_completed(database_url, tmp_path):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE trades (trade_id VARCHAR(128) PRIMARY KEY, side VARCHAR(32) NOT NULL)")
        )
        keys = "trade_id VARCHAR(128), bidder_id VARCHAR(128), seq INTEGER"
        columns = f"{keys}, status VARCHAR(32) NOT NULL, PRIMARY KEY (trade_id, bidder_id, seq)"
        connection.execute(text(f"CREATE TABLE bids ({columns})"))
        connection.execute(text("INSERT INTO trades VALUES ('old', 'buy')"))
    assert {"payments", "relations", "trades.notified_at"} <= read_tables(database_url).absent
    load([write(tmp_path / "a.jsonl", release(1))], database_url)
    frames, absent = read_tables(database_url)
    assert absent == frozenset()
    assert set(frames["trades"]["trade_id"]) == {"old", "ocds-test-1"}
    found = {column["name"] for column in inspect(engine).get_columns("trades")}
    assert found == set(TABLES["trades"].names)
    engine.dispose()
