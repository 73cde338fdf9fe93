"""How close together things arrived, judged against chance."""

import math

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel


@kernel
def closest_arrivals(arrivals: FloatArray, offsets: IntArray, deadlines: FloatArray) -> FloatArray:
    """-log10 of the chance that the two closest arrivals of a group are as close as seen, or closer.

    `arrivals` (seconds) ascend within each group; `deadlines` has one element per group. Given the first and last
    of n arrivals, the n - 2 between them are taken as uniform: the chance that all n - 1 gaps exceed x of a
    span s is ``(1 - (n - 1) * x / s) ** (n - 2)``. Honest bidders crowd towards a deadline, so the same is asked
    on the logarithm of the time left, and the less surprising answer counts. A gap is taken as one clock
    tick longer than seen (`_tick`). NaN under three arrivals.
    """
    result = np.full(len(offsets) - 1, np.nan)
    for group in range(len(result)):
        first, last = offsets[group], offsets[group + 1] - 1
        if last - first < 2:
            continue
        tick = _tick(arrivals[first : last + 1])
        gap = log_gap = np.inf
        for i in range(first, last):
            gap = min(gap, arrivals[i + 1] - arrivals[i])
            log_gap = min(log_gap, _log_gap(arrivals[i], arrivals[i + 1], deadlines[group], tick))
        span = arrivals[last] - arrivals[first] + tick
        log_span = _log_gap(arrivals[first], arrivals[last], deadlines[group], tick)
        chance = _chance((gap + tick) / span, last - first + 1)
        if deadlines[group] == deadlines[group]:
            chance = max(chance, _chance(log_gap / log_span, last - first + 1))
        result[group] = max(0.0, -math.log10(chance))
    return result


@kernel
def _tick(arrivals: FloatArray) -> float:
    """The clock's apparent resolution: the longest of day, hour, minute, second that divides every gap."""
    for unit in (86400.0, 3600.0, 60.0):
        whole = True
        for i in range(1, len(arrivals)):
            whole = whole and (arrivals[i] - arrivals[0]) % unit == 0.0
        if whole:
            return unit
    return 1.0


@kernel
def _log_gap(earlier: float, later: float, deadline: float, tick: float) -> float:
    """Logarithm of the ratio of the times left; arrivals after the deadline count as at the deadline."""
    return math.log((max(deadline - earlier, 0.0) + 2.0 * tick) / (max(deadline - later, 0.0) + tick))


@kernel
def _chance(share: float, count: int) -> float:
    """P(smallest of the count - 1 gaps <= share of the span)."""
    taken = (count - 1) * share
    if taken >= 1.0:
        return 1.0
    return -math.expm1((count - 2) * math.log1p(-taken))
