"""The part of an OCDS compiled release that the red flags read; the rest of a release is skipped, not kept.

Members hold whatever the file holds (`Any`): a wrong kind of value makes one indicator silent about one
release, it never loses the release. The names are the standard's own (OCDS 1.1 with the bid extension).
"""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

Part = TypeVar("Part")


class Reference(Struct, gc=False):
    """An organization or a classification, as far as its identifier."""

    id: Any = None


class Value(Struct, gc=False):
    """An amount of money."""

    amount: Any = None
    currency: Any = None


class Period(Struct, gc=False):
    """The submission period."""

    startDate: Any = None  # noqa: N815 (the standard's name)
    endDate: Any = None  # noqa: N815


class Bid(Struct, gc=False):
    """One bid."""

    status: Any = None
    date: Any = None
    tenderers: list[Reference] | None = None
    value: Value | None = None


class Bids(Struct, gc=False):
    """The bids of a contracting process."""

    details: list[Bid] | None = None


class Item(Struct, gc=False):
    """An item awarded."""

    classification: Reference | None = None


class Award(Struct, gc=False):
    """One award."""

    status: Any = None
    suppliers: list[Reference] | None = None
    items: list[Item] | None = None


class Tender(Struct, gc=False):
    """The tender."""

    status: Any = None
    procurementMethod: Any = None  # noqa: N815
    procurementMethodDetails: Any = None  # noqa: N815
    numberOfTenderers: Any = None  # noqa: N815
    tenderPeriod: Period | None = None  # noqa: N815
    procuringEntity: Reference | None = None  # noqa: N815


class Release(Struct, gc=False):
    """One compiled release: everything known of one contracting process."""

    ocid: Any = None
    buyer: Reference | None = None
    tender: Tender | None = None
    bids: Bids | None = None
    awards: list[Award] | None = None


def release_of(content: Any) -> Release:
    """A release out of any JSON value. A member of the wrong kind counts as absent, its neighbours stay."""
    read = content if isinstance(content, dict) else {}
    return Release(
        read.get("ocid"),
        _member(read.get("buyer"), _reference),
        _member(read.get("tender"), _tender),
        _member(read.get("bids"), lambda bids: Bids(_members(bids.get("details"), _bid))),
        _members(read.get("awards"), _award),
    )


def _tender(read: dict[str, Any]) -> Tender:
    return Tender(
        read.get("status"),
        read.get("procurementMethod"),
        read.get("procurementMethodDetails"),
        read.get("numberOfTenderers"),
        _member(
            read.get("tenderPeriod"), lambda period: Period(period.get("startDate"), period.get("endDate"))
        ),
        _member(read.get("procuringEntity"), _reference),
    )


def _bid(read: dict[str, Any]) -> Bid:
    return Bid(
        read.get("status"),
        read.get("date"),
        _members(read.get("tenderers"), _reference),
        _member(read.get("value"), lambda value: Value(value.get("amount"), value.get("currency"))),
    )


def _award(read: dict[str, Any]) -> Award:
    return Award(
        read.get("status"),
        _members(read.get("suppliers"), _reference),
        _members(read.get("items"), lambda item: Item(_member(item.get("classification"), _reference))),
    )


def _reference(read: dict[str, Any]) -> Reference:
    return Reference(read.get("id"))


def _member(value: Any, make: Callable[[dict[str, Any]], Part]) -> Part | None:
    return make(value) if isinstance(value, dict) else None


def _members(value: Any, make: Callable[[dict[str, Any]], Part]) -> list[Part] | None:
    # An entry that is no object still counts: a list of two suppliers has two, whatever they look like.
    return (
        [make(entry if isinstance(entry, dict) else {}) for entry in value]
        if isinstance(value, list)
        else None
    )
