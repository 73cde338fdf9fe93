"""Amounts of a trade against each other, and against what they must not exceed."""

from collections.abc import Callable

import numpy as np

from detector.arrays import FloatArray
from detector.features.declare import Guard, Phrase
from detector.records import Records
from detector.rules.fact import Fact, Measure, Members, fact, numbers
from detector.schema import TRADES

COMPETED = Guard(
    Phrase("there are fewer than two valid bids", "有效投标不足两个"),
    lambda records: records.bidder_counts >= 2,
)
NO_WINNER = Phrase("no award with a known amount", "无已知金额的中标")
PRICE = Phrase("awarded in total", "中标（成交）金额")
LOWEST = Phrase("lowest valid bid", "最低有效报价")


def amount(records: Records, column: str) -> FloatArray:
    """A number of each trade; NaN where it is not known."""
    return records.trades[column].to_numpy(dtype=np.float64)


def _words(column: str) -> Phrase:
    return Phrase(TRADES[column].meaning.rstrip("."), TRADES[column].zh)


def _column(name: str, column: str, unit: str, title: Phrase) -> Fact:
    """A number of the trades table as it stands."""

    def measure(records: Records) -> Measure:
        return Measure(amount(records, column))

    return fact(
        evidence="process", unit=unit, needs=(f"trades.{column}",), columns=(f"trades.{column}",), title=title
    )(_called(name, measure, f"{title.en}. {title.zh}。"))


def _called(
    name: str, measure: Callable[[Records], Measure], description: str
) -> Callable[[Records], Measure]:
    measure.__name__, measure.__doc__ = name, description
    return measure


def _share(name: str, part: str, whole: str, title: Phrase) -> Fact:
    """One amount of the trades table as a share of another one."""

    def measure(records: Records) -> Measure:
        first, second = amount(records, part), amount(records, whole)
        return numbers(first / second, first, second)

    columns = (f"trades.{part}", f"trades.{whole}")
    return fact(
        evidence="price",
        unit="share",
        needs=columns,
        columns=columns,
        names=(_words(part), _words(whole)),
        title=title,
    )(_called(name, measure, f"{title.en}. {title.zh}。"))


def _price_over(name: str, column: str, title: Phrase) -> Fact:
    """What was awarded in total over an amount of the trades table."""

    def measure(records: Records) -> Measure:
        limit = amount(records, column)
        return numbers(records.price / limit, records.price, limit)

    return fact(
        evidence="price",
        unit="ratio",
        needs=(f"trades.{column}", "price"),
        columns=(f"trades.{column}",),
        names=(PRICE, _words(column)),
        title=title,
        silent=NO_WINNER,
    )(_called(name, measure, f"{title.en}. {title.zh}。"))


@fact(
    evidence="price",
    unit="ratio",
    needs=("trades.ceiling", "bids.amount"),
    columns=("trades.ceiling",),
    names=(Phrase("highest valid bid", "最高有效报价"), _words("ceiling")),
    title=Phrase("highest valid bid over the published ceiling", "最高有效报价与最高限价之比"),
)
def valid_bid_over_ceiling(records: Records) -> Measure:
    """Highest valid bid over the published ceiling. 最高有效报价除以最高限价。"""
    offers, ceiling = records.offers, amount(records, "ceiling")
    worst = np.full(len(records), np.nan)
    filled = offers.sizes > 0
    if filled.any():
        worst[filled] = np.maximum.reduceat(offers.values, offers.offsets[:-1][filled])
    above = offers.values > np.repeat(ceiling, offers.sizes)
    found = Members(
        "bids", "amount", np.repeat(np.arange(len(records)), offers.sizes)[above], offers.rows[above]
    )
    return Measure(worst / ceiling, compared=(worst, ceiling), members=(found,))


@fact(
    evidence="price",
    unit="share",
    needs=("bids.winner", "bids.awarded_amount", "bids.amount"),
    names=(Phrase("awarded", "中标金额"), Phrase("bid", "投标报价")),
    title=Phrase("difference between award and bid of the winner", "中标金额与该中标人投标报价之差"),
    silent=NO_WINNER,
)
def award_off_bid(records: Records) -> Measure:
    """Largest difference between award and own bid, as a share of the bid.

    中标金额与其报价之差占报价的最大比例。
    """
    rows = records.winner_rows.rows
    bid = records.bids["amount"].to_numpy(dtype=np.float64)[rows]
    awarded = records.bids["awarded_amount"].to_numpy(dtype=np.float64)[rows]
    off = np.abs(awarded - bid) / bid
    chosen = _largest(records.bid_trade[rows], off, len(records))
    pick = np.flatnonzero(chosen >= 0)
    values, first, second = (np.full(len(records), np.nan) for _ in range(3))
    values[pick], first[pick], second[pick] = off[chosen[pick]], awarded[chosen[pick]], bid[chosen[pick]]
    found = Members("bids", "awarded_amount", pick, rows[chosen[pick]])
    return Measure(values, compared=(first, second), members=(found,))


