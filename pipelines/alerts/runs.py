"""What a run is: its identity, its settings without secrets, and the manifest that travels with it."""

import platform
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import detector
from detector.errors import ConfigError
from detector.scan import Scan
from detector.schema import ID_LENGTH
from pipelines.alerts.digest import model_digest, records_digest
from pipelines.alerts.fingerprint import canonical_json, sha256, short_key
from pipelines.database import MASK, masked

LIBRARIES = ("numpy", "pandas", "numba", "scikit-learn", "sqlalchemy")
SECRET_NAME = re.compile(r"passw|passphrase|pwd|secret|token|credential|(^|[_-])key$", re.IGNORECASE)

Row = dict[str, Any]


def run_row(
    scan: Scan,
    authority: str,
    started_at: datetime,
    now: datetime,
    config: Mapping[str, Any],
    notes: Mapping[str, Any] | None = None,
) -> Row:
    """The row of the run table, its counts of new, changed and seen alerts still to come.

    The run id stands for authority, settings, records, model and code: a second run over the same has the same
    id, whenever it runs. The settings of the scan belong to `config` even where it does not name them.
    `notes` join the manifest. Raises ConfigError on an authority that cannot identify anything.
    """
    settings = without_secrets({**config, "scan": asdict(scan.settings)})
    identity = {
        "authority": checked_authority(authority),
        "config_sha": sha256(settings),
        "code_version": detector.__version__,
        "model_sha": model_digest(scan.model),
        "records_sha": records_digest(scan.records),
    }
    return {
        "run_id": short_key(sha256(identity)),
        **identity,
        "started_at": utc(started_at),
        "finished_at": utc(now),
        "as_of": scan.records.as_of.astype("datetime64[s]").item(),
        "config": canonical_json(settings),
        "trades_n": len(scan.records),
        "bids_n": len(scan.records.bids),
        "problems_n": len(scan.records.problems),
        "eligible_n": scan.eligible,
        "flags_n": len(scan.flags),
        "manifest": canonical_json({**manifest(scan), **(notes or {})}),
    }


def manifest(scan: Scan) -> dict[str, Any]:
    """What has to be known to repeat the run and to read its numbers: versions, coverage, levels."""
    levels = [flag.level.name.lower() for flag in scan.flags]
    return {
        "python": platform.python_version(),
        "libraries": {name: library_version(name) for name in LIBRARIES},
        "features": scan.coverage.to_dict("records"),
        "absent": sorted(scan.records.absent),
        "levels": {level: levels.count(level) for level in sorted(set(levels))},
    }


def checked_authority(authority: str) -> str:
    """The authority without surrounding space. ConfigError if it is empty or too long to be stored."""
    name = authority.strip()
    if not name or len(name) > ID_LENGTH:
        raise ConfigError(
            f"authority is {authority[:ID_LENGTH]!r}; give the code or name of the authority whose trades these "
            f"are, 1 to {ID_LENGTH} characters: it is a part of every alert's identity."
        )
    return name


def without_secrets(value: Any, name: str = "") -> Any:
    """`value` with passwords, keys and tokens masked, in the names of settings and in addresses."""
    if isinstance(value, Mapping):
        return {str(key): without_secrets(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(inner, name) for inner in value]
    if value not in (None, "") and SECRET_NAME.search(name):
        return MASK
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return masked(value) if isinstance(value, str) and "://" in value else value


def utc(moment: datetime) -> datetime:
    """Naive UTC, whole seconds; a moment without a zone is UTC already."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def library_version(library: str) -> str:
    """The installed version of a library, "unknown" where it tells none."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "unknown"
