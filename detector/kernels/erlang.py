"""Sums of independent exponential variables: how surprising a total is."""

import math

import numpy as np

from detector.arrays import FloatArray
from detector.kernels.compilation import kernel

# Under this the sum, which is at most exp(total), is a number; above, only its logarithm is.
LARGE = 600.0


@kernel
def erlang_surprise(total: FloatArray, count: FloatArray) -> FloatArray:
    """-ln P(X >= total) for X the sum of `count` independent standard exponential variables.

    Fisher's (1932) way to join tests: -ln p of a true null is exponential, so `total` of k of them has chance
    exp(-total) * (1 + total + ... + total^(k - 1) / (k - 1)!). NaN for no tests; 0 means no surprise.
    """
    result = np.full(len(total), np.nan)
    for i in range(len(total)):
        s, k = total[i], count[i]
        if not (s >= 0.0 and k >= 1.0):
            continue
        if s == 0.0:
            result[i] = 0.0
            continue
        if s < LARGE:
            term = series = 1.0
            for j in range(1, int(k)):
                term *= s / j
                series += term
            result[i] = max(s - math.log(series), 0.0)
            continue
        log_term = log_sum = 0.0
        for j in range(1, int(k)):
            log_term += math.log(s) - math.log(j)
            larger = max(log_sum, log_term)
            log_sum = larger + math.log(math.exp(log_sum - larger) + math.exp(log_term - larger))
        result[i] = max(s - log_sum, 0.0)
    return result
