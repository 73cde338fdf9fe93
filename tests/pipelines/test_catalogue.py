from pathlib import Path

import pytest

from detector.features import FEATURES
from detector.features.formulas import FORMULAS
from detector.features.open_contracting import OPEN_CONTRACTING
from pipelines.catalogue import catalogue

PAGE = Path(__file__).resolve().parents[2] / "detector" / "features" / "README.md"


@pytest.fixture(scope="module")
def page():
    return catalogue()


def test_the_catalogue_is_fresh(page):
    assert PAGE.read_text(encoding="utf-8") == page, (
        "run: python -m pipelines.catalogue > detector/features/README.md"
    )


def test_every_feature_has_its_line_and_its_text_in_both_languages(page):
    for feature in FEATURES.values():
        assert f"| [{feature.code}](#{feature.code.lower()}) | {feature.name} |" in page
        assert f'<a id="{feature.code.lower()}"></a>' in page
        for sections in (feature.documentation.en, feature.documentation.zh):
            assert sections.definition in page
        assert feature.innocent.zh in page


def test_every_red_flag_has_its_line(page):
    lines = [line for line in page.splitlines() if line.startswith("| R0")]
    assert len(lines) == len(OPEN_CONTRACTING)
    for line, (code, flag) in zip(lines, OPEN_CONTRACTING.items(), strict=True):
        assert line.startswith(f"| {code} | {flag.title.en} {flag.title.zh} |")
        assert all(feature in line for feature in flag.features)
        assert flag.reason is None or flag.reason.zh in line


def test_every_published_formula_has_its_line(page):
    for formula in (formula for group in FORMULAS.values() for formula in group):
        line = next(line for line in page.splitlines() if line.startswith(f"| {formula.title.en} "))
        assert line.count("|") == 4
        assert all(f"[{code}]" in line for code in formula.features)
        assert formula.reason is None or formula.reason.zh in line


def test_the_tables_are_proper_tables(page):
    features = [line for line in page.splitlines() if line.startswith(("| code | name", "| ["))]
    flags = [line for line in page.splitlines() if line.startswith(("| code | red", "| R0"))]
    assert {line.count("|") for line in features} == {9}
    assert {line.count("|") for line in flags} == {5}
