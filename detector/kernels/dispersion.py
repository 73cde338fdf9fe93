"""Statistics of the spread and shape of the values of one group.

The group is ``values[first:last]``: finite and positive values, sorted best first (ascending or descending).
Every statistic is computed from differences to the best value, which floating point gives without loss for
prices that lie close together; so equal values have a spread of exactly zero. `detector.kernels.screens` asks
for all groups.
"""

import numpy as np

from detector.arrays import FloatArray
from detector.kernels.compilation import inlined_kernel


@inlined_kernel
def mean_and_squares(values: FloatArray, first: int, last: int) -> tuple[float, float]:
    """Mean of ``values[first:last] - values[first]`` and the sum of squares about it, in two passes.

    A single pass over sums of squares loses all digits when prices agree closely, which is exactly when the
    result matters.
    """
    origin = values[first]
    above = 0.0
    for i in range(first, last):
        above += values[i] - origin
    above /= last - first
    squares = 0.0
    for i in range(first, last):
        squares += (values[i] - origin - above) ** 2
    return above, squares


@inlined_kernel
def skewness(values: FloatArray, first: int, last: int, above: float, squares: float) -> float:
    """Adjusted Fisher-Pearson skewness of the distances to the best value; NaN under three or equal values.

    `above` and `squares` as `mean_and_squares` gives them. Distances make the sign the same for purchases and
    sales: negative when the best value stands apart.
    Source: Joanes and Gill (1998), Comparing measures of sample skewness and kurtosis, The Statistician 47(1).
    """
    count = last - first
    if count < 3 or squares == 0.0:
        return np.nan
    cubes = 0.0
    for i in range(first, last):
        cubes += (values[i] - values[first] - above) ** 3
    deviation = np.sqrt(squares / count)
    biased = cubes / count / deviation**3
    if values[last - 1] < values[first]:
        biased = -biased
    return float(biased * np.sqrt(count * (count - 1.0)) / (count - 2.0))


@inlined_kernel
def excess_kurtosis(values: FloatArray, first: int, last: int, above: float, squares: float) -> float:
    """Bias-corrected excess kurtosis (G2); NaN under four or equal values.

    `above` and `squares` as `mean_and_squares` gives them.
    Source: Joanes and Gill (1998), Comparing measures of sample skewness and kurtosis, The Statistician 47(1).
    """
    count = last - first
    if count < 4 or squares == 0.0:
        return np.nan
    variance = squares / count
    fourths = 0.0
    for i in range(first, last):
        fourths += ((values[i] - values[first] - above) ** 2 / variance) ** 2
    biased = fourths / count - 3.0
    return (count - 1.0) / ((count - 2.0) * (count - 3.0)) * ((count + 1.0) * biased + 6.0)
