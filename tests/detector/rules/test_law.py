"""The law that the packs hold: every rule of the domain is shipped or named as missing, in exactly one place."""

import re

import numpy as np
import pytest

from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.levels import Level
from detector.records import Records
from detector.rules.evaluation import Outcome, evaluate_rules
from detector.simulate import simulate
from pipelines.rulebooks import load_rules, shipped_pack, shipped_packs

# The hard rules by their letters: construction, procurement, land, mining, state assets, cross-cutting.
DOMAIN = {"T": 50, "G": 30, "L": 14, "K": 3, "E": 15, "X": 7}
IDS = {f"{letter}{number:02d}" for letter, count in DOMAIN.items() for number in range(1, count + 1)}
CHINESE = [name for name in shipped_packs() if name.startswith("cn-")]
PACKS = {name: shipped_pack(name) for name in shipped_packs()}
RULES = [rule for pack in PACKS.values() for rule in pack.rules]
ACCUSING_EN = re.compile(r"fraud|guilt|corrupt|crimin(?!al Law)|illegal|violat", re.IGNORECASE)
ACCUSING_ZH = re.compile(r"违法|违规|认定(?!的例外)|舞弊|犯罪|腐败|作弊|造假")


def domain_id(rule_id):
    """The rule of the domain that a row belongs to: T26b is one of the checks of T26."""
    return re.fullmatch(r"([A-Z]\d\d)[a-z]?", rule_id).group(1)


def test_every_rule_of_the_domain_is_in_exactly_one_place():
    shipped = {domain_id(rule.id) for name in CHINESE for rule in PACKS[name].rules}
    missing = [one.id for name in CHINESE for one in PACKS[name].missing]
    assert len(missing) == len(set(missing))
    assert shipped | set(missing) == IDS
    assert not shipped & set(missing)


def test_a_missing_rule_names_the_field_it_lacks():
    for pack in PACKS.values():
        assert all(one.field.strip() for one in pack.missing)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_cites_explains_and_never_accuses(rule):
    assert all(citation.law.en and citation.law.zh and citation.text.zh for citation in rule.citations)
    for phrase in (rule.title, rule.innocent, rule.next_check, *(one.why for one in rule.exceptions)):
        assert not ACCUSING_EN.search(phrase.en), phrase.en
        assert not ACCUSING_ZH.search(phrase.zh), phrase.zh
    if rule.level == Level.RED:
        assert rule.basis == "statute"
        assert rule.confidence == "checked"


def test_what_nobody_checked_is_provisional_and_says_so():
    provisional = [rule for rule in RULES if rule.provisional]
    assert provisional
    assert all(rule.confidence == "unchecked" for rule in provisional)
    assert max(rule.level for rule in provisional) < Level.RED


def test_statistics_and_red_flags_of_the_guide_are_yellow_at_most_unless_a_number_was_broken():
    for rule in PACKS["open-contracting"].rules:
        assert rule.level <= (Level.ORANGE if rule.basis == "measure" else Level.YELLOW)


@pytest.fixture(scope="module")
def answered():
    authority = simulate(2_000, seed=5)
    records = Records.build(authority.tables)
    table = evaluate_rules(records, load_rules(["cn"]), evaluate(records, tuple(FEATURES.values())))
    return authority, records, table


def test_planted_breaches_are_spoken_of(answered):
    """Each planted breach fires its rule, or the rule says what it lacks; none passes as clear."""
    authority, records, table = answered
    column = {rule.id: place for place, rule in enumerate(table.rules)}
    row = {trade: place for place, trade in enumerate(records.trade_ids)}
    told = [
        (rule, table.answer(row[trade], column[rule])[0])
        for trade, rule in authority.breaches[["trade_id", "rule"]].itertuples(index=False)
    ]
    assert len({rule for rule, _ in told}) > 25
    assert [rule for rule, outcome in told if outcome == Outcome.CLEAR] == []
    fired = [outcome for _, outcome in told if outcome == Outcome.FIRED]
    assert len(fired) > 0.75 * len(told)


def test_honest_trades_rarely_meet_a_rule_with_planted_breaches(answered):
    authority, records, table = answered
    planted = authority.breaches.groupby("rule")["trade_id"].agg(set)
    for place, rule in enumerate(table.rules):
        if rule.id in planted.index:
            outcome = table.answers(place)
            others = ~np.isin(records.trade_ids, list(planted[rule.id]))
            fired = int(((outcome == Outcome.FIRED) & others).sum())
            asked = int((np.isin(outcome, (Outcome.FIRED, Outcome.CLEAR)) & others).sum())
            assert fired <= max(5, 0.06 * asked), rule.id
