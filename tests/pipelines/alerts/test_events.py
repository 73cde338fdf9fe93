"""The audit trail: whatever is done to it afterwards is found, and named."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from detector.errors import ConfigError
from pipelines.alerts.anchors import Anchor, AnchorCheck, add_anchor, read_anchors
from pipelines.alerts.events import (
    CHAIN,
    GENESIS,
    HASHED,
    KINDS,
    SYSTEM,
    USUAL,
    Actor,
    append_events,
    end_of_chain,
    event,
    event_id,
    faults,
    read_events,
    row_hash,
)
from pipelines.alerts.tables import CHAINS, EVENTS
from tests.pipelines.alerts.leads import HOSTILE, NOW, fill, lead, open_store

PERSON = Actor("李雷", "user", "analyst", "c@h")


def chained(rows):
    """`rows` as a chain, and its end."""
    before, made = GENESIS, []
    for seq, one in enumerate(rows, start=1):
        row = {**USUAL, **one, "seq": seq, "prev_hash": before}
        before = row["row_hash"] = row_hash(before, row)
        row["event_id"] = event_id(before)
        made.append(row)
    return made, (len(made), before)


def chain(length):
    return chained([event("note", PERSON, NOW, note=f"第{n}条") for n in range(length)])


def seqs(rows, end):
    return [fault.seq for fault in faults(rows, end)]


def test_a_chain_as_it_was_written_has_no_fault():
    assert seqs(*chain(20)) == []
    assert seqs([], (0, GENESIS)) == []


@given(length=st.integers(1, 12), data=st.data())
def test_an_altered_event_is_named(length, data):
    rows, end = chain(length)
    place = data.draw(st.integers(0, length - 1))
    column = data.draw(st.sampled_from([name for name in HASHED if name != "occurred_at"]))
    rows[place][column] = data.draw(st.text().filter(lambda text: text != rows[place][column]))
    found = list(faults(rows, end))
    assert [fault.seq for fault in found] == [place + 1]
    assert f"event {place + 1} altered" in found[0].what


@given(length=st.integers(2, 12), data=st.data())
def test_removed_events_are_named(length, data):
    rows, end = chain(length)
    first = data.draw(st.integers(0, length - 1))
    last = data.draw(st.integers(first, length - 1))
    found = list(faults(rows[:first] + rows[last + 1 :], end))
    assert [fault.seq for fault in found] == [first + 1]
    assert "removed" in found[0].what


@given(length=st.integers(1, 12), many=st.integers(1, 3), data=st.data())
def test_inserted_events_are_named_although_the_others_were_moved_up(length, many, data):
    rows, end = chain(length)
    place = data.draw(st.integers(0, length - 1))
    before = rows[place]["prev_hash"]
    planted = []
    for _ in range(many):
        row = {**USUAL, **event("note", PERSON, NOW, note="planted"), "prev_hash": before}
        before = row["row_hash"] = row_hash(before, row)
        row["event_id"] = event_id(before)
        planted.append(row)
    together = [dict(row) for row in rows[:place] + planted + rows[place:]]
    for seq, row in enumerate(together, start=1):
        row["seq"] = seq
    found = list(faults(together, (end[0] + many, end[1])))
    assert [fault.seq for fault in found] == [place + 1]
    assert "inserted" in found[0].what


@given(length=st.integers(2, 12), data=st.data())
def test_an_event_that_was_replaced_with_its_hash_does_not_fit_the_next(length, data):
    rows, end = chain(length)
    place = data.draw(st.integers(0, length - 2))
    row = rows[place]
    row["note"] = "other"
    row["row_hash"] = row_hash(row["prev_hash"], row)
    row["event_id"] = event_id(row["row_hash"])
    assert seqs(rows, end) == [place + 1]


def test_a_tail_that_was_cut_off_or_added_does_not_fit_the_end():
    rows, end = chain(5)
    assert seqs(rows[:3], end) == [4]
    longer, _ = chain(6)
    assert seqs(longer, end) == [6]


def test_the_store_keeps_the_chain_and_its_end(database_url):
    fill(database_url, lead("t"), lead("u"))
    with open_store(database_url) as connection:
        written = append_events(connection, [event("note", PERSON, NOW, note=HOSTILE)])
        assert append_events(connection, []) == []
    with open_store(database_url) as connection:
        rows = list(read_events(connection))
        end = end_of_chain(connection)
        assert rows[-1] == written[0]
        assert (rows[-1]["note"], rows[-1]["seq"], end) == (HOSTILE, 3, (3, rows[-1]["row_hash"]))
        assert list(faults(rows, end)) == []
        connection.execute(update(EVENTS).where(EVENTS.c.seq == 2).values(actor="somebody else"))
        assert seqs(read_events(connection), end) == [2]
        connection.execute(delete(EVENTS).where(EVENTS.c.seq == 2))
        assert seqs(read_events(connection), end) == [2]
        connection.execute(delete(EVENTS).where(EVENTS.c.seq == 3))
        assert seqs(read_events(connection), end) == [2]


def test_two_that_write_at_once_do_not_take_one_place(postgresql_url):
    from concurrent.futures import ThreadPoolExecutor

    fill(postgresql_url, lead("t"))

    def write(number):
        with open_store(postgresql_url) as connection:
            append_events(connection, [event("note", PERSON, NOW, note=str(n)) for n in range(number)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, [5, 7, 9, 11]))
    with open_store(postgresql_url) as connection:
        assert list(faults(read_events(connection), end_of_chain(connection))) == []
        assert end_of_chain(connection)[0] == 33
        assert connection.scalars(select(CHAINS.c.seq).where(CHAINS.c.chain == CHAIN)).all() == [33]


def test_an_unknown_kind_is_a_defect(sqlite_url):
    fill(sqlite_url)
    with open_store(sqlite_url) as connection, pytest.raises(ValueError, match="no kind of event"):
        append_events(connection, [event("whatever", SYSTEM, NOW)])
    assert all(phrase.en and phrase.zh and len(kind) <= 24 for kind, phrase in KINDS.items())


def test_anchors_find_a_cut_tail_and_a_rewritten_chain(tmp_path):
    path = tmp_path / "anchors.jsonl"
    rows, end = chain(4)
    assert add_anchor(path, Anchor(NOW, *end))
    assert not add_anchor(path, Anchor(NOW, *end))
    longer, later = chain(6)
    assert add_anchor(path, Anchor(NOW, *later))
    assert [anchor.seq for anchor in read_anchors(path)] == [4, 6]
    assert list(tmp_path.iterdir()) == [path]

    def held_against(rows):
        check = AnchorCheck(read_anchors(path))
        assert list(check.watch(rows)) == rows
        return [fault.seq for fault in check.faults()]

    assert held_against(longer) == []
    assert held_against(rows) == [6]
    altered = copy.deepcopy(longer)
    altered[1]["note"] = "other"
    rewritten, its_end = chained([{name: row[name] for name in HASHED} for row in altered])
    assert seqs(rewritten, its_end) == []
    assert held_against(rewritten) == [4, 6]


def test_a_file_that_holds_no_anchors_is_named(tmp_path):
    path = tmp_path / "anchors.jsonl"
    path.write_text(
        '{"at": "2026-03-02T09:00:00", "seq": 1, "row_hash": "x"}\n{"seq": 2}\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"anchors.jsonl: line 2 is no anchor"):
        read_anchors(path)
