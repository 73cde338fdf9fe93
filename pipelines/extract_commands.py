"""`detector extract`: bring the snapshot of a source up to date, and say what came of it."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.commands import clock, emit, talking, write
from pipelines.intake import access_to
from pipelines.snapshot.pulling import Pulled, PullSettings, pull
from pipelines.snapshot.shapes import ASIDE


@dataclass(frozen=True, slots=True)
class ExtractRequest:
    """What was asked of `detector extract`."""

    source: str
    snapshot: Path
    mapping: str
    settings: PullSettings
    writable: bool = False


def run_extract(request: ExtractRequest, as_json: bool) -> None:
    """Pull, and tell how many rows there are and what was read again."""
    access = access_to(request.source, request.mapping, request.writable)
    with talking() as say:
        pulled = pull(access, request.snapshot, clock, request.settings, say)
    if as_json:
        emit(extract_document(pulled))
    else:
        write(extract_lines(pulled))


def extract_document(pulled: Pulled) -> dict[str, object]:
    """A pull as JSON."""
    version = pulled.version
    return {
        "version": version.number,
        "kind": pulled.kind,
        "resumed": pulled.resumed,
        "changed": pulled.changed,
        "gone": pulled.gone,
        "watermark": version.watermark,
        "rows": {name: rows for name, rows in version.rows.items() if not name.endswith(ASIDE)},
        "set_aside": {
            name.removesuffix(ASIDE): rows
            for name, rows in version.rows.items()
            if name.endswith(ASIDE) and rows
        },
        "absent": list(version.absent),
    }


def extract_lines(pulled: Pulled) -> list[str]:
    """A pull for people."""
    version = pulled.version
    told = [f"{rows:>12,} {name}" for name, rows in version.rows.items() if rows and not name.endswith(ASIDE)]
    what = f"{pulled.changed:,} trades read" + (f", {pulled.gone:,} of them gone" if pulled.gone else "")
    how = f"{pulled.kind} pull" + (", resumed" if pulled.resumed else "")
    lost = sum(rows for name, rows in version.rows.items() if name.endswith(ASIDE))
    return [
        *told,
        f"snapshot {version.number}: {how}, {what}; recorded up to {version.watermark or 'an unknown time'}",
        *([f"{lost:,} rows and values are set aside, each with its reason"] if lost else []),
    ]
