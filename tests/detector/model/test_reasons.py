import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from detector.model.flattened import flatten
from detector.model.reasons import POINTS, score_points


@pytest.fixture(scope="module")
def forest():
    rows = np.random.default_rng(3).random((400, 5))
    return flatten(IsolationForest(n_estimators=40, max_samples=64, random_state=1).fit(rows))


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), min_size=1, max_size=12))
def test_points_and_base_add_up_to_the_score(forest, rows):
    rows = np.array(rows)
    account = score_points(forest, rows)
    np.testing.assert_allclose(
        account.base + account.points.sum(axis=1), POINTS * forest.score(rows), rtol=0, atol=1e-9
    )


def test_a_column_the_trees_never_split_on_gets_no_points():
    rows = np.random.default_rng(4).random((200, 3))
    rows[:, 2] = 0.5
    flat = flatten(IsolationForest(n_estimators=20, max_samples=32, random_state=1).fit(rows))
    assert (score_points(flat, rows).points[:, 2] == 0).all()


def test_the_outlying_feature_gets_the_points(forest):
    ordinary, odd = np.full(5, 0.5), np.full(5, 0.5)
    odd[3] = 1.0
    points = score_points(forest, np.array([ordinary, odd])).points
    assert points[1].argmax() == 3
