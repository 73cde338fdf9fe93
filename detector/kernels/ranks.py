"""Ranks within groups, ties counted apart."""

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.kernels.compilation import kernel


@kernel
def below_and_tied_each(
    values: FloatArray, order: IntArray, groups: IntArray, counted: BoolArray, group_count: int
) -> FloatArray:
    """For each value: how many others of its group are smaller, and how many are equal.

    `order` sorts `values` ascending (any order among ties), NaN last; `groups` are codes in
    [0, group_count) or -1 for none; rows that are not `counted` are nobody's others. Result: float64 [n, 2], NaN
    where the value or the group is missing.
    One pass over the sorted values; a run of equal values is counted before it is added.
    """
    n = len(values)
    result = np.full((n, 2), np.nan)
    below = np.zeros(group_count, dtype=np.int64)
    tied = np.zeros(group_count, dtype=np.int64)
    start = 0
    while start < n and not np.isnan(values[order[start]]):
        stop = start
        while stop < n and values[order[stop]] == values[order[start]]:
            if groups[order[stop]] >= 0 and counted[order[stop]]:
                tied[groups[order[stop]]] += 1
            stop += 1
        for position in range(start, stop):
            row = order[position]
            if groups[row] >= 0:
                result[row, 0] = below[groups[row]]
                result[row, 1] = tied[groups[row]] - (1 if counted[row] else 0)
        for position in range(start, stop):
            group = groups[order[position]]
            if group >= 0:
                below[group] += tied[group]
                tied[group] = 0
        start = stop
    return result
