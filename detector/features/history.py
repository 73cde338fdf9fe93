"""What was known of the past when each trade was decided.

History is what was decided strictly before: a decision at the same instant does not count, an undecided trade
neither has a history nor enters one. Unless said otherwise it reaches back `HORIZON`.

Results depend neither on the order of rows nor on how identifiers sort: what runs in and out of a window is whole
numbers or multiples of one power of two (`on_grid`), so that its sums are exact in any order.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.kernels.grouping import best_first_order, group_offsets, rows_by_group
from detector.kernels.history import sum_before_each
from detector.records import SECONDS_A_DAY, Records

HORIZON = 3 * 365 * SECONDS_A_DAY
# 95 % one-sided: the bound is wrong for one supplier in twenty, on the innocent side.
Z = 1.6448536269514722


@dataclass(frozen=True, eq=False)
class Past:
    """Events by key and time. Sort once, then ask for several totals of what came before each event."""

    order: IntArray
    offsets: IntArray
    times: FloatArray
    width: float
    events: int

    @classmethod
    def of(cls, keys: IntArray, times: FloatArray, width: float = HORIZON) -> Self:
        """Events with dense whole-number `keys` (negative: none) at `times` (seconds; NaN: never)."""
        known = np.where(np.isfinite(times), keys, -1).astype(np.int64)
        offsets = group_offsets(known, int(known.max(initial=-1)) + 1)
        rows = rows_by_group(known, offsets)
        rows = rows[best_first_order(times[rows], offsets, np.zeros(len(offsets) - 1, dtype=bool))]
        some = np.concatenate([[True], np.diff(offsets) > 0])
        return cls(rows, offsets[some], times[rows], width, len(keys))

    def total(self, values: FloatArray | BoolArray | IntArray) -> FloatArray:
        """Sum of `values` over the earlier events of each event's key; NaN for events without key or time."""
        sums = sum_before_each(
            np.ascontiguousarray(values[self.order], dtype=np.float64), self.offsets, self.times, self.width
        )
        return self.spread(sums)

    def count(self) -> FloatArray:
        """Number of earlier events of each event's key."""
        return self.total(np.ones(self.events))

    def spread(self, sorted_values: FloatArray) -> FloatArray:
        """Values in the order of this past, back in the order of the events; NaN where there is none."""
        result = np.full(self.events, np.nan)
        result[self.order] = sorted_values
        return result


class Entries(NamedTuple):
    """Bidders in decided trades, one row per trade and bidder, sorted by both.

    `chance` is winners over effective bids, the share of wins to expect of a bidder like any other; NaN where no
    winner is recorded. `joint` marks members of a joint bid.
    """

    trade: IntArray
    bidder: IntArray
    times: FloatArray
    won: BoolArray
    joint: BoolArray
    chance: FloatArray


def entries(records: Records) -> Entries:
    """Every bidder with a valid or winning bid in a decided trade."""
    bids = records.bids
    won = (bids["winner"] == 1.0).to_numpy(dtype=bool)
    took_part = won | (bids["status"] == "valid").to_numpy(dtype=bool)
    rows = np.flatnonzero(took_part & np.isfinite(records.decided[records.bid_trade]))
    trade, bidder = records.bid_trade[rows], records.bidders.codes[rows]
    # Rows are sorted by trade and bidder; several bids of one bidder become one entry.
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (trade[1:] != trade[:-1]) | (bidder[1:] != bidder[:-1])
    entry = np.cumsum(first) - 1
    winning = np.bincount(entry, weights=won[rows]) > 0
    joint = np.bincount(entry, weights=bids["consortium_id"].iloc[rows].notna()) > 0
    trade, bidder = trade[first], bidder[first]
    winners = records.winner_rows.sizes
    chance = np.minimum(1.0, winners / np.maximum(records.bidder_counts, 1))
    chance = np.where(winners > 0, on_grid(chance, 36), np.nan)
    return Entries(trade, bidder, records.decided[trade], winning, joint, chance[trade])


