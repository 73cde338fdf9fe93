import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest

from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.model.flattened import flatten
from detector.model.forest import ForestSettings, Model
from detector.model.reasons import POINTS, forest_shares, score_points
from detector.peers import suspicion
from detector.records import Records
from detector.simulate import simulate


@pytest.fixture(scope="module")
def forest():
    rows = np.random.default_rng(3).random((400, 5))
    return flatten(IsolationForest(n_estimators=40, max_samples=64, random_state=1).fit(rows))


@pytest.fixture(scope="module")
def authority():
    built = Records.build(simulate(trades=500, seed=2, prevalence=0.1).tables)
    return suspicion(built, evaluate(built, list(FEATURES.values())))


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), min_size=1, max_size=12))
def test_shares_and_base_add_up_to_the_score_of_the_forest(forest, rows):
    rows = np.array(rows)
    shares, base = forest_shares(forest, rows)
    np.testing.assert_allclose(base + shares.sum(axis=1), forest.score(rows), rtol=0, atol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_base_points_and_rest_add_up_to_the_score(authority, share):
    model = Model.fit(authority, ForestSettings(trees=40, sample=64, share=share))
    rows = np.arange(len(authority.tail))
    account = score_points(model, authority, rows)
    np.testing.assert_allclose(
        account.base + account.points.sum(axis=1) + account.rest,
        POINTS * model.score(authority),
        rtol=0,
        atol=1e-9,
    )
    assert np.abs(account.rest).max() <= (1e-9 if share == 0.0 else POINTS)


def test_a_feature_without_a_value_gets_no_points(authority):
    model = Model.fit(authority, ForestSettings(trees=40, sample=64))
    account = score_points(model, authority, np.arange(len(authority.tail)))
    assert (account.points[np.isnan(authority.tail)] == 0).all()


def test_a_column_the_trees_never_split_on_gets_no_share():
    rows = np.random.default_rng(4).random((200, 3))
    rows[:, 2] = 0.5
    flat = flatten(IsolationForest(n_estimators=20, max_samples=32, random_state=1).fit(rows))
    assert (forest_shares(flat, rows)[0][:, 2] == 0).all()


def test_the_outlying_column_gets_the_share(forest):
    ordinary, odd = np.full(5, 0.5), np.full(5, 0.5)
    odd[3] = 1.0
    shares, _ = forest_shares(forest, np.array([ordinary, odd]))
    assert shares[1].argmax() == 3
