import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from detector.errors import ConfigError, DetectorError, SinkError, SnapshotBusyError, StoreBusyError
from pipelines import exits
from tests.command_line import run
from tests.pipelines.sources.releases import release

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def lines(tmp_path, monkeypatch):
    """A file of 220 releases, one with the same price three times, and an empty working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "releases.jsonl"
    made = []
    for number in range(220):
        one = release(number)
        for position, bid in enumerate(one["bids"]["details"][:2]):
            bid["value"]["amount"] = 100 + position * (number + 1) / 10
        one["bids"]["details"][2]["status"] = "valid"
        if number == 0:
            for priced in (*one["bids"]["details"], one["awards"][0]):
                priced["value"]["amount"] = 118.37
        made.append(json.dumps(one))
    path.write_text("\n".join(made), encoding="utf-8")
    return path


def test_help_imports_no_heavy_library():
    code = (
        "import sys, pipelines.cli\n"
        "try: pipelines.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'numba', 'sklearn', 'sqlalchemy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("demo", "load", "scan", "explain", "features", "redflags"):
        assert command in done.stdout


def test_load_scan_explain_and_again(capsys, lines):
    code, out, err = run(capsys, "load", lines, "--into", "sqlite:///a.db")
    assert (code, err) == (0, "")
    assert "220 lines read" in out
    code, out, _ = run(capsys, "load", lines, "--into", "sqlite:///a.db", "--json")
    assert json.loads(out)["tables"]["trades"] == {"new": 0, "changed": 0, "unchanged": 220, "removed": 0}

    scan = ("scan", "--source", "sqlite:///a.db", "--alerts", "sqlite:///a.db", "--budget", "5")
    code, out, _ = run(capsys, *scan, "--json")
    first = json.loads(out)
    assert code == 0
    assert 0 < first["alerts"]["new"] == len(first["flags"]) <= 5
    for flag in first["flags"]:
        assert sum(reason["points"] for reason in flag["reasons"]) == pytest.approx(flag["score"], abs=1e-9)
    code, out, _ = run(capsys, *scan)
    assert code == 0
    assert "0 new alerts, nothing written" in out

    top = first["flags"][0]["trade_id"]
    code, out, _ = run(capsys, "explain", top, "--source", "sqlite:///a.db")
    assert code == 0
    assert top in out
    assert "Ordinary reason:" in out
    assert "never a finding" in out


def test_a_dry_run_writes_no_alert(capsys, lines):
    run(capsys, "load", lines, "--into", "sqlite:///a.db")
    before = Path("a.db").read_bytes()
    code, out, _ = run(capsys, "scan", "--source", "sqlite:///a.db", "--dry-run")
    assert code == 0
    assert "no alert was written" in out
    assert Path("a.db").read_bytes() == before


def test_what_is_set_aside_is_listed_in_a_file_and_said_on_stderr(capsys, lines):
    with lines.open("a", encoding="utf-8") as handle:
        handle.write("\n{broken\n")
    code, out, err = run(capsys, "load", lines, "--into", "sqlite:///a.db")
    assert code == 0
    assert "quarantine-load.csv" in err
    assert f"{lines}:221" in Path("quarantine-load.csv").read_text(encoding="utf-8-sig")
    assert "220 new" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("load", "nowhere.jsonl", "--into", "sqlite:///a.db"), 4, "nowhere.jsonl"),
        (("load", "releases.jsonl", "--into", "sqlite:///a.db", "--profile", "excel"), 3, "ocds"),
        (("scan", "--source", "sqlite:///none.db", "--alerts", "sqlite:///b.db"), 4, "none.db"),
        (("scan", "--source", "sqlite:///none.db"), 3, "--alerts"),
        (("scan", "--source", "nonsense", "--alerts", "sqlite:///b.db"), 4, "URL"),
        (("explain", "x", "--source", "sqlite:///none.db", "--as-of", "yesterday"), 3, "yesterday"),
        (("features", "Z99"), 2, "Z99"),
        (("scan",), 2, "--source"),
        (("fly",), 2, "fly"),
        (("demo", "--trades", "5"), 2, "100"),
    ],
)
def test_mistakes_end_with_one_clear_message_and_their_code(capsys, lines, arguments, code, words):
    ended, out, err = run(capsys, *arguments)
    assert ended == code
    assert words in err
    assert "Traceback" not in err
    assert out == ""
    assert not Path("none.db").exists()
    assert not Path("b.db").exists()


def test_a_password_never_shows(capsys, lines):
    url = "postgresql://auditor:topsecret@127.0.0.1:1/records"
    code, out, err = run(capsys, "scan", "--source", url, "--alerts", url)
    assert code == 4
    assert "topsecret" not in out + err
    assert "auditor:***@" in err


def test_features_are_listed_and_described(capsys):
    code, out, _ = run(capsys, "features")
    assert code == 0
    assert "B01" in out
    page = run(capsys, "features", "B01")[1]
    assert page.count("Why it matters:") == page.count("意义：") == 1
    described = json.loads(run(capsys, "features", "B01", "--json")[1])["features"]
    assert [feature["code"] for feature in described] == ["B01"]
    for language in ("en", "zh"):
        assert set(described[0]["documentation"][language]) == {
            "summary",
            "definition",
            "why",
            "excluded",
            "example",
        }


def test_redflags_print_one_document(capsys, lines):
    code, out, _ = run(capsys, "redflags", lines, "--map")
    assert code == 0
    assert {"OCID", "Meta", "Maps"} <= set(json.loads(out))
    assert run(capsys, "redflags", "nowhere.jsonl")[0] == 4


def test_the_version_is_that_of_the_package(capsys):
    from detector import __version__

    assert run(capsys, "--version")[1].strip() == __version__


def test_every_mendable_error_has_its_own_kind_of_exit():
    kinds = {kind for kind, _ in exits.CODES}
    assert kinds == {*DetectorError.__subclasses__(), StoreBusyError, SnapshotBusyError}
    assert exits.exit_code(StoreBusyError("busy")) == exits.TEMPORARY
    assert exits.exit_code(SinkError("no")) == 7


def test_a_defect_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        exits.guarded(lambda: 1 / 0)


def test_an_interrupt_ends_with_its_code(capsys):
    def stop():
        raise KeyboardInterrupt

    assert exits.guarded(stop) == exits.INTERRUPTED
    assert "interrupted" in capsys.readouterr().err


def test_moments_are_utc_unless_they_name_an_offset():
    assert exits.moment("2025-03-31").isoformat() == "2025-03-31T00:00:00+00:00"
    assert exits.moment("2025-03-31T08:00+08:00").utcoffset().total_seconds() == 8 * 3600
    assert exits.moment(None) is None
    with pytest.raises(ConfigError, match="31/03/2025"):
        exits.moment("31/03/2025")


def test_kernels_are_cached_where_the_account_can_write(tmp_path, monkeypatch):
    from pipelines.kernel_cache import VARIABLE, choose_directory

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    choose_directory()
    chosen = Path(os.environ[VARIABLE])
    assert chosen.is_relative_to(tmp_path)
    assert chosen.is_dir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    choose_directory()
    assert Path(os.environ[VARIABLE]) == chosen, "what the environment names is left alone"
    monkeypatch.delenv(VARIABLE)
