"""R018 Single bid received: one tenderer in an open or selective procedure."""

from typing import Any, ClassVar

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import OCID
from detector.redflags.options import Option, Section, names
from detector.redflags.process import Process, has_method


class R018(Redflag):
    """Only one tenderer submitted a bid."""

    sections: ClassVar[dict[str, Section]] = {
        "R018": Section(
            {
                "procurement_methods": Option(
                    names,
                    frozenset({"open", "selective"}),
                    "methods looked at, separated by |; all if left empty",
                )
            }
        )
    }

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.methods: frozenset[str] = options["procurement_methods"]
        self.findings = board.findings

    def see(self, process: Process) -> None:
        """Flag a process whose tender counts one tenderer (the whole number 1; 1.0 is not a count)."""
        tender = process.tender
        if tender is None or type(tender.numberOfTenderers) is not int or tender.numberOfTenderers != 1:
            return
        if has_method(tender, self.methods):
            self.findings.flag(OCID, process.ocid, "R018", 1.0)
