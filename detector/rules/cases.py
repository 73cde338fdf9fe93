"""Cases of rules as data: small records, and what a rule must answer about the trade "t" of them.

Times without an offset are local, of the trade or else of the pack. An empty text empties a cell of the base.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from detector.contract import Conformed, conform
from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.levels import Level
from detector.records import Records
from detector.rules.book import Rulebook
from detector.rules.evaluation import Outcome, RuleTable, evaluate_rules
from detector.rules.form import Form, opened
from detector.schema import TABLES

KINDS = ("hit", "miss", "limit", "boundary", "missing", "exception", "other")
EXPECTED = {outcome.name.lower().replace("_", " "): outcome for outcome in Outcome}
SUBJECT = "t"
SEEN_AT = date(2030, 1, 1)
KEYED = {"bids": {"seq": 1, "status": "valid"}}
CASE_KEYS = ("rule", "kind", "name", "expect", "level", "as_of", "trade", *TABLES)


@dataclass(frozen=True, slots=True)
class Case:
    """One case: `tables` are rows of the canonical tables, `line` is where it stands."""

    rule: str
    kind: str
    name: str
    tables: Mapping[str, list[dict[str, Any]]]
    expect: Outcome
    level: Level | None
    as_of: date
    line: int

    def records(self, utc_offset: int | None) -> Records:
        """The rows as records; `utc_offset` (minutes) is that of trades that name none."""
        tables = {}
        for name, table in TABLES.items():
            rows = [_in_utc(row, self._offset(row, utc_offset)) for row in self.tables.get(name, [])]
            frame = pd.DataFrame(rows, columns=list(table.names), dtype=object)
            tables[name] = conform(table, frame) if rows else _no_rows(name)
        moment = np.datetime64(self.as_of, "s")
        return Records.of_conformed(tables, as_of=moment, not_after=moment)

    def _offset(self, row: dict[str, Any], fallback: int | None) -> int:
        trades = {trade["trade_id"]: trade for trade in self.tables["trades"]}
        own = trades.get(row.get("trade_id", SUBJECT), {}).get("utc_offset")
        return int(own if own is not None else fallback or 0)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a rule answered in a case: its outcome, why, and the level where it fired."""

    outcome: Outcome
    why: str
    level: Level | None

    def wrong(self, case: Case) -> str:
        """What differs from what the case expects; empty where nothing does."""
        if self.outcome != case.expect:
            told = f" ({self.why})" if self.why else ""
            return f"is {_spoken(self.outcome)}{told}, expected {_spoken(case.expect)}"
        if case.level is not None and self.level != case.level:
            shown = self.level.name.lower() if self.level else "none"
            return f"fires at level {shown}, expected {case.level.name.lower()}"
        return ""


@lru_cache
def _no_rows(name: str) -> Conformed:
    return conform(TABLES[name], pd.DataFrame(columns=list(TABLES[name].names)))


def parse_cases(text: str, place: str) -> tuple[Case, ...]:
    """The cases of a text; ConfigError with all its mistakes."""
    whole, mistakes = opened(text, place)
    whole.only("base", "case")
    base = whole.form("base")
    cases = tuple(_case(form, base.table.get(form.table.get("rule", ""), {})) for form in whole.forms("case"))
    mistakes.refuse()
    return cases


def answer(case: Case, book: Rulebook) -> Answered:
    """What the rule of `case` answers. KeyError where `book` does not hold it."""
    rule = book[case.rule]
    records = case.records(rule.utc_offset)
    asked = [feature for code, feature in FEATURES.items() if code in _named(book, case.rule)]
    only = Rulebook(book.packs, (rule,), book.calendars, book.years)
    table = evaluate_rules(records, only, evaluate(records, asked))
    return _answered(table, records.trade_ids.index(SUBJECT))


def _answered(table: RuleTable, trade: int) -> Answered:
    outcome, why = table.answer(trade, 0)
    place = table.fired[0].at(trade)
    return Answered(outcome, why.en, None if place is None else Level(int(table.fired[0].levels[place])))


def _named(book: Rulebook, name: str) -> set[str]:
    rule = book[name]
    fields = {one.field for one in rule.guard}
    fields |= {one.field for exemption in rule.exceptions for one in exemption.when}
    return fields | {rule.subject} | {one.field for limit in rule.thresholds for one in limit.when}


def _case(form: Form, base: Mapping[str, Any]) -> Case:
    form = form.called(f"case of {form.table.get('rule', '')}")
    form.only(*CASE_KEYS)
    unknown = [key for key in base if key not in ("trade", *TABLES)]
    if unknown:
        form.note("rule", f"its base has unknown keys: {', '.join(unknown)}")
    merged = {**base, **form.table, "trade": {**base.get("trade", {}), **form.table.get("trade", {})}}
    level = (
        Level[form.choice("level", [one.name.lower() for one in Level]).upper()]
        if "level" in form.table
        else None
    )
    return Case(
        form.text("rule"),
        form.choice("kind", KINDS),
        form.text("name", ""),
        _tables(form, merged),
        EXPECTED[form.choice("expect", tuple(EXPECTED))],
        level,
        form.table.get("as_of", SEEN_AT),
        form.mistakes.lines.of(form.path),
    )


def _tables(form: Form, merged: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    subject = {"trade_id": SUBJECT, "side": "buy", "status": "awarded", **merged["trade"]}
    tables = {name: [dict(row) for row in merged.get(name, [])] for name in TABLES}
    subject.setdefault("recorded_at", merged.get("as_of", SEEN_AT))
    others = [{"side": "buy", "status": "awarded", **row} for row in tables["trades"]]
    tables["trades"] = [subject, *others]
    for name, rows in tables.items():
        table = TABLES[name]
        for place, row in enumerate(rows):
            for column in row:
                if column not in table.names:
                    form.note(name, f"no column {name}.{column}")
            _complete(name, row, place)
    return {
        name: [{k: v for k, v in row.items() if v != ""} for row in rows] for name, rows in tables.items()
    }


def _complete(name: str, row: dict[str, Any], place: int) -> None:
    """Fill what a case need not say: the trade, and keys that only tell rows apart."""
    table = TABLES[name]
    for column, value in KEYED.get(name, {}).items():
        row.setdefault(column, value)
    if "digest" in row:
        row["digest"] = sha256(str(row["digest"]).encode()).hexdigest()[:32]
    for needed in (column for column in table.columns if column.key or column.required):
        if needed.name == "trade_id":
            row.setdefault("trade_id", SUBJECT)
        elif needed.name not in row and needed.type in ("id", "text"):
            row[needed.name] = f"{name}-{place + 1}"
        elif needed.name not in row and needed.type in ("count", "number"):
            row[needed.name] = place + 1


def _in_utc(row: dict[str, Any], offset: int) -> dict[str, Any]:
    return {
        column: _instant(value, offset) if isinstance(value, date) else value for column, value in row.items()
    }


def _instant(value: date, offset: int) -> pd.Timestamp:
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    stamp = pd.Timestamp(moment)
    return stamp.tz_convert(None) if stamp.tzinfo else stamp - pd.Timedelta(minutes=offset)


def _spoken(outcome: Outcome) -> str:
    return outcome.name.lower().replace("_", " ")
