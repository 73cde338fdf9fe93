"""What a feature is: one declared `Feature` beside one documented function.

    @feature(
        code="B01", family="bid_pattern", direction="low", unit="ratio", needs=("bids.amount",), minimum=3,
        guards=(COMPETING_PRICES,), source="…", title=Phrase("…", "…"), innocent=Phrase("…", "…"),
    )
    def bid_coefficient_of_variation(records: Records) -> FloatArray:
        \"\"\"…the public description…\"\"\"

The decorator returns the Feature and registers nothing; `detector.features.FEATURES` lists all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from detector.arrays import BoolArray, FloatArray
from detector.records import Records

Direction = Literal["high", "low"]
Family = Literal[
    "bid_pattern", "price_level", "timing", "concentration", "network", "identity", "process", "execution"
]

# Bid patterns and price levels are two families of numbers but one kind of evidence.
EVIDENCE: dict[Family, str] = {
    "bid_pattern": "price",
    "price_level": "price",
    "timing": "timing",
    "concentration": "concentration",
    "network": "network",
    "identity": "identity",
    "process": "process",
    "execution": "execution",
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """The same words in English and Chinese."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Where a feature applies at all: `holds` gives one truth value a trade, `otherwise` says why not."""

    otherwise: Phrase
    holds: Callable[[Records], BoolArray]


UNDEFINED = Phrase("the value is undefined for these numbers", "该数值在此情形下无定义")


@dataclass(frozen=True, slots=True)
class Feature:
    """A declared number per trade.

    `direction` is the suspicious tail, from the literature or the law, never fitted. `needs` names columns
    ("bids.amount"); a trade that lacks one is *not computable*. `minimum` is the least number of effective bids;
    below it, or where a guard does not hold, the feature is *not applicable*; so it is where `function` returns
    NaN although everything is there, for the reason `silent`. `innocent` is what an ordinary explanation looks
    like. `ocp` is the Open Contracting red-flag code.
    """

    code: str
    name: str
    family: Family
    direction: Direction
    unit: str
    needs: tuple[str, ...]
    minimum: int
    guards: tuple[Guard, ...]
    source: str
    title: Phrase
    innocent: Phrase
    silent: Phrase
    ocp: str
    description: str
    function: Callable[[Records], FloatArray]

    @property
    def evidence(self) -> str:
        """The evidence family, by which independent findings are counted."""
        return EVIDENCE[self.family]


def feature(
    *,
    code: str,
    family: Family,
    direction: Direction,
    unit: str,
    needs: tuple[str, ...],
    source: str,
    title: Phrase,
    innocent: Phrase,
    minimum: int = 0,
    guards: tuple[Guard, ...] = (),
    silent: Phrase = UNDEFINED,
    ocp: str = "",
) -> Callable[[Callable[[Records], FloatArray]], Feature]:
    """Declare the decorated function, ``(records) -> float64[n_trades]``, as a Feature of its own name."""

    def declare(function: Callable[[Records], FloatArray]) -> Feature:
        return Feature(
            code=code,
            name=function.__name__,
            family=family,
            direction=direction,
            unit=unit,
            needs=needs,
            minimum=minimum,
            guards=guards,
            source=source,
            title=title,
            innocent=innocent,
            silent=silent,
            ocp=ocp,
            description=(function.__doc__ or "").strip(),
            function=function,
        )

    return declare
