"""OCDS bids, awards and contracts as canonical rows: order, winners, amounts.

Decisions that the standard leaves open:

* `winner` is 1 or 0 only where the lot has an active award; else it is empty, for nothing was decided.
  The bid is found by `relatedBid`, else among the bids of the awarded suppliers: the same members, valid,
  the awarded amount, the last one, in this order.
* One amount for several lots, several bids or in several currencies is nobody's: it is set aside.
* A contract of a joint award names the first supplier.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from detector.contract import ROW, VALUE, shown
from detector.schema import TABLES
from pipelines.sources.ocds_awarding import Award, Awarding, Bid
from pipelines.sources.ocds_parts import named, part
from pipelines.sources.rows import Row, fit, read_instant


def award_rows(awarding: Awarding, kept: set[str]) -> tuple[list[Row], list[Row]]:
    """Rows of bids and contracts for the trades that were kept."""
    bids: list[Row] = []
    for trade_id, own in awarding.bids.items():
        if trade_id in kept:
            bids += _bid_rows(awarding, trade_id, own)
        else:
            reason = "the trade they belong to was set aside"
            awarding.report("bids", trade_id, "trade_id", f"{len(own)} bids", reason, ROW)
    contracts: dict[str, Row] = {}
    for raw in awarding.contracts:
        row = _contract_row(awarding, raw, kept)
        if row is not None and row[0] in contracts:
            reason = "the key is repeated: one row of a key can be used"
            awarding.report("contracts", row[0], "contract_id", row[0], reason, ROW)
        elif row is not None:
            contracts[row[0]] = row
    return bids, list(contracts.values())


def _bid_rows(awarding: Awarding, trade_id: str, bids: list[Bid]) -> list[Row]:
    ordered = _in_order(awarding, trade_id, bids)
    awards = [award for award in awarding.awards_of(trade_id) if award.active]
    won = _won(awarding, ordered, awards)
    seqs: Counter[str] = Counter()
    rows = []
    for position, bid in enumerate(ordered):
        amount = bid.value.get("amount") if len(bid.trade_ids) == 1 else None
        if amount is None and bid.value.get("amount") is not None:
            awarding.report(
                "bids",
                f"{trade_id} / {bid.id}",
                "amount",
                bid.value["amount"],
                "one amount for several lots",
                VALUE,
            )
        awarded, currency = _awarded(awarding, trade_id, bid, won.get(position, ()))
        for tenderer in bid.tenderers:
            seqs[tenderer] += 1
            raw = {
                "trade_id": trade_id,
                "bidder_id": tenderer,
                "seq": seqs[tenderer],
                "amount": amount,
                "currency": currency,
                "status": bid.status,
                "reason": bid.reason,
                "submitted_at": bid.date,
                "winner": int(position in won) if awards else None,
                "awarded_amount": awarded,
                "consortium_id": (bid.id or bid.tenderers[0]) if len(bid.tenderers) > 1 else None,
            }
            row = fit(TABLES["bids"], raw, awarding.place, awarding.problems)
            if row is not None:
                rows.append(row)
    return rows


def _in_order(awarding: Awarding, trade_id: str, bids: list[Bid]) -> list[Bid]:
    """By date and identifier, undated ones last; a bid whose identifier is repeated is set aside."""
    seen: set[str] = set()
    single = []
    for bid in bids:
        if bid.id is not None and bid.id in seen:
            reason = "the bid identifier is repeated: one bid of an identifier can be used"
            awarding.report("bids", f"{trade_id} / {bid.id}", "bidder_id", bid.tenderers[0], reason, ROW)
            continue
        seen.add(bid.id or "")
        single.append(bid)
    return sorted(single, key=lambda bid: (_moment(bid.date), bid.id or "", bid.tenderers))


def _moment(date: Any) -> datetime:
    try:
        return read_instant(date)
    except (ValueError, TypeError, AttributeError, OverflowError):
        return datetime.max  # noqa: DTZ901 - instants are naive UTC here


def _won(awarding: Awarding, bids: list[Bid], awards: list[Award]) -> dict[int, list[tuple[Award, bool]]]:
    """Awards of each winning bid, by its position, and whether the award is for this bid alone."""
    by_id = {bid.id: position for position, bid in enumerate(bids) if bid.id is not None}
    won: dict[int, list[tuple[Award, bool]]] = defaultdict(list)
    for award in awards:
        winners = {by_id[bid_id] for bid_id in award.bid_ids if bid_id in by_id}
        winners = winners or _bids_of_suppliers(bids, award)
        alone = len(winners) == 1 and len(award.trade_ids) == 1
        for position in winners:
            won[position].append((award, alone))
        if not winners:
            found = " ".join(award.bid_ids + award.suppliers)
            reason = "an award to a bid and suppliers that are not among the bids"
            awarding.report("bids", f"{awarding.ocid} / {shown(award.id)}", "winner", found, reason, VALUE)
    return won


def _bids_of_suppliers(bids: list[Bid], award: Award) -> set[int]:
    suppliers = set(award.suppliers)
    best: dict[str, tuple[tuple[bool, ...], int]] = {}
    for position, bid in enumerate(bids):
        members = suppliers.intersection(bid.tenderers)
        same_amount = award.amount is not None and bid.value.get("amount") == award.amount
        rank = ((len(members) == len(bid.tenderers), bid.status == "valid", same_amount), position)
        for supplier in members:
            best[supplier] = max(best.get(supplier, rank), rank)
    return {position for _, position in best.values()}


def _awarded(
    awarding: Awarding, trade_id: str, bid: Bid, awards: Sequence[tuple[Award, bool]]
) -> tuple[Decimal | None, str | None]:
    """The value awarded to a bid and the currency of the row."""
    currencies = [named(bid.value, "currency")] + [
        award.currency for award, _ in awards if award.amount is not None
    ]
    told = list(dict.fromkeys(currency for currency in currencies if currency))
    amounts = [award.amount for award, _ in awards if award.amount is not None]
    currency = told[0] if told else None
    if not amounts or len(amounts) < len(awards):
        return None, currency
    if len(told) > 1 or not all(alone for _, alone in awards):
        reason = "amounts in several currencies" if len(told) > 1 else "one award for several bids or lots"
        awarding.report("bids", f"{trade_id} / {bid.id}", "awarded_amount", amounts[0], reason, VALUE)
        return None, currency
    return sum(amounts, Decimal(0)), currency


def _contract_row(awarding: Awarding, raw: Mapping[str, Any], kept: set[str]) -> Row | None:
    contract_id, award_id = named(raw, "id"), named(raw, "awardID")
    award = next((award for award in awarding.awards if award_id and award.id == award_id), None)
    trades = award.trade_ids if award is not None else awarding.trades_named(raw, "a contract")
    value = part(raw, "value")
    fields = {
        "contract_id": f"{awarding.ocid}/{contract_id}" if contract_id else None,
        "trade_id": next((trade for trade in trades if trade in kept), None),
        "bidder_id": award.suppliers[0] if award and award.suppliers else None,
        "signed_at": raw.get("dateSigned"),
        "amount": value.get("amount"),
        "currency": value.get("currency"),
        "status": raw.get("status"),
    }
    return fit(TABLES["contracts"], fields, awarding.place, awarding.problems)
