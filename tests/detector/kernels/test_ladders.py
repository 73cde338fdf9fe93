import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.kernels import ladders
from detector.kernels.screens import price_screens
from tests import naive_prices as naive
from tests.ragged import GROUPS, ragged


@given(groups=GROUPS, size=st.integers(2, 5))
def test_no_subset_is_tighter_than_the_tightest_neighbours(groups, size):
    for prices in (group[:8] for group in groups):
        values = np.array(prices, dtype=np.float64)
        expected = naive.tightest_subset(prices, size)
        for kernel in (ladders.tightest_neighbours, ladders.tightest_neighbours.py_func):
            least = kernel(values, 0, len(values), size) * ladders.subset_scale(len(values), size)
            np.testing.assert_allclose(least, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("count", [4, 5, 12, 1528])
def test_exact_ladders_are_zero_in_purchases_and_sales(count):
    steps = (1_000_000.0 + 2_500.0 * np.arange(count)).tolist()
    ratios = (1_000_000.0 * 1.001 ** np.arange(count)).tolist()
    assert np.array_equal(price_screens(*ragged([steps, steps[::-1]])).step_irregularity, [0.0, 0.0])
    screens = price_screens(*ragged([ratios, ratios[::-1]]))
    np.testing.assert_allclose(screens.ratio_irregularity, 0.0, atol=1e-9)


def test_four_independent_bids_hardly_ever_form_a_ladder():
    """The base rate that the description of B11 quotes: one lot in about 2,700 stays under 0.02."""
    rng = np.random.default_rng(3)
    values, offsets = ragged(np.sort(rng.normal(94.0, 3.0, size=(200_000, 4)), axis=1).tolist())
    rate = np.mean(price_screens(values, offsets).step_irregularity <= 0.02)
    assert 1 / 4000 < rate < 1 / 2500


def test_a_tighter_three_among_more_bids_is_expected():
    rng = np.random.default_rng(4)
    medians = []
    for count in (4, 8, 16, 32):
        values, offsets = ragged(np.sort(rng.uniform(90.0, 110.0, size=(3000, count)), axis=1).tolist())
        medians.append(np.median(price_screens(values, offsets).tightest_three))
    assert max(medians) / min(medians) < 1.6
