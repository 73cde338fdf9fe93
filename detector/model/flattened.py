"""A fitted isolation forest as plain arrays: scored, explained and saved without scikit-learn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.arrays import FloatArray
from detector.errors import ModelError
from detector.kernels import forest
from detector.kernels.forest_shapley import shapley
from detector.kernels.trees import Rows, Trees, average_path_length, node_depths

if TYPE_CHECKING:  # a saved forest is scored where scikit-learn is not even loaded
    from sklearn.ensemble import IsolationForest

ARRAY_TYPES = {
    "offsets": np.int64,
    "children": np.int32,
    "feature": np.int32,
    "threshold": np.float32,
    "missing_left": np.uint8,
    "samples": np.int32,
    "path_length": np.float64,
}


@dataclass(frozen=True)
class FlatForest:
    """An isolation forest that scores and explains by itself. Saved as the arrays of `trees` and two numbers.

    The arrays are checked and made read-only when it is built, from scikit-learn or from a file.
    """

    trees: Trees
    max_samples: int  # training rows each tree was grown on
    n_features: int

    def __post_init__(self) -> None:
        _check(self.trees, self.max_samples, self.n_features)
        for array in self.trees:
            array.flags.writeable = False

    def score(self, rows: Rows) -> FloatArray:
        """Anomaly score of each row of float [n, n_features], in (0, 1], higher = more anomalous.

        The same bits as `-IsolationForest.score_samples(rows)`. Raises ModelError on another number of columns.
        """
        return forest.score(self.trees, self.max_samples, self._checked(rows))

    def shapley(self, rows: Rows) -> tuple[FloatArray, float]:
        """Shapley values [n, n_features] of the mean path length and their base; see `forest_shapley`.

        Raises ModelError on another number of columns.
        """
        return shapley(self.trees, self._checked(rows))

    def _checked(self, rows: Rows) -> Rows:
        if rows.ndim == 2 and rows.shape[1] == self.n_features and rows.dtype in (np.float32, np.float64):
            return rows
        raise ModelError(
            f"rows to score are {rows.dtype} of shape {rows.shape}; this forest was fitted on {self.n_features} "
            "columns of floating-point numbers. Pass the features the model names, in its order."
        )


def flatten(model: "IsolationForest") -> FlatForest:
    """The arrays of a fitted forest. Trees on a subset of the columns and bootstrapped rows are fine.

    Raises ModelError if the forest was not fitted.
    """
    if not hasattr(model, "estimators_"):
        raise ModelError("the isolation forest was not fitted. Fit it before it is flattened.")
    grown = [estimator.tree_ for estimator in model.estimators_]
    offsets = np.cumsum([0, *(tree.node_count for tree in grown)])
    shift = np.repeat(offsets[:-1], np.diff(offsets))
    nodes = np.arange(offsets[-1])
    left = np.concatenate([tree.children_left for tree in grown])
    right = np.concatenate([tree.children_right for tree in grown])
    leaf = left < 0
    columns = zip(grown, model.estimators_features_, strict=True)
    feature = np.concatenate([own[np.maximum(tree.feature, 0)] for tree, own in columns])
    threshold = np.concatenate([tree.threshold for tree in grown])
    missing_left = np.concatenate([tree.missing_go_to_left for tree in grown])
    children = np.stack([np.where(leaf, nodes, left + shift), np.where(leaf, nodes, right + shift)], axis=1)
    trees = Trees(
        offsets=offsets.astype(np.int64),
        children=children.astype(np.int32),
        feature=np.where(leaf, 0, feature).astype(np.int32),
        threshold=_float32_below(np.where(leaf, np.inf, threshold)),
        missing_left=np.where(leaf, 0, missing_left).astype(np.uint8),
        samples=np.concatenate([tree.n_node_samples for tree in grown]).astype(np.int32),
        path_length=np.zeros(len(nodes)),
    )
    # In scikit-learn's order of operations, so that sums of path lengths have its bits.
    lengths = (node_depths(trees) + 1.0) + average_path_length(trees.samples) - 1.0
    trees = trees._replace(path_length=np.where(leaf, lengths, 0.0))
    return FlatForest(trees, int(model.max_samples_), int(model.n_features_in_))


def _float32_below(threshold: FloatArray) -> NDArray[np.float32]:
    """The largest float32 at or below each threshold: the same decision for every float32 value."""
    nearest = threshold.astype(np.float32)
    above = nearest > threshold
    nearest[above] = np.nextafter(nearest[above], np.float32(-np.inf))
    return nearest


def _check(trees: Trees, max_samples: int, n_features: int) -> None:
    """Refuse arrays by which a kernel would read outside its memory or never end: they may come from a file."""
    wrong = _first_fault(trees, max_samples, n_features)
    if wrong:
        raise ModelError(
            f"the arrays of this forest contradict each other: {wrong}. Fit or fetch the model again."
        )


def _first_fault(trees: Trees, max_samples: int, n_features: int) -> str:
    shapes = _wrong_shape(trees)
    if shapes:
        return shapes
    offsets, children = trees.offsets, trees.children
    nodes = np.arange(len(children))
    if offsets[0] != 0 or offsets[-1] != len(nodes) or (np.diff(offsets) < 1).any():
        return "the offsets do not cut the nodes into trees"
    leaf = children[:, 0] == nodes
    inner = nodes[~leaf]
    below = children[inner].ravel()
    last = np.repeat(offsets[1:], np.diff(offsets))
    if (children[leaf, 1] != nodes[leaf]).any() or (children[inner] <= inner[:, None]).any():
        return "a child stands before its parent"
    if (children[inner] >= last[inner, None]).any():
        return "a child lies in another tree"
    parents = np.bincount(below, minlength=len(nodes))
    parents[offsets[:-1]] += 1  # a root counts as its own
    if (parents != 1).any():
        return "a node has no parent, or two"
    if (trees.feature < 0).any() or (trees.feature >= n_features).any():
        return f"a split is on a column that is not one of {n_features}"
    if (trees.samples < 1).any() or (
        trees.samples[inner] != trees.samples[children[inner]].sum(axis=1)
    ).any():
        return "the training rows of two children are not those of their parent"
    if max_samples < 1 or not np.isfinite(trees.path_length).all() or np.isnan(trees.threshold).any():
        return "a sample size, path length or threshold is not a number it can be"
    return ""


def _wrong_shape(trees: Trees) -> str:
    nodes = len(trees.path_length)
    expected = {"offsets": (len(trees.offsets),), "children": (nodes, 2)}
    for name, array in trees._asdict().items():
        dtype = ARRAY_TYPES[name]
        shape = expected.get(name, (nodes,))
        if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
            return f"{name} is {array.dtype} of shape {array.shape}, expected {dtype} of shape {shape}"
    return "" if len(trees.offsets) > 1 else "there is no tree"
