import numpy as np
import pytest

from detector.kernels.screens import price_screens
from tests.ragged import ragged

NAMES = (
    "gap_over_losers_deviation",
    "gap_over_mean_gap",
    "gap_over_losers_gap",
    "distance_from_uniform",
)


@pytest.mark.parametrize("name", NAMES)
def test_mirrored_sales_have_the_shape_of_purchases(name):
    purchase, sale = [100.0, 107.0, 109.0, 120.0], [300.0, 293.0, 291.0, 280.0]
    first, second = getattr(price_screens(*ragged([purchase, sale])), name)
    assert first == pytest.approx(second, rel=1e-12)


def test_both_normalised_distances_order_lots_of_one_size_alike():
    rng = np.random.default_rng(1)
    screens = price_screens(*ragged(np.sort(rng.uniform(1.0, 2.0, size=(500, 6)), axis=1).tolist()))
    one, other = screens.gap_over_mean_gap, screens.gap_over_losers_gap
    assert np.array_equal(np.argsort(one), np.argsort(other))


@pytest.mark.parametrize("count", [4, 5, 8, 30, 400])
def test_uniform_prices_are_far_from_uniform_once_in_twenty_times_whatever_their_number(count):
    rng = np.random.default_rng(2)
    values, offsets = ragged(np.sort(rng.uniform(100.0, 200.0, size=(4000, count)), axis=1).tolist())
    beyond = np.mean(price_screens(values, offsets).distance_from_uniform > 1.358)
    assert 0.03 < beyond < 0.07
