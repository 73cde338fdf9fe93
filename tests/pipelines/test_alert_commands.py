"""The commands about alerts, as they are typed; and that none of them tells what is under embargo."""

import json
import re
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipelines import cli
from pipelines.alerts.events import Actor, read_events
from pipelines.alerts.suppression import Wish, add
from tests.pipelines.alerts.leads import HOSTILE, NOW, fill, lead, open_store

RECEIVERS = """
[receiver.archive]
kind = "jsonl"
path = "archive.jsonl"

[receiver.city]
kind = "supervision"
path = "city.jsonl"
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty working directory, a clock that stands still, and nobody's name in the environment."""
    monkeypatch.chdir(tmp_path)
    for module in ("commands", "alert_reading", "alert_commands", "suppress_commands", "relay_commands"):
        monkeypatch.setattr(f"pipelines.{module}.clock", lambda: NOW.replace(tzinfo=UTC))
    for name in ("DETECTOR_ACTOR", "DETECTOR_ROLE", "DETECTOR_ALERTS_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "receivers.toml").write_text(RECEIVERS, encoding="utf-8")


@pytest.fixture
def run(capsysbinary):
    def command(*arguments, url="sqlite:///a.db"):
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, arguments), "--alerts", url])
        out, err = capsysbinary.readouterr()
        return ended.value.code, out.decode(), err.decode()

    return command


def kinds(url="sqlite:///a.db"):
    with open_store(url) as connection:
        return [one["kind"] for one in read_events(connection)]


def test_a_lead_from_the_queue_to_its_label(run):
    fill("sqlite:///a.db", lead("t", 3), lead("u"))
    code, out, _ = run("alerts", "list")
    assert code == 0
    assert out.index("橙 orange") < out.index("黄 yellow")
    assert "never a finding" in out
    person = ("--actor", "李雷")
    steps = [
        ("triage",), ("dispatched", "--recipient", "住建局"), ("acked",), ("investigating",),
        ("disposed", "--notes", "n", "--outcome", "04", "--measures", "m", "--amount", "12.50"),
        ("fed_back", "--feedback", "f"),
    ]  # fmt: skip
    for step in steps:
        assert run("alerts", "set", "t", *step, *person)[0] == 0
    code, _, err = run("alerts", "set", "t", "reviewed", *person)
    assert (code, "审核人不得为承办人" in err) == (9, True)
    assert run("alerts", "set", "t", "reviewed", "--actor", "韩梅梅")[0] == 0
    code, out, _ = run("alerts", "set", "t", "closed", "--actor", "韩梅梅", "--json")
    assert json.loads(out)["disposition"] == "confirmed"
    code, out, _ = run("alerts", "export", "--labels", "--actor", "韩梅梅")
    assert out.splitlines()[1].startswith('"t",1,')
    code, out, _ = run("alerts", "show", "t")
    assert "state set 状态变更  new -> triage" in out
    assert "李雷" not in out
    code, out, _ = run("alerts", "show", "t", "--clearance", "sensitive", *person)
    assert "李雷" in out
    assert kinds()[-2:] == ["exported", "viewed"]


def test_changes_without_a_name_or_an_old_version_are_refused(run):
    fill("sqlite:///a.db", lead("t"))
    code, _, err = run("alerts", "note", "t", "x")
    assert (code, "--actor" in err) == (3, True)
    assert run("alerts", "note", "t", "x", "--actor", "a")[0] == 0
    code, _, err = run("alerts", "assign", "t", "b", "--actor", "a", "--row-version", "1")
    assert (code, "somebody changed it" in err) == (9, True)
    assert run("alerts", "snooze", "t", "--until", "2026-03-09", "--reason", "r", "--actor", "a")[0] == 0
    code, out, _ = run("alerts", "list", "--json")
    assert json.loads(out) == {"alerts": [], "shown": 0, "total": 0}
    assert run("alerts", "export")[0] == 3
    assert run("alerts", "export", "--format", "pdf", "--actor", "a")[0] == 3
    assert run("alerts", "list", "--clearance", "sensitive")[0] == 3
    assert run("alerts", "list", "--state", "asleep")[0] == 3
    assert kinds() == ["created", "note", "snoozed"]


def test_a_trail_that_was_touched_is_told(run):
    fill("sqlite:///a.db", lead("t"), lead("u"))
    code, out, _ = run("alerts", "verify-log", "--anchor", "anchors.jsonl", "--json")
    assert (code, json.loads(out)["whole"], json.loads(out)["anchored"]) == (0, True, True)
    with open_store("sqlite:///a.db") as connection:
        connection.exec_driver_sql("UPDATE detector_event SET actor = 'x' WHERE seq = 1")
    code, _, err = run("alerts", "verify-log")
    assert (code, "event 1 altered" in err) == (7, True)


def test_suppressions_are_typed_in_approved_listed_and_ended(run):
    fill("sqlite:///a.db", lead("t"))
    common = ("--reason", "大修", "--expires", "2026-04-01", "--actor", "张三")
    _, out, _ = run("suppress", "add", "--buyer", "B1", "--code", "B01", "--up-to", "red", *common, "--json")
    key = json.loads(out)["suppressions"][0]["suppression_id"]
    assert run("suppress", "approve", key, "--actor", "张三")[0] == 9
    assert run("suppress", "approve", key, "--actor", "李四")[0] == 0
    out = run("suppress", "list")[1]
    assert (key in out, "张三" in out) == (True, False)
    assert run("suppress", "expire", key, "--reason", "完工", "--actor", "李四")[0] == 0
    assert "没有抑制条目" in run("suppress", "list")[1]
    assert run("suppress", "add", "--buyer", "B1", "--trade", "t", *common)[0] == 3
    assert run("suppress", "add", "--buyer", "B1", "--up-to", "violet", *common)[0] == 3


