"""Fit, scan with what was fitted, and backtest, from the command line."""

import json
from pathlib import Path

import pytest

from detector.simulate import simulate
from pipelines import bundles
from pipelines.sources.frames import write_frames
from tests.command_line import run

SOURCE = ("--source", "sqlite:///a.db")


@pytest.fixture(scope="module")
def authority():
    return simulate(trades=400, seed=12, prevalence=0.1)


@pytest.fixture
def place(authority, tmp_path, monkeypatch):
    """A working directory with records in a.db and the truth about them."""
    monkeypatch.chdir(tmp_path)
    write_frames(authority.tables, "sqlite:///a.db")
    authority.truth.to_csv("truth.csv", index=False)
    return tmp_path


def test_fit_scan_explain_and_again(capsys, place):
    fit = ("fit", *SOURCE, "--model", "m.npz", "--trees", 40, "--seed", 5)
    code, out, err = run(capsys, *fit)
    assert (code, err) == (0, "")
    assert "Fitted on 400 trades" in out
    assert "40 trees, seed 5" in out
    told = json.loads(run(capsys, *fit, "--json")[1])
    assert told["checksum"] in out, "the same records and settings give the same model"
    assert told["checksum"] == bundles.load(Path("m.npz")).checksum

    scan = ("scan", *SOURCE, "--alerts", "sqlite:///b.db", "--model", "m.npz", "--budget", 5)
    code, out, err = run(capsys, *scan, "--json")
    night = json.loads(out)
    assert (code, err) == (0, "")
    assert night["alerts"]["new"] == len(night["flags"]) == 5
    assert set(night["drift"].values()) == {0.0}
    top = night["flags"][0]
    low, high = top["percentile_interval"]
    assert 0 <= low <= top["percentile"] <= high <= 1
    assert top["reference_trades"] == 400
    assert "0 new alerts, nothing written" in run(capsys, *scan)[1]

    code, out, _ = run(capsys, "explain", top["trade_id"], *SOURCE, "--model", "m.npz")
    assert code == 0
    assert f"{top['score']:.1f}  score; higher than" in out
    assert "400 trades the model was fitted on (95 % interval" in out


def test_a_model_of_an_earlier_day_sees_the_records_drift(capsys, place):
    first = run(capsys, "fit", *SOURCE, "--model", "m.npz", "--as-of", "2023-09-01", "--json")[1]
    assert json.loads(first)["as_of"].startswith("2023-09-01")
    assert json.loads(first)["trades"] < 200
    code, _, err = run(capsys, "scan", *SOURCE, "--dry-run", "--model", "m.npz", "--budget", 5)
    assert code == 0
    assert "have moved since the model was fitted (population stability index above 0.25)" in err
    assert err.count("\n") == 1


def test_a_backtest_of_records_and_their_truth(capsys, place, authority):
    test = ("backtest", *SOURCE, "--truth", "truth.csv", "--budget", 20, "--nights", 3)
    code, out, err = run(capsys, *test, "--json")
    assert (code, err) == (0, "")
    (told,) = json.loads(out)["authorities"]
    assert told["trades"] == told["judged"] == 400
    assert told["labelled"] == authority.truth["planted"].sum()
    assert told["base_rate"] == pytest.approx(told["labelled"] / 400)
    assert [ranking["name"] for ranking in told["rankings"]][0::3] == ["model", "size alone"]
    assert len(told["nights"]) == 2
    assert {row["scheme"] for row in told["recall"]} == set(authority.truth["scheme"])
    code, out, _ = run(capsys, *test)
    assert code == 0
    assert "two seeds of the forest agree on" in out
    assert "flags stay" in out


def test_a_backtest_of_synthetic_authorities_with_a_given_model(capsys, place):
    run(capsys, "fit", *SOURCE, "--model", "m.npz", "--trees", 20)
    code, out, _ = run(
        capsys, "backtest", "--simulated", 300, "--seeds", "1,2", "--nights", 1, "--model", "m.npz"
    )
    assert code == 0
    assert "synthetic authority 1: 300 trades" in out
    assert "2 authorities: precision of the flags" in out
    assert "flags stay" not in out


def test_a_label_without_any_case_gives_no_figure_and_no_error(capsys, place, authority):
    listed = "\n".join(f"{trade},0" for trade in authority.truth["trade_id"])
    Path("truth.csv").write_text(f"trade_id,label\n{listed}\n", encoding="utf-8")
    test = ("backtest", *SOURCE, "--truth", "truth.csv", "--nights", 1)
    code, out, _ = run(capsys, *test)
    assert code == 0
    assert "not defined" in out
    (told,) = json.loads(run(capsys, *test, "--json")[1])["authorities"]
    assert told["rankings"][0]["auc"]["value"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("fit", *SOURCE), 2, "--model"),
        (("fit", "--source", "sqlite:///none.db", "--model", "m.npz"), 4, "none.db"),
        (("fit", *SOURCE, "--model", "nowhere/m.npz"), 8, "cannot be written"),
        (("fit", *SOURCE, "--model", "m.npz", "--as-of", "1990-01-01"), 8, "too few"),
        (("scan", *SOURCE, "--dry-run", "--model", "none.npz"), 8, "none.npz"),
        (("scan", *SOURCE, "--dry-run", "--model", "truth.csv"), 8, "truth.csv: this is no model"),
        (("explain", "x", *SOURCE, "--model", "truth.csv"), 8, "no model"),
        (("backtest",), 3, "--simulated"),
        (("backtest", *SOURCE), 3, "--truth"),
        (("backtest", "--simulated", 300, "--truth", "truth.csv"), 3, "--simulated"),
        (("backtest", "--simulated", 300, "--seeds", "one"), 3, "seeds are 'one'"),
        (("backtest", *SOURCE, "--truth", "none.csv"), 4, "none.csv"),
    ],
)
def test_mistakes_end_with_one_clear_message_and_their_code(capsys, place, arguments, code, words):
    ended, out, err = run(capsys, *arguments)
    assert ended == code
    assert words in err
    assert "Traceback" not in err
    assert out == ""
    assert not Path("m.npz").exists()


def test_confirmed_trades_are_left_out_of_what_is_usual(capsys, place, authority):
    ring = authority.truth.loc[authority.truth["planted"], "trade_id"]
    ring.to_frame().to_csv("confirmed.csv", index=False)
    known = ("--confirmed", "confirmed.csv")
    told = json.loads(run(capsys, "fit", *SOURCE, "--model", "m.npz", *known, "--json")[1])
    assert told["trades"] == 400 - len(ring)
    trade = ring.iloc[0]
    explain = ("explain", trade, *SOURCE, "--model", "m.npz", "--json")
    masked = json.loads(run(capsys, *explain)[1])
    freed = json.loads(run(capsys, *explain, *known)[1])
    assert freed["trade_id"] == masked["trade_id"] == trade
    assert freed["score"] > masked["score"], "without its like the trade stands out more"
    code, out, _ = run(capsys, "scan", *SOURCE, "--dry-run", *known, "--budget", 5, "--json")
    assert code == 0
    assert len(json.loads(out)["flags"]) == 5
    code, _, err = run(capsys, "scan", *SOURCE, "--dry-run", "--confirmed", "none.csv")
    assert code != 0
    assert "none.csv" in err
