"""Which alerts of a run are hidden: snoozed by a person, or under a suppression."""

import json
from datetime import datetime
from functools import cached_property

import pandas as pd

from detector.records import Records
from pipelines.alerts.fingerprint import LAW
from pipelines.alerts.judging import HIDDEN, SAMPLED, Veil
from pipelines.alerts.runs import Row
from pipelines.alerts.suppression import Cover, Subject

SHOWN = Veil()


class Veils:
    """The suppressions in force and the bidders they may name, asked about one alert at a time."""

    def __init__(self, cover: Cover, records: Records, now: datetime) -> None:
        self._cover, self._records, self._now = cover, records, now

    def __call__(self, alert: Row) -> Veil:
        """Whether `alert`, a row of the alert table, is hidden. A snooze has no audit sample."""
        snoozed = alert.get("snoozed_until")
        if snoozed is not None and snoozed > self._now:
            return Veil(HIDDEN)
        if not self._cover:
            return SHOWN
        hidden = self._cover.hides(self._subject(alert))
        if hidden is None:
            return SHOWN
        return Veil(SAMPLED if hidden.surfaced else HIDDEN, hidden.suppression_id)

    def _subject(self, alert: Row) -> Subject:
        return Subject(
            fingerprint=alert["fingerprint"],
            authority=alert["authority"],
            level=int(alert["alert_level"]),
            trade_id=alert["subject_id"],
            buyer_id=alert["buyer_id"],
            bidder_ids=self._bidders(alert["subject_id"]),
            codes=frozenset(code.removeprefix(LAW) for code in json.loads(alert["notable"] or "{}")),
        )

    @cached_property
    def _trades(self) -> pd.Index:
        return pd.Index(self._records.trade_ids)

    def _bidders(self, trade_id: str) -> frozenset[str]:
        place = int(self._trades.get_indexer(pd.Index([trade_id]))[0])
        if place < 0:
            return frozenset()
        start, end = self._records.bid_offsets[place : place + 2]
        return frozenset(self._records.bids["bidder_id"].iloc[start:end].dropna())
