"""Results as JSON documents: no NaN, every number with its unit beside it."""

from dataclasses import asdict
from typing import Any

from detector.features.declare import Feature
from detector.flags import Flag, Reason
from detector.levels import Level
from detector.measures import share_interval
from detector.scan import Scan
from pipelines.nightly import Night
from pipelines.sources.load import LoadReport
from pipelines.wording import LEAD, filled

Document = dict[str, Any]


def flag_document(scan: Scan, flag: Flag) -> Document:
    """A flag as JSON: no NaN, every number with its unit."""
    row = scan.records.trades.iloc[flag.row]
    return {
        "trade_id": flag.trade_id,
        "title": filled(row["title"]),
        "rank": flag.rank,
        "level": flag.level.name.lower(),
        "score": flag.score,
        "percentile": flag.percentile,
        "percentile_interval": list(share_interval(flag.percentile, len(scan.model.reference))),
        "reference_trades": len(scan.model.reference),
        "money": _number(flag.money),
        "currency": filled(row["currency"]),
        "evidence": list(flag.evidence),
        "reasons": [_reason_document(reason) for reason in flag.reasons],
        "not_computable": [{"code": code, "why": words.en} for code, words in flag.unanswered],
        "note": LEAD,
    }


def _reason_document(reason: Reason) -> Document:
    return {
        "code": reason.code,
        "title": {"en": reason.title.en, "zh": reason.title.zh},
        "points": reason.points,
        "value": _number(reason.value),
        "unit": reason.unit,
        "peer_group": reason.peer_group,
        "peer_n": reason.peer_n,
        "peer_median": _number(reason.peer_median),
        "percentile": _number(reason.percentile),
        "innocent": {"en": reason.innocent.en, "zh": reason.innocent.zh},
        **(_rule_line(reason) if reason.kind == "rule" else {}),
    }


def _rule_line(reason: Reason) -> Document:
    """What only a rule has: its law, the two dates or numbers, the rows they come from, what to check next."""
    return {
        "kind": "rule",
        "level": Level(reason.level).name.lower(),
        "provisional": reason.provisional,
        "citation": {"en": reason.citation.en, "zh": reason.citation.zh},
        "compared": {"en": reason.compared.en, "zh": reason.compared.zh},
        "sources": list(reason.sources),
        "next_check": {"en": reason.next_check.en, "zh": reason.next_check.zh},
    }


def _number(value: float) -> float | None:
    return None if value != value else value


def night_document(night: Night) -> Document:
    """A scan: counts, what became of the alerts, the flags in full, and the coverage of every feature."""
    scan, receipt = night.scan, night.receipt
    return {
        "as_of": str(scan.records.as_of),
        "trades": len(scan.records),
        "bids": len(scan.records.bids),
        "eligible": scan.eligible,
        "set_aside": len(night.problems),
        "alerts": None
        if receipt is None
        else {
            "run_id": receipt.run_id,
            "written": receipt.written,
            "new": receipt.new,
            "changed": receipt.changed,
            "seen": receipt.seen,
        },
        "drift": {one.name: one.psi for one in night.drift},
        "flags": [flag_document(scan, flag) for flag in scan.flags],
        "coverage": scan.coverage.to_dict("records"),
        "rules": [] if scan.rules is None else scan.rules.coverage().to_dict("records"),
        "gaps": scan.silences.to_dict("records"),
    }


def load_document(report: LoadReport, listed: str | None) -> Document:
    """A load: what was new, changed, unchanged and removed in each table."""
    return {
        "lines": report.lines,
        "processes": report.processes,
        "superseded": report.superseded,
        "stale": report.stale,
        "tables": {name: counts._asdict() for name, counts in report.counts.items()},
        "set_aside": len(report.problems),
        "set_aside_listed_in": listed,
    }


def feature_document(feature: Feature) -> Document:
    """One feature as JSON; `documentation` holds the same sections in English and Chinese."""
    return {
        "code": feature.code,
        "name": feature.name,
        "family": feature.family,
        "direction": feature.direction,
        "unit": feature.unit,
        "needs": list(feature.needs),
        "minimum_bids": feature.minimum,
        "ocp": feature.ocp or None,
        "title": {"en": feature.title.en, "zh": feature.title.zh},
        "innocent": {"en": feature.innocent.en, "zh": feature.innocent.zh},
        "source": feature.source,
        "documentation": asdict(feature.documentation),
    }
