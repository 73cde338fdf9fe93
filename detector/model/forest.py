"""The model: how strongly a trade shows declared patterns, and what an isolation forest makes of their mixture.

The score has two parts. *Evidence* is the soft maximum over the patterns (see `evidence`); it is exact and the
same for every seed. The *forest* is scikit-learn's, over the same pattern strengths, fitted on a null in which
every pattern is shuffled over the trades by itself: it isolates mixtures of patterns that chance does not bring
together, whether or not anybody declared them. It speaks in the units of the evidence and with the weight of
`ForestSettings.share`; `tests/benchmarks/QUALITY.md` tells what other weights and inputs did.

What goes in is suspicion only: never a raw screen, a contract size, a date or an identity. A feature without a
value neither accuses nor clears, and the reasons list it as not computable.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from detector.arrays import FloatArray
from detector.errors import ModelError
from detector.model.evidence import Plan, Strength, joint, plans, strengths
from detector.model.flattened import FlatForest, flatten
from detector.peers import Suspicion

# Evidence (-ln of a chance) at which the score is one half, and by how much it rises for the next step up.
MIDDLE, STEP = 6.0, 2.5
LOUD = 0.99
# A model of fewer trades is fitted where somebody asks for one, but no scan goes by it.
FEWEST_TRADES = 200


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """How the forest is fitted. `trees` × `sample` rows; `seed` fixes every random choice.

    `share` is the forest's weight beside the evidence: at 1 both span the same range over the reference.
    """

    trees: int = 300
    sample: int = 256
    seed: int = 20261123
    share: float = 0.1


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted forest, its scale, and the sorted scores of the trades it was fitted on.

    `quiet` is the forest's score of a middling reference trade; `gain` turns the distance from it into evidence.
    Without a `forest` (None) the score is the evidence alone: an account of a trade, but no ground for a flag.
    """

    codes: tuple[str, ...]
    settings: ForestSettings
    forest: FlatForest | None
    quiet: float
    gain: float
    reference: FloatArray

    @classmethod
    def fit(cls, suspicion: Suspicion, settings: ForestSettings | None = None) -> Self:
        """Fit on the trades of `suspicion` that are not confirmed. Raises ModelError if they are too few."""
        settings = settings or ForestSettings()
        plan = plans(suspicion)
        if suspicion.counted.sum() < 2 or not plan:
            raise ModelError(
                f"{suspicion.counted.sum()} trades with {len(plan)} patterns are too few to fit a forest on; load "
                f"more records, or scan with a model that was fitted before."
            )
        weighed = strengths(suspicion, plan).weighed[suspicion.counted]
        rows = inputs(weighed)
        # Half of the time it takes to start; a fitted model does without.
        from sklearn.ensemble import IsolationForest

        rng = np.random.default_rng(settings.seed)
        shuffled = np.column_stack([rng.permutation(column) for column in rows.T])
        forest = IsolationForest(
            n_estimators=settings.trees,
            max_samples=min(settings.sample, len(rows)),
            random_state=settings.seed,
        ).fit(shuffled)
        flat = flatten(forest)
        quiet, gain = _scale(flat.score(rows), joint(weighed), settings.share)
        return cls(codes_of(suspicion), settings, flat, quiet, gain, np.empty(0))._ranked(suspicion)

    @classmethod
    def without_forest(cls, suspicion: Suspicion, settings: ForestSettings | None = None) -> Self:
        """What can be said of trades that are too few to fit on: their evidence."""
        unranked = cls(codes_of(suspicion), settings or ForestSettings(), None, 0.0, 0.0, np.empty(0))
        return unranked._ranked(suspicion)

    def _ranked(self, suspicion: Suspicion) -> Self:
        """The model with the scores of the trades of `suspicion` that are not confirmed as its reference."""
        return replace(self, reference=np.sort(self.score(suspicion)[suspicion.counted]))

    def plan(self, suspicion: Suspicion) -> tuple[Plan, ...]:
        """The patterns of the model. Raises ModelError if `suspicion` is of other features."""
        if codes_of(suspicion) != self.codes:
            raise ModelError(
                f"the model was fitted on the features {' '.join(self.codes)}, the records give "
                f"{' '.join(codes_of(suspicion))}; fit a model on these features."
            )
        return plans(suspicion)

    def score(self, suspicion: Suspicion) -> FloatArray:
        """Score of each trade in (0, 1), higher = more, or stronger, patterns. ModelError on other features."""
        return score_of(self.evidence(strengths(suspicion, self.plan(suspicion))))

    def evidence(self, shown: Strength) -> FloatArray:
        """Evidence of the patterns and of the forest together; the score is `score_of` it."""
        evidence = joint(shown.weighed)
        if self.forest is None:
            return evidence
        return np.asarray(evidence + self.gain * (self.forest.score(inputs(shown.weighed)) - self.quiet))

    def percentile(self, scores: FloatArray) -> FloatArray:
        """Share of the reference trades with a lower score; NaN without any."""
        lower = np.searchsorted(self.reference, scores, side="left")
        return np.asarray(lower / (len(self.reference) or np.nan))


def score_of(evidence: FloatArray) -> FloatArray:
    """Evidence, which may be any number, as a score in (0, 1) of the same order."""
    return np.asarray(1.0 / (1.0 + np.exp((MIDDLE - evidence) / STEP)))


def codes_of(suspicion: Suspicion) -> tuple[str, ...]:
    """Codes of the features that the columns of `suspicion` stand for."""
    return tuple(feature.code for feature in suspicion.table.features)


def inputs(strength: FloatArray) -> FloatArray:
    """What the forest sees: pattern strengths [n_trades, n_patterns], C-ordered, what cannot be said as zero."""
    return np.ascontiguousarray(np.nan_to_num(strength, nan=0.0))


def _scale(isolated: FloatArray, evidence: FloatArray, share: float) -> tuple[float, float]:
    """Middle of the forest's scores, and the factor by which they span `share` of what the evidence spans."""
    low, high = _span(isolated)
    calm, loud = _span(evidence)
    return low, share * (loud - calm) / (high - low) if high > low else 0.0


def _span(values: Sequence[float] | FloatArray) -> tuple[float, float]:
    low, high = np.quantile(values, (0.5, LOUD))
    return float(low), float(high)
