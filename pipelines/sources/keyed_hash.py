"""Identifiers of people, accounts and devices as keyed hashes: the same hand stays known, whose it is does not.

HMAC-SHA256 under a key of the authority, which is only ever in the environment. Without the key nobody can find a
telephone number by trying all of them, and the hashes of two authorities do not match.
"""

import csv
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from detector.errors import ConfigError, SourceError
from detector.schema import ID_LENGTH, IDENTIFIER_KINDS

KEY_VARIABLE = "DETECTOR_HASH_KEY"
SHORTEST_KEY = 16
COLUMNS = ("trade_id", "bidder_id", "kind", "value")
# What is written with or without separators is one thing.
SEPARATED = frozenset({"device", "ip", "account", "basic_account", "phone"})
SEPARATOR = re.compile(r"[\s:\-_()（）+]+")
# What a form is filled with when nothing is known. Of a device or an account one repeated character says nothing.
PLACEHOLDERS = frozenset(
    {"", "-", "0", "无", "空", "NULL", "NONE", "N/A", "NA", "UNKNOWN", "127.0.0.1", "0.0.0.0"}  # noqa: S104
)


class Hashed(NamedTuple):
    """One row of the table of identifiers."""

    trade_id: str
    bidder_id: str
    kind: str
    digest: str


class Tally(NamedTuple):
    """How many values were hashed, and how many say nothing (placeholders)."""

    hashed: int
    empty: int


def checked_key(key: str | None) -> bytes:
    """The authority's key. ConfigError if there is none, or it can be guessed; it is never in a message."""
    held = (key or "").encode("utf-8")
    if len(held) < SHORTEST_KEY:
        raise ConfigError(
            f"no key to hash with: set {KEY_VARIABLE} to {SHORTEST_KEY} characters or more, chosen at random, "
            "and keep it: another key gives other hashes. 缺少散列密钥。"
        )
    return held


def normalised(kind: str, value: str) -> str:
    """One spelling of a value: width, case and separators in numbers do not matter. Empty for a placeholder."""
    text = unicodedata.normalize("NFKC", value).strip().upper()
    if text in PLACEHOLDERS:
        return ""
    if kind in SEPARATED:
        text = SEPARATOR.sub("", text)
        if len(set(text)) <= 1:
            return ""
    return text


def digest(key: bytes, kind: str, value: str) -> str | None:
    """The keyed hash of a value, 64 hexadecimal digits; None where the value says nothing."""
    text = normalised(kind, value)
    if not text:
        return None
    return hmac.new(key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def hashed_rows(path: Path, key: bytes) -> tuple[list[Hashed], Tally]:
    """The rows of a CSV file with `COLUMNS`, hashed, each once, in order.

    SourceError, naming file, line and column but never the value, if a row cannot be used.
    """
    found: dict[Hashed, None] = {}
    hashed = empty = 0
    for line, row in _rows(path):
        kind = row["kind"].strip()
        if kind not in IDENTIFIER_KINDS:
            raise SourceError(
                f"{path}: line {line}: kind is unknown; known are {' '.join(IDENTIFIER_KINDS)}."
            )
        for name in ("trade_id", "bidder_id"):
            if not 0 < len(row[name].strip()) <= ID_LENGTH:
                raise SourceError(f"{path}: line {line}: {name} is empty or longer than {ID_LENGTH}.")
        made = digest(key, kind, row["value"])
        if made is None:
            empty += 1
        else:
            hashed += 1
            found[Hashed(row["trade_id"].strip(), row["bidder_id"].strip(), kind, made)] = None
    return sorted(found), Tally(hashed, empty)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
            if missing:
                raise SourceError(
                    f"{path}: column {', '.join(missing)} is missing; expected {', '.join(COLUMNS)}."
                )
            for row in table:
                if None in row.values():
                    raise SourceError(f"{path}: line {table.line_num} has fewer cells than the header.")
                yield table.line_num, row
    except OSError as refusal:
        raise SourceError(f"{path}: cannot be read: {refusal.strerror}.") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path}: not UTF-8 text.") from None
