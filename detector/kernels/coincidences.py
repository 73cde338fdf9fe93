"""Digits of prices: how often they repeat, against how often they would by chance.

Values are finite and positive, sorted best first (ascending or descending). Money has four decimals, so a price
is read as a significand without trailing zeros times a power of ten of 0.0001: its own rounding step. Prices
coincide by chance only with others rounded to the same step; a round price is met often, an odd one hardly ever.
"""

import math

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel

DECIMALS = 4
TICKS = 10.0**DECIMALS
# Above this, 0.0001 is finer than float64 resolves, and cents do not matter.
FINE = 9.0e11
# More rounding steps than 0.0001 … 1e18.
STEPS = 24
# Where all prices are equal their spread says nothing; one percent of the price is less than honest bids show.
NARROWEST = 0.01
TAILS = 9000
LEAST_WITH_TAIL = 100_000
# A round price has at least two zeros before the decimal point; in units of 0.0001.
LEAST_ROUND = 1_000_000
# Up to so many numbers, sorting them by insertion beats a general sort.
FEW = 32


@kernel
def significand(value: float) -> tuple[int, int]:
    """Digits of `value` without trailing zeros, and how many zeros were cut, in units of 0.0001."""
    zeros = 0
    if value < FINE:
        digits = int(np.rint(value * TICKS))
    else:
        digits = int(np.rint(value))
        zeros = DECIMALS
    if digits <= 0:
        return 0, 0
    while digits % 10 == 0:
        digits //= 10
        zeros += 1
    return digits, min(zeros, STEPS - 1)


@kernel
def poisson_surprise(count: float, mean: float) -> float:
    """Minus log10 of the probability of `count` or more events where `mean` are expected; 0 for no event."""
    if count <= 0:
        return 0.0
    mean = max(mean, 1e-12)
    if count > mean:
        # The upper tail as its first term times a series: no cancellation, however small.
        total, term, k = 1.0, 1.0, count
        while term > 1e-17 * total:
            k += 1.0
            term *= mean / k
            total += term
        log_tail: float = count * math.log(mean) - mean - math.lgamma(count + 1.0) + math.log(total)
        return max(0.0, -log_tail / math.log(10.0))
    below, term, k = 1.0, 1.0, count - 1.0
    while k > 0.0 and term > 1e-17 * below:
        term *= k / mean
        below += term
        k -= 1.0
    log_below: float = (count - 1.0) * math.log(mean) - mean - math.lgamma(count) + math.log(below)
    return max(0.0, -math.log1p(-math.exp(log_below)) / math.log(10.0))


@kernel
def chance_of_meeting(distinct: FloatArray, count: int, index: int) -> float:
    """Probability density of one more price at ``distinct[index]``, from its `count` distinct neighbours.

    Repeated prices are left out, so that the coincidences to be explained do not explain themselves.
    """
    if count == 1:
        return float(1.0 / (NARROWEST * distinct[0]))
    half = max(2, int(math.sqrt(count)))
    low, high = max(0, index - half), min(count - 1, index + half)
    return float((high - low) / count / abs(distinct[high] - distinct[low]))


@kernel
def repeated_price_surprise(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Minus log10 of the chance of at least as many repeated prices in each group.

    A repeat is a value equal to one before it. Expected repeats: for every pair of prices with the same rounding
    step, the local density of the distinct prices times that step (nine tenths of its multiples have no coarser
    one). The number is taken as Poisson. NaN under two values; 0 without a repeat.
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    largest = max(np.max(np.diff(offsets)), 1) if groups else 1
    distinct, copies, steps = np.empty(largest), np.empty(largest), np.empty(largest, dtype=np.int64)
    same_step = np.zeros(STEPS)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        if last - first < 2:
            continue
        count = 0
        for i in range(first, last):
            if i == first or values[i] != values[i - 1]:
                distinct[count], copies[count] = values[i], 0.0
                count += 1
            copies[count - 1] += 1.0
        if count == last - first:
            result[group] = 0.0
            continue
        same_step[:] = 0.0
        for index in range(count):
            steps[index] = significand(distinct[index])[1]
            same_step[steps[index]] += copies[index]
        expected = 0.0
        for index in range(count):
            width = 10.0 ** (steps[index] - DECIMALS) / 0.9
            chance = min(1.0, width * chance_of_meeting(distinct, count, index))
            expected += 0.5 * copies[index] * (same_step[steps[index]] - 1.0) * chance
        result[group] = poisson_surprise(last - first - count, expected)
    return result


@kernel
def _repeats(codes: IntArray, count: int) -> int:
    """How many of the first `count` codes equal one before them; sorts them."""
    if count > FEW:
        codes[:count] = np.sort(codes[:count])
    repeats = 0
    for i in range(1, count):
        code, place = codes[i], i
        while place > 0 and codes[place - 1] > code:
            codes[place] = codes[place - 1]
            place -= 1
        codes[place] = code
        repeats += int(place > 0 and codes[place - 1] == code)
    return repeats


@kernel
def shared_tail_surprise(values: FloatArray, offsets: IntArray) -> FloatArray:
    """Minus log10 of the chance of at least as many unequal values with the same last four significant digits.

    Only values with six significant digits or more have a tail; equal values count once; tails are compared
    between values with the same rounding step, where 9,000 are possible (the last digit is not 0). The number
    of repeats is taken as Poisson with the expectation of 9,000 equally likely tails. NaN under two tails.
    """
    groups = len(offsets) - 1
    result = np.full(groups, np.nan)
    largest = max(np.max(np.diff(offsets)), 1) if groups else 1
    tails = np.empty(largest, dtype=np.int64)
    same_step = np.zeros(STEPS)
    for group in range(groups):
        first, last = offsets[group], offsets[group + 1]
        if last - first < 2:
            continue
        count = 0
        for i in range(first, last):
            digits, step = significand(values[i])
            if digits >= LEAST_WITH_TAIL and (i == first or values[i] != values[i - 1]):
                tails[count] = step * 10_000 + digits % 10_000
                count += 1
        if count < 2:
            continue
        repeats = _repeats(tails, count)
        if repeats == 0:
            result[group] = 0.0
            continue
        same_step[:] = 0.0
        for i in range(count):
            same_step[tails[i] // 10_000] += 1.0
        expected = 0.0
        for held in same_step:
            expected += held + TAILS * math.expm1(held * math.log1p(-1.0 / TAILS))
        result[group] = poisson_surprise(repeats, expected)
    return result


@kernel
def is_round(value: float) -> bool:
    """Whether `value` ends in more zeros (before the decimal point) than it has other digits.

    12,000 and 1,500,000 are round; 125,000 is not.
    """
    if value < FINE and int(np.rint(value * TICKS)) % LEAST_ROUND != 0:
        return False
    digits, zeros = significand(value)
    return digits > 0 and digits < 10.0 ** (zeros - DECIMALS - 1)
