"""What the indicators of one run share: the findings, the main currency, and the margins between bids."""

from typing import Any, ClassVar, NamedTuple, Self

from detector.redflags.findings import Findings
from detector.redflags.options import Section
from detector.redflags.process import VALID, Process


class Margin(NamedTuple):
    """How far the second-lowest valid bid of a process lies above the winning one, and whose bids they are."""

    ratio: float
    winner: str
    runner_up: str


class Currency:
    """The one currency in which prices are compared: the one set, or else the first one met."""

    def __init__(self, name: str | None) -> None:
        self.given = name
        self.name: str | None = None
        self.others = 0

    def admits(self, currency: str) -> bool:
        """Whether an amount in this currency takes part; counts those that do not."""
        if self.name is None:
            self.name = self.given or currency
        if currency == self.name:
            return True
        self.others += 1
        return False

    def add(self, other: "Currency") -> None:
        """Take in what was counted further down the file."""
        self.name = self.name or other.name
        self.others += other.others


class Board(NamedTuple):
    """What the indicators of one run share."""

    findings: Findings
    currency: Currency
    margins: "Margins"


class Redflag:
    """An indicator: it sees every process once, then says what only all of them together show."""

    sections: ClassVar[dict[str, Section]]
    """The sections of the settings file that are about it; the first is called by its code and switches it on."""

    def __init__(self, options: dict[str, Any], board: Board) -> None:
        """`options`: the values of its sections, defaults filled in."""
        raise NotImplementedError

    def see(self, process: Process) -> None:
        """Take one process in; flag it at once where that needs no other process."""

    def add(self, other: Self) -> None:
        """Take in what the same indicator kept of processes further down the file."""

    def conclude(self) -> None:
        """Flag what only all processes together show."""


class Margins:
    """Margins of the processes in which one supplier won alone, against the lowest valid bid of the others.

    Where that bid is lower than the winning one, the price did not decide and there is no margin.
    """

    def __init__(self, currency: Currency) -> None:
        self.currency = currency
        self.of: dict[str, Margin] = {}

    def see(self, process: Process) -> None:
        """Work out the margin of a process, if it has one."""
        winner = process.sole_winner
        if winner is None or not process.prices or not process.compares_prices:
            return
        won = lost = runner_up = None
        for amount, currency, offer in process.prices:
            if offer.sole is None or offer.status != VALID or not self.currency.admits(currency):
                continue
            if offer.sole == winner:
                won = amount if won is None or amount < won else won
            elif lost is None or amount < lost:
                lost, runner_up = amount, offer.sole
        if won is not None and lost is not None and runner_up is not None and lost >= won:
            self.of[process.ocid] = Margin(_divided(lost - won, won), winner, runner_up)

    def add(self, other: "Margins") -> None:
        """Take in the margins of processes further down the file; of a repeated process the last one stands."""
        self.of |= other.of

    def ordered(self) -> list[float]:
        """The margins in ascending order; one of nothing to nothing is no number and is left out."""
        return sorted(margin.ratio for margin in self.of.values() if margin.ratio == margin.ratio)


def _divided(difference: float, price: float) -> float:
    if price:
        return difference / price
    return float("nan") if not difference else float("inf")
