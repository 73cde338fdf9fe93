import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.kernels.arrivals import closest_arrivals, lateness

FORMS = [closest_arrivals, closest_arrivals.py_func]


def naive(arrivals, deadline):
    n = len(arrivals)
    if n < 3:
        return math.nan
    gaps = [b - a for a, b in itertools.pairwise(arrivals)]
    tick = next(u for u in (86400, 3600, 60, 1) if all(g % u == 0 for g in gaps))
    chances = [smallest((min(gaps) + tick) / (arrivals[-1] - arrivals[0] + tick), n)]
    if not math.isnan(deadline):
        left = [max(deadline - a, 0) for a in arrivals]
        ratios = [(a + 2 * tick) / (b + tick) for a, b in itertools.pairwise(left)]
        whole = math.log((left[0] + 2 * tick) / (left[-1] + tick))
        chances.append(smallest(math.log(min(ratios)) / whole, n))
    return max(0.0, -math.log10(max(chances)))


def smallest(share, n):
    return 1.0 if (n - 1) * share >= 1 else 1 - (1 - (n - 1) * share) ** (n - 2)


def run(kernel, groups, deadlines):
    values = np.array([a for group in groups for a in group], dtype=np.float64)
    offsets = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)
    return kernel(values, offsets, np.array(deadlines, dtype=np.float64))


GROUP = st.tuples(
    st.lists(st.integers(0, 9000), max_size=8).map(sorted),
    st.sampled_from([1, 60, 3600, 86400]),
    st.one_of(st.just(math.nan), st.integers(0, 10_000)),
)


@pytest.mark.parametrize("kernel", FORMS, ids=["compiled", "python"])
@settings(deadline=None)
@given(drawn=st.lists(GROUP, max_size=4))
def test_equals_its_naive_twin(kernel, drawn):
    groups = [[a * unit for a in arrivals] for arrivals, unit, _ in drawn]
    deadlines = [deadline * unit for _, unit, deadline in drawn]
    expected = [naive(group, deadline) for group, deadline in zip(groups, deadlines, strict=True)]
    np.testing.assert_allclose(run(kernel, groups, deadlines), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("count", [3, 5, 8, 30])
def test_honest_arrivals_are_seldom_surprising(count):
    """Uniform over two hours, or crowding towards the deadline: at most one lot in a hundred above 2."""
    rng = np.random.default_rng(5)
    uniform = 7200 * rng.random((4000, count))
    crowding = 7200 * (1 - np.exp(-9 * rng.random((4000, count))))
    for arrivals in (uniform, crowding):
        whole = np.sort(np.floor(arrivals), axis=1)
        surprise = run(closest_arrivals, whole.tolist(), [7200] * 4000)
        assert np.mean(surprise > 2) <= 0.013


def test_days_without_hours_say_nothing():
    assert run(closest_arrivals, [[0, 0, 86400, 172800]], [172800])[0] == 0.0


def naive_lateness(arrivals, own, deadline):
    if not arrivals or math.isnan(own) or math.isnan(deadline):
        return math.nan
    later, together = sum(a > own for a in arrivals), sum(a == own for a in arrivals)
    period = deadline - arrivals[0]
    elapsed = min(max((own - arrivals[0]) / period, 0.0), 1.0) if period > 0 else 1.0
    return math.log10(len(arrivals) / min(later + (together + 1) / 2, len(arrivals))) * elapsed


@given(
    groups=st.lists(st.lists(st.integers(0, 50).map(float), max_size=8).map(sorted), max_size=6),
    deadline=st.sampled_from([0.0, 30.0, 60.0, math.nan]),
    known=st.booleans(),
)
def test_lateness_equals_its_naive_twin(groups, deadline, known):
    own = [group[len(group) // 2] if group and known else math.nan for group in groups]
    values = np.array([a for group in groups for a in group], dtype=np.float64)
    offsets = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)
    arguments = values, offsets, np.array(own, dtype=np.float64), np.full(len(groups), deadline)
    expected = [naive_lateness(group, mine, deadline) for group, mine in zip(groups, own, strict=True)]
    np.testing.assert_allclose(lateness(*arguments), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(lateness.py_func(*arguments), expected, rtol=1e-12, atol=1e-12)
    assert lateness.signatures
