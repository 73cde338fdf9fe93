import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.features.bid_pattern import bid_coefficient_of_variation, bid_spread
from detector.features.declare import Phrase, feature
from detector.features.evaluation import evaluate
from detector.peers import ENOUGH_PEERS, LADDERS, MODERATED, suspicion
from tests.factory import bid, lot, records, trade

STRANGE = Phrase("strange", "异常")


@feature(
    code="T90",
    family="timing",
    direction="low",
    unit="days",
    needs=("trades.estimate",),
    source="test",
    title=STRANGE,
    innocent=STRANGE,
)
def estimate_of(records):
    """The estimate: any number a trade."""
    return records.trades["estimate"].to_numpy(dtype=np.float64)


def three_bid_lots(spreads, **values):
    """Lots of three bids, each with its own spread around 100."""
    rows = []
    for position, spread in enumerate(spreads):
        rows += lot(f"t{position:03}", [100.0, 100.0 + spread, 100.0 + 2 * spread], **values)
    return records(*rows)


def judged(built, screen=bid_spread):
    return suspicion(built, evaluate(built, [screen]))


def many(count, **values):
    return [
        row
        for i in range(count)
        for row in lot(f"{values['category']}{i:03}", [100.0, 101.0 + i, 103.0 + 2 * i], **values)
    ]


def test_the_ordinary_half_is_not_suspicious_and_the_tail_rises():
    values = judged(three_bid_lots(range(1, 102))).values[:, 0]
    assert (values[51:] == 0).all(), "a wide spread is no reason, low is the declared tail"
    assert (np.diff(values[:50]) < 0).all()
    assert values[0] == pytest.approx(2 * 100.5 / 101 - 1)


def test_surprise_is_minus_the_logarithm_of_the_chance():
    result = judged(three_bid_lots(range(1, 102)))
    assert result.surprise[0, 0] == pytest.approx(np.log(202))
    assert result.surprise[50, 0] == pytest.approx(np.log(2))


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=60))
def test_suspicion_stays_below_one_and_a_constant_column_never_flags(spreads):
    for screen in (bid_spread, bid_coefficient_of_variation):
        values = judged(three_bid_lots(spreads), screen).values[:, 0]
        assert ((values >= 0) & (values < 1)).all()
        assert (judged(three_bid_lots([5] * len(spreads)), screen).values[:, 0] == 0).all()


def test_a_trade_is_not_its_own_peer():
    alone = judged(three_bid_lots([5]))
    assert np.isnan(alone.tail[0, 0])
    assert alone.rung[0, 0] == -1
    assert judged(three_bid_lots([1, 5])).tail[0, 0] == pytest.approx(1.5 / 2), "one peer says little"


def test_peers_are_taken_from_the_first_rung_that_holds_enough():
    rows = many(ENOUGH_PEERS + 1, category="roads") + many(3, category="chairs")
    built = records(*rows)
    result = judged(built)
    ladder = LADDERS["bid_pattern"]
    chairs, roads = result.rung[0, 0], result.rung[-1, 0]
    assert "category" in ladder[roads]
    assert "category" not in ladder[chairs]
    assert len(result.peers_of(len(built) - 1, 0).values) == ENOUGH_PEERS
    assert len(result.peers_of(0, 0).values) == len(built) - 1
    # The values the peers show are those the tail was made from.
    view = result.peers_of(len(built) - 1, 0)
    share = view.percentile(result.table.values[-1, 0], "low")
    assert result.tail[-1, 0] == pytest.approx((share * ENOUGH_PEERS + 0.5) / (ENOUGH_PEERS + 1))


def test_twenty_lots_of_a_ring_stand_out_although_they_are_a_category_of_their_own():
    rows = many(ENOUGH_PEERS, category="roads")
    for position in range(20):
        rows += lot(f"z{position:02}", [100.0, 100.2, 100.4 + position / 100], category="bridges")
    tail = judged(records(*rows)).tail[-20:, 0]
    assert tail.min() > 0.95


def test_a_moderated_dispersion_of_three_bids_says_less_than_one_of_ten():
    rng = np.random.default_rng(4)
    rows = [row for i in range(60) for row in lot(f"t{i:02}", list(100 + 20 * rng.random(3 + i % 6)))]
    rows += lot("few", [100.0, 101.0, 102.0]) + lot("ten", list(np.linspace(98.0, 104.1, 10)))
    built = records(*rows)
    result = judged(built, bid_coefficient_of_variation)
    cv = result.table.values[:, 0]
    few, ten = built.trade_ids.index("few"), built.trade_ids.index("ten")
    assert "B01" in MODERATED
    assert cv[few] < cv[ten] < np.median(cv)
    assert result.tail[few, 0] < result.tail[ten, 0]


def test_moderation_keeps_the_order_among_lots_with_as_many_bids():
    result = judged(three_bid_lots(range(1, 60)), bid_coefficient_of_variation)
    assert (np.diff(result.tail[:, 0]) < 0).all()


def test_a_sale_is_never_a_peer_of_a_purchase():
    rows = many(40, category="roads") + lot("sale", [300.0, 200.0, 100.0], side="sell")
    built = records(*rows)
    assert np.isnan(judged(built).tail[built.trade_ids.index("sale"), 0])


def test_a_feature_without_a_value_has_no_suspicion():
    result = judged(records(*lot("t", [90.0, None, None]), trade("u"), bid("u", "A", 5.0)))
    assert np.isnan(result.values).all()


def test_another_market_changes_no_tail_where_enough_peers_are_left():
    rng = np.random.default_rng(9)

    def market(name, count):
        return [
            trade(f"{name}{i:04}", category=name, kind=name, estimate=float(rng.random()))
            for i in range(count)
        ]

    here = market("here", ENOUGH_PEERS + 1)
    alone = judged(records(*here), estimate_of)
    both = judged(records(*here, *market("there", 300)), estimate_of)
    np.testing.assert_array_equal(alone.tail, both.tail[: ENOUGH_PEERS + 1])
