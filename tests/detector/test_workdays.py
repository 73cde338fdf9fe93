from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import ConfigError
from detector.workdays import Calendar, Year, day_number, local_days
from pipelines.rulebooks import shipped_years

YEARS = shipped_years()["cn"]
CN = Calendar.of("cn", YEARS)
OFF = {day for year in YEARS for day in year.off}
ON = {day for year in YEARS for day in year.on}
INSIDE = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def numbers(*days):
    return np.array([float(day_number(day)) for day in days])


def is_working(day):
    """The same, day by day."""
    return day in ON or (day.weekday() < 5 and day not in OFF)


def test_the_shipped_years_have_the_working_days_that_the_state_council_left():
    assert CN.years == (2024, 2025, 2026)
    for year, days in ((2024, 251), (2025, 248), (2026, 248)):
        last_of_before = date(year, 1, 1)
        counted = CN.count(numbers(last_of_before), numbers(date(year, 12, 31)))[0]
        assert counted + is_working(last_of_before) == days
    assert all(year.source.startswith("国务院办公厅") for year in YEARS)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2024, 9, 27), date(2024, 10, 8), 3),  # 29 September is worked, 1 to 7 October are off
        (date(2024, 2, 2), date(2024, 2, 4), 1),  # a Sunday that is worked before the Spring Festival
        (date(2025, 1, 27), date(2025, 2, 5), 1),
        (date(2024, 5, 6), date(2024, 5, 6), 0),
        (date(2024, 5, 7), date(2024, 5, 6), -1),
        (date(2024, 12, 31), date(2025, 1, 2), 1),
    ],
)
def test_working_days_do_not_count_the_day_on_which_they_start(start, end, days):
    assert CN.count(numbers(start), numbers(end))[0] == days


@given(INSIDE, INSIDE)
def test_counting_agrees_with_going_through_the_days(start, end):
    low, high = min(start, end), max(start, end)
    days = sum(is_working(low + timedelta(days=step)) for step in range(1, (high - low).days + 1))
    assert CN.count(numbers(start), numbers(end))[0] == (days if end >= start else -days)


@given(INSIDE)
def test_a_last_day_gives_way_to_the_next_working_day(day):
    found = CN.next_working_day(numbers(day))[0]
    wanted = day
    while not is_working(wanted) and wanted <= date(2026, 12, 31):
        wanted += timedelta(days=1)
    assert found == numbers(wanted)[0]


def test_nothing_is_guessed_outside_the_calendar():
    outside, inside = numbers(date(2023, 12, 29)), numbers(date(2024, 1, 5))
    assert np.isnan(CN.count(outside, inside))[0]
    assert np.isnan(CN.count(inside, numbers(date(2027, 1, 4))))[0]
    assert np.isnan(CN.next_working_day(numbers(date(2027, 1, 1))))[0]
    assert np.isnan(CN.count(np.array([np.nan]), inside))[0]
    gap = Calendar.of("gap", [Year(2024, "a", ()), Year(2026, "b", ())])
    assert gap.years == (2024, 2026)
    assert np.isnan(gap.count(numbers(date(2024, 12, 30)), numbers(date(2026, 1, 5))))[0]
    assert np.isnan(gap.next_working_day(numbers(date(2025, 6, 2))))[0]
    assert np.isnan(Calendar.of("none", []).count(inside, inside))[0]


def test_a_last_weekend_of_the_calendar_has_no_known_next_working_day():
    ends_on_sunday = Calendar.of("short", [Year(2023, "a", ())])
    assert np.isnan(ends_on_sunday.next_working_day(numbers(date(2023, 12, 30))))[0]


def test_a_later_arrangement_of_a_year_replaces_the_earlier():
    moved = Calendar.of("cn", [*YEARS, Year(2025, "an authority's own", (date(2025, 3, 3),))])
    assert moved.count(numbers(date(2025, 3, 2)), numbers(date(2025, 3, 3)))[0] == 0
    assert moved.count(numbers(date(2025, 9, 30)), numbers(date(2025, 10, 2)))[0] == 2


def test_an_arrangement_that_cannot_be_is_refused_with_all_its_mistakes():
    wrong = Year(2024, "a", (date(2025, 1, 1), date(2024, 2, 4)), (date(2024, 2, 4), date(2024, 2, 5)))
    with pytest.raises(ConfigError) as told:
        Calendar.of("wrong", [wrong])
    for part in ("2025-01-01 is not in 2024", "2024-02-05 is a make-up", "2024-02-04 is both"):
        assert part in str(told.value)


def test_local_days_follow_the_offset():
    late_in_utc = np.array([20.0 * 3600])
    assert local_days(late_in_utc, np.array([480.0]))[0] == 1
    assert local_days(late_in_utc, np.array([0.0]))[0] == 0
    assert np.isnan(local_days(late_in_utc, np.array([np.nan])))[0]
