"""Money that was paid under a contract, and deposits that were returned."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Guard, Phrase
from detector.records import SECONDS_A_DAY, Records
from detector.rules.fact import Measure, Members, fact
from detector.rules.facts.contracting import originals
from detector.rules.facts.rows import apart, largest, members, smallest, spread

A_MONTH = 31 * SECONDS_A_DAY
SIGNED = Phrase("signature", "合同签订")
NOTHING_PAID = Phrase("no payment under a contract that is known", "无已知合同项下的支付")


class _Paid(NamedTuple):
    """Dated payments in the order of their dates within each contract.

    `contract` and `trade` are rows, `paid` seconds, `amount` and `sum_so_far` money, `row` the row of payments.
    """

    contract: IntArray
    trade: IntArray
    paid: FloatArray
    amount: FloatArray
    sum_so_far: FloatArray
    row: IntArray


def _paid(records: Records) -> _Paid:
    payments = records.payments
    contract = pd.Index(records.contracts["contract_id"]).get_indexer(pd.Index(payments["contract_id"]))
    paid = records.instants("payments", "paid_at")
    amount = payments["amount"].to_numpy(dtype=np.float64)
    rows = np.flatnonzero((contract >= 0) & np.isfinite(paid) & np.isfinite(amount))
    rows = rows[np.lexsort((paid[rows], contract[rows]))]
    contract = contract[rows]
    total = np.cumsum(amount[rows])
    first = np.flatnonzero(np.r_[True, contract[1:] != contract[:-1]]) if len(rows) else rows
    before = np.repeat((total - amount[rows])[first], np.diff(np.r_[first, len(rows)]))
    return _Paid(contract, records.trade_of("payments")[rows], paid[rows], amount[rows], total - before, rows)


def _of_contract(records: Records, column: str, rows: IntArray) -> FloatArray:
    return records.contracts[column].to_numpy(dtype=np.float64)[rows]


@fact(
    evidence="execution",
    unit="days",
    period=True,
    needs=("contracts.signed_at", "contracts.amount", "payments.paid_at", "payments.amount"),
    names=(SIGNED, Phrase("paid in full", "付清")),
    title=Phrase("time until the price was paid in full", "合同签订至付清全部价款的期限"),
    silent=Phrase("the recorded payments do not add up to the price", "已记录的支付尚未达到合同金额"),
)
def full_payment_delay(records: Records) -> Measure:
    """Days from the signature to the payment that completes the price. 合同签订至付清价款的天数。"""
    paid = _paid(records)
    done = paid.sum_so_far >= _of_contract(records, "amount", paid.contract) * (1 - 1e-9)
    first = smallest(paid.contract, np.where(done, paid.paid, np.nan), len(records.contracts))
    signed = records.instants("contracts", "signed_at")
    full = spread(first, paid.paid)
    chosen = largest(records.trade_of("contracts"), full - signed, len(records))
    start, end = spread(chosen, signed), spread(chosen, full)
    here = np.flatnonzero(chosen >= 0)
    found = Members("payments", "paid_at", here, paid.row[first[chosen[here]]])
    return Measure((end - start) / SECONDS_A_DAY, compared=(start, end), members=(found,))


def _least_share(records: Records, paid: _Paid, counted: BoolArray, which: BoolArray) -> Measure:
    """Share of each contract's price that its `counted` payments make, the least of a trade's contracts."""
    mine = paid.contract[counted]
    total = np.bincount(mine, weights=paid.amount[counted], minlength=len(records.contracts)).astype(
        np.float64
    )
    price = records.contracts["amount"].to_numpy(dtype=np.float64)
    share = np.where(which, total / price, np.nan)
    chosen = smallest(records.trade_of("contracts"), share, len(records))
    first, second = spread(chosen, total), spread(chosen, price)
    return Measure(
        first / second, compared=(first, second), members=(members("contracts", "amount", chosen),)
    )


@fact(
    evidence="execution",
    unit="share",
    needs=("contracts.signed_at", "contracts.amount", "payments.paid_at", "payments.amount"),
    names=(Phrase("paid within a month", "一个月内已付"), Phrase("price", "合同金额")),
    title=Phrase("share of the price paid within a month of signature", "合同签订一个月内付款占价款之比"),
    silent=NOTHING_PAID,
)
def first_month_share(records: Records) -> Measure:
    """Share of the price paid within 31 days of the signature. 合同签订后31天内支付的价款占比。"""
    paid = _paid(records)
    signed = records.instants("contracts", "signed_at")
    early = paid.paid <= signed[paid.contract] + A_MONTH
    # Only once the month is over can it be said.
    which = originals(records) & (signed + A_MONTH <= records.as_of_seconds)
    which &= np.bincount(paid.contract, minlength=len(which)) > 0
    return _least_share(records, paid, early, which)


@fact(
    evidence="execution",
    unit="share",
    needs=("contracts.amount", "payments.paid_at", "payments.amount"),
    names=(Phrase("first payment", "首期付款"), Phrase("price", "合同金额")),
    title=Phrase("share of the price that the first payment makes", "首期付款占价款之比"),
    silent=NOTHING_PAID,
)
def first_payment_share(records: Records) -> Measure:
    """Share of the price that the first payment makes. 首期付款占合同价款的比例。"""
    paid = _paid(records)
    first = np.r_[True, paid.contract[1:] != paid.contract[:-1]] if len(paid.row) else np.zeros(0, dtype=bool)
    which = originals(records) & (np.bincount(paid.contract, minlength=len(records.contracts)) > 0)
    return _least_share(records, paid, np.asarray(first, dtype=bool), which)


@fact(
    evidence="execution",
    unit="share",
    needs=("contracts.handed_over_at", "contracts.amount", "payments.paid_at", "payments.amount"),
    names=(Phrase("paid by then", "当时已付"), Phrase("price", "合同金额")),
    title=Phrase("share of the price paid when it was handed over", "交付（发证）时已付价款占比"),
    silent=NOTHING_PAID,
)
def paid_at_handover(records: Records) -> Measure:
    """Share of the price paid by the day of the handover. 交付（发证）之日已支付的价款占比。"""
    paid = _paid(records)
    handed = records.instants("contracts", "handed_over_at")
    by_then = paid.paid <= handed[paid.contract] + SECONDS_A_DAY
    which = originals(records) & np.isfinite(handed)
    which &= np.bincount(paid.contract, minlength=len(which)) > 0
    return _least_share(records, paid, by_then, which)


@fact(
    evidence="execution",
    unit="days",
    period=True,
    needs=("trades.notified_at", "payments.paid_at"),
    columns=("trades.notified_at",),
    names=(Phrase("award notice", "通知书发出"), Phrase("first payment", "首次付款")),
    title=Phrase("first payment after the award notice", "通知书发出至首次付款的天数"),
)
def payment_after_notice(records: Records) -> Measure:
    """Days from the award notice to the first payment; negative if paid before.

    通知书至首次付款的天数，早于通知书为负。
    """
    of, paid = records.trade_of("payments"), records.instants("payments", "paid_at")
    chosen = smallest(of, paid, len(records))
    notified, first = records.seconds("notified_at"), spread(chosen, paid)
    found = members("payments", "paid_at", chosen)
    return Measure((first - notified) / SECONDS_A_DAY, compared=(notified, first), members=(found,))


def _small_suppliers(records: Records) -> BoolArray:
    """Whether each contract is with a small or medium enterprise."""
    sme = records.parties.set_index("party_id")["sme"].reindex(records.contracts["bidder_id"])
    return np.asarray((sme == 1.0).to_numpy(dtype=bool))


@fact(
    evidence="execution",
    unit="days",
    period=True,
    needs=("contracts.accepted_at", "contracts.bidder_id", "payments.paid_at"),
    guards=(
        Guard(
            Phrase("no supplier is known as a small or medium enterprise", "中标人未标明为中小企业"),
            lambda records: (
                np.bincount(
                    records.trade_of("contracts"), weights=_small_suppliers(records), minlength=len(records)
                )
                > 0
            ),
        ),
    ),
    names=(Phrase("accepted", "验收"), Phrase("last payment", "最后一次付款")),
    title=Phrase(
        "time from acceptance to the last payment to a small enterprise", "验收后向中小企业付清款项的期限"
    ),
)
def small_supplier_payment_delay(records: Records) -> Measure:
    """Days from acceptance to the last payment, where the supplier is a small enterprise.

    验收至最后一次付款的天数（中小企业）。
    """
    paid = _paid(records)
    last = largest(paid.contract, paid.paid, len(records.contracts))
    accepted = np.where(_small_suppliers(records), records.instants("contracts", "accepted_at"), np.nan)
    end = spread(last, paid.paid)
    return apart(records.trade_of("contracts"), accepted, end, len(records), ("contracts", "accepted_at"))


def _returned(records: Records, start: FloatArray, of_winners: bool) -> Measure:
    won = (records.bids["winner"] == 1.0).to_numpy(dtype=bool)
    returned = records.instants("bids", "deposit_returned_at")
    end = np.where(won == of_winners, returned, np.nan)
    sources = ("bids", "deposit_returned_at")
    return apart(records.bid_trade, start[records.bid_trade], end, len(records), sources)


@fact(
    evidence="execution",
    unit="days",
    period=True,
    needs=("contracts.signed_at", "bids.deposit_returned_at"),
    names=(SIGNED, Phrase("deposit returned", "保证金退还")),
    title=Phrase("time until the winner's deposit was returned", "签约后退还中标人保证金的期限"),
)
def winner_deposit_delay(records: Records) -> Measure:
    """Days from the signature to the return of the winner's deposit. 合同签订至退还中标人保证金的天数。"""
    of, signed = records.trade_of("contracts"), records.instants("contracts", "signed_at")
    first = spread(smallest(of, np.where(originals(records), signed, np.nan), len(records)), signed)
    return _returned(records, first, of_winners=True)


