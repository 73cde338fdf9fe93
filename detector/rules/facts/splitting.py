"""Splitting and evasion: purchases that were not tendered openly and belong together.

Grouped facts look back only: a purchase is added to what the same buyer had bought by then, so that the one that
reaches a limit is the first to show it, and nothing that came later counts against it.
"""

from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.conditions import PURCHASE
from detector.features.declare import Guard, Phrase
from detector.features.history import combined
from detector.records import SECONDS_A_DAY, Records
from detector.rules.fact import Fact, Measure, Members, fact
from detector.rules.titles import stem

SIBLING_WINDOW = 180 * SECONDS_A_DAY
OPEN = ("open", "auction", "listing")


@dataclass(frozen=True, eq=False)
class _Groups:
    """Purchases that belong together, oldest first; `start` and `stop` bound what each adds up, itself in.

    `here` is the first of those decided at the same instant.
    """

    trade: IntArray
    start: IntArray
    here: IntArray
    stop: IntArray
    amount: FloatArray
    key: IntArray

    def before(self) -> FloatArray:
        """What the window of each purchase adds up to without those of its own instant."""
        sums = np.concatenate([[0.0], np.cumsum(self.amount)])
        return np.asarray(sums[self.here] - sums[self.start])

    def total(self) -> FloatArray:
        sums = np.concatenate([[0.0], np.cumsum(self.amount)])
        return np.asarray(sums[self.stop] - sums[self.start])

    def count(self) -> FloatArray:
        return (self.stop - self.start).astype(np.float64)

    def largest(self) -> FloatArray:
        """The largest amount of the group up to the end of each purchase's window."""
        highest = pd.Series(self.amount).groupby(self.key).cummax().to_numpy(dtype=np.float64)
        return np.asarray(highest[self.stop - 1])

    def members(self, rows: IntArray, column: str) -> Members:
        """The purchases behind each of the trades at `rows`."""
        place = np.full(int(max(self.trade.max(initial=0), rows.max(initial=0))) + 1, -1, dtype=np.int64)
        place[self.trade] = np.arange(len(self.trade))
        held = place[rows]
        sizes = np.where(held >= 0, self.stop[held] - self.start[held], 0)
        of = np.repeat(rows, sizes)
        ends = np.cumsum(sizes)
        within = np.arange(len(of)) - np.repeat(ends - sizes, sizes)
        return Members("trades", column, of, self.trade[np.repeat(self.start[held], sizes) + within])


_HELD: WeakKeyDictionary[Records, dict[bool, _Groups]] = WeakKeyDictionary()


def _not_open(records: Records) -> BoolArray:
    return ~records.trades["method"].isin(OPEN).to_numpy(dtype=bool)


NOT_OPEN = Guard(Phrase("tendered openly", "已公开招标"), _not_open)


def _same_class(records: Records, rows: IntArray) -> IntArray:
    """A code for each buyer, category and calendar year; -1 where one of them is not known."""
    offset = np.nan_to_num(records.trades["utc_offset"].to_numpy(dtype=np.float64)[rows])
    local = (records.decided[rows] + 60.0 * offset).astype("datetime64[s]")
    year = local.astype("datetime64[Y]").astype(np.int64)
    named = records.trades["category"].notna().to_numpy(dtype=bool)[rows]
    category = np.where(named, records.categories.codes[rows], -1)
    return combined(records.buyers.codes[rows], category, year)


def _same_title(records: Records, rows: IntArray) -> IntArray:
    """A code for each buyer, kind and stem of the title; -1 where one of them is not known."""
    codes, titles = pd.factorize(records.trades["title"].to_numpy(dtype=object)[rows])
    stems = pd.factorize(np.array([*map(stem, titles), None], dtype=object))[0].astype(np.int64)
    title = stems[codes]
    kind = pd.factorize(records.trades["kind"].to_numpy()[rows])[0].astype(np.int64)
    return combined(records.buyers.codes[rows], title, kind)


def _groups(records: Records, by_title: bool) -> _Groups:
    """The groups of these records, found once for all facts about them."""
    held = _HELD.setdefault(records, {})
    if by_title not in held:
        held[by_title] = _found(records, by_title)
    return held[by_title]


