"""Trades whose bids are not opened yet are taken out before anything is computed: so nothing can tell of them.

The names and the number of bidders are secret until the opening (Tendering and Bidding Law of China, Art. 22).
What is never computed on cannot show in a count, a peer group, a model or a list of problems.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd

from detector.reading import read
from detector.schema import TABLES


class Opened(NamedTuple):
    """Raw frames without the trades that are under embargo, and when the bids of those will be opened (UTC)."""

    frames: dict[str, pd.DataFrame]
    sealed: dict[str, datetime]


def opened(frames: Mapping[str, pd.DataFrame], now: np.datetime64) -> Opened:
    """`frames` (canonical tables as a source holds them) without what belongs to trades opened after `now`.

    A trade is opened at `opened_at`, else at its deadline; where neither is known it is not held back here.
    """
    sealed = _sealed(frames.get("trades"), now)
    if not sealed:
        return Opened(dict(frames), {})
    return Opened({name: _without(name, frame, sealed) for name, frame in frames.items()}, sealed)


def _sealed(trades: pd.DataFrame | None, now: np.datetime64) -> dict[str, datetime]:
    if trades is None or "trade_id" not in trades:
        return {}
    opening = pd.Series(np.full(len(trades), np.datetime64("NaT", "s")), index=trades.index)
    for name in ("opened_at", "deadline_at"):
        if name in trades:
            told, _ = read(TABLES["trades"][name], trades[name])
            opening = opening.where(opening.notna(), told)
    later = np.asarray(opening.to_numpy().astype("datetime64[s]") > now, dtype=bool)
    if not later.any():
        return {}
    keys, _ = read(TABLES["trades"]["trade_id"], trades["trade_id"][later])
    moments = opening[later].to_numpy().astype("datetime64[s]").tolist()
    return {key: moment for key, moment in zip(keys, moments, strict=True) if isinstance(key, str)}


def _without(name: str, frame: pd.DataFrame, sealed: Mapping[str, datetime]) -> pd.DataFrame:
    if "trade_id" not in frame or name not in TABLES:
        return frame
    keys, _ = read(TABLES[name]["trade_id"], frame["trade_id"])
    held_back = keys.isin(list(sealed)).to_numpy(dtype=bool)
    return frame[~held_back].reset_index(drop=True)
