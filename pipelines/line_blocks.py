"""Files of lines, read in blocks while the block before is worked on: plain, gzip, xz, or standard input.

Decompression runs in one thread beside the caller's. It is handed large pieces, because each return to Python may
wait a few milliseconds for the caller to let go of the interpreter.
"""

import lzma
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from detector.errors import SourceError

STANDARD_INPUT = "-"
GZIP, XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FOREIGN = {
    b"PK\x03\x04": "a ZIP archive",
    b"BZh": "compressed with bzip2",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
COMPRESSED_PIECE, PIECE = 1 << 17, 1 << 22
WITH_HEADER = 31  # zlib's number for the gzip format


def called(path: str) -> str:
    """How a file is named in messages."""
    return "standard input" if path == STANDARD_INPUT else path


def line_blocks(path: str) -> Iterator[bytes]:
    """The content of a file in blocks of whole lines, each a few megabytes (or one long line).

    The first block is without a byte order mark. Raises SourceError where the file cannot be opened, is of a
    foreign kind, is damaged or was cut short.
    """
    with _opened(path) as raw, ThreadPoolExecutor(1) as beside:
        blocks = _whole_lines(_pieces(raw, called(path)))
        coming = beside.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = beside.submit(next, blocks, None)
            yield block


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    if Path(path).is_dir():
        raise SourceError(f"{path} is a directory. Name a file in it.")
    try:
        raw = Path(path).open("rb")  # noqa: SIM115 - closed below, whatever reads from it
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}. Check the path.") from None
    except OSError as refusal:
        raise SourceError(f"{path} cannot be opened: {refusal.strerror}. Check the rights on it.") from None
    with raw:
        yield raw


def _pieces(raw: IO[bytes], name: str) -> Iterator[bytes]:
    """The content, decompressed where its first bytes say so."""
    try:
        start = raw.read(COMPRESSED_PIECE)
        for magic, kind in FOREIGN.items():
            if start.startswith(magic):
                raise SourceError(
                    f"{name} is {kind}. Expected UTF-8 JSON, plain or compressed with gzip or xz."
                )
        if start.startswith(XZ):
            yield from _xz(_continued(start, raw, COMPRESSED_PIECE))
        elif start.startswith(GZIP):
            yield from _gzip(_continued(start, raw, COMPRESSED_PIECE))
        elif start and name.endswith((".gz", ".xz")):
            raise SourceError(f"{name} is not compressed as its name says. Rename it, or fetch it again.")
        else:
            yield from _continued(start.removeprefix(BYTE_ORDER_MARK), raw, PIECE)
    except (EOFError, lzma.LZMAError, zlib.error, OSError) as damage:
        raise SourceError(
            f"{name} cannot be read to its end: {damage}. It is damaged or was cut short; fetch it again."
        ) from None


def _continued(start: bytes, raw: IO[bytes], size: int) -> Iterator[bytes]:
    while start:
        yield start
        start = raw.read(size)


def _xz(pieces: Iterator[bytes]) -> Iterator[bytes]:
    stream: lzma.LZMADecompressor | None = None
    for piece in pieces:
        rest = piece
        while rest:
            if stream is None:
                rest = rest.lstrip(b"\0")  # padding between streams
                stream = lzma.LZMADecompressor() if rest else None
                continue
            yield stream.decompress(rest, PIECE)
            while not stream.eof and not stream.needs_input:
                yield stream.decompress(b"", PIECE)
            rest, stream = (stream.unused_data, None) if stream.eof else (b"", stream)
    if stream is not None:
        raise EOFError("the compressed data ends in the middle")


def _gzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    member = None
    for piece in pieces:
        rest = piece
        while rest:
            if member is None:
                rest = rest.lstrip(b"\0")
                member = zlib.decompressobj(WITH_HEADER) if rest else None
                continue
            content = member.decompress(rest, PIECE)
            yield content
            rest = member.unconsumed_tail
            if member.eof:
                rest, member = member.unused_data, None
    if member is not None:
        raise EOFError("the compressed data ends in the middle")


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut after line ends."""
    begun: list[bytes] = []
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if not end:
            begun.append(piece)
            continue
        yield b"".join((*begun, piece[:end]))
        begun = [piece[end:]]
    last = b"".join(begun)
    if last:
        yield last
