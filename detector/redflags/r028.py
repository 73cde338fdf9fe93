"""R028 Identical bid prices: different tenderers of one process asked for the same amount."""

from typing import Any, ClassVar

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import OCID, TENDERER
from detector.redflags.options import Section
from detector.redflags.process import Process


class R028(Redflag):
    """Different tenderers submitted bids with the same price."""

    sections: ClassVar[dict[str, Section]] = {"R028": Section({})}

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.findings = board.findings

    def see(self, process: Process) -> None:
        """Compare each submitted bid with the last one of the same amount and currency."""
        if len(process.prices) < 2 or not process.compares_prices:
            return
        last: dict[tuple[float, str], list[str]] = {}
        for amount, currency, offer in process.prices:
            if not offer.tenderers:
                continue
            price = (amount, currency)
            other = last.get(price)
            # A tenderer may hand in several bids of the same price.
            if other is not None and other != offer.tenderers and set(other) != set(offer.tenderers):
                self._flag(process.ocid, other + offer.tenderers)
            last[price] = offer.tenderers

    def _flag(self, ocid: str, tenderers: list[str]) -> None:
        self.findings.flag(OCID, ocid, "R028", 1.0)
        for tenderer in tenderers:
            self.findings.flag(TENDERER, tenderer, "R028", 1.0)
        self.findings.involve("ocid_tenderer_r028", ocid, tenderers)
