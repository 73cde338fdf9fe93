"""What features need and where they apply: one place, so that two features never disagree about it.

`COMMON_NEEDS` answers for every trade whether what a feature reads is there. A price pattern over two of five
prices would describe the gaps in the record, so prices and arrival times count as present only if at least
`ENOUGH` of the effective bids have them.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from detector.arrays import BoolArray, FloatArray
from detector.features.declare import Guard, Phrase
from detector.records import Records

ENOUGH = 0.8
WITHOUT_PRICE_COMPETITION = ("lottery", "fixed")


def _trade_column(column: str, records: Records) -> BoolArray:
    return records.trades[column].notna().to_numpy(dtype=bool)


def _share_present(present: BoolArray, records: Records) -> BoolArray:
    group = records.effective_rows
    known = np.bincount(records.bid_trade[group.rows], weights=present, minlength=len(records))
    return np.asarray((group.sizes > 0) & (known >= ENOUGH * group.sizes))


def _offers(records: Records) -> BoolArray:
    return _share_present(np.isfinite(records.effective_rows.values), records)


def _arrivals(records: Records) -> BoolArray:
    return _share_present(np.isfinite(records.submitted[records.effective_rows.rows]), records)


def _scores(records: Records) -> BoolArray:
    scores = records.bids["score"].to_numpy(dtype=np.float64)
    return _share_present(np.isfinite(scores[records.effective_rows.rows]), records)


def _some_bid(records: Records) -> BoolArray:
    return np.asarray(np.diff(records.bid_offsets) > 0)


def _winner(records: Records) -> BoolArray:
    return np.asarray(records.winner_rows.sizes > 0)


def _price(records: Records) -> BoolArray:
    return np.isfinite(records.price)


def _contract(records: Records) -> BoolArray:
    return np.isfinite(signed(records))


TRADE_COLUMNS = (
    "buyer_id",
    "agency_id",
    "category",
    "method",
    "price_rule",
    "region",
    "currency",
    "estimate",
    "ceiling",
    "reserve",
    "published_at",
    "documents_from_at",
    "documents_to_at",
    "deadline_at",
    "opened_at",
    "awarded_at",
    "publicised_at",
    "utc_offset",
    "previous_trade_id",
)

COMMON_NEEDS: dict[str, Callable[[Records], BoolArray]] = {
    **{f"trades.{column}": partial(_trade_column, column) for column in TRADE_COLUMNS},
    "bids": _some_bid,
    "bids.amount": _offers,
    "bids.submitted_at": _arrivals,
    "bids.score": _scores,
    "bids.winner": _winner,
    "price": _price,
    "contracts.signed_at": _contract,
}


def signed(records: Records) -> FloatArray:
    """When the first contract of each trade was signed, in seconds; NaN if none is known."""
    contracts = records.contracts
    first = contracts.groupby("trade_id")["signed_at"].min()
    instants = first.reindex(list(records.trade_ids)).to_numpy().astype("datetime64[s]")
    return np.where(np.isnat(instants), np.nan, instants.astype(np.int64).astype(np.float64))


def _prices_compete(records: Records) -> BoolArray:
    return ~records.trades["price_rule"].isin(WITHOUT_PRICE_COMPETITION).to_numpy(dtype=bool)


def _is_purchase(records: Records) -> BoolArray:
    return ~records.is_sale


def _has_sole_winner(records: Records) -> BoolArray:
    return np.asarray((records.sole_winner >= 0) | (records.winner_rows.sizes == 0))


COMPETING_PRICES = Guard(
    Phrase("prices do not compete under this price rule", "该成交规则下不以价格竞争"), _prices_compete
)
PURCHASE = Guard(Phrase("applies to purchases only", "仅适用于采购类交易"), _is_purchase)
SALE = Guard(
    Phrase("applies to sales only", "仅适用于出让类交易"),
    lambda records: records.is_sale,
)
SOLE_WINNER = Guard(Phrase("the lot has several winners", "该标段有多个中标人"), _has_sole_winner)
