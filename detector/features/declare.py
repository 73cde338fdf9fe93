"""What a feature is: one declared `Feature` beside one documented function.

    @feature(
        code="B01", family="bid_pattern", direction="low", unit="ratio", needs=("bids.amount",), minimum=3,
        guards=(COMPETING_PRICES,), source="…", title=Phrase("…", "…"), innocent=Phrase("…", "…"),
    )
    def bid_coefficient_of_variation(records: Records) -> FloatArray:
        \"\"\"One line in English.

        Definition: … Why it matters: … Excluded: … Example: … (each on a new line)

        一句中文。

        定义：… 意义：… 排除：… 示例：…（各起一行）
        \"\"\"

The decorator returns the Feature and registers nothing; `detector.features.FEATURES` lists all of them. The
docstring is the one place where a feature is described; `Documentation` gives its parts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

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


FAMILIES: dict[Family, Phrase] = {
    "bid_pattern": Phrase("bid pattern", "报价形态"),
    "price_level": Phrase("price level", "价格水平"),
    "timing": Phrase("timing", "时间"),
    "concentration": Phrase("concentration", "集中度与竞争"),
    "network": Phrase("network", "关系网络"),
    "identity": Phrase("identity", "身份关联"),
    "process": Phrase("process", "程序"),
    "execution": Phrase("execution", "合同履行"),
}
TAILS: dict[Direction, Phrase] = {"high": Phrase("high", "偏高"), "low": Phrase("low", "偏低")}
UNITS: dict[str, Phrase] = {
    "1": Phrase("no unit", "无量纲"),
    "ratio": Phrase("ratio", "比值"),
    "share": Phrase("share", "占比"),
    "index": Phrase("index", "指数"),
    "flag": Phrase("yes or no", "是否"),
    "grade": Phrase("grade", "等级"),
    "parts": Phrase("parts", "份"),
    "awards": Phrase("awards", "次"),
    "firms": Phrase("firms", "家"),
    "steps": Phrase("pairs of steps", "对"),
    "days": Phrase("days", "天"),
    "minutes": Phrase("minutes", "分钟"),
    "log10": Phrase("decimal logarithm", "常用对数"),
    "-log10 p": Phrase("surprise, -log10 of a probability", "意外程度（概率的-log10）"),
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Where a feature applies at all: `holds` gives one truth value a trade, `otherwise` says why not."""

    otherwise: Phrase
    holds: Callable[[Records], BoolArray]


@dataclass(frozen=True, slots=True)
class Sections:
    """What a docstring tells an auditor in one language; empty where it says nothing."""

    summary: str = ""
    definition: str = ""
    why: str = ""
    excluded: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Documentation:
    """A feature described for an auditor, in English and Chinese."""

    en: Sections
    zh: Sections

    @classmethod
    def of(cls, docstring: str) -> Self:
        """The parts of a docstring; never an error, what is not there is empty.

        A section begins on the line that opens with its heading (`HEADINGS`). A paragraph without one is the
        summary in its own language.
        """
        parts: dict[tuple[str, str], list[str]] = {}
        for paragraph in re.split(r"\n\s*\n", docstring.strip()):
            place = ("zh" if _CHINESE.search(paragraph) else "en", "summary")
            for line in paragraph.splitlines():
                place, text = _headed(line.strip(), place)
                parts.setdefault(place, []).append(text)
        return cls(
            *(
                Sections(**{name: _joined(lines) for (of, name), lines in parts.items() if of == language})
                for language in ("en", "zh")
            )
        )


HEADINGS: dict[tuple[str, str], str] = {
    ("en", "definition"): "Definition:",
    ("en", "why"): "Why it matters:",
    ("en", "excluded"): "Excluded:",
    ("en", "example"): "Example:",
    ("zh", "definition"): "定义：",
    ("zh", "why"): "意义：",
    ("zh", "excluded"): "排除：",
    ("zh", "example"): "示例：",
}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _headed(line: str, before: tuple[str, str]) -> tuple[tuple[str, str], str]:
    """The section that a line belongs to, and its text; a line without a heading goes on with `before`."""
    for place, heading in HEADINGS.items():
        if line.startswith(heading):
            return place, line.removeprefix(heading).strip()
    return before, line


def _joined(lines: list[str]) -> str:
    """Lines as one; Chinese text is broken anywhere and needs no space between its lines."""
    text = ""
    for line in filter(None, lines):
        text += (" " if text and (text[-1] + line[0]).isascii() else "") + line
    return text


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

    @property
    def documentation(self) -> Documentation:
        """The parts of the description, in English and Chinese."""
        return Documentation.of(self.description)


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
