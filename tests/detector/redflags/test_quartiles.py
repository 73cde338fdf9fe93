"""Quantiles, fences, rounding and whole days, beside naive or independent reckonings."""

import math
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.redflags.instants import nanoseconds, whole_days
from detector.redflags.quartiles import fused, lower_fence, quantile, quartiles, rounded, upper_fence

NUMBERS = st.floats(-1e9, 1e9)
ZONES = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-1439, 1439))
TIMES = st.datetimes(
    datetime(1, 1, 3),  # noqa: DTZ001 (the zone is drawn)
    datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=ZONES,
)


@given(st.lists(NUMBERS, min_size=1), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
def test_quantiles_are_numpy_s_median_unbiased(values, share):
    ours = quantile(sorted(values), share)
    assert ours == pytest.approx(np.quantile(values, share, method="median_unbiased"), rel=1e-9, abs=1e-6)


def test_quantiles_of_few():
    assert math.isnan(quantile([], 0.25))
    assert quartiles([5.0]) == (5.0, 5.0)
    assert quartiles([1.0, 2.0]) == (1.0, 2.0)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_fused_product_is_rounded_once(factor, other, addend):
    assert fused(factor, other, addend) == float(Fraction(factor) * Fraction(other) + Fraction(addend))


def test_fused_differs_from_two_roundings_and_stands_infinities():
    factor = 1 + 2**-30
    assert fused(factor, factor, -1.0) != factor * factor - 1.0
    assert fused(1e308, 1.5, 1e308) == math.inf
    assert fused(-1e308, 1.5, -1e308) == -math.inf
    assert upper_fence(0.0, math.inf) == math.inf
    assert math.isnan(lower_fence(math.nan, math.nan))


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.00005, 0.0001),
        (-0.00005, -0.0001),
        (0.00004999, 0.0),
        (0.12345, 0.1235),
        (2.0, 2.0),
        (math.nan, None),
        (math.inf, None),
        (1e305, None),
    ],
)
def test_rounding_is_half_away_from_zero(value, printed):
    assert rounded(value) == printed


@given(TIMES, TIMES)
def test_whole_days_are_those_of_the_calendar(start, end):
    elapsed = end - start
    assert whole_days(start.isoformat(), end.isoformat()) == int(
        Fraction(elapsed // timedelta(microseconds=1), 86_400_000_000)
    )


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2025-01-01T00:00:00Z", "2025-01-02t00:00:00z", 1),
        ("2025-01-01 00:00:00Z", "2025-01-02T00:00:00.000Z", 1),
        ("2025-01-01T00:00:00.000000001Z", "2025-01-02T00:00:00Z", 0),
        (
            "2025-01-01T00:00:00.0000000019Z",
            "2025-01-02T00:00:00.000000001Z",
            1,
        ),  # digits past the ninth are cut
        ("2025-01-02T00:00:00Z", "2025-01-01T12:00:00Z", 0),  # towards zero
        ("0000-02-29T00:00:00Z", "0001-02-28T00:00:00Z", 365),
        ("2024-12-31T23:59:60Z", "2025-01-02T00:00:00Z", 1),
        ("2025-01-01T00:00:00+00:00", "2025-01-02T00:00:00\N{MINUS SIGN}00:01", 1),
    ],
)
def test_whole_days_of_unusual_instants(start, end, days):
    assert whole_days(start, end) == days


@pytest.mark.parametrize(
    "text",
    [
        "", "2025-01-01", "2025-01-01T00:00Z", "2025-01-01T00:00:00",
        "2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:61Z", "2025-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2025-01-01T00:00:00+24:00",
        "2025-01-01T00:00:00+0800", "2025-01-01T00:00:00.Z", " 2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z\n",
        "２025-01-01T00:00:00Z", "12025-01-01T00:00:00Z", "2025-1-1T00:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_instant(text):
    assert nanoseconds(text) is None
    assert whole_days(text, "2025-01-01T00:00:00Z") is None
