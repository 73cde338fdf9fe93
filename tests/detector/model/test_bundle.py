"""A model packed and unpacked is the same model; anything else is refused, and says why."""

import json
from dataclasses import replace

import numpy as np
import pytest

from detector.errors import ModelError
from detector.features.bid_pattern import bid_coefficient_of_variation, bid_spread
from detector.features.evaluation import evaluate
from detector.features.price_level import price_over_estimate
from detector.model import bundle as bundles
from detector.model import forest
from detector.model.bundle import Bundle, checksum_of, pack, unpack
from detector.model.forest import ForestSettings, Model
from detector.peers import suspicion
from tests.factory import lot, records

FEATURES = {each.code: each for each in (bid_coefficient_of_variation, price_over_estimate)}
AS_OF = np.datetime64("2024-05-01T00:00:00")


CHOSEN = tuple(FEATURES.values())


def judged(features=CHOSEN, count=220, shift=0.0):
    rng = np.random.default_rng(5)
    rows = []
    for position in range(count):
        estimate = 110.0 + shift + 20.0 * rng.random()
        rows += lot(f"t{position:03}", list(100 + (5 + 20 * rng.random()) * rng.random(4)), estimate=estimate)
    built = records(*rows)
    return suspicion(built, evaluate(built, features))


@pytest.fixture(scope="module")
def seen():
    return judged()


@pytest.fixture(scope="module")
def fitted(seen):
    model = Model.fit(seen, ForestSettings(trees=30, sample=64, seed=7))
    return Bundle.of(model, seen, AS_OF, {"detector": "0", "numpy": "1"})


def again(packed, features=FEATURES):
    """Unpack what went through JSON, with a checksum that is right for whatever is in it."""
    manifest = json.loads(json.dumps(packed.manifest))
    return unpack(packed.arrays, manifest, features)


def resealed(packed, arrays=(), **manifest):
    """The packed bundle with other parts and a checksum that fits them: what a bug, not damage, would write."""
    arrays = {**packed.arrays, **dict(arrays)}
    told = {**packed.manifest, **manifest}
    del told["checksum"]
    return packed._replace(arrays=arrays, manifest={**told, "checksum": checksum_of(arrays, told)})


def test_what_comes_back_is_the_same_to_the_last_bit(seen, fitted):
    packed = pack(fitted)
    loaded = again(packed)
    np.testing.assert_array_equal(loaded.model.score(seen), fitted.model.score(seen))
    np.testing.assert_array_equal(loaded.model.reference, fitted.model.reference)
    assert loaded.model.settings == fitted.model.settings
    assert (loaded.window.as_of, loaded.window.trades) == ("2024-05-01T00:00:00", 220)
    assert loaded.made_by == {"detector": "0", "numpy": "1"}
    assert loaded.checksum == packed.manifest["checksum"]
    assert pack(loaded).manifest == packed.manifest


def test_the_test_trades_span_the_whole_scale(fitted):
    assert len(fitted.probe_scores) == bundles.PROBES
    assert fitted.probe_scores[0] == fitted.model.reference[0]
    assert fitted.probe_scores[-1] == fitted.model.reference[-1]


@pytest.mark.parametrize("name", sorted(bundles.ARRAYS))
def test_one_changed_number_anywhere_is_noticed(fitted, name):
    packed = pack(fitted)
    changed = packed.arrays[name].copy()
    changed.flat[0] += 1
    with pytest.raises(ModelError, match="checksum"):
        again(packed._replace(arrays={**packed.arrays, name: changed}))


@pytest.mark.parametrize(("name", "value"), [("quiet", 0.1), ("gain", 9.0), ("max_samples", 3)])
def test_a_changed_scale_is_noticed_too(fitted, name, value):
    packed = pack(fitted)
    with pytest.raises(ModelError, match="checksum"):
        again(packed._replace(manifest={**packed.manifest, name: value}))


def test_a_model_that_scores_differently_is_refused(fitted, monkeypatch):
    packed = pack(fitted)
    again(packed)
    monkeypatch.setattr(forest, "MIDDLE", forest.MIDDLE * 1.01)
    with pytest.raises(ModelError, match=r"other scores .* 64 test trades differ by up to"):
        again(packed)


