"""R038 Excessive disqualified bids: a high outlier per buyer, procuring entity or tenderer."""

from collections import Counter
from typing import Any, ClassVar, Self

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import BUYER, PROCURING_ENTITY, TENDERER
from detector.redflags.options import Option, Section, count, ratio
from detector.redflags.process import DISQUALIFIED, Process
from detector.redflags.quartiles import quartiles, upper_fence

MAPS = {BUYER: "ocid_buyer_r038", PROCURING_ENTITY: "ocid_procuringentity_r038"}


class R038(Redflag):
    """The ratio of disqualified to submitted bids is a high outlier per buyer, procuring entity or tenderer."""

    sections: ClassVar[dict[str, Section]] = {
        "R038": Section(
            {
                "threshold": Option(
                    ratio, None, "smallest ratio flagged; third quartile + 1.5 IQR if none is set"
                ),
                "minimum_submitted_bids": Option(count, 2, "bids a tenderer must have handed in"),
                # Cardinal's name and documentation say processes; it counts their bids, and so must we.
                "minimum_contracting_processes": Option(
                    count, 2, "bids a buyer or entity must have received"
                ),
            }
        )
    }

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.threshold: float | None = options["threshold"]
        received, submitted = options["minimum_contracting_processes"], options["minimum_submitted_bids"]
        self.least = {BUYER: received, PROCURING_ENTITY: received, TENDERER: submitted}
        self.findings = board.findings
        # Of each organization: bids disqualified, and bids submitted.
        self.out: dict[str, Counter[str]] = {group: Counter() for group in self.least}
        self.bids: dict[str, Counter[str]] = {group: Counter() for group in self.least}

    def see(self, process: Process) -> None:
        """Count the submitted and the disqualified bids of everyone involved."""
        if not process.offers:
            return
        rejected = [offer for offer in process.offers if offer.status == DISQUALIFIED]
        bids, out = self.bids[TENDERER], self.out[TENDERER]
        for tenderer in process.tenderers:
            bids[tenderer] += 1
        for offer in rejected:
            for tenderer in offer.tenderers:
                out[tenderer] += 1
        entity = process.tender.procuringEntity if process.tender else None
        for group, organization in ((BUYER, process.release.buyer), (PROCURING_ENTITY, entity)):
            if organization is not None and type(organization.id) is str:
                self._count(group, organization.id, process, len(rejected))

    def _count(self, group: str, organization: str, process: Process, rejected: int) -> None:
        self.bids[group][organization] += len(process.offers)
        if rejected:
            self.out[group][organization] += rejected
            if self.findings.with_maps:
                self.findings.organizations[MAPS[group]][process.ocid] = organization

    def add(self, other: Self) -> None:
        """Add the counts of later processes."""
        for group in self.least:
            self.out[group].update(other.out[group])
            self.bids[group].update(other.bids[group])

    def conclude(self) -> None:
        """Flag, in each group, the ratios at or above its fence, if it is above zero."""
        for group, least in self.least.items():
            out = self.out[group]
            ratios = {key: out[key] / bids for key, bids in self.bids[group].items() if bids >= least}
            if not ratios:
                continue
            fence = self.threshold
            if fence is None:
                first, third = quartiles(sorted(ratios.values()))
                self.findings.note("R038", f"{group}_q1", first)
                self.findings.note("R038", f"{group}_q3", third)
                fence = upper_fence(first, third)
            self.findings.note("R038", f"{group}_upper_fence", fence)
            for key, value in ratios.items():
                if fence > 0.0 and value >= fence:
                    self.findings.flag(group, key, "R038", value)
