"""Suppressions: what the office has decided not to be told again for a while.

A suppression hides and never skips: the alert is kept up to date, its observations are written. It has a reason,
an end, and above yellow a second person who approved it. A fixed sample of what it hides surfaces anyway,
marked, so that a suppression that hides too much is noticed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, exists, insert, not_, or_, select, update

from detector.errors import ConfigError, HandlingError, StoreBusyError
from detector.levels import Level
from detector.schema import ID_LENGTH
from pipelines.alerts.columns import PHRASE_LENGTH
from pipelines.alerts.embargo import Reader, unsealed
from pipelines.alerts.events import Actor, append_events, event
from pipelines.alerts.fingerprint import canonical_json, sha256, short_key
from pipelines.alerts.rows import storable
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import ALERTS, SUPPRESSIONS

SCOPES = ("trade", "buyer", "bidder", "any")
SAMPLE = 0.02
LONGEST = timedelta(days=366)
SAMPLE_BITS = 52
ANYTHING = "*"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a suppression is held against: an alert with everything a scope can name."""

    fingerprint: str
    authority: str
    level: int
    trade_id: str
    buyer_id: str | None = None
    bidder_ids: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry. `code`: of one rule or feature only; `top_level`: the highest level it hides once approved."""

    suppression_id: str
    scope_type: str
    scope_value: str
    code: str | None
    authority: str | None
    top_level: int
    sample_share: float
    approved: bool

    @property
    def reach(self) -> int:
        """The highest level this entry hides now: without a second person, yellow at most."""
        return self.top_level if self.approved else min(self.top_level, Level.YELLOW)

    def surfaces(self, fingerprint: str) -> bool:
        """Whether an alert is of the sample that surfaces anyway: a fixed choice, the same every night."""
        drawn = int(sha256([self.suppression_id, fingerprint])[: SAMPLE_BITS // 4], 16)
        return bool(drawn < self.sample_share * 2**SAMPLE_BITS)


class Hidden(NamedTuple):
    """By which entry an alert is hidden, and whether it surfaces all the same as part of the sample."""

    suppression_id: str
    surfaced: bool


class Cover:
    """The entries in force, by what they name."""

    def __init__(self, entries: Iterable[Suppression]) -> None:
        self._by_scope: dict[tuple[str, str], list[Suppression]] = {}
        for entry in sorted(entries, key=lambda one: one.suppression_id):
            self._by_scope.setdefault((entry.scope_type, entry.scope_value), []).append(entry)

    def __bool__(self) -> bool:
        return bool(self._by_scope)

    def hides(self, subject: Subject) -> Hidden | None:
        """The entry that hides `subject`, None where it is to be shown.

        Entries of single rules or features hide an alert only where together they cover all its findings: what
        is left over still asks for the file to be opened.
        """
        found = [entry for entry in self._named(subject) if self._reaches(entry, subject)]
        whole = [entry for entry in found if entry.code is None]
        if whole:
            return Hidden(whole[0].suppression_id, whole[0].surfaces(subject.fingerprint))
        parts = [entry for entry in found if entry.code in subject.codes]
        if subject.codes and subject.codes <= {entry.code for entry in parts}:
            surfaced = any(entry.surfaces(subject.fingerprint) for entry in parts)
            return Hidden(parts[0].suppression_id, surfaced)
        return None

    def _named(self, subject: Subject) -> Iterator[Suppression]:
        if not self._by_scope:
            return
        scopes = [("trade", subject.trade_id), ("buyer", subject.buyer_id), ("any", ANYTHING)]
        scopes += [("bidder", bidder) for bidder in sorted(subject.bidder_ids)]
        for kind, value in scopes:
            yield from self._by_scope.get((kind, value or ""), ())

    @staticmethod
    def _reaches(entry: Suppression, subject: Subject) -> bool:
        return subject.level <= entry.reach and entry.authority in (None, subject.authority)


def active(connection: Connection, now: datetime) -> Cover:
    """The entries in force at `now` (naive UTC): begun, neither expired nor ended."""
    table = SUPPRESSIONS.c
    wanted = select(SUPPRESSIONS).where(
        table.starts_at <= now,
        table.expires_at > now,
        or_(table.ended_at.is_(None), table.ended_at > now),
    )
    return Cover(_suppression(dict(row)) for row in connection.execute(wanted).mappings())


def _suppression(row: Row) -> Suppression:
    return Suppression(
        row["suppression_id"],
        row["scope_type"],
        row["scope_value"],
        row["code"],
        row["authority"],
        int(row["top_level"]),
        float(row["sample_share"]),
        row["approved_by"] is not None,
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """A suppression somebody asks for. `expires_at` is naive UTC."""

    scope_type: str
    scope_value: str
    reason: str
    expires_at: datetime
    authority: str | None = None
    code: str | None = None
    top_level: int = Level.YELLOW
    sample_share: float = SAMPLE


def add(connection: Connection, wish: Wish, actor: Actor, now: datetime) -> Row:
    """Enter a suppression; the row. Above yellow it waits for `approve`. ConfigError, all problems at once."""
    problems = list(_problems(wish, now))
    if problems:
        raise ConfigError("the suppression cannot be entered: " + "; ".join(problems) + ".")
    content = {
        "scope_type": wish.scope_type,
        "scope_value": wish.scope_value,
        "authority": wish.authority,
        "code": wish.code,
        "top_level": int(wish.top_level),
        "sample_share": wish.sample_share,
        "reason": wish.reason,
        "created_by": actor.name,
        "created_at": now,
        "starts_at": now,
        "expires_at": wish.expires_at,
    }
    row = storable({"suppression_id": short_key(sha256(content)), **content, "row_version": 1})
    there = select(SUPPRESSIONS.c.suppression_id).where(
        SUPPRESSIONS.c.suppression_id == row["suppression_id"]
    )
    if connection.execute(there).first() is None:
        connection.execute(insert(SUPPRESSIONS), [row])
        append_events(connection, [_told("suppression_added", row, actor, now)])
    return find(connection, row["suppression_id"])


def _problems(wish: Wish, now: datetime) -> Iterable[str]:
    if wish.scope_type not in SCOPES:
        yield f"no scope {wish.scope_type!r}; known are {', '.join(SCOPES)}"
    if not 0 < len(wish.scope_value.strip()) <= ID_LENGTH:
        yield "nothing is named to be suppressed"
    elif wish.scope_type == "any" and (wish.scope_value != ANYTHING or not wish.code):
        yield "what hides in every trade must name one rule or feature: --code"
    if not 0 < len(wish.reason.strip()) <= PHRASE_LENGTH:
        yield f"a reason is mandatory, in {PHRASE_LENGTH} characters at most 必须说明理由"
    if wish.expires_at <= now:
        yield f"it would have expired already, at {wish.expires_at} UTC"
    elif wish.expires_at > now + LONGEST:
        yield f"it may last {LONGEST.days} days at most 期限最长{LONGEST.days}天"
    if not 0.0 < wish.sample_share <= 1.0:
        yield f"the sample that surfaces is {wish.sample_share}; give a share above 0, up to 1"
    if wish.top_level not in tuple(Level):
        yield f"no level {wish.top_level}"


def approve(connection: Connection, suppression_id: str, actor: Actor, now: datetime) -> Row:
    """Approve an entry that hides orange or red. HandlingError if its maker does so, or it needs no approval."""
    held = find(connection, suppression_id)
    if held["approved_by"] is not None or held["ended_at"] is not None or held["expires_at"] <= now:
        raise HandlingError(
            f"suppression {suppression_id} is approved or over already. 该抑制已批准或已结束。"
        )
    if held["created_by"] == actor.name:
        raise HandlingError(
            f"{actor.name} entered suppression {suppression_id}; somebody else must approve it. 须由另一人批准。"
        )
    changed = {"approved_by": actor.name, "approved_at": now}
    return _changed(connection, held, changed, _told("suppression_approved", held, actor, now))


def expire(connection: Connection, suppression_id: str, reason: str, actor: Actor, now: datetime) -> Row:
    """End an entry before its time; it stays, as everything does. HandlingError if it is over already."""
    held = find(connection, suppression_id)
    if not reason.strip():
        raise HandlingError("say why the suppression ends: --reason. 必须说明理由。")
    if held["ended_at"] is not None or held["expires_at"] <= now:
        raise HandlingError(f"suppression {suppression_id} is over already. 该抑制已结束。")
    told = _told("suppression_ended", held, actor, now) | {"note": reason}
    return _changed(connection, held, {"ended_by": actor.name, "ended_at": now}, told)


def find(connection: Connection, suppression_id: str) -> Row:
    """One entry. HandlingError if there is none."""
    wanted = select(SUPPRESSIONS).where(SUPPRESSIONS.c.suppression_id == suppression_id)
    found = connection.execute(wanted).mappings().first()
    if found is None:
        raise HandlingError(f"no suppression {suppression_id!r}; 'detector suppress list' shows them.")
    return dict(found)


def listed(connection: Connection, reader: Reader, past: bool = False) -> Sequence[Row]:
    """The entries in force, and with `past` those that are over, by their end; none on trades under embargo."""
    table, now = SUPPRESSIONS.c, reader.now
    wanted = select(SUPPRESSIONS).order_by(table.expires_at, table.suppression_id)
    if not reader.sees_sealed:
        sealed = exists().where(
            table.scope_type == "trade", ALERTS.c.subject_id == table.scope_value, not_(unsealed(now))
        )
        wanted = wanted.where(not_(sealed))
    if not past:
        wanted = wanted.where(and_(table.expires_at > now, table.ended_at.is_(None)))
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _changed(connection: Connection, held: Row, values: Row, told: Row) -> Row:
    """Write `values` unless somebody changed the entry since it was read."""
    version = int(held["row_version"])
    unchanged = (
        SUPPRESSIONS.c.suppression_id == held["suppression_id"],
        SUPPRESSIONS.c.row_version == version,
    )
    values = {**values, "row_version": version + 1}
    found = connection.execute(update(SUPPRESSIONS).where(*unchanged).values(**values))
    if found.rowcount != 1:
        raise StoreBusyError(
            f"somebody else changed suppression {held['suppression_id']} meanwhile; look again."
        )
    append_events(connection, [told])
    return {**held, **values}


def _told(kind: str, row: Row, actor: Actor, now: datetime) -> Row:
    scope = {name: row[name] for name in ("scope_type", "scope_value", "code", "reason")}
    return event(kind, actor, now, new_value=row["suppression_id"], note=canonical_json(scope))
