"""What a scan makes of an alert: the whole table of re-scans, as functions of rows that touch no database.

Identity is the fingerprint; evidence decides what is news. People's decisions are never undone in silence: an
alert they ended is counted on, and opened again only where its evidence has changed and weighs more than then.
"""

from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from pipelines.alerts import lifecycle
from pipelines.alerts.due_dates import UNDATED, Due
from pipelines.alerts.events import SYSTEM, USUAL, event
from pipelines.alerts.fingerprint import canonical_json, evidence_sha
from pipelines.alerts.rows import Entry
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import ALERTS

# Points by which the score must exceed that at the time of the decision for an ended alert to be opened again.
REOPENING_RISE = 5.0
# Scans in a row that looked and did not find it, after which the absence is told.
ABSENCES_TOLD = 3
SHOWN, HIDDEN, SAMPLED = 0, 1, 2
GREEN = 0
DATA_ERROR = "data_error"
BLANK: Row = dict.fromkeys(ALERTS.columns.keys())
# What is kept as it was last told while an alert is hidden, so that a change is news when it is shown again.
TOLD = ("alert_level", "evidence_sha", "notable")


class Veil(NamedTuple):
    """Whether an alert is hidden (`SHOWN`, `HIDDEN`, `SAMPLED`), and by which suppression."""

    hidden: int = SHOWN
    suppression_id: str | None = None


class Sight(IntEnum):
    """What became of an alert that a scan did not flag."""

    NOT_LOOKED = 0  # the scan did not reach it, or could not compute what it rests on
    BEYOND_BUDGET = 1  # it shows as before, among too many others
    QUIET = 2  # the same values no longer stand out
    CLEARED = 3  # the values were corrected, and nothing stands out any more
    GONE = 4  # the record is no longer at the source


class Absence(NamedTuple):
    """What a scan says about an alert it did not flag, with the opening of bids as now recorded."""

    sight: Sight
    opens_at: datetime | None = None
    noted: dict[str, str] | None = None


class Verdict(NamedTuple):
    """The alert's row as it should be, the event to be told, and under which head the run counts it."""

    row: Row
    event: Row | None
    tally: str


def first(one: Entry, run: Row, veil: Veil, due: Due = UNDATED) -> Verdict:
    """A new alert; `due` says when it has to be taken up, once somebody can see it."""
    row = {
        **BLANK, **one.origin, **one.picture, "state": lifecycle.NEW, "disposition": "unset", "episode": 1,
        "seen_n": 1, "absent_n": 0, "withdrawn": 0, "row_version": 1, "announced": int(veil.hidden != HIDDEN),
        "hidden": veil.hidden, "suppression_id": veil.suppression_id,
    }  # fmt: skip
    if veil.hidden != HIDDEN:
        row["due_at"], row["due_note"] = due
    return Verdict(row, _told("created", row, run, new=row["alert_level"]), "new")


def again(
    held: Row, one: Entry, run: Row, veil: Veil, due: Due = UNDATED, *, replaced: bool = False
) -> Verdict:
    """A known alert that was found again. `replaced`: another model was given than for the last run.

    `due` says when it has to be taken up if this night shows it for the first time, or opens it again.
    """
    row = {**held, "seen_n": held["seen_n"] + 1, "row_version": held["row_version"] + 1}
    if run["as_of"] < held["last_seen_at"]:
        # A rescan of last March must not undo April.
        return Verdict(row, None, "seen")
    row |= {"last_seen_run": run["run_id"], "last_seen_at": run["as_of"], "absent_n": 0}
    row["opens_at"] = one.picture["opens_at"]
    if held["state"] in lifecycle.ENDED_STATES:
        return _ended_again(held, row, one, run, (veil, due))
    restored = held["withdrawn"] == 1
    row |= {**one.picture, **veil._asdict(), "withdrawn": 0, **(_unproposed(held) if restored else {})}
    if veil.hidden == HIDDEN:
        return Verdict(row | {name: held[name] for name in TOLD}, None, "seen")
    kind, news = _news(held, row, replaced=replaced)
    if restored and kind is None:
        kind, news = "source_restored", False
    tally = "changed" if row["evidence_sha"] != held["evidence_sha"] else "seen"
    if kind is None:
        return Verdict(row, None, tally)
    old, new = (
        (held["evidence_sha"], row["evidence_sha"])
        if kind == "evidence_changed"
        else (held["alert_level"], row["alert_level"])
    )
    row["announced"] = 1
    if kind == "surfaced" and row["state"] == lifecycle.NEW:
        row["due_at"], row["due_note"] = due
    return Verdict(row, _told(kind, row, run, old, new, news=news), tally)


