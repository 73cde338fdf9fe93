"""What is in force for each trade: citations, thresholds and conditions, by its own region, kind and date."""

from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np

from detector.arrays import BoolArray, FloatArray
from detector.rules.conditions import COLUMNS
from detector.rules.declare import OWN_THRESHOLD, Comparison, Condition, Scope, Threshold
from detector.rules.measuring import Measuring, is_text
from detector.workdays import day_number, local_days

Truth = tuple[BoolArray, BoolArray]
"""Where something holds, and where that is not known; it holds nowhere that it is not known."""

SLACK = 1e-9


class Force:
    """Three-valued truths about all trades of a `Measuring`, each asked once."""

    def __init__(self, measuring: Measuring) -> None:
        self.measuring = measuring
        self._nowhere = np.zeros(len(measuring.records), dtype=bool)
        self.days = lru_cache(maxsize=None)(self._days)
        self._plain = lru_cache(maxsize=None)(self._condition)

    def offsets(self, fallback: int | None) -> FloatArray:
        """Local time minus UTC of each trade in minutes, else `fallback`."""
        own = self.measuring.records.trades["utc_offset"].to_numpy(dtype=np.float64)
        return own if fallback is None else np.where(np.isfinite(own), own, float(fallback))

    def _days(self, columns: tuple[str, ...], fallback: int | None) -> FloatArray:
        """The decisive local day of each trade: of the first of `columns` that is known."""
        records = self.measuring.records
        seconds = np.full(len(records), np.nan)
        for column in columns:
            seconds = np.where(np.isfinite(seconds), seconds, records.seconds(column))
        return local_days(seconds, self.offsets(fallback))

    def scope(self, scope: Scope, days: Callable[[], FloatArray]) -> Truth:
        """Where `scope` holds on the day that `days` gives each trade."""
        truths = []
        if scope.dated:
            day = days()
            known = np.isfinite(day)
            low = -np.inf if scope.since is None else float(day_number(scope.since))
            high = np.inf if scope.until is None else float(day_number(scope.until))
            truths.append(((day >= low) & (day <= high), ~known))
        if scope.region:
            truths.append(self.measuring.label_test("region", lambda label: label.startswith(scope.region)))
        return self.every(truths)

    def conditions(self, conditions: Iterable[Condition], limit: FloatArray | None = None) -> Truth:
        """Where all `conditions` hold; `limit` is the rule's own threshold for each trade."""
        return self.every([self.condition(one, limit) for one in conditions])

    def condition(self, condition: Condition, limit: FloatArray | None = None) -> Truth:
        """Where one condition holds."""
        if any(OWN_THRESHOLD in test.values for test in condition.tests):
            return self._condition(condition, limit)
        # Kept only for columns: facts are let go of after their last use.
        return self._plain(condition) if condition.field in COLUMNS else self._condition(condition)

    def _condition(self, condition: Condition, limit: FloatArray | None = None) -> Truth:
        return self.every([self._test(condition.field, test, limit) for test in condition.tests])

    def _test(self, field: str, test: Comparison, limit: FloatArray | None) -> Truth:
        if is_text(field):
            return self._text_test(field, test)
        values, said, unknown = self.measuring.numbers(field)
        if test.compare == "known":
            return self._known(field, said, test)
        if OWN_THRESHOLD in test.values:
            other = np.full(len(values), np.nan) if limit is None else limit
            unlimited = np.isnan(other) & said
            return said & compared(values, test.compare, other), unknown | unlimited
        wanted = [float(one) for one in test.values]
        if test.compare in ("==", "!="):
            equal = np.isin(values, wanted)
            return said & (equal if test.compare == "==" else ~equal), unknown
        return said & compared(values, test.compare, wanted[0]), unknown

    def _text_test(self, field: str, test: Comparison) -> Truth:
        if test.compare == "known":
            _, empty = self.measuring.label_test(field, lambda _: False)
            return self._known(field, ~empty, test)
        wanted = frozenset(test.values)
        passed, empty = self.measuring.label_test(field, lambda label: label in wanted)
        return (passed if test.compare == "==" else ~passed & ~empty), empty

    def _known(self, field: str, filled: BoolArray, test: Comparison) -> Truth:
        if f"trades.{field}" in self.measuring.records.absent:
            # A source without the column cannot say that nothing was recorded.
            return self._nowhere, ~self._nowhere
        return (filled if test.values[0] else ~filled), self._nowhere

    def limits(
        self, thresholds: tuple[Threshold, ...], days: Callable[[], FloatArray]
    ) -> tuple[FloatArray, BoolArray]:
        """The first threshold that holds for each trade, NaN where none does, and where that is not known."""
        limit = np.full(len(self._nowhere), np.nan)
        open_rows, unknown = ~self._nowhere, self._nowhere.copy()
        for threshold in thresholds:
            holds, doubt = self.every([self.scope(threshold.scope, days), self.conditions(threshold.when)])
            limit[open_rows & holds] = threshold.value
            unknown |= open_rows & doubt
            open_rows = open_rows & ~holds & ~doubt
        return limit, unknown

    def every(self, truths: Iterable[Truth]) -> Truth:
        """Where all hold; not known where none fails and some are not known."""
        failed, doubt = self._nowhere, self._nowhere
        for holds, unknown in truths:
            failed = failed | (~holds & ~unknown)
            doubt = doubt | unknown
        return ~failed & ~doubt, ~failed & doubt

    def some(self, truths: Iterable[Truth]) -> Truth:
        """Where any holds; not known where none does and some are not known."""
        held, doubt = self._nowhere, self._nowhere
        for holds, unknown in truths:
            held = held | holds
            doubt = doubt | unknown
        return held, doubt & ~held


def compared(values: FloatArray, sign: str, limit: FloatArray | float) -> BoolArray:
    """`values` against `limit`; equal up to rounding counts as equal, so that a limit met exactly is met."""
    slack = SLACK * np.maximum(1.0, np.abs(limit))
    if sign == ">":
        return np.asarray(values > limit + slack)
    if sign == ">=":
        return np.asarray(values >= limit - slack)
    if sign == "<":
        return np.asarray(values < limit - slack)
    if sign == "<=":
        return np.asarray(values <= limit + slack)
    near = np.abs(values - limit) <= slack
    return np.asarray(near if sign == "==" else ~near & np.isfinite(values))
