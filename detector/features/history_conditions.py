"""Needs and guards of timing, concentration, network and process features."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Guard, Phrase
from detector.hindsight import opening_of
from detector.records import Records, in_seconds

MOST_BIDDERS = 40
UNCOMPETED = ("direct",)


def opening(records: Records) -> FloatArray:
    """When bids could be read, in seconds: the opening, else the deadline."""
    return in_seconds(opening_of(records.trades))


def previous_trade(records: Records) -> IntArray:
    """Row of the call that each trade repeats; -1 where it is not among the records or not earlier."""
    named = records.trades["previous_trade_id"]
    rows = pd.Index(records.trades["trade_id"]).get_indexer(named.to_numpy(dtype=object))
    rows = np.where(named.notna().to_numpy(dtype=bool), rows, -1)
    known = opening(records)
    known = np.where(np.isfinite(known), known, records.seconds("published_at"))
    earlier = known[rows] < records.decided if len(rows) else np.zeros(0, dtype=bool)
    return np.where((rows >= 0) & earlier, rows, -1)


def _opening_known(records: Records) -> BoolArray:
    return np.isfinite(opening(records))


def winning_rows(records: Records) -> IntArray:
    """Rows of `bids` that won, every member of a joint bid among them."""
    return np.flatnonzero((records.bids["winner"] == 1.0).to_numpy(dtype=bool))


def _winners_arrival(records: Records) -> BoolArray:
    rows = winning_rows(records)
    known = np.isfinite(records.submitted[rows])
    # One member may have handed in the joint bid for all.
    joint = records.bids["consortium_id"].iloc[rows].notna().to_numpy(dtype=bool)
    some = np.bincount(records.bid_trade[rows], weights=known, minlength=len(records)) > 0
    gaps = np.bincount(records.bid_trade[rows], weights=~known & ~joint, minlength=len(records))
    return np.asarray(some & (gaps == 0))


def _disqualified_amounts(records: Records) -> BoolArray:
    out = (records.bids["status"] == "disqualified").to_numpy(dtype=bool)
    unpriced = out & ~np.isfinite(records.bids["amount"].to_numpy(dtype=np.float64))
    return np.asarray(np.bincount(records.bid_trade, weights=unpriced, minlength=len(records)) == 0)


def _previous_bids(records: Records) -> BoolArray:
    row = previous_trade(records)
    counts = np.diff(records.bid_offsets)
    return np.asarray((row >= 0) & (counts[row] > 0)) if len(counts) else np.zeros(0, dtype=bool)


def _reference_price(records: Records) -> BoolArray:
    known = records.trades["ceiling"].notna() | records.trades["estimate"].notna()
    return known.to_numpy(dtype=bool)


HISTORY_NEEDS: dict[str, Callable[[Records], BoolArray]] = {
    "trades.opened_at or trades.deadline_at": _opening_known,
    "trades.ceiling or trades.estimate": _reference_price,
    "bids.submitted_at of the winner": _winners_arrival,
    "bids.amount of disqualified bids": _disqualified_amounts,
    "bids of the previous call": _previous_bids,
}


def _few_bidders(records: Records) -> BoolArray:
    return np.asarray(records.bidder_counts <= MOST_BIDDERS)


def _competed(records: Records) -> BoolArray:
    return ~records.trades["method"].isin(UNCOMPETED).to_numpy(dtype=bool)


def _repeated_call(records: Records) -> BoolArray:
    # Where nothing tells which call it is the guard lets pass: that is *not computable*, which a need says.
    call = records.trades["round"].to_numpy(dtype=np.float64)
    named = records.trades["previous_trade_id"].notna().to_numpy(dtype=bool)
    return np.asarray(named | ~(call <= 1))


FEW_ENOUGH = Guard(
    Phrase(f"more than {MOST_BIDDERS} bidders", f"投标人超过{MOST_BIDDERS}家"),
    _few_bidders,
)
COMPETED = Guard(Phrase("awarded directly, without a call", "直接发包或单一来源，未经竞争"), _competed)
REPEATED_CALL = Guard(Phrase("not a repeated call", "不是重新招标（再次交易）"), _repeated_call)
