"""Pulling a source into its snapshot: everything once, then every night what has changed.

* A **full** pull streams each table by anchor (the lot; for registers the party) and adds the rows piece by
piece,
  noting how far it has come; after a kill the next pull goes on from there.
* An **incremental** pull reads which lots were recorded since the watermark, less an overlap, for rows
arrive late.
  Those whose `recorded_at` differs from the snapshot's are read again with all that belongs to them, and
  replace
  what was there. Tables without lots (registers) are read whole.
* A **sweep**, every few days, also finds what no watermark shows: lots that have gone, and lots whose number
of
  bids, contracts or the like is another one.

A row that is changed without its `recorded_at` is seen by a full pull alone.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from detector.errors import ConfigError
from detector.schema import TABLES
from pipelines.snapshot.changes import Changes, find_changes
from pipelines.snapshot.chunks import merged
from pipelines.snapshot.shapes import ASIDE, PARTS, order_of, schema_of
from pipelines.snapshot.store import FORMAT, Content, SnapshotFolder, Version, empty_content
from pipelines.sources.extraction import Access, Batch, Source, opened

Say = Callable[[str], None]
# What is merged at a time, and lots that are asked for in one statement and replaced in one go.
MERGED_BYTES = 12 << 20
ASKED, REPLACED = 1_000, 20_000


@dataclass(frozen=True, slots=True)
class PullSettings:
    """`overlap`: how late a row may arrive and still be found by its watermark. `sweep_days`: how often to
    look for
    rows that have gone; 0: at every pull. `full`: read everything again. `keep`: how many versions stay.
    """

    overlap: timedelta = timedelta(days=35)
    sweep_days: float = 7
    full: bool = False
    keep: int = 400


class Pulled(NamedTuple):
    """What a pull did: the version it made, how, and how many lots were read again and had gone."""

    version: Version
    kind: str
    changed: int
    gone: int
    resumed: bool = False


def pull(
    access: Access, folder: Path, now: Callable[[], datetime], settings: PullSettings | None = None,
    say: Say = lambda _: None,
) -> Pulled:  # fmt: skip
    """Bring the snapshot in `folder` up to date with the source. `now` is the clock (UTC).

    Full where there is no snapshot yet, where columns or mapping are other ones, where the source does not
    tell when
    rows changed, and where it spells identifiers in ways that single rows cannot be asked for by. Raises
    SourceError,
    or SnapshotBusyError while another pull runs. Whatever ends a pull early, the last version stays whole.
    """
    settings = settings or PullSettings()
    store = SnapshotFolder(folder)
    with store.locked(), _steady_memory(), opened(access) as source:
        pulling = _Pull(store, source, access, now().replace(microsecond=0), say)
        former = store.newest()
        if former is not None and former.source != source.place and not settings.full:
            raise ConfigError(
                f"{folder} is the snapshot of {former.source}, not of {source.place}. "
                "Name another folder, or replace it with --full."
            )
        pulled = None
        if former is not None and not settings.full and pulling.fits(former) and store.progress() is None:
            pulled = pulling.incremental(former, settings)
        if pulled is None:
            pulled = pulling.full(former, settings)
        store.publish(pulled.version)
        store.prune(settings.keep)
        return pulled


@contextmanager
def _steady_memory() -> Iterator[None]:
    """Arrow's own allocator keeps what it freed, hundreds of megabytes of it; the system's gives it back."""
    usual = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(usual)


class _Pull:
    """One pull from an open source into a locked folder."""

    def __init__(
        self, store: SnapshotFolder, source: Source, access: Access, moment: datetime, say: Say
    ) -> None:
        self._store, self._source, self._say = store, source, say
        self._moment = moment.replace(tzinfo=None).isoformat()
        self._shape = _shape(access, source)
        self._stamped = source.has("trades", "recorded_at")

    def fits(self, former: Version) -> bool:
        """Whether `former` can be brought up to date by what has changed."""
        return self._stamped and former.regular and former.shape == self._shape

    def full(self, former: Version | None, settings: PullSettings) -> Pulled:
        """Read everything, from where an interrupted full pull of the same shape has stopped."""
        noted = self._store.progress()
        resumed = noted is not None and noted["shape"] == self._shape and self._stamped and noted["regular"]
        if noted is None or not resumed:
            noted = {
                "format": FORMAT,
                "shape": self._shape,
                "started_at": self._moment,
                "watermark": None,
                "regular": True,
                "done": [],
                "table": None,
                "last": None,
                "content": empty_content(),
            }
        for name in self._source.tables:
            if name not in noted["done"]:
                self._stream(name, noted)
        version = self._version(former, noted["content"], noted["regular"], swept_at=self._moment)
        if not resumed:
            return Pulled(version, "full", version.rows["trades"], 0)
        self._say("looking for what changed since the interrupted pull began")
        since = replace(version, watermark=noted["watermark"] or version.watermark, swept_at="")
        caught_up = self.incremental(since, settings, number=version.number)
        if caught_up is None:
            self._store.forget()
            return self.full(former, settings)
        return caught_up._replace(kind="full", changed=version.rows["trades"], resumed=True)

    def incremental(
        self, former: Version, settings: PullSettings, number: int | None = None
    ) -> Pulled | None:
        """Read what has changed. None where single rows cannot be asked for after all."""
        sweep = not former.swept_at or settings.sweep_days <= _days(former.swept_at, self._moment)
        self._say("looking for what changed" + (" and what has gone" if sweep else ""))
        changes = find_changes(self._store, self._source, former, settings.overlap, sweep=sweep)
        if not changes.regular:
            return None
        content = dict(former.content)
        for name in self._source.tables:
            if TABLES[name].parent or name == "trades":
                regular = self._replace(name, content, changes)
            else:
                regular = self._read_whole(name, content)
            if not regular:
                return None
        version = self._version(former, content, True, self._moment if sweep else former.swept_at)
        version = replace(version, number=number or version.number)
        return Pulled(version, "incremental", len(changes.spelled), changes.gone)

    def _stream(self, name: str, noted: dict[str, Any]) -> None:
        """All rows of a table, or those from where it was left, noting how far it has come."""
        self._say(f"reading {name}")
        if noted["table"] != name or noted["last"] is None:
            noted.update(table=name, last=None)
            noted["content"] |= {name: [], name + ASIDE: []}
        anchor, last = self._source.anchor(name), noted["last"]
        # From the last anchor on, itself included: its rows may have been cut in two.
        parts = [anchor.is_(None), anchor.is_not(None)] if last is None else [anchor >= last]
        for where in parts:
            for batches in _gathered(self._source.rows(name, where)):
                leaving = set() if last is None else _anchors(name, batches)
                last = None
                regular = self._add(name, noted["content"], batches, leaving)
                noted.update(last=batches[-1].last, regular=noted["regular"] and regular)
                self._store.note(noted)
        noted["done"].append(name)
        if name == "trades":
            noted["watermark"] = newest_record(self._store, noted["content"], self._moment)
        self._store.note(noted)

    def _read_whole(self, name: str, content: Content) -> bool:
        """A table anew, without what was there."""
        content[name], content[name + ASIDE] = [], []
        regular = [self._add(name, content, batches) for batches in _gathered(self._source.rows(name))]
        return all(regular)

    def _replace(self, name: str, content: Content, changes: Changes) -> bool:
        """The rows of the changed lots as they are now; those of the lots that have gone go, too."""
        for group in _slices(sorted(changes.spelled.items()), REPLACED):
            batches = [
                batch
                for asked in _slices([spelling for _, spelling in group], ASKED)
                for batch in self._source.rows_of(name, asked)
            ]
            if not self._add(name, content, batches, {anchor for anchor, _ in group}):
                return False
        return True

    def _add(
        self, name: str, content: Content, batches: list[Batch], leaving: set[str] | None = None
    ) -> bool:
        """Merge batches in place of the rows of the anchors in `leaving`. Whether all anchors are spelled
        regularly.
        """
        reads = [batch.read for batch in batches]
        for part, tables in (
            (name, [read.rows for read in reads]),
            (name + ASIDE, [read.aside for read in reads]),
        ):
            rows = pa.concat_tables([schema_of(part).empty_table(), *tables])
            content[part] = merged(content[part], leaving or set(), rows, order_of(part), self._store)
        return all(read.regular for read in reads)

    def _version(self, former: Version | None, content: Content, regular: bool, swept_at: str) -> Version:
        return Version(
            number=former.number + 1 if former else 1,
            pulled_at=self._moment,
            swept_at=swept_at,
            watermark=newest_record(self._store, content, self._moment),
            source=self._source.place,
            shape=self._shape,
            absent=self._source.absent,
            regular=regular,
            content=content,
        )


def newest_record(store: SnapshotFolder, content: Content, moment: str) -> str | None:
    """The newest `recorded_at` of the lots that is not after `moment`; None where there is none."""
    limit = datetime.fromisoformat(moment)
    stamps = []
    for chunk in content["trades"]:
        newest = store.greatest(chunk, "recorded_at")
        if newest is not None and newest > limit:
            column = store.load_columns(chunk, ["recorded_at"]).column(0)
            newest = pc.max(column.filter(pc.less_equal(column, pa.scalar(limit, column.type)))).as_py()
        stamps += [] if newest is None else [newest]
    return max(stamps).isoformat() if stamps else None


def _shape(access: Access, source: Source) -> str:
    """Stands for all that decides what a row becomes: format, columns, mapping, address."""
    columns = {
        name: [(column.name, column.type) for column in table.columns] for name, table in TABLES.items()
    }
    told = repr((FORMAT, PARTS, columns, source.absent, access.mapping.fingerprint, source.place))
    return hashlib.sha256(told.encode()).hexdigest()


def _anchors(name: str, batches: list[Batch]) -> set[str]:
    """Anchors of the rows of batches, those set aside included."""
    columns = [batch.read.rows.column(order_of(name)[0]) for batch in batches]
    columns += [batch.read.aside.column("anchor") for batch in batches]
    return {anchor for column in columns for anchor in column.unique().to_pylist()}


def _gathered(batches: Iterator[Batch]) -> Iterator[list[Batch]]:
    """Batches put together to some megabytes."""
    held: list[Batch] = []
    for batch in batches:
        held.append(batch)
        if sum(one.read.rows.nbytes + one.read.aside.nbytes for one in held) >= MERGED_BYTES:
            yield held
            held = []
    if held:
        yield held


def _slices(values: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _days(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)) / timedelta(days=1)
