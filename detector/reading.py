"""Reading one column: canonical values of whatever a file or a driver hands out, and what could not be read.

Strict on purpose: a number is no date, True is no amount of money, and "now" is no instant. A blank text is
an empty value, not a wrong one.
"""

import datetime as dt
import re
from decimal import Decimal
from numbers import Integral, Real

import numpy as np
import pandas as pd

from detector.arrays import BoolArray
from detector.schema import ID_LENGTH, MONEY_DECIMALS, MONEY_DIGITS, TEXT_LENGTH, Column

# str in pandas 3, object before.
TEXT_DTYPE = pd.Series(["text"]).dtype
LARGEST_COUNT = 2**31 - 1
# What the SQL tables hold; above it float64 cannot tell single units apart either.
LARGEST_MONEY = 10.0 ** (MONEY_DIGITS - MONEY_DECIMALS)
# From here on float64 skips whole numbers: two identifiers could have become one.
EXACT_FLOAT = 2.0**53
# A whole date of a year that every version of pandas can hold a shifted instant of.
DATE = re.compile(r"[12]\d{3}-?\d\d-?\d\d")
ZONE = re.compile(r"[T ].*(Z|[+-]\d\d(:?\d\d)?)$")


def read(column: Column, raw: pd.Series) -> tuple[pd.Series, BoolArray]:
    """Canonical values of `column`, and where a value was given that could not be read.

    Instants come as datetime64[s] in UTC, numbers, counts, flags and money as float64, everything else as
    text. Values without a zone are UTC. Texts longer than a text column are shortened.
    """
    if isinstance(raw.dtype, pd.CategoricalDtype):
        raw = raw.astype(object)
    if column.type == "instant":
        values = _instants(raw)
    elif column.type in ("money", "number", "count", "flag"):
        values = _bounded(column, _numbers(raw, booleans=column.type == "flag"))
    else:
        values = _texts(column, raw)
    lost = raw.notna().to_numpy(dtype=bool) & values.isna().to_numpy(dtype=bool)
    if lost.any() and not pd.api.types.is_numeric_dtype(raw.dtype):
        rows = np.flatnonzero(lost)
        lost[rows] = [
            not (isinstance(value, str) and _blank(value)) for value in raw.iloc[rows].astype(object)
        ]
    return values, lost


def empty(column: Column, rows: int) -> pd.Series:
    """A column of canonical type that holds nothing, for one that a source does not have."""
    if column.type == "instant":
        return pd.Series(np.full(rows, np.datetime64("NaT", "s")))
    if column.type in ("money", "number", "count", "flag"):
        return pd.Series(np.full(rows, np.nan))
    return pd.Series(np.full(rows, None, dtype=object), dtype=TEXT_DTYPE)


def expectation(column: Column) -> str:
    """What a column takes, as a message says it."""
    expected = {
        "money": "an amount of money, zero or more",
        "number": "a number",
        "count": "a whole number",
        "flag": "0 or 1",
        "instant": "a date and time (ISO 8601)",
        "id": f"at most {ID_LENGTH} characters",
        "text": "text",
        "code": "one of " + ", ".join(column.choices),
    }[column.type]
    return f"expected {expected}"


def _bounded(column: Column, values: pd.Series) -> pd.Series:
    if column.type == "money":
        return values.where((values >= 0) & (values < LARGEST_MONEY))
    if column.type == "count":
        return values.where((values == np.floor(values)) & (values.abs() <= LARGEST_COUNT))
    if column.type == "flag":
        return values.where(values.isin((0.0, 1.0)))
    return values


def _numbers(raw: pd.Series, *, booleans: bool) -> pd.Series:
    if raw.dtype == np.float64:
        numbers = raw
    elif pd.api.types.is_bool_dtype(raw.dtype) and raw.dtype != object:
        empty = pd.Series(np.nan, index=raw.index)
        numbers = raw.astype("boolean").astype("Float64") if booleans else empty
    elif _is_text(raw):
        numbers = pd.to_numeric(raw, errors="coerce")
    elif pd.api.types.is_numeric_dtype(raw.dtype) and raw.dtype.kind != "c":
        numbers = raw
    else:
        # No map: of nothing but missing instants it makes instants, the smallest whole number each.
        pairs = zip(raw.astype(object), raw.notna(), strict=True)
        plain = [_number(value, booleans) if there else None for value, there in pairs]
        numbers = pd.to_numeric(pd.Series(plain, index=raw.index, dtype=object), errors="coerce")
    numbers = pd.Series(numbers.to_numpy(dtype=np.float64, na_value=np.nan), index=raw.index)
    return numbers.where(np.isfinite(numbers))


