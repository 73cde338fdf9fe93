"""Fitting a model that nights to come are scored with."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.model.bundle import Bundle
from detector.model.forest import ForestSettings, Model
from detector.peers import suspicion
from pipelines import bundles
from pipelines.nightly import Say, read_records


@dataclass(frozen=True, slots=True)
class FitSettings:
    """What to fit on, how, and where the model goes.

    `as_of`: the records as they were known then (UTC). `confirmed`: ids of trades that it is not fitted on.
    """

    source: str
    model: Path
    as_of: datetime | None = None
    forest: ForestSettings = field(default_factory=ForestSettings)
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was written: the bundle, its checksum and the size of the file in bytes."""

    bundle: Bundle
    checksum: str
    path: Path
    size: int


def fit(settings: FitSettings, now: datetime, say: Say = lambda _: None) -> Fitted:
    """Fit a model on the records at ``settings.source`` and write it to ``settings.model``.

    Raises SourceError or SchemaError about the records, ModelError if there are too few or the file refuses.
    """
    say("reading records")
    records = read_records(settings.source, settings.as_of, now)
    say(f"fitting on {len(records):,} trades")
    judged = suspicion(records, evaluate(records, tuple(FEATURES.values())), settings.confirmed)
    model = Model.fit(judged, settings.forest)
    bundle = Bundle.of(model, judged, records.as_of, bundles.made_by())
    packed = bundles.save(bundle, settings.model)
    return Fitted(bundle, packed.manifest["checksum"], settings.model, settings.model.stat().st_size)
