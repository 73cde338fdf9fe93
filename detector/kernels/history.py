"""What had happened before each event, within a window: one pass over events sorted by group and time.

Shared conventions. Events of group g are rows ``[offsets[g]:offsets[g + 1]]``, their `times` (seconds) ascend.
The answer for an event counts events of its group with ``time - width <= their time < time``: what happened at
the same instant is not known yet, so it never counts. Values must be exactly summable (whole numbers, or
multiples of one power of two), so that a result cannot depend on the order of simultaneous events.
"""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel


@kernel
def sum_before_each(values: FloatArray, offsets: IntArray, times: FloatArray, width: float) -> FloatArray:
    """Sum of the `values` of the earlier events of each event's group; 0 where there are none."""
    result = np.zeros(len(values))
    for group in range(len(offsets) - 1):
        low = high = offsets[group]
        total = 0.0
        for i in range(offsets[group], offsets[group + 1]):
            while times[high] < times[i]:
                total += values[high]
                high += 1
            while times[low] < times[i] - width:
                total -= values[low]
                low += 1
            result[i] = total
    return result


@kernel
def repeats_before_each(codes: IntArray, offsets: IntArray, times: FloatArray, width: float) -> FloatArray:
    """Ordered pairs of earlier events with the same code: the sum of c * (c - 1) over codes seen c times.

    `codes` are whole numbers from 0. Divided by n * (n - 1) it is the chance that two earlier events, drawn
    without replacement, share their code (Simpson 1949).
    """
    result = np.zeros(len(codes))
    counts = np.zeros(1 if len(codes) == 0 else codes.max() + 1, np.int64)
    for group in range(len(offsets) - 1):
        low = high = offsets[group]
        repeats = 0
        for i in range(offsets[group], offsets[group + 1]):
            while times[high] < times[i]:
                repeats += 2 * counts[codes[high]]
                counts[codes[high]] += 1
                high += 1
            while times[low] < times[i] - width:
                counts[codes[low]] -= 1
                repeats -= 2 * counts[codes[low]]
                low += 1
            result[i] = repeats
        for i in range(low, high):
            counts[codes[i]] = 0
    return result


@kernel
def median_before_each(values: FloatArray, offsets: IntArray, times: FloatArray, width: float) -> FloatArray:
    """Median of the earlier `values` (whole numbers from 0) of each event's group; NaN where there are none.

    The window is held as counts in a Fenwick tree, so a step costs the logarithm of the largest value.
    """
    result = np.full(len(values), np.nan)
    tree = np.zeros(2 if len(values) == 0 else int(values.max()) + 2, np.int64)
    for group in range(len(offsets) - 1):
        low = high = offsets[group]
        for i in range(offsets[group], offsets[group + 1]):
            while times[high] < times[i]:
                _count(tree, int(values[high]), 1)
                high += 1
            while times[low] < times[i] - width:
                _count(tree, int(values[low]), -1)
                low += 1
            held = high - low
            if held > 0:
                result[i] = (_smallest(tree, (held + 1) // 2) + _smallest(tree, held // 2 + 1)) / 2.0
        for i in range(low, high):
            _count(tree, int(values[i]), -1)
    return result


@kernel
def _count(tree: IntArray, value: int, change: int) -> None:
    position = value + 1
    while position < len(tree):
        tree[position] += change
        position += position & -position


@kernel
def _smallest(tree: IntArray, rank: int) -> int:
    """The `rank`-th smallest value held (1 = the smallest)."""
    step = 1
    while 2 * step < len(tree):
        step *= 2
    position = 0
    while step > 0:
        if position + step < len(tree) and tree[position + step] < rank:
            position += step
            rank -= tree[position]
        step //= 2
    return position


@kernel
def capped_sum_before_each(
    values: FloatArray, sources: IntArray, offsets: IntArray, times: FloatArray, width: float
) -> FloatArray:
    """Sum of earlier values of other `sources`, none counted for more than the event's own value.

    The cap differs from event to event, so each event looks at its window anew: quadratic in the events of
    one group within `width`, meant for windows of weeks. For the same reason any values may be summed.
    """
    result = np.zeros(len(values))
    for group in range(len(offsets) - 1):
        low = offsets[group]
        for i in range(offsets[group], offsets[group + 1]):
            while times[low] < times[i] - width:
                low += 1
            j = low
            while times[j] < times[i]:
                if sources[j] != sources[i]:
                    result[i] += min(values[j], values[i])
                j += 1
    return result
