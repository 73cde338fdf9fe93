import re

import pytest

from detector.model.forest import ForestSettings
from detector.records import Records
from detector.scan import ScanSettings, scan
from detector.simulate import simulate
from pipelines import console


@pytest.fixture(scope="module")
def found():
    tables = simulate(trades=500, seed=41, prevalence=0.08).tables
    return scan(
        Records.build(tables), settings=ScanSettings(budget=5, forest=ForestSettings(trees=40, sample=128))
    )


def test_the_queue_names_every_flag_with_its_strongest_reasons(found):
    text = "\n".join(console.queue(found, found.flags, reasons=2))
    for flag in found.flags:
        assert flag.trade_id in text
        assert flag.findings[0].title.en in text
        assert found.records.trades["title"].iloc[flag.row][:40] in text


def test_an_empty_queue_says_that_nothing_stands_out(found):
    assert list(console.queue(found, [])) == ["Nothing stands out from its peers in this scan."]


def test_an_account_shows_peers_an_ordinary_reason_and_a_sum_that_adds_up(found):
    flag = found.flags[0]
    lines = list(console.account(found, flag))
    text = "\n".join(lines)
    for reason in flag.findings:
        assert f"[{reason.code}]" in text
        assert reason.peer_group in text
    assert "Ordinary reason:" in text
    assert "never a finding" in text
    total = sum(float(line.split()[0]) for line in lines if re.match(r" {2,6}[+-]\d", line))
    assert total == pytest.approx(flag.score, abs=0.1 * len(flag.reasons))


def test_what_is_not_computable_is_said_to_speak_neither_for_nor_against(found):
    flag = next(flag for flag in map(found.explain, found.records.trade_ids[:200]) if flag.unanswered)
    text = "\n".join(console.account(found, flag))
    assert "neither for nor against" in text
    assert flag.unanswered[0][0] in text


def test_no_line_accuses(found):
    text = "\n".join([*console.queue(found, found.flags), *console.account(found, found.flags[0])]).lower()
    assert not any(word in text for word in ("fraud", "guilty", "corrupt", "违法", "nan"))


def test_coverage_gives_all_three_answers_with_their_denominator(found):
    first, *more = console.coverage(found)
    assert f"{len(found.table.features)} features of {len(found.records):,} trades" in first
    shares = [float(text) for text in re.findall(r"([\d.]+)%", first)]
    assert sum(shares) == pytest.approx(100, abs=0.1)
    silent = {flag for flag in " ".join(more).replace(":", " ").split() if re.fullmatch(r"[A-Z]\d\d", flag)}
    counts = found.coverage.set_index("code")
    assert all(counts.loc[code, "value"] == 0 for code in silent)
