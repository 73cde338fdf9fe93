import itertools

import numba
import numpy as np
import pytest
from hypothesis import given, settings

from detector.kernels import dispersion, ladders, order_statistics, screens
from detector.kernels.screens import PriceScreens, price_screens
from tests import naive_prices as naive
from tests.ragged import GROUPS, ragged

SCALE_FREE = [name for name in PriceScreens._fields if name not in ("mean", "share_of_round_values")]
TWINS = {name: getattr(naive, name, None) for name in PriceScreens._fields} | {
    "tightest_three": lambda prices: naive.tightest_subset(prices, 3),
    "tightest_four": lambda prices: naive.tightest_subset(prices, 4),
}
PLAIN = [
    *(order_statistics.gap_over_losers_deviation, order_statistics.gap_over_mean_gap),
    *(order_statistics.gap_over_losers_gap, order_statistics.distance_from_uniform),
    *(ladders.step_irregularity, ladders.ratio_irregularity),
]


def same(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", PriceScreens._fields)
@given(groups=GROUPS)
def test_equals_its_naive_twin(name, groups):
    result = getattr(price_screens(*ragged(groups)), name)
    assert result.dtype == np.float64
    assert not np.isinf(result).any()
    same(result, [TWINS[name](group) for group in groups])


@settings(max_examples=30)
@given(groups=GROUPS)
def test_compiled_and_plain_python_agree(groups):
    values, offsets = ragged(groups)
    compiled = price_screens(values, offsets)
    assert screens._screen_groups.signatures
    result = np.empty((len(compiled), len(groups)))
    screens._screen_groups.py_func(values, offsets, result)
    same(result, compiled)
    for group, (first, last) in enumerate(itertools.pairwise(offsets)):
        if last - first < 2:
            continue
        for statistic in PLAIN:
            same(statistic.py_func(values, first, last), getattr(compiled, statistic.__name__)[group])
        moments = dispersion.mean_and_squares.py_func(values, first, last)
        for statistic in (dispersion.skewness, dispersion.excess_kurtosis):
            plain = statistic.py_func(values, first, last, *moments)
            same(plain, getattr(compiled, statistic.__name__)[group])


@given(groups=GROUPS)
def test_the_unit_of_money_does_not_matter(groups):
    values, offsets = ragged(groups)
    one, other = price_screens(values, offsets), price_screens(values * 8.0, offsets)
    for name in SCALE_FREE:
        same(getattr(one, name), getattr(other, name))


def test_the_number_of_threads_does_not_matter():
    rng = np.random.default_rng(6)
    sizes = rng.integers(0, 80, 3000)
    values, offsets = ragged([np.sort(rng.lognormal(12.0, 0.1, size)).tolist() for size in sizes])
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = price_screens(values, offsets)
    finally:
        numba.set_num_threads(threads)
    assert np.array_equal(one, price_screens(values, offsets), equal_nan=True)


@pytest.mark.parametrize("count", [62, 63, 64, 65, 200])
def test_large_groups_are_scaled_by_the_same_rule(count):
    values, offsets = ragged([np.linspace(100.0, 200.0, count).tolist()])
    step, best = 100.0 / (count - 1), price_screens(values, offsets)
    # Evenly spread, the highest three are the tightest: they stand on the largest mean.
    assert best.tightest_three[0] == pytest.approx(
        step / (200.0 - step) * (count * (count - 1) * (count - 2) / 6) ** 0.5, rel=1e-9
    )
