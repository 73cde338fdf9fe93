"""The folder of a snapshot: chunks named by their content, versions that list them, one writer at a time.

    lock                      held by the pull that is running
    pull.json                 how far an unfinished first pull has come
    versions/000001.json      what the snapshot was after each pull; the last one is the snapshot
    chunks/ab/ab12….parquet   rows, shared by all the versions that hold them

Chunks are written before anything names them and are never changed; a version appears in one step. Whatever
kills
a pull leaves the last version whole.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from detector.errors import SnapshotBusyError, SourceError
from pipelines.snapshot.chunks import Chunk
from pipelines.snapshot.shapes import PARTS

FORMAT = 1
COMPRESSION, LEVEL = "zstd", 1
DAMAGED = "Pull it again with 'detector extract --full'."

Content = dict[str, list[Chunk]]


@dataclass(frozen=True, slots=True)
class Version:
    """What a snapshot is after a pull. Instants are UTC, ISO 8601.

    `watermark` is the newest `recorded_at` seen, None where the source has none; `swept_at` when it was last
    looked
    for rows that had gone. `shape` stands for the columns, the mapping and the format: another one needs a
    full
    pull. `regular`: every identifier is spelled in the source as it is here, so that single rows can be
    asked for.
    """

    number: int
    pulled_at: str
    swept_at: str
    watermark: str | None
    source: str
    shape: str
    absent: tuple[str, ...]
    regular: bool
    content: Content

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each part."""
        return {name: sum(chunk.rows for chunk in chunks) for name, chunks in self.content.items()}


class SnapshotFolder:
    """Reads and writes the folder at `path`. What cannot be read or written is a SourceError naming the
    file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only pull into this folder, which is made if need be. SnapshotBusyError if another one
        runs.
        """
        with _telling(self.path):
            for folder in (self.path / "versions", self.path / "chunks"):
                folder.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SnapshotBusyError(
                    f"{self.path}: another pull into this snapshot is running. Try again when it has ended."
                ) from None
            yield

    def numbers(self) -> list[int]:
        """Numbers of the versions, oldest first."""
        return sorted(int(path.stem) for path in (self.path / "versions").glob("[0-9]*.json"))

    def version(self, number: int) -> Version:
        """A version by its number."""
        return _version(self._read_json(self._version_path(number)), self._version_path(number))

    def newest(self) -> Version | None:
        """The snapshot as it is; None before the first pull."""
        numbers = self.numbers()
        return self.version(numbers[-1]) if numbers else None

    def publish(self, version: Version) -> None:
        """Make `version` the snapshot, in one step, and forget how far the pull had come."""
        self._write_json(self._version_path(version.number), {"format": FORMAT, **asdict(version)})
        (self.path / "pull.json").unlink(missing_ok=True)

    def progress(self) -> dict[str, Any] | None:
        """What an unfinished pull noted, its content as chunks; None if the last one ended."""
        path = self.path / "pull.json"
        if not path.exists():
            return None
        noted = self._read_json(path)
        return noted | {"content": _content(noted["content"])}

    def note(self, progress: dict[str, Any]) -> None:
        """Note how far a pull has come."""
        self._write_json(self.path / "pull.json", progress)

    def forget(self) -> None:
        """Drop what an unfinished pull noted."""
        (self.path / "pull.json").unlink(missing_ok=True)

    def load(self, chunk: Chunk) -> pa.Table:
        """The rows of a chunk. SourceError if its file is missing, cut short or damaged."""
        path = self._chunk_path(chunk.digest)
        with _telling(path, DAMAGED):
            if path.stat().st_size != chunk.size:
                raise SourceError(f"{path} is {path.stat().st_size} bytes, not {chunk.size}. {DAMAGED}")
            return pq.read_table(path, use_threads=False)

    def load_columns(self, chunk: Chunk, names: list[str]) -> pa.Table:
        """Some columns of a chunk."""
        path = self._chunk_path(chunk.digest)
        with _telling(path, DAMAGED):
            return pq.read_table(path, columns=names, use_threads=False)

    def greatest(self, chunk: Chunk, name: str) -> Any:
        """The greatest value of a column of a chunk, from its footer; None where it holds none."""
        path = self._chunk_path(chunk.digest)
        with _telling(path, DAMAGED):
            footer = pq.read_metadata(path)
            place = footer.schema.names.index(name)
            told = [
                footer.row_group(group).column(place).statistics for group in range(footer.num_row_groups)
            ]
        return max((one.max for one in told if one is not None and one.has_min_max), default=None)

    def save(self, rows: pa.Table, first: str) -> Chunk:
        """Keep rows; the same rows are the same file."""
        sink = pa.BufferOutputStream()
        pq.write_table(rows, sink, compression=COMPRESSION, compression_level=LEVEL, write_page_checksum=True)
        data = sink.getvalue()
        chunk = Chunk(hashlib.sha256(data).hexdigest(), len(rows), data.size, first)
        path = self._chunk_path(chunk.digest)
        with _telling(path):
            if not path.exists() or path.read_bytes() != data:
                path.parent.mkdir(exist_ok=True)
                _write(path, memoryview(data))
        return chunk

    def prune(self, keep: int) -> int:
        """Drop all versions but the last `keep`, and the chunks that no version holds; returns how many
        chunks.
        """
        numbers = self.numbers()
        with _telling(self.path):
            for number in numbers[: max(len(numbers) - keep, 0)]:
                self._version_path(number).unlink()
            held = {
                chunk.digest
                for number in self.numbers()
                for chunks in self.version(number).content.values()
                for chunk in chunks
            }
            loose = [path for path in (self.path / "chunks").glob("*/*") if path.stem not in held]
            for path in loose:
                path.unlink()
        return len(loose)

    def _version_path(self, number: int) -> Path:
        return self.path / "versions" / f"{number:06d}.json"

    def _chunk_path(self, digest: str) -> Path:
        return self.path / "chunks" / digest[:2] / f"{digest}.parquet"

    def _write_json(self, path: Path, document: dict[str, Any]) -> None:
        with _telling(path):
            _write(path, json.dumps(document, ensure_ascii=False, indent=1).encode())

    def _read_json(self, path: Path) -> dict[str, Any]:
        with _telling(path, DAMAGED):
            document = json.loads(path.read_bytes())
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise SourceError(f"{path} is not of a snapshot that this version reads. {DAMAGED}")
        return document


def empty_content() -> Content:
    """Content of a snapshot before anything was pulled."""
    return {name: [] for name in PARTS}


def _version(document: dict[str, Any], path: Path) -> Version:
    fields = {name: document[name] for name in Version.__dataclass_fields__ if name in document}
    try:
        return Version(**fields | {"absent": tuple(fields["absent"]), "content": _content(fields["content"])})
    except (KeyError, TypeError, ValueError):
        raise SourceError(f"{path} is damaged. {DAMAGED}") from None


def _content(document: dict[str, list[list[Any]]]) -> Content:
    return empty_content() | {name: [Chunk(*chunk) for chunk in chunks] for name, chunks in document.items()}


def _write(path: Path, data: bytes | memoryview) -> None:
    """Write a file in one step: readers see the former one or the whole new one, whatever happens."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)


@contextmanager
def _telling(path: Path, remedy: str = "Name a folder that can be written to.") -> Iterator[None]:
    """What the file system refuses becomes a SourceError."""
    try:
        yield
    except (OSError, pa.ArrowException, ValueError) as refusal:
        reason = getattr(refusal, "strerror", None) or str(refusal)
        raise SourceError(f"{path} cannot be used: {reason}. {remedy}") from None