def absent(held: Row, absence: Absence, run: Row, veil: Veil) -> Verdict | None:
    """An open alert that was not found. None where nothing is to be written."""
    row = {**held, "row_version": held["row_version"] + 1, "opens_at": absence.opens_at}
    if absence.sight in (Sight.NOT_LOOKED, Sight.BEYOND_BUDGET):
        return Verdict(row, None, "seen_elsewhere") if absence.opens_at != held["opens_at"] else None
    row |= veil._asdict()
    if absence.sight == Sight.GONE:
        return _gone(held, row | {"opens_at": held["opens_at"]}, run)
    row["absent_n"] = held["absent_n"] + 1
    if veil.hidden == HIDDEN:
        return Verdict(row, None, "absent")
    if absence.sight == Sight.CLEARED and held["alert_level"] > GREEN:
        noted = absence.noted or {}
        row |= {
            "alert_level": GREEN,
            "evidence_sha": evidence_sha(GREEN, noted),
            "notable": canonical_json(noted),
        }
        told = _told("cleared", row, run, held["alert_level"], GREEN, news=False)
        return Verdict(row, told, "cleared")
    if row["absent_n"] == ABSENCES_TOLD:
        return Verdict(row, _told("not_observed", row, run, new=row["absent_n"], news=False), "absent")
    return Verdict(row, None, "absent")


def model_changed(authority: str, before: str, run: Row) -> Row:
    """The one event of a run that scans with another model than the last."""
    told = event("model_changed", SYSTEM, run["finished_at"])
    values = {"old_value": before, "new_value": run["model_sha"], "run_id": run["run_id"], "is_news": 0}
    return {**told, **values, "authority": authority}


def _ended_again(held: Row, row: Row, one: Entry, run: Row, shown: tuple[Veil, Due]) -> Verdict:
    veil, due = shown
    unfounded = lifecycle.standing(held["state"], held["outcome_code"]) == "unfounded"
    changed = one.picture["evidence_sha"] != held["evidence_sha"]
    risen = float(one.picture["score"]) - float(held["score"]) >= REOPENING_RISE
    if not (unfounded and changed and risen) or veil.hidden == HIDDEN:
        return Verdict(row, None, "seen")
    row |= {
        **one.picture, **veil._asdict(), "state": lifecycle.REOPENED, "episode": held["episode"] + 1,
        "disposition": "unset", "outcome_code": None, "due_at": due.at, "due_note": due.note, "escalated_at": None,
        "announced": 1,
    }  # fmt: skip
    return Verdict(row, _told("reopened", row, run, held["state"], lifecycle.REOPENED), "reopened")


def _news(held: Row, row: Row, *, replaced: bool) -> tuple[str | None, bool]:
    """What is to be told of a known alert that is shown, and whether receivers hear of it."""
    if not held["announced"]:
        return "surfaced", True
    if row["alert_level"] != held["alert_level"]:
        by_model_alone = replaced and row["notable"] == held["notable"]
        return "level_changed", row["alert_level"] > held["alert_level"] and not by_model_alone
    if row["evidence_sha"] != held["evidence_sha"]:
        return "evidence_changed", True
    return None, False


def _gone(held: Row, row: Row, run: Row) -> Verdict | None:
    if held["withdrawn"]:
        return None
    row["withdrawn"] = 1
    if held["proposal"] is None:
        row |= {"proposal": DATA_ERROR, "proposed_by": SYSTEM.name, "proposed_at": run["finished_at"]}
    told = _told("source_withdrawn", row, run, new=DATA_ERROR, news=row["hidden"] != HIDDEN)
    return Verdict(row, told, "withdrawn")


def _unproposed(held: Row) -> Row:
    if held["proposal"] != DATA_ERROR or held["proposed_by"] != SYSTEM.name:
        return {}
    return {"proposal": None, "proposed_by": None, "proposed_at": None}


def _told(kind: str, row: Row, run: Row, old: object = None, new: object = None, *, news: bool = True) -> Row:
    note = f"audit sample of suppression {row['suppression_id']}" if row["hidden"] == SAMPLED else None
    # The texts of rows are storable already.
    return {
        **USUAL,
        "authority": row["authority"],
        "alert_id": row["alert_id"],
        "occurred_at": run["finished_at"],
        "actor": SYSTEM.name,
        "actor_kind": SYSTEM.kind,
        "kind": kind,
        "old_value": None if old is None else str(old),
        "new_value": None if new is None else str(new),
        "note": note,
        "run_id": run["run_id"],
        "is_news": int(news and row["hidden"] != HIDDEN),
    }
