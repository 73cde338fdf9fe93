import itertools

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels import grouping

ROWS = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 5)), max_size=80)
DOWN = st.lists(st.booleans(), min_size=5, max_size=5)
NAMES = ("group_offsets", "grouped_each", "best_first_each", "best_first_order")


def columns(drawn):
    groups = np.array([group for group, _ in drawn], dtype=np.int64)
    return groups, np.array([value for _, value in drawn], dtype=np.float64)


def all_of(drawn, down, plain=False):
    """Offsets, grouped values, values best first and their order."""
    offsets_of, grouped, best, order = (
        getattr(kernel, "py_func", kernel) if plain else kernel
        for kernel in (getattr(grouping, name) for name in NAMES)
    )
    groups, values = columns(drawn)
    offsets = offsets_of(groups, 5)
    together = grouped(values, groups, offsets)
    return offsets, together, best(together, offsets, down), order(together, offsets, down)


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
    compiled, python = all_of(drawn, np.array(down)), all_of(drawn, np.array(down), plain=True)
    for one, other in zip(compiled, python, strict=True):
        np.testing.assert_array_equal(one, other)
    assert all(getattr(grouping, name).signatures for name in NAMES)


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
    together = grouping.grouped_each(np.zeros(0), empty, offsets)
    assert together.size == grouping.best_first_each(together, offsets, down).size == 0
    assert grouping.best_first_order(together, offsets, down).size == 0
