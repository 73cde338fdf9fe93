"""The audit trail: who did what to which alert, when and why; append-only, each event chained to the one before.

An event's hash covers its own columns and the hash of the event before it. Whoever alters, removes or inserts an
event breaks the chain there; whoever recomputes the whole chain is found by an anchor kept elsewhere
(`pipelines.alerts.anchors`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, insert, select, update

from detector.features.declare import Phrase
from pipelines.alerts.bulk import insert_rows
from pipelines.alerts.fingerprint import KEY_LENGTH
from pipelines.alerts.rows import storable
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import CHAINS, EVENTS

GENESIS = "0" * 64
# What an event's hash covers, in this order. Its position is not among it: that is what the chain itself says,
# and a row inserted in the middle can so be told from those moved up by it.
HASHED = (
    "authority", "alert_id", "run_id", "occurred_at", "actor", "actor_kind", "actor_role", "client", "kind",
    "old_value", "new_value", "note", "is_news",
)  # fmt: skip
OPTIONAL = ("alert_id", "run_id", "actor_role", "client", "old_value", "new_value", "note")
USUAL: Row = {**dict.fromkeys(OPTIONAL), "is_news": 0}
# The chain of all events of a store, and the authority of those that belong to no single one.
CHAIN = "events"
STORE_WIDE = "*"
ROWS_AT_ONCE = 10_000
RECENT = 4096

KINDS: dict[str, Phrase] = {
    "created": Phrase("found", "产生"),
    "seen_again": Phrase("seen again", "再次发现"),
    "level_changed": Phrase("level changed", "级别变更"),
    "evidence_changed": Phrase("evidence changed", "证据变更"),
    "not_observed": Phrase("not seen any more", "未再发现"),
    "source_withdrawn": Phrase("withdrawn at the source", "源数据撤回"),
    "model_changed": Phrase("model changed", "模型变更"),
    "suppressed": Phrase("suppressed", "抑制"),
    "state_set": Phrase("state set", "状态变更"),
    "proposed": Phrase("proposed, awaiting a second person", "提请复核"),
    "declined": Phrase("proposal declined", "复核不通过"),
    "reopened": Phrase("reopened", "重启"),
    "cleared": Phrase("nothing stands out any more", "由红变绿：已无异常"),
    "source_restored": Phrase("restored at the source", "源数据恢复"),
    "surfaced": Phrase("shown after having been hidden", "解除隐藏"),
    "escalated": Phrase("escalated", "督办"),
    "assigned": Phrase("assigned", "分派"),
    "snoozed": Phrase("snoozed", "暂缓"),
    "note": Phrase("note", "备注"),
    "viewed": Phrase("sensitive content viewed", "查看敏感内容"),
    "sealed_viewed": Phrase("content under embargo viewed", "查看封存内容"),
    "exported": Phrase("exported", "导出"),
    "imported": Phrase("reply imported", "导入反馈"),
    "suppression_added": Phrase("suppression added", "新增抑制"),
    "suppression_approved": Phrase("suppression approved", "批准抑制"),
    "suppression_ended": Phrase("suppression ended early", "提前终止抑制"),
}


class Actor(NamedTuple):
    """Who acts: a person, in which role and from where, or the program itself."""

    name: str
    kind: str = "user"
    role: str | None = None
    client: str | None = None


SYSTEM = Actor("detector", "system")


def event(kind: str, actor: Actor, at: datetime, alert: Row | None = None, **values: Any) -> Row:
    """An event to be appended. `at` is naive UTC; `alert` the alert it is about, None if it is about the store;
    `values`: old_value, new_value, note, run_id, is_news."""
    told: Row = {
        "authority": STORE_WIDE if alert is None else alert["authority"],
        "alert_id": None if alert is None else alert["alert_id"],
        "occurred_at": at,
        "actor": actor.name,
        "actor_kind": actor.kind,
        "actor_role": actor.role,
        "client": actor.client,
        "kind": kind,
        **values,
    }
    return storable(told)


def append_events(connection: Connection, events: Sequence[Row]) -> list[Row]:
    """Append `events` to the chain within the transaction of `connection`; the rows as written.

    Texts must be `storable`. Locks the end of the chain until the transaction ends, so that one writer appends at
    a time. ValueError on a kind that is not in `KINDS`.
    """
    if not events:
        return []
    seq, before = locked_end(connection)
    rows = []
    for number, one in enumerate(events, start=seq + 1):
        if one["kind"] not in KINDS:
            raise ValueError(f"no kind of event {one['kind']!r}")
        row = {**USUAL, **one, "seq": number, "prev_hash": before}
        before = row_hash(before, row)
        row["row_hash"], row["event_id"] = before, event_id(before)
        rows.append(row)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        insert_rows(connection, EVENTS, rows[start : start + ROWS_AT_ONCE])
    connection.execute(
        update(CHAINS).where(CHAINS.c.chain == CHAIN).values(seq=rows[-1]["seq"], row_hash=before)
    )
    return rows


def locked_end(connection: Connection) -> tuple[int, str]:
    """Position and hash of the last event, locked until the transaction ends."""
    held = connection.execute(update(CHAINS).where(CHAINS.c.chain == CHAIN).values(seq=CHAINS.c.seq))
    if held.rowcount == 0:
        connection.execute(insert(CHAINS), [{"chain": CHAIN, "seq": 0, "row_hash": GENESIS}])
        return 0, GENESIS
    return end_of_chain(connection)


def end_of_chain(connection: Connection) -> tuple[int, str]:
    """Position and hash of the last event, as the store tells it."""
    end = connection.execute(select(CHAINS.c.seq, CHAINS.c.row_hash).where(CHAINS.c.chain == CHAIN)).first()
    return (int(end[0]), str(end[1])) if end else (0, GENESIS)


def row_hash(before: str, row: Mapping[str, Any]) -> str:
    """Hexadecimal SHA-256 of the hash of the event before and of the JSON array of the columns in `HASHED`."""
    values = [row[name] for name in HASHED]
    values[HASHED.index("occurred_at")] = row["occurred_at"].isoformat()
    return hashlib.sha256(before.encode("ascii") + msgspec.json.encode(values)).hexdigest()


def event_id(sha: str) -> str:
    """The identity of the event with this hash: its first 104 bits."""
    return sha[:KEY_LENGTH]


class Fault(NamedTuple):
    """Where the chain does not hold: the position, and what is wrong there."""

    seq: int
    what: str


def read_events(connection: Connection, alert_id: str | None = None) -> Iterator[Row]:
    """The events, of one alert or all, in the order of the chain."""
    wanted = select(EVENTS).order_by(EVENTS.c.seq)
    if alert_id is not None:
        wanted = wanted.where(EVENTS.c.alert_id == alert_id)
    found = connection.execute(wanted.execution_options(yield_per=ROWS_AT_ONCE))
    yield from (dict(row) for row in found.mappings())


def faults(rows: Iterable[Row], end: tuple[int, str]) -> Iterator[Fault]:
    """What is wrong with a chain, in the order of its rows: those altered, removed or inserted, by position.

    `end` is the position and the hash of the last event as the store tells it (`end_of_chain`).
    """
    recent: dict[str, int] = {GENESIS: 0}
    before, expected, doubted = GENESIS, 1, False
    for row in rows:
        seq = int(row["seq"])
        whole = row_hash(row["prev_hash"], row) == row["row_hash"] and row["event_id"] == event_id(
            row["row_hash"]
        )
        if seq > expected:
            yield Fault(expected, f"event {_span(expected, seq - 1)} removed 事件缺失")
        elif row["prev_hash"] != before and whole and not doubted:
            yield _broken(seq, recent.get(row["prev_hash"]))
        if not whole:
            yield Fault(seq, f"event {seq} altered 事件被改动")
        before, expected, doubted = row["row_hash"], seq + 1, not whole
        recent[before] = seq
        if len(recent) > RECENT:
            del recent[next(iter(recent))]
    if end[0] >= expected:
        yield Fault(expected, f"event {_span(expected, end[0])} removed from the end 链尾缺失")
    elif not doubted and end != (expected - 1, before):
        yield Fault(
            expected - 1, f"event {expected - 1} is not the end that the store tells of: added 链尾被添加"
        )


def _broken(seq: int, follows: int | None) -> Fault:
    """Event `seq` is whole, but does not follow the one before it: it follows `follows`, if that is known."""
    if follows is not None and follows < seq - 1:
        return Fault(follows + 1, f"event {_span(follows + 1, seq - 1)} inserted 事件被插入")
    return Fault(
        seq - 1, f"event {seq - 1} replaced, or events between it and {seq} removed 事件被替换或缺失"
    )


def _span(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first} to {last}"
