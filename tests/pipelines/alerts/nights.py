"""Nights without a scan: runs and flags as rows, of any number, for what is said about the store alone."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pipelines.alerts import suppression
from pipelines.alerts.events import append_events
from pipelines.alerts.fingerprint import canonical_json, evidence_sha, sha256, short_key, trade_fingerprint
from pipelines.alerts.judging import Absence, Sight, Veil, model_changed
from pipelines.alerts.merging import Merge
from pipelines.alerts.rows import Entry
from pipelines.alerts.store import receipt_of, write_once

FIRST_NIGHT = datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None)
OPENED = datetime(2026, 1, 5, 9, 30, tzinfo=UTC).replace(tzinfo=None)


def run_of(night, authority="a", model="m", **values):
    """The row of the run of a night, counted from 0."""
    as_of = FIRST_NIGHT + timedelta(days=night)
    identity = {"night": night, "authority": authority, "model": model, **values}
    return {
        "run_id": short_key(sha256(identity)),
        "authority": authority,
        "config_sha": "c" * 64,
        "config": "{}",
        "code_version": "0",
        "model_sha": sha256(model),
        "records_sha": "r" * 64,
        "started_at": as_of + timedelta(hours=1),
        "finished_at": as_of + timedelta(hours=1, minutes=5),
        "as_of": as_of,
        "trades_n": 1,
        "bids_n": 1,
        "problems_n": 0,
        "eligible_n": 1,
        "flags_n": 1,
        "manifest": "{}",
    } | values


def flagged(run, trade_id, level=2, score=30.0, values=None, **picture):
    """What a run says about one flagged trade; `values`: its notable values by code."""
    fingerprint = trade_fingerprint(run["authority"], trade_id)
    noted = {"B01": "0.5"} if values is None else values
    ranked = {"alert_level": level, "score": Decimal(str(score)), "rank_in_run": 1}
    seen = {"run_id": run["run_id"], "fingerprint": fingerprint}
    origin = {
        "alert_id": short_key(fingerprint), "fingerprint": fingerprint, "authority": run["authority"],
        "subject_type": "trade", "subject_id": trade_id, "detector_family": "combined", "period": "life",
        "first_seen_run": run["run_id"], "first_seen_at": run["as_of"],
    }  # fmt: skip
    shown = {
        "subject_name": f"道路 {trade_id}", "process_id": "p", "region_code": "33", "industry_code": None,
        "trade_kind": "works", "buyer_id": "b1", "opens_at": OPENED, "amount": Decimal("123456789012.3456"),
        "currency": "CNY", "trade_at": OPENED, "score_pct": Decimal("0.9"), "last_seen_run": run["run_id"],
        "last_seen_at": run["as_of"], "evidence_sha": evidence_sha(level, noted), "notable": canonical_json(noted),
    }  # fmt: skip
    reason = {
        "reason_kind": "feature", "code": "B01", "name": "spread", "evidence_family": "price", "title_en": "close",
        "title_zh": "接近", "value_num": 0.5, "unit": "ratio", "suspicion": 0.97, "peer_group": "works",
        "peer_n": 9, "peer_median": 0.6, "percentile": 0.99, "innocent_en": None, "innocent_zh": None,
        "citation_en": None, "citation_zh": None, "compared_en": None, "compared_zh": None, "sources": None,
        "next_check_en": None, "next_check_zh": None, "provisional": 0,
    }  # fmt: skip
    observation = {**seen, **ranked, "evidence": "{}", "narrative_en": "close", "narrative_zh": "接近"}
    reasons = ({**seen, "seq": 0, **reason, "points": ranked["score"]},)
    return Entry(fingerprint, origin, {**ranked, **shown, **picture}, observation, reasons)


def merged(url, run, entries, sights=None, *, replaced=False, veils=None, dues=()):
    """Bring a night into the store at `url`. `sights`: what is said of unflagged trades, quiet by default."""

    def write(connection):
        if replaced:
            append_events(connection, [model_changed(run["authority"], "before", run)])
        cover = suppression.active(connection, run["finished_at"])
        night = Merge(connection, run, veils or veils_of(cover, run), dict(dues), model_replaced=replaced)
        night.flagged(sorted(entries, key=lambda one: one.fingerprint))
        night.unflagged(lambda alerts: [said(alert, sights or {}) for alert in alerts])
        night.finish()
        return receipt_of(run, night.tally)

    return write_once(url, run, write)


def said(alert, sights):
    told = sights.get(alert["subject_id"], Sight.QUIET)
    return told if isinstance(told, Absence) else Absence(told, alert["opens_at"], {"B01": "0.1"})


def veils_of(cover, run):
    """Snoozes and suppressions of trades."""

    def veil(alert):
        snoozed = alert.get("snoozed_until")
        if snoozed is not None and snoozed > run["finished_at"]:
            return Veil(1)
        hidden = cover.hides(
            suppression.Subject(
                alert["fingerprint"], alert["authority"], alert["alert_level"], alert["subject_id"]
            )
        )
        return Veil() if hidden is None else Veil(2 if hidden.surfaced else 1, hidden.suppression_id)

    return veil
