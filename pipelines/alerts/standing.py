"""What the store holds of the last run: by which model it was, and which of its alerts are still open."""

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import inspect, select

from detector.errors import SinkError
from pipelines.alerts.lifecycle import OPEN_STATES
from pipelines.alerts.migrating import require
from pipelines.alerts.tables import ALERTS, RUNS
from pipelines.database import connecting


class OpenAlert(NamedTuple):
    """An alert of the last run that nobody has decided about yet."""

    trade_id: str
    level: int
    score: float


class LastRun(NamedTuple):
    """The newest run of an authority. `budget` is None where its settings do not tell."""

    run_id: str
    as_of: datetime
    model_sha: str
    budget: int | None
    alerts: tuple[OpenAlert, ...]


def last_run(url: str, authority: str) -> LastRun | None:
    """The last run of `authority` in the store at `url`; None if there is none.

    Raises SinkError if the database refuses or its tables have other columns.
    """
    with connecting(url, SinkError) as engine:
        there = {name.lower() for name in inspect(engine).get_table_names()}
        if RUNS.name not in there:
            return None
        require(engine)
        newest = (
            select(RUNS)
            .where(RUNS.c.authority == authority.strip())
            .order_by(RUNS.c.finished_at.desc(), RUNS.c.as_of.desc(), RUNS.c.run_id)
            .limit(1)
        )
        with engine.connect() as connection:
            run = connection.execute(newest).mappings().first()
            if run is None:
                return None
            held = connection.execute(
                select(ALERTS.c.subject_id, ALERTS.c.alert_level, ALERTS.c.score)
                .where(ALERTS.c.last_seen_run == run["run_id"], ALERTS.c.state.in_(sorted(OPEN_STATES)))
                .order_by(ALERTS.c.rank_in_run)
            )
            alerts = tuple(OpenAlert(row[0], int(row[1]), float(row[2])) for row in held)
    return LastRun(run["run_id"], run["as_of"], run["model_sha"], _budget(run["config"]), alerts)


def _budget(config: str) -> int | None:
    budget = json.loads(config).get("scan", {}).get("budget")
    return budget if isinstance(budget, int) else None
