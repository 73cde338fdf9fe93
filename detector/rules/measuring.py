"""Facts, features and columns of all trades, each measured once for all rules that compare it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features import FEATURES
from detector.features.declare import Guard, Phrase
from detector.features.evaluation import Answer, FeatureTable, missing
from detector.features.needs import NEEDS
from detector.records import Records
from detector.rules.conditions import COLUMNS, TEXTUAL
from detector.rules.declare import Condition, Rule
from detector.rules.fact import Fact, Measure
from detector.rules.facts import FACTS
from detector.rules.facts.needs import FACT_NEEDS

NOT_EVALUATED = Phrase("the feature was left out of this scan", "本次扫描未计算该指标")


@dataclass(frozen=True, eq=False)
class Refusal:
    """Trades of which something cannot be said, and why."""

    rows: BoolArray
    answer: Answer
    why: Phrase


@dataclass(frozen=True, eq=False)
class Measured:
    """A fact or feature of all trades; its values count where no refusal holds and they are numbers."""

    measure: Measure
    refusals: tuple[Refusal, ...]

    @cached_property
    def said(self) -> BoolArray:
        """Trades that have a value."""
        said = np.isfinite(self.measure.values)
        for refusal in self.refusals:
            said &= ~refusal.rows
        return said

    @cached_property
    def unknown(self) -> BoolArray:
        """Trades of which it cannot be said, for want of data."""
        unknown = np.zeros(len(self.measure.values), dtype=bool)
        settled = unknown.copy()
        for refusal in self.refusals:
            if refusal.answer == Answer.NOT_COMPUTABLE:
                unknown |= refusal.rows & ~settled
            settled |= refusal.rows
        return unknown


class Measuring:
    """What rules compare, measured when first asked for and let go of after its last use.

    `table` holds the features of the scan. `expect` tells which rules will ask.
    """

    def __init__(self, records: Records, table: FeatureTable) -> None:
        self.records = records
        self._columns = {feature.code: place for place, feature in enumerate(table.features)}
        self._table = table
        self._held: dict[str, Measured] = {}
        self._uses: Counter[str] = Counter()
        self.need = lru_cache(maxsize=None)(self._need)
        self.guard = lru_cache(maxsize=None)(self._guard)
        self.codes = lru_cache(maxsize=None)(self._codes)

    def expect(self, rules: Iterable[Rule]) -> None:
        """Count how often each fact will be asked for."""
        self._uses.update(name for rule in rules for name in fields_of(rule))

    def done(self, rule: Rule) -> None:
        """Let go of what no further rule compares."""
        self._uses.subtract(fields_of(rule))
        for name in fields_of(rule):
            if self._uses[name] <= 0:
                self._held.pop(name, None)

    def measured(self, name: str) -> Measured:
        """The fact or feature called `name`."""
        if name not in self._held:
            self._held[name] = self._feature(name) if name in FEATURES else self._fact(FACTS[name])
        return self._held[name]

    def _fact(self, fact: Fact) -> Measured:
        refusals = [Refusal(~self.guard(one), Answer.NOT_APPLICABLE, one.otherwise) for one in fact.guards]
        for name in fact.needs:
            why = missing(name, self.records)
            refusals.append(Refusal(~self.need(name), Answer.NOT_COMPUTABLE, why))
        measure = fact.function(self.records)
        if measure.unknown is not None:
            refusals.append(Refusal(measure.unknown, Answer.NOT_COMPUTABLE, fact.unknown))
        refusals.append(Refusal(~np.isfinite(measure.values), Answer.NOT_APPLICABLE, fact.silent))
        return Measured(measure, tuple(one for one in refusals if one.rows.any()))

    def _feature(self, code: str) -> Measured:
        if code not in self._columns:
            nowhere = np.ones(len(self.records), dtype=bool)
            refused = Refusal(nowhere, Answer.NOT_COMPUTABLE, NOT_EVALUATED)
            return Measured(Measure(np.full(len(self.records), np.nan)), (refused,))
        table, column = self._table, self._columns[code]
        answers, reason = table.answers[:, column], table.reason[:, column]
        refusals = []
        for place in np.unique(reason[answers != Answer.VALUE]):
            rows = reason == place
            refusals.append(Refusal(rows, Answer(int(answers[np.argmax(rows)])), table.reasons[int(place)]))
        return Measured(Measure(table.values[:, column]), tuple(refusals))

    def _need(self, name: str) -> BoolArray:
        for known in (FACT_NEEDS, NEEDS):
            if name in known:
                return np.asarray(known[name](self.records))
        return filled(self.records, name)

    def _guard(self, guard: Guard) -> BoolArray:
        return np.asarray(guard.holds(self.records))

    def _codes(self, column: str) -> tuple[IntArray, tuple[str, ...]]:
        """A text column of trades as whole numbers, -1 where it is empty."""
        codes, labels = pd.factorize(self.records.trades[column])
        return codes.astype(np.int64), tuple(str(label) for label in labels)

    def label_test(self, column: str, holds: Callable[[str], bool]) -> tuple[BoolArray, BoolArray]:
        """Where a text column passes a test, and where it is empty."""
        codes, labels = self.codes(column)
        passed = np.array([*(holds(label) for label in labels), False], dtype=bool)
        return passed[codes], np.asarray(codes < 0)

    def numbers(self, name: str) -> tuple[FloatArray, BoolArray, BoolArray]:
        """Values of a numeric column, fact or feature, where they are said, and where they are not known."""
        if name in COLUMNS:
            values = self.records.trades[name].to_numpy(dtype=np.float64)
            said = np.isfinite(values)
            return values, said, ~said
        held = self.measured(name)
        return held.measure.values, held.said, held.unknown


def filled(records: Records, name: str) -> BoolArray:
    """Whether each trade has a value of "table.column": for other tables than trades, in any of its rows."""
    table, _, column = name.partition(".")
    present: BoolArray = getattr(records, table)[column].notna().to_numpy(dtype=bool)
    if table == "trades":
        return present
    trade = records.bid_trade if table == "bids" else records.trade_of(table)
    return np.asarray(np.bincount(trade[present], minlength=len(records)) > 0)


def fields_of(rule: Rule) -> tuple[str, ...]:
    """The facts and features that a rule asks for, its subject first."""
    conditions: list[Condition] = [*rule.guard]
    conditions += [one for exemption in rule.exceptions for one in exemption.when]
    conditions += [one for threshold in rule.thresholds for one in threshold.when]
    return (rule.subject, *(one.field for one in conditions if one.field not in COLUMNS))


def is_text(field: str) -> bool:
    """Whether a field is compared as text."""
    return field in COLUMNS and COLUMNS[field].type in TEXTUAL
