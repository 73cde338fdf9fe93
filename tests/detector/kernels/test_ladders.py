import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels import ladders
from tests import naive_prices as naive
from tests.ragged import GROUPS, ragged

NAMES = ("step_irregularity", "ratio_irregularity")
SIZES = st.integers(2, 5)


def same(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@given(groups=GROUPS)
def test_equals_its_naive_twin(name, groups):
    result = getattr(ladders, name)(*ragged(groups))
    assert not np.isinf(result).any()
    same(result, [getattr(naive, name)(group) for group in groups])


@settings(max_examples=40)
@given(
    groups=st.lists(GROUPS, max_size=1).map(lambda nested: [g[:8] for part in nested for g in part]),
    size=SIZES,
)
def test_no_subset_is_tighter_than_the_tightest_neighbours(groups, size):
    values, offsets = ragged(groups)
    same(
        ladders.tightest_subset(values, offsets, size),
        [naive.tightest_subset(group, size) for group in groups],
    )


@settings(max_examples=30)
@given(groups=GROUPS, size=SIZES)
def test_compiled_and_plain_python_agree(groups, size):
    values, offsets = ragged(groups)
    for kernel in (ladders.step_irregularity, ladders.ratio_irregularity):
        same(kernel(values, offsets), kernel.py_func(values, offsets))
        assert kernel.signatures
    kernel = ladders.tightest_subset
    same(kernel(values, offsets, size), kernel.py_func(values, offsets, size))


@given(groups=GROUPS)
def test_the_unit_of_money_does_not_matter(groups):
    values, offsets = ragged(groups)
    for kernel in (ladders.step_irregularity, ladders.ratio_irregularity):
        same(kernel(values * 8.0, offsets), kernel(values, offsets))
    same(ladders.tightest_subset(values * 7.0, offsets, 3), ladders.tightest_subset(values, offsets, 3))


@pytest.mark.parametrize("count", [4, 5, 12, 1528])
def test_exact_ladders_are_zero_in_purchases_and_sales(count):
    steps = (1_000_000.0 + 2_500.0 * np.arange(count)).tolist()
    ratios = (1_000_000.0 * 1.001 ** np.arange(count)).tolist()
    values, offsets = ragged([steps, steps[::-1]])
    assert np.array_equal(ladders.step_irregularity(values, offsets), [0.0, 0.0])
    values, offsets = ragged([ratios, ratios[::-1]])
    np.testing.assert_allclose(ladders.ratio_irregularity(values, offsets), 0.0, atol=1e-9)


def test_four_independent_bids_hardly_ever_form_a_ladder():
    """The base rate that the description of B11 quotes: one lot in about 2,700 stays under 0.02."""
    rng = np.random.default_rng(3)
    values, offsets = ragged(np.sort(rng.normal(94.0, 3.0, size=(200_000, 4)), axis=1).tolist())
    rate = np.mean(ladders.step_irregularity(values, offsets) <= 0.02)
    assert 1 / 4000 < rate < 1 / 2500


def test_a_tighter_three_among_more_bids_is_expected():
    rng = np.random.default_rng(4)
    medians = []
    for count in (4, 8, 16, 32):
        values, offsets = ragged(np.sort(rng.uniform(90.0, 110.0, size=(3000, count)), axis=1).tolist())
        medians.append(np.median(ladders.tightest_subset(values, offsets, 3)))
    assert max(medians) / min(medians) < 1.6


def test_a_subset_of_one_has_no_spread_to_speak_of():
    values, offsets = ragged([[1.0, 2.0]])
    assert np.isnan(ladders.tightest_subset(values, offsets, 1)[0])
