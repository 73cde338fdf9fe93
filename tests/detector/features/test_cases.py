"""The case file of every feature: what raises it, near misses, expected values, and where it must not speak."""

from functools import cache

import numpy as np
import pytest

from detector.features import FEATURES
from detector.features.evaluation import Answer
from tests.feature_cases import FOLDER, REFUSED, VALUED, answer, case_file


def listed(headings):
    """(code, heading, number) of the cases under `headings` of every feature, named by why they are there."""
    return [
        pytest.param(code, heading, number, id=f"{code}-{heading}-{case['why']}")
        for code in FEATURES
        for heading in headings
        for number, case in enumerate(case_file(code).get(heading, []))
    ]


@cache
def answered(code, heading, number):
    """The case, and the feature's value, answer and reason for it."""
    case = case_file(code)[heading][number]
    return case, *answer(FEATURES[code], case)


def test_every_feature_has_a_case_file_and_every_case_file_a_feature():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(FEATURES)
    for code in FEATURES:
        cases = case_file(code)
        assert cases["code"] == code
        assert cases["raises"]
        assert cases["near_misses"]
        assert cases.get("not_applicable", []) + cases.get("not_computable", [])


@pytest.mark.parametrize(("code", "heading", "number"), listed(VALUED))
def test_expected_values(code, heading, number):
    case, value, found, reason = answered(code, heading, number)
    assert found == Answer.VALUE, reason.en
    # Case files give four or five digits.
    assert value == pytest.approx(case["value"], rel=1e-3, abs=1e-6)


@pytest.mark.parametrize(("code", "heading", "number"), listed(REFUSED))
def test_refusals_with_their_reasons(code, heading, number):
    case, value, found, reason = answered(code, heading, number)
    assert np.isnan(value)
    assert Answer(found).name.lower() == heading
    assert reason.en == case["reason"]


@pytest.mark.parametrize("code", FEATURES)
def test_what_raises_is_more_suspicious_than_every_near_miss(code):
    sign = 1.0 if FEATURES[code].direction == "high" else -1.0
    raised, missed = (
        [sign * answered(code, heading, number)[1] for number in range(len(case_file(code)[heading]))]
        for heading in ("raises", "near_misses")
    )
    assert min(raised) > max(missed)