def chosen(of: Entries, rows: BoolArray) -> Entries:
    """The entries where `rows` is true."""
    return Entries(
        of.trade[rows], of.bidder[rows], of.times[rows], of.won[rows], of.joint[rows], of.chance[rows]
    )


def awards(records: Records) -> Entries:
    """The winners among `entries`: one award each."""
    everyone = entries(records)
    return chosen(everyone, everyone.won)


def combined(*codes: IntArray) -> IntArray:
    """One dense code for each combination of `codes`; -1 where any of them is."""
    key = codes[0].astype(np.int64)
    for other in codes[1:]:
        joined = np.where((key < 0) | (other < 0), -1, key * (int(other.max(initial=0)) + 1) + other)
        dense, labels = pd.factorize(joined)
        # factorize knows no missing whole number: give -1 its meaning back.
        none = np.flatnonzero(labels == -1)
        key = np.where(dense == none[0], -1, dense) if len(none) else dense
        key = key.astype(np.int64)
    return key


def processes(records: Records) -> IntArray:
    """The contracting process of each trade; a trade without one is its own."""
    codes = records.coded("process_id").codes
    alone = np.arange(len(records)) + int(codes.max(initial=0)) + 1
    return np.where(codes < 0, alone, codes)


def markets(records: Records) -> IntArray:
    """Category and region of each trade; trades without a region share one; -1 without category and kind."""
    return combined(records.categories.codes, records.coded("region").codes + 1)


def processes_before(
    keys: IntArray, process: IntArray, times: FloatArray, width: float = HORIZON
) -> FloatArray:
    """Number of *other* contracting processes with the same key that came before each event.

    Lots of one tender share bidders and often the winner, so a process counts once, at its first decision.
    """
    pair = combined(keys, process)
    usable = (pair >= 0) & np.isfinite(times)
    pairs = int(pair.max(initial=-1)) + 1
    first = np.full(pairs, np.inf)
    np.minimum.at(first, pair[usable], times[usable])
    opening = np.flatnonzero(usable)
    opening = opening[times[opening] == first[pair[opening]]]
    # Several lots may open a process at the same instant: one of them stands for it, whichever.
    standing = np.full(pairs, -1, dtype=np.int64)
    standing[pair[opening]] = opening
    counted = np.zeros(len(keys))
    counted[standing[standing >= 0]] = 1.0
    own_first = (
        np.where(usable, first[np.where(usable, pair, 0)], np.nan) if pairs else np.full(len(keys), np.nan)
    )
    own = (own_first < times) & (own_first >= times - width)
    return Past.of(keys, times, width).total(counted) - own


def on_grid(values: FloatArray, bits: int) -> FloatArray:
    """`values` rounded to multiples of 2 ** -bits, whose sums are exact below 2 ** (53 - bits)."""
    return np.asarray(np.round(values * 2.0**bits) / 2.0**bits)


def largest_by_trade(records: Records, trade: IntArray, values: FloatArray) -> FloatArray:
    """Largest finite value of each trade; NaN where there is none.

    So a joint bid is judged by the member that stands out most.
    """
    result = np.full(len(records), -np.inf)
    known = np.isfinite(values)
    np.maximum.at(result, trade[known], values[known])
    return np.where(np.isfinite(result), result, np.nan)


def wilson_lower(successes: FloatArray, trials: FloatArray) -> FloatArray:
    """Lower 95 % bound of a share (Wilson 1927, JASA 22(158)); NaN without trials."""
    centre, margin = _wilson(successes, trials)
    return np.asarray(np.where(successes > 0, np.maximum(centre - margin, 0.0), centre * 0.0))


def wilson_upper(successes: FloatArray, trials: FloatArray) -> FloatArray:
    """Upper 95 % bound of a share (Wilson 1927, JASA 22(158)); NaN without trials."""
    centre, margin = _wilson(successes, trials)
    return np.minimum(centre + margin, 1.0)


def _wilson(successes: FloatArray, trials: FloatArray) -> tuple[FloatArray, FloatArray]:
    n = np.where(trials > 0, trials, np.nan)
    share = successes / n
    scale = 1.0 + Z**2 / n
    return (share + Z**2 / (2 * n)) / scale, Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / scale
