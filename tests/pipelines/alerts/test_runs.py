"""What a run is: what its identity depends on, and what it must not tell."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from detector.errors import ConfigError
from pipelines.alerts.runs import run_row, utc, without_secrets
from tests.pipelines.alerts.scans import ENDED, SETTINGS, STARTED, TRADES, rows, scanned, shuffled


def run(scan=None, authority="a", config=None, now=ENDED):
    return run_row(scan or scanned(), authority, STARTED, now, config or {"window": 30})


def test_the_same_scan_is_the_same_run_whenever_it_ran():
    later = run(scanned(shuffled(rows(), 3)), now=ENDED + timedelta(days=1))
    assert later == {**run(), "finished_at": datetime.fromisoformat("2024-06-02T01:05")}


def test_authority_settings_records_model_and_code_make_another_run(monkeypatch):
    runs = [
        run(),
        run(authority="b"),
        run(config={"window": 31}),
        run(scanned(settings=replace(SETTINGS, budget=9))),
        run(scanned(settings=replace(SETTINGS, forest=replace(SETTINGS.forest, seed=8)))),
        run(scanned(rows(title="another"))),
    ]
    monkeypatch.setattr("detector.__version__", "99")
    runs.append(run())
    assert len({each["run_id"] for each in runs}) == len(runs)


def test_the_manifest_counts_with_denominators():
    manifest = json.loads(run()["manifest"])
    first = manifest["features"][0]
    assert first["value"] + first["not_applicable"] + first["not_computable"] == first["trades"] == TRADES
    assert set(manifest["libraries"]) >= {"numpy", "scikit-learn"}
    assert sum(manifest["levels"].values()) == run()["flags_n"]


def test_no_secret_is_stored_and_none_changes_the_run():
    def config(password):
        return {
            "source": f"postgresql://reader:{password}@db/records?sslpassword={password}",
            "relay": {
                "api_token": password,
                "hash-key": password,
                "targets": [f"https://u:{password}@host/x"],
            },
            "keywords": ["road"],
        }

    first, rotated = run(config=config("hunter2")), run(config=config("swordfish"))
    assert "hunter2" not in str(first)
    assert "reader" in first["config"]
    assert "road" in first["config"]
    assert first == rotated


def test_what_is_no_json_is_told_in_words():
    told = without_secrets({"day": float("inf"), "unset_token": None, 3: (1, 2)})
    assert told == {"day": "inf", "unset_token": None, "3": [1, 2]}


def test_moments_are_utc_in_whole_seconds():
    local = datetime(2024, 6, 1, 9, 0, 0, 999, tzinfo=timezone(timedelta(hours=8)))
    assert utc(local) == datetime.fromisoformat("2024-06-01T01:00")
    assert utc(datetime(2024, 6, 1, 1, 0, tzinfo=UTC)) == utc(datetime.fromisoformat("2024-06-01T01:00"))


@pytest.mark.parametrize("authority", ["", "  ", "x" * 129])
def test_an_authority_must_identify(authority):
    with pytest.raises(ConfigError, match="authority is"):
        run(authority=authority)


def test_space_around_the_authority_does_not_matter():
    assert run(authority=" a ") == run(authority="a")