def _number(value: object, booleans: bool) -> object:
    """A single value of a mixed column: texts are left to pandas, which is stricter than Python."""
    if isinstance(value, str) or (isinstance(value, (bool, np.bool_)) and booleans):
        return value
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, Decimal)):
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None


def _instants(raw: pd.Series) -> pd.Series:
    if isinstance(raw.dtype, pd.DatetimeTZDtype):
        raw = raw.dt.tz_convert("UTC").dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(raw.dtype):
        return raw.astype("datetime64[s]")
    if pd.api.types.is_numeric_dtype(raw.dtype) or len(raw) == 0 or not raw.notna().any():
        return pd.Series(np.full(len(raw), np.datetime64("NaT", "s")), index=raw.index)
    texts = raw.astype(object).map(_written, na_action="ignore")
    zoned = texts.map(lambda text: ZONE.search(text) is not None, na_action="ignore").eq(True)
    # Apart: in pandas 2.2 a text without a zone takes that of the text before it.
    parsed = _utc(texts.where(~zoned, None)).where(~zoned, _utc(texts.where(zoned, None)))
    return parsed.astype("datetime64[s]")


def _utc(texts: pd.Series) -> pd.Series:
    parsed = pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601")
    naive: pd.Series = parsed.dt.tz_localize(None).astype("datetime64[s]")
    return naive


def _written(value: object) -> str | None:
    """An instant as ISO 8601, None where it is none: pandas would read numbers, and "now" by the clock."""
    if isinstance(value, np.datetime64):
        value = str(value)
    elif isinstance(value, dt.date):
        value = value.isoformat()
    if not isinstance(value, str):
        return None
    value = value.strip()
    return value if DATE.match(value) else None


def _texts(column: Column, raw: pd.Series) -> pd.Series:
    values = raw
    if not _is_text(raw):
        values = raw.astype(object).map(_as_text, na_action="ignore")
    codes, different = pd.factorize(values)
    found = np.asarray(different, dtype=object)
    cleaned = np.array([*(_clean(column, text) for text in found), None], dtype=object)
    if (
        isinstance(TEXT_DTYPE, pd.StringDtype)
        and values.dtype == TEXT_DTYPE
        and (cleaned[:-1] == found).all()
    ):
        return values
    return pd.Series(cleaned[codes], index=raw.index, dtype=TEXT_DTYPE)


def _is_text(raw: pd.Series) -> bool:
    """Whether every value is a Python string: looked up once per different text then, else one by one."""
    if raw.dtype == object:
        return pd.api.types.infer_dtype(raw, skipna=True) in ("string", "empty")
    return pd.api.types.is_string_dtype(raw.dtype)


def _as_text(value: object) -> str | None:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return None
    # A column of whole numbers with a gap in it arrives as float64.
    if isinstance(value, (float, np.floating)):
        number = float(value)
        value = int(number) if number.is_integer() and abs(number) < EXACT_FLOAT else None
    try:
        return str(value) if isinstance(value, (Integral, Decimal)) else None
    except ValueError:  # more digits than Python prints
        return None


def _clean(column: Column, text: str) -> str | None:
    if column.type == "text":
        readable = text if text.isascii() else text.encode(errors="replace").decode()
        return readable.replace("\0", "").strip()[:TEXT_LENGTH].rstrip() or None
    text = text.strip()
    if column.choices:
        return text if text in column.choices else None
    if not text or len(text) > ID_LENGTH or "\0" in text or not encodable(text):
        return None
    return text


def encodable(text: str) -> bool:
    """Whether a text can be written as UTF-8: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _blank(text: str) -> bool:
    return not text.replace("\0", "").strip()
