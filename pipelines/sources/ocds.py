"""OCDS 1.1 releases as canonical rows: which process, which lots, which parties.

Decisions that the standard leaves open:

* With `tender.lots` each lot is a trade (``ocid/lot``), else the process is one. Where one amount covers
  several lots it stays empty: it is nobody's price.
* `awarded` needs an award that is active (or has no status). A complete tender whose awards are all
  unsuccessful or cancelled *failed*; one without any award has no status, for its outcome was not published.
* Instants without offset are taken as UTC and leave `utc_offset` empty.
* `tender.amendments` tell when the documents were last amended, not whether that matters to bidders.
* `contracts.implementation.transactions` are the payments, in the order of their dates; amendments of a contract
  are its changes, whose price the standard does not give. Where `parties.details.scale` says so, a firm is small.
* Contact points, persons, addresses, telephone numbers and e-mail addresses are never read.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from detector.contract import ROW, Problem, shown
from detector.schema import TABLES
from pipelines.sources.ocds_awarding import Awarding
from pipelines.sources.ocds_bids import award_rows
from pipelines.sources.ocds_files import Release, read_releases
from pipelines.sources.ocds_implementation import implementation_rows
from pipelines.sources.ocds_parts import entries, later, named, part, texts
from pipelines.sources.rows import Row, fit, read_instant

__all__ = ["Process", "Release", "read_releases", "to_rows"]

KINDS = {"works": "works", "goods": "goods", "services": "services"}
METHODS = {"open": "open", "selective": "selective", "limited": "limited", "direct": "direct"}
PRICE_RULES = {
    "priceonly": "lowest",
    "lowestcost": "lowest",
    "qualitycostbased": "quality_and_price",
    "ratedcriteria": "quality_and_price",
    "bestproposal": "quality_and_price",
    "bestvaluetogovernment": "quality_and_price",
}
STATUSES = {
    "planning": "planned",
    "planned": "planned",
    "active": "open",
    "cancelled": "cancelled",
    "unsuccessful": "failed",
    "withdrawn": "withdrawn",
}
ROLES = (
    ("buyer", "buyer"),
    ("procuringEntity", "agency"),
    ("tenderer", "supplier"),
    ("supplier", "supplier"),
)


class Process(NamedTuple):
    """All canonical rows of one contracting process, in the column order of the tables."""

    process_id: str
    recorded_at: datetime | None
    trades: list[Row]
    bids: list[Row]
    parties: list[Row]
    contracts: list[Row]
    changes: list[Row]
    payments: list[Row]


def to_rows(release: Mapping[str, Any], place: str) -> tuple[Process, list[Problem]]:
    """The rows of one release, and what had to be set aside; `place` is its file and line."""
    problems: list[Problem] = []
    ocid = str(release["ocid"]).strip()
    tender = part(release, "tender")
    lots = entries(tender, "lots")
    awarding = Awarding.of(release, ocid, [named(lot, "id") for lot in lots], place, problems)
    common = _common(release, tender, ocid)
    trades: list[Row] = []
    kept: set[str] = set()
    for lot in lots or [tender]:
        raw = {**common, **_lot(lot, tender, awarding, is_lot=bool(lots), only=len(lots) < 2)}
        row = None if raw["trade_id"] in kept else fit(TABLES["trades"], raw, place, problems)
        if row is not None:
            trades.append(row)
            kept.add(row[0])
        elif raw["trade_id"] in kept:
            reason = "the key is repeated: one row of a key can be used"
            problems.append(
                Problem(
                    place, "trades", shown(raw["trade_id"]), "trade_id", shown(raw["trade_id"]), reason, ROW
                )
            )
    bids, contracts = award_rows(awarding, kept)
    recorded = trades[0][-1] if trades else None
    parties = list(_parties(release, tender, place, problems))
    changes, payments = implementation_rows(awarding, contracts)
    return Process(ocid, recorded, trades, bids, parties, contracts, changes, payments), problems


def _common(release: Mapping[str, Any], tender: Mapping[str, Any], ocid: str) -> dict[str, Any]:
    """What all lots of a process share."""
    period, opening = part(tender, "tenderPeriod"), _opening(release, tender)
    buyer, entity = _buyer_and_entity(release, tender)
    instants = (period.get("endDate"), period.get("startDate"), opening, release.get("date"))
    return {
        "process_id": ocid,
        "kind": _coded(KINDS, tender.get("mainProcurementCategory")),
        "side": "buy",
        "method": _coded(METHODS, tender.get("procurementMethod")),
        "buyer_id": buyer or entity,
        "agency_id": entity if buyer and entity != buyer else None,
        "published_at": period.get("startDate"),
        "deadline_at": period.get("endDate"),
        "opened_at": opening,
        "amended_at": _amended(tender),
        "utc_offset": next((offset for value in instants if (offset := _offset(value)) is not None), None),
        "recorded_at": release.get("date"),
    }


def _lot(
    lot: Mapping[str, Any], tender: Mapping[str, Any], awarding: Awarding, *, is_lot: bool, only: bool
) -> dict[str, Any]:
    """What belongs to one lot; the value of the whole tender is that of its only lot."""
    lot_id = named(lot, "id") if is_lot else None
    trade_id = awarding.trade_id(lot_id) if lot_id or not is_lot else None
    value = part(lot, "value") or (part(tender, "value") if only else {})
    own = awarding.awards_of(trade_id)
    active = [award for award in own if award.active]
    return {
        "trade_id": trade_id,
        "title": lot.get("title") or tender.get("title"),
        "category": _category(tender, lot_id),
        "price_rule": _price_rule(lot) or _price_rule(tender),
        "region": _region(tender, lot_id),
        "currency": value.get("currency"),
        "estimate": value.get("amount"),
        "awarded_at": later(award.date for award in active),
        "status": _status(lot.get("status") or tender.get("status"), len(own), len(active)),
    }


def _status(told: Any, awards: int, active: int) -> str | None:
    stated = STATUSES.get(told) if isinstance(told, str) else None
    if stated in ("cancelled", "withdrawn", "failed"):
        return stated
    if active:
        return "awarded"
    if told == "complete":
        return "failed" if awards else None
    return stated


def _coded(codes: Mapping[str, str], value: Any) -> str | None:
    """Our code for a code of the standard; `other` for one it does not know, nothing for none."""
    return codes.get(value, "other") if isinstance(value, str) and value else None


def _price_rule(section: Mapping[str, Any]) -> str | None:
    for name in ("awardCriteria", "awardCriteriaDetails"):
        told = section.get(name)
        if isinstance(told, str) and told.strip().lower() in PRICE_RULES:
            return PRICE_RULES[told.strip().lower()]
    return None


def _items(tender: Mapping[str, Any], lot_id: str | None) -> Iterator[Mapping[str, Any]]:
    for item in entries(tender, "items"):
        if lot_id is None or named(item, "relatedLot") in (None, lot_id):
            yield item


def _category(tender: Mapping[str, Any], lot_id: str | None) -> str | None:
    for item in _items(tender, lot_id):
        classification = part(item, "classification")
        code, scheme = named(classification, "id"), named(classification, "scheme")
        if code:
            return f"{scheme}:{code}" if scheme else code
    return None


def _region(tender: Mapping[str, Any], lot_id: str | None) -> str | None:
    regions = (named(part(item, "deliveryAddress"), "region") for item in _items(tender, lot_id))
    return next((region for region in regions if region), None)


def _opening(release: Mapping[str, Any], tender: Mapping[str, Any]) -> Any:
    for section in (
        part(tender, "bidOpening"),
        part(part(release, "bids"), "bidOpening"),
        part(release, "bidOpening"),
    ):
        if section.get("date"):
            return section["date"]
    return None


def _amended(tender: Mapping[str, Any]) -> Any:
    """The last amendment of the documents that can be read; ISO dates sort as they come."""
    told = [entry.get("date") for entry in entries(tender, "amendments")]
    return max(
        (date for date in told if isinstance(date, str) and _readable(date)), default=None, key=read_instant
    )


def _readable(date: str) -> bool:
    try:
        read_instant(date)
    except ValueError:
        return False
    return True


def _offset(value: Any) -> int | None:
    """Minutes between local time and UTC, where an instant tells."""
    if not isinstance(value, str):
        return None
    try:
        offset = datetime.fromisoformat(value.strip()).utcoffset()
    except ValueError:
        return None
    return None if offset is None else round(offset.total_seconds() / 60)


def _buyer_and_entity(release: Mapping[str, Any], tender: Mapping[str, Any]) -> tuple[str | None, str | None]:
    buyer, entity = named(part(release, "buyer"), "id"), named(part(tender, "procuringEntity"), "id")
    for party in () if buyer and entity else entries(release, "parties"):
        roles = texts(party, "roles")
        buyer = buyer or (named(party, "id") if "buyer" in roles else None)
        entity = entity or (named(party, "id") if "procuringEntity" in roles else None)
    return buyer, entity


def _small(scale: Any) -> int | None:
    """Whether a firm is small or medium, by the scale of the standard."""
    if scale in ("micro", "small", "medium", "sme"):
        return 1
    return 0 if scale == "large" else None


def _parties(
    release: Mapping[str, Any], tender: Mapping[str, Any], place: str, problems: list[Problem]
) -> Iterator[Row]:
    """Organisations: identifier, name, main role and region. Nothing about people."""
    references: list[tuple[Mapping[str, Any], str]] = [(part(release, "buyer"), "buyer")]
    references += [(part(tender, "procuringEntity"), "procuringEntity")]
    references += [(bidder, "tenderer") for bidder in entries(tender, "tenderers")]
    for bid in entries(part(release, "bids"), "details"):
        references += [(bidder, "tenderer") for bidder in entries(bid, "tenderers")]
    for award in entries(release, "awards"):
        references += [(supplier, "supplier") for supplier in entries(award, "suppliers")]
    seen: set[str | None] = {None}
    listed = [(party, "") for party in entries(release, "parties")]
    for party, role in listed + references:
        party_id = named(party, "id")
        if party_id in seen:
            continue
        seen.add(party_id)
        roles = (role,) if role else texts(party, "roles")
        raw = {
            "party_id": party_id,
            "name": party.get("name"),
            "kind": next((kind for name, kind in ROLES if name in roles), "other"),
            "region": named(part(party, "address"), "region"),
            "sme": _small(part(party, "details").get("scale")),
        }
        row = fit(TABLES["parties"], raw, place, problems)
        if row is not None:
            yield row
