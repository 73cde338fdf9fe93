"""Who met whom: pairs of independent bidders in decided lots.

Lots of more than 40 bidders have thousands of pairs, and meeting in them means little: they form no pairs.
Members of joint bids are left out, for they cooperate in the open.
"""

from typing import NamedTuple

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.conditions import COMPETING_PRICES
from detector.features.history import Entries, chosen, combined, entries, largest_by_trade
from detector.features.history_conditions import MOST_BIDDERS
from detector.kernels.pairs import pairs_within
from detector.records import Records


class Pairs(NamedTuple):
    """Pairs of `among.bidder` within each trade: rows of the two in `among`, and the trade."""

    among: Entries
    left: IntArray
    right: IntArray
    trade: IntArray

    def key(self, *more: IntArray) -> IntArray:
        """A code for each pair of bidders, and for each combination with `more`."""
        return combined(self.among.bidder[self.left], self.among.bidder[self.right], *more)

    @property
    def times(self) -> FloatArray:
        """When the trade of each pair was decided."""
        return self.among.times[self.left]


def independent(records: Records) -> Entries:
    """Bidders of decided lots with at most 40 bidders, without members of joint bids."""
    everyone = entries(records)
    alone = chosen(everyone, ~everyone.joint)
    sizes = np.bincount(alone.trade, minlength=len(records))
    return chosen(alone, sizes[alone.trade] <= MOST_BIDDERS)


def _offsets(records: Records, of: Entries) -> IntArray:
    counts = np.bincount(of.trade, minlength=len(records))
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def bidder_pairs(records: Records) -> Pairs:
    """All pairs of independent bidders of each trade."""
    among = independent(records)
    pairs = pairs_within(_offsets(records, among))
    left, right = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    return Pairs(among, left, right, among.trade[left])


def prices_of(records: Records, pairs: Pairs) -> FloatArray:
    """Offer of each entry of `pairs.among`; NaN where unknown or where prices do not compete."""
    offers, width = records.offers, len(records.bidders.labels) + 1
    keys = records.bid_trade[offers.rows] * width + records.bidders.codes[offers.rows]
    order = np.argsort(keys, kind="stable")
    wanted = pairs.among.trade * width + pairs.among.bidder
    place = np.searchsorted(keys[order], wanted)
    found = place < len(keys)
    found[found] = keys[order][place[found]] == wanted[found]
    prices = np.full(len(wanted), np.nan)
    prices[found] = offers.values[order][place[found]]
    prices[~COMPETING_PRICES.holds(records)[pairs.among.trade] | ~(prices > 0)] = np.nan
    return prices


def strongest(records: Records, trade: IntArray, surprise: FloatArray) -> FloatArray:
    """Largest surprise of each trade, corrected for how many were looked at; not below 0."""
    looked_at = np.bincount(trade[np.isfinite(surprise)], minlength=len(records))
    largest = largest_by_trade(records, trade, surprise)
    return np.maximum(largest - np.log10(np.maximum(looked_at, 1)), 0.0)
