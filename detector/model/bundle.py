"""A bundle: a fitted model as arrays and a manifest, with all it takes to trust it again on another machine.

Nothing in it is code. What a file says is checked before it is believed: the format, the checksum, the shape of
every array and tree, the features and patterns of this version. Then the model scores the trades it brought along
for the purpose; a score that differs from the one it had when it was fitted refuses the whole bundle, because
flags must not move by themselves when a library or a formula changes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from detector.arrays import FloatArray, IntArray
from detector.drift import BINS, Drift, Profile, drift, profile_of
from detector.errors import ModelError
from detector.features import FEATURES
from detector.features.declare import Feature
from detector.features.evaluation import NO_REASON, FeatureTable
from detector.kernels.trees import Trees
from detector.model.evidence import plans
from detector.model.flattened import ARRAY_TYPES, FlatForest
from detector.model.forest import ForestSettings, Model
from detector.peer_groups import PeerGroups
from detector.peers import Suspicion

KIND, FORMAT = "detector model", 2
# Trades that a bundle brings along to be scored when it is loaded.
PROBES = 64
# Libraries differ in the last bits of logarithms; a score is a number from 0 to 1.
TOLERANCE = 1e-9
TREE = "tree_"
ARRAYS: Mapping[str, tuple[type[Any], int]] = {
    **{TREE + name: (kind, 2 if name == "children" else 1) for name, kind in ARRAY_TYPES.items()},
    "reference": (np.float64, 1),
    "probe_tails": (np.float64, 2),
    "probe_bids": (np.int64, 1),
    "probe_scores": (np.float64, 1),
    "profile_edges": (np.float64, 2),
    "profile_counts": (np.int64, 2),
}

Arrays = Mapping[str, NDArray[Any]]
Patterns = Mapping[str, tuple[tuple[str, ...], ...]]
AGAIN = "Fit the model again with 'detector fit', or fetch the file again."


class Window(msgspec.Struct, frozen=True):
    """What a model was fitted on: `trades` trades as they were known at `as_of` (UTC)."""

    as_of: str
    trades: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of a bundle that is no array."""

    kind: str
    format: int
    features: tuple[str, ...]
    patterns: dict[str, tuple[tuple[str, ...], ...]]
    settings: ForestSettings
    max_samples: int
    quiet: float
    gain: float
    window: Window
    made_by: dict[str, str]
    checksum: str