def test_relay_and_import(run):
    fill("sqlite:///a.db", lead("t", subject_name=HOSTILE))
    code, out, _ = run("relay", "--receivers", "receivers.toml")
    assert (code, "archive: 1 delivered, 0 waiting" in out) == (0, True)
    assert json.loads(Path("archive.jsonl").read_text("utf-8"))["data"]["alert"]["trade_title"] == HOSTILE
    Path("replies.csv").write_text("trade_id,state\nt,triage\n", encoding="utf-8")
    code, out, _ = run("alerts", "import", "replies.csv", "--actor", "平台", "--json")
    assert json.loads(out) == {"imported": 1, "known": 0}
    Path("receivers.toml").write_text(
        '[receiver.gone]\nkind = "webhook"\nurl = "http://127.0.0.1:9/"\nsecret_env = "HOME"',
        encoding="utf-8",
    )
    assert run("relay", "--receivers", "receivers.toml")[0] == 75


def outputs(run, url):
    """Everything that can be got out of a store without a role: text, files, codes."""
    person = ("--actor", "somebody")
    found = {}
    for words in (
        ("alerts", "list"), ("alerts", "list", "--json", "--all"), ("alerts", "list", "--all", "--overdue"),
        ("alerts", "list", "--all", "--clearance", "sensitive", "--json", *person),
        ("alerts", "show", "sealed"), ("alerts", "show", "sealed", "--json", "--clearance", "sensitive", *person),
        ("alerts", "set", "sealed", "triage", *person), ("alerts", "note", "sealed", "x", *person),
        ("alerts", "assign", "sealed", "x", *person), ("suppress", "list", "--past", "--json"),
        *(("alerts", "export", "--all", "--format", form, *person) for form in FORMS),
        ("alerts", "export", "--all", "--clearance", "sensitive", *person),
        ("alerts", "export", "--labels", *person),
        ("relay", "--receivers", "receivers.toml", "--json"), ("alerts", "verify-log"),
    ):  # fmt: skip
        code, out, err = run(*words, url=url)
        # The head of the chain is the hash of everything; it says nothing of what.
        out = out.split("head ")[0] if words[-1] == "verify-log" else out
        found[" ".join(words)] = (code, out, err.replace(url, ""))
    for name in ("archive.jsonl", "city.jsonl"):
        path = Path(name)
        found[name] = path.read_text("utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
    return found


FORMS = ("jsonl", "csv", "cardinal", "supervision")
TITLES = st.text(st.characters(categories=["L", "N"]), min_size=6, max_size=12)


@examples(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=TITLES,
    level=st.integers(0, 4),
    state=st.sampled_from(["new", "closed", "dismissed", "dispatched"]),
    hidden=st.sampled_from([0, 1, 2]),
    seconds=st.integers(1, 10**7),
)
def test_no_output_tells_of_what_is_under_embargo(run, tmp_path, title, level, state, hidden, seconds):
    """With the sealed alert in the store every output is what it is without: neither values nor a count show."""
    public = [
        lead("t", 4),
        lead("u", state="closed", outcome_code="04"),
        lead("v", due_at=NOW - timedelta(1)),
    ]
    secret = lead(
        "sealed", level, subject_name=f"机密{title}", state=state, hidden=hidden, assignee="机密承办",
        amount=7777.25, outcome_code="04" if state == "closed" else None, due_at=NOW - timedelta(2),
        opens_at=NOW + timedelta(seconds=seconds),
    )  # fmt: skip
    if not WITHOUT:
        WITHOUT.update(outputs(run, store(tmp_path / "without.db", *public)))
    url = store(tmp_path / "beside.db", *public, secret)
    with open_store(url) as connection:
        add(connection, Wish("trade", "sealed", "机密", NOW + timedelta(1)), Actor("x"), NOW)
    beside = outputs(run, url)
    for words, told in beside.items():
        assert "机密" not in str(told), words
        assert "7777" not in str(told), words
        plain, other = (masked_hashes(one) for one in (WITHOUT[words], told))
        assert plain == other, words


# What the commands say where there is nothing to hide, found once.
WITHOUT = {}


def store(path, *held):
    """The address of a new store with the leads `held`."""
    path.unlink(missing_ok=True)
    fill(f"sqlite:///{path}", *held)
    return f"sqlite:///{path}"


def masked_hashes(told):
    """Identities of events differ where the chains do; they are hashes and tell nothing."""
    return re.sub(r"\b[0-9a-f]{26}\b", "EVENT", str(told))


def test_the_role_sees_it_and_that_is_written_down(run):
    fill("sqlite:///a.db", lead("sealed", opens_at=NOW + timedelta(1)))
    role = ("--role", "sealed-reader")
    assert run("alerts", "list", *role)[0] == 3
    code, out, _ = run("alerts", "list", *role, "--actor", "值班长")
    assert (code, "sealed" in out) == (0, True)
    assert run("alerts", "show", "sealed", *role, "--actor", "值班长")[0] == 0
    assert kinds() == ["created", "sealed_viewed", "sealed_viewed"]
    with open_store("sqlite:///a.db") as connection:
        told = list(read_events(connection))[-1]
    assert (told["actor"], told["actor_role"]) == ("值班长", "sealed-reader")
    assert json.loads(told["note"]) == {"what": "show sealed", "clearance": "internal"}


def test_a_store_that_is_not_there_is_not_made(run):
    code, _, err = run("alerts", "list", url="sqlite:///absent.db")
    assert (code, "there is no file" in err) == (7, True)
    assert not Path("absent.db").exists()
