"""Thirty nights with late rows, corrections, decisions, snoozes and a new model, held against plain Python."""

import random

import pytest
from sqlalchemy import create_engine, select, update

from pipelines.alerts.events import end_of_chain, faults, read_events
from pipelines.alerts.judging import Sight
from pipelines.alerts.tables import ALERTS, EVENTS, OBSERVATIONS, OUTBOX
from tests.pipelines.alerts.nights import flagged, merged, run_of

NIGHTS, TRADES, NEW_MODEL_AT = 30, 25, 17
DECISIONS = (
    {"state": "dismissed", "disposition": "false_positive", "outcome_code": "02"},
    {"state": "closed", "disposition": "confirmed", "outcome_code": "04"},
    {"state": "investigating"},
)


class Oracle:
    """What thirty nights must come to, one alert at a time, in the words of the table of re-scans."""

    def __init__(self):
        self.alerts, self.events, self.outbox, self.observed = {}, [], [], 0

    def tell(self, trade, kind, loud):
        self.events.append((trade, kind))
        if loud:
            self.outbox.append((trade, kind))

    def night(self, number, flags, sights, replaced):
        if replaced:
            self.events.append((None, "model_changed"))
        self.observed += len(flags)
        for trade, (level, score, values) in flags.items():
            self.found(number, trade, level, score, values, replaced)
        for trade, alert in self.alerts.items():
            if trade not in flags and alert["state"] not in ("dismissed", "closed"):
                self.missed(number, trade, alert, sights.get(trade, Sight.QUIET))

    def found(self, number, trade, level, score, values, replaced):
        alert = self.alerts.get(trade)
        if alert is None:
            self.alerts[trade] = {
                "state": "new", "alert_level": level, "score": score, "values": values, "seen_n": 1, "absent_n": 0,
                "episode": 1, "snoozed": -1, "withdrawn": 0,
            }  # fmt: skip
            return self.tell(trade, "created", True)
        alert["seen_n"] += 1
        alert["absent_n"] = 0
        other = (level, values) != (alert["alert_level"], alert["values"])
        hidden = alert["snoozed"] > number
        if alert["state"] in ("dismissed", "closed"):
            if alert["state"] == "dismissed" and other and score - alert["score"] >= 5 and not hidden:
                alert |= {"state": "reopened", "episode": alert["episode"] + 1}
                alert |= {"alert_level": level, "score": score, "values": values}
                self.tell(trade, "reopened", True)
            return None
        back = alert["withdrawn"]
        alert |= {"withdrawn": 0, "score": score}
        if hidden:
            return None
        before = alert["alert_level"]
        same_values = values == alert["values"]
        alert |= {"alert_level": level, "values": values}
        if level > before:
            return self.tell(trade, "level_changed", not (replaced and same_values))
        if level < before:
            return self.tell(trade, "level_changed", False)
        if not same_values:
            return self.tell(trade, "evidence_changed", True)
        return self.tell(trade, "source_restored", False) if back else None

    def missed(self, number, trade, alert, sight):
        hidden = alert["snoozed"] > number
        if sight in (Sight.NOT_LOOKED, Sight.BEYOND_BUDGET):
            return
        if sight == Sight.GONE:
            if not alert["withdrawn"]:
                alert["withdrawn"] = 1
                self.tell(trade, "source_withdrawn", not hidden)
            return
        alert["absent_n"] += 1
        if hidden:
            return
        if sight == Sight.CLEARED and alert["alert_level"] > 0:
            alert |= {"alert_level": 0, "values": "0.1"}
            self.tell(trade, "cleared", False)
        elif alert["absent_n"] == 3:
            self.tell(trade, "not_observed", False)


def night_of(chance, number):
    """Which trades are flagged and how, and what is said of the others. Rows of some trades come late."""
    flags, sights = {}, {}
    for n in range(TRADES):
        trade = f"t{n}"
        if chance.random() < 0.1 * (n % 5) and number < n:
            continue
        if chance.random() < 0.6:
            values = "0.5" if chance.random() < 0.7 else f"0.{chance.randrange(6, 9)}"
            score = float(chance.choice((20, 26, 33, 60)))
            flags[trade] = (chance.choice((1, 2, 2, 2, 3)), score, values)
        else:
            sights[trade] = chance.choice((Sight.QUIET, Sight.QUIET, Sight.QUIET, Sight.CLEARED, Sight.GONE,
                                           Sight.NOT_LOOKED, Sight.BEYOND_BUDGET))  # fmt: skip
    return flags, sights


def decide(chance, oracle, engine, number):
    """By day people decide about some alerts, snooze others, and open what was closed too early."""
    with engine.begin() as connection:
        for trade, alert in oracle.alerts.items():
            one = update(ALERTS).where(ALERTS.c.subject_id == trade)
            if chance.random() < 0.06:
                values = chance.choice(DECISIONS)
                connection.execute(one.values(**values))
                alert["state"] = values["state"]
            elif chance.random() < 0.06:
                alert["snoozed"] = number + chance.randrange(1, 5)
                connection.execute(one.values(snoozed_until=run_of(alert["snoozed"])["finished_at"]))


def compared(oracle, engine):
    with engine.connect() as connection:
        assert list(faults(read_events(connection), end_of_chain(connection))) == []
        held = {row["subject_id"]: row for row in connection.execute(select(ALERTS)).mappings()}
        names = {row["alert_id"]: trade for trade, row in held.items()} | {None: None}
        told = connection.execute(select(EVENTS.c.alert_id, EVENTS.c.kind).order_by(EVENTS.c.seq)).all()
        posted = connection.execute(select(OUTBOX.c.alert_id, OUTBOX.c.topic).order_by(OUTBOX.c.seq)).all()
        observed = len(connection.execute(select(OBSERVATIONS.c.run_id)).all())
    assert set(held) == set(oracle.alerts)
    for trade, alert in oracle.alerts.items():
        expected = {name: value for name, value in alert.items() if name not in ("values", "snoozed")}
        assert {name: held[trade][name] for name in expected} == expected, trade
    by_trade = {}
    for trade, kind in oracle.events:
        by_trade.setdefault(trade, []).append(kind)
    for trade, kinds in by_trade.items():
        assert [kind for alert, kind in told if names[alert] == trade] == kinds, trade
    assert len(told) == len(oracle.events)
    assert sorted((names[alert], kind) for alert, kind in posted) == sorted(oracle.outbox)
    assert observed == oracle.observed


@pytest.mark.parametrize("seed", range(2))
def test_thirty_nights(sqlite_url, seed):
    story(sqlite_url, seed)


@pytest.mark.slow
def test_thirty_nights_on_servers(server_url):
    story(server_url, 7)


def story(url, seed):
    chance, oracle = random.Random(seed), Oracle()
    engine = create_engine(url)
    for number in range(NIGHTS):
        flags, sights = night_of(chance, number)
        model = "old" if number < NEW_MODEL_AT else "new"
        replaced = number == NEW_MODEL_AT
        run = run_of(number, model=model)
        entries = [
            flagged(run, trade, level, score, {"B01": values})
            for trade, (level, score, values) in flags.items()
        ]
        assert merged(url, run, entries, sights, replaced=replaced).written
        assert merged(url, run, entries, sights, replaced=replaced) is None, "again: nothing"
        oracle.night(number, flags, sights, replaced)
        decide(chance, oracle, engine, number)
    compared(oracle, engine)
    kinds = {kind for _, kind in oracle.events}
    assert kinds >= {"created", "reopened", "cleared", "not_observed", "source_withdrawn", "model_changed"}
    engine.dispose()
