"""R036 Lowest bid disqualified: the lowest bid was rejected though another was valid and something was awarded.

Cardinal takes price to be the only criterion. Where a legal floor rejects low bids this fires on every second
process; `no_price_comparison_procurement_methods` is the setting to keep such procedures out.
"""

from typing import Any, ClassVar

from detector.redflags.board import Board, Redflag
from detector.redflags.findings import OCID
from detector.redflags.options import Section
from detector.redflags.process import ACTIVE, DISQUALIFIED, VALID, Process


class R036(Redflag):
    """The lowest submitted bid is disqualified, while the award criterion is price only."""

    sections: ClassVar[dict[str, Section]] = {"R036": Section({})}

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        self.findings = board.findings
        self.currency = board.currency

    def see(self, process: Process) -> None:
        """Flag a process whose lowest submitted bid is disqualified; of equal ones the first counts."""
        if not process.prices or not process.compares_prices:
            return
        if not any(award.status == ACTIVE for award in process.release.awards or ()):
            return
        lowest: float | None = None
        rejected = comparable = False
        for amount, currency, offer in process.prices:
            if not self.currency.admits(currency):
                continue
            if lowest is None or amount < lowest:
                lowest, rejected = amount, offer.status == DISQUALIFIED
            comparable = comparable or offer.status == VALID
        if rejected and comparable:
            self.findings.flag(OCID, process.ocid, "R036", 1.0)
