"""Exports: the same alerts in every shape, hostile text and all."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite

from detector.errors import ConfigError
from pipelines.alerts import listing, supervision
from pipelines.alerts.alert_documents import alert_document, text_of
from pipelines.alerts.embargo import Reader
from pipelines.alerts.envelope import envelope
from pipelines.alerts.exports import alert_csv, cardinal, json_lines, ocp_code
from pipelines.alerts.listing import Wanted
from pipelines.alerts.supervision import FIELDS, Shape
from pipelines.csv_text import BOM, cell_text
from pipelines.truth_file import read_truth
from tests.pipelines.alerts.leads import HOSTILE, NOW, fill, lead, open_store, reason

ALL = Wanted(everything=True)
LONG = "长" * 10_000


def documents(url, clearance="internal", now=NOW):
    with open_store(url) as connection:
        rows = listing.alerts(connection, ALL, Reader(now))
        return [alert_document(row, clearance) for row in listing.with_reasons(connection, rows)]


def cells(pieces):
    written = "".join(pieces)
    assert written.startswith(BOM)
    table = csv.DictReader(io.StringIO(written.removeprefix(BOM), newline=""))
    return [{name: cell_text(value) for name, value in row.items()} for row in table]


def test_the_same_alerts_in_json_lines_and_in_csv(database_url):
    fill(database_url, lead("0012", 4, amount=1234.5), lead("t", buyer_id="350100199001011234"))
    held = documents(database_url)
    assert [json.loads(line) for line in json_lines(held)] == held
    first, second = cells(alert_csv(held))
    assert (first["trade_id"], first["amount"], first["level_zh"]) == ("0012", "1234.5", "红")
    assert second["buyer_id"] == "350100199001011234"
    assert first["reason_1"] == "[B01] title B01 标题 B01"
    raw = "".join(alert_csv(held))
    assert '"\'0012"' in raw
    assert '"\'350100199001011234"' in raw


@pytest.mark.parametrize(
    "hostile", [HOSTILE, LONG, "=1+1", "\u202eabc", "a\nb\r\nc", "'; --", '"', ",", "\\", "</script>"]
)
def test_hostile_text_comes_out_of_every_format_as_it_went_in(sqlite_url, hostile):
    fill(sqlite_url, lead("t", subject_name=hostile, buyer_id=hostile))
    held = documents(sqlite_url)
    assert held[0]["trade_title"] == hostile
    assert json.loads("".join(json_lines(held)))["buyer_id"] == hostile
    assert cells(alert_csv(held))[0]["trade_title"] == hostile
    with open_store(sqlite_url) as connection:
        (record,) = supervision.records(connection, supervision.USUAL, Reader(NOW)).values()
    assert json.loads(text_of(record))["BID_SECTION_NAME"] == hostile


@examples(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_text_comes_out_of_the_messages_and_the_files_as_it_went_in(title):
    alert = dict.fromkeys(("withdrawn", "assignee", "proposal", "proposed_by", "proposed_at"))
    alert |= dict.fromkeys(("proposed_detail", "due_note", "escalated_at"))
    alert |= lead("t", subject_name=title, reasons=[reason("f", 0, "B01", 1.0, suspicion=None)])
    alert["reasons"] = []
    told = {
        "event_id": "e",
        "occurred_at": NOW,
        "kind": "created",
        "actor_kind": "system",
        "actor": "detector",
    }
    told |= dict.fromkeys(("old_value", "new_value", "run_id", "note", "client"))
    sent = json.loads(text_of(envelope(told, alert)))
    assert sent["data"]["alert"]["trade_title"] == title
    assert cells(alert_csv([alert_document(alert, "internal")]))[0]["trade_title"] == title


def test_names_of_persons_are_masked_unless_asked_for(sqlite_url):
    fill(sqlite_url, lead("t", assignee="李雷"))
    assert documents(sqlite_url)[0]["assignee"] == "李*"
    assert documents(sqlite_url, "sensitive")[0]["assignee"] == "李雷"


def test_cardinal_gets_its_own_codes_by_process(sqlite_url):
    fill(sqlite_url, lead("t"), lead("u", process_id=None))
    held = documents(sqlite_url)
    for document, value in zip(held, (1.5, 2.5), strict=True):
        document["process_id"] = "ocid-1"
        document["reasons"] = [
            {"code": "R018", "value_num": value}, {"code": "base", "value_num": None},
            {"code": "Z99", "value_num": 1.0},
        ]  # fmt: skip
    assert json.loads("".join(cardinal(held))) == {"OCID": {"ocid-1": {"R018": 2.5}}}
    assert json.loads("".join(cardinal([]))) == {}
    assert ocp_code("base") is None


def test_labels_feed_the_backtest(database_url, tmp_path):
    from pipelines.alert_reading import labels_csv, replace_file

    fill(
        database_url,
        lead("2025-01", state="closed", outcome_code="04"),
        lead("t", state="closed", outcome_code="00"),
        lead("u", state="closed", outcome_code="09"),
        lead("v", state="dismissed"),
        lead("w", state="disposed", outcome_code="04"),
    )
    with open_store(database_url) as connection:
        replace_file(tmp_path / "truth.csv", labels_csv(listing.labels(connection, Reader(NOW))))
    truth = read_truth(tmp_path / "truth.csv")
    assert truth["trade_id"].tolist() == ["2025-01", "t", "u", "v"]
    assert truth["label"].fillna(-1).tolist() == [1.0, 0.0, -1.0, 0.0]


def test_the_queue_leaves_out_what_is_ended_hidden_or_snoozed(database_url):
    from datetime import timedelta

    later = NOW + timedelta(days=1)
    fill(
        database_url,
        lead("a"), lead("b", 4), lead("c", hidden=1), lead("d", hidden=2), lead("e", snoozed_until=later),
        lead("f", snoozed_until=NOW), lead("g", state="closed"), lead("h", due_at=NOW - timedelta(seconds=1)),
    )  # fmt: skip

    def seen(**wanted):
        with open_store(database_url) as connection:
            rows = listing.alerts(connection, Wanted(**wanted), Reader(NOW))
            assert listing.count(connection, Wanted(**wanted), Reader(NOW)) == len(rows)
            return {row["subject_id"] for row in rows}

    assert seen() == {"a", "b", "d", "f", "h"}
    assert seen(everything=True) == set("abcdefgh")
    assert seen(levels=(4,)) == {"b"}
    assert seen(overdue=True) == {"h"}
    assert seen(states=("closed",)) == {"g"}
    assert seen(authority="b") == set()


@pytest.mark.parametrize("module", [sqlite, postgresql, mysql, mssql, oracle], ids=lambda one: one.__name__)
def test_the_view_can_be_made_everywhere_under_its_own_names(module):
    shape = Shape({"ALERT_NO": "YJBH", "REGION_CODE": ""})
    written = supervision.view_sql(module.dialect(), shape, "city_v")
    assert written.startswith("CREATE VIEW city_v AS SELECT")
    assert "YJBH" in written
    assert "REGION_CODE" not in written
    assert re.search(r"opens_at <= (strftime|\(CURRENT|UTC_|SYSUTC|SYS_)", written)


def test_the_view_hides_what_is_under_embargo_by_the_clock_of_the_database(database_url):
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    fill(
        database_url,
        lead("t", opens_at=now - timedelta(minutes=5)),
        lead("u", opens_at=now + timedelta(minutes=5)),
    )
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(supervision.view_sql(engine.dialect, name="city_v")))
        rows = connection.execute(text("SELECT * FROM city_v")).mappings().all()
    engine.dispose()
    assert [row["BID_SECTION_CODE"] for row in rows] == ["t"]
    assert tuple(rows[0]) == FIELDS


def test_a_shape_names_what_there_is():
    with pytest.raises(ConfigError, match=r"no field NOWHERE.*two fields are called RUN_ID"):
        Shape({"NOWHERE": "x", "ALERT_NO": "RUN_ID"})
