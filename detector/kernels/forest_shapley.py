"""Exact Shapley values of the mean path length: why a forest finds a row easy or hard to isolate.

The game is the path-dependent one of Lundberg et al. ("From local explanations to global understanding with
explainable AI for trees", Nature Machine Intelligence 2, 2020), which `shap.TreeExplainer` computes: a coalition
of columns is worth the mean path length when a row follows its own value at splits on those columns, and at the
other splits both branches, weighted by the training rows that took them.

In one tree, let z be the share of training rows, and o = 1 or 0 the row itself, that met all splits on a column
along the path to a leaf. By the multilinear extension (Owen, "Multilinear extensions of games", Management
Science 18, 1972) the value of column i is the integral over t from 0 to 1 of

    sum over leaves:  length * (o_i - z_i) * product over other columns j on the path: z_j + t (o_j - z_j)

a polynomial in t of degree below the number of columns on a path, so Gauss-Legendre quadrature with half as many
points is exact. At each point one pass down a tree makes the products, and one pass up sums them over leaves and
charges every edge to its column: O(nodes * points) a row, against O(leaves * depth ** 2) in the published
algorithm. Products are kept divided by those of z, so an edge on a column that was missed above changes nothing.

A negative value shortens the path: it makes the row more anomalous. Base + values = mean path length. In points of
the score s = 2 ** (-length / c), with b the base, column i has

    value_i * (s - 2 ** (-b / c)) / (length - b)        and -value_i * ln(2) / c * s where length = b

which sum to s - 2 ** (-b / c) and rank the columns of a row as the values do.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel, parallel_kernel
from detector.kernels.trees import (
    Rows,
    Trees,
    as_kernel_input,
    chunk_bounds,
    inner_nodes,
    node_depths,
    node_parents,
    tree_of_nodes,
)
from detector.kernels.vectors import LANES, aligned, goes_left, pull_up, push_down

ALL_LANES = 2**LANES - 1

STEP = np.dtype(
    [
        ("node", np.uint64),  # nodes are numbered from 0 in each tree
        ("left", np.uint64),
        ("right", np.uint64),
        ("before", np.uint64),  # child end of the last edge above on the same column; 0, the root, if none
        ("column", np.uint64),
        ("threshold", np.float32),
        ("missing_left", np.uint16),  # all lanes or none
    ],
    align=True,
)


class Steps(NamedTuple):
    """One step is one inner node with its two edges; parents come first."""

    offsets: IntArray  # [trees + 1]: the steps of each tree
    table: NDArray[np.void]  # [steps] of STEP: one record, because a step reads all of it
    factors: FloatArray  # [steps, points, 8]: see `_factors`


class Paths(NamedTuple):
    """What the path from the root to each node says about the column of its last edge."""

    before: IntArray  # child end of the last earlier edge on that column; the root if there is none
    share: FloatArray  # share of training rows that met all splits on that column
    columns: IntArray  # how many columns the path has


def shapley(trees: Trees, rows: Rows) -> tuple[FloatArray, float]:
    """Shapley values [n, features] of the mean path length of each row, in splits, and their base.

    `rows` is float64 or float32 [n, features]; NaN goes where the trees send missing values, as in scoring.
    A value does not depend on the other rows or the number of threads.
    """
    steps = steps_of(trees)
    most_nodes = int(np.diff(trees.offsets).max())
    values = np.zeros(rows.shape)
    _explain(steps, as_kernel_input(rows), most_nodes, chunk_bounds(len(rows), LANES), values)
    return values, base_length(trees)


def base_length(trees: Trees) -> float:
    """Mean path length of the training rows: the worth of knowing no column."""
    roots = trees.offsets[:-1]
    return float(np.mean(np.add.reduceat(trees.samples * trees.path_length, roots) / trees.samples[roots]))


def steps_of(trees: Trees) -> Steps:
    """The steps of all trees, with their factors at every quadrature point."""
    inner = inner_nodes(trees)
    paths = _paths(trees)
    root = trees.offsets[tree_of_nodes(trees)][inner]
    left, right = trees.children[inner].T
    table = np.zeros(len(inner), STEP)
    table["node"], table["left"], table["right"] = inner - root, left - root, right - root
    table["before"] = paths.before[left] - root
    table["column"] = trees.feature[inner]
    table["threshold"] = trees.threshold[inner]
    table["missing_left"] = np.where(trees.missing_left[inner] != 0, ALL_LANES, 0)
    return Steps(np.searchsorted(inner, trees.offsets), table, _factors(trees, paths, inner))


def _paths(trees: Trees) -> Paths:
    parents, depths = node_parents(trees), node_depths(trees)
    column = trees.feature[parents]
    before = parents.copy()
    while True:
        other = (depths[before] > 0) & (column[before] != column)
        if not other.any():
            break
        before[other] = parents[before[other]]
    share = trees.samples / trees.samples[parents]
    columns = np.zeros(len(parents), np.int64)
    for depth in range(1, int(depths.max()) + 1):
        level = np.flatnonzero(depths == depth)
        share[level] *= share[before[level]]
        columns[level] = columns[parents[level]] + (depths[before[level]] == 0)
    return Paths(before, share, columns)


def _factors(trees: Trees, paths: Paths, inner: IntArray) -> FloatArray:
    """For each step and quadrature point the eight numbers that `push_down` and `pull_up` read.

    What the product gains at the left edge if it is met, at the right one if it is met, at either if it is missed;
    the same three for the charge to the column: (o - z) / (z + t (o - z)) less its value above the edge, times the
    quadrature weight; and for the left child and the right its worth if it is a leaf, 1 if it is not.
    """
    points, weights = np.polynomial.legendre.leggauss(max(1, (int(paths.columns.max()) + 1) // 2))
    t, weight = (points + 1) / 2, weights / 2
    left, right = trees.children[inner].T
    before = paths.before[left]
    z = paths.share[:, None]
    met = (1 - t) + t / z
    gain = (1 - z) / (z + t * (1 - z))
    leaf_worth = trees.path_length * (trees.samples / trees.samples[trees.offsets[tree_of_nodes(trees)]])
    worth = np.where(trees.children[:, 0] == np.arange(len(leaf_worth)), leaf_worth, 1.0)[:, None] + 0 * t
    numbers = [
        *(met[left] / met[before], met[right] / met[before], (1 - t) / met[before]),
        *(weight * (gained - gain[before]) for gained in (gain[left], gain[right], -1 / (1 - t))),
        *(worth[left], worth[right]),
    ]
    return np.stack(numbers, axis=2)


@parallel_kernel
def _explain(steps: Steps, rows: Rows, most_nodes: int, bounds: IntArray, values: FloatArray) -> None:
    for chunk in numba.prange(len(bounds) - 1):
        first, last = bounds[chunk], bounds[chunk + 1]
        _explain_rows(steps, rows[first:last], most_nodes, values[first:last])


@kernel
def _explain_rows(steps: Steps, rows: Rows, most_nodes: int, values: FloatArray) -> None:
    n, features = rows.shape
    trees = len(steps.offsets) - 1
    points = steps.factors.shape[1]
    products = aligned(most_nodes * points * LANES * 8).view(np.float64).reshape(most_nodes, points, LANES)
    met = np.empty(most_nodes, np.uint16)
    met[0] = ALL_LANES
    lefts = np.empty(most_nodes, np.uint16)
    columns = np.zeros((features, LANES), np.float32)
    charges = aligned(features * LANES * 8).view(np.float64).reshape(features, LANES)
    for first in range(0, n, LANES):
        lanes = min(LANES, n - first)
        for column in range(features):
            for lane in range(lanes):
                columns[column, lane] = rows[first + lane, column]
        charges[:] = 0.0
        for tree in range(trees):
            products[0] = 1.0
            _go_down(steps, tree, columns, products, (met, lefts))
            _go_up(steps, tree, charges, products, (met, lefts))
        for lane in range(lanes):
            for column in range(features):
                values[first + lane, column] = charges[column, lane] / trees


Masks = tuple[NDArray[np.uint16], NDArray[np.uint16]]


@kernel
def _go_down(
    steps: Steps, tree: int, columns: NDArray[np.float32], products: FloatArray, masks: Masks
) -> None:
    """`met[node]`: which rows met all splits on the column of the edge into the node, down to here."""
    met, lefts = masks
    for number in range(steps.offsets[tree], steps.offsets[tree + 1]):
        step = steps.table[np.uint64(number)]
        before = met[step.before]
        turned = goes_left(columns, step.column, step.threshold, step.missing_left)
        lefts[step.node] = turned
        met[step.left] = before & turned
        met[step.right] = before & ~turned
        push_down(products, steps.factors, (step.node, step.left, step.right, number), (before, turned))


@kernel
def _go_up(steps: Steps, tree: int, charges: FloatArray, products: FloatArray, masks: Masks) -> None:
    met, lefts = masks
    for number in range(steps.offsets[tree + 1] - 1, steps.offsets[tree] - 1, -1):
        step = steps.table[np.uint64(number)]
        place = (step.node, step.left, step.right, number, step.column)
        pull_up(products, steps.factors, charges, place, (met[step.before], lefts[step.node]))
