"""Rules as a person reads them, in English and Chinese: lists, one rule in full, differences, answers."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

import pandas as pd

from detector.features import FEATURES
from detector.features.declare import Phrase
from detector.flags import Reason
from detector.rules.account import cited, unit_of
from detector.rules.book import Rulebook
from detector.rules.declare import BEYOND_CHANCE, EMPTY, Rule, Scope, Threshold
from detector.rules.difference import Change
from detector.rules.facts import FACTS
from detector.rules.phrases import SIGNS, conditioned
from detector.rules.quantities import said
from detector.rules.silence import GROUPS
from pipelines.wording import LEVEL_NAMES, PROVISIONAL, share

WIDTH = 110
SHOWN_SILENCES = 5
CONFIDENCE = {
    "checked": Phrase("held against the text of the law", "已与法条原文核对"),
    "secondary": Phrase("taken from a secondary source", "依据二手资料"),
    "unchecked": Phrase("provisional: not held against the text of the law", "暂定：尚未与法条原文核对"),
}


def rule_list(book: Rulebook) -> Iterator[str]:
    """The rules of a book, a line each, and what the tables cannot answer."""
    for pack in book.packs:
        yield f"{pack.id} {pack.version}: {pack.title.en} {pack.title.zh}"
        for rule in (rule for rule in book.rules if rule.pack == pack.id):
            english, chinese = LEVEL_NAMES[int(rule.level)]
            yield f"  {rule.id:<6} {chinese} {english:<7}{_marks(rule)}{rule.title.en} {rule.title.zh}"
        for missing in pack.missing:
            yield f"  {missing.id:<6} not answerable, needs {missing.field}: {missing.title.en} {missing.title.zh}"
    yield f"{len(book.rules)} rules, {len(book.missing)} not answerable from the canonical tables."


def _marks(rule: Rule) -> str:
    marks = [f"{PROVISIONAL.en} {PROVISIONAL.zh}"] if rule.provisional else []
    marks += ["off 停用"] if rule.disabled != EMPTY else []
    return f"({', '.join(marks)}) " if marks else ""


def rule_page(rule: Rule) -> Iterator[str]:
    """One rule in full, in English and then in Chinese."""
    english, chinese = LEVEL_NAMES[int(rule.level)]
    compared = comparison(rule)
    yield f"{rule.id} version {rule.version}, pack {rule.pack}, {english}"
    yield from wrap(rule.title.en, WIDTH)
    yield from wrap(f"Fires where: {compared.en}", WIDTH)
    yield from (line for limit in _limits(rule) for line in wrap(f"  {limit.en}", WIDTH))
    if rule.guard:
        yield from wrap(f"Applies where: {'; '.join(conditioned(one).en for one in rule.guard)}", WIDTH)
    for exemption in rule.exceptions:
        when = " and ".join(conditioned(one).en for one in exemption.when)
        yield from wrap(f"Except: {exemption.why.en} ({when})", WIDTH)
    for citation in rule.citations:
        yield from wrap(f"Law: {cited(citation).en}{_scope(citation.scope).en}", WIDTH)
    yield f"Confidence: {CONFIDENCE[rule.confidence].en}"
    yield from wrap(f"Ordinary reason: {rule.innocent.en}", WIDTH)
    yield from wrap(f"Check next: {rule.next_check.en}", WIDTH)
    yield from ([f"Switched off: {rule.disabled.en}"] if rule.disabled != EMPTY else [])
    yield ""
    yield f"{rule.id} 第{rule.version}版，规则包{rule.pack}，{chinese}"
    yield rule.title.zh
    yield f"触发条件：{compared.zh}"
    yield from (f"  {limit.zh}" for limit in _limits(rule))
    if rule.guard:
        yield f"适用范围：{'；'.join(conditioned(one).zh for one in rule.guard)}"
    for exemption in rule.exceptions:
        yield f"例外：{exemption.why.zh}（{'，且'.join(conditioned(one).zh for one in exemption.when)}）"
    for citation in rule.citations:
        yield f"依据：{cited(citation).zh}{_scope(citation.scope).zh}"
    yield f"核对情况：{CONFIDENCE[rule.confidence].zh}"
    yield f"寻常解释：{rule.innocent.zh}"
    yield f"下一步核查：{rule.next_check.zh}"
    yield from ([f"已停用：{rule.disabled.zh}"] if rule.disabled != EMPTY else [])


def comparison(rule: Rule) -> Phrase:
    """What is compared with what, in words; a limit that depends on the trade is left to the list of limits."""
    fact = FACTS.get(rule.subject)
    title = fact.title if fact else FEATURES[rule.subject].title
    if rule.compare == BEYOND_CHANCE:
        rate = said(rule.thresholds[0].value, "share")
        return Phrase(
            f"{title.en}: beyond chance, with at most {rate.en} false discoveries expected",
            f"{title.zh}：超出偶然（预期误报比例不超过{rate.zh}）",
        )
    sign = SIGNS[rule.compare]
    if len(rule.thresholds) > 1:
        return Phrase(f"{title.en}: {sign.en} the limit", f"{title.zh}{sign.zh}限值")
    limit = said(rule.thresholds[0].value, unit_of(rule))
    return Phrase(f"{title.en}: {sign.en} {limit.en}", f"{title.zh}{sign.zh}{limit.zh}")


def _limits(rule: Rule) -> Iterator[Phrase]:
    if len(rule.thresholds) > 1 or rule.thresholds[0].when or rule.thresholds[0].scope != Scope():
        yield from (_limit(one, unit_of(rule)) for one in rule.thresholds)


def _limit(threshold: Threshold, unit: str = "1") -> Phrase:
    when = [conditioned(one) for one in threshold.when]
    value, scope = said(threshold.value, unit), _scope(threshold.scope)
    english = f"{value.en}{scope.en}" + "".join(f", where {one.en}" for one in when)
    return Phrase(english, f"{value.zh}{scope.zh}" + "".join(f"，{one.zh}" for one in when))


def _scope(scope: Scope) -> Phrase:
    english, chinese = "", ""
    if scope.region:
        english, chinese = f", region {', '.join(scope.region)}", f"，地区{'、'.join(scope.region)}"
    if scope.since:
        english, chinese = f"{english}, from {scope.since}", f"{chinese}，自{scope.since}起"
    if scope.until:
        english, chinese = f"{english}, until {scope.until}", f"{chinese}，至{scope.until}止"
    return Phrase(english, chinese)


def met_rule(reason: Reason) -> Iterator[str]:
    """A rule that a trade meets: what was compared, the law, the rows, the ordinary reason, what to check next."""
    english, chinese = LEVEL_NAMES[reason.level]
    mark = f" ({PROVISIONAL.en} {PROVISIONAL.zh})" if reason.provisional else ""
    yield f"  {chinese} {english} [{reason.code}]{mark} {reason.title.en} {reason.title.zh}"
    told = [
        reason.compared.en,
        reason.compared.zh,
        f"Law: {reason.citation.en}",
        f"依据：{reason.citation.zh}",
        f"Rows: {', '.join(reason.sources)}" if reason.sources else "",
        f"Ordinary reason: {reason.innocent.en}",
        f"寻常解释：{reason.innocent.zh}",
        f"Check next: {reason.next_check.en}",
        f"下一步核查：{reason.next_check.zh}",
    ]
    for text in filter(None, told):
        yield from (f"          {line}" for line in wrap(text, WIDTH - 10))


def answer_lines(counts: pd.DataFrame) -> Iterator[str]:
    """What every rule answered: fired, clear, not applicable, not computable, of how many trades."""
    yield f"{'rule':<7} {'fired':>9} {'clear':>9} {'not appl.':>10} {'not comp.':>10}  fired of answered"
    for row in counts.to_dict("records"):
        answered = row["fired"] + row["clear"]
        told = share(row["fired"] / answered) if answered else "-"
        yield (
            f"{row['rule']:<7} {row['fired']:>9,} {row['clear']:>9,} {row['not_applicable']:>10,} "
            f"{row['not_computable']:>10,}  {told}"
        )


def silence_lines(found: pd.DataFrame, longest: int = SHOWN_SILENCES) -> Iterator[str]:
    """Groups that leave rules without data, the most trades first."""
    for row in found.head(longest).to_dict("records"):
        by = GROUPS[row["by"]]
        yield (
            f"Rule {row['rule']} cannot be answered for {row['not_computable']:,} of {row['trades']:,} trades of "
            f"{by.en} {by.zh} {row['name']} ({share(row['rate'])}; elsewhere {share(row['elsewhere'])})."
        )
    if len(found) > longest:
        yield f"… and {len(found) - longest:,} more such gaps ('detector rules --source URL --json' lists them)."


def change_lines(changes: Iterable[Change]) -> Iterator[str]:
    """What differs between two packs, a line a change."""
    count = 0
    for change in changes:
        count += 1
        if change.field == "rule":
            rule: Any = change.after if change.before is None else change.before
            yield f"{'+' if change.before is None else '-'} {change.rule} {rule.title.en} {rule.title.zh}"
        else:
            yield f"~ {change.rule} {change.field}: {shown(change.before)} -> {shown(change.after)}"
    yield f"{count} changes." if count else "The two packs say the same."


def shown(value: object) -> str:
    """A field of a rule in one line."""
    if isinstance(value, Phrase) and value != EMPTY:
        return f"{value.en} {value.zh}"
    if isinstance(value, tuple) and value and isinstance(value[0], Threshold):
        return "; ".join(_limit(one).en for one in value)
    if value is None or value == () or value == EMPTY:
        return "nothing"
    return value.name.lower() if hasattr(value, "name") else str(value)
