"""OCDS bids and awards of one process, and the lots that they are for.

A release without any `bids.details` still tells who bid: awarded suppliers and `tender.tenderers` become bids
without amount. What names no lot, where there are several, cannot be used and is reported.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, Self

from detector.contract import ROW, VALUE, Problem, shown
from detector.reading import expectation
from detector.schema import BID_STATUSES, TABLES
from pipelines.sources.ocds_parts import entries, misshapen, named, part, texts
from pipelines.sources.rows import read_instant, read_money


class Award(NamedTuple):
    """One award; without status it counts as active."""

    id: str | None
    active: bool
    date: datetime | None
    suppliers: tuple[str, ...]
    amount: Decimal | None
    currency: str | None
    bid_ids: tuple[str, ...]
    trade_ids: tuple[str, ...]


class Bid(NamedTuple):
    """One bid as published; several tenderers hand it in together."""

    id: str | None
    tenderers: tuple[str, ...]
    trade_ids: tuple[str, ...]
    status: Any
    date: Any
    value: Mapping[str, Any]
    reason: Any = None


@dataclass
class Awarding:
    """Bids, awards and contracts of a process, sorted by the trades they are for."""

    ocid: str
    lot_ids: tuple[str, ...]
    place: str
    problems: list[Problem]
    bids: dict[str, list[Bid]] = field(default_factory=lambda: defaultdict(list))
    awards: list[Award] = field(default_factory=list)
    contracts: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def of(
        cls,
        release: Mapping[str, Any],
        ocid: str,
        lot_ids: Iterable[str | None],
        place: str,
        problems: list[Problem],
    ) -> Self:
        """Read them from a release; what cannot be used is appended to `problems`."""
        self = cls(ocid, tuple(dict.fromkeys(lot for lot in lot_ids if lot)), place, problems)
        for table, path, found in misshapen(release):
            self.report(table, ocid, path, found, "expected an object, as in OCDS 1.1", VALUE)
        details = entries(part(release, "bids"), "details")
        bids = [self._bid(raw) for raw in details]
        lots_of_bids = {bid.id: bid.trade_ids for bid in bids if bid is not None}
        self.awards = [self._award(raw, lots_of_bids) for raw in entries(release, "awards")]
        if not details:
            bids = self._bids_without_details(part(release, "tender"))
        for bid in bids:
            for trade_id in bid.trade_ids if bid is not None else ():
                self.bids[trade_id].append(bid)  # type: ignore[arg-type]
        self.contracts = entries(release, "contracts")
        return self

    @property
    def trade_ids(self) -> tuple[str, ...]:
        """Every trade of the process."""
        return tuple(self.trade_id(lot) for lot in self.lot_ids) or (self.ocid,)

    def trade_id(self, lot_id: str | None) -> str:
        """The trade of a lot; of the process as a whole without one."""
        return f"{self.ocid}/{lot_id}" if lot_id else self.ocid

    def awards_of(self, trade_id: str | None) -> list[Award]:
        """Awards that cover a trade."""
        return [award for award in self.awards if trade_id in award.trade_ids]

    def report(self, table: str, key: Any, column: str, found: Any, reason: str, effect: str) -> None:
        """Set something aside."""
        problem = Problem(self.place, table, shown(key), column, shown(found), reason, effect)
        self.problems.append(problem)

    def trades_named(self, raw: Mapping[str, Any], what: str, hint: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Trades that a bid, award or contract says it is for; reports where that cannot be told."""
        if not self.lot_ids:
            return (self.ocid,)
        told = texts(raw, "relatedLots") or ((str(raw["relatedLot"]),) if raw.get("relatedLot") else ())
        known = tuple(self.trade_id(lot.strip()) for lot in told if lot.strip() in self.lot_ids)
        for lot in told:
            if lot.strip() not in self.lot_ids:
                self.report(
                    "bids",
                    f"{self.ocid} / {named(raw, 'id')}",
                    "trade_id",
                    lot,
                    f"{what} of an unknown lot",
                    ROW,
                )
        if told or hint:
            return tuple(dict.fromkeys(known if told else hint))
        if len(self.lot_ids) == 1:
            return self.trade_ids
        key = f"{self.ocid} / {shown(named(raw, 'id'))}"
        self.report(
            "bids", key, "trade_id", None, f"{what} without relatedLots in a tender of several lots", ROW
        )
        return ()

    def _bid(self, raw: Mapping[str, Any]) -> Bid | None:
        key = f"{self.ocid} / {shown(named(raw, 'id'))}"
        status = raw.get("status")
        if status not in BID_STATUSES:
            required = f"required: {expectation(TABLES['bids']['status'])}"
            self.report("bids", key, "status", status, required, ROW)
            return None
        tenderers = tuple(dict.fromkeys(i for t in entries(raw, "tenderers") if (i := named(t, "id"))))
        if not tenderers:
            self.report("bids", key, "bidder_id", None, "required: a bid names its tenderers", ROW)
            return None
        reason = raw.get("statusDetails") if status in ("disqualified", "withdrawn") else None
        trades = self.trades_named(raw, "a bid")
        return Bid(named(raw, "id"), tenderers, trades, status, raw.get("date"), part(raw, "value"), reason)

    def _award(self, raw: Mapping[str, Any], lots_of_bids: Mapping[str | None, tuple[str, ...]]) -> Award:
        suppliers = tuple(dict.fromkeys(i for s in entries(raw, "suppliers") if (i := named(s, "id"))))
        bid_ids = texts(raw, "relatedBids") or tuple(filter(None, (named(raw, "relatedBid"),)))
        hint = tuple(trade for bid_id in bid_ids for trade in lots_of_bids.get(bid_id, ()))
        key = f"{self.ocid} / {shown(named(raw, 'id'))}"
        value = part(raw, "value")
        date = amount = None
        try:
            date = read_instant(raw["date"]) if raw.get("date") else None
        except (ValueError, TypeError, AttributeError, OverflowError):
            self.report(
                "trades", key, "awarded_at", raw["date"], expectation(TABLES["trades"]["awarded_at"]), VALUE
            )
        try:
            amount = read_money(value["amount"]) if value.get("amount") is not None else None
        except (ValueError, InvalidOperation):
            expected = expectation(TABLES["bids"]["awarded_amount"])
            self.report("bids", key, "awarded_amount", value["amount"], expected, VALUE)
        trades = self.trades_named(raw, "an award", hint)
        active = raw.get("status") in (None, "active")
        return Award(
            named(raw, "id"), active, date, suppliers, amount, named(value, "currency"), bid_ids, trades
        )

    def _bids_without_details(self, tender: Mapping[str, Any]) -> list[Bid | None]:
        awarded: dict[tuple[str, ...], tuple[str, ...]] = {}
        for award in self.awards:
            if award.active and award.suppliers:
                trades = awarded.get(award.suppliers, ()) + award.trade_ids
                awarded[award.suppliers] = tuple(dict.fromkeys(trades))
        known = {supplier for suppliers in awarded for supplier in suppliers}
        others = [i for t in entries(tender, "tenderers") if (i := named(t, "id")) and i not in known]
        if others and len(self.trade_ids) > 1:
            reason = "tenderers of several lots without bids: who bid for which lot cannot be told"
            self.report("bids", self.ocid, "trade_id", f"{len(others)} tenderers", reason, ROW)
            others = []
        bids: list[Bid | None] = [
            Bid(None, names, trades, "valid", None, {}) for names, trades in awarded.items()
        ]
        return bids + [
            Bid(None, (name,), self.trade_ids, "valid", None, {}) for name in dict.fromkeys(others)
        ]
