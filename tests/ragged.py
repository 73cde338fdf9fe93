"""Ragged groups of prices for the kernel tests: best first, with ties, empty groups and every scale of money."""

import numpy as np
from hypothesis import strategies as st

CENTS = st.integers(1, 10**11).map(lambda ticks: ticks / 100)
ROUND = st.integers(1, 999).flatmap(lambda digits: st.integers(0, 6).map(lambda zeros: digits * 10.0**zeros))
SMALL = st.integers(100, 100_000).map(lambda ticks: ticks / 10_000)


@st.composite
def price_lists(draw):
    """Up to 12 prices of one scale, sorted best first: ascending (purchase) or descending (sale)."""
    drawn = draw(st.lists(draw(st.sampled_from([CENTS, ROUND, SMALL])), max_size=12))
    copies = draw(st.lists(st.sampled_from(drawn), max_size=12 - len(drawn))) if drawn else []
    return sorted(drawn + copies, reverse=draw(st.booleans()))


GROUPS = st.lists(price_lists(), max_size=5)


def ragged(groups):
    """Values and offsets of a list of price lists."""
    values = np.array([price for group in groups for price in group], dtype=np.float64)
    offsets = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)
    return values, offsets
