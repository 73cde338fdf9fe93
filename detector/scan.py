"""The story on one page: records → features → suspicion → scores, and rules → flags."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from detector.errors import ConfigError, SourceError
from detector.features import FEATURES
from detector.features.declare import Feature
from detector.features.evaluation import FeatureTable, evaluate
from detector.flags import Flag, decided_since, explain, flag_trades, resolved
from detector.model.forest import FEWEST_TRADES, ForestSettings, Model
from detector.peers import Suspicion, suspicion
from detector.records import Records
from detector.rules.book import Rulebook
from detector.rules.evaluation import RuleTable, evaluate_rules
from detector.rules.silence import silences


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """What a person decides about a scan.

    `budget`: how many trades the office can open. `window_days`: flag only trades decided within so many days
    before the records' date (None: the whole history). `forest`: used where no fitted model is given.
    `confirmed`: ids of trades that a case has shown to be no ordinary ones. They are scored like all others, but
    what is usual is learnt without them.
    """

    budget: int = 40
    window_days: float | None = None
    forest: ForestSettings = field(default_factory=ForestSettings)
    confirmed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.budget < 0:
            raise ConfigError(
                f"budget is {self.budget}; give the number of trades the office can open, 0 or more."
            )
        if self.window_days is not None and self.window_days <= 0:
            raise ConfigError(f"window is {self.window_days} days; give a positive number of days.")


@dataclass(frozen=True, eq=False)
class Scan:
    """What a scan found, with everything needed to defend it."""

    records: Records
    settings: ScanSettings
    suspicion: Suspicion
    model: Model
    flags: tuple[Flag, ...]
    eligible: int
    rules: RuleTable | None = None

    @property
    def table(self) -> FeatureTable:
        """Values of every feature for every trade."""
        return self.suspicion.table

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """For each feature: value / not applicable / not computable, of how many trades."""
        return self.table.coverage()

    @cached_property
    def silences(self) -> pd.DataFrame:
        """Regions, platforms and buyers that leave rules without the data to answer (`detector.rules.silence`)."""
        return pd.DataFrame() if self.rules is None else silences(self.records, self.rules)

    def explain(self, trade_id: str) -> Flag:
        """The account of one trade, flagged or not.

        SourceError if the records hold no such trade, or if its bids were not opened yet at the records' date.
        """
        for flag in self.flags:
            if flag.trade_id == trade_id:
                return flag
        row = int(pd.Index(self.records.trade_ids).get_indexer(pd.Index([trade_id]))[0])
        if row < 0:
            raise SourceError(f"trade {trade_id!r} is not in the records; check the identifier.")
        if not resolved(self.records)[row]:
            raise SourceError(f"trade {trade_id!r} is not open to reading before its bids are opened.")
        return next(explain(self.records, self.suspicion, self.model, np.array([row]), self.rules))


def scan(
    records: Records,
    model: Model | None = None,
    settings: ScanSettings | None = None,
    features: Sequence[Feature] | None = None,
    rules: Rulebook | None = None,
) -> Scan:
    """Scan `records`: at most ``settings.budget`` ranked, explained flags; none on a quiet night.

    Without a `model` one is fitted on the records themselves; of too few trades only rules flag any. `features`
    defaults to all, `rules` to none. Raises ModelError if the model was fitted on other features.
    """
    settings = settings or ScanSettings()
    table = evaluate(records, tuple(FEATURES.values()) if features is None else tuple(features))
    judged = suspicion(records, table, settings.confirmed)
    ruled = None if rules is None else evaluate_rules(records, rules, table)
    if model is None:
        few = judged.counted.sum() < FEWEST_TRADES
        model = (Model.without_forest if few else Model.fit)(judged, settings.forest)
    eligible = resolved(records)
    if settings.window_days is not None:
        eligible &= decided_since(records, settings.window_days)
    flags = flag_trades(records, judged, model, eligible, settings.budget, ruled)
    return Scan(records, settings, judged, model, flags, int(eligible.sum()), ruled)
