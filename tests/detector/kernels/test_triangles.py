"""Triangles against all triples of nodes."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detector.kernels.triangles import triangles

NODES = 7


@given(st.sets(st.sampled_from(list(itertools.combinations(range(NODES), 2)))))
def test_equal_their_naive_twin(drawn):
    edges = sorted(drawn)
    starts = np.searchsorted([low for low, _ in edges], np.arange(NODES + 1)).astype(np.int64)
    found = triangles(starts, np.array([high for _, high in edges], dtype=np.int64))
    expected = [
        [edges.index(edge) for edge in ((a, b), (a, c), (b, c))]
        for a, b, c in itertools.combinations(range(NODES), 3)
        if {(a, b), (a, c), (b, c)} <= drawn
    ]
    assert found.tolist() == expected