def _found(records: Records, by_title: bool) -> _Groups:
    counted = (
        _not_open(records) & ~records.is_sale & np.isfinite(records.decided) & np.isfinite(records.money)
    )
    # What was approved beforehand is no part of a split.
    counted &= ~(records.trades["departure_approved"] == 1.0).to_numpy(dtype=bool)
    rows = np.flatnonzero(counted & records.trades["method"].notna().to_numpy(dtype=bool))
    key = (_same_title if by_title else _same_class)(records, rows)
    rows, key = rows[key >= 0], key[key >= 0]
    order = np.lexsort((records.decided[rows], key))
    rows, key = rows[order], key[order]
    times = records.decided[rows]
    # One growing number for group and time, so that a single search finds the bounds of all windows.
    rank = np.unique(times, return_inverse=True)[1].astype(np.int64)
    width = int(rank.max(initial=0)) + 2
    place = key * width + rank
    here = np.searchsorted(place, place, side="left")
    stop = np.searchsorted(place, place, side="right")
    start = np.searchsorted(key, key, side="left")
    if by_title:
        oldest = np.searchsorted(np.unique(times), times - SIBLING_WINDOW, side="left")
        start = np.maximum(start, np.searchsorted(place, key * width + oldest, side="left"))
    start, here, stop = (bound.astype(np.int64) for bound in (start, here, stop))
    return _Groups(rows, start, here, stop, records.money[rows], key)


def _measure(records: Records, by_title: bool, what: str) -> Measure:
    groups = _groups(records, by_title)
    values = np.full(len(records), np.nan)
    values[groups.trade] = getattr(groups, what)()
    column = "title" if by_title else "category"
    return Measure(values, trace=partial(groups.members, column=column))


def _grouped(name: str, by_title: bool, what: str, unit: str, title: Phrase) -> Fact:
    measured = partial(_measure, by_title=by_title, what=what)
    measured.__name__ = name  # type: ignore[attr-defined]
    measured.__doc__ = f"{title.en}. {title.zh}。"
    alike = "trades.title" if by_title else "trades.category"
    return fact(
        evidence="process",
        unit=unit,
        needs=("trades.buyer_id", "trades.method", "trades.awarded_at", alike),
        guards=(PURCHASE, NOT_OPEN),
        columns=("trades.buyer_id", alike, "trades.awarded_at"),
        title=title,
        silent=Phrase(
            "the amount is not known, or the title names no need" if by_title else "the amount is not known",
            "金额未知，或名称未写明采购内容" if by_title else "金额未知",
        ),
    )(measured)


FAMILY = (
    _grouped(
        "class_year_total",
        False,
        "total",
        "money",
        Phrase(
            "bought without an open tender in this category and year so far",
            "该采购单位本年度该品目未公开招标采购累计金额",
        ),
    ),
    _grouped(
        "class_year_before",
        False,
        "before",
        "money",
        Phrase(
            "bought without an open tender in this category and year before",
            "该采购单位本年度该品目此前未公开招标采购累计金额",
        ),
    ),
    _grouped(
        "class_year_largest",
        False,
        "largest",
        "money",
        Phrase(
            "largest purchase without an open tender in this category and year",
            "该采购单位本年度该品目未公开招标的最大单笔金额",
        ),
    ),
    _grouped(
        "class_year_count",
        False,
        "count",
        "count",
        Phrase(
            "purchases without an open tender in this category and year so far",
            "该采购单位本年度该品目未公开招标采购次数",
        ),
    ),
    _grouped(
        "siblings_total",
        True,
        "total",
        "money",
        Phrase(
            "sum of like-named purchases without an open tender within 180 days",
            "180天内同名（仅标段、包号不同）未公开招标项目累计金额",
        ),
    ),
    _grouped(
        "siblings_largest",
        True,
        "largest",
        "money",
        Phrase(
            "largest of like-named purchases without an open tender",
            "同名（仅标段、包号不同）未公开招标项目的最大单笔金额",
        ),
    ),
    _grouped(
        "siblings_count",
        True,
        "count",
        "count",
        Phrase(
            "like-named purchases without an open tender within 180 days",
            "180天内同名（仅标段、包号不同）未公开招标项目数",
        ),
    ),
)
