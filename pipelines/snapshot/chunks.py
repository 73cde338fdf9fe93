"""Chunks of a table whose borders follow from its rows alone, so that every way to the same rows ends alike.

Rows are sorted by anchor (the identifier they are pulled by: a lot, a party), then key. A chunk begins at
every
anchor whose hash ends in zeros: a border that depends on no other row, so that an insertion changes the
chunk it
falls into and no other, and a snapshot that grew in a thousand pulls equals one made in a single pull, byte
for
byte.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from detector.arrays import BoolArray, IntArray

# One anchor in so many begins a chunk: some megabytes of Parquet, so that a night rewrites little.
ANCHORS = 4_096
FNV_OFFSET, FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
MIX = np.uint64(0x9E3779B97F4A7C15)


class Chunk(NamedTuple):
    """A chunk on disk: its content hash, rows, bytes, and the first anchor in it."""

    digest: str
    rows: int
    size: int
    first: str


class ChunkFiles(Protocol):
    """Where chunks are kept."""

    def load(self, chunk: Chunk) -> pa.Table:
        """The rows of a chunk."""

    def save(self, rows: pa.Table, first: str) -> Chunk:
        """Keep rows; the same rows are the same chunk."""


def merged(
    chunks: list[Chunk], gone: set[str], rows: pa.Table, order: list[str], files: ChunkFiles
) -> list[Chunk]:
    """`chunks` without the rows of the anchors in `gone` and with `rows`; chunks that are not met stay as
    they are.

    `order` names the anchor column and then the key; `rows` need not be sorted.
    """
    anchor = order[0]
    rows = in_order(rows, order)
    starts = [chunk.first for chunk in chunks]
    parts = _by_chunk(rows.column(anchor), starts)
    leaving = _anchors_by_chunk(sorted(gone), starts)
    if not chunks:
        return [files.save(piece, first) for piece, first in _pieces(rows, anchor)] if len(rows) else []
    kept: list[Chunk] = []
    pending: pa.Table | None = None
    for position, chunk in enumerate(chunks):
        start, stop = parts[position]
        if start == stop and not leaving[position]:
            # Every chunk but the first starts at a border: nothing pending can belong to it.
            kept += _saved(pending, anchor, files)
            pending = None
            kept.append(chunk)
            continue
        held = _without(files.load(chunk), anchor, leaving[position])
        held = in_order(pa.concat_tables([held, rows.slice(start, stop - start)]), order)
        if not len(held):
            continue
        if not _borders(held.column(anchor).slice(0, 1))[0]:
            if pending is None and kept:
                pending = files.load(kept.pop())
            held = held if pending is None else pa.concat_tables([pending, held])
        else:
            kept += _saved(pending, anchor, files)
        pending = held
    return kept + _saved(pending, anchor, files)


def in_order(rows: pa.Table, order: list[str]) -> pa.Table:
    """`rows` sorted by the columns of `order`; equal ones by all the others, so that one order is
    possible.
    """
    rows = rows.combine_chunks()
    if len(rows) < 2:
        return rows
    columns = [rows.column(name).combine_chunks() for name in order]
    ordered, tied = _standing(columns)
    if not ordered.all():
        rows = rows.sort_by([(name, "ascending") for name in order]).combine_chunks()
        _, tied = _standing([rows.column(name).combine_chunks() for name in order])
    if tied.any():
        others = [name for name in rows.column_names if name not in order]
        rows = rows.sort_by([(name, "ascending") for name in (*order, *others)]).combine_chunks()
    return rows


def repeats(rows: pa.Table, order: list[str]) -> bool:
    """Whether two of the sorted `rows` are equal in all columns of `order`."""
    if len(rows) < 2:
        return False
    return bool(_standing([rows.column(name).combine_chunks() for name in order])[1].any())


def _standing(columns: list[pa.Array]) -> tuple[BoolArray, BoolArray]:
    """For each two neighbouring rows: not in the wrong order, and equal in all columns."""
    size = len(columns[0]) - 1
    ordered, tied = np.ones(size, dtype=bool), np.ones(size, dtype=bool)
    for column in columns:
        before, after = column.slice(0, size), column.slice(1)
        ordered &= ~tied | _true(pc.less_equal(before, after))
        tied &= _true(pc.equal(before, after))
        if not tied.any():
            break
    return ordered, tied


def _true(condition: pa.Array) -> BoolArray:
    return np.asarray(pc.fill_null(condition, False).to_numpy(zero_copy_only=False), dtype=bool)


def _by_chunk(anchors: pa.ChunkedArray, starts: list[str]) -> list[tuple[int, int]]:
    """Which of the sorted rows fall into each chunk; what sorts before the first chunk falls into it."""
    if not starts:
        return []
    ends = [_position(anchors, start) for start in starts[1:]] + [len(anchors)]
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _position(anchors: pa.ChunkedArray, start: str) -> int:
    """Rows with an anchor below `start`."""
    low, high = 0, len(anchors)
    wanted = start.encode()
    while low < high:
        middle = (low + high) // 2
        if anchors[middle].as_py().encode() < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def _anchors_by_chunk(anchors: list[str], starts: list[str]) -> list[list[str]]:
    # Python compares texts by code point, which is the order of their UTF-8 bytes.
    bounds = np.searchsorted(np.array(anchors, dtype=object), np.array(starts[1:], dtype=object))
    ends = [*bounds.tolist(), len(anchors)]
    return [anchors[low:high] for low, high in zip([0, *ends[:-1]], ends, strict=True)]


def _without(rows: pa.Table, anchor: str, gone: list[str]) -> pa.Table:
    if not gone:
        return rows
    return rows.filter(pc.invert(pc.is_in(rows.column(anchor), pa.array(gone, pa.string()))))


def _saved(rows: pa.Table | None, anchor: str, files: ChunkFiles) -> list[Chunk]:
    return [] if rows is None else [files.save(piece, first) for piece, first in _pieces(rows, anchor)]


def _pieces(rows: pa.Table, anchor: str) -> Iterator[tuple[pa.Table, str]]:
    """Sorted rows cut at every border, with the first anchor of each piece."""
    rows = rows.combine_chunks()
    anchors = rows.column(anchor).combine_chunks() if len(rows) else pa.array([], pa.string())
    firsts = _first_of_each(anchors)
    cuts = firsts[_borders(anchors.take(pa.array(firsts)))].tolist()
    bounds = [*sorted({0, *cuts}), len(rows)]
    for start, stop in pairwise(bounds):
        yield rows.slice(start, stop - start), anchors[start].as_py()


def _first_of_each(anchors: pa.Array) -> IntArray:
    changes = _true(pc.not_equal(anchors.slice(0, max(len(anchors) - 1, 0)), anchors.slice(1)))
    return np.concatenate([[0], np.flatnonzero(changes) + 1]).astype(np.int64)[: len(anchors)]


def _borders(anchors: pa.Array | pa.ChunkedArray) -> BoolArray:
    """Whether each anchor begins a chunk."""
    return np.asarray(hashes(anchors) % np.uint64(ANCHORS) == 0, dtype=bool)


def hashes(texts: pa.Array | pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """64-bit hash of each text: FNV-1a over its bytes, mixed. The same on every machine and for ever."""
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    raw = pc.cast(array, pa.large_binary())
    offsets = np.frombuffer(raw.buffers()[1], dtype=np.int64)[raw.offset : raw.offset + len(raw) + 1]
    data = np.frombuffer(raw.buffers()[2] or b"\0", dtype=np.uint8)
    starts, sizes = offsets[:-1], np.diff(offsets)
    hashed = np.full(len(raw), FNV_OFFSET)
    for place in range(int(sizes.max(initial=0))):
        longer = np.flatnonzero(sizes > place)
        hashed[longer] = (hashed[longer] ^ data[starts[longer] + place]) * FNV_PRIME
    # FNV leaves its low bits weak for texts that differ in the last characters.
    hashed = (hashed ^ (hashed >> np.uint64(32))) * MIX
    return hashed ^ (hashed >> np.uint64(29))
