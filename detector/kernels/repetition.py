"""Where each event ranks among those that came before it."""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel
from detector.kernels.history import _count


@kernel
def rank_before_each(ranks: IntArray, offsets: IntArray, times: FloatArray, width: float) -> FloatArray:
    """How many earlier events of each event's group have a smaller rank, the same, and how many there are.

    `ranks` are whole numbers from 0. Groups, times and `width` as in `detector.kernels.history`. Result: float64
    [events, 3]. The window is held as counts in a Fenwick tree, so a step costs the logarithm of the largest rank.
    """
    result = np.zeros((len(ranks), 3))
    tree = np.zeros(2 if len(ranks) == 0 else ranks.max() + 2, np.int64)
    for group in range(len(offsets) - 1):
        low = high = offsets[group]
        for i in range(offsets[group], offsets[group + 1]):
            while times[high] < times[i]:
                _count(tree, ranks[high], 1)
                high += 1
            while times[low] < times[i] - width:
                _count(tree, ranks[low], -1)
                low += 1
            below = _held_up_to(tree, ranks[i] - 1)
            result[i, 0] = below
            result[i, 1] = _held_up_to(tree, ranks[i]) - below
            result[i, 2] = high - low
        for i in range(low, high):
            _count(tree, ranks[i], -1)
    return result


@kernel
def _held_up_to(tree: IntArray, rank: int) -> int:
    """How many held values are at most `rank`."""
    position, total = rank + 1, 0
    while position > 0:
        total += tree[position]
        position -= position & -position
    return total
