"""The engine: guards, exceptions, limits and laws by region, kind and date; three answers with reasons."""

import numpy as np
import pytest

from detector.errors import ConfigError
from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.levels import Level
from detector.rules.account import rule_lines, unanswered
from detector.rules.book import rulebook
from detector.rules.declare import EMPTY
from detector.rules.difference import difference
from detector.rules.evaluation import Outcome, evaluate_rules
from detector.rules.parsing import parse_pack
from detector.rules.silence import silences, silent_rates
from pipelines.rulebooks import shipped_years
from tests.factory import bid, lot, records, trade
from tests.rule_texts import HEAD, book, rule

DATES = {"published_at": "2024-03-01 01:00", "utc_offset": 480}


def asked(rules, *rows, features=()):
    """The answers of the rules of `rules` (a rulebook) about the given rows."""
    built = records(*rows)
    return evaluate_rules(built, rules, evaluate(built, [FEATURES[code] for code in features])), built


def outcome(rules, **values):
    """What the only rule answers about one trade, why, and at which level it fires."""
    table, _ = asked(rules, trade("t", **{**DATES, **values}))
    answer, why = table.answer(0, 0)
    place = table.fired[0].at(0)
    return answer.name.lower(), why.en, None if place is None else Level(int(table.fired[0].levels[place]))


@pytest.mark.parametrize(
    ("deadline", "answer", "level"),
    [
        ("2024-03-08 01:00", "fired", Level.ORANGE),
        ("2024-03-19 01:00", "fired", Level.ORANGE),
        ("2024-03-20 15:59", "fired", Level.YELLOW),  # 19 days by local dates, one short
        ("2024-03-20 16:00", "clear", None),  # midnight of the 21st in China: 20 days
        (None, "not_computable", None),
    ],
)
def test_days_are_local_and_near_the_limit_one_level_lower(deadline, answer, level):
    told, _, fired_at = outcome(book(rule()), deadline_at=deadline)
    assert (told, fired_at) == (answer, level)


def test_a_guard_that_fails_is_not_applicable_and_one_that_is_unknown_not_computable():
    guarded = book(rule(more='[rule.guard]\nkind = ["works"]\nmethod = { not = ["direct"] }'))
    late = {"deadline_at": "2024-03-08"}
    assert outcome(guarded, kind="works", method="open", **late)[0] == "fired"
    assert outcome(guarded, kind="goods", method="open", **late)[:2] == (
        "not_applicable",
        "applies only where kind is works",
    )
    # A guard that certainly fails settles it, whatever else is missing.
    assert outcome(guarded, kind="goods", **late)[0] == "not_applicable"
    assert outcome(guarded, kind="works", **late)[:2] == ("not_computable", "trades.method is missing")


def test_an_exception_exempts_and_one_that_cannot_be_ruled_out_makes_the_evidence_incomplete():
    exempted = rule(more='[[rule.exception]]\nwhen = { round = 2 }\nwhy = { en = "repeated", zh = "再次" }')
    late = {"deadline_at": "2024-03-08"}
    assert outcome(book(exempted), round=2, **late)[:2] == ("not_applicable", "repeated")
    for given, complete in (({"round": 1}, True), ({}, False)):
        table, built = asked(book(exempted), trade("t", **DATES, **late, **given))
        assert table.fired[0].complete.tolist() == [complete]
        [line] = rule_lines(built, table, 0)
        assert ("could not be ruled out" in line.compared.en) != complete


def test_the_law_in_force_on_the_trades_own_date_decides():
    dated = book(rule(citation='law = "act"\nfrom = 2024-03-01\nto = 2024-12-31'))
    late = {"deadline_at": "2024-03-08"}
    assert outcome(dated, **late)[0] == "fired"
    # 15:59 UTC on 29 February is still that day in China, 16:00 is the first of March.
    assert outcome(dated, **{**late, "published_at": "2024-02-29 15:59"})[:2] == (
        "not_applicable",
        "no law cited is in force for this date and region",
    )
    assert outcome(dated, **{**late, "published_at": "2024-02-29 16:00"})[0] == "fired"
    regional = book(rule(citation='law = "act"\nregion = ["33"]'))
    assert outcome(regional, region="330100", **late)[0] == "fired"
    assert outcome(regional, region="440100", **late)[0] == "not_applicable"
    assert outcome(regional, **late)[0] == "not_computable"


