import numpy as np
import pytest

from detector.kernels import forest, forest_bits
from detector.model.flattened import flatten
from tests.forests import fitted, indicator_like, with_gaps


def test_ranks_answer_every_comparison_as_the_values_do():
    rng = np.random.default_rng(0)
    threshold = np.round(rng.standard_normal(500), 1).astype(np.float32)  # with ties
    group = rng.integers(0, 3, 500)
    table, rank = forest_bits._rank_table(group, threshold, 3)
    lines = table.reshape(3, 17, 16)
    for value in np.concatenate([threshold[:40], rng.standard_normal(40), [np.inf, -np.inf]]).astype(
        np.float32
    ):
        line = (lines[group, 0] < value).sum(axis=1)
        code = 16 * line + (lines[group, 1 + line] < value).sum(axis=1)
        assert np.array_equal(code <= rank, value <= threshold)
        assert code.max() < forest_bits.MISSING


@pytest.mark.parametrize(("max_samples", "fit"), [(1, False), (2, True), (256, True), (300, False)])
def test_trees_without_a_split_or_deeper_than_a_byte_do_not_fit(max_samples, fit):
    rows = indicator_like(2000, 6)
    trees = flatten(fitted(rows, max_samples=max_samples)).trees
    assert forest_bits.fits(trees, 6) is fit


@pytest.mark.parametrize("columns", [1, 2, 9])
def test_a_ranking_never_holds_more_thresholds_than_a_byte(columns):
    trees = flatten(fitted(indicator_like(3000, columns), n_estimators=80)).trees
    layout = forest_bits.bit_trees(trees, columns)
    tree = np.repeat(np.arange(80), np.diff(layout.offsets))
    first = np.repeat(np.arange(80), np.diff(layout.due))
    for column in range(columns):
        on_column = layout.nodes["column"] == column
        starts = first[layout.columns == column]
        assert starts[0] == 0
        assert (np.diff(starts) > 0).all()
        held = np.bincount(np.searchsorted(starts, tree[on_column], side="right") - 1)
        assert held.max() <= forest_bits.MOST_RANKS
        # One more tree would have been too many: no ranking ends before it has to.
        for run, start in enumerate(starts[1:]):
            with_next = np.count_nonzero(on_column & (tree >= starts[run]) & (tree <= start))
            assert with_next > forest_bits.MOST_RANKS


@pytest.mark.parametrize("trees", [1, 2, 3, 4, 5, 8, 11])
def test_any_number_of_trees_waiting_to_be_added(trees):
    rows = with_gaps(indicator_like(700, 5))
    flat = flatten(fitted(rows, n_estimators=trees))
    assert np.array_equal(forest_bits.path_length_sums(flat.trees, rows), forest.descended(flat.trees, rows))


def test_missing_values_in_one_block_do_not_leak_into_the_next():
    rows = indicator_like(2000, 5)
    rows[:512] = with_gaps(rows[:512], 0.5)
    flat = flatten(fitted(indicator_like(2000, 5)))
    assert np.array_equal(forest_bits.path_length_sums(flat.trees, rows), forest.descended(flat.trees, rows))