def _largest(trade: np.ndarray, values: FloatArray, size: int) -> np.ndarray:
    """Position of the largest value of each trade; -1 where none is known."""
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.lexsort((values[known], trade[known]))]
    chosen = np.full(size, -1, dtype=np.int64)
    chosen[trade[order]] = order
    return chosen


@fact(
    evidence="price",
    unit="money",
    needs=("price",),
    title=Phrase("awarded in total", "中标（成交）总金额"),
    silent=NO_WINNER,
)
def awarded_total(records: Records) -> Measure:
    """What was awarded in total. 中标（成交）总金额。"""
    return Measure(records.price)


def _lowest(records: Records) -> FloatArray:
    """The best offer of each trade for the buyer; NaN where no price is known."""
    offers = records.offers
    lowest = np.full(len(records), np.nan)
    filled = offers.sizes > 0
    lowest[filled] = offers.values[offers.offsets[:-1][filled]]
    return lowest


@fact(
    evidence="price",
    unit="ratio",
    needs=("bids.amount",),
    guards=(COMPETED,),
    names=(LOWEST, Phrase("mean of the valid bids", "有效报价平均值")),
    title=Phrase("lowest valid bid over the mean of all", "最低有效报价与平均报价之比"),
)
def lowest_over_mean(records: Records) -> Measure:
    """Lowest valid bid over the mean of the valid bids. 最低有效报价除以有效报价平均值。"""
    trade = np.repeat(np.arange(len(records)), records.offers.sizes)
    total = np.bincount(trade, weights=records.offers.values, minlength=len(records))
    mean = total / np.where(records.offers.sizes > 0, records.offers.sizes, np.nan)
    lowest = _lowest(records)
    return numbers(lowest / mean, lowest, mean)


@fact(
    evidence="price",
    unit="ratio",
    needs=("bids.amount",),
    guards=(COMPETED,),
    names=(LOWEST, Phrase("next lowest bid", "次低报价")),
    title=Phrase("lowest valid bid over the next lowest", "最低有效报价与次低报价之比"),
)
def lowest_over_next(records: Records) -> Measure:
    """Lowest valid bid over the second lowest. 最低有效报价除以次低有效报价。"""
    offers = records.offers
    following = np.full(len(records), np.nan)
    paired = offers.sizes >= 2
    following[paired] = offers.values[offers.offsets[:-1][paired] + 1]
    lowest = _lowest(records)
    return numbers(lowest / following, lowest, following)


@fact(
    evidence="price",
    unit="ratio",
    needs=("bids.amount", "trades.ceiling"),
    columns=("trades.ceiling",),
    names=(LOWEST, _words("ceiling")),
    title=Phrase("lowest valid bid over the ceiling", "最低有效报价与最高限价之比"),
)
def lowest_over_ceiling(records: Records) -> Measure:
    """Lowest valid bid over the published ceiling. 最低有效报价除以最高限价。"""
    lowest, ceiling = _lowest(records), amount(records, "ceiling")
    return numbers(lowest / ceiling, lowest, ceiling)


FAMILY = (
    _column("estimated_value", "estimate", "money", Phrase("estimated value or budget", "估算价或预算金额")),
    _column("deposit_amount", "deposit_required", "money", Phrase("deposit demanded", "要求的保证金金额")),
    _column("weight_of_price", "price_weight", "share", Phrase("weight of price", "价格分权重")),
    _column("granted_term", "term_years", "years", Phrase("term that was granted", "授予的期限")),
    _share(
        "deposit_share",
        "deposit_required",
        "estimate",
        Phrase("deposit over the estimate", "保证金占估算价之比"),
    ),
    _share(
        "deposit_over_reserve",
        "deposit_required",
        "reserve",
        Phrase("deposit over the reserve", "保证金占起始价之比"),
    ),
    _share(
        "reserve_over_appraisal",
        "reserve",
        "appraisal",
        Phrase("reserve over the appraisal", "底价与评估值之比"),
    ),
    _price_over("award_over_budget", "estimate", Phrase("award over the budget", "中标金额与预算之比")),
    _price_over("price_over_reserve", "reserve", Phrase("price over the reserve", "成交价与底价之比")),
    valid_bid_over_ceiling,
    award_off_bid,
    awarded_total,
    lowest_over_mean,
    lowest_over_next,
    lowest_over_ceiling,
)
