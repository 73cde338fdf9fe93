"""Alerts in people's hands, on SQLite and PostgreSQL."""

import json
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from detector.errors import HandlingError, StoreBusyError
from detector.workdays import Calendar, Year
from pipelines.alerts import handling
from pipelines.alerts.events import end_of_chain, faults, read_events
from pipelines.alerts.handling import assign, find, note, set_state, snooze
from pipelines.alerts.tables import OUTBOX
from tests.pipelines.alerts.leads import HOSTILE, NOW, by, fill, lead, open_store

CALENDAR = Calendar.of("test", [Year(2026, "test", (date(2026, 1, 1),))])
DISPOSED = {"notes": "n", "outcome": "04", "measures": "m"}
WHOLE_LIFE = (
    ("张三", "triage", {}),
    ("张三", "dispatched", {"recipient": "住建局"}),
    ("李四", "acked", {}),
    ("李四", "investigating", {}),
    ("李四", "disposed", DISPOSED),
    ("李四", "fed_back", {"feedback": "已整改"}),
    ("王五", "reviewed", {}),
    ("王五", "closed", {}),
)


def take(connection, key, who, target, **details):
    return set_state(
        connection, find(connection, key, by().reader), target, details, by(who, calendar=CALENDAR)
    )


def test_a_whole_life_is_in_the_row_and_in_the_trail(database_url):
    fill(database_url, lead("t", 3))
    for who, target, details in WHOLE_LIFE:
        with open_store(database_url) as connection:
            take(connection, "t", who, target, **details)
    with open_store(database_url) as connection:
        row = find(connection, "t", by().reader)
        trail = list(read_events(connection, row["alert_id"]))
        news = connection.execute(select(OUTBOX.c.event_id).order_by(OUTBOX.c.seq)).scalars().all()
        assert list(faults(read_events(connection), end_of_chain(connection))) == []
    assert (row["state"], row["outcome_code"], row["disposition"]) == ("closed", "04", "confirmed")
    assert (row["row_version"], row["due_at"]) == (9, None)
    assert [(one["actor"], one["old_value"], one["new_value"]) for one in trail[1:]] == [
        (who, before, target)
        for (who, target, _), before in zip(WHOLE_LIFE, ["new", *(t for _, t, _ in WHOLE_LIFE)], strict=False)
    ]
    assert json.loads(trail[5]["note"]) == DISPOSED
    assert news == [one["event_id"] for one in trail]


def test_the_time_to_answer_starts_when_it_is_taken_up(sqlite_url):
    fill(sqlite_url, lead("t", 4))
    with open_store(sqlite_url) as connection:
        take(connection, "t", "a", "triage")
        row = take(connection, "t", "a", "dispatched", recipient="x")
        assert row["due_at"] == datetime.fromisoformat("2026-03-03T15:59:59")
        row = take(connection, "t", "b", "acked")
        assert row["due_at"] == datetime.fromisoformat("2026-03-09T15:59:59")
        row = take(connection, "t", "b", "investigating")
        assert row["due_at"] == datetime.fromisoformat("2026-03-09T15:59:59")
        take(connection, "t", "b", "extended", reason="r", due="2026-04-01")
        row = take(connection, "t", "c", "extended")
        assert (row["state"], row["due_at"]) == ("extended", datetime.fromisoformat("2026-04-01T15:59:59"))


def test_orange_is_dismissed_by_two(database_url):
    fill(database_url, lead("t", 3))
    with open_store(database_url) as connection:
        take(connection, "t", "张三", "triage")
        row = take(connection, "t", "张三", "dismissed", reason="重复")
        assert (row["state"], row["proposal"], row["proposed_by"]) == ("triage", "dismissed", "张三")
    with (
        open_store(database_url) as connection,
        pytest.raises(HandlingError, match="somebody else must confirm"),
    ):
        take(connection, "t", "张三", "dismissed")
    with (
        open_store(database_url) as connection,
        pytest.raises(HandlingError, match="has proposed 'dismissed'"),
    ):
        take(connection, "t", "李四", "dispatched", recipient="x")
    with open_store(database_url) as connection:
        row = take(connection, "t", "李四", "dismissed")
        assert (row["state"], row["proposal"], row["disposition"]) == ("dismissed", None, "false_positive")
        last = list(read_events(connection))[-1]
    assert json.loads(last["note"]) == {"proposed_by": "张三", "reason": "重复"}


def test_yellow_is_dismissed_by_one_and_a_proposal_can_be_declined(sqlite_url):
    fill(sqlite_url, lead("t", 2), lead("u", 4))
    with open_store(sqlite_url) as connection:
        take(connection, "t", "a", "triage")
        assert take(connection, "t", "a", "dismissed", reason="r")["state"] == "dismissed"
        take(connection, "u", "a", "triage")
        take(connection, "u", "a", "dismissed", reason="r")
        with pytest.raises(HandlingError, match="why it is declined"):
            take(connection, "u", "b", "declined")
        row = take(connection, "u", "b", "declined", reason="no")
        assert (row["state"], row["proposal"]) == ("triage", None)
        with pytest.raises(HandlingError, match="nobody has proposed"):
            take(connection, "u", "b", "declined", reason="no")


def test_the_reviewer_is_not_the_handler(sqlite_url):
    fill(sqlite_url, lead("t"))
    with open_store(sqlite_url) as connection:
        for who, target, details in WHOLE_LIFE[:6]:
            take(connection, "t", who, target, **details)
        with pytest.raises(HandlingError, match="审核人不得为承办人"):
            take(connection, "t", "李四", "reviewed")
        assert take(connection, "t", "赵六", "reviewed")["state"] == "reviewed"


