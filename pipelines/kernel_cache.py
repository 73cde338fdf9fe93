"""Where compiled kernels are kept: a service account may have no home and no writable package directory."""

import os
import tempfile
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"


def choose_directory() -> None:
    """Point numba to a directory that can be written, unless the environment names one already.

    Must run before the first kernel is imported. Without any writable place kernels are compiled anew in each
    process, which is slower but right.
    """
    if os.environ.get(VARIABLE):
        return
    base = os.environ.get("XDG_CACHE_HOME")
    home = Path(base) if base else Path(os.path.expanduser("~")) / ".cache"  # noqa: PTH111 (never raises)
    for candidate in (home / "detector" / "kernels", Path(tempfile.gettempdir()) / f"detector-{os.getuid()}"):
        try:
            candidate.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue
        if os.access(candidate, os.W_OK) and candidate.stat().st_uid == os.getuid():
            os.environ[VARIABLE] = str(candidate)
            return
