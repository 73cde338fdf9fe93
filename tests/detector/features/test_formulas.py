"""The list of published formulas knows every feature, and answers every formula."""

import re

import pytest

from detector.features import FEATURES
from detector.features.formulas import FORMULAS

EVERY = [formula for group in FORMULAS.values() for formula in group]


def test_every_feature_answers_exactly_one_formula():
    named = sorted(code for formula in EVERY for code in formula.features)
    assert named == sorted(FEATURES)


@pytest.mark.parametrize("formula", EVERY, ids=lambda formula: formula.title.en)
def test_every_formula_is_answered_in_both_languages(formula):
    assert bool(formula.features) == (formula.reason is None)
    for phrase in filter(None, (formula.title, formula.reason)):
        assert phrase.en
        assert re.search(r"[\u4e00-\u9fff]", phrase.zh)
        assert "|" not in phrase.en + phrase.zh


def test_no_formula_is_listed_twice():
    titles = [formula.title.en for formula in EVERY]
    assert len(set(titles)) == len(titles)
