import itertools
from unittest import mock

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels import grouping

ROWS = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 5)), max_size=80)
DOWN = st.lists(st.booleans(), min_size=5, max_size=5)
KERNELS = ("group_offsets", "_place_rows", "_order_values", "_order_positions")


def columns(drawn):
    groups = np.array([group for group, _ in drawn], dtype=np.int64)
    return groups, np.array([value for _, value in drawn], dtype=np.float64)


def all_of(drawn, down):
    """Offsets, grouped values, values best first and their order."""
    groups, values = columns(drawn)
    offsets = grouping.group_offsets(groups, 5)
    together = values[grouping.rows_by_group(groups, offsets)]
    best = grouping.best_first_each(together, offsets, down)
    return offsets, together, best, grouping.best_first_order(together, offsets, down)


@given(drawn=ROWS, down=DOWN)
def test_equals_its_naive_twin(drawn, down):
    offsets, together, best, order = all_of(drawn, np.array(down))
    by_group = [[value for group, value in drawn if group == wanted] for wanted in range(5)]
    ordered = [sorted(held, reverse=way) for held, way in zip(by_group, down, strict=True)]
    assert offsets.tolist() == [sum(map(len, by_group[:end])) for end in range(6)]
    assert together.tolist() == list(itertools.chain(*by_group))
    assert best.tolist() == list(itertools.chain(*ordered))
    places = [
        [start + i for i in sorted(range(len(held)), key=lambda i: -held[i] if way else held[i])]
        for start, held, way in zip(offsets, by_group, down, strict=False)
    ]
    assert order.tolist() == list(itertools.chain(*places))


@settings(max_examples=30)
@given(drawn=ROWS, down=DOWN)
def test_compiled_and_plain_python_agree(drawn, down):
    plain = {name: getattr(grouping, name).py_func for name in KERNELS}
    compiled = all_of(drawn, np.array(down))
    assert all(getattr(grouping, name).signatures for name in KERNELS)
    with mock.patch.multiple(grouping, **plain):
        python = all_of(drawn, np.array(down))
    for one, other in zip(compiled, python, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("count", [1, 4095, 4096, 4097, 10_000])
def test_many_groups_keep_the_order_of_their_rows(count):
    groups = np.random.default_rng(count).integers(-1, count, 20_000)
    expected = np.argsort(groups, kind="stable")[np.count_nonzero(groups < 0) :]
    offsets = grouping.group_offsets(groups, count)
    np.testing.assert_array_equal(grouping.rows_by_group(groups, offsets), expected)


@pytest.mark.parametrize("count", [0, 1, 32, 33, 1528])
@pytest.mark.parametrize("way", [False, True])
def test_a_group_of_any_size_is_ordered(count, way):
    values = np.random.default_rng(count).integers(0, max(count // 3, 1), count).astype(np.float64)
    offsets, down = np.array([0, count], dtype=np.int64), np.array([way])
    expected = np.argsort(-values if way else values, kind="stable")
    np.testing.assert_array_equal(grouping.best_first_order(values, offsets, down), expected)
    np.testing.assert_array_equal(grouping.best_first_each(values, offsets, down), values[expected])


def test_the_number_of_threads_does_not_matter():
    rng = np.random.default_rng(5)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(0, 60, 2_000))]).astype(np.int64)
    values, down = rng.integers(0, 20, offsets[-1]).astype(np.float64), rng.random(2_000) < 0.5
    threads = numba.get_num_threads()
    many = grouping.best_first_order(values, offsets, down)
    try:
        numba.set_num_threads(1)
        np.testing.assert_array_equal(grouping.best_first_order(values, offsets, down), many)
        np.testing.assert_array_equal(grouping.best_first_each(values, offsets, down), values[many])
    finally:
        numba.set_num_threads(threads)


def test_no_groups_at_all():
    empty, down = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    offsets = grouping.group_offsets(empty, 0)
    together = np.zeros(grouping.rows_by_group(empty, offsets).size)
    assert together.size == grouping.best_first_each(together, offsets, down).size == 0
    assert grouping.best_first_order(together, offsets, down).size == 0
