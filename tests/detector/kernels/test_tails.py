import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels import tails
from tests import naive_history as naive

FORMS = ["compiled", "python"]


def asked(kernel, name, *numbers):
    run = kernel if name == "compiled" else kernel.py_func
    return run(*(np.array([number], dtype=np.float64) for number in numbers))[0]


def close(result, expected):
    assert result == pytest.approx(expected, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None)
@given(n=st.integers(0, 60), k=st.integers(0, 60), p=st.floats(0.001, 1.0))
def test_binomial_tail_is_exact(name, n, k, p):
    if k <= n:
        close(asked(tails.binomial_surprise, name, k, n, p), naive.binomial_surprise(k, n, p))


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None)
@given(n=st.integers(1, 60), a=st.integers(0, 60), b=st.integers(0, 60), c=st.integers(0, 60))
def test_hypergeometric_tail_is_exact(name, n, a, b, c):
    if c <= min(a, b) and max(a, b) <= n:
        expected = naive.hypergeometric_surprise(c, a, b, n)
        close(asked(tails.hypergeometric_surprise, name, c, a, b, n), expected)


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None)
@given(k=st.integers(0, 80), m=st.floats(0.01, 60.0))
def test_poisson_tail_is_exact(name, k, m):
    close(asked(tails.poisson_surprise, name, k, m), naive.poisson_surprise(k, m))


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None, max_examples=60)
@given(a=st.integers(1, 6), b=st.integers(1, 6), r=st.integers(2, 13))
def test_runs_tail_is_exact(name, a, b, r):
    if r <= 2 * min(a, b) + (a != b):
        close(asked(tails.runs_surprise, name, r, a, b), naive.runs_surprise(r, a, b))


def test_the_worked_example_of_two_bidders_meeting_too_often():
    """200 lots, 30 and 25 bids, 12 together: about 2 in 100,000."""
    assert 4.5 < asked(tails.hypergeometric_surprise, "compiled", 12, 30, 25, 200) < 5.0


def test_large_samples_stay_exact_and_finite():
    close(asked(tails.binomial_surprise, "compiled", 10**6, 10**6, 0.5), 10**6 * math.log10(2))
    assert 0.25 < asked(tails.binomial_surprise, "compiled", 500_000, 10**6, 0.5) < 0.31
    assert 0.25 < asked(tails.poisson_surprise, "compiled", 10**6, 10.0**6) < 0.31


@pytest.mark.parametrize(
    "kernel",
    [tails.binomial_surprise, tails.poisson_surprise, tails.hypergeometric_surprise, tails.runs_surprise],
)
def test_missing_in_missing_out(kernel):
    count = {tails.poisson_surprise: 2, tails.hypergeometric_surprise: 4}.get(kernel, 3)
    for gap in range(count):
        numbers = [2.0, 3.0, 0.5, 9.0][:count]
        numbers[gap] = math.nan
        assert math.isnan(asked(kernel, "compiled", *numbers))


@given(chances=st.lists(st.floats(0.05, 0.6), min_size=2, max_size=7))
def test_unequal_chances_are_never_overstated(chances):
    """Hoeffding: above the mean plus one, the binomial tail with the mean chance bounds the true tail."""
    true = np.array([1.0])
    for chance in chances:
        true = np.convolve(true, [1 - chance, chance])
    for k in range(math.ceil(sum(chances) + 1), len(chances) + 1):
        mean = sum(chances) / len(chances)
        stated = asked(tails.binomial_surprise, "compiled", k, len(chances), mean)
        assert stated <= -math.log10(true[k:].sum()) + 1e-9
