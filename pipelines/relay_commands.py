"""`detector relay`: one pass over the outbox, or one after another until somebody stops it."""

import os
import sys
import time
from datetime import datetime
from pathlib import Path

from pipelines.alerts.receivers import read_receivers
from pipelines.alerts.relay import Tally, relay
from pipelines.alerts.runs import utc
from pipelines.commands import clock, emit, write
from pipelines.exits import TEMPORARY


def run_relay(url: str, receivers: Path, follow_seconds: float | None, again: bool, as_json: bool) -> int:
    """Deliver what is due. 75 if a receiver did not take all of it, so that a scheduler comes back."""
    known = read_receivers(receivers, os.environ)
    while True:
        tallies = relay(url, known, os.environ, _now, again=again)
        again = False
        _tell(tallies, as_json, quiet=follow_seconds is not None)
        if follow_seconds is None:
            return TEMPORARY if any(tally.failed for tally in tallies) else 0
        time.sleep(follow_seconds)


def _now() -> datetime:
    return utc(clock())


def _tell(tallies: list[Tally], as_json: bool, quiet: bool) -> None:
    """What became of it; a pass in which nothing happened is not worth a line while following."""
    worth = [tally for tally in tallies if not quiet or tally.delivered or tally.failed]
    if as_json and worth:
        emit({"receivers": [tally._asdict() for tally in worth]})
    elif worth:
        write(
            f"{tally.receiver}: {tally.delivered} delivered, {tally.waiting} waiting, {tally.given_up} given up"
            for tally in worth
        )
    sys.stdout.flush()
    for tally in worth:
        if tally.last_error:
            sys.stderr.write(f"detector: receiver {tally.receiver}: {tally.last_error}\n")
