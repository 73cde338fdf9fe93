"""From flags to rows. The points in the table sum to the score in the table, to the last stored digit."""

import math
import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from detector.features.declare import Phrase
from detector.flags import Flag, Reason
from detector.records import Records
from detector.scan import Scan
from detector.schema import MONEY_DECIMALS, MONEY_DIGITS
from pipelines.alerts.columns import PHRASE_LENGTH, SCORE_DECIMALS, SHARE_DECIMALS
from pipelines.alerts.fingerprint import (
    COMBINED,
    LIFE,
    TRADE,
    canonical_json,
    evidence_sha,
    notable_values,
    noted_values,
    short_key,
    trade_fingerprint,
)
from pipelines.alerts.runs import Row
from pipelines.wording import quantity

# PostgreSQL stores no NUL, no database half a character.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\ufffd"
LARGEST_AMOUNT = Decimal(10) ** (MONEY_DIGITS - MONEY_DECIMALS)
UNIT_LENGTH = 64
LEAD_EN, LEAD_ZH = "a reason to open the file, never a finding", "线索仅供核查，不构成认定"


@dataclass(frozen=True, slots=True)
class Entry:
    """One flag as it goes into the store.

    `picture` is what an alert shows as of its last run, `origin` what it keeps from its first.
    """

    fingerprint: str
    origin: Row
    picture: Row
    observation: Row
    reasons: tuple[Row, ...]


def entry(flag: Flag, scan: Scan, run: Row) -> Entry:
    """The rows of `flag`, one of `scan`, as `run` saw it."""
    fingerprint = trade_fingerprint(run["authority"], flag.trade_id)
    seen = {"run_id": run["run_id"], "fingerprint": fingerprint}
    score = stored_score(flag)
    ranked = {"alert_level": int(flag.level), "score": score, "rank_in_run": flag.rank}
    origin = {
        "alert_id": short_key(fingerprint),
        "fingerprint": fingerprint,
        "authority": run["authority"],
        "subject_type": TRADE,
        "subject_id": flag.trade_id,
        "detector_family": COMBINED,
        "period": LIFE,
        "first_seen_run": run["run_id"],
        "first_seen_at": run["as_of"],
    }
    noted = noted_values(flag, notable_values(scan.suspicion, flag.row))
    picture = {
        **ranked,
        **_trade(flag, scan.records),
        "score_pct": _rounded(flag.percentile, SHARE_DECIMALS),
        "last_seen_run": run["run_id"],
        "last_seen_at": run["as_of"],
        "evidence_sha": evidence_sha(flag.level, noted),
        "notable": canonical_json(noted),
    }
    observation = {**seen, **ranked, "evidence": evidence(flag), **narrative(flag)}
    points = stored_points(flag)
    reasons = tuple(
        storable({**seen, "seq": seq, **_reason(reason), "points": points[seq]})
        for seq, reason in enumerate(flag.reasons)
    )
    return Entry(fingerprint, storable(origin), storable(picture), storable(observation), reasons)


def evidence(flag: Flag) -> str:
    """The whole flag, except for the position of its row, as canonical JSON; NaN is null."""
    account = asdict(flag)
    del account["row"]
    return canonical_json(_without_nan(account))


def narrative(flag: Flag) -> Row:
    """What an alert says in a sentence a finding, in English and Chinese, the rules of law first."""
    english, chinese = [], []
    for reason in (*flag.rules, *flag.findings):
        value, median = quantity(reason.value, reason.unit), quantity(reason.peer_median, reason.unit)
        beside = (
            Phrase(
                f"{value} here, {median} among {reason.peer_n:,} peers",
                f"本项{value}，{reason.peer_n:,}个可比项目为{median}",
            )
            if reason.peer_n > 0
            else Phrase(reason.compared.en or value, reason.compared.zh or value)
        )
        english.append(f"{reason.title.en}: {beside.en}" if beside.en else reason.title.en)
        chinese.append(f"{reason.title.zh}：{beside.zh}" if beside.zh else reason.title.zh)
    return {"narrative_en": "; ".join([*english, LEAD_EN]), "narrative_zh": "；".join([*chinese, LEAD_ZH])}


