"""Triangles of a graph."""

import numpy as np

from detector.arrays import IntArray
from detector.kernels.compilation import kernel


@kernel
def triangles(starts: IntArray, heads: IntArray) -> IntArray:
    """All triangles of a graph as numbers of their three edges, int64 [triangles, 3].

    Edge e leads from its lower node to the higher node ``heads[e]``; the edges from node v are rows
    ``[starts[v]:starts[v + 1]]``, ordered by head. Triangles come in the order of their lowest edge.
    """
    total = _walk(starts, heads, np.empty((0, 3), np.int64))
    found = np.empty((total, 3), np.int64)
    _walk(starts, heads, found)
    return found


@kernel
def _walk(starts: IntArray, heads: IntArray, found: IntArray) -> int:
    """Write triangles to `found` as far as it reaches; how many there are."""
    total = 0
    for node in range(len(starts) - 1):
        for first in range(starts[node], starts[node + 1]):
            middle = heads[first]
            third = starts[middle]
            for second in range(first + 1, starts[node + 1]):
                while third < starts[middle + 1] and heads[third] < heads[second]:
                    third += 1
                if third < starts[middle + 1] and heads[third] == heads[second]:
                    if total < len(found):
                        found[total, 0] = first
                        found[total, 1] = second
                        found[total, 2] = third
                    total += 1
    return total
