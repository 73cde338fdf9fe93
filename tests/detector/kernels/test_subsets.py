"""Subset screens against every subset, one by one."""

import itertools
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.kernels.subsets import mean_subset_lead, mean_triple_dispersion

GROUPS = st.lists(st.lists(st.integers(100, 900).map(float), max_size=7), max_size=4)
MOST = 6


def ragged(groups):
    values = np.array([value for group in groups for value in sorted(group)], dtype=np.float64)
    return values, np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)


def dispersion(group):
    if not 3 <= len(group) <= MOST:
        return np.nan
    return statistics.mean(
        statistics.stdev(three) / statistics.mean(three) for three in itertools.combinations(group, 3)
    )


def lead(group, size):
    subsets = [subset for subset in itertools.combinations(sorted(group), size) if subset[-1] > subset[0]]
    if not subsets or len(group) > MOST:
        return np.nan
    return statistics.mean((size - 1) * (s[1] - s[0]) / (s[-1] - s[0]) for s in subsets)


@given(GROUPS)
def test_dispersion_equals_its_naive_twin(groups):
    expected = [dispersion(group) for group in groups]
    np.testing.assert_allclose(mean_triple_dispersion(*ragged(groups), MOST), expected, rtol=1e-9, atol=1e-12)


@given(GROUPS, st.sampled_from([3, 4, 5]))
def test_lead_equals_its_naive_twin(groups, size):
    expected = [lead(group, size) for group in groups]
    np.testing.assert_allclose(mean_subset_lead(*ragged(groups), size, MOST), expected, rtol=1e-9, atol=1e-12)


def test_a_group_may_be_read_downwards():
    falling, rising = np.array([150.0, 120.0, 118.0, 116.0]), np.array([116.0, 146.0, 148.0, 150.0])
    offsets = np.array([0, 4])
    assert mean_subset_lead(falling, offsets, 3, 40)[0] == pytest.approx(
        mean_subset_lead(rising, offsets, 3, 40)[0]
    )
    assert np.isnan(mean_subset_lead(falling, offsets, 2, 40)[0])