class Packed(NamedTuple):
    """A bundle as plain arrays and a manifest that JSON can hold."""

    arrays: dict[str, NDArray[Any]]
    manifest: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model, what it was fitted on, and the trades it is tested with.

    `patterns`: name -> aspects -> feature codes. `made_by`: versions of code and libraries. `profile` is of the
    score and of the value of every feature. `checksum` is empty until it was unpacked.
    """

    model: Model
    patterns: Patterns
    window: Window
    made_by: Mapping[str, str]
    probe_tails: FloatArray
    probe_bids: IntArray
    probe_scores: FloatArray
    profile: Profile
    checksum: str = ""

    @classmethod
    def of(cls, model: Model, suspicion: Suspicion, as_of: np.datetime64, made_by: Mapping[str, str]) -> Self:
        """The bundle of a `model` that was fitted on `suspicion`, as known at `as_of`."""
        scores = model.score(suspicion)
        # From the lowest to the highest score, so that every part of the scale is tested.
        places = np.unique(np.linspace(0, len(scores) - 1, min(PROBES, len(scores))).astype(np.int64))
        rows = np.argsort(scores, kind="stable")[places]
        return cls(
            model=model,
            patterns=patterns_of(suspicion),
            window=Window(str(as_of), len(model.reference)),
            made_by=dict(made_by),
            probe_tails=np.ascontiguousarray(suspicion.tail[rows]),
            probe_bids=suspicion.bids[rows],
            probe_scores=scores[rows],
            profile=profile_of(_watched(suspicion, scores)),
        )

    def drift(self, suspicion: Suspicion) -> tuple[Drift, ...]:
        """How far scores and features of `suspicion` lie from what the model was fitted on, score first."""
        columns = _watched(suspicion, self.model.score(suspicion))
        return drift(self.profile, columns, ("score", *self.model.codes))


def pack(bundle: Bundle) -> Packed:
    """The arrays and the manifest of `bundle`, checksum included. ModelError if it has no forest."""
    model = bundle.model
    if model.forest is None:
        raise ModelError("a model without a forest cannot be kept: fit it on more trades.")
    arrays: dict[str, NDArray[Any]] = {
        **{TREE + name: array for name, array in model.forest.trees._asdict().items()},
        "reference": model.reference,
        "probe_tails": bundle.probe_tails,
        "probe_bids": bundle.probe_bids,
        "probe_scores": bundle.probe_scores,
        "profile_edges": bundle.profile.edges,
        "profile_counts": bundle.profile.counts,
    }
    manifest: dict[str, Any] = {
        "kind": KIND,
        "format": FORMAT,
        "features": list(model.codes),
        "patterns": {name: [list(aspect) for aspect in held] for name, held in bundle.patterns.items()},
        "settings": asdict(model.settings),
        "max_samples": model.forest.max_samples,
        "quiet": model.quiet,
        "gain": model.gain,
        "window": {"as_of": bundle.window.as_of, "trades": bundle.window.trades},
        "made_by": dict(bundle.made_by),
    }
    return Packed(arrays, {**manifest, "checksum": checksum_of(arrays, manifest)})


def unpack(arrays: Arrays, manifest: object, features: Mapping[str, Feature] = FEATURES) -> Bundle:
    """The bundle that was packed. `features` are those of this version, by code, in their order.

    Raises ModelError, saying what was found and what to do, on anything else: another kind of file, a newer
    format, damage, other features or patterns, or a model that no longer gives the scores it gave.
    """
    told = _manifest(manifest)
    _check_arrays(arrays)
    content = msgspec.to_builtins(told)
    del content["checksum"]
    if checksum_of(arrays, content) != told.checksum:
        raise ModelError(f"the model does not match its checksum: it is damaged or was altered. {AGAIN}")
    chosen = _features(told.features, features)
    bundle = Bundle(
        model=_model(arrays, told),
        patterns=told.patterns,
        window=told.window,
        made_by=told.made_by,
        probe_tails=arrays["probe_tails"],
        probe_bids=arrays["probe_bids"],
        probe_scores=arrays["probe_scores"],
        profile=Profile(arrays["profile_edges"], arrays["profile_counts"]),
        checksum=told.checksum,
    )
    _check_content(bundle)
    _check_scores(bundle, chosen)
    return bundle


def checksum_of(arrays: Arrays, manifest: Mapping[str, Any]) -> str:
    """Hexadecimal SHA-256 of all arrays, with their names, types and shapes, and of the manifest."""
    content = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        content.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def patterns_of(suspicion: Suspicion) -> Patterns:
    """What the patterns of this version are, over the features of `suspicion`: name -> aspects -> codes."""
    codes = [feature.code for feature in suspicion.table.features]
    return {
        plan.pattern.name: tuple(tuple(codes[column] for column in aspect) for aspect in plan.columns)
        for plan in plans(suspicion)
    }


def _watched(suspicion: Suspicion, scores: FloatArray) -> FloatArray:
    return np.column_stack([scores, suspicion.table.values])


def _manifest(manifest: object) -> Manifest:
    kind = manifest.get("kind") if isinstance(manifest, Mapping) else None
    if not isinstance(manifest, Mapping) or kind != KIND:
        raise ModelError(f"this is no model of this program: its kind is {kind!r}, expected {KIND!r}.")
    written = manifest.get("format")
    if isinstance(written, int) and written > FORMAT:
        raise ModelError(
            f"the model has format {written}, this version reads up to {FORMAT}; update this program."
        )
    try:
        return msgspec.convert(manifest, Manifest)
    except (msgspec.ValidationError, RecursionError) as refusal:
        raise ModelError(f"the manifest of the model cannot be read: {refusal}. {AGAIN}") from None


def _check_arrays(arrays: Arrays) -> None:
    if set(arrays) != set(ARRAYS):
        names = ", ".join(sorted(set(arrays) ^ set(ARRAYS)))
        raise ModelError(f"the model lacks arrays, or has too many: {names}. {AGAIN}")
    for name, (kind, dimensions) in ARRAYS.items():
        array = arrays[name]
        if array.dtype != kind or array.ndim != dimensions:
            raise ModelError(
                f"array {name} is {array.dtype} with {array.ndim} dimensions, expected {np.dtype(kind)} with "
                f"{dimensions}. {AGAIN}"
            )


def _features(codes: tuple[str, ...], features: Mapping[str, Feature]) -> tuple[Feature, ...]:
    if codes == tuple(features):
        return tuple(features.values())
    added = " ".join(code for code in features if code not in codes) or "none"
    gone = " ".join(code for code in codes if code not in features) or "none"
    raise ModelError(
        f"the model was fitted on other features, or in another order; new since: {added}; no longer there: "
        f"{gone}. Fit the model again with 'detector fit'."
    )


def _model(arrays: Arrays, told: Manifest) -> Model:
    trees = Trees(**{name: np.ascontiguousarray(arrays[TREE + name]) for name in ARRAY_TYPES})
    forest = FlatForest(trees, told.max_samples, len(told.patterns))
    return Model(told.features, told.settings, forest, told.quiet, told.gain, arrays["reference"])


def _check_content(bundle: Bundle) -> None:
    wrong = _first_fault(bundle)
    if wrong:
        raise ModelError(f"the parts of the model contradict each other: {wrong}. {AGAIN}")


def _first_fault(bundle: Bundle) -> str:
    model, profile = bundle.model, bundle.profile
    columns = len(model.codes)
    reference, scores, tails = model.reference, bundle.probe_scores, bundle.probe_tails
    if not (np.isfinite(model.quiet) and np.isfinite(model.gain)):
        return "its scale is no number"
    if len(reference) != bundle.window.trades or not len(reference):
        return f"{len(reference)} reference scores of {bundle.window.trades} trades"
    if not np.isfinite(reference).all() or (np.diff(reference) < 0).any():
        return "the reference scores are not in order"
    if tails.shape != (len(scores), columns) or not len(scores):
        return f"test trades of shape {tails.shape} with {len(scores)} scores"
    if bundle.probe_bids.shape != scores.shape or (bundle.probe_bids < 0).any():
        return "numbers of bids that are no number of bids"
    if ((tails <= 0) | (tails >= 1)).any():
        return "a tail of a test trade is outside 0 to 1"
    if profile.edges.shape != (columns + 1, BINS - 1) or profile.counts.shape != (columns + 1, BINS + 1):
        return f"profiles of shape {profile.edges.shape} and {profile.counts.shape}"
    if np.isnan(profile.edges).any() or (profile.counts < 0).any():
        return "a profile is no count over ordered bins"
    return ""


def _check_scores(bundle: Bundle, features: tuple[Feature, ...]) -> None:
    """Score the test trades again. ModelError if patterns or scores are others than when the model was fitted."""
    tails = bundle.probe_tails
    empty = np.zeros(tails.shape, dtype=np.int16)
    table = FeatureTable(features, np.full(tails.shape, np.nan), empty, empty, (NO_REASON,))
    probes = Suspicion(table, tails, empty - 1, bundle.probe_bids, PeerGroups.nobodys(len(tails)))
    made = bundle.made_by.get("detector", "unknown")
    if patterns_of(probes) != bundle.patterns:
        raise ModelError(
            f"the patterns have changed since the model was fitted (detector {made}). "
            "Fit the model again with 'detector fit'."
        )
    distance = float(np.abs(bundle.model.score(probes) - bundle.probe_scores).max())
    if not distance <= TOLERANCE:
        raise ModelError(
            f"the model gives other scores than when it was fitted (detector {made}): {len(tails)} test trades "
            f"differ by up to {distance:.2g}. Its flags would move without a reason; fit it again: 'detector fit'."
        )
