"""Flags: the trades worth reading, ranked, each with the reasons that make up its score.

Levels: statistics alone reach yellow at most, and only with notable evidence of two independent families; the
score alone reaches blue. Red and orange need a fact that a rule of law names. A flag is a lead, never a verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Feature, Phrase
from detector.model.forest import Model, inputs
from detector.model.reasons import POINTS, Points, score_points
from detector.peers import Suspicion
from detector.records import SECONDS_A_DAY, Records

# Further in its tail than 97.5 % of the peers.
NOTABLE = 0.95
SHOWN_REASONS = 8

BASE = Phrase("where every trade of this authority starts", "本批交易的起始分")
REST = Phrase("all other features together", "其余各项指标合计")


class Level(IntEnum):
    """How much a flag can claim: 蓝 < 黄 < 橙 < 红."""

    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of a flag's account: what was seen, beside the peers, and the points it gave.

    `code` is a feature code, or "base" and "rest" for the two lines that complete the sum. Median and
    percentile are of the peers, the trade itself left out; percentile is the share of peers that lie less far
    in the suspicious direction.
    """

    code: str
    name: str
    evidence: str
    title: Phrase
    points: float
    value: float = float("nan")
    unit: str = ""
    suspicion: float = float("nan")
    peer_group: str = ""
    peer_n: int = 0
    peer_median: float = float("nan")
    percentile: float = float("nan")
    innocent: Phrase = Phrase("", "")  # noqa: RUF009 (frozen)


@dataclass(frozen=True, slots=True)
class Flag:
    """A trade worth reading. ``sum(reason.points for reason in reasons) == score``.

    `score` is in points (0 to 100); `percentile` is the share of reference trades that score lower.
    `unanswered` lists features that could not be computed for this trade, with what was missing.
    """

    trade_id: str
    row: int
    rank: int
    level: Level
    score: float
    percentile: float
    money: float
    evidence: tuple[str, ...]
    reasons: tuple[Reason, ...]
    unanswered: tuple[tuple[str, Phrase], ...]

    @property
    def findings(self) -> tuple[Reason, ...]:
        """The reasons that are features, strongest first."""
        return tuple(reason for reason in self.reasons if reason.code not in ("base", "rest"))


def flag_trades(
    records: Records, suspicion: Suspicion, model: Model, eligible: BoolArray, budget: int
) -> tuple[Flag, ...]:
    """At most `budget` flags of `eligible` trades, by level, score and money.

    A trade without a notable feature in two ways, or one beyond all but the last half percent of its peers, is
    not flagged however few others there are: a quiet night flags none.
    """
    scores = model.score(suspicion)
    levels = _levels(suspicion)
    money = np.nan_to_num(records.money, nan=0.0)
    rows = np.flatnonzero(eligible & (levels > 0))
    order = np.lexsort((rows, -money[rows], -scores[rows], -levels[rows]))
    chosen = rows[order[:budget]]
    return tuple(explain(records, suspicion, model, chosen, levels))


def explain(
    records: Records, suspicion: Suspicion, model: Model, rows: IntArray, levels: IntArray | None = None
) -> Iterator[Flag]:
    """The account of the trades in `rows`, flagged or not, in the order given."""
    if levels is None:
        levels = _levels(suspicion)
    seen = np.ascontiguousarray(inputs(suspicion)[rows])
    account = score_points(model.forest, seen)
    scores = model.forest.score(seen)
    percentiles = model.percentile(scores)
    for position, row in enumerate(rows):
        reasons = _reasons(suspicion, account, position, int(row))
        yield Flag(
            trade_id=records.trade_ids[row],
            row=int(row),
            rank=position + 1,
            level=Level(max(int(levels[row]), Level.BLUE)),
            score=POINTS * float(scores[position]),
            percentile=float(percentiles[position]),
            money=float(records.money[row]),
            evidence=_notable_evidence(suspicion, int(row)),
            reasons=reasons,
            unanswered=_unanswered(suspicion, int(row)),
        )


