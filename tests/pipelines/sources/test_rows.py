from datetime import datetime
from decimal import Decimal

import pandas as pd
import pytest

from detector.contract import ROW, VALUE, conform
from detector.reading import expectation
from detector.schema import TABLES
from pipelines.sources.rows import fit, read_instant, read_money

UNREADABLE = {
    "money": "-1",
    "number": "many",
    "count": "1.5",
    "flag": "2",
    "instant": "soon",
    "id": "x" * 129,
    "code": "none such",
}
KIND_OF = {
    "parties": "buyer",
    "contracts": "main",
    "events": "objection",
    "sanctions": "ban",
    "relations": "control",
}
FILLED = {
    "sanction_id": "n",
    "other_id": "q",
    "trade_id": "t",
    "bidder_id": "b",
    "party_id": "p",
    "contract_id": "c",
    "seq": 1,
    "side": "buy",
    "status": "valid",
    "kind": "device",
    "digest": "0123456789abcdef",
}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_what_cannot_be_read_is_told_in_the_words_of_the_contract(table):
    for column in table.columns:
        if column.type not in UNREADABLE:
            continue
        own = {"trades": {"status": "open"}} | {name: {"kind": kind} for name, kind in KIND_OF.items()}
        own = own.get(table.name, {}) | ({"kind": "works"} if table.name == "trades" else {})
        raw = {name: {**FILLED, **own}[name] for name in table.names if name in FILLED}
        raw[column.name] = UNREADABLE[column.type]
        problems = []
        row = fit(table, raw, "file:1", problems)
        (told,) = conform(table, pd.DataFrame([raw]), "file:1").problems
        (problem,) = problems
        assert (problem.reason, problem.effect, problem.column) == (told.reason, told.effect, told.column)
        assert problem.place == "file:1"
        assert expectation(column) in problem.reason
        assert (row is None) == (problem.effect == ROW)


def test_a_value_that_cannot_be_read_leaves_the_row():
    problems = []
    raw = {"trade_id": "t", "side": "buy", "estimate": "n/a", "status": "open"}
    row = fit(TABLES["trades"], raw, "f:7", problems)
    assert row[0] == "t"
    assert problems[0][:6] == (
        "f:7",
        "trades",
        "t",
        "estimate",
        "n/a",
        "expected an amount of money, zero or more",
    )
    assert problems[0].effect == VALUE


@pytest.mark.parametrize(
    ("found", "amount"),
    [
        (5, "5.0000"),
        (Decimal("1234567890123456.7891"), "1234567890123456.7891"),
        ("17.5", "17.5000"),
        (0, "0.0000"),
        (Decimal("0.30000000000000004"), "0.3000"),
    ],
)
def test_money_is_kept_to_the_ten_thousandth(found, amount):
    assert str(read_money(found)) == amount


@pytest.mark.parametrize(
    "found", [-1, True, [], {}, "NaN", "Infinity", "1e999999999", 10**16, Decimal("1e400")]
)
def test_no_money(found):
    with pytest.raises((ValueError, ArithmeticError)):
        read_money(found)


@pytest.mark.parametrize(
    ("found", "instant"),
    [
        ("2024-05-01T10:00:00+08:00", datetime(2024, 5, 1, 2)),  # noqa: DTZ001
        ("2024-05-01T10:00:00.999Z", datetime(2024, 5, 1, 10)),  # noqa: DTZ001
        ("2024-05-01", datetime(2024, 5, 1)),  # noqa: DTZ001
        ("2024-05-01 10:30", datetime(2024, 5, 1, 10, 30)),  # noqa: DTZ001
    ],
)
def test_instants_are_utc_in_whole_seconds(found, instant):
    assert read_instant(found) == instant


def test_text_no_database_takes_is_cleaned_and_such_identifiers_are_refused():
    problems = []
    raw = {"party_id": "p", "name": "A\0B \ud800"}
    assert fit(TABLES["parties"], raw, "f:1", problems)[1] == "AB ?"
    assert fit(TABLES["parties"], {"party_id": "p\0"}, "f:1", problems) is None
    assert fit(TABLES["parties"], {"party_id": "p\ud800"}, "f:2", problems) is None
    assert [problem.effect for problem in problems] == [ROW, ROW]
