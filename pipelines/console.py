"""What a person at a terminal reads: the queue and the account of one flag. Text only, fit for a pipe."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from detector.features.declare import FAMILIES, HEADINGS, TAILS, UNITS, Feature, Sections
from detector.flags import Flag, Reason
from detector.measures import share_interval
from detector.records import Records
from detector.scan import Scan
from pipelines.rule_pages import met_rule
from pipelines.wording import LEAD, LEVEL_NAMES, PROVISIONAL, filled, money, quantity, share

WIDTH = 110
ANSWERS = {
    "value": "have a value",
    "not_applicable": "are not applicable",
    "not_computable": "are not computable",
}


def queue(scan: Scan, flags: Sequence[Flag], reasons: int = 3) -> Iterator[str]:
    """The queue, best first, each flag with its strongest `reasons`."""
    for flag in flags:
        yield from _heading(scan.records, flag)
        for reason in flag.rules[:reasons]:
            yield f"      {_met(reason)}"
        for reason in flag.findings[: max(reasons - len(flag.rules), 1)]:
            yield f"      {_finding(reason)}"
    if not flags:
        yield "Nothing stands out from its peers in this scan."


def account(scan: Scan, flag: Flag) -> Iterator[str]:
    """The whole account of one trade: reasons beside peers, what speaks for an ordinary explanation, the sum."""
    yield from _heading(scan.records, flag, rank=False)
    yield ""
    if flag.rules:
        yield "Rules that ask for a look 触及的规则（疑似，仅供核查）:"
        yield from (line for reason in flag.rules for line in met_rule(reason))
        yield ""
    yield "What stands out among its peers:"
    for reason in flag.findings:
        yield f"  {reason.points:+6.1f}  [{reason.code}] {reason.title.en} {reason.title.zh}"
        yield f"          {_beside_peers(reason)}"
        yield f"          Peers: {reason.peer_group}"
        if reason.innocent.en:
            yield from (
                f"          {line}" for line in wrap(f"Ordinary reason: {reason.innocent.en}", WIDTH - 10)
            )
    for reason in flag.reasons:
        if reason.code in ("rest", "base"):
            yield f"  {reason.points:+6.1f}  {reason.title.en}"
    n = len(scan.model.reference)
    low, high = share_interval(flag.percentile, n)
    yield (
        f"  {flag.score:6.1f}  score; higher than {share(flag.percentile)} of the {n:,} trades the model was "
        f"fitted on (95 % interval {share(low)}-{share(high)})"
    )
    yield ""
    yield from _unanswered(flag)
    yield LEAD


def coverage(scan: Scan) -> Iterator[str]:
    """What the records could answer: all three answers with their denominator, and what they never answer."""
    counts = scan.coverage
    asked = len(scan.table.features) * len(scan.records)
    if not asked:
        return
    told = [f"{share(counts[name].sum() / asked)} {words}" for name, words in ANSWERS.items()]
    yield f"{len(scan.table.features)} features of {len(scan.records):,} trades: {', '.join(told)}."
    silent = counts.loc[(counts["value"] == 0) & (counts["not_computable"] > 0), "code"]
    if len(silent):
        yield f"Never computable from these records: {' '.join(silent)} (see 'detector features CODE')."


def _heading(records: Records, flag: Flag, rank: bool = True) -> Iterator[str]:
    row = records.trades.iloc[flag.row]
    english, chinese = LEVEL_NAMES[int(flag.level)]
    place = f"{flag.rank:>3}. " if rank else ""
    title = filled(row["title"]) or "(no title)"
    amount = money(flag.money, filled(row["currency"]))
    yield f"{place}{chinese} {english:<6} {flag.score:5.1f}  {flag.trade_id}  {amount}"
    yield f"      {title[:WIDTH]}"


def _finding(reason: Reason) -> str:
    return f"{reason.points:+5.1f}  {reason.title.en}: {_beside_peers(reason)}"


def _met(reason: Reason) -> str:
    mark = f" ({PROVISIONAL.en} {PROVISIONAL.zh})" if reason.provisional else ""
    return f"[{reason.code}]{mark} {reason.title.en}: {reason.compared.en}"


def _beside_peers(reason: Reason) -> str:
    value, median = quantity(reason.value, reason.unit), quantity(reason.peer_median, reason.unit)
    return (
        f"{value} here, {median} in the middle of {reason.peer_n:,} peers; "
        f"further out than {share(reason.percentile)} of them"
    )


def _unanswered(flag: Flag) -> Iterator[str]:
    if not flag.unanswered:
        return
    by_reason: dict[str, list[str]] = {}
    for code, phrase in flag.unanswered:
        by_reason.setdefault(phrase.en, []).append(code)
    yield "Not computable for this trade (neither for nor against it):"
    for words, codes in by_reason.items():
        yield f"  {words}: {', '.join(codes)}"
    yield ""


def feature_lines(features: Iterable[Feature]) -> Iterator[str]:
    """The catalogue, a line a feature."""
    yield f"{'code':<5} {'family':<14} {'tail':<5} {'OCP':<5} name and title"
    for feature in features:
        yield (
            f"{feature.code:<5} {feature.family:<14} {feature.direction:<5} {feature.ocp or '-':<5} "
            f"{feature.name}: {feature.title.en} {feature.title.zh}"
        )


def feature_page(feature: Feature) -> Iterator[str]:
    """One feature in full, in English and Chinese."""
    family, tail, unit = FAMILIES[feature.family], TAILS[feature.direction], UNITS[feature.unit]
    english, chinese = feature.documentation.en, feature.documentation.zh
    needs, fewest = ", ".join(feature.needs), feature.minimum
    yield f"{feature.code} {feature.name} ({family.en}; conspicuous when {tail.en}; {unit.en})"
    yield feature.title.en
    yield from ("", *wrap(english.summary, WIDTH), "")
    for heading, text in described(english, "en"):
        yield from wrap(f"{heading} {text}", WIDTH)
    yield from wrap(f"Ordinary reason: {feature.innocent.en}", WIDTH)
    yield f"Needs: {needs}" + (f"; at least {fewest} effective bids" if fewest else "")
    yield from wrap(f"Source: {feature_source(feature)}", WIDTH)
    yield ""
    yield f"{feature.code} {feature.title.zh}（{family.zh}；{tail.zh}时值得关注；{unit.zh}）"
    yield from ("", chinese.summary, "")
    for heading, text in described(chinese, "zh"):
        yield f"{heading}{text}"
    yield f"寻常解释：{feature.innocent.zh}"
    yield f"所需数据：{needs}" + (f"；有效投标不少于{fewest}家" if fewest else "")
    yield f"来源：{feature_source(feature)}"


def described(sections: Sections, language: str) -> Iterator[tuple[str, str]]:
    """The sections of one language with their headings, in the order of reading."""
    for (of, name), heading in HEADINGS.items():
        if of == language:
            yield heading, getattr(sections, name)


def feature_source(feature: Feature) -> str:
    """Where the feature comes from, with its Open Contracting code."""
    named = not feature.ocp or feature.ocp in feature.source
    return feature.source if named else f"{feature.source} (Open Contracting {feature.ocp})"
