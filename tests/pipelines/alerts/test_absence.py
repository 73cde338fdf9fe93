"""What scans of real records say about alerts that they do not flag."""

from dataclasses import replace

import pytest

from pipelines.alerts.absence import Unflagged
from pipelines.alerts.judging import Sight
from pipelines.alerts.rows import entry
from tests.pipelines.alerts.nights import run_of
from tests.pipelines.alerts.scans import SETTINGS, rows, scanned

RUN = run_of(0)


def alert():
    """The alert on the most conspicuous trade."""
    one = next(each for each in (entry(flag, scanned(), RUN) for flag in scanned().flags))
    return {**one.origin, **one.picture}


def edited(trade_id, **values):
    return [
        (table, row | values if table == "trades" and row["trade_id"] == trade_id else row)
        for table, row in rows()
    ]


def of(scan, **values):
    (told,) = Unflagged(scan).absences([{**alert(), **values}])
    return told


def test_what_another_budget_would_flag_is_beyond_the_budget():
    assert of(scanned(settings=replace(SETTINGS, budget=0))).sight == Sight.BEYOND_BUDGET


def test_a_trade_outside_the_window_was_not_looked_at():
    assert of(scanned(settings=replace(SETTINGS, window_days=1.0))).sight == Sight.NOT_LOOKED


def test_a_trade_that_is_gone_was_withdrawn():
    name = alert()["subject_id"]
    left = [(table, row) for table, row in rows() if row["trade_id"] != name]
    assert of(scanned(left)).sight == Sight.GONE


def test_records_that_do_not_reach_back_say_nothing():
    name = alert()["subject_id"]
    left = [(table, row) for table, row in rows() if row["trade_id"] != name]
    early = alert()["trade_at"].replace(year=2001)
    assert of(scanned(left), trade_at=early).sight == Sight.NOT_LOOKED


def quiet():
    """A trade that nothing stands out about, as if it had been flagged before."""
    scan = scanned()
    flagged = {flag.trade_id for flag in scan.flags}
    return next(name for name in scan.records.trade_ids if name not in flagged and name > "lot-50")


@pytest.mark.parametrize(
    ("rested_on", "sight"),
    [
        ("now", Sight.QUIET),
        ("other", Sight.CLEARED),
        ('{"Z99": "1"}', Sight.NOT_LOOKED),
        ('{"law:Z99": "1"}', Sight.NOT_LOOKED),
        (None, Sight.QUIET),
    ],
)
def test_what_an_alert_rested_on_decides(rested_on, sight):
    scan, name = scanned(), quiet()
    row = list(scan.records.trade_ids).index(name)
    value = f"{scan.table.values[row, 1]:.6g}"
    held = {"now": f'{{"T90": "{value}"}}', "other": '{"T90": "2"}'}.get(rested_on, rested_on)
    told = of(scan, subject_id=name, notable=held)
    assert told.sight == sight
    if sight == Sight.CLEARED:
        assert told.noted == {"T90": value}


def test_a_value_that_cannot_be_computed_any_more_says_nothing():
    name = quiet()
    scan = scanned(edited(name, published_at=None))
    assert of(scan, subject_id=name, notable='{"T90": "2"}').sight == Sight.NOT_LOOKED


def test_an_opening_that_moved_is_told():
    name = quiet()
    scan = scanned(edited(name, opened_at="2024-04-01T08:00"))
    assert of(scan, subject_id=name).opens_at.isoformat() == "2024-04-01T08:00:00"
