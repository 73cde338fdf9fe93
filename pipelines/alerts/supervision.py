"""Alerts in the shape in which electronic supervision platforms keep warnings (项目报警信息).

The field names are those seen in deployed platforms; provinces differ, so each can be renamed, and the codes of
levels and of handling can be replaced. A name that is empty leaves its field out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Select, case, literal, null, select
from sqlalchemy.types import String

from detector.errors import ConfigError
from pipelines.alerts.alert_documents import instant
from pipelines.alerts.embargo import Reader, shown, unsealed, utc_now
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import ALERTS, OBSERVATIONS

# 1 green, 2 yellow, 3 red: platforms with three colours; blue has none of its own.
LEVEL_CODES: dict[int, str] = {0: "1", 1: "2", 2: "2", 3: "3", 4: "3"}
# 1 to be handled, 2 warning issued, 3 replied, 4 reply read, 5 done.
HANDLING_CODES: dict[str, str] = {
    "new": "1", "triage": "1", "returned": "1", "reopened": "1", "dispatched": "2", "acked": "2",
    "investigating": "2", "extended": "2", "suspended": "2", "transferred": "2", "disposed": "3", "fed_back": "3",
    "reviewed": "4", "closed": "5", "dismissed": "5", "merged": "5",
}  # fmt: skip
FIELDS = (
    "ALERT_NO", "UNIFIED_DEAL_CODE", "BID_SECTION_CODE", "BID_SECTION_NAME", "REGION_CODE", "INDUSTRY_CODE",
    "TENDER_PROJECT_TYPE", "TENDERER_CODE", "RESULT_STATUS", "OPERATE_STATUS", "ALERT_DATE", "ALERT_INFO",
    "IS_HANDLED", "HANDLE_RESULT", "DEAL_LIMIT_TIME", "LAST_RECORD_TIME", "RUN_ID",
)  # fmt: skip
# Of a delivery only: by it a receiver knows a repetition.
EVENT_ID = "EVENT_ID"
VIEW_NAME = "detector_supervision_v"
KEY = "detector_alert_key"
HIDDEN = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """How one platform wants it: other names for `FIELDS`, other codes for levels and handling."""

    names: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[int, str] = field(default_factory=lambda: LEVEL_CODES)
    handling: Mapping[str, str] = field(default_factory=lambda: HANDLING_CODES)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.names) - {*FIELDS, EVENT_ID})
        given = [name for name in self.names.values() if name]
        kept = [name for name in (*FIELDS, EVENT_ID) if name not in self.names]
        twice = sorted({name for name in given if (given + kept).count(name) > 1})
        problems = [f"no field {name}; known are {' '.join(FIELDS)}" for name in unknown]
        problems += [f"two fields are called {name}" for name in twice]
        if problems:
            raise ConfigError(f"names of the supervision shape: {'; '.join(problems)}.")


USUAL = Shape()


def rows_wanted(shape: Shape, reader: Reader) -> Select[Any]:
    """The alerts in this shape that `reader` may see."""
    return _wanted(shape, shown(reader))


def records(
    connection: Connection, shape: Shape, reader: Reader, alert_ids: Sequence[str] | None = None
) -> dict[str, Row]:
    """The alerts in this shape that `reader` may see, by alert_id; of `alert_ids` only, where they are given."""
    wanted = rows_wanted(shape, reader).add_columns(ALERTS.c.alert_id.label(KEY)).order_by(ALERTS.c.alert_id)
    if alert_ids is not None:
        wanted = wanted.where(ALERTS.c.alert_id.in_(list(alert_ids)))
    found = [dict(row) for row in connection.execute(wanted).mappings()]
    return {
        row.pop(KEY): {
            name: instant(value) if isinstance(value, datetime) else value for name, value in row.items()
        }
        for row in found
    }


def view_sql(dialect: Dialect, shape: Shape = USUAL, name: str = VIEW_NAME) -> str:
    """CREATE VIEW for this shape in the language of a database.

    By the clock of the database nothing under embargo is in it.
    """
    chosen = _wanted(shape, unsealed(utc_now()))
    quoted = dialect.identifier_preparer.quote(name)
    return (
        f"CREATE VIEW {quoted} AS {chosen.compile(dialect=dialect, compile_kwargs={'literal_binds': True})}"
    )


def _wanted(shape: Shape, visible: ColumnElement[bool]) -> Select[Any]:
    columns = _columns(shape)
    chosen = [
        columns[name].label(shape.names.get(name, name)) for name in FIELDS if shape.names.get(name, name)
    ]
    seen = (OBSERVATIONS.c.run_id == ALERTS.c.last_seen_run) & (
        OBSERVATIONS.c.fingerprint == ALERTS.c.fingerprint
    )
    found = select(*chosen).select_from(ALERTS.outerjoin(OBSERVATIONS, seen))
    return found.where(visible, ALERTS.c.hidden != HIDDEN)


def _columns(shape: Shape) -> dict[str, ColumnElement[Any]]:
    alert = ALERTS.c
    ended = alert.state.in_(("closed", "dismissed", "merged"))
    return {
        "ALERT_NO": alert.alert_id,
        "UNIFIED_DEAL_CODE": alert.process_id,
        "BID_SECTION_CODE": alert.subject_id,
        "BID_SECTION_NAME": alert.subject_name,
        "REGION_CODE": alert.region_code,
        "INDUSTRY_CODE": alert.industry_code,
        "TENDER_PROJECT_TYPE": alert.trade_kind,
        "TENDERER_CODE": alert.buyer_id,
        "RESULT_STATUS": _coded(alert.alert_level, shape.levels),
        "OPERATE_STATUS": _coded(alert.state, shape.handling),
        "ALERT_DATE": alert.first_seen_at,
        "ALERT_INFO": OBSERVATIONS.c.narrative_zh,
        "IS_HANDLED": case((ended, literal("1", String(1))), else_=literal("0", String(1))),
        "HANDLE_RESULT": alert.outcome_code,
        "DEAL_LIMIT_TIME": alert.due_at,
        "LAST_RECORD_TIME": alert.last_seen_at,
        "RUN_ID": alert.last_seen_run,
    }


def _coded(column: ColumnElement[Any], codes: Mapping[Any, str]) -> ColumnElement[Any]:
    return case(*((column == value, literal(code, String(8))) for value, code in codes.items()), else_=null())
