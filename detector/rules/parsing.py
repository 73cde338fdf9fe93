"""From the text of a pack to a `Pack`: every mistake is reported at once, with file and line."""

from dataclasses import replace
from datetime import date
from typing import Any, get_args

from detector.features import FEATURES
from detector.features.declare import Phrase
from detector.levels import CEILING, Level
from detector.rules.conditions import parse_conditions
from detector.rules.declare import (
    BEYOND_CHANCE,
    COMPARISONS,
    DATES,
    EMPTY,
    Citation,
    Confidence,
    Counting,
    Exemption,
    Missing,
    Override,
    Pack,
    Rule,
    Scope,
    Threshold,
)
from detector.rules.facts import FACTS
from detector.rules.form import Form, opened
from detector.schema import TABLES
from detector.workdays import Year

LEVELS = tuple(level.name.lower() for level in Level)
BASES = tuple(basis for basis in CEILING if basis != "forest")
SCOPED = ("region", "from", "to")
PACK_KEYS = ("pack", "law", "rule", "missing", "override", "calendar")
RULE_KEYS = (
    "id", "version", "title", "fact", "feature", "compare", "threshold", "count", "level", "basis", "confidence",
    "date", "innocent", "next_check", "guard", "exception", "citation",
)  # fmt: skip
INSTANTS = tuple(column.name for column in TABLES["trades"].columns if column.type == "instant")


def parse_pack(text: str, place: str) -> Pack:
    """The pack in `text`; `place` is the file's name, for messages. ConfigError with all mistakes of the text."""
    whole, mistakes = opened(text, place)
    whole.only(*PACK_KEYS)
    head = whole.form("pack").called("pack")
    head.only("id", "version", "title", "calendar", "utc_offset")
    offset = head.whole("utc_offset") if "utc_offset" in head.table else None
    laws = {key: Phrase(**_law(whole.form("law").form(key))) for key in whole.form("law").table}
    pack = Pack(
        head.text("id"),
        head.text("version"),
        head.phrase("title"),
        (),
        tuple(_missing(form) for form in whole.forms("missing")),
        tuple(_override(form) for form in whole.forms("override")),
        parse_years(whole.form("calendar")) if "calendar" in whole.table else (),
        head.text("calendar", ""),
        offset,
    )
    rules = tuple(_rule(form, pack, laws) for form in whole.forms("rule"))
    _refuse_twins(whole, rules)
    mistakes.refuse()
    return replace(pack, rules=rules)


def parse_years(calendar: Form) -> tuple[Year, ...]:
    """The years of a [calendar] table; mistakes are noted in its form."""
    calendar.only("id", "title", "year")
    calendar.text("id")
    years = []
    for form in calendar.forms("year"):
        form.only("year", "source", "off", "on")
        year = Year(form.whole("year"), form.text("source"), form.days("off"), form.days("on"))
        for mistake in year.mistakes():
            form.note("off", mistake)
        years.append(year)
    return tuple(years)


def _law(form: Form) -> dict[str, str]:
    form.called("law").only("en", "zh")
    return {"en": form.text("en"), "zh": form.text("zh")}


def _missing(form: Form) -> Missing:
    form = form.called(f"missing {form.table.get('id', '')}")
    form.only("id", "title", "field")
    return Missing(form.text("id"), form.phrase("title"), form.text("field"))


def _override(form: Form) -> Override:
    form = form.called(f"override of {form.table.get('rule', '')}")
    form.only("rule", "threshold", "level", "disabled")
    thresholds = _thresholds(form) if "threshold" in form.table else ()
    level = Level[form.choice("level", LEVELS).upper()] if "level" in form.table else None
    disabled = form.phrase("disabled") if "disabled" in form.table else EMPTY
    if not thresholds and level is None and disabled == EMPTY:
        form.note("rule", "nothing is changed; give threshold, level or disabled")
    return Override(form.text("rule"), thresholds, level, disabled)


def _rule(form: Form, pack: Pack, laws: dict[str, Phrase]) -> Rule:
    form = form.called(f"rule {form.table.get('id', '(no id)')}")
    form.only(*RULE_KEYS)
    subject, evidence = _subject(form)
    basis: Any = form.choice("basis", BASES)
    confidence: Any = form.choice("confidence", get_args(Confidence))
    count: Any = form.choice("count", get_args(Counting), "days")
    rule = Rule(
        id=form.text("id"),
        version=form.whole("version", 1),
        title=form.phrase("title"),
        subject=subject,
        compare=form.choice("compare", (*COMPARISONS, BEYOND_CHANCE)),
        thresholds=_thresholds(form),
        level=Level[form.choice("level", LEVELS).upper()],
        basis=basis,
        confidence=confidence,
        citations=_citations(form, laws),
        innocent=form.phrase("innocent"),
        next_check=form.phrase("next_check"),
        guard=parse_conditions(form.form("guard")),
        exceptions=tuple(_exemption(one) for one in form.forms("exception")),
        dates=form.texts("date", DATES),
        count=count,
        evidence=evidence,
        calendar=pack.calendar,
        utc_offset=pack.utc_offset,
        pack=pack.id,
    )
    _check(form, rule)
    return rule