def test_the_first_limit_that_holds_for_the_trade_counts():
    limits = """
[[rule.threshold]]
value = 5
region = ["33"]
[[rule.threshold]]
value = 10
to = 2023-12-31
[[rule.threshold]]
value = 20
when = { kind = ["works"] }
"""
    rules = book(rule(threshold=None, more=limits))
    week = {"deadline_at": "2024-03-08 01:00"}
    assert outcome(rules, region="33", kind="works", **week)[0] == "clear"
    assert outcome(rules, region="44", kind="works", **week)[0] == "fired"
    assert outcome(rules, region="44", kind="goods", **week)[:2] == (
        "not_applicable",
        "no threshold is set for this trade",
    )
    assert outcome(rules, kind="works", **week)[0] == "not_computable"


@pytest.mark.parametrize(
    ("published", "deadline", "answer", "level"),
    [
        (
            "2024-09-01",
            "2024-10-08",
            "clear",
            None,
        ),  # the 30th day is 1 October; the 8th is the next working day
        ("2024-09-01", "2024-10-09", "fired", Level.YELLOW),
        ("2024-09-01", "2024-10-10", "fired", Level.ORANGE),
        ("2024-04-02", "2024-05-02", "clear", None),
        ("2019-09-01", "2019-10-01", "clear", None),  # within the days, no calendar is needed
        ("2019-09-01", "2019-10-08", "not_computable", None),
        ("2019-09-01", "2019-11-30", "fired", Level.ORANGE),  # no holidays are that long
    ],
)
def test_a_last_day_on_a_holiday_rolls_to_the_next_working_day(published, deadline, answer, level):
    latest = book(rule(compare='">"', threshold="30"))
    told, _, fired_at = outcome(latest, published_at=published, deadline_at=deadline)
    assert (told, fired_at) == (answer, level)


@pytest.mark.parametrize(
    ("deadline", "answer"),
    [("2024-10-11", "fired"), ("2024-10-12", "clear"), ("2027-02-01", "not_computable")],
)
def test_working_days_are_counted_by_the_calendar(deadline, answer):
    # 30 September, 8, 9, 10 and 11 October and the Saturday that is worked, the 12th.
    assert (
        outcome(
            book(rule(count='"working days"', threshold="6")), published_at="2024-09-29", deadline_at=deadline
        )[0]
        == answer
    )


def test_a_trade_without_offset_takes_that_of_the_pack_or_is_not_computable():
    week = {"deadline_at": "2024-03-08", "utc_offset": None}
    assert outcome(book(rule()), **week)[0] == "fired"
    head = HEAD.replace("utc_offset = 480\n", "")
    assert outcome(book(rule(), head=head), **week)[:2] == (
        "not_computable",
        "trades.utc_offset is missing, so the local dates are not known",
    )


def test_rules_over_features_take_their_answers():
    close = rule(
        fact=None, feature='"B01"', compare='"<"', threshold="0.05", basis='"statistic"', level='"yellow"'
    )
    rows = [
        *lot("close", [100.0, 100.1, 100.2]),
        *lot("wide", [100.0, 130.0, 160.0]),
        *lot("two", [1.0, 2.0]),
    ]
    table, built = asked(book(close), *rows, features=["B01"])
    said = {name: table.answer(row, 0)[0] for row, name in enumerate(built.trade_ids)}
    assert said == {"close": Outcome.FIRED, "wide": Outcome.CLEAR, "two": Outcome.NOT_APPLICABLE}
    table, _ = asked(book(close), *rows)
    assert {table.answer(row, 0)[1].en for row in range(3)} == {"the feature was left out of this scan"}


def test_beyond_chance_corrects_for_how_many_trades_were_looked_at():
    rng = np.random.default_rng(5)
    few = [row for t in range(30) for row in lot(f"t{t:02}", list(100 + rng.normal(size=4)), winner=0)]
    name = next(code for code, one in FEATURES.items() if one.unit == "-log10 p")
    sure = rule(
        fact=None, feature=f'"{name}"', compare='"beyond chance"', threshold="0.1", basis='"statistic"',
        level='"yellow"',
    )  # fmt: skip
    table, _ = asked(book(sure), *few, features=[name])
    assert not (table.answers(0) == Outcome.FIRED).any()


def test_what_fired_is_told_with_both_dates_the_law_and_the_rows():
    table, built = asked(book(rule()), trade("t", **DATES, deadline_at="2024-03-19 02:30"))
    [line] = rule_lines(built, table, 0)
    assert line.compared.en == (
        "Publication of the notice 2024-03-01 09:00; deadline for bids 2024-03-19 10:30. "
        "Time between the notice and the deadline for bids: 18 days, less than 20"
    )
    assert line.compared.zh.endswith("公告发布至投标截止的期限：18天，少于20")
    assert line.citation.en == "Act, Art. 24"
    assert line.sources == ("trades:t.published_at", "trades:t.deadline_at")


