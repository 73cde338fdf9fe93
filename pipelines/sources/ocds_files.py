"""Files of OCDS 1.1: where releases are found in them, and what is said of lines that hold none."""

import gzip
import io
import json
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from detector.contract import ROW, Problem, shown
from detector.errors import SourceError

STANDARD_INPUT = "-"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
GZIP, XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"
FOREIGN = {
    b"PK\x03\x04": "a ZIP archive",
    b"BZh": "compressed with bzip2",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
SECTIONS = ("tender", "bids", "awards", "contracts")
COMPILE_REMEDY = "compile the releases first (for instance with ocdskit compile)"

Line = tuple[int, bytes]


class Release(NamedTuple):
    """A release that can be read, and the file and line it stands in."""

    place: str
    data: dict[str, Any]


def read_releases(path: str, on_line: Callable[[], None] | None = None) -> Iterator[Release | Problem]:
    """The releases of an OCDS file, plain or compressed with gzip or xz; `-` is standard input.

    Takes one compiled release, record, record package or release package per line, or one package as a
    document over many lines. What cannot be used comes as a `Problem` with its line, and reading goes on.
    `on_line` is called after each line (or document). Raises SourceError if the file cannot be read at all.
    """
    name = "standard input" if path == STANDARD_INPUT else path
    with _opened(path, name) as handle:
        lines = _filled_lines(handle, name)
        head = list(islice(lines, 2))
        if _is_document(head):
            yield from _document(head, lines, name)
            if on_line:
                on_line()
            return
        for number, line in chain(head, lines):
            yield from _line(line, f"{name}:{number}")
            if on_line:
                on_line()


@contextmanager
def _opened(path: str, name: str) -> Iterator[IO[bytes]]:
    if path == STANDARD_INPUT:
        yield _decompressed(sys.stdin.buffer, name)
        return
    if Path(path).is_dir():
        raise SourceError(f"{path} is a directory. Name the files in it, for instance {path}/*.jsonl.")
    try:
        raw = Path(path).open("rb")  # noqa: SIM115 - closed below, whatever reads from it
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}. Check the path.") from None
    except OSError as refusal:
        raise SourceError(f"{path} cannot be opened: {refusal.strerror}. Check the rights on it.") from None
    with raw:
        yield _decompressed(raw, name)


def _decompressed(raw: Any, name: str) -> IO[bytes]:
    if not hasattr(raw, "peek"):
        raw = io.BufferedReader(raw)
    start: bytes = raw.peek(6)[:6]
    for magic, kind in FOREIGN.items():
        if start.startswith(magic):
            raise SourceError(f"{name} is {kind}. Expected UTF-8 JSON, plain or compressed with gzip or xz.")
    if start.startswith(GZIP):
        return cast(IO[bytes], gzip.open(raw))
    if start.startswith(XZ):
        return cast(IO[bytes], lzma.open(raw))
    if start and name.endswith((".gz", ".xz")):
        raise SourceError(f"{name} is not compressed as its name says. Rename it, or fetch it again.")
    return cast(IO[bytes], raw)


def _filled_lines(handle: IO[bytes], name: str) -> Iterator[Line]:
    number = 0
    try:
        for number, line in enumerate(handle, 1):
            text = (line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line).rstrip()
            if text:
                yield number, text
    except (EOFError, lzma.LZMAError, zlib.error, OSError) as damage:
        raise SourceError(
            f"{name} cannot be read after line {number}: {damage}. "
            f"It is damaged or was cut short; fetch it again. Nothing was loaded."
        ) from None


def _parsed(text: bytes) -> Any:
    """JSON with exact decimals. NaN and Infinity, which are no JSON, stay text and fail where they stand."""
    return json.loads(text, parse_float=Decimal, parse_constant=str)


