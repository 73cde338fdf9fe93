"""Screens over every small subset of the values of a group: what a coalition within a lot leaves behind.

Values are finite and positive, sorted best first (ascending or descending). The number of subsets grows with
the third power of the group, so groups over a given size are left out.

Source: Wallimann, Imhof, Huber (2023), A machine learning approach for flagging incomplete bid-rigging cartels,
Computational Economics 62.
"""

import numba
import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import parallel_kernel


@parallel_kernel
def mean_triple_dispersion(values: FloatArray, offsets: IntArray, most: int) -> FloatArray:
    """Mean coefficient of variation over all subsets of three values; NaN under three or over `most` values."""
    result = np.full(len(offsets) - 1, np.nan)
    for group in numba.prange(len(result)):
        first, last = offsets[group], offsets[group + 1]
        if not 3 <= last - first <= most:
            continue
        total, subsets = 0.0, 0
        for i in range(first, last - 2):
            for j in range(i + 1, last - 1):
                for k in range(j + 1, last):
                    # From the differences: a sum of squares would lose the digits of close prices.
                    near, far = values[j] - values[i], values[k] - values[i]
                    mean = values[i] + (near + far) / 3.0
                    squares = near * near + far * far - (near + far) ** 2 / 3.0
                    total += np.sqrt(max(squares, 0.0) / 2.0) / mean
                    subsets += 1
        result[group] = total / subsets
    return result


@parallel_kernel
def mean_subset_lead(values: FloatArray, offsets: IntArray, size: int, most: int) -> FloatArray:
    """Mean over all subsets of `size` values of the gap of their two best over their mean gap, 0 to size - 1.

    Only the best, the second and the worst of a subset matter, so those are chosen and the subsets between them
    counted. Subsets of equal values have no gap and are left out; NaN under `size` or over
    `most` values, or if all are equal.
    """
    result = np.full(len(offsets) - 1, np.nan)
    for group in numba.prange(len(result)):
        first, last = offsets[group], offsets[group + 1]
        if size < 3 or not size <= last - first <= most:
            continue
        total, subsets = 0.0, 0.0
        for i in range(first, last - size + 1):
            for k in range(i + size - 1, last):
                span = abs(values[k] - values[i])
                if span == 0.0:
                    continue
                for j in range(i + 1, k - size + 3):
                    between = 1.0
                    for step in range(size - 3):
                        between *= (k - j - 1.0 - step) / (step + 1.0)
                    total += between * abs(values[j] - values[i]) / span
                    subsets += between
        if subsets > 0.0:
            result[group] = (size - 1) * total / subsets
    return result
