"""`detector rules`: list rules, explain one, check a file, compare two packs, and show what records answer."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from detector.errors import ConfigError, FeatureError
from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.rules.book import rulebook
from detector.rules.cases import answer, parse_cases
from detector.rules.declare import Rule
from detector.rules.difference import difference
from detector.rules.evaluation import evaluate_rules
from detector.rules.measuring import fields_of
from detector.rules.silence import silences
from pipelines import rule_pages
from pipelines.commands import clock, emit, talking, write
from pipelines.documents import Document
from pipelines.nightly import read_records
from pipelines.rulebooks import (
    CASES,
    chosen,
    load_rules,
    pack_of,
    shipped_pack,
    shipped_packs,
    shipped_years,
    text_of,
)


@dataclass(frozen=True, slots=True)
class RulesRequest:
    """What was asked of `detector rules`: `words` are a rule, "check FILE" or "diff A B", or nothing."""

    words: tuple[str, ...]
    source: str | None
    packs: tuple[str, ...]
    own: Path | None
    as_of: datetime | None
    as_json: bool


def run_rules(request: RulesRequest) -> None:
    """`detector rules`. FeatureError for words that ask for nothing known."""
    first, *rest = request.words or ("",)
    if first == "check" and len(rest) == 1:
        _check(Path(rest[0]), request.as_json)
    elif first == "diff" and len(rest) == 2:
        _compare(rest[0], rest[1], request.as_json)
    elif first and (rest or first in ("check", "diff")):
        raise FeatureError("ask for one rule (detector rules T04), 'check FILE' or 'diff PACK PACK'.")
    elif request.source is not None and not first:
        _ask(request)
    else:
        _tell(first, request)


def _tell(name: str, request: RulesRequest) -> None:
    """List the rules, or explain one."""
    book = load_rules(request.packs or shipped_packs(), request.own)
    if name and name not in {rule.id for rule in book.rules}:
        missing = [one for one in book.missing if one.id == name]
        if not missing:
            raise FeatureError(f"no rule {name!r}; 'detector rules' lists them.")
        write(
            [
                f"{name}: {missing[0].title.en} {missing[0].title.zh}",
                f"Not answerable: needs {missing[0].field}.",
            ]
        )
    elif request.as_json:
        emit({"rules": [rule_document(rule) for rule in book.rules if name in ("", rule.id)]})
    else:
        write(rule_pages.rule_page(book[name]) if name else rule_pages.rule_list(book))


def _check(path: Path, as_json: bool) -> None:
    """Read a pack with all its mistakes, and run the cases beside it."""
    pack = pack_of(path)
    # What it overrides must be there: other packs first, except where this file is one of them.
    others = [shipped_pack(name) for name in chosen(shipped_packs()) if pack.overrides and name != pack.id]
    book = rulebook([*others, pack], shipped_years())
    beside = path.with_name(path.name.removesuffix(".toml") + CASES)
    cases = parse_cases(text_of(beside), str(beside)) if beside.exists() else ()
    strangers = sorted({case.rule for case in cases} - {rule.id for rule in book.rules})
    if strangers:
        raise ConfigError(f"{beside}: cases of unknown rules {', '.join(strangers)}.")
    told = [(case, answer(case, book).wrong(case)) for case in cases]
    wrong = [f"{beside}:{case.line}: {case.rule} {case.kind}: {what}" for case, what in told if what]
    if wrong:
        raise ConfigError(
            f"{len(wrong)} of {len(cases)} cases are answered otherwise:\n  " + "\n  ".join(wrong)
        )
    untested = sorted({rule.id for rule in pack.rules} - {case.rule for case in cases})
    if as_json:
        emit({"pack": pack.id, "rules": len(pack.rules), "cases": len(cases), "without_cases": untested})
    else:
        counted = f"{len(pack.rules)} rules, {len(pack.overrides)} overrides, {len(cases)} cases"
        write([f"{path}: {counted}, all as expected."])
        write([f"Without cases: {', '.join(untested)}"] if untested else [])


def _compare(old: str, new: str, as_json: bool) -> None:
    changes = difference(pack_of(old), pack_of(new))
    if as_json:
        told = [(one, rule_pages.shown(one.before), rule_pages.shown(one.after)) for one in changes]
        emit({"changes": [
            {"rule": one.rule, "field": one.field, "before": before, "after": after} for one, before, after in told
        ]})  # fmt: skip
    else:
        write(rule_pages.change_lines(changes))


def _ask(request: RulesRequest) -> None:
    """What the records of a database answer, rule by rule, and who leaves rules without data."""
    book = load_rules(request.packs or shipped_packs(), request.own)
    with talking() as say:
        say("reading records")
        records = read_records(request.source or "", request.as_of, clock())
        say(f"asking {len(book.rules)} rules of {len(records):,} trades")
        named = {name for rule in book.rules for name in fields_of(rule)}
        table = evaluate(records, [feature for code, feature in FEATURES.items() if code in named])
        answered = evaluate_rules(records, book, table)
        gaps = silences(records, answered)
    if request.as_json:
        emit({"answers": answered.coverage().to_dict("records"), "gaps": gaps.to_dict("records")})
    else:
        write(rule_pages.answer_lines(answered.coverage()))
        write(rule_pages.silence_lines(gaps))


def rule_document(rule: Rule) -> Document:
    """One rule as JSON."""
    compared = rule_pages.comparison(rule)
    return {
        "id": rule.id,
        "version": rule.version,
        "pack": rule.pack,
        "title": {"en": rule.title.en, "zh": rule.title.zh},
        "level": rule.level.name.lower(),
        "basis": rule.basis,
        "confidence": rule.confidence,
        "provisional": rule.provisional,
        "compares": {"en": compared.en, "zh": compared.zh},
        "citations": [
            {"en": one.words.en, "zh": one.words.zh, "url": one.url or None} for one in rule.citations
        ],
        "innocent": {"en": rule.innocent.en, "zh": rule.innocent.zh},
        "next_check": {"en": rule.next_check.en, "zh": rule.next_check.zh},
    }
