"""R003 Short submission period: fewer whole days between start and end of the tender period than allowed."""

from typing import Any, ClassVar

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import OCID
from detector.redflags.instants import whole_days
from detector.redflags.options import Option, Section, integer, names
from detector.redflags.process import Process, has_method

DETAILS = "procurement_method_details"


class R003(Redflag):
    """The submission period is too short."""

    sections: ClassVar[dict[str, Section]] = {
        "R003": Section(
            {
                "threshold": Option(integer, 15, "days; a period of fewer whole days is flagged"),
                "procurement_methods": Option(
                    names, frozenset(), "methods looked at, separated by |; all if none"
                ),
            }
        ),
        f"R003.{DETAILS}": Section({}, integer),
    }

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.days: int = options["threshold"]
        self.methods: frozenset[str] = options["procurement_methods"]
        self.days_by_details: dict[str, int] = options.get(DETAILS, {})
        self.findings = board.findings

    def see(self, process: Process) -> None:
        """Flag a process with a short submission period."""
        tender = process.tender
        if tender is None or tender.tenderPeriod is None or not has_method(tender, self.methods):
            return
        start, end = tender.tenderPeriod.startDate, tender.tenderPeriod.endDate
        if type(start) is not str or type(end) is not str:
            return
        days = whole_days(start, end)
        if days is None:
            return
        allowed, details = self.days, tender.procurementMethodDetails
        if type(details) is str:
            allowed = self.days_by_details.get(details, allowed)
        if days < allowed:
            self.findings.flag(OCID, process.ocid, "R003", 1.0)
