"""The price-level cases."""

import numpy as np
import pytest

from detector.features import price_level
from detector.features.evaluation import Answer, evaluate
from tests.factory import lot, records
from tests.price_cases import REFUSED, VALUED, answer, case_file

CASES = {feature.code: case_file(feature.code) for feature in price_level.FAMILY}


def listed(headings):
    return [
        pytest.param(feature, heading, case, id=f"{feature.code}-{heading}-{case['why']}")
        for feature in price_level.FAMILY
        for heading in headings
        for case in CASES[feature.code].get(heading, [])
    ]


@pytest.mark.parametrize(("feature", "heading", "case"), listed(VALUED))
def test_expected_values(feature, heading, case):
    value, found, _ = answer(feature, case)
    assert found == Answer.VALUE
    assert value == pytest.approx(case["value"], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("feature", "heading", "case"), listed(REFUSED))
def test_refusals_with_their_reasons(feature, heading, case):
    value, found, reason = answer(feature, case)
    assert np.isnan(value)
    assert Answer(found).name.lower() == heading
    assert reason.en == case["reason"]


@pytest.mark.parametrize("feature", price_level.FAMILY, ids=lambda feature: feature.code)
def test_what_raises_is_more_suspicious_than_every_near_miss(feature):
    sign = 1.0 if feature.direction == "high" else -1.0
    cases = CASES[feature.code]
    raised = [sign * answer(feature, case)[0] for case in cases["raises"]]
    missed = [sign * answer(feature, case)[0] for case in cases["near_misses"]]
    assert min(raised) > max(missed)


def test_the_unit_of_money_does_not_matter():
    def measured(scale):
        amounts = [98.0 * scale, 99.0 * scale, 104.0 * scale]
        rows = lot("t", amounts, estimate=100.0 * scale, ceiling=105.0 * scale)
        return evaluate(records(*rows), price_level.FAMILY).values[0]

    np.testing.assert_allclose(measured(10_000.0), measured(1.0), rtol=1e-12)
