"""Chunks against a naive twin: all rows in one list, cut where a chunk begins."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.snapshot import chunks
from pipelines.snapshot.chunks import Chunk, hashes, in_order, merged

ORDER = ["anchor", "key"]
SCHEMA = pa.schema([("anchor", pa.string()), ("key", pa.string()), ("value", pa.float64())])
ANCHORS = st.sampled_from(["", "A", "a", "Ä", "标", "A1", "A10", "A2", "\U0001f600", "\uffff"])
ROWS = st.lists(st.tuples(ANCHORS, st.sampled_from("xyz"), st.sampled_from([1.0, 2.0, None])), max_size=12)


class Memory:
    """Keeps chunks by their rows."""

    def __init__(self):
        self.kept = {}

    def load(self, chunk):
        return self.kept[chunk.digest]

    def save(self, rows, first):
        digest = repr(rows.to_pylist())
        self.kept[digest] = rows
        return Chunk(digest, len(rows), 0, first)


def table(rows):
    return pa.table([list(column) for column in zip(*rows, strict=True)] or [[], [], []], schema=SCHEMA)


def naive(rows):
    """Rows in code point order, cut before every anchor that begins a chunk."""
    pieces = []
    for row in sorted(rows, key=lambda row: (row[0], row[1], row[2] is None, row[2] or 0.0)):
        begins = hashes(pa.array([row[0]]))[0] % chunks.ANCHORS == 0
        if not pieces or (begins and pieces[-1][-1][0] != row[0]):
            pieces.append([])
        pieces[-1].append(row)
    return pieces


@given(st.lists(st.tuples(ROWS, st.sets(ANCHORS)), max_size=4))
def test_merges_end_where_a_naive_sort_and_cut_does(steps):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "ANCHORS", 2)
        memory, content, held = Memory(), [], []
        for rows, gone in steps:
            content = merged(content, gone, table(rows), ORDER, memory)
            held = [row for row in held if row[0] not in gone] + rows
        found = [[tuple(row.values()) for row in memory.load(chunk).to_pylist()] for chunk in content]
        assert found == naive(held)
        assert [chunk.first for chunk in content] == [piece[0][0] for piece in found]


def test_the_hash_is_the_same_for_ever():
    texts = ["", "T2024-000001", "标段"]
    assert hashes(pa.array(texts)).tolist() == [naive_hash(text) for text in texts]


def naive_hash(text):
    """FNV-1a and a mix, in Python's own whole numbers."""
    whole = 2**64 - 1
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & whole
    value = ((value ^ (value >> 32)) * 0x9E3779B97F4A7C15) & whole
    return value ^ (value >> 29)


def test_about_one_anchor_in_so_many_begins_a_chunk():
    names = pa.array([f"0001-T2024-{number:06d}" for number in range(200_000)])
    share = float((hashes(names) % chunks.ANCHORS == 0).mean()) * chunks.ANCHORS
    assert 0.5 < share < 1.5


def test_a_slice_hashes_as_its_own_texts_do():
    names = pa.array(["a", "bc", "", "标段", "e"])
    assert hashes(names.slice(2, 2)).tolist() == hashes(pa.array(["", "标段"])).tolist()


def test_rows_that_tie_in_the_key_have_one_order():
    rows = [("A", "x", 2.0), ("A", "x", None), ("A", "x", 1.0)]
    orders = [in_order(table(held), ORDER).to_pylist() for held in (rows, rows[::-1])]
    assert orders[0] == orders[1]
