"""Features that look back, against twins that read every earlier lot of a small synthetic authority anew."""

import numpy as np
import pandas as pd
import pytest

from detector.features import FEATURES
from detector.features.evaluation import Answer, evaluate
from detector.records import Records
from detector.simulate import simulate
from tests import naive_history as naive
from tests.factory import bid, records, trade

BACKWARD = ("C01", "C02", "C03", "C04", "C07", "C08", "N01", "N02", "N03", "N04", "S04")


@pytest.fixture(scope="module")
def busy():
    """Few firms, few buyers, shared processes, simultaneous and undecided lots: everything meets everything."""
    rng = np.random.default_rng(8)
    tables = dict(simulate(trades=260, seed=4, prevalence=0.2).tables)
    trades, bids = tables["trades"].copy(), tables["bids"].copy()
    names = pd.factorize(bids["bidder_id"])[0]
    bids["bidder_id"] = [f"f{code % 14}" for code in names]
    bids = bids.drop_duplicates(["trade_id", "bidder_id"])
    bids["consortium_id"] = np.where(rng.random(len(bids)) < 0.06, "joint", None)
    bids["seq"] = 1
    trades["buyer_id"] = [f"b{code}" for code in rng.integers(0, 3, len(trades))]
    trades["category"] = [f"c{code}" for code in rng.integers(0, 2, len(trades))]
    trades["region"] = [None if code == 2 else f"r{code}" for code in rng.integers(0, 3, len(trades))]
    trades["process_id"] = [None if code > 90 else f"p{code}" for code in rng.integers(0, 160, len(trades))]
    trades["awarded_at"] = trades["awarded_at"].dt.floor("3D")
    return {**tables, "trades": trades, "bids": bids}


@pytest.fixture(scope="module")
def compared(busy):
    records = Records.build(busy)
    world = naive.World({"trades": records.trades, "bids": records.bids})
    return world, evaluate(records, [FEATURES[code] for code in BACKWARD])


@pytest.mark.parametrize("code", BACKWARD)
def test_equals_its_naive_twin(compared, code):
    world, table = compared
    column = BACKWARD.index(code)
    twin = getattr(naive, FEATURES[code].name)
    said = 0
    for row, lot in enumerate(world.lots):
        answer = table.answers[row, column]
        if answer == Answer.VALUE:
            assert twin(world, lot) == pytest.approx(table.values[row, column], rel=1e-9, abs=1e-9), lot["id"]
            said += 1
        elif table.why_not(row, column) == FEATURES[code].silent:
            assert np.isnan(twin(world, lot)), lot["id"]
    assert said > 30


def test_undecided_trades_neither_have_nor_make_history(busy):
    undecided = busy["trades"]["trade_id"].iloc[::3]
    trades = busy["trades"].assign(
        awarded_at=busy["trades"]["awarded_at"].mask(busy["trades"]["trade_id"].isin(undecided))
    )
    without = {
        **busy,
        "trades": trades[~trades["trade_id"].isin(undecided)],
        "bids": busy["bids"][~busy["bids"]["trade_id"].isin(undecided)],
        "contracts": busy["contracts"][~busy["contracts"]["trade_id"].isin(undecided)],
    }
    features = [FEATURES[code] for code in BACKWARD]
    here, there = Records.build({**busy, "trades": trades}), Records.build(without)
    first, second = evaluate(here, features), evaluate(there, features)
    kept = pd.Index(here.trade_ids).get_indexer(there.trade_ids)
    np.testing.assert_allclose(first.values[kept], second.values, rtol=1e-9, equal_nan=True)
    others = np.setdiff1d(np.arange(len(here)), kept)
    assert np.isnan(first.values[others]).all()


@pytest.mark.parametrize("rows", [(), (trade("t"),), (trade("t"), bid("t", "A", 9.0, winner=1))], ids=len)
def test_next_to_nothing_is_no_error(rows):
    looking_back = [feature for code, feature in FEATURES.items() if code[0] in "TCNS"]
    table = evaluate(records(*rows), looking_back)
    assert table.values.shape == (min(len(rows), 1), len(looking_back))
