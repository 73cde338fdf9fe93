"""The outbox: what receivers are to be told, written in the transaction in which it happened."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, insert

from pipelines.alerts.runs import Row
from pipelines.alerts.tables import OUTBOX


def rows_for(events: Iterable[Row]) -> list[Row]:
    """The outbox rows of those `events` (rows as appended) that are news. The payload is written by the relay.

    The key by which a receiver knows a repetition is the event's own identity.
    """
    return [
        {
            "event_id": event["event_id"],
            "seq": event["seq"],
            "alert_id": event["alert_id"],
            "topic": event["kind"],
            "dedup_key": event["event_id"],
            "payload": None,
            "created_at": event["occurred_at"],
        }
        for event in events
        if event["is_news"] and event["alert_id"]
    ]


def post(connection: Connection, events: Sequence[Row]) -> None:
    """Put those `events` that are news into the outbox."""
    rows = rows_for(events)
    if rows:
        connection.execute(insert(OUTBOX), rows)