def test_last_bits_do_not_refuse_a_model(fitted):
    packed = pack(fitted)
    near = packed.arrays["probe_scores"] + 1e-13
    again(resealed(packed, {"probe_scores": near}))


def test_changed_patterns_are_refused(fitted):
    packed = pack(fitted)
    first, *_ = packed.manifest["patterns"]
    fewer = {**packed.manifest["patterns"], first: [["B01"]]}
    with pytest.raises(ModelError, match="patterns have changed"):
        again(resealed(packed, patterns=fewer))


def test_other_features_are_refused_by_name(fitted):
    packed = pack(fitted)
    with pytest.raises(ModelError, match="new since: B02; no longer there: none"):
        again(packed, {**FEATURES, "B02": bid_spread})
    with pytest.raises(ModelError, match="no longer there: B01"):
        again(packed, {"P01": price_over_estimate})
    with pytest.raises(ModelError, match="another order"):
        again(packed, dict(reversed(FEATURES.items())))


def test_a_newer_format_asks_for_an_update(fitted):
    with pytest.raises(ModelError, match="format 3, this version reads up to 2; update"):
        again(resealed(pack(fitted), format=3))


@pytest.mark.parametrize("manifest", [None, [], {}, {"kind": "a cake"}, "detector model"])
def test_foreign_manifests_are_refused(fitted, manifest):
    with pytest.raises(ModelError, match="no model of this program"):
        unpack(pack(fitted).arrays, manifest, FEATURES)


@pytest.mark.parametrize(
    "changes",
    [{"quiet": "low"}, {"features": [1]}, {"extra": 1}, {"settings": {"trees": "many"}}, {"window": None}],
)
def test_manifests_of_another_shape_are_refused(fitted, changes):
    with pytest.raises(ModelError, match="manifest of the model cannot be read"):
        again(resealed(pack(fitted), **changes))


def test_missing_and_mistyped_arrays_are_refused(fitted):
    packed = pack(fitted)
    fewer = {name: array for name, array in packed.arrays.items() if name != "reference"}
    with pytest.raises(ModelError, match="reference"):
        again(packed._replace(arrays=fewer))
    narrow = packed.arrays["reference"].astype(np.float32)
    with pytest.raises(ModelError, match="reference is float32"):
        again(resealed(packed, {"reference": narrow}))


@pytest.mark.parametrize(
    ("name", "spoil", "words"),
    [
        ("reference", lambda a: a[::-1], "not in order"),
        ("reference", lambda a: a[1:], "219 reference scores of 220"),
        ("probe_tails", lambda a: a[:, 1:], "test trades of shape"),
        ("probe_tails", lambda a: a * 3, "outside 0 to 1"),
        ("probe_scores", lambda a: a[:0], "test trades of shape"),
        ("profile_edges", lambda a: a[:, 1:], "profiles of shape"),
        ("profile_counts", lambda a: a - 10**6, "no count"),
        ("tree_children", lambda a: a + 5, "contradict"),
    ],
)
def test_contradicting_parts_are_refused_even_with_a_fitting_checksum(fitted, name, spoil, words):
    packed = pack(fitted)
    with pytest.raises(ModelError, match=words):
        again(resealed(packed, {name: np.ascontiguousarray(spoil(packed.arrays[name]))}))


def test_an_infinite_scale_is_refused(fitted):
    endless = replace(fitted, model=replace(fitted.model, gain=float("inf")))
    packed = pack(endless)
    with pytest.raises(ModelError, match="no number"):
        unpack(packed.arrays, packed.manifest, FEATURES)


def test_the_same_trades_have_not_drifted_and_others_have(seen, fitted):
    assert {one.psi for one in fitted.drift(seen)} == {0.0}
    assert [one.name for one in fitted.drift(seen)] == ["score", "B01", "P01"]
    told = {one.name: one.moved for one in fitted.drift(judged(shift=40.0))}
    assert told["P01"]
    assert not told["B01"]
