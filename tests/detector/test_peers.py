import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.features import FEATURES
from detector.features.bid_pattern import bid_coefficient_of_variation, bid_spread
from detector.features.declare import Phrase, feature
from detector.features.evaluation import evaluate
from detector.peer_groups import DEPENDING_ON_BIDS, LADDERS, PeerGroups, ladder_of
from detector.peers import ENOUGH_PEERS, MODERATED, PLENTY_PEERS, say, suspicion
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


def judged(built, screen=bid_spread, confirmed=()):
    return suspicion(built, evaluate(built, [screen]), frozenset(confirmed))


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
    assert values[0] == pytest.approx(2 * 101 / 102 - 1)


def test_surprise_is_minus_the_logarithm_of_the_chance():
    result = judged(three_bid_lots(range(1, 102)))
    assert result.surprise[0, 0] == pytest.approx(np.log(102))
    assert result.surprise[50, 0] == pytest.approx(np.log(2))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 40), min_size=2, max_size=60))
def test_suspicion_stays_below_one(spreads):
    built = three_bid_lots(spreads)
    values = suspicion(built, evaluate(built, [bid_spread, bid_coefficient_of_variation])).values
    assert ((values >= 0) & (values < 1)).all()


@pytest.mark.parametrize("screen", [bid_spread, bid_coefficient_of_variation])
@pytest.mark.parametrize("lots", [2, 3, 60])
def test_a_constant_column_never_flags(screen, lots):
    assert (judged(three_bid_lots([5] * lots), screen).values[:, 0] == 0).all()


def test_a_trade_is_not_its_own_peer():
    alone = judged(three_bid_lots([5]))
    assert np.isnan(alone.tail[0, 0])
    assert alone.rung[0, 0] == -1
    assert judged(three_bid_lots([1, 5])).tail[0, 0] == pytest.approx(2 / 3), "one peer says little"


def test_peers_are_taken_from_the_first_rung_that_holds_plenty():
    rows = many(PLENTY_PEERS + 1, category="roads") + many(3, category="chairs")
    built = records(*rows)
    result = judged(built)
    ladder = LADDERS["bid_pattern"]
    chairs, roads = result.rung[0, 0], result.rung[-1, 0]
    assert "category" in ladder[roads]
    assert "category" not in ladder[chairs]
    assert len(result.peers_of(len(built) - 1, 0).values) == PLENTY_PEERS
    assert len(result.peers_of(0, 0).values) == len(built) - 1
    # The values the peers show are those the tail was made from.
    view = result.peers_of(len(built) - 1, 0)
    share = view.percentile(result.table.values[-1, 0], "low")
    assert result.tail[-1, 0] == pytest.approx((share * PLENTY_PEERS + 1) / (PLENTY_PEERS + 2))
    assert "roads, 3 bids" in view.label


def test_the_word_of_a_group_grows_from_nothing_to_all():
    sizes = np.arange(1, 3 * PLENTY_PEERS)
    words = say(sizes)
    assert (words[:ENOUGH_PEERS] == 0).all()
    assert (words[PLENTY_PEERS - 1 :] == 1).all()
    assert (np.diff(words) >= 0).all()
    assert np.diff(words).max() < 0.002, "one more peer hardly moves it"
    assert say(np.array([2 * ENOUGH_PEERS]))[0] == pytest.approx(0.5)


def test_a_group_in_between_is_joined_with_the_next_coarser_one_by_log_odds():
    roads = many(2 * ENOUGH_PEERS + 1, category="roads")
    built = records(*roads, *many(5, category="chairs"), *many(5, category="desks"))
    result, value = judged(built), judged(built).table.values[:, 0]
    last = len(built) - 1
    fine = built.trades["category"].to_numpy() == "roads"
    fine[last] = False
    coarse = np.ones(len(built), dtype=bool)
    coarse[last] = False
    odds = []
    for peers in (fine, coarse):
        less = (value[peers] > value[last]).sum() + 0.5 * (value[peers] == value[last]).sum() + 1
        odds.append(np.log(less / (peers.sum() + 2 - less)))
    # Of a group of 800 half is heard. With and without its size band it is the same group here: half, and half of
    # the rest; everything coarser holds all lots.
    told = np.log(result.tail[last, 0] / (1 - result.tail[last, 0]))
    assert told == pytest.approx(0.75 * odds[0] + 0.25 * odds[1], abs=1e-9)


def test_where_numbers_of_bids_are_mixed_a_dispersion_of_three_says_less_than_one_of_ten():
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


def test_lots_are_compared_with_lots_of_as_many_bids_where_there_are_plenty():
    rng = np.random.default_rng(4)
    rows = []
    for count in (3, 10):
        for position in range(PLENTY_PEERS + 1):
            rows += lot(f"t{count:02}-{position:04}", list(100 + 20 * rng.random(count)))
    built = records(*rows)
    result = judged(built, bid_coefficient_of_variation)
    for count in (3, 10):
        of = built.bidder_counts == count
        assert np.mean(result.tail[of, 0] > 0.9) == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize("code", sorted(DEPENDING_ON_BIDS | {"B01", "P01", "N03", "I01"}))
def test_features_that_depend_on_the_number_of_bids_keep_it_in_sight(code):
    ladder = ladder_of(FEATURES[code])
    assert all(any(name.startswith("bids") for name in rung) for rung in ladder[:-2])


def test_who_asks_for_the_number_of_bids_is_not_compared_by_it():
    for code in ("C05", "C06"):
        assert not any(name.startswith("bids") for rung in ladder_of(FEATURES[code]) for name in rung)


def test_confirmed_trades_are_nobodys_peers_but_are_compared_themselves():
    rows = many(50, category="roads")
    ring = [f"z{position:02}" for position in range(40)]
    for name in ring:
        rows += lot(name, [100.0, 100.2, 100.4], category="roads")
    built = records(*rows)
    place = [built.trade_ids.index(name) for name in ring]
    masked, freed = judged(built), judged(built, confirmed=ring)
    assert masked.tail[place, 0].max() < 0.8, "forty of ninety lots are what is ordinary"
    assert freed.tail[place, 0].min() > 0.98
    assert len(freed.peers_of(place[0], 0).values) == 50
    # The others are compared as if the confirmed lots did not exist.
    alone = judged(records(*many(50, category="roads")))
    np.testing.assert_allclose(np.delete(freed.tail[:, 0], place), alone.tail[:, 0], rtol=1e-12)


def test_groups_are_told_in_words():
    built = records(*lot("a", [1.0, 2.0], category="roads"), *lot("b", [5.0] * 7), trade("c", kind="works"))
    groups = PeerGroups.of(built)
    assert groups.label(("side", "bids"), 0) == "purchases, 2 bids"
    assert groups.label(("bids, narrow band", "bids, wide band"), 1) == "7-8 bids, 7-9 bids"
    assert groups.label(("kind", "bids"), 2) == "works, 0 or 1 bid"
    assert "size not known" in groups.label(("size",), 2)


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

    here = market("here", PLENTY_PEERS + 1)
    alone = judged(records(*here), estimate_of)
    both = judged(records(*here, *market("there", 300)), estimate_of)
    np.testing.assert_array_equal(alone.tail, both.tail[: PLENTY_PEERS + 1])