def test_every_trade_has_one_answer_and_the_counts_add_up():
    rows = [trade(f"t{n}", **DATES, deadline_at=f"2024-03-{n + 2:02}") for n in range(25)]
    rows += [trade(f"u{n}", buyer_id="silent", **DATES) for n in range(20)]
    table, built = asked(book(rule(), rule("T05", threshold="5")), *rows)
    counts = table.coverage()
    assert (counts[["fired", "clear", "not_applicable", "not_computable"]].sum(axis=1) == len(built)).all()
    assert counts.loc[0, "not_computable"] == 20
    assert dict(unanswered(table, built.trade_ids.index("u0"))).keys() == {"T04", "T05"}


def test_who_leaves_data_out_is_a_finding():
    rows = [trade(f"t{n:02}", buyer_id="open", **DATES, deadline_at="2024-05-01") for n in range(30)]
    rows += [trade(f"u{n:02}", buyer_id="silent", **DATES) for n in range(25)]
    rows += [trade(f"v{n:02}", buyer_id="small", **DATES) for n in range(5)]
    table, built = asked(book(rule()), *rows)
    found = silences(built, table).to_dict("records")
    assert [(one["rule"], one["by"], one["name"]) for one in found] == [("T04", "buyer_id", "silent")]
    assert found[0]["trades"] == found[0]["not_computable"] == 25
    assert found[0]["elsewhere"] == pytest.approx(5 / 35)
    rates = silent_rates(built, table)
    assert rates.loc[rates["name"] == "open", "rate"].tolist() == [0.0]


def test_an_authority_changes_limits_levels_and_switches_rules_off():
    own = (
        HEAD.replace('"test"', '"city"')
        + """
[[override]]
rule = "T04"
level = "yellow"
[[override.threshold]]
value = 5
region = ["33"]
[[override]]
rule = "T05"
disabled = { en = "checked elsewhere", zh = "另行检查" }
[calendar]
id = "cn"
[[calendar.year]]
year = 2027
source = "a notice"
off = [2027-01-01]
"""
    )
    national = parse_pack(HEAD + rule() + rule("T05"), "national.toml")
    city = parse_pack(own + rule("C01"), "city.toml")
    joined = rulebook([national, city], shipped_years())
    assert [one.id for one in joined.rules] == ["C01", "T04", "T05"]
    assert joined["T04"].level == Level.YELLOW
    assert [one.value for one in joined["T04"].thresholds] == [5, 20]
    assert joined["T05"].disabled.en == "checked elsewhere"
    assert joined.calendars["cn"].years == (2024, 2025, 2026, 2027)
    table, _ = asked(joined, trade("t", region="33", **DATES, deadline_at="2024-03-08"))
    assert [table.answer(0, column)[0].name for column in range(3)] == ["FIRED", "CLEAR", "NOT_APPLICABLE"]
    alone = rulebook([national], shipped_years())
    assert alone.checksum != joined.checksum == rulebook([national, city], shipped_years()).checksum
    changes = [(one.rule, one.field) for one in difference(national, city)]
    assert changes == [
        ("C01", "rule"), ("T04", "rule"), ("T05", "rule"),
        ("T04", "own thresholds"), ("T04", "own level"), ("T05", "own disabled"),
    ]  # fmt: skip


def test_an_override_may_not_pass_the_ceiling():
    with pytest.raises(ConfigError, match="above what basis"):
        book(rule() + '[[override]]\nrule = "T04"\nlevel = "red"\n')


def test_packs_that_do_not_fit_together_are_refused_with_all_reasons():
    one = parse_pack(HEAD + rule(), "one.toml")
    other = parse_pack(
        HEAD.replace('"cn"', '"mars"')
        + rule()
        + rule("T09")
        + '[[override]]\nrule = "T99"\nlevel = "blue"\n',
        "other.toml",
    )
    with pytest.raises(ConfigError) as refused:
        rulebook([one, other], shipped_years())
    for told in (
        "rule T04 is in test and in test",
        "overrides rule T99, which no pack holds",
        "no calendar 'mars'",
    ):
        assert told in str(refused.value)


def test_the_order_of_rows_does_not_matter():
    rows = [trade(f"t{n}", **DATES, deadline_at=f"2024-03-{n + 2:02}") for n in range(25)]
    rows += [bid(f"t{n}", "A", 5.0) for n in range(25)]
    here, _ = asked(book(rule()), *rows)
    there, _ = asked(book(rule()), *reversed(rows))
    assert here.codes.tolist() == there.codes.tolist()
    assert here.rules[0].disabled == EMPTY
