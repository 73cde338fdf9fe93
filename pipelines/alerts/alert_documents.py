"""Alerts as JSON documents: one shape for the command line, the exports and the receivers."""

import json
from datetime import datetime
from typing import Any

from detector.features.declare import Phrase
from pipelines.alerts import lifecycle
from pipelines.alerts.classification import Class, shown_row
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import ALERTS, EVENTS, REASONS, SUPPRESSIONS

Document = dict[str, Any]

SAMPLED = 2
KEYS = ("run_id", "fingerprint")
LEAD = Phrase("A reason to open the file, never a finding.", "线索仅供核查，不构成认定。")
LEVELS: dict[int, Phrase] = {
    0: Phrase("green", "绿"),
    1: Phrase("blue", "蓝"),
    2: Phrase("yellow", "黄"),
    3: Phrase("orange", "橙"),
    4: Phrase("red", "红"),
}
# Columns under another name, and those that only the store itself needs.
RENAMED = {
    "subject_id": "trade_id",
    "subject_name": "trade_title",
    "score_pct": "percentile",
    "last_seen_run": "run_id",
}
LEFT_OUT = {
    "fingerprint",
    "detector_family",
    "period",
    "alert_level",
    "hidden",
    "announced",
    "notable",
    "proposed_detail",
}


def alert_document(row: Row, clearance: Class) -> Document:
    """A row of the alert table as JSON at `clearance`, level and state in words, reasons where it has them."""
    level, state = int(row["alert_level"]), row["state"]
    shown = shown_row(ALERTS.name, {column.name: row[column.name] for column in ALERTS.columns}, clearance)
    document = {
        RENAMED.get(name, name): _plain(value) for name, value in shown.items() if name not in LEFT_OUT
    }
    document |= {
        "level": LEVELS[level].en,
        "level_zh": LEVELS[level].zh,
        "state_zh": lifecycle.STATES[state].zh if state in lifecycle.STATES else state,
        "audit_sample": int(row["hidden"]) == SAMPLED,
    }
    if "reasons" in row:
        document["reasons"] = [reason_document(reason, clearance) for reason in row["reasons"]]
    return document


def reason_document(reason: Row, clearance: Class) -> Document:
    """A row of the reason table as JSON at `clearance`."""
    held = {column.name: reason[column.name] for column in REASONS.columns if column.name not in KEYS}
    return {name: _plain(value) for name, value in shown_row(REASONS.name, held, clearance).items()}


def event_document(event: Row, clearance: Class) -> Document:
    """A row of the audit trail as JSON at `clearance`. States and levels are no secret, words of people are."""
    shown = shown_row(EVENTS.name, event, clearance)
    if event["actor_kind"] == "system":
        shown["actor"] = event["actor"]
    if event["kind"] in PLAIN_KINDS:
        shown |= {name: event[name] for name in ("old_value", "new_value")}
    return {name: _plain(value) for name, value in shown.items()}


# Their old and new values are states, levels and hashes.
PLAIN_KINDS = frozenset(
    {
        "created", "seen_again", "level_changed", "evidence_changed", "not_observed", "source_withdrawn",
        "source_restored", "cleared", "surfaced", "suppressed", "state_set", "reopened", "proposed", "declined",
        "snoozed", "model_changed", "escalated",
    }
)  # fmt: skip


def suppression_document(row: Row, clearance: Class) -> Document:
    """A row of the suppression table as JSON at `clearance`."""
    return {name: _plain(value) for name, value in shown_row(SUPPRESSIONS.name, row, clearance).items()}


def text_of(document: Document) -> str:
    """A document as one line of JSON; characters as they are."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def instant(moment: datetime) -> str:
    """Naive UTC as JSON tells it: 2026-03-31T18:00:00Z."""
    return f"{moment.isoformat()}Z"


def _plain(value: Any) -> Any:
    return instant(value) if isinstance(value, datetime) else value
