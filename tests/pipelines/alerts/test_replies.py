"""Replies come back: all or none, once, and every problem by its line."""

import json

import pytest

from detector.errors import ConfigError, HandlingError
from pipelines.alerts.events import read_events
from pipelines.alerts.handling import find
from pipelines.alerts.replies import import_replies, read_replies
from tests.pipelines.alerts.leads import HOSTILE, by, fill, lead, open_store


def written(tmp_path, content, name="replies.csv"):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8-sig", newline="")
    return path


def taken(url, path):
    with open_store(url) as connection:
        return import_replies(connection, read_replies(path), by("平台"), path.name)


def state(url, trade):
    with open_store(url) as connection:
        return find(connection, trade, by().reader)["state"]


def test_replies_are_taken_once(database_url, tmp_path):
    fill(database_url, lead("t"), lead("u"), lead("0012"))
    path = written(
        tmp_path,
        "trade_id,state,recipient,note,reply_id\r\nt,triage,,看过,r1\r\nt,dispatched,住建局,,r2\r\n"
        'u,,,"只是\n备注",\r\n\'0012,triage,,,\r\n',
    )
    assert taken(database_url, path) == (4, 0)
    assert taken(database_url, path) == (0, 4)
    assert [state(database_url, trade) for trade in ("t", "u", "0012")] == ["dispatched", "new", "triage"]
    with open_store(database_url) as connection:
        told = [one for one in read_events(connection) if one["kind"] == "imported"]
    assert [(one["actor"], one["note"]) for one in told] == [
        ("平台", "看过"), ("平台", None), ("平台", "只是\n备注"), ("平台", None),
    ]  # fmt: skip


def test_json_lines_with_hostile_text(sqlite_url, tmp_path):
    fill(sqlite_url, lead("t"))
    content = json.dumps({"trade_id": "t", "note": HOSTILE, "assignee": "李雷", "state": None})
    assert taken(sqlite_url, written(tmp_path, f"{content}\n\n", "replies.jsonl")) == (1, 0)
    with open_store(sqlite_url) as connection:
        assert list(read_events(connection))[-1]["note"] == HOSTILE
        assert find(connection, "t", by().reader)["assignee"] == "李雷"


def test_one_that_cannot_be_taken_stops_them_all(database_url, tmp_path):
    fill(database_url, lead("t"), lead("u"))
    path = written(tmp_path, "trade_id,state\nt,triage\nu,closed\nw,triage\n")
    with pytest.raises(HandlingError) as told:
        taken(database_url, path)
    assert "line 3: an alert in state new" in str(told.value)
    assert "line 4: no alert 'w'" in str(told.value)
    assert state(database_url, "t") == "new"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("trade_id,colour\nt,red\n", "line 2: unknown column colour"),
        ("state\ntriage\n", "line 2: neither alert_id nor trade_id"),
        ("trade_id,state\nt,\n", "line 2: says nothing"),
        ("trade_id,state\nt,triage,more\n", "line 2 has more or fewer cells"),
        ("trade_id,state\nt\n", "line 2 has more or fewer cells"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(tmp_path, content, words):
    with pytest.raises(ConfigError, match=words):
        read_replies(written(tmp_path, content))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="line 2: not a JSON object"):
        read_replies(written(tmp_path, '{"trade_id":"t","note":"n"}\n[1]\n', "a.jsonl"))
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_replies(tmp_path / "latin.csv")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_replies(tmp_path / "absent.csv")
