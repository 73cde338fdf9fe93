"""A small model of invented tails, kept in `reference_model.npz` beside this file.

    python -m tests.detector.model.reference_model

writes it again: needed only where the format of bundles or the patterns of B01 and P01 change on purpose.
"""

from pathlib import Path

import numpy as np

from detector.features.bid_pattern import bid_coefficient_of_variation
from detector.features.evaluation import NO_REASON, FeatureTable
from detector.features.price_level import price_over_estimate
from detector.model.bundle import Bundle
from detector.model.forest import ForestSettings, Model
from detector.peer_groups import PeerGroups
from detector.peers import Suspicion
from pipelines import bundles

PATH = Path(__file__).with_suffix(".npz")
FEATURES = {each.code: each for each in (bid_coefficient_of_variation, price_over_estimate)}
TRADES = 300


def suspicion():
    """Tails and numbers of bids that no formula made, so that only libraries can change the model."""
    rng = np.random.default_rng(11)
    tails = 0.001 + 0.998 * rng.random((TRADES, len(FEATURES)))
    empty = np.zeros(tails.shape, dtype=np.int16)
    table = FeatureTable(tuple(FEATURES.values()), np.full(tails.shape, np.nan), empty, empty, (NO_REASON,))
    return Suspicion(table, tails, empty - 1, rng.integers(3, 12, TRADES), PeerGroups.nobodys(TRADES))


def bundle():
    held = suspicion()
    model = Model.fit(held, ForestSettings(trees=12, sample=64, seed=7))
    return Bundle.of(model, held, np.datetime64("2024-05-01T00:00:00"), bundles.made_by())


if __name__ == "__main__":
    bundles.save(bundle(), PATH)
