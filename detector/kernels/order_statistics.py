"""Statistics of the ordered values of one group: how far the best stands from the rest, how even the rest lie.

The group is ``values[first:last]``: finite and positive values, sorted best first (ascending or descending), so
"gap" is always an absolute difference. A denominator of zero gives NaN. `detector.kernels.screens` asks for all
groups.
"""

import numpy as np

from detector.arrays import FloatArray
from detector.kernels.compilation import inlined_kernel
from detector.kernels.dispersion import mean_and_squares


@inlined_kernel
def gap_over_losers_deviation(values: FloatArray, first: int, last: int) -> float:
    """Gap of the two best over the sample deviation of all but the best (RD).

    NaN under three values, or if all but the best are equal.
    """
    if last - first < 3:
        return np.nan
    _, squares = mean_and_squares(values, first + 1, last)
    if squares == 0.0:
        return np.nan
    return float(abs(values[first + 1] - values[first]) / np.sqrt(squares / (last - first - 2)))


@inlined_kernel
def gap_over_mean_gap(values: FloatArray, first: int, last: int) -> float:
    """Gap of the two best over the mean gap of neighbours (RDNOR), from 0 to n - 1.

    NaN under three or equal values.
    """
    span = abs(values[last - 1] - values[first])
    if last - first < 3 or span == 0.0:
        return np.nan
    return float(abs(values[first + 1] - values[first]) / span * (last - first - 1))


@inlined_kernel
def gap_over_losers_gap(values: FloatArray, first: int, last: int) -> float:
    """Gap of the two best over the mean gap among all but the best (RDALT).

    NaN under three values, or if all but the best are equal.
    """
    if last - first < 3:
        return np.nan
    span = abs(values[last - 1] - values[first + 1])
    if span == 0.0:
        return np.nan
    return float(abs(values[first + 1] - values[first]) / span * (last - first - 2))


@inlined_kernel
def distance_from_uniform(values: FloatArray, first: int, last: int) -> float:
    """Kolmogorov-Smirnov distance of the inner values from even spread between the best and the worst.

    The best and the worst value fix the range and say nothing, so only the n - 2 others are tested; with
    them included the distance can never fall below 1/n. The distance D is scaled for the number m of inner
    values to ``D * (sqrt(m) + 0.12 + 0.11 / sqrt(m))``, whose null distribution hardly depends on m.
    NaN under four or equal values.

    Source: Stephens (1970), Use of the Kolmogorov-Smirnov, Cramer-von Mises and related statistics without
    extensive tables, Journal of the Royal Statistical Society B 32(1).
    """
    inner = last - first - 2
    span = abs(values[last - 1] - values[first])
    if inner < 2 or span == 0.0:
        return np.nan
    distance = 0.0
    for i in range(inner):
        place = abs(values[first + 1 + i] - values[first]) / span
        distance = max(distance, (i + 1) / inner - place, place - i / inner)
    root = np.sqrt(inner)
    return float(distance * (root + 0.12 + 0.11 / root))
