"""R024 Price close to winning bid: the margin to the second-lowest valid bid is a low outlier."""

from typing import Any, ClassVar

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import OCID, TENDERER
from detector.redflags.options import Option, Section, ratio
from detector.redflags.quartiles import lower_fence, quartiles


class R024(Redflag):
    """The percentage difference between the winning bid and the second-lowest valid bid is a low outlier."""

    sections: ClassVar[dict[str, Section]] = {
        "R024": Section(
            {
                "threshold": Option(
                    ratio, None, "largest margin flagged; first quartile - 1.5 IQR if none is set"
                )
            }
        )
    }

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.threshold: float | None = options["threshold"]
        self.board = board

    def conclude(self) -> None:
        """Flag margins at or below the fence. No fence above zero, no flag: margins are never negative."""
        findings, first, fence = self.board.findings, 1.0, self.threshold
        if fence is None:
            first, third = quartiles(self.board.margins.ordered())
            findings.note("R024", "q1", first)
            findings.note("R024", "q3", third)
            fence = lower_fence(first, third)
        findings.note("R024", "lower_fence", fence)
        if not (first > 0.0 and fence > 0.0):
            return
        for ocid, margin in self.board.margins.of.items():
            if margin.ratio <= fence:
                findings.flag(OCID, ocid, "R024", margin.ratio)
                for tenderer in (margin.winner, margin.runner_up):
                    findings.flag(TENDERER, tenderer, "R024", 0.0)
                findings.involve("ocid_tenderer_r024", ocid, [margin.winner, margin.runner_up])
