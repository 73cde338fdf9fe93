"""Who shared an identifier with whom: keyed hashes that several independent bidders of one lot left behind."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.conditions import ENOUGH
from detector.features.history import combined
from detector.features.history_conditions import opening
from detector.records import Records

# Kinds that speak of one hand preparing several bids, of one purse paying for them, of one desk answering.
HAND = ("device", "author", "operator")
PURSE = ("account",)
DESK = ("phone", "email", "address")
NETWORK = ("ip",)


def shared_by_rivals(records: Records, kinds: tuple[str, ...]) -> FloatArray:
    """For each trade, bidders beyond the first that share an identifier of `kinds`, rare ones weighing most.

    Sums over shared values ``(sharers - 1) / log2(1 + seen)`` where `seen` is the number of bidders that had
    used the value by the opening of this trade: two firms on a private machine weigh 0.63, a terminal of the
    trading hall that two hundred firms have used 0.13 (weight by inverse frequency). Members of a joint bid
    count as one.
    """
    used = _usage(records, kinds)
    result = np.zeros(len(records))
    if used.empty:
        return result
    parties = used.groupby(["trade", "value"], sort=True)
    shared = parties.agg(sharers=("hand", "nunique"), moment=("moment", "first")).reset_index()
    shared = shared[shared["sharers"] > 1]
    seen = seen_by(
        used, shared["value"].to_numpy(dtype=np.int64), shared["moment"].to_numpy(dtype=np.float64)
    )
    weight = (shared["sharers"].to_numpy(dtype=np.float64) - 1.0) / np.log2(1.0 + np.maximum(seen, 2.0))
    np.add.at(result, shared["trade"].to_numpy(dtype=np.int64), weight)
    return result


def firms_behind(records: Records, kinds: tuple[str, ...], public: int) -> FloatArray:
    """Largest number of firms that had used one identifier of `kinds` of a bidder before, this bidder left out.

    Values that more than `public` firms had used by then are terminals of everybody and do not count. NaN
    where no bidder of the trade left an identifier, or bids were never opened.
    """
    used = _usage(records, kinds)
    result = np.full(len(records), np.nan)
    if used.empty:
        return result
    trade, value = (used[name].to_numpy(dtype=np.int64) for name in ("trade", "value"))
    moment = used["moment"].to_numpy(dtype=np.float64)
    known = np.isfinite(moment)
    # Up to just before the moment: what opens at the same time is not known yet.
    seen = seen_by(used, value, np.nextafter(moment, -np.inf))
    pair = combined(value, used["bidder"].to_numpy(dtype=np.int64))
    first = np.full(int(pair.max()) + 1, np.inf)
    np.minimum.at(first, pair, moment)
    others = seen - (first[pair] < moment)
    others = np.where(others + 1.0 <= public, others, 0.0)
    result[trade[known]] = 0.0
    np.maximum.at(result, trade[known], others[known])
    return result


def _usage(records: Records, kinds: tuple[str, ...]) -> pd.DataFrame:
    """One row per trade, bidder and value: codes of the three, the bidding hand, and when the lot was
    opened."""
    identifiers = records.identifiers
    chosen = identifiers[identifiers["kind"].isin(kinds)]
    trade = pd.Index(records.trade_ids).get_indexer(pd.Index(chosen["trade_id"])).astype(np.int64)
    named = chosen["kind"].astype(str) + " " + chosen["digest"].astype(str)
    value, _ = pd.factorize(named)
    bidder, _ = pd.factorize(chosen["bidder_id"])
    bids = records.bids[["trade_id", "bidder_id", "consortium_id"]].drop_duplicates(["trade_id", "bidder_id"])
    joint = chosen[["trade_id", "bidder_id"]].merge(bids, how="left")["consortium_id"]
    hand = joint.where(joint.notna(), chosen["bidder_id"].to_numpy()).to_numpy()
    opened = opening(records)
    moment = np.where(np.isfinite(records.decided), records.decided, opened)[trade]
    columns = {"trade": trade, "value": value.astype(np.int64), "bidder": bidder.astype(np.int64)}
    return pd.DataFrame({**columns, "hand": hand, "moment": np.where(np.isnan(moment), np.inf, moment)})


def seen_by(used: pd.DataFrame, value: IntArray, moment: FloatArray) -> FloatArray:
    """How many bidders had used each `value` up to each `moment`."""
    pair = combined(used["value"].to_numpy(dtype=np.int64), used["bidder"].to_numpy(dtype=np.int64))
    first = used.assign(pair=pair).sort_values("moment", kind="stable").drop_duplicates("pair")
    times, codes = first["moment"].to_numpy(dtype=np.float64), first["value"].to_numpy(dtype=np.int64)
    order = np.lexsort((times, codes))
    # One sorted key of value and rank in time, so that a single search answers for all values.
    distinct = np.unique(np.concatenate([times, moment]))
    ranks = np.searchsorted(distinct, times[order])
    key = codes[order] * (len(distinct) + 1) + ranks
    wanted = value * (len(distinct) + 1) + np.searchsorted(distinct, moment)
    upto = np.searchsorted(key, wanted, side="right")
    before = np.searchsorted(codes[order], value, side="left")
    return (upto - before).astype(np.float64)


def _known(kinds: tuple[str, ...], records: Records) -> BoolArray:
    """Whether enough bidders of each trade have an identifier of `kinds`."""
    identifiers = records.identifiers
    held = identifiers[identifiers["kind"].isin(kinds)][["trade_id", "bidder_id"]].drop_duplicates()
    rows = records.effective_rows.rows
    bids = records.bids[["trade_id", "bidder_id"]].iloc[rows]
    present = bids.merge(held.assign(there=1.0), how="left")["there"].notna().to_numpy(dtype=np.float64)
    known = np.bincount(records.bid_trade[rows], weights=present, minlength=len(records))
    counts = records.bidder_counts
    return np.asarray((counts > 0) & (known >= ENOUGH * counts))


IDENTITY_NEEDS: dict[str, Callable[[Records], BoolArray]] = {
    f"identifiers ({', '.join(kinds)})": partial(_known, kinds) for kinds in (HAND, PURSE, DESK, NETWORK)
}
HAND_KNOWN, PURSE_KNOWN, DESK_KNOWN, NETWORK_KNOWN = IDENTITY_NEEDS
