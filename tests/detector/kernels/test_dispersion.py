import numpy as np
import pytest

from detector.kernels.screens import price_screens
from tests.ragged import ragged

EQUAL_IS_ZERO = ("coefficient_of_variation", "relative_spread")


@pytest.mark.parametrize("price", [0.1, 0.3, 33.33, 1e9 / 3])
@pytest.mark.parametrize("count", [2, 3, 7, 1528])
def test_equal_prices_have_exactly_no_spread(price, count):
    screens = price_screens(*ragged([[price] * count]))
    for name in EQUAL_IS_ZERO:
        assert getattr(screens, name)[0] == 0.0
    assert np.isnan(screens.skewness[0])
    assert np.isnan(screens.excess_kurtosis[0])


def test_close_prices_keep_their_digits():
    """A billion with differences of a cent: a single pass over squares would give noise or zero."""
    screens = price_screens(*ragged([[1e9, 1e9 + 0.01, 1e9 + 0.02]]))
    assert screens.coefficient_of_variation[0] == pytest.approx(1e-11, rel=1e-5)
    assert screens.skewness[0] == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("prices", [[90.0, 99.0, 100.0], [200.0, 102.0, 101.0]])
def test_skewness_is_negative_when_the_best_stands_apart_on_either_side_of_the_market(prices):
    assert price_screens(*ragged([prices])).skewness[0] < -1.6


def test_mirrored_sales_have_the_shape_of_purchases():
    purchase, sale = [100.0, 107.0, 109.0, 120.0], [300.0, 293.0, 291.0, 280.0]
    for name in ("skewness", "excess_kurtosis"):
        first, second = getattr(price_screens(*ragged([purchase, sale])), name)
        assert first == pytest.approx(second, rel=1e-12)


def test_four_bids_cannot_have_a_kurtosis_above_four():
    rng = np.random.default_rng(0)
    groups = np.sort(rng.lognormal(10.0, 1.0, size=(2000, 4)), axis=1)
    assert price_screens(*ragged(groups.tolist())).excess_kurtosis.max() <= 4.0 + 1e-9
