"""`detector rules`, and rules in scan and explain, from the command line."""

import json

import pytest

from detector.rules.book import Rulebook
from pipelines.nightly import NightSettings
from pipelines.rulebooks import RuleChoice, chosen, load_rules, shipped_packs
from pipelines.sources.frames import write_frames
from tests.command_line import run
from tests.factory import bid, frames, trade
from tests.rule_texts import HEAD, rule

OWN = HEAD.replace('"test"', '"city"')
CASES = """
[base.Z01]
trade = { published_at = 2024-03-01T09:00:00, deadline_at = 2024-03-08T09:00:00 }

[[case]]
rule = "Z01"
kind = "hit"
expect = "fired"
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my-city.toml"
    path.write_text(OWN + rule("Z01"), encoding="utf-8")
    return path


@pytest.fixture
def source(tmp_path):
    """Sixty ordinary trades and one with a week to bid; one whose deadline nobody recorded."""
    url = f"sqlite:///{tmp_path / 'records.db'}"
    rows = []
    for n in range(62):
        deadline = {60: "2024-03-08 09:00", 61: None}.get(n, "2024-04-15 09:00")
        rows.append(
            trade(
                f"t{n:02}",
                published_at="2024-03-01 09:00",
                deadline_at=deadline,
                awarded_at="2024-05-01",
                status="awarded",
                recorded_at="2024-06-01",
                utc_offset=480,
                buyer_id="O",
            )
        )
        rows += [bid(f"t{n:02}", name, 100.0 + n + 5 * place) for place, name in enumerate("ABC")]
    made = frames(*rows)
    write_frames({name: made[name] for name in ("trades", "bids")}, url)
    return url


def test_all_shipped_packs_are_listed_and_fit_together(capsys):
    code, out, _ = run(capsys, "rules")
    assert code == 0
    book = load_rules(shipped_packs())
    assert f"{len(book.rules)} rules" in out
    for one in book.rules:
        assert one.id in out
    provisional = [one.id for one in book.rules if one.provisional]
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith("  ")}
    assert provisional
    for name in provisional:
        assert "provisional 暂定" in lines[name]


def test_one_rule_is_told_in_both_languages(capsys):
    code, out, _ = run(capsys, "rules", "T04")
    assert code == 0
    for part in ("Law: ", "依据：", "Confidence: ", "Ordinary reason: ", "Check next: ", "寻常解释："):
        assert part in out
    code, out, _ = run(capsys, "rules", "T04", "--json")
    assert json.loads(out)["rules"][0]["id"] == "T04"


def test_what_is_asked_wrongly_is_told(capsys):
    for words, told in (
        (("Q99",), "no rule 'Q99'"),
        (("check",), "check FILE"),
        (("T04", "T05"), "check FILE"),
    ):
        code, _, err = run(capsys, "rules", *words)
        assert code == 2
        assert told in err
    code, _, err = run(capsys, "rules", "--pack", "mars")
    assert code == 3
    assert "no rule pack 'mars'; known are" in err
    code, _, err = run(capsys, "rules", "check", "nowhere.toml")
    assert code == 3
    assert "nowhere.toml cannot be read" in err


def test_a_file_is_checked_with_its_cases(capsys, own):
    code, out, _ = run(capsys, "rules", "check", str(own))
    assert code == 0
    assert "1 rules, 0 overrides, 0 cases" in out
    assert "Without cases: Z01" in out
    beside = own.with_name("my-city.cases.toml")
    beside.write_text(CASES, encoding="utf-8")
    code, out, _ = run(capsys, "rules", "check", str(own), "--json")
    assert (json.loads(out)["cases"], json.loads(out)["without_cases"]) == (1, [])
    beside.write_text(CASES.replace('"fired"', '"clear"'), encoding="utf-8")
    code, _, err = run(capsys, "rules", "check", str(own))
    assert code == 3
    assert "my-city.cases.toml:5: Z01 hit: is fired, expected clear" in err
    beside.write_text(CASES.replace('rule = "Z01"', 'rule = "Z02"'), encoding="utf-8")
    assert "cases of unknown rules Z02" in run(capsys, "rules", "check", str(own))[2]
    own.write_text(OWN + rule("Z01", level='"purple"', compare='"=<"'), encoding="utf-8")
    code, _, err = run(capsys, "rules", "check", str(own))
    assert code == 3
    assert "has 2 mistakes" in err


def test_two_packs_are_compared(capsys, own, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(OWN + rule("Z01", threshold="15") + rule("Z02"), encoding="utf-8")
    code, out, _ = run(capsys, "rules", "diff", str(own), str(other))
    assert code == 0
    assert "~ Z01 thresholds: 20 -> 15" in out
    assert "+ Z02 Short 短" in out
    assert "2 changes." in out
    assert "say the same" in run(capsys, "rules", "diff", str(own), str(own))[1]


def test_a_database_is_asked(capsys, own, source):
    asking = ("rules", "--source", source, "--pack", "none", "--rules", str(own))
    code, out, _ = run(capsys, *asking)
    assert code == 0
    assert out.splitlines()[1].split()[:5] == ["Z01", "1", "60", "0", "1"]
    code, out, _ = run(capsys, *asking, "--json")
    assert json.loads(out)["answers"][0]["fired"] == 1


def test_a_fired_rule_is_flagged_explained_and_part_of_the_runs_identity(capsys, own, source):
    scanning = ("scan", "--source", source, "--alerts", source, "--pack", "none", "--rules", str(own))
    code, out, _ = run(capsys, *scanning, "--json")
    assert code == 0
    night = json.loads(out)
    first = night["flags"][0]
    assert (first["trade_id"], first["level"]) == ("t60", "orange")
    line = first["reasons"][0]
    assert (line["kind"], line["code"], line["points"]) == ("rule", "Z01", 0.0)
    assert line["sources"] == ["trades:t60.published_at", "trades:t60.deadline_at"]
    assert sum(one["points"] for one in first["reasons"]) == pytest.approx(first["score"], abs=1e-9)
    assert night["rules"][0]["not_computable"] == 1
    assert "nothing written" in run(capsys, *scanning)[1]
    own.write_text(OWN + rule("Z01", threshold="15"), encoding="utf-8")
    assert "nothing written" not in run(capsys, *scanning)[1]
    code, out, _ = run(capsys, "explain", "t60", "--source", source, "--pack", "none", "--rules", str(own))
    assert code == 0
    for part in (
        "[Z01]",
        "Law: Act, Art. 24",
        "依据：《法》第24条",
        "trades:t60.deadline_at",
        "7 days",
        "Look",
    ):
        assert part in out


def test_packs_are_chosen_by_name_beginning_or_not_at_all():
    assert "open-contracting" in shipped_packs()
    assert set(chosen(["cn"])) == {name for name in shipped_packs() if name.startswith("cn-")}
    assert chosen(["open-contracting,cn", "cn"])[0] == "open-contracting"
    assert chosen(["none"]) == ()
    assert RuleChoice().book() is None
    assert isinstance(RuleChoice(("cn",)).book(), Rulebook)
    assert NightSettings("sqlite://", None).rules.book() is None
