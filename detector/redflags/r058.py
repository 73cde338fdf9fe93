"""R058 Heavily discounted bid: the margin to the second-lowest valid bid is a high outlier."""

from typing import Any, ClassVar

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import OCID, TENDERER
from detector.redflags.options import Option, Section, ratio
from detector.redflags.quartiles import quartiles, upper_fence


class R058(Redflag):
    """The percentage difference between the winning bid and the second-lowest valid bid is a high outlier."""

    sections: ClassVar[dict[str, Section]] = {
        "R058": Section(
            {
                "threshold": Option(
                    ratio, None, "smallest margin flagged; third quartile + 1.5 IQR if none is set"
                )
            }
        )
    }

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.threshold: float | None = options["threshold"]
        self.board = board

    def conclude(self) -> None:
        """Flag margins at or above the fence, if it is above zero (else every margin would be)."""
        findings, fence = self.board.findings, self.threshold
        if fence is None:
            first, third = quartiles(self.board.margins.ordered())
            findings.note("R058", "q1", first)
            findings.note("R058", "q3", third)
            fence = upper_fence(first, third)
        findings.note("R058", "upper_fence", fence)
        if not fence > 0.0:
            return
        for ocid, margin in self.board.margins.of.items():
            if margin.ratio >= fence:
                findings.flag(OCID, ocid, "R058", margin.ratio)
                findings.flag(TENDERER, margin.winner, "R058", 0.0)
                findings.involve("ocid_tenderer_r058", ocid, [margin.winner])
