import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.features.bid_pattern import bid_coefficient_of_variation
from detector.features.evaluation import evaluate
from detector.peers import ENOUGH_PEERS, LADDERS, PULL, suspicion
from tests.factory import bid, lot, records, trade


def three_bid_lots(spreads, **values):
    """Lots of three bids, each with its own spread around 100."""
    rows = []
    for position, spread in enumerate(spreads):
        rows += lot(f"t{position:03}", [100.0, 100.0 + spread, 100.0 + 2 * spread], **values)
    return records(*rows)


def judged(built, feature=bid_coefficient_of_variation):
    return suspicion(built, evaluate(built, [feature]))


def test_the_ordinary_half_is_not_suspicious_and_the_tail_rises():
    values = judged(three_bid_lots(range(1, 102))).values[:, 0]
    assert (values[50:] == 0).all(), "a wide spread is no reason, low is the declared tail"
    assert (np.diff(values[:50]) < 0).all()
    assert values[0] == pytest.approx(1 - PULL / (100 + PULL))


@given(st.lists(st.integers(1, 40), min_size=2, max_size=60))
def test_suspicion_stays_below_one_and_a_constant_column_never_flags(spreads):
    values = judged(three_bid_lots(spreads)).values[:, 0]
    assert ((values >= 0) & (values < 1)).all()
    assert (judged(three_bid_lots([5] * len(spreads))).values[:, 0] == 0).all()


def test_a_trade_is_not_its_own_peer():
    alone = judged(three_bid_lots([5]))
    assert np.isnan(alone.values[0, 0])
    assert alone.rung[0, 0] == -1
    pair = judged(three_bid_lots([1, 5]))
    # One peer cannot make anybody suspicious by much: (1 + 1/2 PULL) / (1 + PULL).
    assert pair.values[0, 0] == pytest.approx(2 * (1 + 0.5 * PULL) / (1 + PULL) - 1)


def test_peers_are_taken_from_the_first_rung_that_holds_enough():
    rows = []
    for position in range(ENOUGH_PEERS + 1):
        rows += lot(f"a{position:02}", [100.0, 101.0 + position, 103.0 + 2 * position], category="roads")
    for position in range(3):
        rows += lot(f"b{position}", [100.0, 150.0 + position, 200.0], category="chairs")
    built = records(*rows)
    result = judged(built)
    ladder = LADDERS["bid_pattern"]
    roads, chairs = result.rung[0, 0], result.rung[-1, 0]
    assert "category" in ladder[roads]
    assert "category" not in ladder[chairs]
    assert len(result.peers_of(0, 0).values) == ENOUGH_PEERS
    assert len(result.peers_of(len(built) - 1, 0).values) == len(built) - 1
    # The values the peers show are those the suspicion was made from.
    view = result.peers_of(0, 0)
    share = view.percentile(result.table.values[0, 0], "low")
    shrunk = (share * ENOUGH_PEERS + 0.5 * PULL) / (ENOUGH_PEERS + PULL)
    assert result.values[0, 0] == pytest.approx(max(0.0, 2 * shrunk - 1))


def test_a_sale_is_never_a_peer_of_a_purchase():
    rows = []
    for position in range(40):
        rows += lot(f"buy{position:02}", [100.0, 101.0 + position, 103.0 + 2 * position])
    rows += lot("sale", [300.0, 200.0, 100.0], side="sell")
    result = judged(records(*rows))
    assert np.isnan(result.values[-1, 0])


def test_a_feature_without_a_value_has_no_suspicion():
    result = judged(records(*lot("t", [90.0, None, None]), trade("u"), bid("u", "A", 5.0)))
    assert np.isnan(result.values).all()