def _is_document(head: list[Line]) -> bool:
    """Whether the first line only opens an object that goes on over the next lines."""
    if len(head) < 2 or not head[0][1].lstrip().startswith((b"{", b"[")):
        return False
    first, second = (text for _, text in head)
    try:
        _parsed(first)
    except json.JSONDecodeError as failure:
        if failure.pos < len(failure.doc.rstrip()):
            return False
    except (ValueError, RecursionError):
        return False
    else:
        return False
    try:
        return not isinstance(_parsed(second), dict)
    except (ValueError, RecursionError):
        return True


def _document(head: list[Line], lines: Iterator[Line], name: str) -> Iterator[Release | Problem]:
    numbered = list(chain(head, lines))
    try:
        content = _parsed(b"\n".join(text for _, text in numbered))
    except json.JSONDecodeError as failure:
        yield _unreadable(f"{name}:{numbered[failure.lineno - 1][0]}", f"broken JSON: {failure.msg}")
    except (ValueError, RecursionError) as failure:
        yield _unreadable(name, f"broken JSON: {failure}")
    else:
        yield from _releases(content, f"{name}:{numbered[0][0]}")


def _line(text: bytes, place: str) -> Iterator[Release | Problem]:
    try:
        content = _parsed(text)
    except json.JSONDecodeError as failure:
        yield _unreadable(place, f"broken JSON: {failure.msg} at column {failure.colno}")
    except UnicodeDecodeError:
        yield _unreadable(place, "not UTF-8")
    except (ValueError, RecursionError) as failure:
        yield _unreadable(place, f"broken JSON: {failure}")
    else:
        yield from _releases(content, place)


def _releases(content: Any, place: str) -> Iterator[Release | Problem]:
    if not isinstance(content, dict):
        yield _unreadable(place, f"expected a JSON object, found {_kind(content)}")
    elif "records" in content:
        yield from _packed(content["records"], place, "record")
    elif "compiledRelease" in content:
        yield _checked(content["compiledRelease"], place)
    elif "releases" in content:
        if content.get("ocid"):
            yield _unreadable(place, f"a record without compiledRelease; {COMPILE_REMEDY}", content["ocid"])
        else:
            yield from _packed(content["releases"], place, "release")
    else:
        yield _checked(content, place)


def _packed(entries: Any, place: str, kind: str) -> Iterator[Release | Problem]:
    if not isinstance(entries, list):
        yield _unreadable(place, f"expected a list of {kind}s, found {_kind(entries)}")
        return
    for position, entry in enumerate(entries, 1):
        there = f"{place} ({kind} {position})"
        if not isinstance(entry, dict) or ("url" in entry and "ocid" not in entry):
            yield _unreadable(there, f"a package of links; fetch the {kind}s it links to", entry)
        elif kind == "release":
            yield _checked(entry, there)
        elif "compiledRelease" in entry:
            yield _checked(entry["compiledRelease"], there)
        else:
            yield _unreadable(there, f"a record without compiledRelease; {COMPILE_REMEDY}", entry.get("ocid"))


def _checked(release: Any, place: str) -> Release | Problem:
    if not isinstance(release, dict):
        return _unreadable(place, f"expected a release, found {_kind(release)}")
    ocid = release.get("ocid")
    if not isinstance(ocid, str) or not ocid.strip():
        return _unreadable(place, "no ocid: every OCDS release names its contracting process", ocid)
    tags = release.get("tag")
    if isinstance(tags, list) and "compiled" in tags:
        if any(release.get(section) for section in SECTIONS):
            return Release(place, release)
        return _unreadable(place, "a compiled release without tender, bids, awards and contracts", ocid)
    if isinstance(release.get("tender"), dict):
        return Release(place, release)
    told = ", ".join(map(str, tags)) if isinstance(tags, list) else "none"
    return _unreadable(place, f"a single release (tag: {told}) without tender data; {COMPILE_REMEDY}", ocid)


def _unreadable(place: str, reason: str, value: object = None) -> Problem:
    key = value if isinstance(value, str) else ""
    return Problem(place, "trades", shown(key), "", shown(value), reason, ROW)


def _kind(content: object) -> str:
    return {list: "a list", str: "text", bool: "true or false", type(None): "null", dict: "an object"}.get(
        type(content), "a number"
    )
