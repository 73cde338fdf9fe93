"""How close together things arrived, judged against chance."""

import math

import numba
import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel, parallel_kernel


@parallel_kernel
def closest_arrivals(arrivals: FloatArray, offsets: IntArray, deadlines: FloatArray) -> FloatArray:
    """-log10 of the chance that the two closest arrivals of a group are as close as seen, or closer.

    `arrivals` (seconds) ascend within each group; `deadlines` has one element per group. Given the first and last
    of n arrivals, the n - 2 between them are taken as uniform: the chance that all n - 1 gaps exceed x of a
    span s is ``(1 - (n - 1) * x / s) ** (n - 2)``. Honest bidders crowd towards a deadline, so the same is asked
    on the logarithm of the time left, and the less surprising answer counts. A gap is taken as one clock
    tick longer than seen (`_tick`). NaN under three arrivals.
    """
    result = np.full(len(offsets) - 1, np.nan)
    for group in numba.prange(len(result)):
        first, last = offsets[group], offsets[group + 1] - 1
        if last - first < 2:
            continue
        tick = _tick(arrivals, first, last)
        gap = ratio = np.inf
        for i in range(first, last):
            gap = min(gap, arrivals[i + 1] - arrivals[i])
            ratio = min(ratio, _ratio(arrivals[i], arrivals[i + 1], deadlines[group], tick))
        # The chance rises with the share, so the larger share is the less surprising answer.
        share = (gap + tick) / (arrivals[last] - arrivals[first] + tick)
        if deadlines[group] == deadlines[group]:
            widest = _ratio(arrivals[first], arrivals[last], deadlines[group], tick)
            share = max(share, math.log(ratio) / math.log(widest))
        chance = _chance(share, last - first + 1)
        result[group] = max(0.0, -math.log10(chance))
    return result


@kernel
def _tick(arrivals: FloatArray, first: int, last: int) -> float:
    """The clock's apparent resolution: the longest of day, hour, minute, second that divides every gap."""
    for unit in (86400.0, 3600.0, 60.0):
        whole = True
        for i in range(first + 1, last + 1):
            # Exact where it matters: no multiple of a unit is lost in float64 seconds.
            units = (arrivals[i] - arrivals[first]) / unit
            if units != np.floor(units):
                whole = False
                break
        if whole:
            return unit
    return 1.0


@kernel
def _ratio(earlier: float, later: float, deadline: float, tick: float) -> float:
    """Ratio of the times left; arrivals after the deadline count as at the deadline."""
    return (max(deadline - earlier, 0.0) + 2.0 * tick) / (max(deadline - later, 0.0) + tick)


@kernel
def _chance(share: float, count: int) -> float:
    """P(smallest of the count - 1 gaps <= share of the span)."""
    taken = (count - 1) * share
    if taken >= 1.0:
        return 1.0
    return -math.expm1((count - 2) * math.log1p(-taken))


@kernel
def lateness(arrivals: FloatArray, offsets: IntArray, own: FloatArray, deadlines: FloatArray) -> FloatArray:
    """How late one arrival of each group came, weighted by how much of the period had passed.

    ``log10(n / r) * elapsed``: `own` (one element per group, among the arrivals) is at place r from the last,
    those of the same second share the mean place; elapsed is the share of the time from the first arrival to
    the deadline that had passed, at most 1 (1 if there is no such time). NaN for an empty group or without
    `own`, and without a deadline.
    """
    result = np.full(len(offsets) - 1, np.nan)
    for group in range(len(result)):
        first, last = offsets[group], offsets[group + 1]
        if last == first or not (own[group] == own[group] and deadlines[group] == deadlines[group]):
            continue
        later = together = 0
        for i in range(first, last):
            later += int(arrivals[i] > own[group])
            together += int(arrivals[i] == own[group])
        count = float(last - first)
        place = min(later + (together + 1.0) / 2.0, count)
        period = deadlines[group] - arrivals[first]
        elapsed = min(max((own[group] - arrivals[first]) / period, 0.0), 1.0) if period > 0.0 else 1.0
        result[group] = math.log10(count / place) * elapsed
    return result
