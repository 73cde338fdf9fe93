"""Flags: the trades worth reading, ranked, each with the reasons that make up its score.

Levels come from `detector.judging`. A flag is a lead, never a verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Feature, Phrase
from detector.features.history_conditions import opening
from detector.judging import Judged
from detector.levels import Level
from detector.model.forest import Model
from detector.model.reasons import POINTS, Points, score_points
from detector.peers import Suspicion
from detector.records import SECONDS_A_DAY, Records
from detector.rules.account import RuleLine, rule_lines, unanswered
from detector.rules.evaluation import RuleTable

SHOWN_REASONS = 8
UNSAID = Phrase("", "")

BASE = Phrase("where every trade of this authority starts", "本批交易的起始分")
REST = Phrase("all other features together", "其余各项指标合计")


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of a flag's account: what was seen, beside the peers, and the points it gave.

    `code` is a feature code, or "base" and "rest" for the two lines that complete the sum. Median and
    percentile are of the peers, the trade itself left out; percentile is the share of peers that lie less far
    in the suspicious direction (of moderated dispersions, where the feature is one; see `detector.peers`).

    A line of kind "rule" is a rule of law that the trade meets: it gives no points. `level` is what it asks for (0
    in other lines), `citation` the law and article, `compared` the two dates or numbers and the threshold,
    `sources` the rows and columns they come from (`bids:TRADE/BIDDER/1.submitted_at`), `next_check` what to look
    at next; `provisional` where the rule has not been held against the text of the law.
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
    innocent: Phrase = UNSAID
    kind: Literal["feature", "rule"] = "feature"
    citation: Phrase = UNSAID
    compared: Phrase = UNSAID
    sources: tuple[str, ...] = ()
    provisional: bool = False
    next_check: Phrase = UNSAID
    level: int = 0


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
        sums = ("base", "rest")
        return tuple(one for one in self.reasons if one.kind == "feature" and one.code not in sums)

    @property
    def rules(self) -> tuple[Reason, ...]:
        """The rules of law that the trade meets, gravest first."""
        return tuple(reason for reason in self.reasons if reason.kind == "rule")


def flag_trades(
    records: Records,
    suspicion: Suspicion,
    model: Model,
    eligible: BoolArray,
    budget: int,
    rules: RuleTable | None = None,
) -> tuple[Flag, ...]:
    """At most `budget` flags of `eligible` trades: by level, then by score and money.

    From orange on the score says little, so that priority goes first: money, recency, repetition. A trade that
    shows no pattern and meets no rule is not flagged however few others there are: a quiet night flags none.
    """
    judged = Judged.of(suspicion, model, rules)
    money = np.nan_to_num(records.money, nan=0.0)
    rows = np.flatnonzero(eligible & (judged.levels > 0))
    urgent = np.where(judged.levels[rows] >= Level.ORANGE, judged.priorities(records)[rows], 0.0)
    order = np.lexsort((rows, -money[rows], -judged.scores[rows], -urgent, -judged.levels[rows]))
    return tuple(_explained(records, suspicion, model, rows[order[:budget]], judged, rules))


def explain(
    records: Records, suspicion: Suspicion, model: Model, rows: IntArray, rules: RuleTable | None = None
) -> Iterator[Flag]:
    """The account of the trades in `rows`, flagged or not, in the order given."""
    return _explained(records, suspicion, model, rows, Judged.of(suspicion, model, rules), rules)


def _explained(
    records: Records,
    suspicion: Suspicion,
    model: Model,
    rows: IntArray,
    view: Judged,
    rules: RuleTable | None,
) -> Iterator[Flag]:
    account = score_points(model, suspicion, rows)
    percentiles = model.percentile(view.scores[rows])
    for position, row in enumerate(rows):
        met = () if rules is None else tuple(_met(line) for line in rule_lines(records, rules, int(row)))
        yield Flag(
            trade_id=records.trade_ids[row],
            row=int(row),
            rank=position + 1,
            level=Level(max(int(view.levels[row]), Level.BLUE)),
            score=POINTS * float(view.scores[row]),
            percentile=float(percentiles[position]),
            money=float(records.money[row]),
            evidence=view.evidence(int(row)),
            reasons=met + _reasons(suspicion, account, position, int(row)),
            unanswered=_unanswered(suspicion, int(row), rules),
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


def _met(line: RuleLine) -> Reason:
    """The line of a rule that the trade meets."""
    rule = line.rule
    return Reason(
        code=rule.id,
        name=rule.subject,
        evidence=rule.evidence,
        title=rule.title,
        points=0.0,
        value=line.value,
        unit=line.unit,
        innocent=rule.innocent,
        kind="rule",
        citation=line.citation,
        compared=line.compared,
        sources=line.sources,
        provisional=rule.provisional,
        next_check=rule.next_check,
        level=int(line.level),
    )


def _unanswered(suspicion: Suspicion, row: int, rules: RuleTable | None) -> tuple[tuple[str, Phrase], ...]:
    table = suspicion.table
    features = tuple(
        (feature.code, table.why_not(row, column))
        for column, feature in enumerate(table.features)
        if table.answers[row, column] == 2
    )
    return features if rules is None else features + tuple(unanswered(rules, row))
