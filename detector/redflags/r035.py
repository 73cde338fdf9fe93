"""R035 All except winning bid disqualified: the only tenderer left is the only supplier."""

from typing import Any, ClassVar

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import OCID, TENDERER
from detector.redflags.options import Option, Section, count
from detector.redflags.process import DISQUALIFIED, VALID, Process, suppliers_of


class R035(Redflag):
    """Bids are disqualified if not submitted by the single tenderer of the winning bid."""

    sections: ClassVar[dict[str, Section]] = {
        "R035": Section({"threshold": Option(count, 1, "how many others must be disqualified; at least 1")})
    }

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.least: int = max(options["threshold"], 1)
        self.findings = board.findings

    def see(self, process: Process) -> None:
        """Flag a process, with the number of tenderers disqualified, and its winner."""
        if not process.winners:
            return
        valid = {
            tenderer for offer in process.offers if offer.status == VALID for tenderer in offer.tenderers
        }
        if len(valid) != 1 or valid != suppliers_of(process.winners):
            return
        out = {
            tenderer
            for offer in process.offers
            if offer.status == DISQUALIFIED
            for tenderer in offer.tenderers
        }
        others = len(out - valid)
        if others >= self.least:
            winner = valid.pop()
            self.findings.flag(OCID, process.ocid, "R035", float(others))
            self.findings.flag(TENDERER, winner, "R035", 0.0)
            self.findings.involve("ocid_tenderer_r035", process.ocid, [winner])
