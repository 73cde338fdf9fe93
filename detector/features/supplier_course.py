"""Concentration: where a winner comes from and how it grew at this buyer."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import Past, awards, combined, largest_by_trade, processes, processes_before
from detector.features.history_conditions import winning_rows
from detector.kernels.history import repeats_before_each
from detector.kernels.windows import first_before_each
from detector.records import SECONDS_A_DAY, Records, in_seconds

FEWEST_AWARDS = 20
YEAR_DAYS = 365.0


def _founded(records: Records) -> FloatArray:
    """When the winners of each trade were founded, the youngest of several; NaN where one is not known."""
    known = in_seconds(records.parties["registered_at"])
    rows = winning_rows(records)
    place = pd.Index(records.parties["party_id"]).get_indexer(pd.Index(records.bids["bidder_id"].iloc[rows]))
    founded = np.where(place >= 0, known[place], np.nan) if len(known) else np.full(len(rows), np.nan)
    trade = records.bid_trade[rows]
    youngest = largest_by_trade(records, trade, founded)
    unknown = np.bincount(trade, ~np.isfinite(founded), minlength=len(records)) > 0
    return np.where(unknown, np.nan, youngest)


def _founding_known(records: Records) -> BoolArray:
    return np.isfinite(_founded(records))


FOUNDING_NEEDS: dict[str, Callable[[Records], BoolArray]] = {
    "parties.registered_at of the winner": _founding_known
}


@feature(
    code="C09",
    family="concentration",
    direction="low",
    unit="days",
    needs=("trades.published_at", "bids.winner", "parties.registered_at of the winner"),
    source="Fazekas & Kocsis (2020), British Journal of Political Science 50(1); European tender "
    "indicators (new "
    "company)",
    title=Phrase("The winner was founded shortly before the notice", "中标人成立不久即中标"),
    innocent=Phrase(
        "Project companies, spin-offs and young firms are founded for a market and may win it fairly.",
        "项目公司、改制企业和初创企业本来就为进入市场而设，可以正当中标。",
    ),
)
def winner_age_days(records: Records) -> FloatArray:
    """Days from the founding of the winner to the publication of the notice.

    Definition: (publication of the notice - founding of the winner) in days, negative if founded later; the
    youngest of several winners or members of a joint bid.
    Why it matters: a firm that is founded, wins one contract and is seen no more may have been made for it.
    Excluded: nothing; lots whose winner's founding is not recorded are not computable.
    Example: founded on 1 April, notice on 1 May: 30 days.

    从中标人成立到公告发布的天数。

    定义：公告发布时间减中标人成立时间，以天计，公告后成立的为负；有多个中标人或联合体的，取最晚成立者。
    意义：成立后只中一次标便不再出现的企业，可能专为该项目而设。
    排除：无；中标人成立日期未记录的标段列为不可计算。
    示例：4月1日成立，5月1日发布公告，结果30天。
    """
    return (records.seconds("published_at") - _founded(records)) / SECONDS_A_DAY


@feature(
    code="C17",
    family="concentration",
    direction="high",
    unit="index",
    needs=("trades.category", "trades.awarded_at", "bids.winner"),
    guards=(SOLE_WINNER,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R048; Simpson (1949), "
    "Nature 163",
    title=Phrase("The supplier wins in unrelated categories", "供应商中标品目过于庞杂"),
    innocent=Phrase(
        "General traders and wholesalers sell everything.", "综合贸易商和批发商本来就经营各类商品。"
    ),
    silent=Phrase("fewer than twenty earlier awards of this winner", "该中标人此前中标少于二十次"),
    ocp="R048",
)
def supplier_heterogeneity(records: Records) -> FloatArray:
    """Chance that two of the winner's earlier awards were in different categories.

    Definition: 1 - sum of c (c - 1) / (n (n - 1)) over the categories in which c of the winner's n earlier
    awards lay, three years back. It does not grow with n by itself, as the number of categories does.
    Why it matters: nobody is good at everything; a firm that wins anything may be a conduit.
    Excluded: lots with several winners, and winners with fewer than 20 earlier awards.
    Example: 20 earlier awards, ten each in two categories: 0.53; all in different ones: 1.

    该中标人任意两次以往中标属于不同品目的概率。

    定义：1 - Σ c (c - 1) / (n (n - 1))，追溯三年n次以往中标中，各品目有c次。与品目个数不同，该值不随n自然增长。
    意义：没有企业样样在行；什么都能中标的企业可能只是通道。
    排除：有多个中标人的标段；以往中标少于20次的中标人。
    示例：以往20次中标，两个品目各十次，结果0.53；品目各不相同，结果1。
    """
    award = awards(records)
    named = records.coded("category").codes[award.trade]
    past = Past.of(np.where(named >= 0, award.bidder, -1), award.times)
    codes = np.maximum(named[past.order], 0)
    same = past.spread(repeats_before_each(codes, past.offsets, past.times, past.width))
    n = past.count()
    alike = np.divide(same, n * (n - 1), out=np.full(len(n), np.nan), where=n >= FEWEST_AWARDS)
    return largest_by_trade(records, award.trade, 1.0 - alike)


@feature(
    code="C18",
    family="concentration",
    direction="high",
    unit="log10",
    needs=("trades.buyer_id", "trades.awarded_at", "bids.winner", "price"),
    guards=(SOLE_WINNER,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R052",
    title=Phrase("A small first award was followed by this much larger one", "先小额后大额中标"),
    innocent=Phrase(
        "A buyer rightly tries a new supplier with a small order first.",
        "采购单位先以小额订单试用新供应商，本属谨慎之举。",
    ),
    silent=Phrase(
        "the winner's first award at this buyer in three years", "三年内该中标人在该采购单位首次中标"
    ),
    ocp="R052",
)
def foot_in_the_door(records: Records) -> FloatArray:
    """Decimal logarithm of this award over the winner's first one at this buyer.

    Definition: log10(price / price of the earliest award of the buyer to this winner in three years), the
    largest of several at that instant; 1 is ten times as much.
    Why it matters: a cheap first contract may be the price of admission for those that follow.
    Excluded: lots with several winners, and first awards.
    Example: 20,000 two years ago, 2,000,000 now: 2.

    本次中标金额与该中标人在该采购单位首次中标金额之比的常用对数。

    定义：log10(本次中标金额 / 追溯三年该采购单位授予该中标人的最早一次中标金额)，同一时刻有多次的取最大；1表
    示十倍。
    意义：首份合同低价小额，可能是为后续大额合同铺路。
    排除：有多个中标人的标段；首次中标。
    示例：两年前中标20,000，本次2,000,000，结果2。
    """
    award = awards(records)
    own = records.price[award.trade]
    sole = (records.winner_rows.sizes[award.trade] == 1) & (own > 0)
    past = Past.of(np.where(sole, combined(records.buyers.codes[award.trade], award.bidder), -1), award.times)
    first = past.spread(first_before_each(own[past.order], past.offsets, past.times, past.width))
    with np.errstate(invalid="ignore"):
        growth = np.log10(own / first)
    return largest_by_trade(records, award.trade, growth)


@feature(
    code="C24",
    family="concentration",
    direction="low",
    unit="awards",
    needs=("trades.awarded_at", "bids.winner", "parties.registered_at of the winner", "trades.published_at"),
    guards=(SOLE_WINNER,),
    source="This project's, after supervision practice in China on firms made for one project (为特定项目"
    "而生; provisional)",
    title=Phrase("A young firm without a record won", "新设且无业绩的企业中标"),
    innocent=Phrase("Every firm wins its first contract once.", "每家企业都有首次中标的时候。"),
    silent=Phrase("the winner was older than a year", "中标人成立已满一年"),
)
def record_of_a_young_winner(records: Records) -> FloatArray:
    """Earlier processes that a winner founded within a year of the notice had won.

    Definition: number of earlier processes won, three years back, where the winner was founded at most 365
    days before the publication of the notice.
    Why it matters: youth (C09) and the lack of a record tell more together than either alone.
    Excluded: lots with several winners; winners older than 365 days.
    Example: founded in March, notice in May, no earlier award: 0.

    公告发布前一年内成立的中标人，以往中标的项目数。

    定义：中标人在公告发布前365天以内成立的，取其追溯三年以往中标的项目数。
    意义：成立时间短（C09）与缺乏业绩同时出现，比单独出现更值得关注。
    排除：有多个中标人的标段；成立已超过365天的中标人。
    示例：3月成立，5月发布公告，此前没有中标，结果0。
    """
    award = awards(records)
    age = winner_age_days.function(records)[award.trade]
    won = processes_before(award.bidder, processes(records)[award.trade], award.times)
    young = np.where(age <= YEAR_DAYS, won, np.nan)
    return -largest_by_trade(records, award.trade, -young) + 0.0


FAMILY: tuple[Feature, ...] = (
    winner_age_days,
    supplier_heterogeneity,
    foot_in_the_door,
    record_of_a_young_winner,
)
