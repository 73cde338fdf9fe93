"""The alert store as files for others: JSON Lines, CSV for spreadsheets, Cardinal's JSON, the supervision shape.

Each format is one function from documents to pieces of text. Nothing under embargo reaches them: they are given
what `pipelines.alerts.listing` lets through.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from detector.features import FEATURES
from pipelines.alerts.alert_documents import Document, text_of
from pipelines.csv_text import csv_lines

SHOWN_REASONS = 3
CSV_COLUMNS = (
    "alert_id", "authority", "trade_id", "trade_title", "process_id", "level", "level_zh", "score", "percentile",
    "amount", "currency", "buyer_id", "region_code", "industry_code", "trade_kind", "trade_at", "state",
    "state_zh", "disposition", "outcome_code", "assignee", "due_at", "due_note", "escalated_at", "snoozed_until",
    "audit_sample", "suppression_id", "episode", "first_seen_at", "last_seen_at", "seen_n", "absent_n", "run_id",
    "row_version", "reason_1", "reason_2", "reason_3",
)  # fmt: skip


def json_lines(documents: Iterable[Document]) -> Iterator[str]:
    """One document a line."""
    for document in documents:
        yield text_of(document) + "\n"


def alert_csv(documents: Iterable[Document]) -> Iterator[str]:
    """A row an alert, with its strongest reasons in words."""
    yield from csv_lines(CSV_COLUMNS, (_flat(document) for document in documents))


def table_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Any rows with the same columns; nothing at all where there are none."""
    held = list(rows)
    if held:
        yield from csv_lines(list(held[0]), held)


def cardinal(documents: Iterable[Document]) -> Iterator[str]:
    """Open Contracting Cardinal's result JSON: by OCID, the value of each red flag code that raised the alert.

    Only features with an Open Contracting code are in it, for they are what Cardinal's readers know; where a
    contracting process has several alerts, the larger value is kept.
    """
    found: dict[str, dict[str, float]] = {}
    for document in documents:
        ocid = document["process_id"] or document["trade_id"]
        for reason in document.get("reasons", ()):
            code = ocp_code(reason["code"])
            if code and reason["value_num"] is not None:
                values = found.setdefault(ocid, {})
                values[code] = max(values.get(code, reason["value_num"]), reason["value_num"])
    yield text_of({"OCID": found} if found else {}) + "\n"


def ocp_code(code: str) -> str | None:
    """The Open Contracting code behind a code of ours: a feature's, or that of one of its own red flags."""
    feature = FEATURES.get(code)
    if feature is not None:
        return feature.ocp or None
    return code if len(code) == 4 and code[0] == "R" and code[1:].isdigit() else None


FORMATS: dict[str, Callable[[Iterable[Document]], Iterator[str]]] = {
    "jsonl": json_lines,
    "csv": alert_csv,
    "cardinal": cardinal,
}


def _flat(document: Document) -> Document:
    told = [reason for reason in document.get("reasons", ()) if reason["code"] not in ("base", "rest")]
    reasons = {
        f"reason_{number}": f"[{one['code']}] {one['title_en']} {one['title_zh']}"
        for number, one in enumerate(told[:SHOWN_REASONS], start=1)
    }
    return {**document, "audit_sample": "yes" if document["audit_sample"] else None, **reasons}
