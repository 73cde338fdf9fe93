"""Every row of the table of re-scans: what becomes of the alert, its events and the outbox."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, insert, select, update

from detector.workdays import Calendar
from pipelines.alerts.due_dates import Due, first_dues
from pipelines.alerts.events import end_of_chain, faults, read_events
from pipelines.alerts.judging import Absence, Sight
from pipelines.alerts.tables import ALERTS, EVENTS, OBSERVATIONS, OUTBOX, SUPPRESSIONS
from tests.pipelines.alerts.nights import FIRST_NIGHT, OPENED, flagged, merged, run_of

CLOSED_FALSE = {"state": "dismissed", "disposition": "false_positive", "outcome_code": "02"}
CLOSED_CONFIRMED = {"state": "closed", "disposition": "confirmed", "outcome_code": "05"}
SEALED = FIRST_NIGHT + timedelta(days=30)
OTHER = {"B01": "0.1"}


@dataclass(frozen=True)
class Case:
    """A first night that flags a trade, what people did, the second night, and what it must come to.

    `flag` of the second night as arguments of `flagged`, None: not flagged, and `sight` says what was seen.
    """

    name: str
    alert: dict
    events: tuple[str, ...] = ()
    outbox: tuple[str, ...] = ()
    flag: dict | None = field(default_factory=dict)
    sight: object = None
    before: dict = field(default_factory=dict)
    suppressed: float | None = None
    replaced: bool = False
    observed: bool = True


AGAIN = {"seen_n": 2, "row_version": 2, "absent_n": 0, "state": "new", "alert_level": 2}
UNSEEN = {"seen_n": 1, "row_version": 2, "state": "new", "alert_level": 2}
UNTOUCHED = {"seen_n": 1, "row_version": 1, "absent_n": 0, "state": "new", "withdrawn": 0}

CASES = (
    Case("same evidence", AGAIN),
    Case("same evidence, other score and rank", AGAIN | {"score": 33.0}, flag={"score": 33.0}),
    Case("evidence changed", AGAIN, ("evidence_changed",), ("evidence_changed",), {"values": OTHER}),
    Case("level up", AGAIN | {"alert_level": 3}, ("level_changed",), ("level_changed",), {"level": 3}),
    Case("level down", AGAIN | {"alert_level": 1}, ("level_changed",), (), {"level": 1}),
    Case("seen again after absences", AGAIN, before={"absent_n": 2}),
    Case("open in the hands of a person", AGAIN | {"state": "investigating", "assignee": "李"},
         before={"state": "investigating", "assignee": "李"}),
    Case("not seen", UNSEEN | {"absent_n": 1}, flag=None),
    Case("not seen the third time", UNSEEN | {"absent_n": 3}, ("not_observed",), (), None, before={"absent_n": 2}),
    Case("not seen the fourth time", UNSEEN | {"absent_n": 4}, flag=None, before={"absent_n": 3}),
    Case("detector or partition did not run", UNTOUCHED, flag=None, sight=Sight.NOT_LOOKED),
    Case("beyond the budget", UNTOUCHED, flag=None, sight=Sight.BEYOND_BUDGET),
    Case("opening moved while not looked at", UNTOUCHED | {"row_version": 2, "opens_at": SEALED},
         flag=None, sight=Absence(Sight.NOT_LOOKED, SEALED)),
    Case("corrected, nothing stands out", UNSEEN | {"alert_level": 0, "absent_n": 1}, ("cleared",), (), None,
         Sight.CLEARED),
    Case("cleared and still nothing", UNSEEN | {"alert_level": 0, "absent_n": 1}, flag=None, sight=Sight.CLEARED,
         before={"alert_level": 0}),
    Case("cleared and back", AGAIN, ("level_changed",), ("level_changed",), before={"alert_level": 0}),
    Case("dismissed, same evidence", {"seen_n": 2, "state": "dismissed", "episode": 1}, before=CLOSED_FALSE),
    Case("dismissed, evidence changed, score no higher",
         {"seen_n": 2, "state": "dismissed", "score": 30.0}, flag={"values": OTHER, "score": 34.9},
         before=CLOSED_FALSE),
    Case("dismissed, score higher, same evidence", {"seen_n": 2, "state": "dismissed"}, flag={"score": 90.0},
         before=CLOSED_FALSE),
    Case("dismissed, evidence changed and score risen",
         {"seen_n": 2, "state": "reopened", "episode": 2, "disposition": "unset", "outcome_code": None,
          "score": 35.0},
         ("reopened",), ("reopened",), {"values": OTHER, "score": 35.0}, before=CLOSED_FALSE),
    Case("closed without a finding, evidence changed and score risen", {"state": "reopened", "episode": 2},
         ("reopened",), ("reopened",), {"values": OTHER, "score": 36.0},
         before={"state": "closed", "disposition": "inconclusive", "outcome_code": "09"}),
    Case("closed confirmed, seen again", {"seen_n": 2, "state": "closed", "episode": 1, "score": 30.0},
         flag={"values": OTHER, "score": 95.0, "level": 4}, before=CLOSED_CONFIRMED),
    Case("merged into another", {"seen_n": 2, "state": "merged"}, flag={"values": OTHER, "score": 95.0},
         before={"state": "merged"}),
    Case("ended and not seen", UNTOUCHED | {"state": "dismissed"}, flag=None, before=CLOSED_FALSE),
    Case("suppressed", AGAIN | {"hidden": 1}, flag={"values": OTHER, "level": 1}, suppressed=0.0),
    Case("suppressed, level kept until it is shown", AGAIN | {"hidden": 1, "alert_level": 1},
         flag={"values": OTHER, "level": 2}, suppressed=0.0, before={"alert_level": 1}),
    Case("suppressed, of the audit sample", AGAIN | {"hidden": 2}, ("evidence_changed",), ("evidence_changed",),
         {"values": OTHER}, suppressed=1.0),
    Case("suppression over", AGAIN | {"hidden": 0}, before={"hidden": 1}),
    Case("suppression over, changed meanwhile", AGAIN | {"hidden": 0}, ("evidence_changed",),
         ("evidence_changed",),
         {"values": OTHER}, before={"hidden": 1}),
    Case("suppression over that hid it from the start", AGAIN | {"hidden": 0, "announced": 1}, ("surfaced",),
         ("surfaced",), before={"hidden": 1, "announced": 0}),
    Case("suppressed and not seen", UNSEEN | {"absent_n": 3, "hidden": 1}, flag=None, suppressed=0.0,
         before={"absent_n": 2}),
    Case("snoozed", AGAIN | {"hidden": 1}, flag={"values": OTHER, "level": 4}, before={"snoozed_until": SEALED}),
    Case("snooze over", AGAIN, ("evidence_changed",), ("evidence_changed",), {"values": OTHER},
         before={"snoozed_until": FIRST_NIGHT}),
    Case("dismissed and suppressed, evidence changed and score risen", {"state": "dismissed"},
         flag={"values": OTHER, "score": 90.0, "level": 1}, before=CLOSED_FALSE, suppressed=0.0),
    Case("model replaced", AGAIN | {"score": 31.0}, ("model_changed",), (), {"score": 31.0}, replaced=True),
    Case("model replaced, level moved by it", AGAIN | {"alert_level": 3}, ("model_changed", "level_changed"), (),
         {"level": 3}, replaced=True),
    Case("model replaced, evidence changed too", AGAIN | {"alert_level": 3}, ("model_changed", "level_changed"),
         ("level_changed",), {"level": 3, "values": OTHER}, replaced=True),
    Case("record withdrawn", UNSEEN | {"withdrawn": 1, "proposal": "data_error", "proposed_by": "detector"},
         ("source_withdrawn",), ("source_withdrawn",), None, Sight.GONE),
    Case("record withdrawn while somebody proposes", UNSEEN | {"withdrawn": 1, "proposal": "dismissed"},
         ("source_withdrawn",), ("source_withdrawn",), None, Sight.GONE,
         {"proposal": "dismissed", "proposed_by": "王"}),
    Case("record withdrawn already", UNTOUCHED | {"withdrawn": 1}, flag=None, sight=Sight.GONE,
         before={"withdrawn": 1}),
    Case("record withdrawn while suppressed", UNSEEN | {"withdrawn": 1}, ("source_withdrawn",), (), None,
         Sight.GONE, suppressed=0.0),
    Case("record back", AGAIN | {"withdrawn": 0, "proposal": None}, ("source_restored",), (),
         before={"withdrawn": 1, "proposal": "data_error", "proposed_by": "detector"}),
)  # fmt: skip


def change(url, *statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)
    engine.dispose()


def table_rows(url, table):
    engine = create_engine(url)
    with engine.connect() as connection:
        held = [dict(row) for row in connection.execute(select(table)).mappings()]
    engine.dispose()
    return held


def suppress(url, sample, trade_id="t"):
    entry = {
        "suppression_id": "S" * 26, "scope_type": "trade", "scope_value": trade_id, "top_level": 2,
        "reason": "known",
        "created_by": "王", "created_at": FIRST_NIGHT, "starts_at": FIRST_NIGHT, "sample_share": sample,
        "expires_at": FIRST_NIGHT + timedelta(days=9), "row_version": 1,
    }  # fmt: skip
    change(url, insert(SUPPRESSIONS).values(**entry))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_second_night(sqlite_url, case):
    first, second = run_of(0), run_of(1)
    merged(sqlite_url, first, [flagged(first, "t")])
    if case.before:
        change(sqlite_url, update(ALERTS).values(**case.before))
    if case.suppressed is not None:
        suppress(sqlite_url, case.suppressed)
    told, posted = len(table_rows(sqlite_url, EVENTS)), len(table_rows(sqlite_url, OUTBOX))
    entries = [] if case.flag is None else [flagged(second, "t", **case.flag)]
    sights = {} if case.sight is None else {"t": case.sight}
    assert merged(sqlite_url, second, entries, sights, replaced=case.replaced).written
    (alert,) = table_rows(sqlite_url, ALERTS)
    assert {name: alert[name] for name in case.alert} == case.alert
    assert tuple(row["kind"] for row in table_rows(sqlite_url, EVENTS)[told:]) == case.events
    assert tuple(row["topic"] for row in table_rows(sqlite_url, OUTBOX)[posted:]) == case.outbox
    assert len(table_rows(sqlite_url, OBSERVATIONS)) == 1 + len(entries)
    assert (alert["first_seen_run"], alert["amount"]) == (first["run_id"], 123456789012.3456)


@pytest.mark.parametrize("suppressed", [None, 0.0, 1.0])
def test_a_new_alert_is_told_unless_it_is_suppressed(sqlite_url, suppressed):
    quiet = run_of(0)
    merged(sqlite_url, quiet, [])
    if suppressed is not None:
        suppress(sqlite_url, suppressed)
    run = run_of(1)
    merged(sqlite_url, run, [flagged(run, "t")])
    (alert,) = table_rows(sqlite_url, ALERTS)
    (told,) = table_rows(sqlite_url, EVENTS)
    shown = suppressed != 0.0
    assert (alert["state"], alert["announced"], told["kind"], told["is_news"]) == (
        "new",
        shown,
        "created",
        shown,
    )
    assert len(table_rows(sqlite_url, OUTBOX)) == shown
    assert ("audit sample" in (told["note"] or "")) == (suppressed == 1.0)


DUE = {2: Due(FIRST_NIGHT + timedelta(days=3), None), 3: Due(None, "no calendar")}


@pytest.mark.parametrize("level", DUE)
def test_a_new_alert_has_to_be_taken_up_by_its_due_date(server_url, level):
    run = run_of(0)
    merged(server_url, run, [flagged(run, "t", level)], dues=DUE)
    (alert,) = table_rows(server_url, ALERTS)
    assert (alert["due_at"], alert["due_note"]) == DUE[level]
    later = run_of(1)
    merged(server_url, later, [flagged(later, "t", level)], dues={level: Due(OPENED, None)})
    assert table_rows(server_url, ALERTS)[0]["due_at"] == DUE[level].at, "seen again, due as before"


def test_what_is_hidden_is_due_only_once_it_is_shown(sqlite_url):
    quiet, first, second = run_of(0), run_of(1), run_of(12)
    merged(sqlite_url, quiet, [])
    suppress(sqlite_url, 0.0)
    merged(sqlite_url, first, [flagged(first, "t")], dues=DUE)
    assert table_rows(sqlite_url, ALERTS)[0]["due_at"] is None
    merged(sqlite_url, second, [flagged(second, "t")], dues=DUE)
    assert table_rows(sqlite_url, ALERTS)[0]["due_at"] == DUE[2].at


def test_what_is_opened_again_is_due_anew(sqlite_url):
    first, second = run_of(0), run_of(1)
    merged(sqlite_url, first, [flagged(first, "t")], dues={2: Due(OPENED, None)})
    change(sqlite_url, update(ALERTS).values(**CLOSED_FALSE))
    merged(sqlite_url, second, [flagged(second, "t", values=OTHER, score=60.0)], dues=DUE)
    (alert,) = table_rows(sqlite_url, ALERTS)
    assert (alert["state"], alert["due_at"]) == ("reopened", DUE[2].at)


def test_a_level_without_a_calendar_says_why_nothing_is_due():
    dues = first_dues(FIRST_NIGHT, Calendar.of("none", ()))
    assert set(dues) == {1, 2, 3, 4}
    assert all(due.at is None and due.note for due in dues.values())


def test_a_new_period_is_a_new_alert(sqlite_url):
    first, second = run_of(0), run_of(1)
    merged(sqlite_url, first, [flagged(first, "t")])
    change(sqlite_url, update(ALERTS).values(**CLOSED_CONFIRMED))
    one = flagged(second, "t")
    later = {"fingerprint": "f" * 64, "alert_id": "F" * 26, "period": "2026"}
    reasons = tuple({**row, "fingerprint": "f" * 64} for row in one.reasons)
    moved = type(one)(
        "f" * 64, one.origin | later, one.picture, one.observation | {"fingerprint": "f" * 64}, reasons
    )
    assert merged(sqlite_url, second, [moved]).new == 1
    assert {row["period"]: row["state"] for row in table_rows(sqlite_url, ALERTS)} == {
        "life": "closed",
        "2026": "new",
    }


def test_an_earlier_night_counts_and_undoes_nothing(sqlite_url):
    late, early = run_of(9), run_of(3)
    merged(sqlite_url, late, [flagged(late, "t", level=3), flagged(late, "u")])
    merged(sqlite_url, early, [flagged(early, "t", level=1, values=OTHER)])
    alerts = {row["subject_id"]: row for row in table_rows(sqlite_url, ALERTS)}
    assert (alerts["t"]["alert_level"], alerts["t"]["seen_n"]) == (3, 2)
    assert alerts["t"]["last_seen_run"] == late["run_id"]
    assert alerts["u"]["absent_n"] == 0, "a night that lies before cannot miss it"


def test_the_opening_is_kept_up_even_where_an_alert_has_ended(sqlite_url):
    first, second = run_of(0), run_of(1)
    merged(sqlite_url, first, [flagged(first, "t")])
    change(sqlite_url, update(ALERTS).values(**CLOSED_CONFIRMED))
    assert table_rows(sqlite_url, ALERTS)[0]["opens_at"] == OPENED
    merged(sqlite_url, second, [flagged(second, "t", opens_at=SEALED)])
    assert table_rows(sqlite_url, ALERTS)[0]["opens_at"] == SEALED


def test_other_authorities_are_left_alone(sqlite_url):
    one, other = run_of(0), run_of(1, authority="b")
    merged(sqlite_url, one, [flagged(one, "t")])
    merged(sqlite_url, other, [])
    assert table_rows(sqlite_url, ALERTS)[0]["absent_n"] == 0


def test_the_chain_of_events_holds_through_all_of_it(server_url):
    for night in range(4):
        run = run_of(night)
        merged(server_url, run, [flagged(run, f"t{n}", level=1 + (n + night) % 3) for n in range(night, 6)])
    engine = create_engine(server_url)
    with engine.connect() as connection:
        assert list(faults(read_events(connection), end_of_chain(connection))) == []
        assert end_of_chain(connection)[0] > 10
    engine.dispose()
