"""Every shipped rule answers its cases, and has the cases that a rule must have."""

from collections import defaultdict
from functools import cache
from importlib.resources import files

import pytest

from detector.rules.book import rulebook
from detector.rules.cases import answer, parse_cases
from pipelines.rulebooks import CASES, SHIPPED, shipped_pack, shipped_packs, shipped_years

PACKS = shipped_packs()


@cache
def cases_of(pack):
    name = f"{pack}{CASES}"
    return parse_cases(files(SHIPPED).joinpath(name).read_text(encoding="utf-8"), name)


BOOKS = {name: rulebook([shipped_pack(name)], shipped_years()) for name in PACKS}
EVERY_CASE = [(pack, case) for pack in PACKS for case in cases_of(pack)]
EVERY_RULE = [(pack, rule) for pack in PACKS for rule in BOOKS[pack].rules]


def label(held):
    pack, case = held
    return f"{pack}-{case.rule}-{case.kind}-line{case.line}"


@pytest.mark.parametrize("held", EVERY_CASE, ids=label)
def test_a_rule_answers_as_its_case_says(held):
    pack, case = held
    assert not answer(case, BOOKS[pack]).wrong(case), f"{pack}{CASES}:{case.line}"


@pytest.mark.parametrize("held", EVERY_RULE, ids=lambda held: f"{held[0]}-{held[1].id}")
def test_every_rule_has_the_cases_it_must_have(held):
    pack, rule = held
    kinds = defaultdict(set)
    for case in cases_of(pack):
        kinds[case.rule].add(case.kind)
    wanted = {"hit", "miss", "missing"}
    if rule.compare in ("<", "<=", ">", ">="):
        wanted.add("limit")
    if rule.exceptions:
        wanted.add("exception")
    if rule.count == "working days":
        wanted.add("boundary")
    assert not wanted - kinds[rule.id]


def test_cases_name_rules_of_their_pack():
    known = {(pack, rule.id) for pack, rule in EVERY_RULE}
    assert {(pack, case.rule) for pack, case in EVERY_CASE} <= known
