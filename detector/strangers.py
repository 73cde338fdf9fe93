"""Strangers: what the trades of somebody unrelated do to the scores of everybody else.

A score is a place among peers, so newcomers move it. They must not move it much, or last night's queue could not
be defended tonight. The strangers are copies of some of the authority's own trades under names that nobody else
has: other buyers, firms, categories, regions and identifiers, on the same dates and terms.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from detector.measures import highest
from detector.model.reasons import POINTS
from detector.scan import Scan
from detector.schema import TABLES

STRANGE = "stranger "
# Amounts in another currency would be no trades of the same market.
KEPT_IDS = frozenset({"currency"})
# The part of the ranking that is compared.
TOP = 0.01


class Move(NamedTuple):
    """How far scores moved when `added` unrelated trades joined `trades`, in points of 100.

    `largest` move of any score; `usual`: 99 % of them moved no further; `kept`: overlap (Jaccard) of the first
    1 %.
    """

    trades: int
    added: int
    largest: float
    usual: float
    kept: float


def with_strangers(
    frames: Mapping[str, pd.DataFrame], share: float, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """`frames`, canonical tables, with copies of a `share` of their trades under other names."""
    ids = frames["trades"]["trade_id"]
    count = round(share * len(ids))
    chosen = set(ids.iloc[np.random.default_rng(seed).permutation(len(ids))[:count]])
    joined = dict(frames)
    for name, frame in frames.items():
        if "trade_id" not in frame:
            continue
        named = {column.name for column in TABLES[name].columns if column.type == "id"} - KEPT_IDS
        copies = frame[frame["trade_id"].isin(chosen)]
        renamed = {
            column: copies[column].map(lambda text: f"{STRANGE}{text}", na_action="ignore")
            for column in named & set(frame.columns)
        }
        joined[name] = pd.concat([frame, copies.assign(**renamed)], ignore_index=True)
    return joined


def move(before: Scan, after: Scan) -> Move:
    """How far the scores of the trades of `before` lie from theirs in `after`, which holds more trades."""
    place = pd.Index(after.records.trade_ids)
    rows = place.get_indexer(pd.Index(before.records.trade_ids))
    old, new = before.model.score(before.suspicion), after.model.score(after.suspicion)[rows]
    moved = POINTS * np.abs(new - old)
    count = max(1, round(TOP * len(old)))
    first, second = (frozenset(highest(score, count).tolist()) for score in (old, new))
    largest, usual = (float(np.quantile(moved, part)) if len(moved) else np.nan for part in (1.0, 0.99))
    kept = len(first & second) / len(first | second) if len(old) else np.nan
    return Move(len(old), len(place) - len(rows), largest, usual, kept)
