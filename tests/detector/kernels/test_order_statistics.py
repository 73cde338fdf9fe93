import numpy as np
import pytest
from hypothesis import given, settings

from detector.kernels import order_statistics
from tests import naive_prices as naive
from tests.ragged import GROUPS, ragged

NAMES = (
    "leading_gap",
    "gap_over_losers_deviation",
    "gap_over_mean_gap",
    "gap_over_losers_gap",
    "distance_from_uniform",
)


def same(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@given(groups=GROUPS)
def test_equals_its_naive_twin(name, groups):
    result = getattr(order_statistics, name)(*ragged(groups))
    assert not np.isinf(result).any()
    same(result, [getattr(naive, name)(group) for group in groups])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30)
@given(groups=GROUPS)
def test_compiled_and_plain_python_agree(name, groups):
    kernel = getattr(order_statistics, name)
    same(kernel(*ragged(groups)), kernel.py_func(*ragged(groups)))
    assert kernel.signatures


@pytest.mark.parametrize("name", NAMES)
@given(groups=GROUPS)
def test_the_unit_of_money_does_not_matter(name, groups):
    values, offsets = ragged(groups)
    kernel = getattr(order_statistics, name)
    same(kernel(values * 8.0, offsets), kernel(values, offsets))


@pytest.mark.parametrize("name", NAMES[1:])
def test_mirrored_sales_have_the_shape_of_purchases(name):
    purchase, sale = [100.0, 107.0, 109.0, 120.0], [300.0, 293.0, 291.0, 280.0]
    first, second = getattr(order_statistics, name)(*ragged([purchase, sale]))
    assert first == pytest.approx(second, rel=1e-12)


def test_both_normalised_distances_order_lots_of_one_size_alike():
    rng = np.random.default_rng(1)
    values, offsets = ragged(np.sort(rng.uniform(1.0, 2.0, size=(500, 6)), axis=1).tolist())
    one = order_statistics.gap_over_mean_gap(values, offsets)
    other = order_statistics.gap_over_losers_gap(values, offsets)
    assert np.array_equal(np.argsort(one), np.argsort(other))


@pytest.mark.parametrize("count", [4, 5, 8, 30, 400])
def test_uniform_prices_are_far_from_uniform_once_in_twenty_times_whatever_their_number(count):
    rng = np.random.default_rng(2)
    values, offsets = ragged(np.sort(rng.uniform(100.0, 200.0, size=(4000, count)), axis=1).tolist())
    beyond = np.mean(order_statistics.distance_from_uniform(values, offsets) > 1.358)
    assert 0.03 < beyond < 0.07
