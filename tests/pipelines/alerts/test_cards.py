"""Cards: the words that features and rules had when they raised an alert."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, select

from detector.rules.declare import EMPTY
from pipelines.alerts.cards import card, rule_cards, write_cards
from pipelines.alerts.migrating import prepare
from pipelines.alerts.tables import RULE_CARDS
from pipelines.rulebooks import RuleChoice, shipped_packs
from tests.pipelines.alerts.scans import FEATURES

BOOK = RuleChoice(shipped_packs()).book()


def written(url, *turns):
    engine = create_engine(url)
    prepare(engine)
    with engine.begin() as connection:
        for cards in turns:
            write_cards(connection, cards)
        held = [dict(row) for row in connection.execute(select(RULE_CARDS)).mappings()]
    engine.dispose()
    return held


def test_every_rule_has_a_card_with_its_legal_basis_in_both_languages(database_url):
    held = {row["code"]: row for row in written(database_url, rule_cards(BOOK))}
    assert set(held) == {f"law:{rule.id}" for rule in BOOK.rules}
    for rule in BOOK.rules:
        row = held[f"law:{rule.id}"]
        assert (row["title_zh"], row["innocent_zh"]) == (rule.title.zh, rule.innocent.zh)
        assert row["card_version"].startswith(f"{rule.version}-")
        for citation in rule.citations:
            assert citation.words.zh in row["rule_text_zh"]
            assert citation.text.en in row["rule_text_en"]
        assert (row["card_status"] == "provisional") == (rule.provisional and rule.disabled == EMPTY)
        assert rule.pack in row["source"]


def test_a_rule_and_a_feature_of_one_code_have_cards_of_their_own(sqlite_url):
    rule = replace(BOOK.rules[0], id=FEATURES[0].code)
    held = written(sqlite_url, [card(FEATURES[0])], rule_cards(replace(BOOK, rules=(rule,))))
    assert {row["name"] for row in held} == {FEATURES[0].name, rule.id}


@pytest.mark.parametrize("changed", [False, True])
def test_a_card_is_written_once_for_each_wording(sqlite_url, changed):
    rule = BOOK.rules[0]
    other = replace(rule, thresholds=(replace(rule.thresholds[0], value=7.25),)) if changed else rule
    turns = [rule_cards(replace(BOOK, rules=(one,))) for one in (rule, other)]
    assert len(written(sqlite_url, *turns)) == 1 + changed
