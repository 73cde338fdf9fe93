"""An alert store filled by hand: as many leads as a test needs, without a scan."""

from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import create_engine, insert

from pipelines.alerts.embargo import Reader
from pipelines.alerts.events import SYSTEM, Actor, append_events, event
from pipelines.alerts.fingerprint import short_key, trade_fingerprint
from pipelines.alerts.handling import Handling
from pipelines.alerts.migrating import prepare
from pipelines.alerts.outbox import post
from pipelines.alerts.tables import ALERTS, OBSERVATIONS, REASONS, RUNS

NOW = datetime.fromisoformat("2026-03-02T09:00:00")
RUN = "R" * 26
HOSTILE = (
    "'); DROP TABLE detector_alert; --\r\n=cmd|' /C calc'!A0 \u202e \x1b[31m 𠮷😀 <b>%s \"quoted\", 逗号"
)


def run_row(run_id=RUN, **values):
    """A row of the run table."""
    counts = {column.name: 0 for column in RUNS.columns if column.name.endswith("_n")}
    moments = dict.fromkeys(("started_at", "finished_at", "as_of"), NOW)
    texts = dict.fromkeys(("config_sha", "records_sha"), "0" * 64)
    return {
        "run_id": run_id, "authority": "a", "config": "{}", "manifest": "{}", "code_version": "1",
        "model_sha": "m" * 64, **counts, **moments, **texts, **values,
    }  # fmt: skip


def lead(trade_id, level=2, **values):
    """A row of the alert table."""
    authority = values.get("authority", "a")
    fingerprint = trade_fingerprint(authority, trade_id)
    return {
        "alert_id": short_key(fingerprint), "fingerprint": fingerprint, "authority": authority,
        "subject_type": "trade", "subject_id": trade_id, "subject_name": f"道路 {trade_id}",
        "process_id": f"ocid-{trade_id}", "region_code": None, "industry_code": "0101", "trade_kind": "works",
        "buyer_id": "B1", "detector_family": "combined", "period": "life", "alert_level": level, "score": 50.5,
        "score_pct": 0.99, "rank_in_run": 1, "amount": 1000.0, "currency": "CNY", "trade_at": NOW,
        "opens_at": None, "state": "new", "disposition": "unset", "outcome_code": None, "due_at": None,
        "snoozed_until": None,
        "hidden": 0, "suppression_id": None, "announced": 1, "episode": 1, "first_seen_run": RUN,
        "first_seen_at": NOW, "last_seen_run": RUN, "last_seen_at": NOW, "seen_n": 1, "absent_n": 0,
        "evidence_sha": "e" * 64, "notable": "{}", "row_version": 1, **values,
    }  # fmt: skip


def reason(fingerprint, seq, code, points, **values):
    """A row of the reason table."""
    return {
        "run_id": RUN, "fingerprint": fingerprint, "seq": seq, "code": code, "name": code.lower(),
        "title_en": f"title {code}", "title_zh": f"标题 {code}", "points": points, "peer_n": 10, "value_num": 1.5,
        "unit": "ratio", **values,
    }  # fmt: skip


def fill(url, *leads):
    """Make the store at `url` and put `leads` into it, each with reasons, its first event and its news."""
    engine = create_engine(url)
    prepare(engine)
    with engine.begin() as connection:
        connection.execute(insert(RUNS), [run_row()])
        for one in leads:
            key = {"run_id": RUN, "fingerprint": one["fingerprint"]}
            seen = {
                "score": one["score"],
                "alert_level": one["alert_level"],
                "rank_in_run": 1,
                "evidence": "{}",
            }
            told = {"narrative_en": f"about {one['subject_id']}", "narrative_zh": f"关于 {one['subject_id']}"}
            connection.execute(insert(ALERTS), [one])
            connection.execute(insert(OBSERVATIONS), [{**key, **seen, **told}])
            reasons = [
                reason(one["fingerprint"], 0, "B01", 40.5),
                reason(one["fingerprint"], 1, "base", 10.0),
            ]
            connection.execute(insert(REASONS), reasons)
            news = event("created", SYSTEM, NOW, one, new_value="2", run_id=RUN, is_news=1)
            post(connection, append_events(connection, [news]))
    engine.dispose()


@contextmanager
def open_store(url):
    """A transaction on the store."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def by(name="李雷", now=NOW, role=None, **values):
    """The handling of a person."""
    return Handling(Actor(name, "user", role, "c@h"), Reader(now, role), **values)
