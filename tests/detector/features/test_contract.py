"""What every feature must keep, swept over the whole library on a synthetic authority."""

import re
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from detector.features import FEATURES, ROOMS
from detector.features.declare import EVIDENCE, UNITS, Documentation, Sections
from detector.features.evaluation import Answer, evaluate
from detector.features.needs import NEEDS
from detector.records import Records
from detector.schema import TABLES
from detector.simulate import simulate
from tests.closed_market import with_closed_market

# They read the digits of prices, so another currency unit is another question.
READ_DIGITS = {"B13", "B14", "B15", "B22", "S08"}
ALL = list(FEATURES.values())
ID_COLUMNS = {
    "trades": {
        "trade_id": "t",
        "previous_trade_id": "t",
        "process_id": "t",
        "buyer_id": "o",
        "agency_id": "o",
    },
    "bids": {"trade_id": "t", "bidder_id": "o", "consortium_id": "c"},
    "parties": {"party_id": "o"},
    "contracts": {"contract_id": "k", "trade_id": "t", "bidder_id": "o", "parent_contract_id": "k"},
    "changes": {"contract_id": "k", "trade_id": "t"},
    "payments": {"contract_id": "k", "trade_id": "t"},
    "events": {"trade_id": "t"},
    "sanctions": {"sanction_id": "s", "party_id": "o"},
    "relations": {"party_id": "o", "other_id": "o"},
    "identifiers": {"trade_id": "t", "bidder_id": "o", "digest": "digest"},
}


@pytest.fixture(scope="module")
def tables():
    return with_closed_market(simulate(trades=600, seed=11, prevalence=0.1).tables)


@pytest.fixture(scope="module")
def table(tables):
    return answers(tables)


def answers(frames):
    """Values and answers by trade."""
    records = Records.build(frames)
    result = evaluate(records, ALL)
    codes = [feature.code for feature in ALL]
    return (
        pd.DataFrame(result.values, index=records.trade_ids, columns=codes),
        pd.DataFrame(result.answers, index=records.trade_ids, columns=codes),
        result,
    )


def assert_same(first, second, columns=None):
    columns = columns or list(first[0].columns)
    index = first[0].index
    pd.testing.assert_frame_equal(first[1][columns], second[1].loc[index, columns])
    np.testing.assert_allclose(
        first[0][columns], second[0].loc[index, columns], rtol=1e-9, atol=1e-12, equal_nan=True
    )


def test_codes_names_and_families_are_consistent():
    assert len({feature.name for feature in ALL}) == len(ALL) == sum(len(room.FAMILY) for room in ROOMS)
    letters = {}
    for feature in ALL:
        assert re.fullmatch(r"[A-Z]\d\d", feature.code)
        assert letters.setdefault(feature.code[0], EVIDENCE[feature.family]) == EVIDENCE[feature.family]
        assert set(feature.needs) <= set(NEEDS)


@pytest.mark.parametrize("feature", ALL, ids=lambda feature: feature.code)
def test_every_feature_is_documented_for_an_auditor_in_both_languages(feature):
    assert feature.needs
    assert feature.source
    for field in fields(Sections):
        assert getattr(feature.documentation.en, field.name), field.name
        assert re.search(r"[\u4e00-\u9fff]", getattr(feature.documentation.zh, field.name)), field.name
    assert not re.search(r"[\u4e00-\u9fff]", str(feature.documentation.en))
    for phrase in (feature.title, feature.innocent, feature.silent):
        assert phrase.en
        assert re.search(r"[\u4e00-\u9fff]", phrase.zh)
    words = f"{feature.description} {feature.title.en} {feature.innocent.en}".lower()
    assert not re.search(r"fraud|guilt|corrupt|crimin", words)
    chinese = f"{feature.documentation.zh} {feature.title.zh} {feature.innocent.zh}"
    assert not re.search(r"违法|违规|认定|舞弊|犯罪|腐败|作弊|造假", chinese)
    assert feature.unit in UNITS


