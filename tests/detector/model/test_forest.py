import numpy as np
import pytest

from detector.errors import ModelError
from detector.features.bid_pattern import bid_coefficient_of_variation, bid_spread
from detector.features.evaluation import evaluate
from detector.model.forest import ForestSettings, Model, inputs
from detector.peers import suspicion
from tests.factory import lot, records

SMALL = ForestSettings(trees=50, sample=64, seed=7)


def judged(features, count=80):
    rng = np.random.default_rng(5)
    rows = []
    for position in range(count):
        width = 0.1 if position == 0 else 5 + 20 * rng.random()
        rows += lot(f"t{position:03}", list(100 + width * rng.random(4)))
    built = records(*rows)
    return suspicion(built, evaluate(built, features))


def test_what_is_suspicious_in_several_ways_scores_highest():
    both = judged([bid_coefficient_of_variation, bid_spread])
    scores = Model.fit(both, SMALL).score(both)
    assert scores.argmax() == 0
    assert ((scores > 0) & (scores < 1)).all()


def test_the_same_seed_gives_the_same_scores_and_another_one_others():
    both = judged([bid_coefficient_of_variation, bid_spread])
    first, again = Model.fit(both, SMALL).score(both), Model.fit(both, SMALL).score(both)
    other = Model.fit(both, ForestSettings(trees=50, sample=64, seed=8)).score(both)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_other_features_are_refused_by_name():
    model = Model.fit(judged([bid_coefficient_of_variation]), SMALL)
    with pytest.raises(ModelError, match=r"B01.*B01 B02"):
        model.score(judged([bid_coefficient_of_variation, bid_spread]))


def test_too_few_trades_are_refused():
    with pytest.raises(ModelError, match="too few"):
        Model.fit(judged([bid_spread], count=1), SMALL)


def test_percentile_is_the_share_of_reference_trades_below():
    both = judged([bid_coefficient_of_variation, bid_spread])
    model = Model.fit(both, SMALL)
    percentile = model.percentile(model.score(both))
    assert percentile.max() == pytest.approx(1 - 1 / len(both.values))
    assert percentile.min() == 0


def test_no_value_enters_as_ordinary():
    both = judged([bid_coefficient_of_variation, bid_spread])
    both.values[3] = np.nan
    assert (inputs(both)[3] == 0).all()
