"""Backtest: a scan held against what is known about its trades, beside what simpler ways would have found.

A figure alone says nothing: each one stands beside the base rate, the best single feature (chosen by the same
labels, so it is flattered), the plain mean of suspicions and the size of the trade.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.flags import resolved
from detector.measures import (
    Interval,
    Measure,
    Ranking,
    average_precision,
    bootstrap,
    highest,
    once,
    overlap,
    roc_auc,
    share_interval,
)
from detector.model.forest import Model
from detector.scan import Scan
from detector.strangers import Move

# The part of the ranking in which two seeds are compared.
TOP = 0.01


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known about each trade of the records: `label` 1 or 0, NaN where nothing is; `scheme` or ""."""

    label: FloatArray
    scheme: tuple[str, ...]


class Figure(NamedTuple):
    """A number, its 95 % interval, and of how many cases it is."""

    value: float
    interval: Interval
    cases: int


class Standing(NamedTuple):
    """How one way to rank the trades did: `precision` among the first `budget`, AUC, average precision."""

    name: str
    precision: Figure
    auc: Figure
    average_precision: Figure


class Recall(NamedTuple):
    """How many of the trades of a scheme were flagged. `planted` is False for honest look-alikes."""

    scheme: str
    planted: bool
    flagged: int
    trades: int


class Turn(NamedTuple):
    """From one night to the next: flags before, how many of them are there again, and how many are new."""

    night: str
    before: int
    kept: int
    new: int


@dataclass(frozen=True)
class Backtest:
    """The figures of one scan. `queue`: precision of its flags; `agreement`: of two seeds on the top 1 %.

    `moves`: what unrelated trades do to its scores.
    """

    trades: int
    judged: int
    positives: int
    budget: int
    queue: Figure
    standings: tuple[Standing, ...]
    recalls: tuple[Recall, ...]
    agreement: float
    turns: tuple[Turn, ...] = ()
    moves: tuple[Move, ...] = ()

    @property
    def base_rate(self) -> float:
        """Share of the judged trades that are labelled: the precision of a random pick."""
        return self.positives / self.judged if self.judged else np.nan


def backtest(scan: Scan, truth: Truth, seed: int = 0) -> Backtest:
    """Hold `scan` against `truth`, both over the same records; `seed` draws the bootstrap.

    Judged are the trades that are open to flags and about which something is known.
    """
    judged = np.flatnonzero(resolved(scan.records) & np.isfinite(truth.label))
    label = truth.label[judged] == 1
    budget = scan.settings.budget
    hits = [truth.label[flag.row] == 1 for flag in scan.flags if np.isfinite(truth.label[flag.row])]
    return Backtest(
        trades=len(scan.records),
        judged=len(judged),
        positives=int(label.sum()),
        budget=budget,
        queue=_share(hits),
        standings=tuple(
            _standing(name, score[judged], label, budget, seed)
            for name, score in _rankings(scan, judged, label).items()
        ),
        recalls=_recalls(scan, truth),
        agreement=agreement(scan),
    )


def agreement(scan: Scan) -> float:
    """Overlap of the top 1 % of the trades when the forest is fitted with the next seed on the same records."""
    settings = scan.model.settings
    other = Model.fit(scan.suspicion, replace(settings, seed=settings.seed + 1))
    same = Model.fit(scan.suspicion, settings)
    count = max(1, round(TOP * len(scan.records)))
    first, second = (
        frozenset(scan.records.trade_ids[row] for row in highest(model.score(scan.suspicion), count))
        for model in (same, other)
    )
    return overlap(first, second)


def turns(nights: Sequence[tuple[str, frozenset[str]]]) -> tuple[Turn, ...]:
    """What changed from each night to the next; a night is its date and the trades it flagged."""
    return tuple(
        Turn(date, len(before), len(before & now), len(now - before))
        for (_, before), (date, now) in pairwise(nights)
    )


def _rankings(scan: Scan, judged: IntArray, label: BoolArray) -> dict[str, FloatArray]:
    """Scores of all trades by the model and by each simpler way."""
    tails = np.nan_to_num(scan.suspicion.tail, nan=0.5)
    alone = [
        np.nan_to_num(_plain(average_precision, Ranking.of(tails[judged, column], label)), nan=0.0)
        for column in range(tails.shape[1])
    ]
    best = int(np.argmax(alone))
    code = scan.table.features[best].code
    return {
        "model": scan.model.score(scan.suspicion),
        f"best single feature ({code}, chosen by these labels)": tails[:, best],
        "mean of suspicions": np.nan_to_num(scan.suspicion.values, nan=0.0).mean(axis=1),
        "size alone": np.nan_to_num(scan.records.money, nan=0.0),
    }


def _standing(name: str, score: FloatArray, label: BoolArray, budget: int, seed: int) -> Standing:
    ranking = Ranking.of(score, label)
    auc, precise = (
        Figure(_plain(measure, ranking), bootstrap(measure, ranking, seed), len(label))
        for measure in (roc_auc, average_precision)
    )
    return Standing(name, _share(ranking.label[:budget]), auc, precise)


def _share(hits: Sequence[bool] | BoolArray) -> Figure:
    share = float(np.mean(hits)) if len(hits) else np.nan
    return Figure(share, share_interval(share, len(hits)), len(hits))


def _plain(measure: Measure, ranking: Ranking) -> float:
    return measure(ranking, once(ranking))


def _recalls(scan: Scan, truth: Truth) -> tuple[Recall, ...]:
    flagged = np.zeros(len(scan.records), dtype=bool)
    flagged[[flag.row for flag in scan.flags]] = True
    scheme = np.array(truth.scheme, dtype=object)
    found = []
    for name in sorted(set(truth.scheme) - {""}):
        of = scheme == name
        planted = bool((truth.label[of] == 1).any())
        found.append(Recall(name, planted, int(flagged[of].sum()), int(of.sum())))
    return tuple(sorted(found, key=lambda one: (not one.planted, one.scheme)))
