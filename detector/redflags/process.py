"""One contracting process, as the red flags look at it: who offered what, who won, what can be compared."""

import math
from collections.abc import Callable, Set
from typing import Any, NamedTuple

from detector.redflags.ocds import Award, Bid, Release, Tender

NOT_SUBMITTED = {"invited", "withdrawn"}
VALID, DISQUALIFIED, ACTIVE = "valid", "disqualified", "active"
FINAL = {ACTIVE, "cancelled", "unsuccessful"}


class Offer(NamedTuple):
    """A bid that was handed in: pending, valid or disqualified."""

    status: str
    date: Any
    tenderers: list[str]
    """Identifiers that are text, in the order of the bid; a repeated one is repeated."""
    sole: str | None
    """The tenderer of a bid that names exactly one."""


class Price(NamedTuple):
    """The amount of an offer that has a number and a currency."""

    amount: float
    currency: str
    offer: Offer


class Process(NamedTuple):
    """A compiled release with what several indicators need from it worked out once."""

    ocid: str
    release: Release
    tender: Tender | None
    offers: list[Offer]
    prices: list[Price]
    """Of the offers that have one, in their order."""
    tenderers: list[str]
    """The tenderers of all offers; one with two bids stands here twice."""
    winners: list[Award] | None
    """Active awards, None while an award is still pending or where awards or bids are not published."""
    sole_winner: str | None
    """The only supplier of the only active award: then all valid bids competed for the same thing."""
    compares_prices: bool
    """Whether the bids of this process may be compared by price, by its `procurementMethodDetails`."""


def process_of(release: Release, comparable: Callable[[Tender | None], bool]) -> Process:
    """The process of a release. `comparable` says whether the bids of a tender may be compared by price."""
    tender, details = release.tender, release.bids.details if release.bids else None
    offers, prices = _submitted(details or [])
    tenderers = [tenderer for offer in offers for tenderer in offer.tenderers]
    winners = _winners(release.awards) if release.awards is not None and details is not None else None
    sole = sole_supplier(winners[0]) if winners and len(winners) == 1 else None
    return Process(
        release.ocid, release, tender, offers, prices, tenderers, winners, sole, comparable(tender)
    )


def _submitted(details: list[Bid]) -> tuple[list[Offer], list[Price]]:
    offers, prices = [], []
    for bid in details:
        status, value, named = bid.status, bid.value, bid.tenderers or ()
        if type(status) is not str or status in NOT_SUBMITTED:
            continue
        tenderers = [entry.id for entry in named if type(entry.id) is str]
        offer = Offer(status, bid.date, tenderers, tenderers[0] if len(named) == 1 and tenderers else None)
        offers.append(offer)
        if value is not None and type(value.currency) is str:
            amount = number(value.amount)
            if amount is not None:
                prices.append(Price(amount, value.currency, offer))
    return offers, prices


def _winners(awards: list[Award]) -> list[Award] | None:
    winners = []
    for award in awards:
        if award.status == ACTIVE:
            winners.append(award)
        elif type(award.status) is str and award.status not in FINAL:
            return None
    return winners


def sole_supplier(award: Award) -> str | None:
    """The supplier of an award that names exactly one."""
    suppliers = award.suppliers
    if suppliers is None or len(suppliers) != 1:
        return None
    supplier = suppliers[0].id
    return supplier if type(supplier) is str else None


def suppliers_of(awards: list[Award]) -> set[str]:
    """Everyone whom the given awards name as a supplier."""
    return {supplier.id for award in awards for supplier in award.suppliers or () if type(supplier.id) is str}


def number(value: Any) -> float | None:
    """A JSON number as float64; None for anything else, and for numbers that float64 cannot hold."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if type(value) is not int:
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def has_method(tender: Tender, methods: Set[str]) -> bool:
    """Whether the tender's `procurementMethod` is one of the given; no methods stand for all of them."""
    return not methods or (type(tender.procurementMethod) is str and tender.procurementMethod in methods)


def has_details(tender: Tender | None, included: Set[str], excluded: Set[str]) -> bool:
    """Whether `procurementMethodDetails` is included or, where nothing is listed to include, not excluded."""
    details = tender.procurementMethodDetails if tender else None
    if type(details) is not str:
        return not included
    return details in included if included else details not in excluded
