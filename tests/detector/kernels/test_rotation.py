"""Rotation: the exact law of repeats against a count of all orders, and the lots looked at one by one."""

import itertools
import math
from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.kernels.rotation import EXACT, few_repeats_surprise, rotation_before_each

WIDTH = 8
LOTS = st.lists(
    st.tuples(st.integers(0, 12), st.sets(st.integers(0, 4), min_size=1, max_size=4), st.integers(-1, 3)),
    max_size=14,
)


@cache
def orders(counts, last, repeats):
    """Number of orders of the items with exactly so many equal neighbours."""
    if sum(counts) == 0:
        return int(repeats == 0)
    return sum(
        orders(tuple(n - (i == j) for j, n in enumerate(counts)), i, repeats - (i == last))
        for i in range(len(counts))
        if counts[i] and repeats >= (i == last)
    )


def surprise(repeats, counts):
    tail = sum(orders(tuple(counts), -1, r) for r in range(repeats + 1))
    everything = math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))
    return -math.log10(tail / everything) if tail else math.inf


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.integers(0, 8))
def test_few_repeats_equal_a_count_of_all_orders(counts, repeats):
    found, expected = few_repeats_surprise(repeats, np.array(counts)), surprise(repeats, counts)
    assert found == pytest.approx(min(expected, 9.0), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("counts", "repeats"), [((11, 11, 11), 6), ((16, 16), 12), ((9, 9, 9, 9), 5)])
def test_above_the_exact_range_the_normal_law_is_close(counts, repeats):
    assert sum(counts) > EXACT
    assert few_repeats_surprise(repeats, np.array(counts)) == pytest.approx(
        surprise(repeats, counts), rel=0.15
    )


def naive(lots, i):
    time, members, _ = lots[i]
    turns = []
    for instant, group in itertools.groupby(lots, key=lambda lot: lot[0]):
        if time - WIDTH <= instant < time:
            winners = {
                lot[2]
                for lot in group
                if len(lot[1] & members) >= max(2, math.ceil(len(members) / 2)) and lot[2] in members
            }
            turns += list(winners) if len(winners) == 1 else []
    counts = Counter(turns)
    if len(counts) < 2:
        return [len(turns), 0.0, 0.0]
    entropy = -sum(c / len(turns) * math.log(c / len(turns)) for c in counts.values())
    repeats = sum(a == b for a, b in itertools.pairwise(turns))
    return [len(turns), entropy / math.log(len(counts)), surprise(repeats, list(counts.values()))]


@given(LOTS)
def test_turns_equal_their_naive_twin(drawn):
    lots = sorted(((t, m, w if w in m else -1) for t, m, w in drawn), key=lambda lot: lot[0])
    members = np.array([member for _, held, _ in lots for member in sorted(held)], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(held) for _, held, _ in lots])]).astype(np.int64)
    times = np.array([time for time, _, _ in lots], dtype=np.float64)
    winners = np.array([winner for _, _, winner in lots], dtype=np.int64)
    found = rotation_before_each(members, offsets, times, winners, float(WIDTH))
    expected = np.array([naive(lots, i) for i in range(len(lots))], dtype=np.float64).reshape(-1, 3)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
