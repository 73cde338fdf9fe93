"""Plain references for the price kernels: one list of prices, best first, exact fractions where it matters."""

import itertools
import math
import statistics
from collections import Counter
from fractions import Fraction

NAN = math.nan


def _distances(prices):
    """Exact distances to the best price."""
    return [abs(Fraction(price) - Fraction(prices[0])) for price in prices]


def mean(prices):
    return float(statistics.mean(map(Fraction, prices))) if prices else NAN


def coefficient_of_variation(prices):
    if len(prices) < 2:
        return NAN
    exact = [Fraction(price) for price in prices]
    return math.sqrt(statistics.variance(exact)) / float(statistics.mean(exact))


def relative_spread(prices):
    return float(_distances(prices)[-1] / Fraction(prices[0])) if len(prices) >= 2 else NAN


def _central_moment(distances, order):
    middle = statistics.mean(distances)
    return statistics.mean([(distance - middle) ** order for distance in distances])


def skewness(prices):
    n = len(prices)
    if n < 3 or len(set(prices)) == 1:
        return NAN
    distances = _distances(prices)
    second, third = _central_moment(distances, 2), _central_moment(distances, 3)
    return float(third) / float(second) ** 1.5 * math.sqrt(n * (n - 1)) / (n - 2)


def excess_kurtosis(prices):
    n = len(prices)
    if n < 4 or len(set(prices)) == 1:
        return NAN
    distances = _distances(prices)
    biased = float(_central_moment(distances, 4) / _central_moment(distances, 2) ** 2) - 3
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * biased + 6)


def leading_gap(prices):
    return float(_distances(prices)[1] / Fraction(prices[0])) if len(prices) >= 2 else NAN


def gap_over_losers_deviation(prices):
    if len(prices) < 3 or len(set(prices[1:])) == 1:
        return NAN
    return float(_distances(prices)[1]) / math.sqrt(statistics.variance(list(map(Fraction, prices[1:]))))


def gap_over_mean_gap(prices):
    if len(prices) < 3 or len(set(prices)) == 1:
        return NAN
    distances = _distances(prices)
    gaps = [b - a for a, b in itertools.pairwise(distances)]
    return float(gaps[0] / statistics.mean(gaps))


def gap_over_losers_gap(prices):
    if len(prices) < 3 or len(set(prices[1:])) == 1:
        return NAN
    distances = _distances(prices)
    gaps = [b - a for a, b in itertools.pairwise(distances)]
    return float(gaps[0] / statistics.mean(gaps[1:]))


def distance_from_uniform(prices):
    """The supremum of the difference of two distribution functions, looked for just before and at each step."""
    if len(prices) < 4 or len(set(prices)) == 1:
        return NAN
    distances = _distances(prices)
    places = [distance / distances[-1] for distance in distances[1:-1]]
    m = len(places)
    at = [abs(Fraction(sum(other <= place for other in places), m) - place) for place in places]
    before = [abs(Fraction(sum(other < place for other in places), m) - place) for place in places]
    return float(max(at + before)) * (math.sqrt(m) + 0.12 + 0.11 / math.sqrt(m))


def step_irregularity(prices):
    if len(prices) < 3 or len(set(prices)) == 1:
        return NAN
    distances = _distances(prices)
    gaps = [b - a for a, b in itertools.pairwise(distances)]
    return math.sqrt(statistics.variance(gaps)) / float(statistics.mean(gaps))


def ratio_irregularity(prices):
    if len(prices) < 3 or len(set(prices)) == 1:
        return NAN
    ratios = [abs(math.log1p(Fraction(b) / Fraction(a) - 1)) for a, b in itertools.pairwise(prices)]
    return math.sqrt(statistics.variance(ratios)) / statistics.mean(ratios)


def tightest_subset(prices, size):
    """Every subset is tried, not only neighbours."""
    if len(prices) < size:
        return NAN
    least = min(coefficient_of_variation(subset) for subset in itertools.combinations(prices, size))
    return least * math.comb(len(prices), size) ** (1 / (size - 1))


def digits_and_zeros(price):
    """Digits without trailing zeros of a price in units of 0.0001, and how many zeros were cut."""
    text = str(round(Fraction(price) * 10_000))
    digits = text.rstrip("0")
    return digits, len(text) - len(digits)


def poisson_tail(count, mean_count):
    """Minus log10 of P(N >= count), term by term."""
    if count == 0:
        return 0.0
    terms = [
        math.exp(k * math.log(mean_count) - mean_count - math.lgamma(k + 1))
        for k in range(count, count + 400)
    ]
    return max(0.0, -math.log10(math.fsum(terms)))


def repeated_price_surprise(prices):
    if len(prices) < 2:
        return NAN
    copies = Counter(prices)
    repeats = len(prices) - len(copies)
    if repeats == 0:
        return 0.0
    distinct = sorted(copies)
    steps = Counter(digits_and_zeros(price)[1] for price in prices)
    half = max(2, math.isqrt(len(distinct)))
    expected = 0.0
    for index, price in enumerate(distinct):
        low, high = max(0, index - half), min(len(distinct) - 1, index + half)
        if len(distinct) == 1:
            density = 1 / (0.01 * price)
        else:
            density = (high - low) / len(distinct) / (distinct[high] - distinct[low])
        zeros = digits_and_zeros(price)[1]
        chance = min(1.0, density * 10.0 ** (zeros - 4) / 0.9)
        expected += copies[price] * (steps[zeros] - 1) / 2 * chance
    return poisson_tail(repeats, max(expected, 1e-12))


def shared_tail_surprise(prices):
    read = [digits_and_zeros(price) for price in set(prices)]
    tails = [(zeros, digits[-4:]) for digits, zeros in read if len(digits) >= 6]
    if len(tails) < 2:
        return NAN
    repeats = len(tails) - len(set(tails))
    expected = sum(
        n - 9000 * (1 - (1 - Fraction(1, 9000)) ** n) for n in Counter(zeros for zeros, _ in tails).values()
    )
    return poisson_tail(repeats, max(float(expected), 1e-12))


def share_of_round_values(prices):
    if not prices:
        return NAN
    read = [digits_and_zeros(price) for price in prices]
    return sum(zeros - 4 > len(digits) for digits, zeros in read) / len(prices)
