"""What holds for all price levels."""

import numpy as np

from detector.features import price_level
from detector.features.evaluation import evaluate
from tests.factory import lot, records


def test_the_unit_of_money_does_not_matter():
    def measured(scale):
        amounts = [98.0 * scale, 99.0 * scale, 104.0 * scale]
        rows = lot("t", amounts, estimate=100.0 * scale, ceiling=105.0 * scale)
        return evaluate(records(*rows), price_level.FAMILY).values[0]

    np.testing.assert_allclose(measured(10_000.0), measured(1.0), rtol=1e-12)
