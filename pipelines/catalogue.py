"""The catalogue `detector/features/README.md`, made from the features: ``python -m pipelines.catalogue``."""

import sys
from collections.abc import Iterable, Iterator

from detector.features import FEATURES
from detector.features.declare import FAMILIES, TAILS, UNITS, Feature
from detector.features.formulas import FORMULAS
from detector.features.open_contracting import OPEN_CONTRACTING, RedFlag
from pipelines.console import described, feature_source

HEAD = """\
# Catalogue of features 指标目录

Made from the docstrings in this folder by `python -m pipelines.catalogue > detector/features/README.md`; a test
keeps it fresh.

A feature is a number per trade; *tail* is the end at which it is worth a look. A trade below the minimum number of
effective bids, or one the feature excludes, is *not applicable*; a trade that lacks a column the feature needs is
*not computable*. A conspicuous value is a lead, never a finding.

每项指标对每宗交易给出一个数值，“方向”指值得关注的一端。低于最少有效投标家数或属于排除情形的，为“不适用”；缺少所需字段的，
为“不可计算”。数值突出仅为线索，供核查参考。
"""
FORMULAS_HEAD = """\
## Published formulas 公开的计算方法对照

What other tools, methodologies and the literature compute, subject by subject: of {all} formulas {computed} are
computed, {lacking} are not, each for its reason.

其他工具、方法和文献中的计算方法：共{all}项，已计算{computed}项，未计算{lacking}项，逐项说明原因。

| formula 计算方法 | features 指标 | why not 未计算的原因 |
|---|---|---|"""
MAP_HEAD = """\
## Open Contracting map 开放合约预警信号对照

Of the {all} red flags of Open Contracting Partnership (2024), Red flags in public procurement, {computed} are
computed for a trade, {ruled} of them by a rule of the pack open-contracting (`detector rules R020`), and {lacking}
can't be computed from the canonical tables.

该指南的{all}项预警信号中，已计算{computed}项（其中{ruled}项由规则包open-contracting的规则计算），现有数据表无法计算{lacking}项。

| code | red flag 预警信号 | feature or rule 指标或规则 | why not 未计算的原因 |
|---|---|---|---|"""
WORDS = {
    "en": ("Ordinary reason:", "Needs:", "Source:"),
    "zh": ("寻常解释：", "所需数据：", "来源："),
}


def catalogue(features: Iterable[Feature] = tuple(FEATURES.values())) -> str:
    """The whole page."""
    chosen = tuple(features)
    lines = [HEAD, *_table(chosen), ""]
    for feature in chosen:
        lines += _section(feature)
    return "\n".join([*lines, *_formulas(), "", *_map(OPEN_CONTRACTING), ""])


def _table(features: Iterable[Feature]) -> Iterator[str]:
    yield "| code | name | family | tail | unit | minimum bids | OCP | 名称 |"
    yield "|---|---|---|---|---|---|---|---|"
    for feature in features:
        what = f"{feature.name} | {FAMILIES[feature.family].en} | {feature.direction} | {feature.unit}"
        number = feature.minimum or ""
        yield f"| {_link(feature.code)} | {what} | {number} | {feature.ocp} | {feature.title.zh} |"


def _link(code: str) -> str:
    return f"[{code}](#{code.lower()})"


def _section(feature: Feature) -> Iterator[str]:
    english, chinese = feature.documentation.en, feature.documentation.zh
    family, tail, unit = FAMILIES[feature.family], TAILS[feature.direction], UNITS[feature.unit]
    fewest = feature.minimum
    yield f'<a id="{feature.code.lower()}"></a>\n'
    yield f"## {feature.code} {feature.title.en} {feature.title.zh}\n"
    yield f"`{feature.name}` · {family.en} · conspicuous when {tail.en} · {unit.en}" + (
        f" · at least {fewest} effective bids" if fewest else ""
    )
    yield f"\n{english.summary}\n"
    yield from _points(
        described(english, "en"), (feature.innocent.en, _needs(feature), feature_source(feature)), "en"
    )
    yield f"\n{family.zh} · {tail.zh}时值得关注 · 单位：{unit.zh}" + (
        f" · 有效投标不少于{fewest}家" if fewest else ""
    )
    yield f"\n{chinese.summary}\n"
    yield from _points(
        described(chinese, "zh"), (feature.innocent.zh, _needs(feature), feature_source(feature)), "zh"
    )
    yield ""


def _points(sections: Iterable[tuple[str, str]], more: tuple[str, str, str], language: str) -> Iterator[str]:
    gap = " " if language == "en" else ""
    for heading, text in (*sections, *zip(WORDS[language], more, strict=True)):
        # The colon stands outside: bold text that ends in a Chinese colon does not close before a Chinese letter.
        yield f"- **{heading[:-1]}**{heading[-1]}{gap}{text}"


def _needs(feature: Feature) -> str:
    return ", ".join(f"`{need}`" for need in feature.needs)


def _formulas() -> Iterator[str]:
    every = [formula for group in FORMULAS.values() for formula in group]
    computed = sum(bool(formula.features) for formula in every)
    yield FORMULAS_HEAD.format(all=len(every), computed=computed, lacking=len(every) - computed)
    for subject, group in FORMULAS.items():
        yield f"| **{subject.en} {subject.zh}** | | |"
        for formula in group:
            links = ", ".join(_link(code) for code in formula.features)
            why = "" if formula.reason is None else f"{formula.reason.en} {formula.reason.zh}"
            yield f"| {formula.title.en} {formula.title.zh} | {links} | {why} |"


def _map(flags: dict[str, RedFlag]) -> Iterator[str]:
    computed = sum(flag.computed for flag in flags.values())
    ruled = sum(bool(flag.rule) for flag in flags.values())
    yield MAP_HEAD.format(all=len(flags), computed=computed, ruled=ruled, lacking=len(flags) - computed)
    for code, flag in flags.items():
        links = ", ".join(_link(feature) for feature in flag.features)
        links = f"rule 规则 {flag.rule}" if flag.rule else links
        yield f"| {code} | {flag.title.en} {flag.title.zh} | {links} | {_why(flag)} |"


def _why(flag: RedFlag) -> str:
    if flag.reason is None:
        return ""
    return f"not computable: {flag.reason.en} 不可计算：{flag.reason.zh}"


if __name__ == "__main__":
    sys.stdout.write(catalogue())
