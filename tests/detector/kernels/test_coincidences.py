import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels import coincidences
from detector.kernels.screens import price_screens
from tests import naive_prices as naive
from tests.ragged import CENTS, GROUPS, ROUND, SMALL, ragged

NAMES = ("repeated_price_surprise", "shared_tail_surprise")


def same(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@given(groups=GROUPS)
def test_equals_its_naive_twin(name, groups):
    result = getattr(coincidences, name)(*ragged(groups))
    assert not np.isinf(result).any()
    same(result, [getattr(naive, name)(group) for group in groups])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30)
@given(groups=GROUPS)
def test_compiled_and_plain_python_agree(name, groups):
    kernel = getattr(coincidences, name)
    same(kernel(*ragged(groups)), kernel.py_func(*ragged(groups)))
    assert kernel.signatures


@given(price=st.one_of(CENTS, ROUND, SMALL))
def test_a_price_is_read_digit_by_digit(price):
    digits, zeros = naive.digits_and_zeros(price)
    assert coincidences.significand(price) == (int(digits), zeros)


@pytest.mark.parametrize(
    ("price", "expected"),
    [(0.0, (0, 0)), (0.00001, (0, 0)), (1e12, (1, 16)), (9.1e11, (91, 14)), (12_345.0, (12_345, 4))],
)
def test_prices_at_the_ends_of_the_scale(price, expected):
    assert coincidences.significand(price) == expected


@pytest.mark.parametrize("mean", [1e-9, 0.01, 0.7, 3.0, 12.0, 200.0])
@pytest.mark.parametrize("count", [1, 2, 5, 11, 40, 250])
def test_the_poisson_tail_equals_its_sum(count, mean):
    scipy_stats = pytest.importorskip("scipy.stats")
    expected = -scipy_stats.poisson.logsf(count - 1, mean) / math.log(10.0)
    if expected < 200.0:
        assert coincidences.poisson_surprise(float(count), mean) == pytest.approx(
            expected, rel=1e-7, abs=1e-9
        )


def test_no_event_is_no_surprise_and_a_thousand_are_a_finite_one():
    assert coincidences.poisson_surprise(0.0, 5.0) == 0.0
    assert 1000.0 < coincidences.poisson_surprise(1000.0, 0.5) < 10_000.0


def smooth(count, seed, step=1.0):
    rng = np.random.default_rng(seed)
    prices = np.round(rng.normal(2.0e8, 2.0e6, size=count) / step) * step
    return np.sort(prices).tolist()


def repeated(prices, copies):
    """`copies` of the prices take the price of their neighbour."""
    rng = np.random.default_rng(9)
    changed = list(prices)
    for index in rng.choice(len(prices) // 2, size=copies, replace=False) * 2:
        changed[index + 1] = changed[index]
    return sorted(changed)


def test_among_1528_bids_a_few_ties_are_expected_and_ninety_nine_are_not():
    ordinary = smooth(1528, 5)
    ordinary_result, planted = coincidences.repeated_price_surprise(
        *ragged([ordinary, repeated(ordinary, 99)])
    )
    assert ordinary_result < 2.0
    assert planted > 50.0


def test_a_tie_of_odd_prices_is_strong_and_one_of_round_prices_is_not():
    odd, rounded, copied = coincidences.repeated_price_surprise(
        *ragged(
            [
                [1_283_471.55, 1_283_471.55, 1_301_206.8],
                [120_000.0, 120_000.0, 130_000.0],
                [1_283_471.55, 1_283_471.55, 1_300_000.0],
            ]
        )
    )
    assert odd > 5.0
    assert rounded < 0.3
    assert copied > 5.0


@pytest.mark.parametrize("step", [1.0, 100.0, 10_000.0])
@pytest.mark.parametrize("count", [3, 10, 80])
def test_independent_bids_are_rarely_surprising_however_they_are_rounded(count, step):
    groups = [smooth(count, seed, step) for seed in range(600)]
    result = coincidences.repeated_price_surprise(*ragged(groups))
    assert np.mean(result > 2.0) <= 0.02
    assert np.mean(np.nan_to_num(coincidences.shared_tail_surprise(*ragged(groups))) > 2.0) <= 0.02


def test_order_within_the_market_does_not_matter():
    groups = [repeated(smooth(40, 7), 3), [4_798_730.65, 4_803_930.65, 4_808_930.65]]
    reverse = [group[::-1] for group in groups]
    for name in NAMES:
        kernel = getattr(coincidences, name)
        same(kernel(*ragged(groups)), kernel(*ragged(reverse)))


def test_prices_that_differ_by_round_sums_share_their_tails():
    ladder, ordinary = coincidences.shared_tail_surprise(
        *ragged([[4_798_730.65, 4_803_930.65, 4_808_930.65], [4_798_730.65, 4_803_911.25, 4_808_547.13]])
    )
    assert ladder > 7.0
    assert ordinary == 0.0


@pytest.mark.parametrize(
    ("price", "share"),
    [
        (12_000.0, 1.0),
        (1_500_000.0, 1.0),
        (125_000.0, 0.0),
        (100.0, 1.0),
        (10.0, 0.0),
        (0.5, 0.0),
        (7.0, 0.0),
    ],
)
def test_what_counts_as_round(price, share):
    assert price_screens(*ragged([[price]])).share_of_round_values[0] == share
    assert coincidences.is_round.py_func(price) == bool(share)
