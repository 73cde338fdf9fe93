import io

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from detector.errors import ModelError
from detector.kernels.trees import Trees, node_depths, node_parents
from detector.model.flattened import FlatForest, flatten
from tests.forests import fitted, indicator_like, with_gaps


def small():
    return flatten(fitted(indicator_like(300, 4), n_estimators=3))


def test_arrays_say_what_the_trees_say():
    model = fitted(with_gaps(indicator_like(500, 6)), max_features=4)
    trees = flatten(model).trees
    for number, (estimator, columns) in enumerate(
        zip(model.estimators_, model.estimators_features_, strict=True)
    ):
        tree, first = estimator.tree_, trees.offsets[number]
        nodes = slice(first, trees.offsets[number + 1])
        inner = tree.children_left >= 0
        assert np.array_equal(trees.children[nodes][inner, 0] - first, tree.children_left[inner])
        assert np.array_equal(trees.children[nodes][inner, 1] - first, tree.children_right[inner])
        assert np.array_equal(trees.feature[nodes][inner], columns[tree.feature[inner]])
        assert np.array_equal(trees.missing_left[nodes][inner], tree.missing_go_to_left[inner])
        assert np.array_equal(trees.samples[nodes], tree.n_node_samples)
        assert np.array_equal(node_depths(trees)[nodes] + 1, tree.compute_node_depths())


def test_thresholds_are_the_float32_just_below_or_at_those_of_the_tree():
    model = fitted(indicator_like(500, 6))
    trees = flatten(model).trees
    exact = np.concatenate([estimator.tree_.threshold for estimator in model.estimators_])
    inner = np.isfinite(trees.threshold)
    assert (trees.threshold[inner] <= exact[inner]).all()
    assert (np.nextafter(trees.threshold[inner], np.float32(np.inf)) > exact[inner]).all()


def test_parents_and_children_agree():
    trees = small().trees
    parents = node_parents(trees)
    for node, (left, right) in enumerate(trees.children):
        if left != node:
            assert parents[left] == parents[right] == node
    assert (parents[trees.offsets[:-1]] == trees.offsets[:-1]).all()


def test_the_same_forest_comes_back_from_a_file_without_pickle():
    rows = indicator_like(300, 4)
    flat = small()
    file = io.BytesIO()
    np.savez(file, **flat.trees._asdict())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        back = FlatForest(Trees(**arrays), flat.max_samples, flat.n_features)
    assert np.array_equal(back.score(rows), flat.score(rows))
    assert np.array_equal(back.shapley(rows)[0], flat.shapley(rows)[0])


def test_arrays_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        small().trees.threshold[0] = 1.0


def test_a_forest_that_was_not_fitted_is_refused():
    with pytest.raises(ModelError, match="not fitted"):
        flatten(IsolationForest())


@pytest.mark.parametrize(
    "rows", [np.zeros((5, 3)), np.zeros(4), np.zeros((5, 4), np.int64), np.zeros((5, 4), np.float16)]
)
def test_rows_of_another_shape_or_type_are_refused(rows):
    flat = small()
    for use in (flat.score, flat.shapley):
        with pytest.raises(ModelError, match="fitted on 4 columns"):
            use(rows)


def changed(name, change):
    flat = small()
    array = getattr(flat.trees, name).copy()
    return FlatForest(flat.trees._replace(**{name: change(array)}), flat.max_samples, flat.n_features)


def put(index, value):
    def change(array):
        array[index] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("offsets", put(0, 1), "offsets"),
        ("offsets", put(-1, 10**6), "offsets"),
        ("offsets", lambda a: a[:1], "no tree"),
        ("offsets", lambda a: a[:, None], "offsets"),
        ("children", put((0, 1), 0), "before its parent"),
        ("children", put((0, 1), -5), "before its parent"),
        ("children", lambda a: a + 10**6, "before its parent|another tree"),
        ("children", put((0, 1), 2), "no parent, or two"),
        ("feature", put(0, 4), "column"),
        ("feature", put(0, -1), "column"),
        ("feature", lambda a: a[:-1], "feature is int32 of shape"),
        ("threshold", put(0, np.nan), "not a number"),
        ("threshold", lambda a: a.astype(np.float64), "threshold is float64"),
        ("samples", put(0, 0), "training rows"),
        ("samples", put(1, 9999), "training rows"),
        ("path_length", put(0, np.inf), "not a number"),
    ],
)
def test_arrays_that_would_lead_a_kernel_astray_are_refused(name, change, message):
    with pytest.raises(ModelError, match=message):
        changed(name, change)


def test_a_tree_may_not_reach_into_the_next():
    flat = small()
    children = flat.trees.children.copy()
    children[0, 1] = flat.trees.offsets[1] + 1
    with pytest.raises(ModelError, match="another tree"):
        FlatForest(flat.trees._replace(children=children), flat.max_samples, flat.n_features)
