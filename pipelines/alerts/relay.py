"""The relay: what is in the outbox goes to every receiver, at least once, in order, each at its own pace.

For each event and receiver a row says how often it was tried, when it is tried next, and when it was taken.
Nothing is sent within a transaction, and nothing is marked before it was taken: a relay that is killed sends its
last batch again, under the same key. A receiver that does not answer is left alone for a while; the others never
wait for it. Events on trades whose bids are not opened wait for the opening.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, insert, or_, select, update

from detector.errors import SinkError
from pipelines.alerts import supervision
from pipelines.alerts.alert_documents import text_of
from pipelines.alerts.columns import PHRASE_LENGTH
from pipelines.alerts.embargo import Reader, unsealed
from pipelines.alerts.envelope import envelope
from pipelines.alerts.listing import with_reasons
from pipelines.alerts.migrating import require
from pipelines.alerts.receivers import Receiver, shape_of
from pipelines.alerts.runs import Row
from pipelines.alerts.sinks import Message, Sink, UndeliveredError, sink_for
from pipelines.alerts.tables import ALERTS, DELIVERIES, EVENTS, OUTBOX
from pipelines.database import connecting

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
AT_ONCE, THREADS = 500, 8

Clock = Callable[[], datetime]


class Tally(NamedTuple):
    """What became of a receiver's events in a pass. `waiting` are tried later, `given_up` only on demand."""

    receiver: str
    delivered: int
    failed: int
    waiting: int
    given_up: int
    last_error: str | None = None


def relay(
    url: str,
    receivers: Sequence[Receiver],
    environment: Mapping[str, str],
    clock: Clock,
    *,
    again: bool = False,
) -> list[Tally]:
    """One pass: everything that is due goes to its receivers, all of them at the same time.

    `again` also tries what had been given up. Raises SinkError if the store is not there or refuses.
    """
    with connecting(url, SinkError, must_exist=True) as engine:
        require(engine)
        sinks = [sink_for(receiver, environment) for receiver in receivers]
        if again:
            _forgive(engine, receivers, clock())
        with ThreadPoolExecutor(min(THREADS, max(len(receivers), 1))) as pool:
            passes = [
                pool.submit(_pass, engine, receiver, sink, clock)
                for receiver, sink in zip(receivers, sinks, strict=True)
            ]
            return [one.result() for one in passes]


def _pass(engine: Engine, receiver: Receiver, sink: Sink, clock: Clock) -> Tally:
    """Everything that is due for one receiver, until nothing is, or it does not answer."""
    delivered = failed = 0
    error = None
    while True:
        now = clock()
        messages = _due(engine, receiver, now)
        if not messages:
            break
        for start in range(0, len(messages), sink.batch):
            batch = messages[start : start + sink.batch]
            try:
                sink.send(batch, int(now.replace(tzinfo=UTC).timestamp()))
            except UndeliveredError as refusal:
                error = str(refusal)[:PHRASE_LENGTH]
                failed += len(batch)
                _note_failure(engine, receiver, batch, error, clock())
                if refusal.lasting:
                    continue
                return Tally(receiver.name, delivered, failed, *_backlog(engine, receiver, clock()), error)
            _note_success(engine, receiver, batch, clock())
            delivered += len(batch)
    return Tally(receiver.name, delivered, failed, *_backlog(engine, receiver, clock()), error)


def _due(engine: Engine, receiver: Receiver, now: datetime) -> list[Message]:
    """The next messages for a receiver, in the order in which things happened, their payloads written."""
    tried = DELIVERIES.c.event_id.is_not(None)
    due = or_(~tried, DELIVERIES.c.next_try_at <= now)
    with engine.begin() as connection:
        wanted = (
            select(OUTBOX.c.event_id, OUTBOX.c.alert_id, OUTBOX.c.topic, OUTBOX.c.payload)
            .select_from(_joined(receiver))
            .where(*_for(receiver, now), DELIVERIES.c.delivered_at.is_(None), due)
            .order_by(OUTBOX.c.seq)
            .limit(AT_ONCE)
        )
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
        _render(connection, [row for row in rows if row["payload"] is None])
        records = {}
        if receiver.kind == "supervision" and rows:
            ids = sorted({row["alert_id"] for row in rows})
            records = _records(connection, receiver, ids, now)
    return [
        Message(
            row["event_id"], row["alert_id"], row["topic"], row["payload"], _keyed(records, row, receiver)
        )
        for row in rows
    ]


def _joined(receiver: Receiver) -> Any:
    own = and_(DELIVERIES.c.event_id == OUTBOX.c.event_id, DELIVERIES.c.receiver == receiver.name)
    return OUTBOX.join(ALERTS, ALERTS.c.alert_id == OUTBOX.c.alert_id).outerjoin(DELIVERIES, own)


