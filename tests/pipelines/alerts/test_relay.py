"""Deliveries: at least once, in order, and nobody waits for a receiver that is dead."""

import hashlib
import hmac
import json
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import jsonschema
import pytest
from sqlalchemy import create_engine, select, text, update

from pipelines.alerts import relay as relaying
from pipelines.alerts.envelope import schema
from pipelines.alerts.handling import find, set_state
from pipelines.alerts.receivers import Receiver
from pipelines.alerts.relay import relay, wait_after
from pipelines.alerts.sinks import JsonLines, Message, signature
from pipelines.alerts.tables import ALERTS, DELIVERIES, OUTBOX
from tests.pipelines.alerts.leads import HOSTILE, NOW, by, fill, lead, open_store

SECRET = "s3cret"  # noqa: S105
CHECK = jsonschema.Draft202012Validator(schema())


def clock():
    return NOW


class Server:
    """A webhook that answers with the statuses it is told, the last one for ever, and keeps what it got."""

    def __init__(self, *statuses):
        self.statuses, self.got = list(statuses), []

    @contextmanager
    def listening(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = server.statuses.pop(0) if len(server.statuses) > 1 else server.statuses[0]
                server.got.append((status, dict(self.headers), body))
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:9/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
            thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield Receiver(
                "hook", "webhook", {"url": f"http://127.0.0.1:{http.server_port}/in?x=1", "secret_env": "S"}
            )
            http.shutdown()
            thread.join()

    @property
    def taken(self):
        return [json.loads(body)["id"] for status, _, body in self.got if status < 300]


def archive(tmp_path, name="archive", **values):
    return Receiver(name, "jsonl", {"path": str(tmp_path / f"{name}.jsonl")}, **values)


def lines(tmp_path, name="archive"):
    path = tmp_path / f"{name}.jsonl"
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def run(url, *receivers, now=NOW, **options):
    return relay(url, receivers, {"S": SECRET, **options.pop("environment", {})}, lambda: now, **options)


def test_every_event_comes_once_in_order_as_the_schema_says(database_url, tmp_path):
    fill(database_url, lead("t"), lead("u", 4), lead("v", subject_name=HOSTILE))
    with open_store(database_url) as connection:
        set_state(connection, find(connection, "t", by().reader), "triage", {"reason": HOSTILE}, by())
    told = run(database_url, archive(tmp_path))
    assert told == [("archive", 4, 0, 0, 0, None)]
    got = lines(tmp_path)
    for one in got:
        CHECK.validate(one)
    assert [(one["data"]["alert"]["trade_id"], one["data"]["change"]["kind"]) for one in got] == [
        ("t", "created"), ("u", "created"), ("v", "created"), ("t", "state_set"),
    ]  # fmt: skip
    assert [one["data"]["change"]["new_value"] for one in got] == ["2", "2", "2", "triage"]
    assert got[2]["data"]["alert"]["trade_title"] == HOSTILE
    assert len({one["dedupkey"] for one in got}) == 4
    assert sum(reason["points"] for reason in got[0]["data"]["alert"]["reasons"]) == 50.5
    assert run(database_url, archive(tmp_path)) == [("archive", 0, 0, 0, 0, None)]
    assert lines(tmp_path) == got


def test_the_schema_is_one_and_would_notice(database_url, tmp_path):
    jsonschema.Draft202012Validator.check_schema(schema())
    fill(database_url, lead("t"))
    run(database_url, archive(tmp_path))
    good = lines(tmp_path)[0]
    for path, value in (("type", "x"), ("time", "now"), ("subject", None)):
        with pytest.raises(jsonschema.ValidationError):
            CHECK.validate({**good, path: value})
    good["data"]["alert"]["level"] = "violet"
    with pytest.raises(jsonschema.ValidationError):
        CHECK.validate(good)


def test_a_webhook_gets_signed_messages(database_url):
    fill(database_url, lead("t"), lead("u"))
    server = Server(204)
    with server.listening() as hook:
        assert run(database_url, hook)[0][:3] == ("hook", 2, 0)
    for _, headers, body in server.got:
        moment, given = headers["Detector-Signature"].split(",")
        made = hmac.new(SECRET.encode(), f"{moment[2:]}.".encode() + body, hashlib.sha256).hexdigest()
        assert given == f"v1={made}"
        assert moment == "t=1772442000"
        assert headers["Detector-Dedup-Key"] == json.loads(body)["dedupkey"]
        assert headers["Content-Type"].startswith("application/cloudevents+json")
        assert SECRET.encode() not in body
    assert signature("other", 1772442000, server.got[0][2]) != server.got[0][1]["Detector-Signature"]


def test_a_dead_receiver_delays_nobody_and_gets_all_of_it_later(database_url, tmp_path):
    fill(database_url, lead("t"), lead("u"), lead("v"))
    server = Server(503, 200)
    with server.listening() as hook:
        told = run(database_url, hook, archive(tmp_path))
        assert told[0] == ("hook", 0, 1, 3, 0, "HTTP status 503")
        assert told[1] == ("archive", 3, 0, 0, 0, None)
        assert len(server.got) == 1, "it is left alone after the first failure"
        assert run(database_url, hook)[0][:4] == ("hook", 2, 0, 1)
        assert run(database_url, hook, now=NOW + wait_after(1))[0][:4] == ("hook", 1, 0, 0)
    assert sorted(server.taken) == sorted(one["id"] for one in lines(tmp_path))


def test_nobody_there(database_url, tmp_path):
    fill(database_url, lead("t"))
    gone = Receiver("gone", "webhook", {"url": "http://127.0.0.1:9/", "secret_env": "S"}, attempts=2)
    told = run(database_url, gone, archive(tmp_path))
    assert told[0][:5] == ("gone", 0, 1, 1, 0)
    assert told[0].last_error
    assert SECRET not in told[0].last_error
    later = NOW + timedelta(days=1)
    assert run(database_url, gone, now=later)[0][:5] == ("gone", 0, 1, 0, 1)
    assert run(database_url, gone, now=later)[0][:5] == ("gone", 0, 0, 0, 1)
    assert run(database_url, gone, now=later, again=True)[0][:5] == ("gone", 0, 1, 1, 0)


def test_a_message_that_is_refused_for_good_does_not_block_the_next(sqlite_url):
    fill(sqlite_url, lead("t"), lead("u"))
    server = Server(422, 200)
    with server.listening() as hook:
        assert run(sqlite_url, hook)[0][:4] == ("hook", 1, 1, 1)


def test_redirects_are_not_followed(sqlite_url):
    fill(sqlite_url, lead("t"))
    server = Server(302)
    with server.listening() as hook:
        assert run(sqlite_url, hook)[0].last_error == "HTTP status 302"
    assert len(server.got) == 1


def test_a_relay_that_dies_before_it_marks_repeats_under_the_same_key(database_url, tmp_path, monkeypatch):
    fill(database_url, lead("t"), lead("u"))

    def die(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(relaying, "_note_success", die)
    with pytest.raises(KeyboardInterrupt):
        run(database_url, archive(tmp_path))
    monkeypatch.undo()
    with open_store(database_url) as connection:
        connection.execute(update(ALERTS).values(alert_level=4, row_version=9))
    run(database_url, archive(tmp_path))
    got = lines(tmp_path)
    assert got[:2] == got[2:], "a repetition is the same, whatever happened to the alert meanwhile"


def test_a_line_that_was_torn_is_cut_off(tmp_path):
    path = tmp_path / "x.jsonl"
    sink = JsonLines(path, lambda message: message.payload)
    for before, after in (
        (b'{"a":1}\n{"b', b'{"a":1}\n'),
        (b"torn", b""),
        (b"", b""),
        (b'{"a":1}\n', b'{"a":1}\n'),
    ):
        path.write_bytes(before)
        sink.send([Message("e", "a", "created", '{"c":2}')], 0)
        assert path.read_bytes() == after + b'{"c":2}\n'


def test_a_table_holds_each_event_once(database_url, tmp_path):
    fill(database_url, lead("t", subject_name=HOSTILE))
    desk = f"sqlite:///{tmp_path / 'desk.db'}"
    table = Receiver("desk", "table", {"url_env": "DESK", "table": "inbox"})
    for _ in range(2):
        assert not run(database_url, table, environment={"DESK": desk})[0].failed
        with open_store(database_url) as connection:
            connection.execute(DELIVERIES.delete())
    engine = create_engine(desk)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT dedup_key, payload FROM inbox")).all()
    engine.dispose()
    assert len(rows) == 1
    assert json.loads(rows[0].payload)["data"]["alert"]["trade_title"] == HOSTILE


def test_a_table_that_cannot_be_reached_is_a_failure_without_its_password(sqlite_url):
    fill(sqlite_url, lead("t"))
    table = Receiver("desk", "table", {"url_env": "DESK"})
    url = f"postgresql://user:{SECRET}@127.0.0.1:9/x"
    told = run(sqlite_url, table, environment={"DESK": url})[0]
    assert told.failed == 1
    assert SECRET not in told.last_error


def test_the_supervision_shape_goes_out_under_the_names_it_is_asked_for(database_url, tmp_path):
    fill(database_url, lead("t", 4, subject_name=HOSTILE), lead("u", 1, state="closed", outcome_code="00"))
    names = {"ALERT_NO": "YJBH", "EVENT_ID": "XXBH", "REGION_CODE": ""}
    path = str(tmp_path / "city.jsonl")
    codes = {"red": "A", "blue": "D"}
    city = Receiver("city", "supervision", {"path": path, "names": names, "level_codes": codes})
    run(database_url, city, archive(tmp_path))
    first, second = lines(tmp_path, "city")
    assert (first["BID_SECTION_NAME"], first["RESULT_STATUS"], first["OPERATE_STATUS"]) == (HOSTILE, "A", "1")
    assert (second["RESULT_STATUS"], second["OPERATE_STATUS"], second["HANDLE_RESULT"]) == ("D", "5", "00")
    assert first["XXBH"] == lines(tmp_path)[0]["dedupkey"]
    assert "YJBH" in first
    assert not {"ALERT_NO", "REGION_CODE"} & first.keys()
    assert first["ALERT_INFO"] == "关于 t"


def test_who_asked_for_red_gets_red(sqlite_url, tmp_path):
    fill(sqlite_url, lead("t", 2), lead("u", 4))
    run(sqlite_url, archive(tmp_path, levels=(4,)), archive(tmp_path, "moves", changes=("state_set",)))
    assert [one["data"]["alert"]["trade_id"] for one in lines(tmp_path)] == ["u"]
    assert lines(tmp_path, "moves") == []


def test_what_is_under_embargo_waits_and_is_not_counted(database_url, tmp_path):
    fill(database_url, lead("sealed", opens_at=NOW + timedelta(hours=1)), lead("t"))
    assert run(database_url, archive(tmp_path)) == [("archive", 1, 0, 0, 0, None)]
    with open_store(database_url) as connection:
        assert connection.scalars(select(OUTBOX.c.payload).order_by(OUTBOX.c.seq)).first() is None
    assert run(database_url, archive(tmp_path), now=NOW + timedelta(hours=1))[0].delivered == 1
    assert [one["data"]["alert"]["trade_id"] for one in lines(tmp_path)] == ["t", "sealed"]


def test_a_receiver_is_left_alone_longer_and_longer_but_not_for_ever():
    waits = [wait_after(attempts) for attempts in range(1, 30)]
    assert waits[:3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)
