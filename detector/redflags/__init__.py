"""Open Contracting's red flags out of OCDS releases, as its program Cardinal computes them, value for value.

Definitions: Cardinal 0.0.8 (https://cardinal.readthedocs.io), Open Contracting Partnership; codes from its guide
"Red flags in public procurement" (2024). These are the definitions of that tool, kept with their weaknesses so
that results can be compared; `detector.features` holds this project's own. A flag is a reason to open the
file, never a finding.
"""

from detector.redflags.catalogue import REDFLAGS
from detector.redflags.compute import Computation
from detector.redflags.ocds import Release, release_of
from detector.redflags.settings import Settings, default_settings, parse_settings

__all__ = [
    "REDFLAGS",
    "Computation",
    "Release",
    "Settings",
    "default_settings",
    "parse_settings",
    "release_of",
]
