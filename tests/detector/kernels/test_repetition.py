import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels.repetition import rank_before_each
from tests.naive_history import earlier

GROUPS = st.lists(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5)), max_size=12).map(sorted), max_size=4
)


def naive(group, width):
    """Rows are (time, rank)."""
    held = [[group[j][1] for j in earlier(group, i, width)] for i in range(len(group))]
    return [
        (sum(r < group[i][1] for r in ranks), ranks.count(group[i][1]), len(ranks))
        for i, ranks in enumerate(held)
    ]


@pytest.mark.parametrize("form", ["compiled", "python"])
@settings(deadline=None)
@given(groups=GROUPS, width=st.sampled_from([0.0, 1.0, 3.0, 100.0]))
def test_equals_its_naive_twin(form, groups, width):
    kernel = rank_before_each if form == "compiled" else rank_before_each.py_func
    rows = [row for group in groups for row in group]
    offsets = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)
    times = np.array([row[0] for row in rows], dtype=np.float64)
    ranks = np.array([row[1] for row in rows], dtype=np.int64)
    expected = [answer for group in groups for answer in naive(group, width)]
    np.testing.assert_array_equal(
        kernel(ranks, offsets, times, width), np.array(expected, dtype=np.float64).reshape(-1, 3)
    )
