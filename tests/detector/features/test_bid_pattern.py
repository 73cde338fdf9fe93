"""What holds for all bid-pattern screens."""

import numpy as np
import pytest

from detector.features import bid_gaps, bid_ladder, bid_pattern, coincidence
from detector.features.evaluation import evaluate
from tests.factory import bid, lot, records, trade

SCREENS = (*bid_pattern.FAMILY, *bid_gaps.FAMILY, *bid_ladder.FAMILY, *coincidence.FAMILY)


def test_the_order_of_bids_in_the_source_does_not_matter():
    amounts = [1_283_471.55, 1_301_206.8, 1_283_471.55, 1_440_000.0, 1_311_206.8]
    one = [trade("t", price_rule="lowest"), *(bid("t", f"B{i}", a) for i, a in enumerate(amounts))]
    other = [trade("t", price_rule="lowest"), *(bid("t", f"B{9 - i}", a) for i, a in enumerate(amounts))]
    screens = [feature for feature in SCREENS if feature.code != "B17"]
    first, second = (evaluate(records(*rows), screens).values for rows in (one, other))
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, second)


def test_a_sale_is_read_from_its_best_bid_downwards():
    """The best bid of a sale is the highest: one buyer far above the rest stands apart like a cheap seller."""
    sale = records(*lot("t", [90.0, 101.0, 100.0, 150.0], winner=3, side="sell", price_rule="highest"))
    table = evaluate(sale, SCREENS)
    value = {feature.code: table.values[0, column] for column, feature in enumerate(SCREENS)}
    assert value["B02"] == pytest.approx(60.0 / 150.0)
    assert value["B04"] == pytest.approx(49.0 / 150.0)
    assert value["B06"] == pytest.approx(49.0 / 20.0)
    assert value["B17"] == 0.0
    assert value["B08"] < 0.0


def test_consortium_members_and_rejected_bids_do_not_count():
    rows = [
        trade("t"),
        bid("t", "A", 100.0, consortium_id="joint"),
        bid("t", "B", 100.0, consortium_id="joint"),
        bid("t", "C", 104.0),
        bid("t", "D", 108.0),
        bid("t", "E", 300.0, status="disqualified"),
    ]
    table = evaluate(records(*rows), [bid_pattern.bid_spread, coincidence.identical_prices])
    assert table.values[0, 0] == pytest.approx(0.08)
    assert table.values[0, 1] == 0.0
