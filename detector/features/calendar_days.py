"""Calendar: on which local days a trade was announced and decided."""

import numpy as np
from numpy.typing import NDArray

from detector.arrays import FloatArray
from detector.features.declare import Feature, Phrase, feature
from detector.features.history_conditions import COMPETED
from detector.records import Records


def local_dates(records: Records, column: str) -> NDArray[np.datetime64]:
    """Local calendar date of an instant of each trade; NaT where instant or offset are missing."""
    seconds = records.seconds(column) + 60.0 * records.trades["utc_offset"].to_numpy(dtype=np.float64)
    whole = np.where(np.isfinite(seconds), seconds, 0.0).astype("int64").astype("datetime64[s]")
    dates = whole.astype("datetime64[D]")
    dates[~np.isfinite(seconds)] = np.datetime64("NaT")
    return dates


@feature(
    code="T09",
    family="timing",
    direction="low",
    unit="share",
    needs=("trades.published_at", "trades.deadline_at", "trades.utc_offset"),
    guards=(COMPETED,),
    source="This project's, after supervision practice in China on notices published before holidays; "
    "Ministry of Finance of China, Order 87 (2017), Art. 16 (notices stand five working days; "
    "provisional)",
    title=Phrase("Few working days between notice and deadline", "公告期内工作日占比偏低"),
    innocent=Phrase(
        "A short lawful period that begins on a Friday necessarily covers a weekend.",
        "法定期限较短且恰逢周五发布时，公告期自然会跨越周末。",
    ),
    silent=Phrase("the deadline is on the day of publication", "截止日与发布日为同一天"),
)
def working_day_share(records: Records) -> FloatArray:
    """Share of weekdays, Monday to Friday, among the days left after publication.

    Definition: weekdays over calendar days, from the day after publication to the day of the deadline
    inclusive, in local time. Long windows lie near 5/7; only short ones can be much lower. Public holidays
    are not taken out.
    Why it matters: a notice on the eve of a weekend is seen by few, and its period runs while offices are
    closed.
    Excluded: direct awards, and windows that end on the day of publication.
    Example: published on a Friday, deadline on the Monday after: 1 weekday of 3 days, 0.33.

    公告发布后剩余天数中，周一至周五所占比例。

    定义：从发布次日到截止当日（含），按当地时间，周一至周五的天数除以日历天数。期限较长时接近5/7，只有较
    短的期限才会明显偏低；未扣除法定节假日。
    意义：在周末前夕发布的公告少有人看到，而期限又在各单位休息期间流逝。
    排除：直接发包或单一来源；发布当日即截止的标段。
    示例：周五发布，下周一截止，三天中只有一个工作日，结果0.33。
    """
    published, deadline = local_dates(records, "published_at"), local_dates(records, "deadline_at")
    known = ~(np.isnat(published) | np.isnat(deadline))
    known[known] = deadline[known] > published[known]
    share = np.full(len(records), np.nan)
    first, end = published[known] + 1, deadline[known] + 1
    share[known] = np.busday_count(first, end) / (end - first).astype(np.int64)
    return share


@feature(
    code="T10",
    family="timing",
    direction="low",
    unit="days",
    needs=("trades.awarded_at", "trades.utc_offset"),
    source="Liebman & Mahoney (2017), Do expiring budgets lead to wasteful year-end spending?, AER 107(11)",
    title=Phrase("Awarded at the end of the year", "年末集中定标"),
    innocent=Phrase(
        "Budgets that lapse on 31 December make December the busiest month of every honest buyer.",
        "预算年底到期，年末本来就是各单位采购的高峰期。",
    ),
)
def days_to_year_end(records: Records) -> FloatArray:
    """Days from the award to 31 December of the same year, in local time.

    Definition: 31 December minus the local date of the award; 0 to 365. Weak by itself: it counts beside
    other signs.
    Why it matters: money that lapses is spent in haste, with fewer checks and at worse quality.
    Excluded: nothing.
    Example: awarded on 28 December: 3 days.

    从定标到当年12月31日的天数（当地时间）。

    定义：12月31日减定标的当地日期，取值0至365。该指标单独说明不了问题，只与其他迹象一并考虑。
    意义：预算即将到期的资金花得仓促，审核更少，质量更差。
    排除：无。
    示例：12月28日定标，结果3天。
    """
    awarded = local_dates(records, "awarded_at")
    last = (awarded.astype("datetime64[Y]") + 1).astype("datetime64[D]") - 1
    days = (last - awarded).astype("timedelta64[D]").astype(np.float64)
    return np.where(np.isnat(awarded), np.nan, days)


STEPS = ("published_at", "deadline_at", "opened_at", "awarded_at")


@feature(
    code="T13",
    family="timing",
    direction="high",
    unit="share",
    needs=("trades.published_at", "trades.awarded_at", "trades.utc_offset"),
    source="This project's, after supervision practice in China on steps taken outside office hours (provisional)",
    title=Phrase("Steps taken on a weekend", "关键环节安排在周末"),
    innocent=Phrase(
        "Electronic systems publish and close at any hour, and shifted working weekends are office days.",
        "电子系统可全天候发布和截止，调休的周末也是工作日。",
    ),
)
def weekend_steps(records: Records) -> FloatArray:
    """Share of the known steps of a trade that fell on a Saturday or Sunday, in local time.

    Definition: of publication, deadline, opening and award, as far as they are known, the share on a local
    Saturday or Sunday. Public holidays and shifted working days are not known to the feature.
    Why it matters: what happens while offices are closed is watched by few.
    Excluded: nothing; publication and award have to be known.
    Example: published on a Saturday, opened and awarded on working days, no deadline known: 0.33.

    一宗交易已知环节中，落在周六或周日（当地时间）的比例。

    定义：公告发布、投标截止、开标、定标中已知的环节，落在当地周六或周日者所占比例；未考虑法定节假日与调休。
    意义：各单位休息期间进行的环节，少有人关注。
    排除：无；公告发布与定标时间须已知。
    示例：周六发布公告，开标与定标均在工作日，截止时间未知，结果0.33。
    """
    known, weekend = np.zeros(len(records)), np.zeros(len(records))
    for column in STEPS:
        dates = local_dates(records, column)
        there = ~np.isnat(dates)
        known += there
        weekend[there] += ~np.is_busday(dates[there])
    return np.asarray(np.divide(weekend, known, out=np.full(len(records), np.nan), where=known > 0))


FAMILY: tuple[Feature, ...] = (working_day_share, days_to_year_end, weekend_steps)
