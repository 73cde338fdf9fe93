from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.kernels.erlang import erlang_surprise
from detector.model.evidence import (
    MOST_INFORMED,
    USUAL_BIDS,
    feature_shares,
    information,
    joint,
    pattern_shares,
    plans,
    strengths,
)
from detector.patterns import ASPECTS, CONTEXT, PATTERNS, UNPLACED, aspects_of
from detector.peer_groups import PeerGroups
from detector.peers import Suspicion, suspicion
from detector.records import Records
from detector.simulate import simulate

STRENGTHS = arrays(np.float64, (3, 4), elements=st.floats(0, 60))


@pytest.fixture(scope="module")
def authority():
    built = Records.build(simulate(trades=400, seed=3, prevalence=0.1).tables)
    return suspicion(built, evaluate(built, list(FEATURES.values())))


def with_tail(authority, **tails):
    """One trade of the authority with the given tails, no other values and five bids."""
    codes = [feature.code for feature in authority.table.features]
    tail = np.full((1, len(codes)), np.nan)
    for code, value in tails.items():
        tail[0, codes.index(code)] = value
    return Suspicion(authority.table, tail, authority.rung[:1], np.array([USUAL_BIDS]), PeerGroups.nobodys(1))


def strength_of(authority, name, **tails):
    judged = with_tail(authority, **tails)
    plan = plans(judged)
    place = [each.pattern.name for each in plan].index(name)
    return strengths(judged, plan).strength[0, place]


def test_every_feature_has_its_place():
    placed = {code for group in ASPECTS.values() for code in group}
    assert placed.isdisjoint(CONTEXT)
    assert placed | set(CONTEXT) == set(FEATURES)
    assert {name for pattern in PATTERNS for name in pattern.aspects} == set(ASPECTS)


def test_every_pattern_is_declared_with_source_and_in_both_languages():
    assert len({pattern.name for pattern in PATTERNS}) == len(PATTERNS)
    for pattern in PATTERNS:
        assert pattern.source
        assert pattern.title.en
        assert pattern.title.zh


def test_an_unknown_feature_speaks_for_itself_until_it_is_placed():
    assert aspects_of(UNPLACED, ("B01", "X07", "X08")) == (("X07",), ("X08",))


def test_two_moderate_signs_of_different_kinds_outweigh_a_strong_one(authority):
    both = strength_of(authority, "cover_bidding", B01=0.98, P01=0.98)
    assert both > strength_of(authority, "cover_bidding", B01=0.998, P01=0.5)


def test_features_of_one_aspect_count_once(authority):
    alone = strength_of(authority, "cover_bidding", B01=0.98, P01=0.9)
    assert strength_of(authority, "cover_bidding", B01=0.98, B02=0.98, P01=0.9) == pytest.approx(alone)


def test_a_chance_is_what_it_says():
    rng = np.random.default_rng(1)
    tail = rng.random((20_000, 3))
    total = -np.log1p(-tail).sum(axis=1)
    chance = np.exp(-erlang_surprise(total, np.full(len(total), 3.0)))
    assert np.quantile(chance, [0.01, 0.1, 0.5]) == pytest.approx([0.01, 0.1, 0.5], rel=0.1)


def test_without_its_first_aspect_a_pattern_says_nothing(authority):
    assert np.isnan(strength_of(authority, "cover_bidding", P01=0.99, N05=0.99))
    assert np.isfinite(strength_of(authority, "cover_bidding", B01=0.99))


def test_what_cannot_be_said_neither_accuses_nor_clears(authority):
    said = strength_of(authority, "cover_bidding", B01=0.99)
    assert said == pytest.approx(-np.log(0.01))


@given(STRENGTHS)
def test_joint_lies_between_the_mean_and_the_strongest(strength):
    together = joint(strength)
    assert (together <= strength.max(axis=1) + 1e-9).all()
    assert (together >= strength.mean(axis=1) - 1e-9).all()


@given(STRENGTHS)
def test_shares_of_patterns_sum_to_one_where_anything_shows(strength):
    shares = pattern_shares(strength)
    np.testing.assert_allclose(shares.sum(axis=1), (strength.max(axis=1) > 0).astype(float), atol=1e-12)


def test_shares_of_features_follow_their_surprise(authority):
    judged = with_tail(authority, B01=0.99, P01=0.9)
    plan = next(each for each in plans(judged) if each.pattern.name == "cover_bidding")
    shares = feature_shares(judged, plan, 0)
    assert shares.sum() == pytest.approx(1.0)
    codes = [feature.code for feature in judged.table.features]
    assert shares[codes.index("B01")] == pytest.approx(2 * shares[codes.index("P01")])


def test_the_shape_of_few_bids_counts_less_and_of_many_a_little_more():
    weight = information(np.arange(1, 60))
    assert weight[0] == 0
    assert weight[USUAL_BIDS - 1] == pytest.approx(1.0)
    assert (np.diff(weight) >= 0).all()
    assert weight[-1] == MOST_INFORMED


def test_the_number_of_bids_moves_the_score_of_a_shape_but_never_its_chance(authority):
    plan = plans(authority)
    few, many = (
        strengths(replace(with_tail(authority, B01=0.99, P01=0.9), bids=np.array([bids])), plan)
        for bids in (3, 9)
    )
    place = [each.pattern.name for each in plan].index("cover_bidding")
    assert few.strength[0, place] == many.strength[0, place]
    assert few.weighed[0, place] < few.strength[0, place]
    assert few.weighed[0, place] < many.weighed[0, place]
    # What is no shape does not depend on it.
    same = [
        strengths(replace(with_tail(authority, S03=0.99, C02=0.9), bids=np.array([bids])), plan).weighed
        for bids in (3, 9)
    ]
    np.testing.assert_array_equal(*same)