def resolved(records: Records) -> BoolArray:
    """Trades whose bids were opened or that were decided by the records' date.

    Before the opening even the existence of a flag would tell competitors something, so such trades are
    computed on but never shown.
    """
    as_of = float(records.as_of.astype("datetime64[s]").astype(np.int64))
    status = (
        records.trades["status"].isin(("awarded", "failed", "cancelled", "withdrawn")).to_numpy(dtype=bool)
    )
    opening = np.where(
        np.isfinite(records.seconds("opened_at")),
        records.seconds("opened_at"),
        records.seconds("deadline_at"),
    )
    sealed = opening > as_of
    over: BoolArray = (opening <= as_of) | np.isfinite(records.decided) | (status & ~sealed)
    return over & ~sealed


def decided_since(records: Records, days: float) -> BoolArray:
    """Trades decided (or, undecided, opened) within `days` before the records' date."""
    as_of = float(records.as_of.astype("datetime64[s]").astype(np.int64))
    moment = np.where(np.isfinite(records.decided), records.decided, records.seconds("deadline_at"))
    recent: BoolArray = moment > as_of - days * SECONDS_A_DAY
    return recent


def _levels(suspicion: Suspicion) -> IntArray:
    """0 for trades that are not worth a flag, else BLUE or YELLOW."""
    values = np.nan_to_num(suspicion.values, nan=0.0)
    notable = values >= NOTABLE
    families = sorted({feature.evidence for feature in suspicion.table.features})
    by_family = np.zeros((len(values), len(families)), dtype=bool)
    for column, feature in enumerate(suspicion.table.features):
        by_family[:, families.index(feature.evidence)] |= notable[:, column]
    worth = (notable.sum(axis=1) >= 2) | (values >= 0.99).any(axis=1)
    return np.where(by_family.sum(axis=1) >= 2, Level.YELLOW, np.where(worth, Level.BLUE, 0)).astype(np.int64)


def _notable_evidence(suspicion: Suspicion, row: int) -> tuple[str, ...]:
    columns = np.flatnonzero(np.nan_to_num(suspicion.values[row], nan=0.0) >= NOTABLE)
    return tuple(sorted({suspicion.table.features[column].evidence for column in columns}))


def _reasons(suspicion: Suspicion, account: Points, position: int, row: int) -> tuple[Reason, ...]:
    """Features that raised the score, strongest first, then the rest and the base, so that all points add up."""
    points = account.points[position]
    seen = np.nan_to_num(suspicion.values[row], nan=0.0)
    raised = [int(c) for c in np.argsort(-points, kind="stable") if points[c] > 0 and seen[c] > 0]
    shown = raised[:SHOWN_REASONS]
    lines = [_finding(suspicion, row, column, points) for column in shown]
    rest = float(np.delete(points, shown).sum())
    lines.append(Reason("rest", "rest", "", REST, rest))
    lines.append(Reason("base", "base", "", BASE, account.base))
    return tuple(lines)


def _finding(suspicion: Suspicion, row: int, column: int, points: FloatArray) -> Reason:
    feature: Feature = suspicion.table.features[column]
    value = float(suspicion.table.values[row, column])
    peers = suspicion.peers_of(row, column)
    return Reason(
        code=feature.code,
        name=feature.name,
        evidence=feature.evidence,
        title=feature.title,
        points=float(points[column]),
        value=value,
        unit=feature.unit,
        suspicion=float(suspicion.values[row, column]),
        peer_group=peers.label,
        peer_n=len(peers.values),
        peer_median=peers.median,
        percentile=peers.percentile(value, feature.direction),
        innocent=feature.innocent,
    )


def _unanswered(suspicion: Suspicion, row: int) -> tuple[tuple[str, Phrase], ...]:
    table = suspicion.table
    return tuple(
        (feature.code, table.why_not(row, column))
        for column, feature in enumerate(table.features)
        if table.answers[row, column] == 2
    )
