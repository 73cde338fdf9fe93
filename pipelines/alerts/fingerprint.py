"""Identity of an alert, and the hash that decides whether a known alert is news.

Identity names the subject and never how it was found: another model, run or score must not open a second
alert on the same file.
"""

import hashlib
import json
import math
from collections.abc import Iterable
from typing import Any

from detector.flags import Flag, Reason

TRADE = "trade"
COMBINED = "combined"
LIFE = "life"

# Crockford's base 32: no letter that is mistaken for a digit when an identifier is read out.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_BITS = 128
KEY_LENGTH = 26
VALUE_DIGITS = 6


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


def evidence_sha(flag: Flag) -> str:
    """Hash of the level and of the findings with their values to six significant digits.

    Points, ranks, medians and percentiles move a little every night and are no news.
    """
    return sha256({"level": int(flag.level), "findings": sorted(_noted(flag.findings))})


def _noted(findings: Iterable[Reason]) -> Iterable[list[str]]:
    for finding in findings:
        value = finding.value + 0.0 if math.isfinite(finding.value) else None
        yield [finding.code, "" if value is None else f"{value:.{VALUE_DIGITS}g}"]
