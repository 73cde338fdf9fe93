"""The arrays of an isolation forest, as the kernels see them. No scikit-learn is needed to score or explain."""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from detector.arrays import FloatArray, IntArray

Rows = NDArray[np.floating[Any]]  # float64 or float32 [rows, columns]


class Trees(NamedTuple):
    """All nodes of all trees, one after another; a node is its position in these arrays, parents before children.

    A row goes to the left child if its value is at most the threshold. Kernels trust these arrays and read
    memory by them: `detector.model.flattened.FlatForest` is where they are checked.
    """

    offsets: IntArray  # [trees + 1]: tree t is the nodes offsets[t] up to offsets[t + 1], its root first
    children: NDArray[np.int32]  # [nodes, 2]: left and right child; a leaf is its own child, twice
    feature: NDArray[np.int32]  # [nodes]: column compared; 0 at a leaf
    threshold: NDArray[np.float32]  # [nodes]; infinite at a leaf
    missing_left: NDArray[np.uint8]  # [nodes]: 1 where a missing value goes left; 0 at a leaf
    samples: NDArray[np.int32]  # [nodes]: training rows that reached the node
    path_length: FloatArray  # [nodes]: splits to the leaf + expected further splits; 0 at an inner node


def average_path_length(samples: NDArray[np.integer]) -> FloatArray:
    """c(n): the mean number of splits that isolate one of n rows (an unsuccessful search in a binary tree of n).

    2 (ln(n - 1) + Euler's constant) - 2 (n - 1) / n; 1 for n = 2 and 0 below (Liu et al. 2012, equation 1).
    """
    n = np.asarray(samples, dtype=np.int64)
    lengths = np.zeros(n.shape)
    lengths[n == 2] = 1.0
    many = n[n > 2]
    # The order of these operations is scikit-learn's: another order changes the last bit.
    lengths[n > 2] = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return lengths


def node_depths(trees: Trees) -> NDArray[np.int32]:
    """Splits between the root and each node, for all trees at once."""
    depths = np.zeros(len(trees.feature), np.int32)
    level = trees.offsets[:-1].astype(np.int64)
    depth = 0
    while True:
        inner = level[trees.children[level, 0] != level]
        if not len(inner):
            return depths
        depth += 1
        level = trees.children[inner].ravel().astype(np.int64)
        depths[level] = depth


def inner_nodes(trees: Trees) -> IntArray:
    """The nodes that split, in order."""
    return np.flatnonzero(trees.children[:, 0] != np.arange(len(trees.children)))


def tree_of_nodes(trees: Trees) -> IntArray:
    """The tree that each node belongs to."""
    return np.repeat(np.arange(len(trees.offsets) - 1), np.diff(trees.offsets))


def tree_depths(trees: Trees) -> NDArray[np.int32]:
    """The depth of the deepest leaf of each tree."""
    return np.maximum.reduceat(node_depths(trees), trees.offsets[:-1])


def node_parents(trees: Trees) -> IntArray:
    """The parent of each node; a root is its own parent."""
    parents = np.arange(len(trees.feature), dtype=np.int64)
    inner = inner_nodes(trees)
    parents[trees.children[inner, 0]] = inner
    parents[trees.children[inner, 1]] = inner
    return parents


def as_kernel_input(rows: Rows) -> Rows:
    """`rows` as a C-ordered, read-only view: one array type for all callers, so each kernel compiles once."""
    view = np.ascontiguousarray(rows).view()
    view.flags.writeable = False
    return view


def chunk_bounds(rows: int, block: int) -> IntArray:
    """Where to cut `rows` into runs of whole blocks, a few for each thread. A run is the work of one thread."""
    blocks = -(-rows // block)
    chunks = max(1, min(blocks, 4 * numba.get_num_threads()))
    return np.minimum(np.arange(chunks + 1) * blocks // chunks * block, rows)
