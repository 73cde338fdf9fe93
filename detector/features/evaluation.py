"""Features of all trades, three-valued: a value, *not applicable* or *not computable*, always with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, CodeArray, FloatArray
from detector.features.declare import Feature, Phrase
from detector.features.needs import NEEDS
from detector.records import Records


class Answer(IntEnum):
    """The three answers a feature can give about a trade."""

    VALUE = 0
    NOT_APPLICABLE = 1
    NOT_COMPUTABLE = 2


NO_REASON = Phrase("", "")


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Values and answers, both [n_trades, n_features]; `reason` indexes `reasons`, 0 for a value.

    A value is NaN exactly where the answer is not VALUE.
    """

    features: tuple[Feature, ...]
    values: FloatArray
    answers: CodeArray
    reason: CodeArray
    reasons: tuple[Phrase, ...]

    def coverage(self) -> pd.DataFrame:
        """For each feature: trades with a value, not applicable, not computable, and of how many."""
        counts = {answer.name.lower(): (self.answers == answer).sum(axis=0) for answer in Answer}
        codes = [feature.code for feature in self.features]
        names = [feature.name for feature in self.features]
        return pd.DataFrame({"code": codes, "name": names, **counts, "trades": len(self.values)})

    def why_not(self, trade: int, column: int) -> Phrase:
        """Why feature `column` has no value for `trade`; empty words where it has one."""
        return self.reasons[int(self.reason[trade, column])]


def evaluate(records: Records, features: Sequence[Feature]) -> FeatureTable:
    """Evaluate `features` on every trade."""
    shape = (len(records), len(features))
    values = np.full(shape, np.nan, order="F")
    answers = np.zeros(shape, dtype=np.int16, order="F")
    reason = np.zeros(shape, dtype=np.int16, order="F")
    reasons: dict[Phrase, int] = {NO_REASON: 0}
    met = {need: NEEDS[need](records) for feature in features for need in feature.needs}
    for column, feature in enumerate(features):
        result = feature.function(records)
        for rows, answer, phrase in _refusals(records, feature, met, result):
            open_rows = rows & (answers[:, column] == Answer.VALUE)
            answers[open_rows, column] = answer
            reason[open_rows, column] = reasons.setdefault(phrase, len(reasons))
        said = answers[:, column] == Answer.VALUE
        values[said, column] = result[said]
    return FeatureTable(tuple(features), values, answers, reason, tuple(reasons))


def _refusals(
    records: Records, feature: Feature, met: dict[str, BoolArray], result: FloatArray
) -> list[tuple[BoolArray, Answer, Phrase]]:
    """Why trades have no value, most fundamental reason first."""
    refusals = [(~guard.holds(records), Answer.NOT_APPLICABLE, guard.otherwise) for guard in feature.guards]
    if feature.minimum:
        refusals.append(
            (records.bidder_counts < feature.minimum, Answer.NOT_APPLICABLE, _fewer(feature.minimum))
        )
    refusals += [(~met[need], Answer.NOT_COMPUTABLE, missing(need, records)) for need in feature.needs]
    refusals.append((~np.isfinite(result), Answer.NOT_APPLICABLE, feature.silent))
    return refusals


def _fewer(minimum: int) -> Phrase:
    return Phrase(f"fewer than {minimum} effective bids", f"有效投标少于{minimum}家")


def missing(need: str, records: Records) -> Phrase:
    """Words for a need that is not met: the whole column, or the cell."""
    if need in records.absent:
        return Phrase(f"column {need} is not in the source", f"数据源没有字段 {need}")
    return Phrase(f"{need} is missing", f"{need} 缺失")
