"""The model guard: a new model must not move the auditors' open alerts unless somebody says so."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from detector.errors import ModelError
from detector.flags import Flag, decided_since, flag_trades, resolved
from detector.levels import Level
from detector.scan import Scan
from pipelines.alerts.digest import model_digest
from pipelines.alerts.standing import LastRun, OpenAlert, last_run

# Share of the open alerts that a change of the model may move.
CHURN = 0.15
SHOWN = 20


class Move(NamedTuple):
    """An open alert that the new model sees differently; `now` is None where it is no longer flagged."""

    alert: OpenAlert
    now: Flag | None


class Moves(NamedTuple):
    """What a change of the model does to the open alerts of the last run: those compared, and those that move."""

    last: LastRun
    compared: int
    moved: tuple[Move, ...]

    @property
    def share(self) -> float:
        """Share of the compared alerts that move."""
        return len(self.moved) / self.compared if self.compared else 0.0


def check_moves(scan: Scan, url: str, authority: str) -> None:
    """ModelError, with the difference, if the model of `scan` would move too many of the open alerts at `url`."""
    moves = moves_of(scan, last_run(url, authority))
    if moves is not None and moves.share > CHURN:
        raise ModelError("\n".join(_told(moves)))


def moves_of(scan: Scan, last: LastRun | None) -> Moves | None:
    """What the model of `scan` does to the open alerts of the `last` run; None if that run had the same model.

    Both are held to the same question: the trades the last run could have flagged, and its budget. What new trades
    push out of the queue is no change of the model, nor are alerts on trades that cannot be flagged any more.
    """
    if last is None or last.model_sha == model_digest(scan.model):
        return None
    records = scan.records
    eligible = resolved(records)
    if scan.settings.window_days is not None:
        eligible &= decided_since(records, scan.settings.window_days)
    moment = np.datetime64(last.as_of, "s").astype(np.int64)
    known = eligible & ~(records.decided > moment)
    place = pd.Index(records.trade_ids)
    rows = place.get_indexer(pd.Index([alert.trade_id for alert in last.alerts], dtype=object))
    compared = [alert for alert, row in zip(last.alerts, rows, strict=True) if row >= 0 and known[row]]
    budget = scan.settings.budget if last.budget is None else last.budget
    flags = flag_trades(records, scan.suspicion, scan.model, known, budget, scan.rules)
    return Moves(last, len(compared), _moved(compared, flags))


def _moved(alerts: Sequence[OpenAlert], flags: Sequence[Flag]) -> tuple[Move, ...]:
    now = {flag.trade_id: flag for flag in flags}
    moves = (Move(alert, now.get(alert.trade_id)) for alert in alerts)
    return tuple(move for move in moves if move.now is None or int(move.now.level) != move.alert.level)


def _told(moves: Moves) -> Iterator[str]:
    yield (
        f"this model would move {len(moves.moved)} of {moves.compared} open alerts of run {moves.last.run_id} "
        f"({moves.share:.0%}; allowed are {CHURN:.0%}). Nothing was written."
    )
    for alert, now in moves.moved[:SHOWN]:
        before = f"{Level(alert.level).name.lower()} {alert.score:.1f}"
        after = "no longer flagged" if now is None else f"{now.level.name.lower()} {now.score:.1f}"
        yield f"  {alert.trade_id}: {before} -> {after}"
    if len(moves.moved) > SHOWN:
        yield f"  and {len(moves.moved) - SHOWN} more"
    yield "Scan with the model of the last run, or give --accept-model to take these changes."
