import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detector.kernels import forest, forest_bits
from detector.kernels.trees import average_path_length
from detector.model.flattened import flatten
from tests.forests import fitted, indicator_like, with_gaps


def reference(model, rows):
    return -model.score_samples(rows)


def naive_leaf(tree, values):
    node = depth = 0
    while tree.children_left[node] >= 0:
        value = np.float32(values[tree.feature[node]])
        left = tree.missing_go_to_left[node] if np.isnan(value) else value <= tree.threshold[node]
        node = (tree.children_left if left else tree.children_right)[node]
        depth += 1
    return depth, int(tree.n_node_samples[node])


def naive_average(n):
    return 2 * (math.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n if n > 2 else float(n == 2)


def naive_scores(model, rows):
    scores = []
    for row in rows:
        total = 0.0
        for estimator, columns in zip(model.estimators_, model.estimators_features_, strict=True):
            depth, samples = naive_leaf(estimator.tree_, row[columns])
            total += depth + naive_average(samples)
        scores.append(2 ** -(total / (len(model.estimators_) * naive_average(model.max_samples_))))
    return np.array(scores)


@pytest.fixture(params=["descent", "bits"])
def scorer(request, monkeypatch):
    """Each way of scoring, whatever the amount of work."""
    monkeypatch.setattr(forest, "MANY", math.inf if request.param == "descent" else 0)
    return request.param


@pytest.mark.parametrize("d", [1, 2, 7, 40])
@pytest.mark.parametrize("n", [1, 5, 511, 513, 3000])
def test_scores_have_the_bits_of_scikit_learn(scorer, d, n):
    rows = indicator_like(n, d)
    model = fitted(rows)
    assert np.array_equal(flatten(model).score(rows), reference(model, rows))


@pytest.mark.parametrize("max_samples", [1, 2, 64, 256, 300, 2000])
def test_any_sample_size_and_depth(scorer, max_samples):
    rows = indicator_like(2000, 6)
    model = fitted(rows, max_samples=max_samples)
    assert np.array_equal(flatten(model).score(rows), reference(model, rows))


@pytest.mark.parametrize(
    "settings", [{"max_features": 0.5}, {"max_features": 1}, {"bootstrap": True}, {"n_estimators": 1}]
)
def test_other_ways_to_grow_a_forest(scorer, settings):
    rows = indicator_like(1200, 9)
    model = fitted(rows, **settings)
    assert np.array_equal(flatten(model).score(rows), reference(model, rows))


def test_missing_values_follow_the_branch_that_training_chose(scorer):
    rows = indicator_like(1500, 8)
    gaps = with_gaps(rows)
    for model in (fitted(rows), fitted(gaps)):
        assert np.array_equal(flatten(model).score(gaps), reference(model, gaps))


def test_infinite_values_and_a_row_with_nothing(scorer):
    rows = indicator_like(600, 5)
    model = fitted(with_gaps(rows))
    rows[::7, 0], rows[::11, 1], rows[3] = np.inf, -np.inf, np.nan
    assert np.array_equal(flatten(model).score(rows), reference(model, rows))


def test_constant_columns_give_every_row_the_same_score(scorer):
    rows = np.ones((700, 3))
    model = fitted(rows)
    scores = flatten(model).score(rows)
    assert np.array_equal(scores, reference(model, rows))
    assert len(set(scores)) == 1


def test_values_are_rounded_to_float32_before_they_meet_a_threshold(scorer):
    rows = 1 + np.arange(2000.0)[:, None] * 2.0**-26  # four neighbours share one float32
    model = fitted(rows)
    scores = flatten(model).score(rows)
    assert np.array_equal(scores, reference(model, rows))
    assert np.array_equal(scores, flatten(model).score(rows.astype(np.float32)))


def test_many_thresholds_on_one_column_are_ranked_in_several_runs(scorer):
    rows = indicator_like(3000, 1)
    model = fitted(rows, n_estimators=60)
    trees = flatten(model).trees
    assert len(forest_bits.bit_trees(trees, 1).columns) > 9
    assert np.array_equal(flatten(model).score(rows), reference(model, rows))


def test_order_of_memory_and_writability_of_rows_do_not_matter(scorer):
    rows = indicator_like(900, 6)
    flat = flatten(fitted(rows))
    frozen = rows.copy()
    frozen.flags.writeable = False
    for other in (np.asfortranarray(rows), frozen, np.repeat(rows, 2, axis=0)[::2]):
        assert np.array_equal(flat.score(other), flat.score(rows))


def test_the_number_of_threads_changes_no_bit(scorer):
    rows = indicator_like(5000, 6)
    flat = flatten(fitted(rows))
    before = numba.get_num_threads()
    several = flat.score(rows)
    try:
        numba.set_num_threads(1)
        assert np.array_equal(flat.score(rows), several)
    finally:
        numba.set_num_threads(before)


def test_no_rows_no_scores(scorer):
    rows = indicator_like(50, 3)
    assert flatten(fitted(rows)).score(rows[:0]).shape == (0,)


def test_scores_agree_with_the_naive_reading_of_the_paper():
    rows = with_gaps(indicator_like(120, 5))
    for model in (fitted(rows), fitted(rows, max_features=3, max_samples=20)):
        assert np.allclose(flatten(model).score(rows), naive_scores(model, rows), rtol=1e-14, atol=0)


def test_average_path_length_of_few_and_many():
    n = np.array([0, 1, 2, 3, 256, 10**6])
    assert np.allclose(average_path_length(n), [naive_average(k) for k in n], rtol=1e-15, atol=0)


values = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(width=32, allow_nan=True, allow_infinity=True),
)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_rows_get_the_bits_of_scikit_learn_from_both_scorers(data):
    d = data.draw(st.integers(1, 4))
    training = data.draw(
        arrays(np.float64, (data.draw(st.integers(1, 60)), d), elements=st.integers(-4, 4).map(float))
    )
    rows = data.draw(arrays(np.float64, (data.draw(st.integers(1, 80)), d), elements=values))
    model = fitted(training, n_estimators=5, random_state=data.draw(st.integers(0, 99)))
    flat = flatten(model)
    expected = reference(model, rows)
    assert np.array_equal(flat.score(rows), expected)
    if forest_bits.fits(flat.trees, d):
        assert np.array_equal(
            forest_bits.path_length_sums(flat.trees, rows), forest.descended(flat.trees, rows)
        )
