"""R025 Excessive unsuccessful bids: a tenderer who bids more than most wins a low share of the processes."""

from collections import Counter
from typing import Any, ClassVar, Self

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import TENDERER
from detector.redflags.options import Option, Section, percentage, ratio
from detector.redflags.process import VALID, Process
from detector.redflags.quartiles import lower_fence, quantile, quartiles


class R025(Redflag):
    """The ratio of winning bids to submitted bids for a top tenderer is a low outlier."""

    sections: ClassVar[dict[str, Section]] = {
        "R025": Section(
            {
                "percentile": Option(percentage, 75, "how often a tenderer must bid, as a percentile of all"),
                "threshold": Option(
                    ratio, None, "largest share won; first quartile - 1.5 IQR if none is set"
                ),
            }
        )
    }

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.percentile: int = options["percentile"]
        self.threshold: float | None = options["threshold"]
        self.findings = board.findings
        # Of each tenderer: processes won, and processes entered.
        self.won: Counter[str] = Counter()
        self.entered: Counter[str] = Counter()

    def see(self, process: Process) -> None:
        """Count each tenderer with a valid bid once, in processes that one supplier won alone."""
        winner = process.sole_winner
        if winner is None:
            return
        entered = self.entered
        valid = [offer.sole for offer in process.offers if offer.sole is not None and offer.status == VALID]
        for tenderer in dict.fromkeys(valid):
            entered[tenderer] += 1
        if winner in valid:
            self.won[winner] += 1

    def add(self, other: Self) -> None:
        """Add the counts of later processes."""
        self.won.update(other.won)
        self.entered.update(other.entered)

    def conclude(self) -> None:
        """Flag busy tenderers whose share is at or below the fence, if there is a fence above zero."""
        enough = quantile(sorted(map(float, self.entered.values())), self.percentile / 100.0)
        shares = {tenderer: self.won[tenderer] / entered for tenderer, entered in self.entered.items()}
        first, fence = 1.0, self.threshold
        if fence is None:
            first, third = quartiles(sorted(shares.values()))
            self.findings.note("R025", "q1", first)
            self.findings.note("R025", "q3", third)
            fence = lower_fence(first, third)
        self.findings.note("R025", "upper_fence", enough)
        self.findings.note("R025", "lower_fence", fence)
        if not (first > 0.0 and fence > 0.0):
            return
        for tenderer, share in shares.items():
            if self.entered[tenderer] >= enough and share <= fence:
                self.findings.flag(TENDERER, tenderer, "R025", share)
