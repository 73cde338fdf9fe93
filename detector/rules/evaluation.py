"""Rules of all trades: fired, clear, *not applicable* or *not computable*, always with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.chance import beyond_chance
from detector.features import FEATURES
from detector.features.declare import Phrase
from detector.features.evaluation import Answer, FeatureTable, missing
from detector.levels import Level
from detector.records import Records
from detector.rules.book import Rulebook
from detector.rules.declare import BEYOND_CHANCE, EMPTY, Condition, Rule
from detector.rules.fact import Measure, Members
from detector.rules.facts import FACTS
from detector.rules.force import Force, compared
from detector.rules.measuring import Measuring, Refusal
from detector.rules.periods import Counted, count_days
from detector.rules.phrases import outside

NO_LAW = Phrase("no law cited is in force for this date and region", "引用条文在该日期或地区不适用")
NO_LIMIT = Phrase("no threshold is set for this trade", "该交易未设定阈值")
NO_DATE = Phrase(
    "the date or region that decides which law is in force is missing", "缺少判断适用条文所需的日期或地区"
)
NO_OFFSET = Phrase(
    "trades.utc_offset is missing, so the local dates are not known",
    "缺少 trades.utc_offset，无法确定当地日期",
)
NO_CALENDAR = Phrase("the working-day calendar does not cover these dates", "工作日历未覆盖相关日期")


class Outcome(IntEnum):
    """The answers a rule can give about a trade."""

    CLEAR = 0
    FIRED = 1
    NOT_APPLICABLE = 2
    NOT_COMPUTABLE = 3


@dataclass(frozen=True, eq=False)
class Fired:
    """The trades that meet a rule, with what was compared; all arrays are [n_fired].

    `complete`: every exception could be ruled out. `near`: within a day of the limit. `first` and `second` are the
    raw values (instants in seconds for a period), NaN where the fact has none.
    """

    rows: IntArray
    levels: IntArray
    complete: BoolArray
    near: BoolArray
    values: FloatArray
    limits: FloatArray
    first: FloatArray
    second: FloatArray
    members: tuple[Members, ...]

    def at(self, trade: int) -> int | None:
        """The place of a trade among those that meet the rule; None if it does not."""
        place = int(np.searchsorted(self.rows, trade))
        return place if place < len(self.rows) and self.rows[place] == trade else None


@dataclass(frozen=True, eq=False)
class RuleTable:
    """Answers of all rules: ``codes[n_trades, n_rules]`` indexes the rule's `outcomes`, each with its reason."""

    book: Rulebook
    codes: np.ndarray[tuple[int, int], np.dtype[np.uint8]]
    outcomes: tuple[tuple[tuple[Outcome, Phrase], ...], ...]
    fired: tuple[Fired, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order of the columns."""
        return self.book.rules

    def answers(self, column: int) -> IntArray:
        """The outcome of one rule for every trade."""
        known = np.array([outcome for outcome, _ in self.outcomes[column]], dtype=np.int64)
        return known[self.codes[:, column]]

    def answer(self, trade: int, column: int) -> tuple[Outcome, Phrase]:
        """The outcome of one rule for one trade, and why."""
        return self.outcomes[column][int(self.codes[trade, column])]

    def coverage(self) -> pd.DataFrame:
        """For each rule: trades that fired, are clear, not applicable, not computable, and of how many."""
        counts = np.zeros((len(self.rules), len(Outcome)), dtype=np.int64)
        for column in range(len(self.rules)):
            seen = np.bincount(self.codes[:, column], minlength=len(self.outcomes[column]))
            for place, (outcome, _) in enumerate(self.outcomes[column]):
                counts[column, outcome] += seen[place]
        named = {outcome.name.lower(): counts[:, outcome] for outcome in (Outcome.FIRED, Outcome.CLEAR,
                 Outcome.NOT_APPLICABLE, Outcome.NOT_COMPUTABLE)}  # fmt: skip
        identity = {"rule": [rule.id for rule in self.rules], "pack": [rule.pack for rule in self.rules]}
        return pd.DataFrame({**identity, **named, "trades": len(self.codes)})


def evaluate_rules(records: Records, book: Rulebook, table: FeatureTable) -> RuleTable:
    """Answer every rule of `book` for every trade; `table` holds the features of the records."""
    measuring = Measuring(records, table)
    measuring.expect(book.rules)
    force = Force(measuring)
    codes = np.zeros((len(records), len(book.rules)), dtype=np.uint8, order="F")
    outcomes: dict[int, tuple[tuple[Outcome, Phrase], ...]] = {}
    fired: dict[int, Fired] = {}
    # Rules over one fact follow each other, so that it is let go of early.
    for column in sorted(range(len(book.rules)), key=lambda place: book.rules[place].subject):
        rule = book.rules[column]
        judged = _Judgement(rule, book, force)
        codes[:, column], outcomes[column], fired[column] = judged.codes, tuple(judged.outcomes), judged.fired
        measuring.done(rule)
    order = range(len(book.rules))
    return RuleTable(book, codes, tuple(outcomes[c] for c in order), tuple(fired[c] for c in order))


class _Judgement:
    """One rule over all trades."""

    def __init__(self, rule: Rule, book: Rulebook, force: Force) -> None:
        self.rule, self.book, self.force = rule, book, force
        self.records = force.measuring.records
        self.codes = np.zeros(len(self.records), dtype=np.uint8)
        self.open = np.ones(len(self.records), dtype=bool)
        self.outcomes: list[tuple[Outcome, Phrase]] = [(Outcome.CLEAR, EMPTY), (Outcome.FIRED, EMPTY)]
        self.fired = self._judge()

    def _judge(self) -> Fired:
        """Set aside whom the rule does not reach, most fundamental reason first, then compare the rest."""
        rule, force = self.rule, self.force
        if rule.disabled != EMPTY:
            self._refuse(self.open, Outcome.NOT_APPLICABLE, rule.disabled)
        limit, no_limit = force.limits(rule.thresholds, self._days)
        doubts = list(self._guards(limit))
        incomplete = self._exceptions(limit)
        in_force, unsure = force.some(force.scope(one.scope, self._days) for one in rule.citations)
        self._refuse(~in_force & ~unsure, Outcome.NOT_APPLICABLE, NO_LAW)
        for unknown, why in doubts:
            self._refuse(unknown, Outcome.NOT_COMPUTABLE, why)
        self._refuse(unsure | no_limit, Outcome.NOT_COMPUTABLE, NO_DATE)
        self._refuse(np.isnan(limit), Outcome.NOT_APPLICABLE, NO_LIMIT)
        if not self.open.any():
            return self._found(np.zeros(0, dtype=np.int64), limit, None, incomplete)
        held = force.measuring.measured(rule.subject)
        for refusal in held.refusals:
            self._refuse_as(refusal)
        counted = self._compared(limit)
        rows = np.flatnonzero(self.open & counted.fired)
        self.codes[rows] = Outcome.FIRED
        return self._found(rows, limit, counted, incomplete)

    def _days(self) -> FloatArray:
        return self.force.days(self.rule.dates, self.rule.utc_offset)

    def _guards(self, limit: FloatArray) -> Iterator[tuple[BoolArray, Phrase]]:
        for condition in self.rule.guard:
            holds, unknown = self.force.condition(condition, limit)
            self._refuse(~holds & ~unknown, Outcome.NOT_APPLICABLE, outside(condition))
            if unknown.any():
                yield unknown, self._unknown(condition)

    def _unknown(self, condition: Condition) -> Phrase:
        if condition.field in FACTS or condition.field in FEATURES:
            title = (
                FACTS[condition.field].title if condition.field in FACTS else FEATURES[condition.field].title
            )
            return Phrase(f"not known: {title.en}", f"无法判断：{title.zh}")
        return missing(f"trades.{condition.field}", self.records)

    def _exceptions(self, limit: FloatArray) -> BoolArray:
        """Set exempted trades aside; where an exemption cannot be ruled out the evidence is incomplete."""
        incomplete = np.zeros(len(self.records), dtype=bool)
        for exemption in self.rule.exceptions:
            holds, unknown = self.force.conditions(exemption.when, limit)
            self._refuse(holds, Outcome.NOT_APPLICABLE, exemption.why)
            incomplete |= unknown
        return incomplete

    def _compared(self, limit: FloatArray) -> Counted:
        rule, measure = self.rule, self.force.measuring.measured(self.rule.subject).measure
        fact = FACTS.get(rule.subject)
        if fact is not None and fact.period and measure.compared is not None:
            offsets = self.force.offsets(rule.utc_offset)
            self._refuse(np.isnan(offsets), Outcome.NOT_COMPUTABLE, NO_OFFSET)
            calendar = self.book.calendars.get(rule.calendar)
            counted = count_days(rule, *measure.compared, offsets, limit, calendar)
            self._refuse(counted.unknown, Outcome.NOT_COMPUTABLE, NO_CALENDAR)
            return counted
        nowhere = np.zeros(len(self.records), dtype=bool)
        if rule.compare == BEYOND_CHANCE:
            surprise = np.where(self.open, measure.values, np.nan) * np.log(10.0)
            fired = beyond_chance(surprise[:, np.newaxis], float(np.nanmax(limit)))[:, 0]
            return Counted(measure.values, fired, nowhere, nowhere)
        return Counted(measure.values, compared(measure.values, rule.compare, limit), nowhere, nowhere)

    def _found(
        self, rows: IntArray, limit: FloatArray, counted: Counted | None, incomplete: BoolArray
    ) -> Fired:
        if counted is None:
            none = np.zeros(0)
            return Fired(rows, rows, rows > 0, rows > 0, none, none, none, none, ())
        measure = self.force.measuring.measured(self.rule.subject).measure
        none = np.full(len(rows), np.nan)
        first, second = (
            (none, none) if measure.compared is None else (each[rows] for each in measure.compared)
        )
        near = counted.near[rows]
        levels = np.maximum(self.rule.level - near.astype(np.int64), Level.BLUE)
        return Fired(
            rows, levels, ~incomplete[rows], near, counted.values[rows], limit[rows], first, second,
            self._members(measure, rows),
        )  # fmt: skip

    def _members(self, measure: Measure, rows: IntArray) -> tuple[Members, ...]:
        """The rows of other tables behind the trades at `rows`."""
        if not len(rows):
            return ()
        if measure.trace is not None:
            return (measure.trace(rows),)
        wanted = np.zeros(len(self.records), dtype=bool)
        wanted[rows] = True
        kept = [(one, wanted[one.trade]) for one in measure.members]
        return tuple(Members(one.table, one.column, one.trade[here], one.row[here]) for one, here in kept)

    def _refuse_as(self, refusal: Refusal) -> None:
        applicable = refusal.answer == Answer.NOT_APPLICABLE
        outcome = Outcome.NOT_APPLICABLE if applicable else Outcome.NOT_COMPUTABLE
        self._refuse(refusal.rows, outcome, refusal.why)

    def _refuse(self, rows: BoolArray, outcome: Outcome, why: Phrase) -> None:
        """Answer the open ones of `rows`, and close them."""
        rows = rows & self.open
        if rows.any():
            self.codes[rows] = len(self.outcomes)
            self.outcomes.append((outcome, why))
            self.open &= ~rows