def _for(receiver: Receiver, now: datetime) -> list[ColumnElement[bool]]:
    """What a receiver is told of: nothing under embargo, the levels and changes it asked for."""
    conditions = [unsealed(now)]
    if receiver.levels:
        conditions.append(ALERTS.c.alert_level.in_(receiver.levels))
    if receiver.changes:
        conditions.append(OUTBOX.c.topic.in_(receiver.changes))
    return conditions


def _render(connection: Connection, rows: Sequence[Row]) -> None:
    """Write the payload of `rows` into them and into the outbox; what another relay has written holds."""
    if not rows:
        return
    by_event = {row["event_id"]: row for row in rows}
    wanted = select(EVENTS).where(EVENTS.c.event_id.in_(list(by_event)))
    events = [dict(row) for row in connection.execute(wanted).mappings()]
    ids = sorted({row["alert_id"] for row in rows})
    found = connection.execute(select(ALERTS).where(ALERTS.c.alert_id.in_(ids))).mappings()
    alerts = {row["alert_id"]: row for row in with_reasons(connection, [dict(row) for row in found])}
    for event in events:
        row = by_event[event["event_id"]]
        row["payload"] = text_of(envelope(event, alerts[row["alert_id"]]))
        written = connection.execute(
            update(OUTBOX)
            .where(OUTBOX.c.event_id == row["event_id"], OUTBOX.c.payload.is_(None))
            .values(payload=row["payload"])
        )
        if written.rowcount == 0:
            there = select(OUTBOX.c.payload).where(OUTBOX.c.event_id == row["event_id"])
            row["payload"] = connection.execute(there).scalar_one()


def _records(connection: Connection, receiver: Receiver, ids: Sequence[str], now: datetime) -> dict[str, Row]:
    return supervision.records(connection, shape_of(receiver.options), Reader(now), ids)


def _keyed(records: Mapping[str, Row], row: Row, receiver: Receiver) -> Row | None:
    if receiver.kind != "supervision":
        return None
    name = receiver.options.get("names", {}).get(supervision.EVENT_ID, supervision.EVENT_ID)
    return {name: row["event_id"], **records.get(row["alert_id"], {})}


def _note_success(engine: Engine, receiver: Receiver, batch: Sequence[Message], now: datetime) -> None:
    with engine.begin() as connection:
        for message in batch:
            _note(
                connection, receiver, message, {"delivered_at": now, "next_try_at": None, "last_error": None}
            )


def _note_failure(
    engine: Engine, receiver: Receiver, batch: Sequence[Message], error: str, now: datetime
) -> None:
    with engine.begin() as connection:
        for message in batch:
            attempts = _attempts(connection, receiver, message) + 1
            later = None if attempts >= receiver.attempts else now + wait_after(attempts)
            _note(connection, receiver, message, {"next_try_at": later, "last_error": error})


def wait_after(attempts: int) -> timedelta:
    """How long a receiver is left alone after so many failures: twice as long each time, six hours at most."""
    doublings: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)


def _attempts(connection: Connection, receiver: Receiver, message: Message) -> int:
    wanted = select(DELIVERIES.c.attempts).where(_own(receiver, message))
    return int(connection.execute(wanted).scalar() or 0)


def _note(connection: Connection, receiver: Receiver, message: Message, values: Row) -> None:
    """Count an attempt, and what came of it."""
    found = connection.execute(
        update(DELIVERIES).where(_own(receiver, message)).values(**values, attempts=DELIVERIES.c.attempts + 1)
    )
    if found.rowcount == 0:
        key = {"event_id": message.event_id, "receiver": receiver.name}
        connection.execute(insert(DELIVERIES), [{**key, **values, "attempts": 1}])


def _own(receiver: Receiver, message: Message) -> ColumnElement[bool]:
    return and_(DELIVERIES.c.event_id == message.event_id, DELIVERIES.c.receiver == receiver.name)


def _backlog(engine: Engine, receiver: Receiver, now: datetime) -> tuple[int, int]:
    """How many events still wait for a receiver, and how many were given up; nothing under embargo is counted."""
    tried = DELIVERIES.c.event_id.is_not(None)
    open_ = [*_for(receiver, now), DELIVERIES.c.delivered_at.is_(None)]
    count = select(func.count()).select_from(_joined(receiver))
    with engine.connect() as connection:
        over = connection.execute(count.where(*open_, tried, DELIVERIES.c.next_try_at.is_(None))).scalar_one()
        every = connection.execute(count.where(*open_)).scalar_one()
    return int(every) - int(over), int(over)


def _forgive(engine: Engine, receivers: Sequence[Receiver], now: datetime) -> None:
    """Try again what was given up."""
    with engine.begin() as connection:
        connection.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.receiver.in_([receiver.name for receiver in receivers]))
            .where(DELIVERIES.c.delivered_at.is_(None), DELIVERIES.c.next_try_at.is_(None))
            .values(next_try_at=now, attempts=0)
        )
