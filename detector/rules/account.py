"""A rule that one trade meets, told in full: what was compared, the law in force then, and the rows to open."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from detector.features import FEATURES
from detector.features.declare import Phrase
from detector.levels import Level
from detector.records import Records
from detector.rules.declare import EMPTY, Citation, Rule
from detector.rules.evaluation import Fired, Outcome, RuleTable
from detector.rules.fact import Fact
from detector.rules.facts import FACTS
from detector.rules.phrases import figure, local_time
from detector.rules.quantities import against
from detector.schema import TABLES
from detector.workdays import local_days

SHOWN_SOURCES = 20
NEAR = Phrase("within a day of the limit, so one level lower", "距限值不足一天，降一级提示")
INCOMPLETE = Phrase("an exception could not be ruled out", "尚不能排除例外情形")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What a rule says about one trade. `sources` are keys of rows and columns, ``table:KEY/OF/ROW.column``."""

    rule: Rule
    level: Level
    value: float
    unit: str
    citation: Phrase
    compared: Phrase
    sources: tuple[str, ...]


def rule_lines(records: Records, table: RuleTable, trade: int) -> tuple[RuleLine, ...]:
    """The rules that the trade at row `trade` meets, gravest first."""
    lines = []
    for rule, fired in zip(table.rules, table.fired, strict=True):
        place = fired.at(trade)
        if place is not None:
            lines.append(_line(records, rule, fired, place))
    return tuple(sorted(lines, key=lambda line: (-line.level, line.rule.id)))


def unanswered(table: RuleTable, trade: int) -> Iterator[tuple[str, Phrase]]:
    """The rules that could not be computed for the trade at row `trade`, with what was missing."""
    for column, rule in enumerate(table.rules):
        outcome, why = table.answer(trade, column)
        if outcome == Outcome.NOT_COMPUTABLE:
            yield rule.id, why


def _line(records: Records, rule: Rule, fired: Fired, place: int) -> RuleLine:
    trade = int(fired.rows[place])
    fact = FACTS.get(rule.subject)
    unit = (fact.unit if fact else FEATURES[rule.subject].unit) if rule.count == "days" else rule.count
    return RuleLine(
        rule=rule,
        level=Level(int(fired.levels[place])),
        value=float(fired.values[place]),
        unit=unit,
        citation=_cited(records, rule, trade),
        compared=_compared(records, rule, fired, place),
        sources=_sources(records, rule, fired, trade),
    )


def _compared(records: Records, rule: Rule, fired: Fired, place: int) -> Phrase:
    """The two dates or numbers, what they come to, and the threshold."""
    fact = FACTS.get(rule.subject)
    told = against(float(fired.values[place]), rule.compare, float(fired.limits[place]), unit_of(rule))
    # A feature's title says what the rule's own title says.
    if fact is not None:
        told = Phrase(f"{_capital(fact.title.en)}: {told.en}", f"{fact.title.zh}：{told.zh}")
    both = _both(records, fact, fired, place)
    remarks = [NEAR] if fired.near[place] else []
    remarks += [] if fired.complete[place] else [INCOMPLETE]
    if both is not None:
        told = Phrase(f"{_capital(both.en)}. {told.en}", f"{both.zh}。{told.zh}")
    return Phrase(
        told.en + "".join(f" ({remark.en})" for remark in remarks),
        told.zh + "".join(f"（{remark.zh}）" for remark in remarks),
    )


def unit_of(rule: Rule) -> str:
    """The unit in which the values of a rule are told, as `detector.rules.quantities` takes it."""
    fact = FACTS.get(rule.subject)
    if fact is None:
        return FEATURES[rule.subject].unit
    return rule.count if fact.period else fact.unit


def _both(records: Records, fact: Fact | None, fired: Fired, place: int) -> Phrase | None:
    """The two raw values that were compared, by their names."""
    if fact is None or fact.names is None or np.isnan(fired.first[place]):
        return None
    raw = (float(fired.first[place]), float(fired.second[place]))
    shown = [_instant(records, int(fired.rows[place]), one) if fact.period else figure(one) for one in raw]
    names = [_brief(name) for name in fact.names]
    return Phrase(
        f"{names[0].en} {shown[0]}; {names[1].en[:1].lower()}{names[1].en[1:]} {shown[1]}",
        f"{names[0].zh} {shown[0]}，{names[1].zh} {shown[1]}",
    )


def _brief(name: Phrase) -> Phrase:
    """The name of a column without the explanation that follows it."""
    return Phrase(re.split("[;:]", name.en)[0], name.zh)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _instant(records: Records, trade: int, seconds: float) -> str:
    return local_time(seconds, float(records.trades["utc_offset"].to_numpy(dtype=np.float64)[trade]))


def _cited(records: Records, rule: Rule, trade: int) -> Phrase:
    """The citations in force for this trade."""
    offset = records.trades["utc_offset"].to_numpy(dtype=np.float64)[trade]
    offset = offset if np.isfinite(offset) else float(rule.utc_offset or 0)
    seconds = next((s for column in rule.dates if np.isfinite(s := records.seconds(column)[trade])), np.nan)
    day = float(local_days(np.array([seconds]), np.array([offset]))[0])
    region = records.trades["region"].iloc[trade]
    words = [cited(one) for one in rule.citations if _in_force(one, day, region)]
    return Phrase("; ".join(one.en for one in words), "；".join(one.zh for one in words))


def cited(citation: Citation) -> Phrase:
    """Law, article and paraphrase."""
    words = citation.words
    if citation.text == EMPTY:
        return words
    return Phrase(f"{words.en}: {citation.text.en}", f"{words.zh}：{citation.text.zh}")


def _in_force(citation: Citation, day: float, region: object) -> bool:
    scope = citation.scope
    if scope.region and not (isinstance(region, str) and region.startswith(scope.region)):
        return False
    if not scope.dated:
        return True
    if np.isnan(day):
        return False
    here = date(1970, 1, 1) + timedelta(days=day)
    return (scope.since is None or scope.since <= here) and (scope.until is None or here <= scope.until)


def _sources(records: Records, rule: Rule, fired: Fired, trade: int) -> tuple[str, ...]:
    """Keys of what was compared: columns of the trade, then rows of other tables, `SHOWN_SOURCES` at most."""
    fact = FACTS.get(rule.subject)
    columns = fact.columns if fact else FEATURES[rule.subject].needs
    named = [name.removeprefix("trades.") for name in columns if name.startswith("trades.")]
    keys = [f"trades:{records.trade_ids[trade]}.{name}" for name in named if " " not in name]
    for members in fired.members:
        frame = getattr(records, members.table)
        for row in members.row[members.trade == trade]:
            key = "/".join(_cell(frame[column].iloc[int(row)]) for column in TABLES[members.table].key)
            keys.append(f"{members.table}:{key}.{members.column}")
    keys = list(dict.fromkeys(keys))
    more = len(keys) - SHOWN_SOURCES
    return (*keys[:SHOWN_SOURCES], *([f"… {more} more"] if more > 0 else []))


def _cell(value: object) -> str:
    return str(int(value)) if isinstance(value, float | np.floating | np.integer) else str(value)
