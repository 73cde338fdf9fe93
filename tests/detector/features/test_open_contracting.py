"""Every Open Contracting red flag is answered: by features that carry its code, by a rule, or by a reason."""

import re

import pytest

from detector.features import FEATURES
from detector.features.open_contracting import OPEN_CONTRACTING
from pipelines.rulebooks import shipped_pack


def test_the_map_covers_all_red_flags_in_order():
    assert list(OPEN_CONTRACTING) == [f"R{number:03d}" for number in range(1, 74)]


@pytest.mark.parametrize("code", OPEN_CONTRACTING)
def test_the_map_and_the_features_agree(code):
    flag = OPEN_CONTRACTING[code]
    assert set(flag.features) == {feature.code for feature in FEATURES.values() if feature.ocp == code}
    assert flag.computed == (flag.reason is None)
    assert not (flag.features and flag.rule)


def test_rules_of_the_pack_answer_what_no_feature_does():
    pack = shipped_pack("open-contracting")
    named = {flag.rule for flag in OPEN_CONTRACTING.values() if flag.rule}
    assert named == {rule.id for rule in pack.rules if rule.id in OPEN_CONTRACTING} - {
        code for code, flag in OPEN_CONTRACTING.items() if flag.features
    }
    assert all(OPEN_CONTRACTING[code].rule in ("", code) for code in OPEN_CONTRACTING)
    # What the pack calls not answerable no rule answers.
    assert not named & {one.id for one in pack.missing}


@pytest.mark.parametrize("code", OPEN_CONTRACTING)
def test_titles_and_reasons_are_in_both_languages(code):
    flag = OPEN_CONTRACTING[code]
    for phrase in filter(None, (flag.title, flag.reason)):
        assert phrase.en
        assert re.search(r"[\u4e00-\u9fff]", phrase.zh)
        assert "|" not in phrase.en + phrase.zh


def test_every_code_of_a_feature_is_a_red_flag():
    assert {feature.ocp for feature in FEATURES.values() if feature.ocp} <= set(OPEN_CONTRACTING)
