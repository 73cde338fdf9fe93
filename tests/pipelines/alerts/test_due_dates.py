from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from detector.workdays import Calendar, Year
from pipelines.alerts.due_dates import due

CHINA = ZoneInfo("Asia/Shanghai")
# May Day, with Saturday the 9th worked for it.
CALENDAR = Calendar.of(
    "test",
    [Year(2026, "test", tuple(date(2026, 5, day) for day in (1, 4, 5)), (date(2026, 5, 9),))],
)


@pytest.mark.parametrize(
    ("state", "level", "since", "last"),
    [
        ("new", 4, "2026-03-02T09:00", "2026-03-03"),
        ("dispatched", 2, "2026-03-05T09:00", "2026-03-10"),
        ("acked", 4, "2026-03-02T09:00", "2026-03-09"),
        ("acked", 3, "2026-04-28T09:00", "2026-05-14"),
        # 17:00 in Greenwich is the next day in China: counting starts from that one.
        ("dispatched", 4, "2026-03-02T17:00", "2026-03-04"),
    ],
)
def test_working_days_are_counted_in_the_calendar_and_in_local_days(state, level, since, last):
    found = due(state, level, datetime.fromisoformat(since), CALENDAR, CHINA)
    assert found.note is None
    assert found.at == datetime.fromisoformat(f"{last}T15:59:59")


def test_a_calendar_that_does_not_reach_gives_a_reason_and_no_date():
    found = due("acked", 2, datetime.fromisoformat("2026-12-20"), CALENDAR, CHINA)
    assert found.at is None
    assert "covers 2026 to 2026" in found.note
    assert "20 working days" in found.note
    assert due("acked", 2, datetime.fromisoformat("2026-03-02"), None, CHINA).note.startswith("no calendar")


def test_nothing_is_due_at_the_lowest_levels_nor_after_the_end():
    assert due("new", 1, datetime.fromisoformat("2026-03-02"), CALENDAR, CHINA).note.startswith(
        "no formal reply"
    )
    assert due("new", 0, datetime.fromisoformat("2026-03-02"), CALENDAR, CHINA).at is None
    assert due("closed", 4, datetime.fromisoformat("2026-03-02"), CALENDAR, CHINA) == (None, None)
