"""The views of the alert store: what learns from it and what reads it without knowing it."""

from sqlalchemy import Dialect, Select, case, func, literal, null, select
from sqlalchemy.types import SmallInteger

from pipelines.alerts import supervision
from pipelines.alerts.embargo import unsealed, utc_now
from pipelines.alerts.lifecycle import OUTCOMES
from pipelines.alerts.tables import ALERTS, EVENTS, RUNS

LABELS = "detector_label_v"
VIEW_NAMES = (LABELS, supervision.VIEW_NAME)


def view_statements(dialect: Dialect) -> dict[str, str]:
    """CREATE VIEW in the language of a database, by the name of the view."""
    told = labels().compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return {
        LABELS: f"CREATE VIEW {LABELS} AS {told}",
        supervision.VIEW_NAME: supervision.view_sql(dialect),
    }


def labels() -> Select[tuple[object, ...]]:
    """What the office found, one row a decided alert: label 1 something, 0 nothing, empty: teaches nothing."""
    alert, told, later = ALERTS.c, EVENTS.c, EVENTS.alias("later")
    last = (
        select(func.max(later.c.seq))
        .where(later.c.alert_id == alert.alert_id, later.c.kind == "state_set")
        .correlate(ALERTS)
        .scalar_subquery()
    )
    learnt = case(
        *(
            (alert.outcome_code == code, literal(outcome.label, SmallInteger()))
            for code, outcome in OUTCOMES.items()
            if outcome.label is not None
        ),
        else_=null(),
    )
    joined = ALERTS.join(RUNS, RUNS.c.run_id == alert.last_seen_run).outerjoin(EVENTS, told.seq == last)
    return (
        select(
            alert.alert_id,
            alert.authority,
            alert.subject_type,
            alert.subject_id,
            alert.detector_family,
            alert.episode,
            alert.alert_level,
            alert.score,
            alert.disposition,
            alert.outcome_code,
            learnt.label("label"),
            told.actor.label("decided_by"),
            told.occurred_at.label("decided_at"),
            alert.last_seen_run.label("run_id"),
            RUNS.c.model_sha,
        )
        .select_from(joined)
        .where(alert.disposition != "unset", unsealed(utc_now()))
    )
