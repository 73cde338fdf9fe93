"""The model that was kept fits and scores the same with the libraries that are installed, whichever they are."""

import json
import zipfile

import numpy as np
import pytest

from detector.model.bundle import ARRAYS, unpack
from tests.detector.model.reference_model import FEATURES, PATH, bundle, suspicion


@pytest.fixture(scope="module")
def kept():
    with zipfile.ZipFile(PATH) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    with np.load(PATH, allow_pickle=False) as arrays:
        return unpack({name: arrays[name] for name in ARRAYS}, manifest, FEATURES)


def test_the_kept_model_scores_as_when_it_was_fitted(kept):
    held = suspicion()
    score = np.sort(kept.model.score(held))
    np.testing.assert_allclose(score, kept.model.reference, rtol=1e-12)
    assert 0 < score[0] < score[-1] < 1


def test_scikit_learn_grows_the_same_trees_as_the_version_that_made_it(kept):
    now = bundle().model
    for name, array in kept.model.forest.trees._asdict().items():
        np.testing.assert_array_equal(getattr(now.forest.trees, name), array, err_msg=name)
    np.testing.assert_allclose(now.reference, kept.model.reference, rtol=1e-12)
    assert (now.quiet, now.gain) == pytest.approx((kept.model.quiet, kept.model.gain), rel=1e-12)
