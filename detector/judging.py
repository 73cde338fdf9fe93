"""What all trades of a scan come to: their scores, their levels, and what to open first.

Statistics by themselves: a pattern that chance gives to one trade in fifty, all its looks counted, is worth a
*blue* flag where the budget reaches. A night looks at every trade for every pattern, though, and of fifty thousand
looks some find something by chance. *Yellow* asks for a pattern beyond chance for the whole night, so that
`DISCOVERIES` of the yellow flags may be expected to be chance (Benjamini & Hochberg 1995, JRSS B 57(1)), and for
notable evidence of two independent families. Rules of law join in as `detector.levels` says.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.chance import beyond_chance, worth_a_look
from detector.levels import Evidence, Level, fuse, priority
from detector.model.evidence import Plan, strengths
from detector.model.forest import Model, score_of
from detector.peers import Suspicion
from detector.records import Records
from detector.rules.evaluation import RuleTable

# Further in its tail than 97.5 % of the peers.
NOTABLE = 0.95
# Chance of the strongest pattern of a trade, given how many were looked for, up to which it is worth a flag.
WORTH = 0.02
# Of the yellow flags, so many may be expected to be chance: one in five, the precision an office is promised.
DISCOVERIES = 0.2


@dataclass(frozen=True, eq=False)
class Judged:
    """All trades of a scan: scores, levels (0: no flag), evidence families behind them [n_trades, n_families]."""

    scores: FloatArray
    families: tuple[str, ...]
    notable: BoolArray
    levels: IntArray

    @classmethod
    def of(cls, suspicion: Suspicion, model: Model, rules: RuleTable | None = None) -> Self:
        """Judge all trades by their patterns and, where `rules` are given, by the rules they meet."""
        plan = model.plan(suspicion)
        shown = strengths(suspicion, plan)
        named = {feature.evidence for feature in suspicion.table.features}
        named |= {rule.evidence for rule in rules.rules} if rules else set()
        families = tuple(sorted(named))
        worth, beyond = worth_a_look(shown.strength, WORTH), beyond_chance(shown.strength, DISCOVERIES)
        if model.forest is None:  # so few trades are no ground for statistics; rules alone speak
            worth, beyond = np.zeros_like(worth), np.zeros_like(beyond)
        notable, strong = np.zeros((2, len(worth), len(families)), dtype=bool)
        for place, each in enumerate(plan):
            seen = _notable_families(suspicion, each, families)
            notable |= seen & worth[:, [place]]
            strong |= seen & beyond[:, [place]]
        flagged = np.where(worth.any(axis=1) | beyond.any(axis=1), Level.BLUE, 0)
        levels = np.where(strong.sum(axis=1) >= 2, Level.YELLOW, flagged).astype(np.int64)
        alone = cls(score_of(model.evidence(shown)), families, notable | strong, levels)
        return alone if rules is None else alone._with_rules(rules, strong)

    def _with_rules(self, rules: RuleTable, strong: BoolArray) -> Self:
        """The same trades with the rules they meet."""
        rows = np.flatnonzero(self.levels)
        behind = np.where(self.levels[:, np.newaxis] >= Level.YELLOW, strong, self.notable)
        complete = np.ones(len(rows), dtype=bool)
        evidence = [Evidence("statistic", rows, self.levels[rows], behind[rows], complete)]
        notable = self.notable.copy()
        for rule, fired in zip(rules.rules, rules.fired, strict=True):
            spoken = np.zeros((len(fired.rows), len(self.families)), dtype=bool)
            spoken[:, self.families.index(rule.evidence)] = True
            asked = fired.levels if not rule.provisional else np.minimum(fired.levels, Level.ORANGE)
            evidence.append(Evidence(rule.basis, fired.rows, asked, spoken, fired.complete))
            notable[fired.rows] |= spoken
        levels = fuse(len(self.levels), evidence, len(self.families))
        return type(self)(self.scores, self.families, notable, levels)

    def evidence(self, row: int) -> tuple[str, ...]:
        """The families that count for the trade at `row`."""
        return tuple(name for name, held in zip(self.families, self.notable[row], strict=True) if held)

    def priorities(self, records: Records) -> FloatArray:
        """What to open first, for each trade: level, money, recency and what its buyer and winner did before."""
        age = records.as_of_seconds - records.decided
        return priority(self.levels, records.money, age, self._repeats(records))

    def _repeats(self, records: Records) -> IntArray:
        """How many earlier trades of the same buyer and winner were at least yellow."""
        winner, buyer = records.sole_winner, records.buyers.codes
        counted = np.flatnonzero(
            (self.levels >= Level.YELLOW) & (winner >= 0) & (buyer >= 0) & np.isfinite(records.decided)
        )
        pair = buyer[counted] * (len(records.bidders.labels) + 1) + winner[counted]
        when = records.decided[counted]
        order = np.lexsort((when, pair))
        pairs, times = pair[order], when[order]
        starts = np.searchsorted(pairs, pairs, side="left")
        same_time = np.concatenate([[True], (pairs[1:] != pairs[:-1]) | (times[1:] != times[:-1])])[
            : len(order)
        ]
        first = np.maximum.accumulate(np.where(same_time, np.arange(len(order)), 0))
        repeats = np.zeros(len(records), dtype=np.int64)
        repeats[counted[order]] = first - starts
        return repeats


def _notable_families(suspicion: Suspicion, plan: Plan, families: tuple[str, ...]) -> BoolArray:
    """Which families have a notable feature in a pattern, [n_trades, n_families]."""
    seen = np.zeros((len(suspicion.tail), len(families)), dtype=bool)
    for column in {column for aspect in plan.columns for column in aspect}:
        family = families.index(suspicion.table.features[column].evidence)
        seen[:, family] |= suspicion.values[:, column] >= NOTABLE
    return seen
