"""What a scan says about the alerts it did not flag: whether it looked, and what it saw.

Absence means something only where the scan looked: at this trade, with the features that raised the alert, in
records that reach back to it.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, IntArray
from detector.features.history_conditions import opening
from detector.flags import decided_since, flag_trades, resolved
from detector.rules.evaluation import Outcome
from detector.scan import Scan
from pipelines.alerts.fingerprint import LAW, six_digits
from pipelines.alerts.judging import Absence, Sight
from pipelines.alerts.runs import Row

NOT_COMPUTABLE = 2


class Unflagged:
    """A scan, asked about alerts that it did not flag."""

    def __init__(self, scan: Scan, sealed: Mapping[str, datetime] = MappingProxyType({})) -> None:
        self._sealed = sealed
        self._scan = scan
        self._trades = pd.Index(scan.records.trade_ids)
        self._opening = opening(scan.records)
        features = scan.table.features
        rules = scan.rules.rules if scan.rules else ()
        self._rules = {rule.id: column for column, rule in enumerate(rules)}
        self._columns = {feature.code: column for column, feature in enumerate(features)}

    def absences(self, alerts: Sequence[Row]) -> list[Absence]:
        """What is said about each of `alerts` (rows of the alert table), in their order."""
        subjects = pd.Index([row["subject_id"] for row in alerts], dtype=object)
        places = self._trades.get_indexer(subjects).astype(np.int64)
        beyond = self._beyond_budget(places[places >= 0])
        return [self._absence(row, int(place), beyond) for row, place in zip(alerts, places, strict=True)]

    def _absence(self, alert: Row, place: int, beyond: frozenset[int]) -> Absence:
        if place < 0 and alert["subject_id"] in self._sealed:
            # A correction moved the opening: the trade was kept from the scan, and is not gone.
            return Absence(Sight.NOT_LOOKED, self._sealed[alert["subject_id"]])
        if place < 0:
            return Absence(
                Sight.GONE if self._reach_back_to(alert["trade_at"]) else Sight.NOT_LOOKED, alert["opens_at"]
            )
        opens_at = _instant(self._opening[place])
        if not self._eligible[place]:
            return Absence(Sight.NOT_LOOKED, opens_at)
        if place in beyond:
            return Absence(Sight.BEYOND_BUDGET, opens_at)
        rested_on = json.loads(alert["notable"] or "{}")
        noted = self._noted(place, rested_on)
        if noted is None:
            return Absence(Sight.NOT_LOOKED, opens_at)
        return Absence(Sight.QUIET if noted == rested_on else Sight.CLEARED, opens_at, noted)

    def _noted(self, place: int, rested_on: Mapping[str, str]) -> dict[str, str] | None:
        """The values behind an alert as they are now; None if one of them was not or could not be computed."""
        values = {
            code: self._law(place, code, value) if code.startswith(LAW) else self._value(place, code)
            for code, value in rested_on.items()
        }
        known = {code: value for code, value in values.items() if value is not None}
        return known if len(known) == len(values) else None

    def _value(self, place: int, code: str) -> str | None:
        table, column = self._scan.table, self._columns.get(code)
        if column is None or table.answers[place, column] == NOT_COMPUTABLE:
            return None
        return six_digits(float(table.values[place, column]))

    def _law(self, place: int, code: str, value: str) -> str | None:
        """`value` where the rule of law is still met, "not met", or None where it cannot say."""
        rules, column = self._scan.rules, self._rules.get(code.removeprefix(LAW))
        outcome = None if rules is None or column is None else rules.answer(place, column)[0]
        if outcome is None or outcome == Outcome.NOT_COMPUTABLE:
            return None
        return value if outcome == Outcome.FIRED else "not met"

    def _beyond_budget(self, places: IntArray) -> frozenset[int]:
        """Those of the trades at `places` that would be flagged if the budget were larger."""
        wanted = np.zeros(len(self._trades), dtype=bool)
        wanted[places] = True
        wanted &= self._eligible
        if not wanted.any():
            return frozenset()
        scan = self._scan
        flags = flag_trades(scan.records, scan.suspicion, scan.model, wanted, int(wanted.sum()), scan.rules)
        return frozenset(flag.row for flag in flags)

    @cached_property
    def _eligible(self) -> BoolArray:
        records, days = self._scan.records, self._scan.settings.window_days
        return resolved(records) if days is None else resolved(records) & decided_since(records, days)

    def _reach_back_to(self, moment: datetime | None) -> bool:
        """Whether records of the time of an alert were read at all."""
        decided = self._scan.records.decided
        if not np.isfinite(decided).any():
            return False
        return moment is None or moment >= _instant(float(np.nanmin(decided)))  # type: ignore[operator]


def _instant(seconds: float) -> datetime | None:
    return np.datetime64(int(seconds), "s").astype(datetime) if np.isfinite(seconds) else None