def test_what_a_docstring_does_not_say_is_empty():
    parts = Documentation.of("""A line.

    Definition: over
    two lines.

    一句话
    分两行。

    示例：甲
    12 3
    4。
    """)
    assert parts.en == Sections(summary="A line.", definition="over two lines.")
    assert parts.zh == Sections(summary="一句话分两行。", example="甲12 3 4。")
    assert Documentation.of("") == Documentation(Sections(), Sections())


def test_a_value_is_there_exactly_where_the_answer_is_value(table):
    values, given, result = table
    np.testing.assert_array_equal(np.isfinite(values), given == Answer.VALUE)
    assert ((result.reason == 0) == (result.answers == Answer.VALUE)).all()
    assert not np.isinf(values).any().any()


def test_every_feature_speaks_about_some_trade(table):
    silent = [code for code in table[0] if table[0][code].notna().sum() == 0]
    assert silent == []


def test_row_order_does_not_matter(tables, table):
    shuffled = {name: frame.sample(frac=1, random_state=3) for name, frame in tables.items()}
    assert_same(table, answers(shuffled))


def test_renaming_identifiers_changes_nothing(tables, table):
    # Reversed numbering: every sort by identifier comes out the other way round.
    names = {}

    def renamed(kind, value):
        if not isinstance(value, str):
            return value
        number = 10**6 - len(names)
        return names.setdefault((kind, value), f"{number:032x}" if kind == "digest" else f"{kind}{number}")

    frames = {}
    for name, frame in tables.items():
        columns = {
            column: [renamed(kind, v) for v in frame[column]] for column, kind in ID_COLUMNS[name].items()
        }
        frames[name] = frame.assign(**columns)
    values, given, result = answers(frames)
    back = {new: old for (kind, old), new in names.items() if kind == "t"}
    assert_same(table, (values.rename(index=back), given.rename(index=back), result))


def test_an_unrelated_market_changes_nothing_for_others(tables, table):
    other = simulate(trades=300, seed=12).tables
    frames = {}
    for name, frame in other.items():
        named = [*ID_COLUMNS[name], *(column for column in ("category", "region") if column in frame)]
        foreign = {column: frame[column].map("f{}".format, na_action="ignore") for column in named}
        frames[name] = pd.concat([tables[name], frame.assign(**foreign)], ignore_index=True)
    assert_same(table, answers(frames))


def test_scaling_all_money_changes_no_feature(tables, table):
    frames = {}
    for name, frame in tables.items():
        money = [
            column.name for column in TABLES[name].columns if column.type == "money" and column.name in frame
        ]
        frames[name] = frame.assign(**{column: frame[column] * 8.0 for column in money})
    columns = [feature.code for feature in ALL if feature.code not in READ_DIGITS]
    assert_same(table, answers(frames), columns)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("bids", "amount"),
        ("bids", "submitted_at"),
        ("trades", "estimate"),
        ("trades", "ceiling"),
        ("trades", "buyer_id"),
        ("trades", "published_at"),
        ("trades", "deadline_at"),
        ("trades", "awarded_at"),
    ],
)
def test_without_a_column_what_needs_it_is_not_computable_and_says_so(tables, table, name, column):
    frames = {**tables, name: tables[name].drop(columns=column)}
    values, given, result = answers(frames)
    need = f"{name}.{column}"
    users = [feature for feature in ALL if need in feature.needs]
    assert users
    for feature in users:
        assert values[feature.code].isna().all()
        reasons = result.reason[given[feature.code] == Answer.NOT_COMPUTABLE, ALL.index(feature)]
        assert any(need in result.reasons[code].en for code in np.unique(reasons)), feature.code


def test_later_trades_change_nothing_earlier(tables, table):
    cut = tables["trades"]["awarded_at"].quantile(0.6)
    trades = tables["trades"]
    opened = trades["opened_at"].where(trades["opened_at"].notna(), trades["deadline_at"])
    earlier = trades[trades["awarded_at"].where(trades["awarded_at"].notna(), opened) <= cut]
    kept = set(earlier["trade_id"])
    frames = {
        name: frame[frame["trade_id"].isin(kept)] for name, frame in tables.items() if "trade_id" in frame
    }
    first = answers({**frames, "parties": tables["parties"]})
    assert_same(first, table)
