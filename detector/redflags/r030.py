"""R030 Late bid won: a supplier's valid bid is dated after the end of the submission period.

Dates are compared as text, as Cardinal does. Two texts with different offsets from UTC may stand in the other
order than their instants; the feature library compares instants.
"""

from typing import Any, ClassVar

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import OCID, TENDERER
from detector.redflags.options import Section
from detector.redflags.process import ACTIVE, VALID, Process, suppliers_of


class R030(Redflag):
    """The winning bid was received after the submission deadline."""

    sections: ClassVar[dict[str, Section]] = {"R030": Section({})}

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.findings = board.findings

    def see(self, process: Process) -> None:
        """Flag suppliers of active awards with a late valid bid."""
        tender, awards = process.tender, process.release.awards
        if tender is None or tender.tenderPeriod is None or not awards:
            return
        deadline = tender.tenderPeriod.endDate
        if type(deadline) is not str:
            return
        late = [
            offer
            for offer in process.offers
            if offer.status == VALID and type(offer.date) is str and offer.date > deadline
        ]
        if not late:
            return
        suppliers = suppliers_of([award for award in awards if award.status == ACTIVE])
        winners = [tenderer for offer in late for tenderer in offer.tenderers if tenderer in suppliers]
        for tenderer in winners:
            self.findings.flag(OCID, process.ocid, "R030", 1.0)
            self.findings.flag(TENDERER, tenderer, "R030", 1.0)
        self.findings.involve("ocid_tenderer_r030", process.ocid, winners)