def test_reopening_starts_another_episode_and_forgets_the_outcome(sqlite_url):
    fill(sqlite_url, lead("t", state="closed", outcome_code="00", disposition="false_positive"))
    with open_store(sqlite_url) as connection:
        row = take(connection, "t", "a", "reopened", reason="new evidence")
    assert (row["state"], row["episode"], row["outcome_code"], row["disposition"]) == (
        "reopened",
        2,
        None,
        "unset",
    )


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(database_url):
    fill(database_url, lead("t"))
    with open_store(database_url) as connection:
        seen = find(connection, "t", by().reader)
        note(connection, seen, "first", by("a"))
        with pytest.raises(StoreBusyError, match="somebody else changed"):
            note(connection, seen, "second", by("b"))
        now = find(connection, "t", by().reader)
        with pytest.raises(HandlingError, match="at version 2, not 1"):
            note(connection, now, "third", by("c", version=1))
        note(connection, now, "fourth", by("c", version=2))


def test_assign_note_snooze_escalate(database_url):
    fill(database_url, lead("t"))
    with open_store(database_url) as connection:
        row = assign(connection, find(connection, "t", by().reader), " 李四 ", by())
        row = note(connection, row, HOSTILE, by())
        row = snooze(connection, row, NOW + timedelta(days=3), "等待复函", by())
        row = set_state(connection, row, "escalated", {"reason": "逾期"}, by())
    with open_store(database_url) as connection:
        held = find(connection, "t", by().reader)
        told = [
            (one["kind"], one["new_value"], one["note"]) for one in read_events(connection, row["alert_id"])
        ]
    assert held == row
    assert (held["assignee"], held["snoozed_until"], held["escalated_at"]) == (
        "李四",
        NOW + timedelta(days=3),
        NOW,
    )
    assert told[1:] == [
        ("assigned", "李四", None),
        ("note", None, HOSTILE),
        ("snoozed", "2026-03-05T09:00:00", "等待复函"),
        ("escalated", None, '{"reason":"逾期"}'),
    ]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda c, a: assign(c, a, " ", by()), "name the person"),
        (lambda c, a: assign(c, a, "x" * 65, by()), "64 characters"),
        (lambda c, a: note(c, a, "", by()), "empty"),
        (lambda c, a: snooze(c, a, NOW, "r", by()), "within 366 days"),
        (lambda c, a: snooze(c, a, NOW + timedelta(days=400), "r", by()), "within 366 days"),
        (lambda c, a: snooze(c, a, NOW + timedelta(days=4), " ", by()), "why it can wait"),
        (lambda c, a: set_state(c, a, "nowhere", {}, by()), "no state 'nowhere'"),
        (lambda c, a: set_state(c, a, "escalated", {}, by()), "why it is escalated"),
        (lambda c, a: set_state(c, a, "dispatched", {}, by()), "recipient"),
        (lambda c, a: set_state(c, a, "merged", {"parent": a["alert_id"]}, by()), "into itself"),
    ],
)
def test_what_is_refused_writes_nothing(sqlite_url, act, words):
    fill(sqlite_url, lead("t"))
    with open_store(sqlite_url) as connection:
        before = find(connection, "t", by().reader)
        with pytest.raises(HandlingError, match=words):
            act(connection, before)
        assert find(connection, "t", by().reader) == before
        assert len(list(read_events(connection))) == 1


@pytest.mark.parametrize(("name", "text"), [("amount", "much"), ("amount", "-1"), ("due", "soon")])
def test_details_that_cannot_be_read_are_refused(sqlite_url, name, text):
    fill(sqlite_url, lead("t", state="investigating"))
    details = {**DISPOSED, "amount": "1", "due": "2026-03-31", name: text}
    with open_store(sqlite_url) as connection, pytest.raises(HandlingError, match=f"{name} is"):
        take(connection, "t", "a", "disposed", **details)


def test_an_alert_under_embargo_is_not_there(database_url):
    fill(database_url, lead("t", opens_at=NOW + timedelta(seconds=1)), lead("u", opens_at=NOW))
    with open_store(database_url) as connection:
        with pytest.raises(HandlingError) as hidden:
            find(connection, "t", by().reader)
        with pytest.raises(HandlingError) as absent:
            find(connection, "w", by().reader)
        assert str(hidden.value).replace("'t'", "'w'") == str(absent.value)
        assert find(connection, "t", by(role="sealed-reader").reader)["subject_id"] == "t"
        assert find(connection, "u", by().reader)["subject_id"] == "u"


def test_a_trade_of_two_authorities_asks_which(sqlite_url):
    fill(sqlite_url, lead("t"), lead("t", authority="b"))
    with open_store(sqlite_url) as connection:
        with pytest.raises(HandlingError, match="a, b"):
            find(connection, "t", by().reader)
        assert find(connection, "t", by().reader, "b")["authority"] == "b"


def test_an_opinion_of_the_source_holds_nobody_up(sqlite_url):
    fill(sqlite_url, lead("t", proposal="data_error", proposed_by="detector"))
    with open_store(sqlite_url) as connection:
        row = take(connection, "t", "a", "triage")
        assert (row["state"], row["proposal"]) == ("triage", None)


def test_a_change_that_fails_half_way_leaves_nothing(sqlite_url, monkeypatch):
    fill(sqlite_url, lead("t"))
    monkeypatch.setattr(handling, "post", lambda connection, events: 1 / 0)
    with pytest.raises(ZeroDivisionError), open_store(sqlite_url) as connection:
        take(connection, "t", "a", "triage")
    with open_store(sqlite_url) as connection:
        assert find(connection, "t", by().reader)["state"] == "new"
        assert len(list(read_events(connection))) == 1
