"""The model: scikit-learn's isolation forest over suspicion, and the score it gives.

What goes in is suspicion only: never a raw screen, a contract size, a date or an identity. A feature that has
no value for a trade enters as the median of suspicion, which is zero: it neither accuses nor clears, and the
reasons list it as not computable.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from sklearn.ensemble import IsolationForest

from detector.arrays import FloatArray
from detector.errors import ModelError
from detector.model.flattened import FlatForest, flatten
from detector.peers import Suspicion


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """How the forest is fitted. `trees` × `sample` rows; `seed` fixes every random choice."""

    trees: int = 300
    sample: int = 256
    seed: int = 20261123


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted forest and the sorted scores of the trades it was fitted on."""

    codes: tuple[str, ...]
    settings: ForestSettings
    forest: FlatForest
    reference: FloatArray

    @classmethod
    def fit(cls, suspicion: Suspicion, settings: ForestSettings | None = None) -> Self:
        """Fit on all trades of `suspicion`. Raises ModelError if there is nothing to fit on."""
        settings = settings or ForestSettings()
        rows = inputs(suspicion)
        if len(rows) < 2:
            raise ModelError(
                f"{len(rows)} trades are too few to fit a forest on; load more records, or scan with a model "
                f"that was fitted before."
            )
        forest = IsolationForest(
            n_estimators=settings.trees,
            max_samples=min(settings.sample, len(rows)),
            random_state=settings.seed,
        ).fit(rows)
        flat = flatten(forest)
        return cls(codes_of(suspicion), settings, flat, np.sort(flat.score(rows)))

    def score(self, suspicion: Suspicion) -> FloatArray:
        """Score of each trade in (0, 1), higher = suspicious in more ways. ModelError on other features."""
        if codes_of(suspicion) != self.codes:
            raise ModelError(
                f"the model was fitted on the features {' '.join(self.codes)}, the records give "
                f"{' '.join(codes_of(suspicion))}; fit a model on these features."
            )
        return self.forest.score(inputs(suspicion))

    def percentile(self, scores: FloatArray) -> FloatArray:
        """Share of the reference trades with a lower score."""
        lower = np.searchsorted(self.reference, scores, side="left")
        return lower / len(self.reference)


def codes_of(suspicion: Suspicion) -> tuple[str, ...]:
    """Codes of the features that the columns of `suspicion` stand for."""
    return tuple(feature.code for feature in suspicion.table.features)


def inputs(suspicion: Suspicion) -> FloatArray:
    """What the forest sees: suspicion [n_trades, n_features], C-ordered, no value as zero."""
    return np.ascontiguousarray(np.nan_to_num(suspicion.values, nan=0.0))
