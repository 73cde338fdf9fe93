"""Models as files: one uncompressed ``.npz`` with a JSON manifest in it, readable by numpy, never a pickle.

Everything is checked against the size of the file before memory is taken for it, so that a damaged or hostile file
costs no more than its own size.
"""

import io
import os
import struct
import zipfile
from math import prod
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

import detector
from detector.errors import ModelError
from detector.model.bundle import ARRAYS, Bundle, Packed, pack, unpack
from pipelines.alerts.runs import LIBRARIES, library_version

MANIFEST, SUFFIX = "manifest.json", ".npy"
LARGEST_MANIFEST, LARGEST_FILE = 1 << 20, 1 << 30
# The same model gives the same bytes whenever it is saved.
NO_DATE = (1980, 1, 1, 0, 0, 0)
# What zipfile, numpy and msgspec raise on bytes that are none of theirs.
UNREADABLE = (
    zipfile.BadZipFile,
    msgspec.MsgspecError,
    struct.error,
    ValueError,
    EOFError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    KeyError,
)
FETCH = "Name a file that 'detector fit' wrote, or fetch it again."


def made_by() -> dict[str, str]:
    """Versions of this program and of the libraries that the numbers of a model depend on."""
    return {"detector": detector.__version__, **{name: library_version(name) for name in LIBRARIES}}


def save(bundle: Bundle, path: Path) -> Packed:
    """Write `bundle` to `path`, whole or not at all, and return what was written. ModelError if that fails."""
    packed = pack(bundle)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as handle:
            _write(handle, packed)
            handle.flush()
            os.fsync(handle.fileno())
        unfinished.replace(path)
    except OSError as refusal:
        raise ModelError(
            f"{path}: the model cannot be written: {refusal.strerror}. Name another file."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)
    return packed


def load(path: Path) -> Bundle:
    """The bundle in `path`. ModelError, naming the file, if it is none, is damaged, or scores differently now."""
    try:
        return unpack(*_read(path))
    except OSError as refusal:
        raise ModelError(f"{path}: the model cannot be read: {refusal.strerror}. {FETCH}") from None
    except UNREADABLE as refusal:
        raise ModelError(f"{path}: this is no model, or it is damaged ({refusal}). {FETCH}") from None
    except ModelError as refusal:
        raise ModelError(f"{path}: {refusal}") from None


def _write(handle: Any, packed: Packed) -> None:
    with zipfile.ZipFile(handle, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(MANIFEST, NO_DATE), msgspec.json.encode(packed.manifest))
        for name, array in packed.arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), (1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name + SUFFIX, NO_DATE), content.getbuffer())


def _read(path: Path) -> Packed:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(f"{size:,} bytes are more than any model has")
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        if set(members) != {MANIFEST, *(name + SUFFIX for name in ARRAYS)} or len(archive.infolist()) > len(
            members
        ):
            raise ValueError("other contents than those of a model")
        if any(info.compress_type != zipfile.ZIP_STORED for info in members.values()):
            raise ValueError("its contents are compressed")
        if sum(info.file_size for info in members.values()) > size:
            raise ValueError("its contents claim to be larger than the file")
        if members[MANIFEST].file_size > LARGEST_MANIFEST:
            raise ValueError("its manifest is too large")
        manifest = msgspec.json.decode(archive.read(MANIFEST))
        return Packed({name: _array(archive.read(name + SUFFIX)) for name in ARRAYS}, manifest)


def _array(content: bytes) -> NDArray[Any]:
    """The array in the bytes of an ``.npy`` file; its header must tell its size truly."""
    source = io.BytesIO(content)
    if np.lib.format.read_magic(source) != (1, 0):
        raise ValueError("an array is of another version")
    shape, by_columns, kind = np.lib.format.read_array_header_1_0(source)
    start = source.tell()
    if kind.hasobject or by_columns or min(shape, default=0) < 0:
        raise ValueError("an array of another kind than those of a model")
    if prod(shape) * kind.itemsize != len(content) - start:
        raise ValueError("an array of another size than it claims")
    # A copy of its own: aligned, and not tied to the bytes of the file.
    return np.frombuffer(content, dtype=kind, offset=start).reshape(shape).copy()
