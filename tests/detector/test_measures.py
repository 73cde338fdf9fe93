import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from detector.measures import (
    Interval,
    Ranking,
    average_precision,
    bootstrap,
    highest,
    once,
    overlap,
    roc_auc,
    share_interval,
)

ROWS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60)


@given(ROWS)
def test_auc_and_average_precision_are_those_of_scikit_learn(rows):
    score, label = np.array([row[0] for row in rows], dtype=float), np.array([row[1] for row in rows])
    ranking = Ranking.of(score, label)
    if not label.any():
        assert np.isnan(average_precision(ranking, once(ranking)))
        assert np.isnan(roc_auc(ranking, once(ranking)))
        return
    expected = average_precision_score(label, score)
    assert average_precision(ranking, once(ranking)) == pytest.approx(expected)
    if not label.all():
        assert roc_auc(ranking, once(ranking)) == pytest.approx(roc_auc_score(label, score))


@given(ROWS, st.integers(0, 2**32 - 1))
def test_a_weight_is_a_repeated_row(rows, seed):
    score, label = np.array([row[0] for row in rows], dtype=float), np.array([row[1] for row in rows])
    weight = np.random.default_rng(seed).integers(0, 4, len(rows))
    ranking = Ranking.of(score, label)
    times = weight[ranking.order]
    repeated = Ranking.of(np.repeat(score[ranking.order], times), np.repeat(label[ranking.order], times))
    for measure in (roc_auc, average_precision):
        expected = measure(repeated, once(repeated))
        np.testing.assert_allclose(measure(ranking, times * 1.0), expected)


def test_an_interval_holds_the_figure_and_is_the_same_again():
    rng = np.random.default_rng(1)
    label = rng.random(400) < 0.2
    ranking = Ranking.of(rng.normal(size=400) + label, label)
    low, high = bootstrap(roc_auc, ranking, seed=3)
    assert low < roc_auc(ranking, once(ranking)) < high
    assert high - low < 0.2
    assert bootstrap(roc_auc, ranking, seed=3) == Interval(low, high)


def test_where_nothing_can_be_said_the_interval_is_not_a_number():
    for label in (np.zeros(0, dtype=bool), np.zeros(5, dtype=bool)):
        assert np.isnan(bootstrap(roc_auc, Ranking.of(np.zeros(len(label)), label), seed=0)).all()
    assert np.isnan(share_interval(np.nan, 5)).all()
    assert np.isnan(share_interval(0.5, 0)).all()


def test_the_interval_of_a_share_is_wilsons():
    # 8 of 10: 0.490 to 0.943 (Newcombe 1998, Statistics in Medicine 17, method 3).
    assert share_interval(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert share_interval(0.0, 10)[0] == 0.0
    assert share_interval(1.0, 10)[1] == 1.0


def test_the_interval_of_a_share_covers_it_nineteen_times_in_twenty():
    rng = np.random.default_rng(2)
    for truth, n in ((0.95, 200), (0.5, 40), (0.99, 1000)):
        seen = rng.binomial(n, truth, size=2_000) / n
        held = [share_interval(share, n).low <= truth <= share_interval(share, n).high for share in seen]
        assert np.mean(held) > 0.92


def test_highest_and_overlap():
    assert highest(np.array([1.0, 3.0, 3.0, 2.0]), 3).tolist() == [1, 2, 3]
    assert overlap(frozenset("ab"), frozenset("bc")) == pytest.approx(1 / 3)
    assert np.isnan(overlap(frozenset(), frozenset()))
