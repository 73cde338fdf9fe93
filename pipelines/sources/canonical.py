"""From what a driver hands out to canonical Arrow columns, and what had to be set aside on the way.

The rules are those of `detector.reading` and `detector.contract`; here they are applied to a column at a
time, and
to each different text once. Rows are not compared with each other: that a key is there twice can only be
told when
all rows are together.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from detector.arrays import BoolArray
from detector.contract import ROW, VALUE, problems_at
from detector.reading import TEXT_DTYPE, encodable, expectation, read
from detector.schema import ID_LENGTH, TEXT_LENGTH, Column, Table
from pipelines.snapshot.shapes import ASIDE_SCHEMA, TYPES, anchor_of, arrow_schema

# Columns of a batch as they came: Arrow from a columnar transport, Python objects from a cursor.
Raw = Mapping[str, "pa.Array | np.ndarray[Any, Any]"]
TEXTS = ("id", "text", "code")
NUMBERS = (float, int, Decimal)
NUMERAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
# Begins and ends with a letter, number or sign, and holds no NUL.
CLEAN = r"(?s)^[\p{L}\p{N}\p{P}\p{S}]([^\x00]*[\p{L}\p{N}\p{P}\p{S}])?$"


class Canonical(NamedTuple):
    """Rows in canonical types, what was set aside of them, and whether every anchor is spelled as it came."""

    rows: pa.Table
    aside: pa.Table
    regular: bool


class Reader:
    """Reads batches of one canonical table. `zone`: of instants without an offset; `key`: for columns to
    be hashed.
    """

    def __init__(
        self, table: Table, zone: str | None = None, hashed: tuple[str, ...] = (), key: bytes | None = None
    ) -> None:
        self._table, self._anchor = table, anchor_of(table)
        self._zone, self._hashed, self._key = zone, hashed, key

    def read(self, raw: Raw) -> Canonical:
        """The rows of `raw` (canonical names; columns may be missing) that have their keys."""
        size = len(next(iter(raw.values()))) if raw else 0
        columns: list[pa.Array] = []
        lost_by: dict[str, BoolArray] = {}
        unkeyed = np.zeros(size, dtype=bool)
        regular = True
        for column in self._table.columns:
            if column.name not in raw:
                columns.append(pa.nulls(size, TYPES[column.type]))
                continue
            values, lost, kept = self._column(column, raw[column.name])
            columns.append(values)
            if lost.any():
                lost_by[column.name] = lost
            if not column.nullable and values.null_count:
                unkeyed |= np.asarray(values.is_null().to_numpy(zero_copy_only=False), dtype=bool)
            if column.name == self._anchor:
                regular = kept
        rows = pa.Table.from_arrays(columns, schema=arrow_schema(self._table))
        odd = bool(lost_by) or unkeyed.any()
        aside = self._aside(raw, rows, lost_by, unkeyed) if odd else ASIDE_SCHEMA.empty_table()
        if unkeyed.any():
            rows = rows.filter(pa.array(~unkeyed))
        return Canonical(rows, aside, regular)

    def _column(self, column: Column, raw: Any) -> tuple[pa.Array, BoolArray, bool]:
        """Canonical values, where one was lost, and whether all are spelled as they came."""
        kind = TYPES[column.type]
        if isinstance(raw, pa.Array) and raw.null_count == len(raw):
            return pa.nulls(len(raw), kind), np.zeros(len(raw), dtype=bool), True
        if column.name in self._hashed:
            raw = self._hash(raw)
        if column.type in TEXTS:
            return _texts(column, raw)
        series = self._series(column, raw)
        values, lost = read(column, series)
        if column.type == "instant":
            return pc.cast(pa.array(values.to_numpy().astype("datetime64[s]")), kind), lost, True
        return pc.cast(pa.array(values.to_numpy(), from_pandas=True), kind), lost, True

    def _series(self, column: Column, raw: Any) -> pd.Series:
        if column.type == "instant":
            return _in_utc(_moments(raw), self._zone)
        if isinstance(raw, pa.Array):
            if pa.types.is_decimal(raw.type):
                raw = pc.cast(raw, pa.float64())
            elif isinstance(raw, pa.ExtensionArray):
                raw = raw.storage
            return pd.Series(raw.to_pandas())
        return _numbers(raw)

    def _hash(self, raw: Any) -> Any:
        """Values as keyed hashes: equal values stay equal, and nobody without the key can try names out."""
        if self._key is None:
            raise AssertionError("a mapping with hashes is refused without a key")
        encoded = pc.dictionary_encode(_as_arrow(raw))
        words = [str(value).strip().encode() for value in encoded.dictionary.to_pylist()]
        made = [
            hmac.new(self._key, word, hashlib.sha256).hexdigest()[:32] if word else None for word in words
        ]
        return pa.array(made, pa.string()).take(encoded.indices)

    def _aside(self, raw: Raw, rows: pa.Table, lost: Mapping[str, BoolArray], unkeyed: BoolArray) -> pa.Table:
        """What is wrong with the rows that lost a value or lack a key, by the anchor of each row."""
        odd = np.flatnonzero(np.logical_or.reduce([unkeyed, *lost.values()]))
        found = rows.take(pa.array(odd)).to_pandas()
        anchors = np.array(
            ["" if pd.isna(anchor) else anchor for anchor in found[self._anchor]], dtype=object
        )
        for name, where in lost.items():
            # The value as it came, for the message.
            cells = found[name].astype(object).to_numpy(copy=True)
            places = np.flatnonzero(where[odd])
            for place, value in zip(places, _objects(raw[name], odd[places]), strict=True):
                cells[place] = value
            found[name] = pd.Series(cells, index=found.index, dtype=object)
        told: list[tuple[str, ...]] = []
        seen = np.zeros(len(odd), dtype=bool)
        for column in self._table.columns:
            if column.nullable:
                broken, finding = lost.get(column.name), (column.name, expectation(column), VALUE)
                broken = None if broken is None else broken[odd]
            else:
                empty = rows.column(column.name).take(pa.array(odd)).is_null().to_numpy()
                broken, finding = empty & ~seen, (column.name, f"required: {expectation(column)}", ROW)
                seen |= broken
            if broken is not None:
                problems = problems_at(self._table, found, broken, finding, "")
                told += [(a, *p[2:]) for a, p in zip(anchors[broken], problems, strict=True)]
        cells = zip(*told, strict=True) if told else [()] * len(ASIDE_SCHEMA)
        return pa.Table.from_arrays([pa.array(cell, pa.string()) for cell in cells], schema=ASIDE_SCHEMA)


def _texts(column: Column, raw: Any) -> tuple[pa.Array, BoolArray, bool]:
    """Texts, codes and identifiers: each different one is read once."""
    if not isinstance(raw, pa.Array) and not _plain_texts(raw):
        values, lost = read(column, pd.Series(raw, dtype=object))
        same = all(own == str(one) for own, one in zip(values, raw, strict=True) if isinstance(own, str))
        return pa.array(values.astype(object), pa.string(), from_pandas=True), lost, same and not lost.any()
    encoded = pc.dictionary_encode(_as_arrow(raw))
    found = encoded.dictionary
    if _clean(column, found):
        whole = _as_arrow(raw)
        return whole, np.zeros(len(whole), dtype=bool), True
    series = pd.Series(found.to_pandas(), dtype=TEXT_DTYPE if pa.types.is_string(found.type) else None)
    values, lost = read(column, series)
    cleaned = pa.array(values.astype(object), pa.string(), from_pandas=True)
    spelled = pc.cast(found, pa.string())
    same = bool(pc.all(pc.fill_null(pc.equal(cleaned, spelled), False), min_count=0).as_py())
    where = np.zeros(len(encoded), dtype=bool)
    if lost.any():
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        where = np.where(codes >= 0, lost[codes], False)
    return cleaned.take(encoded.indices), where, same


def _clean(column: Column, texts: pa.Array) -> bool:
    """Whether texts are certainly what the contract makes of them, so that none has to be looked at by
    itself.
    """
    if not pa.types.is_string(texts.type):
        return False
    if column.choices:
        return bool(pc.all(pc.is_in(texts, pa.array(column.choices)), min_count=0).as_py())
    longest = pc.max(pc.utf8_length(texts)).as_py() or 0
    if longest > (TEXT_LENGTH if column.type == "text" else ID_LENGTH):
        return False
    return bool(pc.all(pc.match_substring_regex(texts, CLEAN), min_count=0).as_py())


def _plain_texts(raw: "np.ndarray[Any, Any]") -> bool:
    """Whether a cursor handed out texts alone, such as Arrow can hold."""
    if not {type(value) for value in raw} <= {str, type(None)}:
        return False
    return all(value is None or value.isascii() or encodable(value) for value in raw)


def _as_arrow(raw: Any) -> pa.Array:
    if isinstance(raw, pa.ExtensionArray):
        return raw.storage
    if isinstance(raw, pa.Array):
        return pc.cast(raw, pa.string()) if pa.types.is_large_string(raw.type) else raw
    made = pa.array(raw, from_pandas=True)
    return pc.cast(made, pa.string()) if pa.types.is_large_string(made.type) else made


def _objects(values: Any, at: Any) -> list[Any]:
    if isinstance(values, pa.Array):
        taken = values.storage if isinstance(values, pa.ExtensionArray) else values
        return list(taken.take(pa.array(at)).to_pylist())
    return [values[place] for place in at]


def _numbers(raw: "np.ndarray[Any, Any]") -> pd.Series:
    """Numbers of a cursor as float64 where all are; as they came where one is not."""
    plain = [np.nan if value is None else value for value in raw]
    if all(type(value) in NUMBERS or (type(value) is str and NUMERAL.fullmatch(value)) for value in plain):
        with suppress(OverflowError, ValueError):
            return pd.Series(np.array([float(value) for value in plain]))
    return pd.Series(raw, dtype=object)


def _moments(raw: Any) -> pd.Series:
    if isinstance(raw, pa.Array):
        taken = raw.storage if isinstance(raw, pa.ExtensionArray) else raw
        if pa.types.is_date(taken.type):
            taken = pc.cast(taken, pa.timestamp("s"))
        return pd.Series(taken.to_pandas())
    return pd.Series(raw, dtype=object)


def _in_utc(moments: pd.Series, zone: str | None) -> pd.Series:
    """Instants without an offset are told in `zone`; UTC where none is given."""
    if zone is None:
        return moments
    if moments.dtype == object or pd.api.types.is_string_dtype(moments.dtype):
        return moments.astype(object).map(lambda value: _zoned(value, zone), na_action="ignore")
    if isinstance(moments.dtype, pd.DatetimeTZDtype) or not pd.api.types.is_datetime64_dtype(moments.dtype):
        return moments
    local = moments.dt.tz_localize(ZoneInfo(zone), ambiguous=True, nonexistent="shift_forward")
    naive: pd.Series = local.dt.tz_convert("UTC").dt.tz_localize(None)
    return naive


def _zoned(value: Any, zone: str) -> Any:
    if isinstance(value, str):
        try:
            value = pd.Timestamp(value.strip()) if value.strip()[:4].isdigit() else value
        except ValueError:
            return value
    if isinstance(value, str) or not hasattr(value, "tzinfo"):
        return value
    return value if value.tzinfo else pd.Timestamp(value).replace(tzinfo=ZoneInfo(zone))
