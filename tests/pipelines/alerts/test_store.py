"""The life of alerts from scan to scan, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pandas as pd
import pytest
from sqlalchemy import create_engine, insert, make_url, select, update

from detector.errors import SinkError, StoreBusyError
from pipelines.alerts import merging
from pipelines.alerts.columns import METADATA
from pipelines.alerts.fingerprint import trade_fingerprint
from pipelines.alerts.store import Receipt, read_alert, read_alerts, record
from pipelines.alerts.tables import ALERTS, OBSERVATIONS, REASONS, RUNS
from tests.pipelines.alerts.scans import ENDED, SETTINGS, STARTED, rows, scanned, shuffled

FINDINGS = (ALERTS, OBSERVATIONS, REASONS)
HOSTILE = "'); DROP TABLE detector_alert; -- \u202e\r\n%s :name \x1b[31m 𠮷 <script>=cmd|' /C calc'!A0"
MAY = datetime.fromisoformat("2024-05-31")


def put(scan, url, authority="a", now=ENDED, **config):
    return record(scan, url, authority=authority, started_at=STARTED, now=now, config=config)


def dump(url, *tables):
    engine = create_engine(url)
    with engine.connect() as connection:
        held = {
            table.name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            for table in tables or METADATA.sorted_tables
        }
    engine.dispose()
    return held


def change(url, statement):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(statement)
    engine.dispose()


def edited(trade_id="lot-00", **values):
    """The rows of the tests, one trade of which reads otherwise."""
    return [
        (table, row | values if table == "trades" and row["trade_id"] == trade_id else row)
        for table, row in rows()
    ]


def test_a_first_scan_makes_alerts_with_reasons(database_url):
    scan = scanned()
    receipt = put(scan, database_url)
    assert receipt == Receipt(receipt.run_id, len(scan.flags), 0, 0, True)
    assert len(scan.flags) >= 2
    for alert, flag in zip(read_alerts(database_url), scan.flags, strict=True):
        assert alert["subject_id"] == flag.trade_id
        assert alert["fingerprint"] == trade_fingerprint("a", flag.trade_id)
        assert (alert["state"], alert["episode"], alert["seen_n"], alert["row_version"]) == ("new", 1, 1, 1)
        assert (alert["first_seen_at"], alert["last_seen_at"]) == (MAY, MAY)
        assert (alert["alert_level"], alert["score"]) == (flag.level, round(flag.score, 4))
        assert (alert["amount"], alert["currency"]) == (flag.money, "CNY")


def test_stored_points_sum_to_the_stored_score(database_url):
    put(scanned(), database_url)
    for alert in read_alerts(database_url):
        reasons = read_alert(database_url, alert["subject_id"])["reasons"]
        assert {"rest", "base"} <= {reason["code"] for reason in reasons}
        assert round(sum(reason["points"] for reason in reasons), 4) == alert["score"]


def test_reasons_come_back_as_they_were(database_url):
    flag = scanned().flags[0]
    put(scanned(), database_url)
    told = read_alert(database_url, flag.trade_id)["reasons"]
    assert [row["code"] for row in told] == [reason.code for reason in flag.reasons]
    first, exact = told[0], flag.reasons[0]
    assert (first["value_num"], first["peer_median"]) == (exact.value, exact.peer_median)
    assert (first["title_zh"], first["innocent_en"]) == (exact.title.zh, exact.innocent.en)
    assert (told[-1]["value_num"], told[-1]["peer_group"]) == (None, None)


def test_the_same_scan_again_writes_nothing_at_all(sqlite_url):
    first = put(scanned(), sqlite_url)
    before = Path(make_url(sqlite_url).database).read_bytes()
    second = put(scanned(shuffled(rows(), 1)), sqlite_url, now=ENDED + timedelta(days=3))
    assert second == Receipt(first.run_id, new=0, changed=0, seen=first.new, written=False)
    assert Path(make_url(sqlite_url).database).read_bytes() == before


def test_the_same_scan_again_changes_no_row(database_url):
    put(scanned(), database_url)
    before = dump(database_url)
    assert not put(scanned(), database_url).written
    assert dump(database_url) == before


def test_shuffled_records_and_another_hour_give_identical_rows(tmp_path, database_url):
    other = f"sqlite:///{tmp_path / 'shuffled.db'}"
    put(scanned(), database_url)
    put(scanned(shuffled(rows(), 2)), other, now=ENDED + timedelta(hours=9))
    assert dump(other, *FINDINGS) == dump(database_url, *FINDINGS)


def test_changed_evidence_is_news_and_the_first_sight_is_kept(database_url):
    first = put(scanned(), database_url)
    decided = update(ALERTS).where(ALERTS.c.subject_id == "lot-00").values(state="notified", episode=2)
    change(database_url, decided)
    later = scanned(edited(deadline_at="2024-01-02", title="改名"), as_of="2024-06-30")
    second = put(later, database_url)
    assert (second.new, second.changed, second.seen) == (0, 1, first.new - 1)
    alert = read_alert(database_url, "lot-00")
    assert (alert["first_seen_run"], alert["first_seen_at"]) == (first.run_id, MAY)
    assert (alert["last_seen_run"], alert["last_seen_at"]) == (
        second.run_id,
        datetime.fromisoformat("2024-06-30"),
    )
    assert (alert["state"], alert["episode"], alert["subject_name"]) == ("notified", 2, "改名")
    assert (alert["seen_n"], alert["row_version"]) == (2, 2)
    assert "T90" in {reason["code"] for reason in alert["reasons"] if reason["value_num"] == 1.0}
    assert len(dump(database_url, OBSERVATIONS)["detector_observation"]) == first.new + sum(second[1:4])


def test_another_model_opens_no_second_alert(database_url):
    first = put(scanned(), database_url)
    seeded = replace(SETTINGS, forest=replace(SETTINGS.forest, seed=99, trees=33))
    second = put(scanned(settings=seeded), database_url)
    assert second.run_id != first.run_id
    assert (second.new, second.changed + second.seen) == (0, first.new)
    assert len(read_alerts(database_url)) == first.new
    assert len(dump(database_url, RUNS)["detector_run"]) == 2


def test_an_earlier_state_of_the_records_does_not_undo_a_later_one(database_url):
    put(scanned(), database_url)
    shown = read_alert(database_url, "lot-00")
    receipt = put(scanned(edited(title="earlier"), as_of="2024-05-30"), database_url)
    alert = read_alert(database_url, "lot-00")
    assert (receipt.new, receipt.changed) == (0, 0)
    assert alert == {**shown, "seen_n": 2, "row_version": 2}


def test_a_quiet_night_is_a_run_without_alerts(database_url):
    receipt = put(scanned(settings=replace(SETTINGS, budget=0)), database_url)
    assert receipt == Receipt(receipt.run_id, 0, 0, 0, True)
    assert read_alerts(database_url) == []
    assert len(dump(database_url, RUNS)["detector_run"]) == 1


def test_two_authorities_do_not_share_alerts(database_url):
    first, second = put(scanned(), database_url, "a"), put(scanned(), database_url, "b")
    assert second.new == first.new
    assert read_alert(database_url, "lot-00", "b")["authority"] == "b"
    with pytest.raises(SinkError, match=r"several authorities.*a, b"):
        read_alert(database_url, "lot-00")


def test_hostile_text_comes_back_unchanged(database_url):
    scan = scanned(edited(title=HOSTILE, category=HOSTILE))
    assert put(scan, database_url, HOSTILE, note=HOSTILE).new
    assert read_alert(database_url, "lot-00")["subject_name"] == HOSTILE
    assert read_alerts(database_url)[0]["authority"] == HOSTILE


def test_characters_that_databases_refuse_stop_no_scan(database_url):
    scan = scanned()
    titles = [f"{title}\0\ud800" for title in scan.records.trades["title"]]
    trades = scan.records.trades.assign(title=pd.Series(titles, dtype=object))
    put(replace(scan, records=replace(scan.records, trades=trades)), database_url, "a\0", note="\ud800\0")
    assert read_alert(database_url, "lot-00")["subject_name"] == "道路养护第0标段\ufffd\ufffd"


def test_alerts_come_by_level_score_and_money(database_url):
    put(scanned(), database_url)
    template = dump(database_url, ALERTS)["detector_alert"][0]._asdict()
    for number, (level, score, amount) in enumerate([(4, 1, 1), (1, 99, None), (2, 50, None), (2, 50, 7)]):
        key = {"alert_id": f"x{number}", "fingerprint": f"x{number}"}
        change(
            database_url,
            insert(ALERTS).values(
                {**template, **key, "alert_level": level, "score": score, "amount": amount}
            ),
        )
    told = [row["alert_id"] for row in read_alerts(database_url, 100)]
    assert told[0] == "x0"
    assert told.index("x3") + 1 == told.index("x2")
    assert told.index("x1") > told.index("x2"), "the level comes before the score"
    assert [row["alert_id"] for row in read_alerts(database_url, 2)] == told[:2]


def test_more_alerts_than_one_statement_can_name(sqlite_url, monkeypatch):
    monkeypatch.setattr(merging, "KEYS_AT_ONCE", 1)
    monkeypatch.setattr(merging, "BLOCK", 2)
    first = put(scanned(), sqlite_url)
    second = put(scanned(), sqlite_url, other=True)
    assert (second.new, second.seen) == (0, first.new)


def test_failing_half_way_leaves_nothing(database_url, monkeypatch):
    put(scanned(), database_url)
    before = dump(database_url)
    written = merging.insert_rows

    def fail(connection, table, held, *names):
        if table is REASONS:
            raise RuntimeError("half way")
        written(connection, table, held, *names)

    monkeypatch.setattr(merging, "insert_rows", fail)
    with pytest.raises(RuntimeError, match="half way"):
        put(scanned(rows(close=4), as_of="2024-06-30"), database_url)
    assert dump(database_url) == before
    monkeypatch.undo()
    assert put(scanned(rows(close=4), as_of="2024-06-30"), database_url).written


def test_a_scan_that_comes_while_another_writes_is_told_and_doubles_nothing(sqlite_url, monkeypatch):
    put(scanned(edited(title="first")), sqlite_url)
    monkeypatch.setattr(merging, "insert_rows", overtaking(sqlite_url, monkeypatch))
    first = put(scanned(), sqlite_url, other=True)
    assert first.new + first.changed + first.seen == len(scanned().flags)
    assert {alert["seen_n"] for alert in read_alerts(sqlite_url)} == {2}


def overtaking(url, monkeypatch):
    """A second scan starts in the middle of the first, and is sent away."""
    written = merging.insert_rows

    def insert_rows(connection, table, held, *names):
        monkeypatch.undo()
        written(connection, table, held, *names)
        with pytest.raises(StoreBusyError, match=r"another scan .* run again"):
            put(scanned(), f"{url}?timeout=0.1", other="second")

    return insert_rows


def test_an_alert_that_changed_since_it_was_read_is_not_overwritten(database_url, monkeypatch):
    put(scanned(), database_url)
    before = dump(database_url)
    known = merging.Merge._known

    def overtaken(self, fingerprints):
        held = known(self, fingerprints)
        self._connection.execute(update(ALERTS).values(row_version=9))
        return held

    monkeypatch.setattr(merging.Merge, "_known", overtaken)
    with pytest.raises(StoreBusyError, match="Nothing was written"):
        put(scanned(), database_url, other=2)
    assert dump(database_url) == before


def test_scans_at_the_same_moment_double_nothing(database_url):
    scan, together = scanned(), Barrier(4)

    def one(number):
        together.wait()
        try:
            return put(scan, database_url, number=number)
        except StoreBusyError:
            return None

    with ThreadPoolExecutor(4) as pool:
        receipts = [receipt for receipt in pool.map(one, range(4)) if receipt]
    alerts = dump(database_url, ALERTS)["detector_alert"]
    assert len(alerts) == (len(scan.flags) if receipts else 0)
    assert {alert.seen_n for alert in alerts} <= {len(receipts)}
    assert sum(receipt.new for receipt in receipts) == len(alerts)
    for number in range(4):
        put(scan, database_url, number=number)
    assert {alert["seen_n"] for alert in read_alerts(database_url)} == {4}


def test_reading_where_no_scan_has_written_says_so(database_url, tmp_path):
    for empty in (database_url, f"sqlite:///{tmp_path / 'absent.db'}"):
        with pytest.raises(SinkError):
            read_alerts(empty)
    assert not (tmp_path / "absent.db").exists()


def test_a_trade_without_an_alert_is_told(database_url):
    put(scanned(), database_url)
    for trade_id in ("LOT-00", "lot-79", "lot-00 ", "", "\0\udcff"):
        with pytest.raises(SinkError, match="no alert on trade"):
            read_alert(database_url, trade_id)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://scan:hunter2@127.0.0.1:1/alerts?connect_timeout=1",
        "sqlite:////no/such/place/alerts.db",
    ],
)
def test_no_secret_is_in_a_message(url):
    with pytest.raises(SinkError) as caught:
        put(scanned(), url)
    assert "hunter2" not in str(caught.value)
