"""Forests and rows for the tests of scoring and explaining."""

import numpy as np
from sklearn.ensemble import IsolationForest


def indicator_like(n, d, seed=0):
    """Columns as procurement features look: amounts, correlated values, counts, shares often zero, 0/1 marks."""
    rng = np.random.default_rng(seed)
    hidden = rng.standard_normal((n, 4))
    kinds = [
        lambda j: np.exp(8 + 1.3 * (0.7 * hidden[:, j % 4] + 0.7 * rng.standard_normal(n))),
        lambda j: 0.6 * hidden[:, (j + 1) % 4] + 0.8 * rng.standard_normal(n),
        lambda j: rng.poisson(2 + 3 * (j % 5), n),
        lambda j: np.where(rng.random(n) < 0.6, 0.0, rng.gamma(2.0, 1.5, n)),
        lambda j: rng.random(n) < 0.15,
    ]
    return np.column_stack([kinds[j % len(kinds)](j) for j in range(d)]).astype(np.float64)


def with_gaps(rows, share=0.1, seed=1):
    """The rows with a share of their values missing."""
    rows = rows.copy()
    rows[np.random.default_rng(seed).random(rows.shape) < share] = np.nan
    return rows


def fitted(rows, **settings):
    return IsolationForest(**{"n_estimators": 20, "random_state": 0, **settings}).fit(rows)
