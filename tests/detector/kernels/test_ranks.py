import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.kernels.ranks import below_and_tied_each

VALUES = st.lists(
    st.tuples(
        st.one_of(st.integers(-3, 3).map(float), st.just(float("nan"))), st.integers(-1, 3), st.booleans()
    ),
    max_size=30,
)


def naive(values, groups, counted):
    """Compare every value with every other counted one of its group."""
    result = np.full((len(values), 2), np.nan)
    for i, (value, group) in enumerate(zip(values, groups, strict=True)):
        if np.isnan(value) or group < 0:
            continue
        others = [v for j, v in enumerate(values) if j != i and groups[j] == group and counted[j]]
        result[i] = sum(v < value for v in others), sum(v == value for v in others)
    return result


@pytest.mark.parametrize(
    "kernel", [below_and_tied_each, below_and_tied_each.py_func], ids=["compiled", "python"]
)
@given(rows=VALUES)
def test_ranks_equal_their_naive_twin(kernel, rows):
    values = np.array([value for value, _, _ in rows], dtype=np.float64)
    groups = np.array([group for _, group, _ in rows], dtype=np.int64)
    counted = np.array([peer for _, _, peer in rows], dtype=bool)
    order = np.argsort(values, kind="stable")
    np.testing.assert_array_equal(kernel(values, order, groups, counted, 4), naive(values, groups, counted))


def test_something_was_compiled():
    assert below_and_tied_each.signatures or hasattr(below_and_tied_each, "py_func")
    below_and_tied_each(np.array([1.0]), np.array([0]), np.array([0]), np.array([True]), 1)
    assert below_and_tied_each.signatures