def stored_score(flag: Flag) -> Decimal:
    """The score as the tables hold it."""
    return _rounded(flag.score, SCORE_DECIMALS)


def stored_points(flag: Flag) -> list[Decimal]:
    """The points of each reason as the tables hold them: their sum is `stored_score`, exactly.

    The line "rest" (the last one where there is none) takes what rounding leaves over. Raises ValueError if
    the flag's own points do not sum to its score: such an account must not be stored.
    """
    points = [_rounded(reason.points, SCORE_DECIMALS) for reason in flag.reasons]
    left = stored_score(flag) - sum(points, Decimal(0))
    if abs(left) > Decimal(len(points) + 2).scaleb(-SCORE_DECIMALS):
        raise ValueError(f"the points of trade {flag.trade_id!r} do not sum to its score, by {left}")
    codes = [reason.code for reason in flag.reasons]
    if codes:
        points[codes.index("rest") if "rest" in codes else -1] += left
    return points


def storable(row: Row) -> Row:
    """`row` as every database takes it: no characters that some refuse, empty text as none (as on Oracle)."""
    return {name: _storable_text(value) if isinstance(value, str) else value for name, value in row.items()}


def _storable_text(text: str) -> str | None:
    return UNSTORABLE.sub(REPLACEMENT, text) or None


def _trade(flag: Flag, records: Records) -> Row:
    trade = records.trades.iloc[flag.row]
    moments = (records.trades[name].iloc[flag.row] for name in ("awarded_at", "opened_at", "deadline_at"))
    opens = next((trade[name] for name in ("opened_at", "deadline_at") if not pd.isna(trade[name])), None)
    return {
        "subject_name": _text(trade["title"]),
        "process_id": _text(trade["process_id"]),
        "region_code": _text(trade["region"]),
        "industry_code": _text(trade["category"]),
        "trade_kind": _text(trade["kind"]),
        "buyer_id": _text(trade["buyer_id"]),
        "opens_at": None if opens is None else opens.to_pydatetime(),
        "amount": _amount(flag.money),
        "currency": _text(trade["currency"]),
        "trade_at": next((moment.to_pydatetime() for moment in moments if not pd.isna(moment)), None),
    }


def _reason(reason: Reason) -> Row:
    return {
        "reason_kind": reason.kind,
        "code": reason.code,
        "name": reason.name,
        "evidence_family": reason.evidence,
        **_both("title", reason.title),
        "value_num": _number(reason.value),
        "unit": reason.unit[:UNIT_LENGTH],
        "suspicion": _number(reason.suspicion),
        "peer_group": reason.peer_group[: PHRASE_LENGTH // 2],
        "peer_n": reason.peer_n,
        "peer_median": _number(reason.peer_median),
        "percentile": _number(reason.percentile),
        **_both("innocent", reason.innocent),
        **_both("citation", reason.citation),
        **_both("compared", reason.compared),
        **_both("next_check", reason.next_check),
        "sources": canonical_json(reason.sources) if reason.sources else None,
        "provisional": int(reason.provisional),
    }


def _both(name: str, phrase: Phrase) -> Row:
    return {f"{name}_en": phrase.en[:PHRASE_LENGTH], f"{name}_zh": phrase.zh[:PHRASE_LENGTH]}


def _rounded(value: float, decimals: int) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals))


def _amount(money: float) -> Decimal | None:
    """Money to the ten-thousandth; none where it is unknown or larger than the column (evidence keeps it)."""
    if not math.isfinite(money) or money >= LARGEST_AMOUNT:
        return None
    amount = _rounded(money, MONEY_DECIMALS)
    return amount if amount < LARGEST_AMOUNT else None


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(inner) for inner in value]
    return _number(value) if isinstance(value, float) else value
