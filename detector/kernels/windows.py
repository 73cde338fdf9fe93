"""Quartiles, the first value and the regulars of what came before each event.

Groups, times and `width` as in `detector.kernels.history`: an event's window holds the events of its group with
``time - width <= their time < time``.
"""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel
from detector.kernels.history import _count, _smallest


@kernel
def quartiles_before_each(ranks: IntArray, offsets: IntArray, times: FloatArray, width: float) -> FloatArray:
    """Quartiles and number of the earlier `ranks` (whole numbers from 0), float64 [events, 4].

    An event with a negative rank asks and is not counted. Quartile q of n values is the value at place
    ceil(q * n / 4), so it is one of them; NaN without any.
    """
    result = np.full((len(ranks), 4), np.nan)
    tree = np.zeros(2 if len(ranks) == 0 else max(ranks.max(), 0) + 2, np.int64)
    for group in range(len(offsets) - 1):
        low = high = offsets[group]
        held = 0
        for i in range(offsets[group], offsets[group + 1]):
            while times[high] < times[i]:
                held += _weigh(tree, ranks[high], 1)
                high += 1
            while times[low] < times[i] - width:
                held += _weigh(tree, ranks[low], -1)
                low += 1
            result[i, 3] = held
            if held > 0:
                for quarter in range(1, 4):
                    result[i, quarter - 1] = _smallest(tree, (quarter * held + 3) // 4)
        for i in range(low, high):
            _weigh(tree, ranks[i], -1)
    return result


@kernel
def _weigh(tree: IntArray, rank: int, change: int) -> int:
    """Count a rank, unless it is negative; by how many the number held has changed."""
    if rank < 0:
        return 0
    _count(tree, rank, change)
    return change


@kernel
def first_before_each(values: FloatArray, offsets: IntArray, times: FloatArray, width: float) -> FloatArray:
    """Value of the earliest event in each event's window, the largest of several at one instant; NaN if
    none."""
    result = np.full(len(values), np.nan)
    for group in range(len(offsets) - 1):
        low = offsets[group]
        for i in range(offsets[group], offsets[group + 1]):
            while times[low] < times[i] - width:
                low += 1
            j = low
            while times[j] < times[i] and times[j] == times[low]:
                if not result[i] >= values[j]:
                    result[i] = values[j]
                j += 1
    return result


@kernel
def regulars_before_each(
    members: IntArray, member_offsets: IntArray, offsets: IntArray, times: FloatArray, last: int
) -> FloatArray:
    """Regular members of the groups before each group, and how many of them it lacks, float64 [groups, 2].

    Groups (lots) of one market are rows ``[offsets[m]:offsets[m + 1]]`` with ascending `times`; the members
    of group g (whole numbers from 0, distinct) are ``members[member_offsets[g]:member_offsets[g + 1]]``. The
    window are the `last` earlier groups and those as old as the oldest of them; a regular is in at least half
    of the window. NaN with fewer than `last` earlier groups.
    """
    result = np.full((len(member_offsets) - 1, 2), np.nan)
    seen = np.zeros(1 if len(members) == 0 else members.max() + 1, np.int64)
    asked = np.full(len(seen), -1)
    for market in range(len(offsets) - 1):
        low = high = offsets[market]
        for group in range(offsets[market], offsets[market + 1]):
            while times[high] < times[group]:
                _see(seen, members[member_offsets[high] : member_offsets[high + 1]], 1)
                high += 1
            # The oldest goes if `last` groups younger than it stay.
            while high - low > last and times[low] < times[high - last]:
                _see(seen, members[member_offsets[low] : member_offsets[low + 1]], -1)
                low += 1
            if high - low < last:
                continue
            for i in range(member_offsets[group], member_offsets[group + 1]):
                asked[members[i]] = group
            regulars = absent = 0
            for i in range(member_offsets[low], member_offsets[high]):
                member = members[i]
                if 2 * seen[member] >= high - low:
                    regulars += 1
                    absent += int(asked[member] != group)
                    # Counted once: put back below.
                    seen[member] = -seen[member]
            for i in range(member_offsets[low], member_offsets[high]):
                seen[members[i]] = abs(seen[members[i]])
            result[group, 0] = regulars
            result[group, 1] = absent
        for group in range(low, high):
            _see(seen, members[member_offsets[group] : member_offsets[group + 1]], -1)
    return result


@kernel
def _see(seen: IntArray, members: IntArray, change: int) -> None:
    for member in members:
        seen[member] += change
