from dataclasses import replace

import numpy as np
import pytest

from detector.errors import ModelError
from detector.features.bid_pattern import bid_coefficient_of_variation, bid_spread
from detector.features.evaluation import evaluate
from detector.features.price_level import price_over_estimate
from detector.model.evidence import joint, plans, strengths
from detector.model.forest import ForestSettings, Model, inputs, score_of
from detector.peers import suspicion
from tests.factory import lot, records

SMALL = ForestSettings(trees=50, sample=64, seed=7)
BOTH = [bid_coefficient_of_variation, price_over_estimate]


def judged(features, count=80):
    rng = np.random.default_rng(5)
    rows = []
    for position in range(count):
        width = 0.1 if position == 0 else 5 + 20 * rng.random()
        estimate = 100.2 if position == 0 else 110.0 + 20.0 * rng.random()
        rows += lot(f"t{position:03}", list(100 + width * rng.random(4)), estimate=estimate)
    built = records(*rows)
    return suspicion(built, evaluate(built, features))


def test_what_is_suspicious_in_several_ways_scores_highest():
    both = judged(BOTH)
    scores = Model.fit(both, SMALL).score(both)
    assert scores.argmax() == 0
    assert ((scores > 0) & (scores < 1)).all()


def test_the_same_seed_gives_the_same_scores_and_another_one_others():
    both = judged(BOTH)
    first, again = Model.fit(both, SMALL).score(both), Model.fit(both, SMALL).score(both)
    other = Model.fit(both, ForestSettings(trees=50, sample=64, seed=8)).score(both)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_its_share_the_forest_moves_nothing():
    both = judged(BOTH)
    scores = [
        Model.fit(both, ForestSettings(trees=20, sample=64, seed=seed, share=0.0)).score(both)
        for seed in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


def test_other_features_are_refused_by_name():
    model = Model.fit(judged([bid_coefficient_of_variation]), SMALL)
    with pytest.raises(ModelError, match=r"B01.*B01 B02"):
        model.score(judged([bid_coefficient_of_variation, bid_spread]))


def test_too_few_trades_are_refused():
    with pytest.raises(ModelError, match="1 trades with 2 patterns are too few"):
        Model.fit(judged([bid_coefficient_of_variation], count=1), SMALL)


@pytest.mark.parametrize("count", [0, 1, 30])
def test_without_a_forest_the_evidence_is_the_score(count):
    both = judged(BOTH, count)
    model = Model.without_forest(both, SMALL)
    np.testing.assert_array_equal(model.score(both), score_of(joint(strengths(both, plans(both)).weighed)))
    assert len(model.reference) == count
    assert np.isfinite(model.percentile(np.array([0.5]))).all() == (count > 0)


def test_confirmed_trades_are_scored_but_nothing_is_learnt_from_them():
    both = judged(BOTH, 100)
    kept = replace(both, groups=replace(both.groups, counted=np.arange(len(both.tail)) >= 20))
    tail = both.tail.copy()
    tail[:20] = 0.999
    model = Model.fit(kept, SMALL)
    again = Model.fit(replace(kept, tail=tail), SMALL)
    np.testing.assert_array_equal(model.reference, again.reference)
    assert len(model.reference) == 80
    assert len(model.score(kept)) == 100


def test_percentile_is_the_share_of_reference_trades_below():
    both = judged(BOTH)
    model = Model.fit(both, SMALL)
    percentile = model.percentile(model.score(both))
    assert percentile.max() == pytest.approx(1 - 1 / len(both.values))
    assert percentile.min() == 0


def test_what_cannot_be_said_enters_the_forest_as_nothing():
    assert (inputs(np.array([[np.nan, 2.0]])) == [[0.0, 2.0]]).all()


def test_more_evidence_never_scores_less():
    scores = score_of(np.linspace(-5, 80, 400))
    assert (np.diff(scores) > 0).all()
    assert ((scores > 0) & (scores < 1)).all()
