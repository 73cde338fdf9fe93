"""What a run says about itself in text: a load, a night, the demonstration."""

from collections.abc import Iterator

from detector.model.forest import FEWEST_TRADES
from detector.scan import Scan
from pipelines import console, rule_pages
from pipelines.demo import Demonstration
from pipelines.nightly import Night
from pipelines.sources.load import LoadReport
from pipelines.wording import LEAD, share

DEMO_SHOWN = 10
RULE_ANSWERS = {
    "fired": "ask for a look",
    "clear": "are clear",
    "not_applicable": "are not applicable",
    "not_computable": "are not computable",
}


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
    yield from _too_few(scan)
    yield _receipt_line(night)
    yield from console.coverage(scan)
    yield from _rule_lines(scan)
    yield ""
    yield from console.queue(scan, scan.flags[:longest])
    if longest is not None and len(scan.flags) > longest:
        yield f"  … and {len(scan.flags) - longest} more"
    yield ""
    yield LEAD
    if receipt is None:
        yield "Dry run: no alert was written."


def _too_few(scan: Scan) -> Iterator[str]:
    """Why nothing but rules spoke, where there were too few trades for statistics."""
    if not len(scan.records):
        yield "There are no trades in these records: nothing to compare, nothing to flag."
    elif scan.model.forest is None:
        yield (
            f"Fewer than {FEWEST_TRADES} trades are too few for statistics: only rules could flag any. "
            "A model fitted on more records ('detector fit') can be given with --model."
        )


def _rule_lines(scan: Scan) -> Iterator[str]:
    """What the rules answered, and the gravest gap in the data."""
    if scan.rules is None:
        return
    counts = scan.rules.coverage()
    asked = max(len(scan.rules.rules) * len(scan.records), 1)
    told = [f"{share(counts[name].sum() / asked)} {words}" for name, words in RULE_ANSWERS.items()]
    yield (
        f"{len(scan.rules.rules)} rules ({', '.join(scan.rules.book.names)}) of {len(scan.records):,} trades: "
        f"{', '.join(told)}."
    )
    yield from rule_pages.silence_lines(scan.silences, longest=1)


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
    if shown.night.scan.rules is not None:
        yield (
            f"  {shown.breaches_flagged} of {flags} flags are trades with a planted breach of a rule of law "
            f"({len(shown.breaches)} of {len(shown.night.scan.records):,} trades have one)."
        )
        yield f"  {shown.planted_flagged} of {flags} flags are planted schemes or planted breaches."
    yield f"Second scan of the same records: {_receipt_line(shown.again)}"
