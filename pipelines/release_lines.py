"""Releases out of lines: one process reads and computes, and a second one helps where the file is large.

The first blocks are computed here, until the currency is known; from then on a block goes to the worker if it has
nothing to do, and is computed here otherwise. Parts are added in the order of the file, so that the result is the
same with and without help.
"""

import gc
import json
import multiprocessing
import multiprocessing.context
import os
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec

from detector.redflags import Computation, Release, release_of
from pipelines.line_blocks import STANDARD_INPUT, line_blocks

LONGEST_INTEGER = 400  # digits; float64 ends at 309
LARGE, LARGE_PACKED = 16_000_000, 1_000_000  # bytes; below, a second process costs more than it brings
WAITING = 3  # blocks at the worker: one at work, two at hand
# Typed: what the indicators do not read is checked and skipped, not built.
DECODE = msgspec.json.Decoder(Release).decode


class BadLine(NamedTuple):
    """A line without a release, and why."""

    number: int
    reason: str


class Part(NamedTuple):
    """A block computed: its findings, the number of its lines, and those that hold no release."""

    computation: Computation
    lines: int
    bad: list[BadLine]


def take_file(computation: Computation, path: str, processors: int | None = None) -> Iterator[BadLine]:
    """Let a computation take every release of a file; yields the lines that hold none. Blank lines are nothing.

    `processors`: how many may be used; all this process has, if None, but two are the most that help.
    """
    worker = _worker() if (processors or _available()) > 1 and _is_large(path) else None
    collecting = gc.isenabled()
    gc.disable()  # nothing here refers to itself: looking for such circles found none and took a tenth of the time
    try:
        yield from _taken(computation, line_blocks(path), worker)
    finally:
        if collecting:
            gc.enable()
        if worker:
            worker.shutdown(cancel_futures=True)


def _taken(
    computation: Computation, blocks: Iterator[bytes], worker: ProcessPoolExecutor | None
) -> Iterator[BadLine]:
    done = 0
    for block in blocks:
        part = take_block(computation, block)
        yield from _numbered(part, done)
        done += part.lines
        if worker and computation.can_be_split:
            break
    for part in _parts(computation, blocks, worker) if worker else ():
        computation.add(part.computation)
        yield from _numbered(part, done)
        done += part.lines


def take_block(computation: Computation, block: bytes) -> Part:
    """Let a computation take every release of a block of lines; lines count from 1."""
    sound, take, bad = _is_utf8(block), computation.take, []
    lines = block.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            if sound and take(DECODE(line)):
                continue
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # seen once more below, by a reader that forgives members of a wrong kind
        reason = _take_odd(computation, line)
        if reason:
            bad.append(BadLine(number, reason))
    return Part(computation, len(lines) - 1, bad)


def _worker() -> ProcessPoolExecutor:
    """A second process, started before there is a second thread here."""
    worker = ProcessPoolExecutor(1, _context(), _begin)
    worker.submit(int)
    return worker


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is interrupted and ends this one
    gc.disable()


def _context() -> multiprocessing.context.BaseContext:
    """A copy of this process where it has one thread: ready at once. Copied locks of other threads never open."""
    threads = Path("/proc/self/task")
    alone = threads.is_dir() and sum(1 for _ in threads.iterdir()) == 1
    return multiprocessing.get_context("fork" if alone else "spawn")


def _available() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_large(path: str) -> bool:
    """Whether help pays. The size of what comes through a pipe is not known; it is taken for large."""
    if path == STANDARD_INPUT or not Path(path).is_file():
        return path == STANDARD_INPUT
    return Path(path).stat().st_size >= (LARGE_PACKED if path.endswith((".gz", ".xz")) else LARGE)


def _parts(computation: Computation, blocks: Iterator[bytes], worker: ProcessPoolExecutor) -> Iterator[Part]:
    """The remaining blocks computed, in their order, each as soon as all before it are."""
    parts: deque[Future[Part]] = deque()
    for block in blocks:
        part = computation.part()
        if sum(not future.done() for future in parts) < WAITING:
            parts.append(worker.submit(take_block, part, block))
        else:
            parts.append(Future())
            parts[-1].set_result(take_block(part, block))
        while parts and parts[0].done():
            yield parts.popleft().result()
    while parts:
        yield parts.popleft().result()


def _numbered(part: Part, before: int) -> Iterator[BadLine]:
    for bad in part.bad:
        yield BadLine(before + bad.number, bad.reason)


def _take_odd(computation: Computation, line: bytes) -> str | None:
    """Take the release of a line that is out of the ordinary, or say why there is none."""
    if not line.strip():
        return None
    try:
        content = json.loads(line.decode(), parse_constant=_refuse, parse_int=_integer)
        json.dumps(content, ensure_ascii=False).encode()
    except json.JSONDecodeError as failure:
        return f"broken JSON: {failure.msg} at column {failure.colno}"
    except UnicodeDecodeError:
        return "not UTF-8"
    except UnicodeEncodeError:
        return "broken JSON: half a surrogate pair, which is no character"
    except RecursionError:
        return "broken JSON: nested too deeply"
    except ValueError as failure:
        return f"broken JSON: {failure}"
    if not isinstance(content, dict):
        return "expected a compiled release, found JSON that is no object"
    if "records" in content or "releases" in content:
        return "expected a compiled release, found a package or record; take the compiled releases out of it first"
    if not computation.take(release_of(content)):
        return "expected a compiled release, found no ocid that is text"
    return None


def _is_utf8(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _integer(digits: str) -> Any:
    # Python refuses to read very long integers; as a price they are beyond float64 either way.
    return int(digits) if len(digits) < LONGEST_INTEGER else float(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
