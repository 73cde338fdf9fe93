"""The caps on levels hold for any combination of evidence."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.levels import CEILING, Evidence, Level, fuse, priority

FAMILIES = 4
ITEM = st.tuples(
    st.sampled_from(list(CEILING)),
    st.sampled_from(list(Level)),
    st.sets(st.integers(0, FAMILIES - 1), min_size=1),
    st.booleans(),
)
ITEMS = st.lists(ITEM, min_size=1, max_size=6)


def evidence(items):
    """Evidence about one trade."""
    made = []
    for basis, level, families, complete in items:
        spoken = np.zeros((1, FAMILIES), dtype=bool)
        spoken[0, list(families)] = True
        made.append(Evidence(basis, np.array([0]), np.array([int(level)]), spoken, np.array([complete])))
    return made


def level(items):
    return int(fuse(1, evidence(items), FAMILIES)[0])


@given(ITEMS)
def test_red_needs_a_statutory_fact_with_complete_evidence(items):
    statutory = any(
        basis == "statute" and asked == Level.RED and complete for basis, asked, _, complete in items
    )
    assert (level(items) == Level.RED) == statutory


@given(st.lists(ITEM.filter(lambda item: item[0] in ("forest", "statistic")), min_size=1, max_size=6))
def test_statistics_alone_are_at_most_yellow(items):
    assert level(items) <= Level.YELLOW


@given(st.lists(ITEM.filter(lambda item: item[0] == "forest"), min_size=1, max_size=6))
def test_the_forest_alone_is_at_most_blue(items):
    assert level(items) == Level.BLUE


@given(ITEMS, ITEM)
def test_more_evidence_never_lowers_a_level(items, further):
    assert level([*items, further]) >= level(items)


@given(ITEMS, st.randoms())
def test_the_order_of_evidence_does_not_matter(items, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    assert level(shuffled) == level(items)


@given(ITEM.filter(lambda item: item[0] != "statute"))
def test_one_item_gets_what_it_asks_for_within_its_ceiling_unless_it_speaks_for_two_families(item):
    basis, asked, families, _ = item
    granted = min(asked, CEILING[basis])
    assert level([item]) >= granted
    if len(families) == 1:
        assert level([item]) == granted


def test_two_independent_families_raise_by_one():
    timing = ("measure", Level.YELLOW, {0}, True)
    price = ("measure", Level.YELLOW, {1}, True)
    assert level([timing]) == level([timing, timing]) == Level.YELLOW
    assert level([timing, price]) == Level.ORANGE
    statistics = ("statistic", Level.YELLOW, {1, 2}, True)
    assert level([statistics]) == Level.YELLOW
    assert level([timing, statistics]) == Level.ORANGE
    reminder = ("measure", Level.BLUE, {3}, True)
    assert level([("statistic", Level.BLUE, {1}, True), reminder]) == Level.YELLOW


def test_incomplete_evidence_of_a_statutory_fact_is_orange():
    assert level([("statute", Level.RED, {0}, False)]) == Level.ORANGE


def test_trades_without_evidence_have_no_level():
    [one] = evidence([("measure", Level.ORANGE, {0}, True)])
    assert fuse(3, [one], FAMILIES).tolist() == [3, 0, 0]
    assert fuse(3, [], FAMILIES).tolist() == [0, 0, 0]


@given(st.integers(1, 4), st.floats(0, 1e12), st.floats(0, 1e9), st.integers(0, 100))
def test_priority_grows_with_level_money_and_repetition_and_fades_with_age(asked, money, age, repeats):
    def of(asked=asked, money=money, age=age, repeats=repeats):
        return priority(np.array([asked]), np.array([money]), np.array([age]), np.array([repeats]))[0]

    assert of() > 0
    assert of(asked=asked + 1) > of()
    assert of(money=money * 10 + 1) > of()
    assert of(age=age + 86_400 * 365) < of()
    assert of(repeats=repeats + 1) >= of()
    assert of(money=np.nan) == of(money=0.0)
