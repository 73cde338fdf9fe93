"""Which lots of a source are not as the snapshot has them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from detector.schema import TABLES
from pipelines.snapshot.shapes import ASIDE
from pipelines.snapshot.store import SnapshotFolder, Version
from pipelines.sources.extraction import Source

NEVER = np.iinfo(np.int64).min


class Changes(NamedTuple):
    """Lots to read again, by identifier with the spelling of the source; how many of them have gone; and
    whether
    every identifier is spelled in the source as it is here.
    """

    spelled: dict[str, Any]
    gone: int
    regular: bool


IRREGULAR = Changes({}, 0, regular=False)


def find_changes(
    store: SnapshotFolder, source: Source, former: Version, overlap: timedelta, *, sweep: bool
) -> Changes:
    """Compare the source with a version: by `recorded_at` since the watermark less `overlap`, or, in a
    sweep, all.

    Lots that nobody stamped count as changed.
    """
    known = _stamps(store, former)
    since = None
    if not sweep and former.watermark is not None:
        since = datetime.fromisoformat(former.watermark) - overlap
    spelled: dict[str, Any] = {}
    left = np.ones(len(known), dtype=bool)
    kind: type = str
    for raw in source.listing(since):
        listed = source.read_listing(raw)
        ids, spelling = listed.column("trade_id").to_pylist(), _plain(raw["anchor"])
        if not _regular(ids, spelling):
            return IRREGULAR
        kind = type(spelling[0])
        at = known.index.get_indexer(pd.Index(ids, dtype=object))
        stamps = _seconds(listed.column("recorded_at"))
        stored = np.where(at >= 0, known.to_numpy()[at] if len(known) else NEVER, NEVER)
        left[at[at >= 0]] = False
        for place in np.flatnonzero((stamps == NEVER) | (stamps != stored)):
            spelled[ids[place]] = spelling[place]
    if not sweep:
        return Changes(spelled, 0, regular=True)
    gone = known.index[left]
    recounted = _recounted(store, source, former)
    if recounted is None:
        return IRREGULAR
    # What has gone is read again as well: bids may have stayed behind.
    spelled |= {name: kind(name) for name in (*gone, *recounted)}
    return Changes(spelled, len(gone), regular=True)


def _recounted(store: SnapshotFolder, source: Source, former: Version) -> list[str] | None:
    """Lots that have another number of bids, contracts or the like than the snapshot; None if spelled
    irregularly.
    """
    different: list[str] = []
    for name in source.tables:
        if not TABLES[name].parent:
            continue
        names: list[str] = []
        counts: list[int] = []
        for raw in source.sizes(name):
            spelling = _plain(raw["anchor"])
            named = [str(one) for one in spelling]
            if not _regular([one.strip() for one in named], spelling):
                return None
            names += named
            counts += _plain(raw["rows"])
        found = pd.Series(counts, index=pd.Index(names, dtype=object), dtype=np.int64)
        change = _sizes(store, former, name).sub(found, fill_value=0)
        different += change.index[change != 0].tolist()
    return different


def _stamps(store: SnapshotFolder, version: Version) -> "pd.Series[int]":
    """`recorded_at` of each lot in seconds."""
    tables = [store.load_columns(chunk, ["trade_id", "recorded_at"]) for chunk in version.content["trades"]]
    if not tables:
        return pd.Series(dtype=np.int64, index=pd.Index([], dtype=object))
    whole = pa.concat_tables(tables)
    ids = pd.Index(whole.column("trade_id").to_pylist(), dtype=object)
    stamps = pd.Series(_seconds(whole.column("recorded_at")), index=ids)
    if ids.is_unique:
        return stamps
    # A lot that is there twice never counts as known.
    told: pd.Series[int] = stamps.where(~ids.duplicated(keep=False), NEVER)[~ids.duplicated()]
    return told


def _sizes(store: SnapshotFolder, version: Version, name: str) -> "pd.Series[int]":
    """Rows of each lot in a table, those that were set aside included."""
    anchors = [store.load_columns(chunk, ["trade_id"]).column(0) for chunk in version.content[name]]
    counts = [part.value_counts() for part in anchors]
    pieces = [pd.Series(c.field("counts").to_pylist(), index=c.field("values").to_pylist()) for c in counts]
    pieces += list(_lost_rows(store, version, name))
    if not pieces:
        return pd.Series(dtype=np.int64, index=pd.Index([], dtype=object))
    total: pd.Series[int] = pd.concat(pieces).groupby(level=0).sum()
    return total


def _lost_rows(store: SnapshotFolder, version: Version, name: str) -> "Iterator[pd.Series[int]]":
    """Rows that were set aside whole, by anchor."""
    for chunk in version.content[name + ASIDE]:
        aside = store.load(chunk).to_pandas()
        rows = aside[aside["effect"].str.startswith("row")]
        yield rows.groupby("anchor").size()


def _seconds(instants: pa.ChunkedArray) -> "np.ndarray[Any, np.dtype[np.int64]]":
    whole = instants.combine_chunks().cast(pa.timestamp("s")).cast(pa.int64())
    return np.asarray(whole.fill_null(NEVER).to_numpy(zero_copy_only=False), dtype=np.int64)


def _plain(values: Any) -> list[Any]:
    return values.to_pylist() if isinstance(values, pa.Array) else list(values)


def _regular(canonical: list[str], spelled: list[Any]) -> bool:
    return len(canonical) == len(spelled) and all(
        own is not None and name == str(own) for name, own in zip(canonical, spelled, strict=True)
    )
