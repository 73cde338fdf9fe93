import warnings
from itertools import combinations
from math import factorial

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detector.kernels import forest
from detector.model.flattened import flatten
from tests.forests import fitted, indicator_like, with_gaps


def worth(trees, node, row, known):
    """Path length below a node when only the `known` columns of the row are."""
    left, right = trees.children[node]
    if left == node:
        return trees.path_length[node]
    column, value = trees.feature[node], np.float32(row[trees.feature[node]])
    if column in known:
        goes_left = trees.missing_left[node] if np.isnan(value) else value <= trees.threshold[node]
        return worth(trees, left if goes_left else right, row, known)
    share = trees.samples[left] / trees.samples[node]
    return share * worth(trees, left, row, known) + (1 - share) * worth(trees, right, row, known)


def naive_shapley(flat, row):
    """The definition: every coalition, d <= 6."""
    d, trees = flat.n_features, flat.trees
    lengths = {
        known: np.mean([worth(trees, root, row, known) for root in trees.offsets[:-1]])
        for size in range(d + 1)
        for known in combinations(range(d), size)
    }
    values = np.zeros(d)
    for known, length in lengths.items():
        weight = factorial(len(known)) * factorial(d - len(known) - 1) / factorial(d) if len(known) < d else 0
        for column in set(range(d)) - set(known):
            values[column] += weight * (lengths[tuple(sorted((*known, column)))] - length)
    return values, lengths[()]


def mean_length(flat, rows):
    return forest.path_length_sums(flat.trees, rows) / (len(flat.trees.offsets) - 1)


@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_values_are_those_of_the_definition(d):
    rows = with_gaps(indicator_like(300, d), 0.15)
    flat = flatten(fitted(rows, n_estimators=7))
    values, base = flat.shapley(rows[:20])
    for row, found in zip(rows[:20], values, strict=True):
        expected, naive_base = naive_shapley(flat, row)
        assert np.allclose(found, expected, rtol=0, atol=1e-12)
        assert base == pytest.approx(naive_base, abs=1e-12)


@pytest.mark.parametrize(
    "settings", [{}, {"max_samples": 2}, {"max_samples": 1000}, {"max_features": 0.4}, {"n_estimators": 1}]
)
def test_values_are_those_of_shap(settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap's own imports warn, differently in each of its versions
        import shap
    rows = indicator_like(1500, 12)
    model = fitted(rows, **settings)
    values, base = flatten(model).shapley(rows[:150])
    explainer = shap.TreeExplainer(model)
    expected = explainer.shap_values(rows[:150], check_additivity=False)
    assert np.allclose(values, expected, rtol=0, atol=1e-10)
    assert base == pytest.approx(float(np.ravel(explainer.expected_value)[0]), abs=1e-10)


@pytest.mark.parametrize("max_samples", [1, 2, 16, 256, 1500])
@pytest.mark.parametrize("n", [1, 15, 16, 17, 300])
def test_base_and_values_add_up_to_the_mean_path_length(max_samples, n):
    rows = with_gaps(indicator_like(1500, 10))
    flat = flatten(fitted(rows, max_samples=max_samples))
    values, base = flat.shapley(rows[:n])
    assert np.allclose(base + values.sum(axis=1), mean_length(flat, rows[:n]), rtol=0, atol=1e-12)


def test_a_column_no_tree_asks_for_gets_nothing():
    rows = indicator_like(800, 5)
    rows[:, 2] = 1.0
    values, _ = flatten(fitted(rows)).shapley(rows)
    assert (values[:, 2] == 0).all()


def test_an_isolated_value_shortens_the_path_through_its_own_column():
    rows = indicator_like(1000, 6)
    odd = np.median(rows, axis=0)[None, :]
    odd[0, 1] = 50.0
    values, _ = flatten(fitted(rows, n_estimators=100)).shapley(odd)
    assert np.argmin(values[0]) == 1
    assert values[0, 1] < 0


def test_neighbouring_rows_and_the_number_of_threads_change_no_bit():
    rows = with_gaps(indicator_like(600, 8))
    flat = flatten(fitted(rows))
    together, _ = flat.shapley(rows)
    apart = np.vstack([flat.shapley(rows[k : k + 1])[0] for k in range(0, 600, 37)])
    assert np.array_equal(together[::37], apart)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        assert np.array_equal(flat.shapley(rows)[0], together)
    finally:
        numba.set_num_threads(before)


def test_no_rows_no_values():
    rows = indicator_like(50, 3)
    assert flatten(fitted(rows)).shapley(rows[:0])[0].shape == (0, 3)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_rows_are_explained_as_defined(data):
    d = data.draw(st.integers(1, 4))
    few = st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, 7.0])
    training = data.draw(arrays(np.float64, (data.draw(st.integers(2, 40)), d), elements=few))
    row = data.draw(arrays(np.float64, (1, d), elements=st.one_of(few, st.just(np.nan), st.just(np.inf))))
    flat = flatten(fitted(training, n_estimators=3, random_state=data.draw(st.integers(0, 99))))
    values, base = flat.shapley(row)
    expected, naive_base = naive_shapley(flat, row[0])
    assert np.allclose(values[0], expected, rtol=0, atol=1e-12)
    assert base == pytest.approx(naive_base, abs=1e-12)
