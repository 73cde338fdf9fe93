"""Indicators. A newcomer adds one function and one `Feature` in its family file; nothing else."""

from detector.features import (
    admission,
    arrival,
    bid_gaps,
    bid_ladder,
    bid_pattern,
    calendar_days,
    coincidence,
    competition,
    concentration,
    identity,
    network,
    price_level,
    process,
    repetition,
    timing,
)
from detector.features.declare import Feature

ROOMS = (
    bid_pattern,
    bid_gaps,
    bid_ladder,
    coincidence,
    price_level,
    timing,
    calendar_days,
    arrival,
    concentration,
    competition,
    network,
    repetition,
    identity,
    process,
    admission,
)

FEATURES: dict[str, Feature] = {
    feature.code: feature
    for feature in sorted((feature for room in ROOMS for feature in room.FAMILY), key=lambda f: f.code)
}
