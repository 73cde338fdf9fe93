"""Bid pattern: what the prices of a whole market look like, as known when the trade was decided."""

import numpy as np

from detector.arrays import FloatArray
from detector.features.conditions import COMPETING_PRICES, PURCHASE
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import Past, combined, on_grid
from detector.kernels.tails import binomial_surprise
from detector.records import Records

FEWEST_PRICES = 100
# Standard deviation of log10: nine in ten prices then span more than a factor of forty.
LEAST_SPREAD = 0.5
GRID_BITS = 36
DIGITS = np.arange(1, 10)
BENFORD = np.log10(1.0 + 1.0 / DIGITS)
NEAR = 0.005
FEWEST_NEAR = 20


@feature(
    code="B22",
    family="bid_pattern",
    direction="high",
    unit="index",
    needs=("trades.awarded_at", "price"),
    source="Benford (1938), Proc. Am. Philos. Soc. 78(4); Nigrini (2012), Benford's Law; Open "
    "Contracting Partnership "
    "(2024), Red flags in public procurement, R029",
    title=Phrase(
        "First digits of the region's prices deviate from Benford's law", "该地区成交价首位数字偏离本福特定律"
    ),
    innocent=Phrase(
        "Fixed fees, price limits and standard lot sizes make some first digits common without any "
        "agreement.",
        "固定收费、最高限价或标准化的标段规模，本来就会使某些首位数字偏多。",
    ),
    silent=Phrase(
        "fewer than a hundred earlier prices in this region, or they span too little",
        "该地区此前成交价少于一百个，或跨度不足",
    ),
    ocp="R029",
)
def first_digits_of_region(records: Records) -> FloatArray:
    """How far the first digits of earlier prices in this region lie from Benford's law.

    Definition: (X - 8) / n, with X the chi-square of the first digits of the n earlier award prices of the
    region (all categories in one currency, for one alone spans too little), three years back, against log10(1
    + 1/d). Its expectation is 0 at any n under the law.
    Why it matters: prices that are made up rather than calculated have other first digits.
    Excluded: regions with fewer than 100 earlier prices, or whose prices span too little for the law (standard
    deviation of log10 under 0.5). One price a lot, for bids of one lot share their first digit.
    Example: 200 prices that all begin with 1 or 2, half each: X = 240.3, 1.16.

    该地区以往成交价首位数字偏离本福特定律的程度。

    定义：(X - 8) / n，X为该地区（同一币种，不分品目）追溯三年n个以往成交价首位数字对log10(1 + 1/d)的卡方统计
    量；服从该定律时，无论n多大其期望值均为0。
    意义：随意编造而非测算得出的价格，首位数字分布不同。
    排除：以往成交价少于100个、或价格跨度不足以适用该定律（log10标准差低于0.5）的地区。每个标段只计一个价格，
    因同一标段各报价首位数字相近。
    示例：200个价格首位全为1或2，各半，X = 240.3，结果1.16。
    """
    price = records.price
    known = np.isfinite(price) & (price > 0)
    logs = np.where(known, np.log10(np.where(known, price, 1.0)), 0.0)
    digits = np.clip((np.where(known, price, 1.0) / 10.0 ** np.floor(logs)).astype(np.int64), 1, 9)
    # One code for all trades without a region.
    region = combined(records.coded("region").codes + 1, records.coded("currency").codes + 1)
    past = Past.of(np.where(known, region, -1), records.decided)
    number = past.count()
    number[number == 0] = np.nan
    mean, square = (past.total(on_grid(power, GRID_BITS)) / number for power in (logs, logs**2))
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    squares = np.zeros(len(records))
    for digit, expected in zip(DIGITS, BENFORD, strict=True):
        share = past.total((digits == digit) & known) / number
        squares += (share - expected) ** 2 / expected
    return np.where((number >= FEWEST_PRICES) & (spread >= LEAST_SPREAD), squares - 8.0 / number, np.nan)


@feature(
    code="B23",
    family="bid_pattern",
    direction="high",
    unit="-log10 p",
    needs=("trades.awarded_at", "bids.amount"),
    minimum=2,
    guards=(COMPETING_PRICES, PURCHASE),
    source="Chassang, Kawai, Nakabayashi, Ortner (2022), Robust screens for noncompetitive bidding in "
    "procurement "
    "auctions, Econometrica 90(1); the binomial form is this project's",
    title=Phrase("In this market hardly anybody loses by a hair", "该市场几乎无人以微小差距落标"),
    innocent=Phrase(
        "Prices in coarse steps, or bids raised in fixed increments, leave no room for tiny gaps.",
        "报价按较大单位取整，或按固定幅度加（降）价，也会缺少微小差距。",
    ),
    silent=Phrase(
        "fewer than twenty earlier close lots in this market", "该市场此前差距微小的标段少于二十个"
    ),
)
def missing_close_losers(records: Records) -> FloatArray:
    """Surprise at how seldom the two best bids of this market lay within half a percent of each other.

    Definition: of the earlier lots of the market (category and price rule), three years back, c had their two
    best bids closer than 0.5 % of the best, d between 0.5 % and 1 %: -log10 P(X >= d), X binomial of c + d
    with chance 1/2. Where bidders compete, gaps are the more frequent the smaller they are, so d should not
    exceed c.
    Why it matters: a competitor would gain by a slightly better price; a ring keeps that space empty so that
    its winner is safe.
    Excluded: sales, where bids rise by increments; lots where prices do not compete (lottery, fixed price),
    and markets with c + d under 20.
    Example: c = 3, d = 21: 3.8; c = 12, d = 12: 0.24.

    该市场前两名报价相差不足百分之零点五的情形之少有多意外。

    定义：该市场（品目与成交规则）追溯三年的以往标段中，前两名报价之差低于最优报价0.5%的有c个，介于0.5%至1%的有d
    个：-log10 P(X >= d)，X服从c + d次、概率1/2的二项分布。充分竞争时差距越小越常见，d不应超过c。
    意义：若存在竞争，略为让利即可胜出；有约定时则会空出这一区间，以保商定的中标人稳妥。
    排除：出让类交易（按幅度加价）；不以价格竞争的标段（抽签、固定价）；c + d少于20的市场。
    示例：c = 3、d = 21，结果3.8；c = 12、d = 12，结果0.24。
    """
    gap = records.screens.leading_gap
    market = combined(records.categories.codes, records.coded("price_rule").codes + 1)
    counted = np.isfinite(gap) & COMPETING_PRICES.holds(records)
    # Every lot with a decision asks, also one without two prices of its own.
    past = Past.of(market, records.decided)
    close = past.total(counted & (gap < NEAR))
    next_to = past.total(counted & (gap >= NEAR) & (gap < 2.0 * NEAR))
    number = close + next_to
    surprise = binomial_surprise(next_to, number, np.full(len(records), 0.5))
    return np.where(number >= FEWEST_NEAR, surprise, np.nan)


FAMILY: tuple[Feature, ...] = (first_digits_of_region, missing_close_losers)
