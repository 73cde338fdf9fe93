"""Windows before each event, against a look at every earlier event."""

import math
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.kernels.windows import first_before_each, quartiles_before_each, regulars_before_each

WIDTH = 6
EVENTS = st.lists(st.lists(st.tuples(st.integers(0, 12), st.integers(-1, 5)), max_size=9), max_size=3)
LOTS = st.lists(
    st.lists(st.tuples(st.integers(0, 9), st.sets(st.integers(0, 5), max_size=4)), max_size=9), max_size=3
)


def flat(groups):
    ordered = [sorted(group, key=lambda event: event[0]) for group in groups]
    offsets = np.concatenate([[0], np.cumsum([len(group) for group in ordered])]).astype(np.int64)
    return ordered, offsets, np.array([event[0] for group in ordered for event in group], dtype=np.float64)


def window(group, i):
    return [value for time, value in group if group[i][0] - WIDTH <= time < group[i][0]]


@given(EVENTS)
def test_quartiles_equal_their_naive_twin(groups):
    ordered, offsets, times = flat(groups)
    ranks = np.array([value for group in ordered for _, value in group], dtype=np.int64)
    found = quartiles_before_each(ranks, offsets, times, float(WIDTH))
    expected = []
    for group in ordered:
        for i in range(len(group)):
            held = sorted(value for value in window(group, i) if value >= 0)
            places = [held[math.ceil(q * len(held) / 4) - 1] if held else np.nan for q in (1, 2, 3)]
            expected.append([*places, len(held)])
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float64).reshape(-1, 4))


@given(EVENTS)
def test_the_first_equals_its_naive_twin(groups):
    ordered, offsets, times = flat(groups)
    values = np.array([value for group in ordered for _, value in group], dtype=np.float64)
    expected = []
    for group in ordered:
        for time, _ in group:
            earlier = [event for event in group if time - WIDTH <= event[0] < time]
            oldest = min((event[0] for event in earlier), default=None)
            expected.append(max((v for t, v in earlier if t == oldest), default=np.nan))
    np.testing.assert_array_equal(first_before_each(values, offsets, times, float(WIDTH)), expected)


@given(LOTS, st.integers(1, 4))
def test_regulars_equal_their_naive_twin(markets, last):
    ordered, offsets, times = flat(markets)
    lots = [sorted(members) for market in ordered for _, members in market]
    members = np.array([member for lot in lots for member in lot], dtype=np.int64)
    member_offsets = np.concatenate([[0], np.cumsum([len(lot) for lot in lots])]).astype(np.int64)
    expected = []
    for market in ordered:
        for time, present in market:
            earlier = sorted((lot for lot in market if lot[0] < time), key=lambda lot: -lot[0])
            if len(earlier) < last:
                expected.append([np.nan, np.nan])
                continue
            held = [lot for lot in earlier if lot[0] >= earlier[last - 1][0]]
            counts = Counter(member for _, lot in held for member in lot)
            regulars = {member for member, count in counts.items() if 2 * count >= len(held)}
            expected.append([len(regulars), len(regulars - present)])
    found = regulars_before_each(members, member_offsets, offsets, times, last)
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float64).reshape(-1, 2))
