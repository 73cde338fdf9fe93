import numpy as np
import pytest

from detector.drift import MOVED, drift, profile_of, stability_index


def test_the_index_of_equal_counts_is_zero_and_of_others_as_the_formula_has_it():
    assert stability_index(np.array([10, 20]), np.array([10, 20])) == 0.0
    p, q = np.array([10.5, 20.5]) / 31, np.array([20.5, 10.5]) / 31
    expected = sum((b - a) * np.log(b / a) for a, b in zip(p, q, strict=True))
    assert stability_index(np.array([10, 20]), np.array([20, 10])) == pytest.approx(expected)


def test_every_value_is_counted_once_and_missing_ones_apart():
    rng = np.random.default_rng(3)
    columns = np.column_stack([rng.random(200), np.round(rng.random(200)), np.full(200, np.nan)])
    columns[:50, 0] = np.nan
    counts = profile_of(columns).counts
    assert (counts.sum(axis=1) == 200).all()
    assert counts[0, -1] == 50
    assert (counts[0, :-1] == 15).all()
    assert counts[2, -1] == 200


def test_a_shift_and_a_lost_column_are_seen_and_chance_is_not():
    rng = np.random.default_rng(4)
    before, now = rng.normal(size=(2, 2_000, 3))
    now[:, 1] += 1.0
    now[:1_000, 2] = np.nan
    told = drift(profile_of(before), now, ("same", "shifted", "lost"))
    assert [one.moved for one in told] == [False, True, True]
    assert [one.limit for one in told] == [MOVED] * 3


def test_two_small_samples_of_one_population_are_not_called_drift():
    rng = np.random.default_rng(5)
    called = 0
    for _ in range(200):
        before, now = rng.normal(size=(2, 40, 1))
        (told,) = drift(profile_of(before), now, ("x",))
        assert told.limit > MOVED
        called += told.moved
    assert called <= 4


def test_nothing_to_compare_is_not_drift():
    (told,) = drift(profile_of(np.full((10, 1), np.nan)), np.empty((0, 1)), ("x",))
    assert not told.moved
