"""How surprising a count is: -log10 of the exact upper tail P(X >= observed), element by element.

Each tail is summed outwards from the observed count, away from the mean, until terms no longer matter: about the
standard deviation in steps, whatever the sample size. NaN in gives NaN out; 0 means no surprise.
"""

import math

import numpy as np

from detector.arrays import FloatArray
from detector.kernels.compilation import kernel

NEGLIGIBLE = 1e-17


@kernel
def binomial_surprise(successes: FloatArray, trials: FloatArray, chance: FloatArray) -> FloatArray:
    """-log10 P(X >= successes) for X ~ Binomial(trials, chance).

    For trials of unequal chance use their mean: at or above the mean plus one the binomial tail is then an upper
    bound of the true one, so the surprise is never overstated (Hoeffding 1956, Ann. Math. Statist. 27(3)).
    """
    result = np.full(len(successes), np.nan)
    for i in range(len(result)):
        k, n, p = successes[i], trials[i], chance[i]
        if not (k >= 0.0 and n >= k and 0.0 <= p <= 1.0):
            continue
        if k == 0.0 or p == 1.0:
            result[i] = 0.0
        elif p == 0.0:
            result[i] = np.inf
        else:
            up = k > n * p
            x = k if up else k - 1.0
            log_first = _log_choose(n, x) + x * math.log(p) + (n - x) * math.log1p(-p)
            odds = p / (1.0 - p)
            total = term = 1.0
            while term > NEGLIGIBLE * total and (x < n if up else x > 0.0):
                term *= (n - x) / (x + 1.0) * odds if up else x / (n - x + 1.0) / odds
                x += 1.0 if up else -1.0
                total += term
            result[i] = _surprise(log_first + math.log(total), up)
    return result


@kernel
def poisson_surprise(count: FloatArray, mean: FloatArray) -> FloatArray:
    """-log10 P(X >= count) for X ~ Poisson(mean)."""
    result = np.full(len(count), np.nan)
    for i in range(len(result)):
        k, m = count[i], mean[i]
        if not (k >= 0.0 and m >= 0.0):
            continue
        if k == 0.0:
            result[i] = 0.0
        elif m == 0.0:
            result[i] = np.inf
        else:
            up = k > m
            x = k if up else k - 1.0
            log_first = x * math.log(m) - m - math.lgamma(x + 1.0)
            total = term = 1.0
            while term > NEGLIGIBLE * total and (up or x > 0.0):
                term *= m / (x + 1.0) if up else x / m
                x += 1.0 if up else -1.0
                total += term
            result[i] = _surprise(log_first + math.log(total), up)
    return result


@kernel
def hypergeometric_surprise(
    shared: FloatArray, first: FloatArray, second: FloatArray, population: FloatArray
) -> FloatArray:
    """-log10 P(X >= shared) where `first` and `second` of the `population` are drawn independently.

    X is the number of lots two bidders share by chance when they bid in `first` and `second` of them.
    """
    result = np.full(len(shared), np.nan)
    for i in range(len(result)):
        c, a, b, n = shared[i], first[i], second[i], population[i]
        if not (0.0 <= c <= a <= n and c <= b <= n):
            continue
        if c <= max(0.0, a + b - n):
            result[i] = 0.0
            continue
        up = c > a * b / n
        x = c if up else c - 1.0
        log_first = _log_choose(a, x) + _log_choose(n - a, b - x) - _log_choose(n, b)
        total = term = 1.0
        while term > NEGLIGIBLE * total and (x < min(a, b) if up else x > 0.0):
            if up:
                term *= (a - x) * (b - x) / ((x + 1.0) * (n - a - b + x + 1.0))
            else:
                term *= x * (n - a - b + x) / ((a - x + 1.0) * (b - x + 1.0))
            x += 1.0 if up else -1.0
            total += term
        result[i] = _surprise(log_first + math.log(total), up)
    return result


@kernel
def runs_surprise(runs: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """-log10 P(R >= runs) of the Wald-Wolfowitz runs test: alternation beyond chance, given the counts.

    `first` and `second` are how many turns each of two had; NaN where either had none (Wald & Wolfowitz 1940,
    Ann. Math. Statist. 11(2)).
    """
    result = np.full(len(runs), np.nan)
    for i in range(len(result)):
        r, a, b = runs[i], first[i], second[i]
        most = 2.0 * min(a, b) + (1.0 if a != b else 0.0)
        if not (a >= 1.0 and b >= 1.0 and 2.0 <= r <= most):
            continue
        all_orders = _log_choose(a + b, a)
        tail = 0.0
        while r <= most:
            half = math.floor(r / 2.0)
            if r == 2.0 * half:
                tail += 2.0 * math.exp(
                    _log_choose(a - 1, half - 1) + _log_choose(b - 1, half - 1) - all_orders
                )
            else:
                tail += math.exp(_log_choose(a - 1, half) + _log_choose(b - 1, half - 1) - all_orders)
                tail += math.exp(_log_choose(a - 1, half - 1) + _log_choose(b - 1, half) - all_orders)
            r += 1.0
        result[i] = max(0.0, -math.log10(tail))
    return result


@kernel
def _log_choose(n: float, k: float) -> float:
    if k < 0.0 or k > n:
        return -np.inf
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@kernel
def _surprise(log_tail: float, upper: bool) -> float:
    """From the natural logarithm of an upper tail, or of the lower tail that completes it."""
    if upper:
        return max(0.0, -log_tail / math.log(10.0))
    return max(0.0, -math.log1p(-min(math.exp(log_tail), 1.0 - 1e-16)) / math.log(10.0))
