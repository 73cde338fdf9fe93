"""Quartiles, fences and rounding as Cardinal reckons them, to the last bit.

Quantiles are of type 8 of Hyndman and Fan (The American Statistician 50, 1996): approximately unbiased for the
median whatever the distribution. Fences are Tukey's, 1.5 interquartile ranges out, with one rounding at the end.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

REACH = 1.5
DECIMALS = 10_000.0


def quantile(ordered: Sequence[float], share: float) -> float:
    """The `share` quantile (0 to 1) of ascending values; NaN of none."""
    count = len(ordered)
    if not count:
        return math.nan
    position = (count + 1.0 / 3.0) * share + 1.0 / 3.0
    rank = int(position)
    if rank <= 0 or share == 0.0:
        return ordered[0]
    if rank >= count or share == 1.0:
        return ordered[-1]
    below, above = ordered[rank - 1], ordered[rank]
    return below + (position - rank) * (above - below)


def quartiles(ordered: Sequence[float]) -> tuple[float, float]:
    """First and third quartile of ascending values; NaN of none."""
    return quantile(ordered, 0.25), quantile(ordered, 0.75)


def lower_fence(first: float, third: float) -> float:
    """First quartile less 1.5 interquartile ranges."""
    return fused(third - first, -REACH, first)


def upper_fence(first: float, third: float) -> float:
    """Third quartile plus 1.5 interquartile ranges."""
    return fused(third - first, REACH, third)


def fused(factor: float, other: float, addend: float) -> float:
    """`factor * other + addend`, rounded once (IEEE 754 fused multiply-add)."""
    if not (math.isfinite(factor) and math.isfinite(addend)):
        return factor * other + addend
    exact = Fraction(factor) * Fraction(other) + Fraction(addend)
    try:
        # An exact zero keeps the sign that ordinary arithmetic gives it.
        return float(exact) if exact else factor * other + addend
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def rounded(value: float) -> float | None:
    """To four decimals, halves away from zero; None where there is no finite number to print."""
    scaled = value * DECIMALS
    if not math.isfinite(scaled):
        return None
    whole = math.trunc(scaled)
    if abs(scaled - whole) >= 0.5:
        whole += 1 if scaled > 0 else -1
    return math.copysign(whole, scaled) / DECIMALS
