"""R048 Heterogeneous supplier: a supplier is awarded unusually many kinds of items."""

from typing import Any, ClassVar, Self

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import TENDERER
from detector.redflags.options import Option, Section, count
from detector.redflags.process import ACTIVE, Process, sole_supplier
from detector.redflags.quartiles import quartiles, upper_fence


class R048(Redflag):
    """The variety of items supplied by a tenderer is a high outlier."""

    sections: ClassVar[dict[str, Section]] = {
        "R048": Section(
            {
                "digits": Option(
                    count, 2, "first characters of a classification that tell kinds of items apart"
                ),
                "threshold": Option(
                    count, None, "fewest kinds flagged; third quartile + 1.5 IQR if none is set"
                ),
                "minimum_contracting_processes": Option(count, 20, "processes a supplier must have won"),
            }
        )
    }

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.digits: int = options["digits"]
        self.threshold: float | None = options["threshold"]
        self.least: int = options["minimum_contracting_processes"]
        self.findings = board.findings
        self.processes: dict[str, int] = {}
        self.kinds: dict[str, set[str]] = {}

    def see(self, process: Process) -> None:
        """Collect the kinds of items of active awards to one supplier alone."""
        counted = set()
        for award in process.release.awards or ():
            if award.status != ACTIVE or not award.items:
                continue
            supplier = sole_supplier(award)
            if supplier is None:
                continue
            codes = [item.classification.id for item in award.items if item.classification is not None]
            kinds = {code[: self.digits] for code in codes if type(code) is str}
            if kinds:
                counted.add(supplier)
                self.kinds.setdefault(supplier, set()).update(kinds)
        for supplier in counted:
            self.processes[supplier] = self.processes.get(supplier, 0) + 1

    def add(self, other: Self) -> None:
        """Add what was awarded in later processes."""
        for supplier, kinds in other.kinds.items():
            self.kinds.setdefault(supplier, set()).update(kinds)
            self.processes[supplier] = self.processes.get(supplier, 0) + other.processes[supplier]

    def conclude(self) -> None:
        """Flag suppliers of at least as many kinds as the fence."""
        variety = {
            supplier: float(len(kinds))
            for supplier, kinds in self.kinds.items()
            if self.processes[supplier] >= self.least
        }
        fence = self.threshold
        if fence is None:
            first, third = quartiles(sorted(variety.values()))
            self.findings.note("R048", "q1", first)
            self.findings.note("R048", "q3", third)
            fence = upper_fence(first, third)
        self.findings.note("R048", "upper_fence", fence)
        for supplier, kinds_count in variety.items():
            if kinds_count >= fence:
                self.findings.flag(TENDERER, supplier, "R048", kinds_count)
