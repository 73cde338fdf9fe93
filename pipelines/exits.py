"""Exit codes, and how an error becomes one.

0    done, with flags or none          4    the source refuses or is not readable
1    a defect of this program          7    the alert database refuses
2    wrong command line                8    the model does not fit, or moves too many alerts
3    a setting is invalid              9    the rules of handling alerts do not allow it
5    too much was set aside to judge   6    finished, but rows were set aside: degraded
130  interrupted                       75   temporary: try again
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import typer

from detector.errors import (
    ConfigError,
    ContractBrokenError,
    DetectorError,
    FeatureError,
    HandlingError,
    ModelError,
    SchemaError,
    SinkError,
    SnapshotBusyError,
    SourceError,
    StoreBusyError,
)

USAGE, DEGRADED, TEMPORARY, INTERRUPTED = 2, 6, 75, 130
CODES: tuple[tuple[type[DetectorError], int], ...] = (
    (FeatureError, USAGE),
    (ConfigError, 3),
    (ContractBrokenError, 5),
    (SnapshotBusyError, TEMPORARY),
    (SourceError, 4),
    (SchemaError, 4),
    (StoreBusyError, TEMPORARY),
    (SinkError, 7),
    (ModelError, 8),
    (HandlingError, 9),
)


def exit_code(error: DetectorError) -> int:
    """The exit code of an error that a person can mend."""
    return next((code for kind, code in CODES if isinstance(error, kind)), 1)


def guarded(run: Callable[[], Any]) -> int:
    """Run a command and return its exit code. Mendable errors are one message; defects keep their traceback."""
    try:
        outcome = run()
    except DetectorError as error:
        sys.stderr.write(f"detector: {error}\n")
        return exit_code(error)
    except BrokenPipeError:
        # The reader of stdout has gone (head, less): nothing is wrong. Python must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("detector: interrupted; nothing was half written\n")
        return INTERRUPTED
    except Exception as error:
        shown = getattr(error, "format_message", None)
        if shown is None:
            raise
        error.show()  # type: ignore[attr-defined]
        return int(getattr(error, "exit_code", USAGE))
    return outcome if isinstance(outcome, int) else 0


def moment(text: str | None) -> datetime | None:
    """A date or time given on the command line, UTC unless it names an offset. ConfigError if it is neither."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{text!r} is not a date; expected one like 2025-03-31 or 2025-03-31T18:00."
        ) from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
