"""Grouping: values that belong together brought together, and in order, without comparing all with all."""

import numba
import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.kernels.compilation import kernel, parallel_kernel

# Up to so many values, sorting by insertion beats a general sort.
FEW = 32


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


@kernel
def grouped_each(values: FloatArray, groups: IntArray, offsets: IntArray) -> FloatArray:
    """`values` by group, in their order within each (a counting sort); those of no group left out.

    `offsets` as `group_offsets` gives them for the same `groups`.
    """
    place = offsets[:-1].copy()
    result = np.empty(offsets[-1])
    for row in range(len(values)):
        group = groups[row]
        if group >= 0:
            result[place[group]] = values[row]
            place[group] += 1
    return result


@parallel_kernel
def best_first_each(values: FloatArray, offsets: IntArray, descending: BoolArray) -> FloatArray:
    """Grouped `values` ordered within each group; not NaN.

    Ascending, or descending where `descending` (one element per group) says so.
    """
    result = values.copy()
    for group in numba.prange(len(offsets) - 1):
        first, last = offsets[group], offsets[group + 1]
        if last - first > FEW:
            result[first:last] = np.sort(result[first:last])
        else:
            for i in range(first + 1, last):
                value, place = result[i], i
                while place > first and result[place - 1] > value:
                    result[place] = result[place - 1]
                    place -= 1
                result[place] = value
        if descending[group]:
            for i in range((last - first) // 2):
                result[first + i], result[last - 1 - i] = result[last - 1 - i], result[first + i]
    return result


@parallel_kernel
def best_first_order(values: FloatArray, offsets: IntArray, descending: BoolArray) -> IntArray:
    """Positions of grouped `values` (not NaN) in the order of `best_first_each`; equal values keep theirs."""
    order = np.arange(len(values))
    for group in numba.prange(len(offsets) - 1):
        first, last = offsets[group], offsets[group + 1]
        sign = -1.0 if descending[group] else 1.0
        if last - first > FEW:
            order[first:last] = first + np.argsort(sign * values[first:last], kind="mergesort")
            continue
        for i in range(first + 1, last):
            key, place = sign * values[i], i
            while place > first and sign * values[order[place - 1]] > key:
                order[place] = order[place - 1]
                place -= 1
            order[place] = i
    return order
