import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels import history, pairs, turns
from tests import naive_history as naive

WIDTHS = st.sampled_from([0.0, 1.0, 3.0, 100.0])
FORMS = ["compiled", "python"]


def groups_of(values):
    """Groups of (time, value, source), by time, with many simultaneous ones."""
    row = st.tuples(st.integers(0, 8), values, st.integers(0, 2))
    return st.lists(st.lists(row, max_size=12).map(sorted), max_size=4)


def form(kernel, name):
    return kernel if name == "compiled" else kernel.py_func


def columns(groups, kind=np.float64):
    rows = [row for group in groups for row in group]
    offsets = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)
    times, values, sources = np.array(rows, dtype=np.float64).reshape(-1, 3).T.copy()
    return values.astype(kind), sources.astype(np.int64), offsets, times


def expected(twin, groups, width):
    return [answer for group in groups for answer in twin(group, width)]


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None)
@given(groups=groups_of(st.integers(0, 6)), width=WIDTHS)
def test_sums_medians_and_capped_sums_equal_their_twins(name, groups, width):
    values, sources, offsets, times = columns(groups)
    for kernel, twin in (
        (history.sum_before_each, naive.sum_before),
        (history.median_before_each, naive.median_before),
    ):
        result = form(kernel, name)(values, offsets, times, width)
        np.testing.assert_array_equal(result, np.array(expected(twin, groups, width), dtype=np.float64))
    result = form(history.capped_sum_before_each, name)(values, sources, offsets, times, width)
    np.testing.assert_array_equal(result, expected(naive.capped_sum_before, groups, width))


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None)
@given(groups=groups_of(st.integers(0, 3)), width=WIDTHS)
def test_repeats_equal_their_twin(name, groups, width):
    codes, _, offsets, times = columns(groups, np.int64)
    result = form(history.repeats_before_each, name)(codes, offsets, times, width)
    np.testing.assert_array_equal(result, expected(naive.repeats_before, groups, width))


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None)
@given(groups=groups_of(st.integers(-1, 1)), width=WIDTHS)
def test_turns_equal_their_twin(name, groups, width):
    outcomes, _, offsets, times = columns(groups)
    result = form(turns.turns_before_each, name)(outcomes, offsets, times, width)
    answers = np.array(expected(naive.turns_before, groups, width), dtype=np.float64).reshape(-1, 3)
    np.testing.assert_array_equal(result, answers)


SETS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 3), st.sets(st.integers(0, 7), max_size=5)), max_size=12
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None)
@given(groups=SETS, width=WIDTHS)
def test_the_closest_set_equals_its_twin(name, groups, width):
    members = np.array([m for _, _, held in groups for m in sorted(held)], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(held) for _, _, held in groups])]).astype(np.int64)
    times = np.array([time for time, _, _ in groups], dtype=np.float64)
    sources = np.array([source for _, source, _ in groups], dtype=np.int64)
    result = form(pairs.closest_earlier_set, name)(members, offsets, times, sources, width)
    np.testing.assert_array_equal(result, naive.closest_earlier(groups, width))


def test_members_of_very_many_groups_are_not_followed():
    count = pairs.UBIQUITOUS + 2
    times, sources = np.arange(count, dtype=np.float64), np.arange(count)
    result = pairs.closest_earlier_set(np.zeros(count, np.int64), np.arange(count + 1), times, sources, 1e9)
    np.testing.assert_array_equal(result, [0.0] + [1.0] * pairs.UBIQUITOUS + [0.0])


@pytest.mark.parametrize("name", FORMS)
@given(sizes=st.lists(st.integers(0, 6), max_size=6))
def test_all_pairs_of_each_group_and_no_others(name, sizes):
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = [(i, j) for a, b in itertools.pairwise(offsets) for i in range(a, b) for j in range(i + 1, b)]
    result = form(pairs.pairs_within, name)(offsets)
    np.testing.assert_array_equal(result, np.array(rows, dtype=np.int64).reshape(-1, 2))


@given(groups=groups_of(st.integers(0, 3)), width=WIDTHS)
def test_later_events_change_nothing_earlier(groups, width):
    longer = [[*group, (99, 3, 0)] for group in groups]
    for kernel, kind in ((history.sum_before_each, float), (history.repeats_before_each, np.int64)):
        values, _, offsets, times = columns(groups, kind)
        more, _, more_offsets, more_times = columns(longer, kind)
        np.testing.assert_array_equal(
            kernel(values, offsets, times, width),
            kernel(more, more_offsets, more_times, width)[more_times < 99],
        )


def test_something_was_compiled():
    history.sum_before_each(np.ones(1), np.array([0, 1]), np.zeros(1), 1.0)
    assert history.sum_before_each.signatures
