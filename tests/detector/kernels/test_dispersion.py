import numpy as np
import pytest
from hypothesis import given, settings

from detector.kernels import dispersion
from tests import naive_prices as naive
from tests.ragged import GROUPS, ragged

NAMES = ("mean", "coefficient_of_variation", "relative_spread", "skewness", "excess_kurtosis")
SCALE_FREE = NAMES[1:]
EQUAL_IS_ZERO = ("coefficient_of_variation", "relative_spread")


def same(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@given(groups=GROUPS)
def test_equals_its_naive_twin(name, groups):
    result = getattr(dispersion, name)(*ragged(groups))
    assert result.dtype == np.float64
    same(result, [getattr(naive, name)(group) for group in groups])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30)
@given(groups=GROUPS)
def test_compiled_and_plain_python_agree(name, groups):
    kernel = getattr(dispersion, name)
    same(kernel(*ragged(groups)), kernel.py_func(*ragged(groups)))
    assert kernel.signatures


@pytest.mark.parametrize("name", SCALE_FREE)
@given(groups=GROUPS)
def test_the_unit_of_money_does_not_matter(name, groups):
    values, offsets = ragged(groups)
    kernel = getattr(dispersion, name)
    same(kernel(values * 7.0, offsets), kernel(values, offsets))


@pytest.mark.parametrize("price", [0.1, 0.3, 33.33, 1e9 / 3])
@pytest.mark.parametrize("count", [2, 3, 7, 1528])
def test_equal_prices_have_exactly_no_spread(price, count):
    values, offsets = ragged([[price] * count])
    for name in EQUAL_IS_ZERO:
        assert getattr(dispersion, name)(values, offsets)[0] == 0.0
    assert np.isnan(dispersion.skewness(values, offsets)[0])
    assert np.isnan(dispersion.excess_kurtosis(values, offsets)[0])


def test_close_prices_keep_their_digits():
    """A billion with differences of a cent: a single pass over squares would give noise or zero."""
    values, offsets = ragged([[1e9, 1e9 + 0.01, 1e9 + 0.02]])
    assert dispersion.coefficient_of_variation(values, offsets)[0] == pytest.approx(1e-11, rel=1e-5)
    assert dispersion.skewness(values, offsets)[0] == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("prices", [[90.0, 99.0, 100.0], [200.0, 102.0, 101.0]])
def test_skewness_is_negative_when_the_best_stands_apart_on_either_side_of_the_market(prices):
    assert dispersion.skewness(*ragged([prices]))[0] < -1.6


def test_mirrored_sales_have_the_shape_of_purchases():
    purchase, sale = [100.0, 107.0, 109.0, 120.0], [300.0, 293.0, 291.0, 280.0]
    for name in ("skewness", "excess_kurtosis"):
        first, second = getattr(dispersion, name)(*ragged([purchase, sale]))
        assert first == pytest.approx(second, rel=1e-12)


def test_four_bids_cannot_have_a_kurtosis_above_four():
    rng = np.random.default_rng(0)
    groups = np.sort(rng.lognormal(10.0, 1.0, size=(2000, 4)), axis=1)
    values, offsets = ragged(groups.tolist())
    assert dispersion.excess_kurtosis(values, offsets).max() <= 4.0 + 1e-9
