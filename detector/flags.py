"""Flags: the trades worth reading, ranked, each with the reasons that make up its score.

Levels: a pattern that chance gives to one trade in fifty, all its looks counted, is worth a *blue* flag where the
budget reaches. A night looks at every trade for every pattern, though, and of fifty thousand looks some find
something by chance. *Yellow* asks for a pattern beyond chance for the whole night, so that `DISCOVERIES` of the
yellow flags may be expected to be chance (Benjamini & Hochberg 1995, JRSS B 57(1)), and for notable evidence of
two independent families; statistics reach no further. Red and orange need a fact that a rule of law names. A flag
is a lead, never a verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Feature, Phrase
from detector.features.history_conditions import opening
from detector.model.evidence import Plan, strengths
from detector.model.forest import Model, score_of
from detector.model.reasons import POINTS, Points, score_points
from detector.peers import Suspicion
from detector.records import SECONDS_A_DAY, Records

# Further in its tail than 97.5 % of the peers.
NOTABLE = 0.95
# Chance of the strongest pattern of a trade, given how many were looked for, up to which it is worth a flag.
WORTH = 0.02
# Of the yellow flags, so many may be expected to be chance: one in five, the precision an office is promised.
DISCOVERIES = 0.2
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
    in the suspicious direction (of moderated dispersions, where the feature is one; see `detector.peers`).
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

    A trade that shows no pattern is not flagged however few others there are: a quiet night flags none.
    """
    view = _View.of(suspicion, model)
    money = np.nan_to_num(records.money, nan=0.0)
    rows = np.flatnonzero(eligible & (view.levels > 0))
    order = np.lexsort((rows, -money[rows], -view.scores[rows], -view.levels[rows]))
    return tuple(_explained(records, suspicion, model, rows[order[:budget]], view))


def explain(records: Records, suspicion: Suspicion, model: Model, rows: IntArray) -> Iterator[Flag]:
    """The account of the trades in `rows`, flagged or not, in the order given."""
    return _explained(records, suspicion, model, rows, _View.of(suspicion, model))


@dataclass(frozen=True, eq=False)
class _View:
    """What all trades of a scan come to: scores, levels, and which evidence families stand behind them."""

    scores: FloatArray
    families: tuple[str, ...]
    notable: BoolArray
    levels: IntArray

    @classmethod
    def of(cls, suspicion: Suspicion, model: Model) -> Self:
        plan = model.plan(suspicion)
        shown = strengths(suspicion, plan)
        families = tuple(sorted({feature.evidence for feature in suspicion.table.features}))
        worth, beyond = worth_a_look(shown.strength), beyond_chance(shown.strength)
        notable, strong = np.zeros((2, len(worth), len(families)), dtype=bool)
        for place, each in enumerate(plan):
            seen = _notable_families(suspicion, each, families)
            notable |= seen & worth[:, [place]]
            strong |= seen & beyond[:, [place]]
        flagged = np.where(worth.any(axis=1) | beyond.any(axis=1), Level.BLUE, 0)
        levels = np.where(strong.sum(axis=1) >= 2, Level.YELLOW, flagged).astype(np.int64)
        return cls(score_of(model.evidence(shown)), families, notable | strong, levels)

    def evidence(self, row: int) -> tuple[str, ...]:
        """The families that count for the trade at `row`."""
        return tuple(name for name, held in zip(self.families, self.notable[row], strict=True) if held)


def worth_a_look(strength: FloatArray) -> BoolArray:
    """Which patterns of which trades [n_trades, n_patterns] chance gives to at most `WORTH` of all trades.

    `strength` is -ln of each chance, NaN where a pattern cannot be said. Bonferroni over the patterns of a trade.
    """
    looks = np.isfinite(strength).sum(axis=1, keepdims=True)
    return np.asarray(strength >= np.log(np.maximum(looks, 1) / WORTH))


def beyond_chance(strength: FloatArray) -> BoolArray:
    """Which patterns of which trades [n_trades, n_patterns] are beyond chance, given how many were looked at.

    `strength` is -ln of each chance, NaN where a pattern cannot be said.
    """
    asked = np.sort(strength[np.isfinite(strength)])[::-1]
    limit = -np.log(DISCOVERIES * np.arange(1, len(asked) + 1) / max(len(asked), 1))
    passed = np.flatnonzero(asked >= limit)
    if not len(passed):
        return np.zeros(strength.shape, dtype=bool)
    return np.asarray(strength >= asked[passed[-1]])


def _notable_families(suspicion: Suspicion, plan: Plan, families: tuple[str, ...]) -> BoolArray:
    """Which families have a notable feature in a pattern, [n_trades, n_families]."""
    seen = np.zeros((len(suspicion.tail), len(families)), dtype=bool)
    for column in {column for aspect in plan.columns for column in aspect}:
        family = families.index(suspicion.table.features[column].evidence)
        seen[:, family] |= suspicion.values[:, column] >= NOTABLE
    return seen


def _explained(
    records: Records, suspicion: Suspicion, model: Model, rows: IntArray, view: _View
) -> Iterator[Flag]:
    account = score_points(model, suspicion, rows)
    percentiles = model.percentile(view.scores[rows])
    for position, row in enumerate(rows):
        yield Flag(
            trade_id=records.trade_ids[row],
            row=int(row),
            rank=position + 1,
            level=Level(max(int(view.levels[row]), Level.BLUE)),
            score=POINTS * float(view.scores[row]),
            percentile=float(percentiles[position]),
            money=float(records.money[row]),
            evidence=view.evidence(int(row)),
            reasons=_reasons(suspicion, account, position, int(row)),
            unanswered=_unanswered(suspicion, int(row)),
        )


def resolved(records: Records) -> BoolArray:
    """Trades whose bids were opened or that were decided by the records' date.

    Before the opening even the existence of a flag would tell competitors something, so such trades are
    computed on but never shown.
    """
    status = (
        records.trades["status"].isin(("awarded", "failed", "cancelled", "withdrawn")).to_numpy(dtype=bool)
    )
    opened = opening(records)
    sealed = opened > records.as_of_seconds
    over: BoolArray = (opened <= records.as_of_seconds) | np.isfinite(records.decided) | (status & ~sealed)
    return over & ~sealed


def decided_since(records: Records, days: float) -> BoolArray:
    """Trades decided (or, undecided, opened) within `days` before the records' date."""
    moment = np.where(np.isfinite(records.decided), records.decided, records.seconds("deadline_at"))
    recent: BoolArray = moment > records.as_of_seconds - days * SECONDS_A_DAY
    return recent


def _reasons(suspicion: Suspicion, account: Points, position: int, row: int) -> tuple[Reason, ...]:
    """Features that raised the score, strongest first, then the rest and the base, so that all points add up."""
    points = account.points[position]
    seen = np.nan_to_num(suspicion.values[row], nan=0.0)
    raised = [int(c) for c in np.argsort(-points, kind="stable") if points[c] > 0 and seen[c] > 0]
    shown = raised[:SHOWN_REASONS]
    lines = [_finding(suspicion, row, column, points) for column in shown]
    rest = float(np.delete(points, shown).sum() + account.rest[position])
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
        percentile=float(suspicion.tail[row, column]),
        innocent=feature.innocent,
    )


def _unanswered(suspicion: Suspicion, row: int) -> tuple[tuple[str, Phrase], ...]:
    table = suspicion.table
    return tuple(
        (feature.code, table.why_not(row, column))
        for column, feature in enumerate(table.features)
        if table.answers[row, column] == 2
    )
