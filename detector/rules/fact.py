"""What a fact is: one declared `Fact` beside one documented function, measured once for all rules that name it.

    @fact(
        evidence="timing", unit="days", needs=("trades.deadline_at",), columns=("trades.deadline_at",),
        title=Phrase("…", "…"),
    )
    def preparation_days(records: Records) -> Measure:
        \"\"\"One line in English. 一句中文。\"\"\"

A fact says what the records hold, never whether that is lawful: the limit stands in the rule.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Guard, Phrase
from detector.records import SECONDS_A_DAY, Records

Evidence = Literal["price", "timing", "concentration", "network", "identity", "process", "execution"]

UNITS: dict[str, Phrase] = {
    "days": Phrase("days", "天"),
    "years": Phrase("years", "年"),
    "count": Phrase("count", "个"),
    "parts": Phrase("parts", "份"),
    "money": Phrase("money", "金额"),
    "share": Phrase("share", "占比"),
    "ratio": Phrase("ratio", "比值"),
    "minutes": Phrase("minutes", "分钟"),
    "weight": Phrase("weight of evidence", "证据权重"),
    "flag": Phrase("yes or no", "是否"),
}

NOTHING_TO_MEASURE = Phrase("there is nothing to measure", "无可计量事项")
UNKNOWN = Phrase("what the fact is measured on is incomplete", "计量所需数据不完整")


@dataclass(frozen=True, eq=False)
class Members:
    """Rows of a table that a fact rests on: `row[i]` of `table` speaks for the trade at `trade[i]`."""

    table: str
    column: str
    trade: IntArray
    row: IntArray


@dataclass(frozen=True, eq=False)
class Measure:
    """What a fact measured, [n_trades].

    `values`: NaN where there is nothing to measure (*not applicable*). `compared`: the two raw values behind a
    value, as instants (seconds since 1970 UTC) in a period and as plain numbers elsewhere. `unknown`: trades of
    which it cannot be said (*not computable*) although every need is met. `members`: rows of other tables that
    the values rest on; `trace` finds them for given trades only, where naming them for all would be too many.
    """

    values: FloatArray
    compared: tuple[FloatArray, FloatArray] | None = None
    unknown: BoolArray | None = None
    members: tuple[Members, ...] = ()
    trace: Callable[[IntArray], Members] | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A declared number per trade that rules compare.

    `needs` and `guards` are as in a feature. `columns` are the trades columns the value rests on, shown as
    sources of a rule that fires. `names` call the two compared values. A fact of unit "days" with compared
    instants is a *period*: the rule decides how its days are counted, so its values are only a fallback.
    """

    name: str
    evidence: Evidence
    unit: str
    needs: tuple[str, ...]
    guards: tuple[Guard, ...]
    columns: tuple[str, ...]
    names: tuple[Phrase, Phrase] | None
    title: Phrase
    silent: Phrase
    unknown: Phrase
    period: bool
    description: str
    function: Callable[[Records], Measure]


def fact(
    *,
    evidence: Evidence,
    unit: str,
    title: Phrase,
    needs: tuple[str, ...] = (),
    guards: tuple[Guard, ...] = (),
    columns: tuple[str, ...] = (),
    names: tuple[Phrase, Phrase] | None = None,
    silent: Phrase = NOTHING_TO_MEASURE,
    unknown: Phrase = UNKNOWN,
    period: bool = False,
) -> Callable[[Callable[[Records], Measure]], Fact]:
    """Declare the decorated function, ``(records) -> Measure``, as a Fact of its own name."""

    def declare(function: Callable[[Records], Measure]) -> Fact:
        return Fact(
            name=function.__name__,
            evidence=evidence,
            unit=unit,
            needs=needs,
            guards=guards,
            columns=columns,
            names=names,
            title=title,
            silent=silent,
            unknown=unknown,
            period=period,
            description=(function.__doc__ or "").strip(),
            function=function,
        )

    return declare


def between(start: FloatArray, end: FloatArray) -> Measure:
    """The period from `start` to `end`, both in seconds since 1970 UTC; the rule counts its days."""
    return Measure((end - start) / SECONDS_A_DAY, compared=(start, end))


def numbers(values: FloatArray, first: FloatArray, second: FloatArray) -> Measure:
    """`values` computed from the numbers `first` and `second`, which are shown beside it."""
    return Measure(np.asarray(values, dtype=np.float64), compared=(first, second))
