"""The cases of timing, concentration, network, identity and process features."""

import numpy as np
import pytest

from detector.features import FEATURES
from detector.features.evaluation import Answer
from tests.history_cases import REFUSED, VALUED, answer, case_file

SCREENS = [feature for code, feature in FEATURES.items() if code[0] in "TCNIS"]
CASES = {feature.code: case_file(feature.code) for feature in SCREENS}


def listed(headings):
    return [
        pytest.param(feature, heading, case, id=f"{feature.code}-{heading}-{case['why']}")
        for feature in SCREENS
        for heading in headings
        for case in CASES[feature.code].get(heading, [])
    ]


@pytest.mark.parametrize(("feature", "heading", "case"), listed(VALUED))
def test_expected_values(feature, heading, case):
    value, found, reason = answer(feature, case)
    assert found == Answer.VALUE, reason.en
    assert value == pytest.approx(case["value"], rel=5e-3, abs=1e-9)


@pytest.mark.parametrize(("feature", "heading", "case"), listed(REFUSED))
def test_refusals_with_their_reasons(feature, heading, case):
    value, found, reason = answer(feature, case)
    assert np.isnan(value)
    assert Answer(found).name.lower() == heading
    assert reason.en == case["reason"]


@pytest.mark.parametrize("feature", SCREENS, ids=lambda feature: feature.code)
def test_what_raises_is_more_suspicious_than_every_near_miss(feature):
    sign = 1.0 if feature.direction == "high" else -1.0
    cases = CASES[feature.code]
    raised = [sign * answer(feature, case)[0] for case in cases["raises"]]
    missed = [sign * answer(feature, case)[0] for case in cases["near_misses"]]
    assert min(raised) > max(missed)