def _subject(form: Form) -> tuple[str, str]:
    """The fact or feature that is compared, and its evidence family."""
    if ("fact" in form.table) == ("feature" in form.table):
        form.note("fact", "name what is compared: either fact or feature")
        return "", ""
    if "fact" in form.table:
        name = form.text("fact")
        if name not in FACTS:
            form.note("fact", f"no fact {name!r}; known are {', '.join(FACTS)}")
            return name, ""
        return name, FACTS[name].evidence
    name = form.text("feature")
    if name not in FEATURES:
        form.note("feature", f"no feature {name!r}; 'detector features' lists them")
        return name, ""
    return name, FEATURES[name].evidence


def _thresholds(form: Form) -> tuple[Threshold, ...]:
    if not isinstance(form.table.get("threshold"), list):
        return (Threshold(form.number("threshold")),)
    found = []
    for one in form.forms("threshold"):
        one.only("value", "when", *SCOPED)
        found.append(Threshold(one.number("value"), _scope(one), parse_conditions(one.form("when"))))
    return tuple(found)


def _scope(form: Form) -> Scope:
    since, until = form.day("from"), form.day("to")
    if since and until and until < since:
        form.note("to", f"ends {until}, before it starts ({since})")
    return Scope(form.texts("region", ()), since, until)


def _citations(form: Form, laws: dict[str, Phrase]) -> tuple[Citation, ...]:
    if not form.forms("citation"):
        form.note("citation", "cites nothing; give at least one [[rule.citation]]")
    found = []
    for one in form.forms("citation"):
        one.only("law", "article", "text", "url", *SCOPED)
        law = one.text("law")
        if law not in laws:
            one.note("law", f"no [law.{law}]; known are {', '.join(laws) or 'none'}")
        text = one.phrase("text", EMPTY)
        found.append(
            Citation(laws.get(law, EMPTY), one.text("article", ""), text, _scope(one), one.text("url", ""))
        )
    return tuple(found)


def _exemption(form: Form) -> Exemption:
    form.only("when", "why")
    conditions = parse_conditions(form.form("when"))
    if not conditions:
        form.note("when", "says not when it holds")
    return Exemption(conditions, form.phrase("why"))


def _check(form: Form, rule: Rule) -> None:
    """What each field allows but all of them together do not."""
    ceiling = CEILING[rule.basis]
    if rule.level > ceiling:
        form.note("level", f"{rule.level.name.lower()} is above what basis {rule.basis!r} can claim "
                           f"({ceiling.name.lower()})")  # fmt: skip
    if rule.level == Level.RED and rule.provisional:
        form.note("level", "an unchecked rule cannot be red; have the text of the law checked first")
    for name in rule.dates:
        if name not in INSTANTS:
            form.note("date", f"no instant {name!r} in trades; known are {', '.join(INSTANTS)}")
    fact = FACTS.get(rule.subject)
    if rule.count == "working days":
        if fact is not None and not fact.period:
            form.note("count", f"fact {rule.subject!r} is no period; only days of a period are counted")
        if not rule.calendar:
            form.note("count", "working days need a calendar; name one in [pack]")
    if rule.compare == BEYOND_CHANCE:
        feature = FEATURES.get(rule.subject)
        if feature is None or feature.unit != "-log10 p":
            form.note("compare", f"{BEYOND_CHANCE!r} is for features that are chances (unit -log10 p)")
        if not all(0 < one.value < 1 for one in rule.thresholds):
            form.note("threshold", "the share of false discoveries lies between 0 and 1")


def _refuse_twins(whole: Form, rules: tuple[Rule, ...]) -> None:
    seen: set[str] = set()
    for form, rule in zip(whole.forms("rule"), rules, strict=True):
        if rule.id in seen:
            form.note("id", f"a second rule {rule.id}")
        seen.add(rule.id)


def in_force(scope: Scope, day: date) -> bool:
    """Whether `scope` holds on `day`, its region aside."""
    return (scope.since is None or scope.since <= day) and (scope.until is None or day <= scope.until)
