"""Path lengths of many rows at once: every node of a tree asks 512 rows its question with a few instructions.

For trees of depth 8 at most (samples of up to 256 rows). Per block of 512 rows:

1. Values become bytes: the rank of a value among the thresholds that a run of trees uses on its column. Ranks
   answer every `value <= threshold` exactly as the values do.
2. Every node compares 512 bytes with its own: a mask of 512 bits, one per row.
3. From the root down, the rows that reached a node are split among its children by that mask; for each depth one
   mask keeps which rows turned right there.
4. A row's turns, as the bits of a byte, look up its path length.

No branch depends on a value, so nothing is mispredicted. Sums are made tree by tree, like those of scikit-learn.
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
from detector.kernels.vectors import WORDS, aligned, compare_codes, count_below, number_leaves, split_rows

ROWS = 64 * WORDS
DEEPEST = 8  # the turns of a path are the bits of a byte
MOST_RANKS = 254  # ranks 0 to 254; the byte 255 is a missing value
MISSING = 255
ALL_ROWS = np.uint64(2**64 - 1)

NODE = np.dtype(
    [
        ("left", np.uint64),  # inner nodes count from 0 in each tree; any leaf is the number after them
        ("right", np.uint64),
        ("depth", np.uint64),
        ("column", np.uint64),
        ("missing_left", np.uint64),  # 0 or 1
        ("code", np.uint8),  # rank of the threshold
    ],
    align=True,
)


class BitTrees(NamedTuple):
    """Trees in the layout of the bit scorer.

    A *ranking* is a column and a run of trees whose thresholds on it are ranked together; it is done before the
    first of these trees. Rankings are in the order of that tree; those of the first tree cover all columns in use.
    """

    columns: IntArray  # [rankings]: the column that is ranked
    due: IntArray  # [trees + 1]: before tree t come the rankings due[t] up to due[t + 1]
    offsets: IntArray  # [trees + 1]: the inner nodes of each tree
    nodes: NDArray[np.void]  # [inner nodes] of NODE, parents first
    ranks: NDArray[np.float32]  # [rankings * 17, 16]: see `_rank_table`
    lengths: FloatArray  # [trees, 256]: path length by the turns to a leaf


class Scratch(NamedTuple):
    """What one thread writes while it works on a block of rows."""

    codes: NDArray[np.uint8]  # [2 * columns, ROWS]: missing values as the highest code, then as the lowest
    met: NDArray[np.uint64]  # [nodes, WORDS]
    reached: NDArray[np.uint64]  # [nodes + 1, WORDS]
    turns: NDArray[np.uint64]  # [DEEPEST, WORDS]
    leaves: NDArray[np.uint8]  # [4, ROWS]


def fits(trees: Trees, columns: int) -> bool:
    """Whether a byte can hold the depth of these trees and the thresholds of any one of them on a column."""
    inner = inner_nodes(trees)
    if not len(inner) or int(node_depths(trees).max()) > DEEPEST:
        return False
    used = np.bincount(tree_of_nodes(trees)[inner] * columns + trees.feature[inner])
    return int(used.max()) <= MOST_RANKS


def path_length_sums(trees: Trees, rows: Rows) -> FloatArray:
    """Path length of each row, summed over the trees in their order. Only for trees that `fits` accepts."""
    layout = bit_trees(trees, rows.shape[1])
    sums = np.zeros(len(rows))
    most_nodes = int(np.diff(layout.offsets).max())
    _sum_lengths(layout, as_kernel_input(rows), most_nodes, chunk_bounds(len(rows), ROWS), sums)
    return sums


def bit_trees(trees: Trees, columns: int) -> BitTrees:
    """The trees laid out for the bit scorer."""
    inner = inner_nodes(trees)
    tree = tree_of_nodes(trees)
    offsets = np.searchsorted(inner, trees.offsets)
    number = np.diff(offsets)[tree]
    number[inner] = np.arange(len(inner)) - offsets[tree[inner]]
    first, column, ranking = _rankings(tree[inner], trees.feature[inner], len(trees.offsets) - 1, columns)
    due = np.searchsorted(first, np.arange(len(trees.offsets)))
    ranks, code = _rank_table(ranking, trees.threshold[inner], len(column))
    nodes = np.zeros(len(inner), NODE)
    nodes["left"], nodes["right"] = number[trees.children[inner]].T
    nodes["depth"] = node_depths(trees)[inner]
    nodes["column"] = trees.feature[inner]
    nodes["missing_left"] = trees.missing_left[inner] != 0
    nodes["code"] = code
    return BitTrees(column, due, offsets, nodes, ranks, _lengths_by_turns(trees, tree))


def _rankings(
    tree: IntArray, column: NDArray[np.int32], trees: int, columns: int
) -> tuple[IntArray, IntArray, IntArray]:
    """First tree and column of each ranking, and the ranking of each node: the fewest that MOST_RANKS allows."""
    used = np.bincount(tree * columns + column, minlength=trees * columns).reshape(trees, columns)
    first: list[int] = []
    ranked: list[int] = []
    current, sofar = np.empty(columns, np.int64), np.full(columns, MOST_RANKS)
    of_tree = np.empty((trees, columns), np.int64)
    for number, counts in enumerate(used):
        sofar += counts
        over = np.flatnonzero((sofar > MOST_RANKS) | ((number == 0) & used.any(axis=0)))
        current[over] = len(ranked) + np.arange(len(over))
        first += [number] * len(over)
        ranked += over.tolist()
        sofar[over] = counts[over]
        of_tree[number] = current
    return np.array(first), np.array(ranked), of_tree[tree, column]


def _rank_table(
    group: IntArray, threshold: NDArray[np.float32], groups: int
) -> tuple[NDArray[np.float32], IntArray]:
    """Sorted thresholds of each group (a ranking) for a search in two steps of 16, and each node's rank.

    Of a group's 17 lines of 16, line 0 holds the last of each other line but the final one: how many of them are
    below a value says in which line its rank is found.
    """
    order = np.lexsort((threshold, group))
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(group[order], group[order])
    sorted_ = np.full((groups, 256), np.inf, np.float32)
    sorted_[group, rank] = threshold
    table = np.full((groups, 17, 16), np.inf, np.float32)
    table[:, 1:] = sorted_.reshape(groups, 16, 16)
    table[:, 0, :15] = sorted_[:, 15:255:16]
    return table.reshape(groups * 17, 16), rank


def _lengths_by_turns(trees: Trees, tree: IntArray) -> FloatArray:
    parents, depths = node_parents(trees), node_depths(trees)
    turns = np.zeros(len(tree), np.int64)
    for depth in range(1, int(depths.max()) + 1):
        level = np.flatnonzero(depths == depth)
        above = parents[level]
        turns[level] = turns[above] | ((trees.children[above, 1] == level) << (depth - 1))
    leaf = trees.children[:, 0] == np.arange(len(tree))
    lengths = np.zeros((len(trees.offsets) - 1, 2**DEEPEST))
    lengths[tree[leaf], turns[leaf]] = trees.path_length[leaf]
    return lengths


@parallel_kernel
def _sum_lengths(trees: BitTrees, rows: Rows, most_nodes: int, bounds: IntArray, sums: FloatArray) -> None:
    for chunk in numba.prange(len(bounds) - 1):
        first, last = bounds[chunk], bounds[chunk + 1]
        _sum_rows(trees, rows[first:last], most_nodes, sums[first:last])


@kernel
def _sum_rows(trees: BitTrees, rows: Rows, most_nodes: int, sums: FloatArray) -> None:
    scratch = _scratch(rows.shape[1], most_nodes)
    totals = np.empty(ROWS)
    for first in range(0, len(rows), ROWS):
        last = min(first + ROWS, len(rows))
        totals[:] = 0.0
        missing = False
        for tree in range(len(trees.due) - 1):
            if trees.due[tree] < trees.due[tree + 1]:
                # The rankings of the first tree see all values, so none is found missing later.
                missing |= _rank_values(trees, tree, rows[first:last], missing, scratch)
            waiting = tree % 4
            _find_leaves(trees, tree, missing, waiting, scratch)
            if waiting == 3 or tree == len(trees.due) - 2:
                _add_lengths(trees, tree - waiting, waiting + 1, scratch, totals)
        for row in range(first, last):
            sums[row] = totals[row - first]


@kernel
def _scratch(columns: int, nodes: int) -> Scratch:
    return Scratch(
        aligned((2 * columns) * ROWS).reshape(2 * columns, ROWS),
        aligned(nodes * 8 * WORDS).view(np.uint64).reshape(nodes, WORDS),
        aligned((nodes + 1) * 8 * WORDS).view(np.uint64).reshape(nodes + 1, WORDS),
        aligned(DEEPEST * 8 * WORDS).view(np.uint64).reshape(DEEPEST, WORDS),
        aligned(4 * ROWS).reshape(4, ROWS),
    )


@kernel
def _rank_values(trees: BitTrees, tree: int, rows: Rows, missing: bool, scratch: Scratch) -> bool:
    """Do the rankings due before a tree; say whether any value is missing (or was), and only then keep both codes.

    64 rows at a time: they stay in the nearest cache while their columns are read.
    """
    codes = scratch.codes
    start, stop = trees.due[tree], trees.due[tree + 1]
    for first in range(0, len(rows), 64):
        for ranking in range(start, stop):
            column, line = trees.columns[ranking], ranking * 17
            for row in range(first, min(first + 64, len(rows))):
                value = np.float32(rows[np.uint64(row), np.uint64(column)])
                group = count_below(trees.ranks, line, value)
                rank = np.uint8(16 * group + count_below(trees.ranks, line + 1 + group, value))
                missing |= value != value
                codes[np.uint64(column), np.uint64(row)] = rank if value == value else np.uint8(MISSING)
    if missing:
        for ranking in range(start, stop):
            column = trees.columns[ranking]
            for row in range(ROWS):
                code = codes[column, row]
                codes[rows.shape[1] + column, row] = np.uint8(0) if code == MISSING else code
    return missing


@kernel
def _find_leaves(trees: BitTrees, tree: int, missing: bool, waiting: int, scratch: Scratch) -> None:
    first, last = trees.offsets[tree], trees.offsets[tree + 1]
    second_half = np.uint64(scratch.codes.shape[0] // 2 if missing else 0)
    for number in range(first, last):
        node = trees.nodes[np.uint64(number)]
        column = node.column + second_half * node.missing_left
        compare_codes(scratch.met, number - first, scratch.codes, column, node.code)
    scratch.turns[:] = np.uint64(0)
    scratch.reached[0] = ALL_ROWS
    for number in range(first, last):
        node = trees.nodes[np.uint64(number)]
        place = (np.uint64(number - first), node.left, node.right, node.depth)
        split_rows(scratch.met, scratch.reached, scratch.turns, place)
    number_leaves(scratch.turns, scratch.leaves, waiting)


@kernel
def _add_lengths(trees: BitTrees, first: int, count: int, scratch: Scratch, totals: FloatArray) -> None:
    """Four trees at a time read and write the totals once; the order of additions is the same."""
    leaves, lengths = scratch.leaves, trees.lengths[first : first + count]
    if count == 4:
        for row in range(ROWS):
            total = totals[row] + lengths[0, leaves[0, row]]
            total += lengths[1, leaves[1, row]]
            total += lengths[2, leaves[2, row]]
            totals[row] = total + lengths[3, leaves[3, row]]
    else:
        for tree in range(count):
            for row in range(ROWS):
                totals[row] += lengths[tree, leaves[tree, row]]
