"""What records can answer: shares, reasons in the order of their number, nothing lost."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from detector.features import FEATURES
from detector.features.evaluation import evaluate
from pipelines.cli import app
from pipelines.feature_coverage import coverage_document, coverage_lines, refusals
from tests.factory import lot, records, trade


@pytest.fixture(scope="module")
def table():
    rows = [
        *lot("a", [100.0, 101.0, 102.0], estimate=110.0),
        *lot("b", [100.0, 101.0], price_rule="lottery"),
        *lot("c", [None, None, None]),
        trade("d"),
    ]
    return evaluate(records(*rows), tuple(FEATURES.values()))


def test_reasons_come_commonest_first_and_add_up(table):
    for column in range(len(table.features)):
        found = refusals(table, column)
        counts = [refusal.trades for refusal in found]
        assert counts == sorted(counts, reverse=True)
        assert sum(counts) == np.isnan(table.values[:, column]).sum()


def test_the_first_screen_says_why_three_lots_have_no_value(table):
    column = [feature.code for feature in table.features].index("B01")
    told = {(refusal.answer.name, refusal.reason.en): refusal.trades for refusal in refusals(table, column)}
    assert told == {
        ("NOT_APPLICABLE", "prices do not compete under this price rule"): 1,
        ("NOT_APPLICABLE", "fewer than 3 effective bids"): 1,
        ("NOT_COMPUTABLE", "bids.amount is missing"): 1,
    }


def test_lines_hold_every_feature_with_at_most_so_many_reasons(table):
    lines = list(coverage_lines(table, 1))
    assert lines[0].startswith("4 trades")
    for code, feature in FEATURES.items():
        assert sum(line.startswith(f"{code} ") and line.endswith(f"  {feature.name}") for line in lines) == 1
    assert len(lines) <= 2 + 2 * len(FEATURES)


def test_the_document_has_all_reasons_in_both_languages(table):
    document = coverage_document(table)
    assert document["trades"] == 4
    for entry in document["features"]:
        assert entry["value"] + entry["not_applicable"] + entry["not_computable"] == 4
        assert sum(reason["trades"] for reason in entry["reasons"]) == 4 - entry["value"]
        assert all(reason["reason"]["zh"] for reason in entry["reasons"])


def test_no_trades_at_all_is_no_error():
    table = evaluate(records(), tuple(FEATURES.values()))
    assert next(iter(coverage_lines(table, None))).startswith("0 trades")


def test_the_command_prints_one_document(tmp_path):
    source = f"sqlite:///{tmp_path / 'demo.db'}"
    run = CliRunner()
    assert run.invoke(app, ["demo", "--trades", "300", "--keep", str(tmp_path / "demo.db")]).exit_code == 0
    result = run.invoke(app, ["features", "B01", "--source", source, "--json"])
    assert result.exit_code == 0
    (entry,) = json.loads(result.stdout)["features"]
    assert entry["code"] == "B01"
    assert entry["trades"] > 200
