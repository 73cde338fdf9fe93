import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels.erlang import erlang_surprise


def naive(total, count):
    """-ln of exp(-s) (1 + s + ... + s^(k-1) / (k-1)!), in logarithms term by term."""
    logs = [j * math.log(total) - math.lgamma(j + 1) for j in range(count)]
    top = max(logs)
    return max(total - top - math.log(math.fsum(math.exp(each - top) for each in logs)), 0.0)


@pytest.mark.parametrize("form", ["compiled", "python"])
@settings(deadline=None)
@given(total=st.floats(1e-6, 2_000), count=st.integers(1, 400))
def test_equals_its_naive_twin(form, total, count):
    kernel = erlang_surprise if form == "compiled" else erlang_surprise.py_func
    result = kernel(np.array([total]), np.array([float(count)]))[0]
    assert result == pytest.approx(naive(total, count), rel=1e-9, abs=1e-9)


def test_limits():
    result = erlang_surprise(np.array([0.0, 3.0, np.nan, 3.0]), np.array([2.0, 1.0, 1.0, 0.0]))
    np.testing.assert_allclose(result, [0.0, 3.0, np.nan, np.nan])
