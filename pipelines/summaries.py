"""What a run says about itself in text: a load, a night, the demonstration."""

from collections.abc import Iterator

from pipelines import console
from pipelines.demo import Demonstration
from pipelines.nightly import Night
from pipelines.sources.load import LoadReport
from pipelines.wording import LEAD

DEMO_SHOWN = 10


def load_lines(report: LoadReport) -> Iterator[str]:
    """What a load brought, table by table."""
    yield (
        f"{report.lines:,} lines read, {report.processes:,} processes; "
        f"{report.superseded:,} superseded in the files, {report.stale:,} older than what is stored"
    )
    for name, counts in report.counts.items():
        yield (
            f"  {name:<10} {counts.new:>9,} new {counts.changed:>9,} changed "
            f"{counts.unchanged:>9,} unchanged {counts.removed:>9,} removed"
        )


def night_lines(night: Night, longest: int | None = None) -> Iterator[str]:
    """What a scan saw, what became of the alerts, and the queue, at most `longest` flags of it."""
    scan, receipt = night.scan, night.receipt
    yield (
        f"{len(scan.records):,} trades and {len(scan.records.bids):,} bids as of {scan.records.as_of} UTC; "
        f"{scan.eligible:,} open to flags; {len(scan.flags)} flagged (budget {scan.settings.budget})"
    )
    yield _receipt_line(night)
    yield from console.coverage(scan)
    yield ""
    yield from console.queue(scan, scan.flags[:longest])
    if longest is not None and len(scan.flags) > longest:
        yield f"  … and {len(scan.flags) - longest} more"
    yield ""
    yield LEAD
    if receipt is None:
        yield "Dry run: no alert was written."


def _receipt_line(night: Night) -> str:
    receipt = night.receipt
    if receipt is None:
        return "No alert was written."
    if not receipt.written:
        return f"Nothing has changed since run {receipt.run_id}: 0 new alerts, nothing written."
    return (
        f"Run {receipt.run_id}: {receipt.new} new alerts, {receipt.changed} with changed evidence, "
        f"{receipt.seen} seen again."
    )


def demo_lines(shown: Demonstration) -> Iterator[str]:
    """The demonstration: its night, and the flags held against what was planted."""
    yield from night_lines(shown.night, DEMO_SHOWN)
    yield ""
    yield f"What was planted, and how much of it is among the {len(shown.night.scan.flags)} flags:"
    table = shown.flagged()
    for line in table.itertuples():
        kind = "scheme" if line.planted else "honest look-alike"
        yield f"  {line.scheme:<26} {kind:<18} {line.flagged:>3} of {line.trades:>3} trades flagged"
    planted = table[table["planted"]]
    hits, honest = int(planted["flagged"].sum()), int(table[~table["planted"]]["flagged"].sum())
    touched = int((planted["flagged"] > 0).sum())
    flags = max(len(shown.night.scan.flags), 1)
    yield (
        f"  {hits} of {flags} flags are planted trades ({hits / flags:.0%}; a random pick would give "
        f"{shown.planted_share:.1%}); {touched} of {len(planted)} schemes touched; "
        f"{honest} honest look-alikes flagged."
    )
    yield f"Second scan of the same records: {_receipt_line(shown.again)}"