@fact(
    evidence="execution",
    unit="days",
    period=True,
    needs=("trades.notified_at", "bids.deposit_returned_at"),
    columns=("trades.notified_at",),
    names=(Phrase("award notice", "通知书发出"), Phrase("deposit returned", "保证金退还")),
    title=Phrase("time until the losers' deposits were returned", "通知书发出后退还未中标人保证金的期限"),
)
def loser_deposit_delay(records: Records) -> Measure:
    """Days from the award notice to the last return of a loser's deposit.

    通知书发出至最后退还未中标人保证金的天数。
    """
    return _returned(records, records.seconds("notified_at"), of_winners=False)


@fact(
    evidence="execution",
    unit="ratio",
    needs=("contracts.amount", "payments.amount", "payments.paid_at"),
    names=(Phrase("paid in total", "累计支付"), Phrase("price", "合同金额")),
    title=Phrase("payments over the price", "累计支付与合同金额之比"),
    silent=NOTHING_PAID,
)
def paid_over_price(records: Records) -> Measure:
    """All payments under a contract over its price, of several contracts the largest.

    累计支付除以合同金额（多份合同取最大者）。
    """
    paid = _paid(records)
    total = np.bincount(paid.contract, weights=paid.amount, minlength=len(records.contracts)).astype(
        np.float64
    )
    price = records.contracts["amount"].to_numpy(dtype=np.float64)
    share = np.where(np.bincount(paid.contract, minlength=len(price)) > 0, total / price, np.nan)
    chosen = largest(records.trade_of("contracts"), share, len(records))
    first, second = spread(chosen, total), spread(chosen, price)
    found = members("contracts", "amount", chosen)
    return Measure(first / second, compared=(first, second), members=(found,))


FAMILY = (
    full_payment_delay,
    first_month_share,
    first_payment_share,
    paid_at_handover,
    paid_over_price,
    payment_after_notice,
    small_supplier_payment_delay,
    winner_deposit_delay,
    loser_deposit_delay,
)
