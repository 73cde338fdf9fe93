"""Grouping: values that belong together brought together, and in order, without comparing all with all."""

import numba
import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.kernels.compilation import kernel, parallel_kernel

# Up to so many values, sorting by insertion beats a general sort.
FEW = 32
# Groups whose values lie close enough together for the nearer caches.
BLOCK_GROUPS = 4096


@kernel
def group_offsets(groups: IntArray, group_count: int) -> IntArray:
    """Offsets of each group: its values are ``[offsets[g]:offsets[g + 1]]`` once they are grouped.

    `groups` are codes in [0, group_count), or -1 for values that belong to none.
    """
    offsets = np.zeros(group_count + 1, dtype=np.int64)
    for group in groups:
        if group >= 0:
            offsets[group + 1] += 1
    for group in range(group_count):
        offsets[group + 1] += offsets[group]
    return offsets


def rows_by_group(groups: IntArray, offsets: IntArray) -> IntArray:
    """Positions of `groups` by group, ascending within each (a counting sort); those of no group left out.

    `offsets` as `group_offsets` gives them for the same `groups`.
    """
    rows = np.empty(offsets[-1], dtype=np.int64)
    _place_rows(groups, offsets, np.empty_like(rows), rows)
    return rows


@kernel
def _place_rows(groups: IntArray, offsets: IntArray, coarse: IntArray, rows: IntArray) -> None:
    """To the right block of groups first, then to the group: each step writes within reach of the caches."""
    last = len(offsets) - 1
    place = offsets[:last:BLOCK_GROUPS].copy()
    for row in range(len(groups)):
        group = groups[row]
        if group >= 0:
            block = group // BLOCK_GROUPS
            coarse[place[block]] = row * BLOCK_GROUPS + group % BLOCK_GROUPS
            place[block] += 1
    for start in range(0, last, BLOCK_GROUPS):
        stop = min(start + BLOCK_GROUPS, last)
        place = offsets[start:stop].copy()
        for i in range(offsets[start], offsets[stop]):
            group = coarse[i] % BLOCK_GROUPS
            rows[place[group]] = coarse[i] // BLOCK_GROUPS
            place[group] += 1


def best_first_each(values: FloatArray, offsets: IntArray, descending: BoolArray) -> FloatArray:
    """Grouped `values` ordered within each group; not NaN.

    Ascending, or descending where `descending` (one element per group) says so.
    """
    result = np.empty(len(values))
    _order_values(values, offsets, descending, result)
    return result


@parallel_kernel
def _order_values(values: FloatArray, offsets: IntArray, descending: BoolArray, result: FloatArray) -> None:
    for group in numba.prange(len(offsets) - 1):
        first, last = offsets[group], offsets[group + 1]
        if last - first > FEW:
            result[first:last] = np.sort(values[first:last])
        else:
            # Insertion without a branch that depends on a value: the larger of two moves on.
            for i in range(first, last):
                larger = values[i]
                for j in range(first, i):
                    other = result[j]
                    result[j] = min(larger, other)
                    larger = max(larger, other)
                result[i] = larger
        if descending[group]:
            for i in range((last - first) // 2):
                result[first + i], result[last - 1 - i] = result[last - 1 - i], result[first + i]


def best_first_order(values: FloatArray, offsets: IntArray, descending: BoolArray) -> IntArray:
    """Positions of grouped `values` (not NaN) in the order of `best_first_each`; equal values keep theirs."""
    order = np.empty(len(values), dtype=np.int64)
    _order_positions(values, offsets, descending, order)
    return order


@parallel_kernel
def _order_positions(values: FloatArray, offsets: IntArray, descending: BoolArray, order: IntArray) -> None:
    for group in numba.prange(len(offsets) - 1):
        first, last = offsets[group], offsets[group + 1]
        sign = -1.0 if descending[group] else 1.0
        if last - first > FEW:
            order[first:last] = first + np.argsort(sign * values[first:last], kind="mergesort")
            continue
        for i in range(first, last):
            place = first
            for j in range(first, i):
                place += int(sign * values[j] <= sign * values[i])
            for j in range(i + 1, last):
                place += int(sign * values[j] < sign * values[i])
            order[place] = i
