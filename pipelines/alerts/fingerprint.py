"""Identity of an alert, and the hash that decides whether a known alert is news.

Identity names the subject and never how it was found: another model, run or score must not open a second
alert on the same file.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from detector.flags import Flag
from detector.judging import NOTABLE
from detector.peers import Suspicion

TRADE = "trade"
COMBINED = "combined"
LIFE = "life"

# Crockford's base 32: no letter that is mistaken for a digit when an identifier is read out.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_BITS = 128
KEY_LENGTH = 26
VALUE_DIGITS = 6
# Rules and features have codes of their own, which may be the same.
LAW = "law:"


def canonical_json(value: Any, *, ascii_only: bool = False) -> str:
    """One text for one value: keys sorted, no spaces; what is no number (NaN) must be None already."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_only, allow_nan=False, default=str
    )


def sha256(value: Any) -> str:
    """Hexadecimal SHA-256 of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value, ascii_only=True).encode("ascii")).hexdigest()


def short_key(sha: str) -> str:
    """The first 128 bits of a hexadecimal hash in 26 characters that sort as the hash does."""
    bits = int(sha[: KEY_BITS // 4], 16)
    return "".join(ALPHABET[(bits >> shift) & 31] for shift in range(5 * (KEY_LENGTH - 1), -1, -5))


def trade_fingerprint(authority: str, trade_id: str) -> str:
    """Identity of the alert on a trade. A trade happens once, so its period is its life."""
    return sha256(
        {
            "authority": authority,
            "subject_type": TRADE,
            "subject_id": trade_id,
            "detector_family": COMBINED,
            "period": LIFE,
        }
    )


def noted_values(flag: Flag, notable: Mapping[str, float]) -> dict[str, str]:
    """The `notable` values (code: value) and the facts of `flag` to six significant digits, by code.

    Points, ranks, medians and percentiles move a little every night and are no news. Neither is which findings
    the flag shows: it shows the strongest, and those change places whenever the model is fitted again.
    A finding without suspicion is a fact, as is a rule of law that is met, and counts.
    """
    facts = {finding.code: finding.value for finding in flag.findings if math.isnan(finding.suspicion)}
    facts |= {f"{LAW}{rule.code}": rule.value for rule in flag.rules}
    return {code: six_digits(value) for code, value in {**notable, **facts}.items()}


def evidence_sha(level: int, noted: Mapping[str, str]) -> str:
    """Hash of a level and of the values behind it, as `noted_values` writes them."""
    return sha256({"level": int(level), "findings": sorted([code, value] for code, value in noted.items())})


def notable_values(suspicion: Suspicion, row: int) -> dict[str, float]:
    """Values of the features in which the trade at `row` lies notably deep in the tail, by feature code."""
    deep = np.flatnonzero(suspicion.values[row] >= NOTABLE)
    return {
        suspicion.table.features[column].code: float(suspicion.table.values[row, column]) for column in deep
    }


def six_digits(value: float) -> str:
    """A value to six significant digits; empty if there is none."""
    # Adding zero turns negative zero into zero.
    return f"{value + 0.0:.{VALUE_DIGITS}g}" if math.isfinite(value) else ""
