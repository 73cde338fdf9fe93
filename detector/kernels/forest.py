"""Scoring with the trees of an isolation forest, bit for bit as scikit-learn scores.

Score of a row x under T trees, each grown on a sample of m rows (Liu, Ting & Zhou, "Isolation-Based Anomaly
Detection", ACM TKDD 6(1), 2012, article 3):

    s(x) = 2 ** -(sum of the path lengths of x / (T * c(m)))

with c(m) from `average_path_length`. This is the paper's sign: in (0, 1], higher is more anomalous, about 0.5
for an ordinary row. scikit-learn's `score_samples` is the same number with a minus sign.

Sums are made in scikit-learn's order, so the score equals its sequential `score_samples` to the last bit, for any
number of threads. (Under joblib threads scikit-learn itself differs in the last bit from run to run.)
"""

import numba
import numpy as np
from numpy.typing import NDArray

from detector.arrays import FloatArray, IntArray
from detector.kernels import forest_bits
from detector.kernels.compilation import kernel, parallel_kernel
from detector.kernels.trees import (
    Rows,
    Trees,
    as_kernel_input,
    average_path_length,
    chunk_bounds,
    tree_depths,
)

BLOCK_ROWS = 64
MANY = 5_000_000  # rows * trees from which the bit scorer is worth its compilation


def score(trees: Trees, max_samples: int, rows: Rows) -> FloatArray:
    """Anomaly score of each row, in (0, 1], higher = more anomalous.

    `rows` is float64 or float32 [n, features]; values are rounded to float32 first, as scikit-learn does.
    NaN goes where the trees send missing values. `max_samples` is the number of rows each tree was grown on.
    """
    lengths = path_length_sums(trees, rows)
    normaliser = (len(trees.offsets) - 1) * average_path_length(np.array([max_samples]))
    # The formula below is scikit-learn's, with its 1 / 2 where trees of one row leave 0 / 0.
    ratio = np.divide(lengths, normaliser, out=np.ones_like(lengths), where=normaliser != 0)
    scores: FloatArray = 2 ** (-ratio)
    return scores


def path_length_sums(trees: Trees, rows: Rows) -> FloatArray:
    """Path length of each row, summed over the trees in their order.

    Little work is done by the plain descent, which compiles in half the time; the bits are the same.
    """
    if len(rows) * (len(trees.offsets) - 1) >= MANY and forest_bits.fits(trees, rows.shape[1]):
        return forest_bits.path_length_sums(trees, rows)
    return descended(trees, rows)


def descended(trees: Trees, rows: Rows) -> FloatArray:
    """`path_length_sums` by following every row down every tree, of any depth."""
    sums = np.zeros(len(rows))
    _descend(trees, tree_depths(trees), as_kernel_input(rows), chunk_bounds(len(rows), BLOCK_ROWS), sums)
    return sums


@parallel_kernel
def _descend(trees: Trees, depths: NDArray[np.int32], rows: Rows, bounds: IntArray, sums: FloatArray) -> None:
    for chunk in numba.prange(len(bounds) - 1):
        for first in range(bounds[chunk], bounds[chunk + 1], BLOCK_ROWS):
            last = min(first + BLOCK_ROWS, bounds[chunk + 1])
            _descend_block(trees, depths, rows[first:last], sums[first:last])


@kernel
def _descend_block(trees: Trees, depths: NDArray[np.int32], rows: Rows, sums: FloatArray) -> None:
    """All rows of the block take one step together: independent steps, which the processor overlaps."""
    n, features = rows.shape
    values = np.empty((n, features), np.float32)
    for row in range(n):
        for column in range(features):
            values[row, column] = rows[row, column]
    nodes = np.empty(n, np.uint32)
    for tree in range(len(depths)):
        nodes[:] = trees.offsets[tree]
        for _ in range(depths[tree]):
            for row in range(n):
                node = nodes[row]
                value = values[row, np.uint32(trees.feature[node])]
                left = (value <= trees.threshold[node]) | ((value != value) & (trees.missing_left[node] != 0))
                nodes[row] = trees.children[node, 0] if left else trees.children[node, 1]
        for row in range(n):
            sums[row] += trees.path_length[nodes[row]]
