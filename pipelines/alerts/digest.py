"""Checksums of the records and the model: same checksum, same content, whatever machine or library made it."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from detector.model.forest import Model
from detector.records import Records
from detector.schema import TABLES, Column

# Texts are encoded a million rows at a time, so that the digest of a large table needs little memory.
ROWS_AT_ONCE = 1_000_000


def records_digest(records: Records) -> str:
    """Hexadecimal SHA-256 of all canonical tables, the date they are seen at and the columns the source lacks.

    Records are sorted by key, so the order of the rows in the source does not matter.
    """
    content = hashlib.sha256(f"{records.as_of}\n{sorted(records.absent)}\n".encode())
    for table in TABLES.values():
        frame: pd.DataFrame = getattr(records, table.name)
        for column in table.columns:
            content.update(f"{table.name}.{column.name} {len(frame)}\n".encode())
            for part in _parts(column, frame[column.name]):
                content.update(part)
    return content.hexdigest()


def model_digest(model: Model) -> str:
    """Hexadecimal SHA-256 of everything a model holds: features, settings, trees, reference scores."""
    content = hashlib.sha256()
    for part in _content(model):
        content.update(part)
    return content.hexdigest()


def _parts(column: Column, values: pd.Series) -> Iterator[bytes]:
    if column.type in ("money", "number", "count", "flag"):
        yield _numbers(values.to_numpy(dtype=np.float64))
    elif column.type == "instant":
        yield values.to_numpy().astype("datetime64[s]").astype("<i8").tobytes()
    else:
        for start in range(0, len(values), ROWS_AT_ONCE):
            yield from _texts(values.iloc[start : start + ROWS_AT_ONCE])


def _numbers(values: np.ndarray[Any, np.dtype[np.float64]]) -> bytes:
    # One spelling of "missing" and of zero.
    return np.where(np.isnan(values), np.nan, values + 0.0).astype("<f8").tobytes()


def _texts(values: pd.Series) -> Iterator[bytes]:
    """Which are filled, how long each is, then all of them: no text can imitate a boundary."""
    filled = values.notna().to_numpy(dtype=bool)
    texts = values.to_numpy(dtype=object)[filled].tolist()
    yield np.packbits(filled).tobytes()
    yield np.fromiter(map(len, texts), dtype="<i8", count=len(texts)).tobytes()
    yield "".join(texts).encode("utf-8", "surrogatepass")


def _content(value: Any) -> Iterator[bytes]:
    """Every part of `value`, each announced by its kind and size."""
    if isinstance(value, np.ndarray):
        yield f"array {value.dtype.kind}{value.dtype.itemsize} {value.shape}\n".encode()
        yield np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).tobytes()
    elif is_dataclass(value):
        yield f"{type(value).__name__}\n".encode()
        for field in fields(value):
            yield f"{field.name}\n".encode()
            yield from _content(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from _content([(name, value[name]) for name in sorted(value)])
    elif isinstance(value, (tuple, list)):
        yield f"sequence {len(value)}\n".encode()
        for item in value:
            yield from _content(item)
    elif value is None or isinstance(value, (str, bool, int, float)):
        yield f"{type(value).__name__} {value!r}\n".encode("utf-8", "surrogatepass")
    else:
        raise TypeError(f"no digest is defined for {type(value).__name__}")
