"""A model in a file: the same bytes again, and no file, however damaged, does more than be refused."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from detector.errors import ModelError
from detector.model.bundle import Bundle
from detector.model.forest import ForestSettings
from detector.records import Records
from detector.scan import ScanSettings, scan
from detector.simulate import simulate
from pipelines import bundles
from pipelines.alerts.digest import model_digest


@pytest.fixture(scope="module")
def found():
    settings = ScanSettings(budget=5, forest=ForestSettings(trees=20, sample=64))
    return scan(Records.build(simulate(trades=300, seed=3).tables), settings=settings)


@pytest.fixture(scope="module")
def bundle(found):
    return Bundle.of(found.model, found.suspicion, found.records.as_of, bundles.made_by())


@pytest.fixture
def path(tmp_path, bundle):
    bundles.save(bundle, tmp_path / "model.npz")
    return tmp_path / "model.npz"


def rewritten(path, **replaced):
    """The archive again, with some members replaced (None: left out) or added."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members |= {name.replace("__", "."): content for name, content in replaced.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            if content is not None:
                archive.writestr(name, content)
    return path


def npy(array, **options):
    content = io.BytesIO()
    np.save(content, array, **options)
    return content.getvalue()


def test_a_loaded_model_is_the_fitted_one(found, path):
    loaded = bundles.load(path)
    assert model_digest(loaded.model) == model_digest(found.model)
    again = scan(found.records, loaded.model, found.settings)
    assert repr(again.flags) == repr(found.flags)
    assert loaded.made_by["detector"]
    assert loaded.made_by["scikit-learn"]


def test_the_same_model_is_the_same_file(bundle, path, tmp_path):
    bundles.save(bundle, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()
    bundles.save(bundles.load(path), path)
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["again.npz", "model.npz"]


def test_numpy_reads_the_arrays_and_json_the_manifest(found, path):
    with np.load(path, allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["reference"], found.model.reference)
        assert json.loads(archive["manifest.json"])["features"] == list(found.model.codes)


def test_a_model_needs_no_scikit_learn_to_be_loaded(path):
    import subprocess
    import sys

    code = (
        "import sys, pathlib; from pipelines import bundles\n"
        f"bundles.load(pathlib.Path({str(path)!r})); assert 'sklearn' not in sys.modules"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [b"", b"PK", b"not a model", b"\x93NUMPY\x01\x00", npy(np.arange(3))])
def test_foreign_files_are_refused_by_name(tmp_path, content):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"foreign\.npz: this is no model"):
        bundles.load(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(ModelError, match=r"cannot be read.*detector fit"):
            bundles.load(path)


def test_where_nothing_can_be_written_nothing_is_left(tmp_path, bundle):
    with pytest.raises(ModelError, match="cannot be written"):
        bundles.save(bundle, tmp_path / "nowhere" / "model.npz")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelError, match="cannot be written"):
        bundles.save(bundle, tmp_path / "folder")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_every_truncation_and_any_flipped_byte_is_refused(path):
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for length in (*range(0, 200, 20), *rng.integers(0, len(whole), 30).tolist()):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            bundles.load(path)
    refused = 0
    for place in rng.integers(0, len(whole), 80).tolist():
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            bundles.load(path)
        except ModelError:
            refused += 1
    # What is left are bytes that mean nothing, such as those of a date in the archive.
    assert refused >= 78


def test_compressed_contents_are_refused_before_they_unfold(path):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match="compressed"):
        bundles.load(path)


@pytest.mark.parametrize(
    ("replaced", "words"),
    [
        ({"reference__npy": npy(np.array([{"a": 1}], dtype=object), allow_pickle=True)}, "another kind"),
        ({"reference__npy": npy(np.zeros(9))[:-8]}, "another size"),
        ({"reference__npy": npy(np.zeros(9)).replace(b"(9,)", b"(9000000000000,)")}, "damaged"),
        ({"tree_children__npy": npy(np.asfortranarray(np.ones((3, 2))))}, "another kind"),
        ({"reference__npy": b"\x93NUMPY\x07\x00"}, "damaged|version"),
        ({"reference__npy": None}, "other contents"),
        ({"extra__npy": b""}, "other contents"),
        ({"manifest__json": b"{"}, "no model"),
        ({"manifest__json": b"[" * 100_000}, "no model"),
        ({"manifest__json": b" " * (2 << 20)}, "manifest is too large"),
        ({"manifest__json": b'{"kind": "cake"}'}, "kind is 'cake'"),
    ],
)
def test_hostile_contents_are_refused(path, replaced, words):
    with pytest.raises(ModelError, match=words):
        bundles.load(rewritten(path, **replaced))


def test_a_file_larger_than_any_model_is_not_read(path, monkeypatch):
    monkeypatch.setattr(bundles, "LARGEST_FILE", 10)
    with pytest.raises(ModelError, match="more than any model"):
        bundles.load(path)
