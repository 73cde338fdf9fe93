"""What a rule is: one row of data over a measured fact or a feature. Nothing here computes.

A rule fires where its guard holds, no exception does, a citation is in force on the trade's decisive date, and
the fact compares with the threshold of the trade's region, kind and date.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from detector.features.declare import Phrase
from detector.levels import Basis, Level
from detector.workdays import Year

Confidence = Literal["checked", "secondary", "unchecked"]
Counting = Literal["days", "working days"]

BEYOND_CHANCE = "beyond chance"
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
DATES = ("published_at", "documents_from_at", "deadline_at", "opened_at", "awarded_at")
OWN_THRESHOLD = "threshold"
EMPTY = Phrase("", "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a field: `==`/`!=` with any of `values`, else with one number or the rule's threshold."""

    compare: str
    values: tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """All `tests` hold of `field`: a column of the trades table, a fact, or a feature."""

    field: str
    tests: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where and when something is in force: prefixes of the region, and dates, both ends included."""

    region: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    @property
    def dated(self) -> bool:
        """Whether a date is needed to say if it is in force."""
        return self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit and where it holds."""

    value: float
    scope: Scope = Scope()
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """Law and article with a paraphrase, and where it is in force."""

    law: Phrase
    article: str
    text: Phrase = EMPTY
    scope: Scope = Scope()
    url: str = ""

    @property
    def words(self) -> Phrase:
        """Law and article as one phrase."""
        if not self.article:
            return self.law
        return Phrase(f"{self.law.en}, Art. {self.article}", f"《{self.law.zh}》第{self.article}条")


@dataclass(frozen=True, slots=True)
class Exemption:
    """Where the rule does not apply although its guard holds, and why."""

    when: tuple[Condition, ...]
    why: Phrase


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a pack. `subject` names a fact, or a feature by its code; `disabled` says why it is off."""

    id: str
    version: int
    title: Phrase
    subject: str
    compare: str
    thresholds: tuple[Threshold, ...]
    level: Level
    basis: Basis
    confidence: Confidence
    citations: tuple[Citation, ...]
    innocent: Phrase
    next_check: Phrase
    guard: tuple[Condition, ...] = ()
    exceptions: tuple[Exemption, ...] = ()
    dates: tuple[str, ...] = DATES
    count: Counting = "days"
    evidence: str = ""
    calendar: str = ""
    utc_offset: int | None = None
    pack: str = ""
    disabled: Phrase = EMPTY

    @property
    def provisional(self) -> bool:
        """Whether the rule has not been held against the text of the law."""
        return self.confidence == "unchecked"


@dataclass(frozen=True, slots=True)
class Missing:
    """A rule of law that the canonical tables cannot answer, and the field that would be needed."""

    id: str
    title: Phrase
    field: str


@dataclass(frozen=True, slots=True)
class Override:
    """What an authority changes in a rule of another pack: limits of its own, a level, or switching it off."""

    rule: str
    thresholds: tuple[Threshold, ...] = ()
    level: Level | None = None
    disabled: Phrase = EMPTY


@dataclass(frozen=True, slots=True)
class Pack:
    """Rules that are kept together. `calendar` names the working days they count by; `years` add to it."""

    id: str
    version: str
    title: Phrase
    rules: tuple[Rule, ...]
    missing: tuple[Missing, ...] = ()
    overrides: tuple[Override, ...] = ()
    years: tuple[Year, ...] = ()
    calendar: str = ""
    utc_offset: int | None = None
