"""Pairs within groups, and the most similar earlier group."""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel

# A member of more earlier groups than this says nothing about any one of them, and would make the search
# quadratic.
UBIQUITOUS = 1000


@kernel
def pairs_within(offsets: IntArray) -> IntArray:
    """Row numbers of all pairs within each group, int64 [pairs, 2], the earlier row first."""
    total = 0
    for group in range(len(offsets) - 1):
        size = offsets[group + 1] - offsets[group]
        total += size * (size - 1) // 2
    pairs = np.empty((total, 2), np.int64)
    position = 0
    for group in range(len(offsets) - 1):
        for i in range(offsets[group], offsets[group + 1]):
            for j in range(i + 1, offsets[group + 1]):
                pairs[position, 0] = i
                pairs[position, 1] = j
                position += 1
    return pairs


@kernel
def closest_earlier_set(
    members: IntArray, offsets: IntArray, times: FloatArray, sources: IntArray, width: float
) -> FloatArray:
    """Largest Jaccard similarity of each group with an earlier group of another source; 0 if none shares.

    Groups ascend in `times`; members are distinct within a group. A group counts as earlier if
    ``time - width <= its time < time``. Members of more than `UBIQUITOUS` earlier groups are not followed.
    """
    groups = len(offsets) - 1
    result = np.zeros(groups)
    starts = _starts(members)
    held = np.empty(len(members), np.int64)
    low, high = starts[:-1].copy(), starts[:-1].copy()
    shared = np.zeros(groups, np.int64)
    touched = np.empty(groups, np.int64)
    entered = 0
    for group in range(groups):
        while times[entered] < times[group]:
            for i in range(offsets[entered], offsets[entered + 1]):
                held[high[members[i]]] = entered
                high[members[i]] += 1
            entered += 1
        met = 0
        for i in range(offsets[group], offsets[group + 1]):
            member = members[i]
            while low[member] < high[member] and times[held[low[member]]] < times[group] - width:
                low[member] += 1
            if high[member] - low[member] <= UBIQUITOUS:
                met = _share(held[low[member] : high[member]], shared, touched, met)
        size = offsets[group + 1] - offsets[group]
        for k in range(met):
            other = touched[k]
            union = size + offsets[other + 1] - offsets[other] - shared[other]
            if sources[other] != sources[group]:
                result[group] = max(result[group], shared[other] / union)
            shared[other] = 0
    return result


@kernel
def _starts(members: IntArray) -> IntArray:
    starts = np.zeros(1 if len(members) == 0 else members.max() + 2, np.int64)
    for member in members:
        starts[member + 1] += 1
    return np.cumsum(starts)


@kernel
def _share(groups: IntArray, shared: IntArray, touched: IntArray, met: int) -> int:
    """Count one more shared member with each of `groups`; how many groups were touched so far."""
    for group in groups:
        if shared[group] == 0:
            touched[met] = group
            met += 1
        shared[group] += 1
    return met
