"""Arrival: when bids came in, against the deadline and against each other.

The minutes between two uploads mean nothing by themselves: in an honest lot of five whose bids all come in the
last two hours, two of them lie within five minutes of each other six times in ten. So closeness is judged
against what is expected for that number of bids over that span of time.
"""

import numpy as np
import pandas as pd

from detector.arrays import FloatArray, IntArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import largest_by_trade
from detector.features.history_conditions import winning_rows
from detector.kernels.arrivals import closest_arrivals, lateness
from detector.kernels.grouping import best_first_each, group_offsets
from detector.records import Records


def _arrivals(records: Records) -> tuple[IntArray, FloatArray]:
    """Trade and arrival of every effective bid with a known one; a joint bid arrives with its last member."""
    bids = records.bids
    rows = np.flatnonzero((bids["status"] == "valid").to_numpy(dtype=bool))
    trade, bidder = records.bid_trade[rows], records.bidders.codes[rows]
    final = np.ones(len(rows), dtype=bool)
    final[:-1] = (trade[1:] != trade[:-1]) | (bidder[1:] != bidder[:-1])
    rows = rows[final & np.isfinite(records.submitted[rows])]
    trade, arrived = records.bid_trade[rows], records.submitted[rows]
    joint = pd.factorize(bids["consortium_id"].iloc[rows])[0]
    if (joint < 0).all():
        return trade, arrived
    bid = np.where(joint < 0, -1 - records.bidders.codes[rows], joint)
    last = pd.DataFrame({"trade": trade, "bid": bid, "arrived": arrived}).groupby(
        ["trade", "bid"], sort=False
    )
    together = last["arrived"].max().reset_index()
    return together["trade"].to_numpy(dtype=np.int64), together["arrived"].to_numpy(dtype=np.float64)


def _in_order(records: Records) -> tuple[FloatArray, IntArray]:
    """Arrivals by trade, earliest first, and their offsets."""
    trade, arrived = _arrivals(records)
    offsets = group_offsets(trade, len(records))
    return best_first_each(arrived, offsets, np.zeros(len(records), dtype=bool)), offsets


@feature(
    code="T06",
    family="timing",
    direction="high",
    unit="minutes",
    needs=("trades.deadline_at", "bids.winner", "bids.submitted_at of the winner"),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R030; Tendering and "
    "Bidding Law of China, Art. 28 (bids handed in after the deadline are to be refused)",
    title=Phrase("The winning bid came after the deadline", "中标人的投标在截止时间之后递交"),
    innocent=Phrase(
        "The deadline was extended without an update of the record, or two clocks disagree.",
        "截止时间曾顺延而记录未更新，或不同系统的时钟不一致。",
    ),
    ocp="R030",
)
def late_winning_bid(records: Records) -> FloatArray:
    """Minutes by which the winning bid missed the deadline; 0 if it was in time.

    Definition: (arrival of the winning bid - deadline) in minutes, not below 0; the latest of several winners.
    Why it matters: late bids are to be refused; one that wins was let in, perhaps knowing the others.
    Excluded: nothing; an unknown arrival is not computable.
    Example: deadline 09:00, winning bid at 09:45: 45 minutes.

    中标人的投标迟于截止时间的分钟数，按时递交为0。

    定义：中标人投标的递交时间减投标截止时间，以分钟计，不低于0；有多个中标人时取最迟者。
    意义：逾期送达的投标应予拒收；逾期投标却中标，说明被接纳，而且可能已知晓他人报价。
    排除：无；递交时间未知的标段列为不可计算。
    示例：投标截止时间为9时，中标人9时45分递交，结果45分钟。
    """
    rows = winning_rows(records)
    trade = records.bid_trade[rows]
    late = np.maximum(records.submitted[rows] - records.seconds("deadline_at")[trade], 0.0) / 60.0
    return largest_by_trade(records, trade, late)


@feature(
    code="T07",
    family="timing",
    direction="high",
    unit="-log10 p",
    needs=("bids.submitted_at",),
    minimum=3,
    source="David & Nagaraja (2003), Order statistics, section 6.4 (smallest uniform spacing); the two "
    "clocks are this project's",
    title=Phrase("Bids of different bidders arrived unusually close together", "不同投标人递交时间异常接近"),
    innocent=Phrase(
        "Bidders queue at one counter, or a system outage releases waiting uploads together.",
        "集中现场递交，或系统故障恢复后排队上传，都会使时间接近。",
    ),
    silent=Phrase("fewer than three arrivals are known", "已知递交时间不足三个"),
)
def bunched_arrivals(records: Records) -> FloatArray:
    """Surprise at how close the two closest arrivals are, for that many bids over that span.

    Definition: -log10 of the chance that the smallest gap x is as small, given first and last arrival T apart,
    with the others uniform between them: p = 1 - (1 - (n - 1) x / T)^(n - 2). On the clock and on the logarithm
    of the time left to the deadline; the less surprising of the two counts. Each gap is taken one tick of the
    clock longer than recorded.
    Why it matters: bids prepared by one hand are handed in one after the other.
    Excluded: lots with fewer than three bids or known arrivals. Without a deadline only the clock is used.
    Example: arrivals at 0, 100, 101 and 300 minutes, deadline at 400: chance 0.04, value 1.4.

    结合投标家数与时间跨度，最接近的两次递交有多意外。

    定义：已知首末递交时间，其余在两者之间均匀分布时，最小间隔不大于实际值的概率，取-log10：p = 1 - (1 -
    (n - 1) x / T)^(n - 2)，x为最小间隔，T为时间跨度。分别按时钟时间和距截止剩余时间的对数计算，取较不意外
    者；间隔按多计一个时钟刻度处理。
    意义：由同一人经手编制的投标文件，往往一份接一份地递交。
    排除：有效投标或已知递交时间不足三个的标段。没有投标截止时间的，只按时钟时间计算。
    示例：第0、100、101、300分钟递交，第400分钟截止，概率0.04，结果1.4。
    """
    arrived, offsets = _in_order(records)
    return closest_arrivals(arrived, offsets, records.seconds("deadline_at"))


@feature(
    code="T08",
    family="timing",
    direction="high",
    unit="log10",
    needs=("trades.deadline_at", "bids.winner", "bids.submitted_at", "bids.submitted_at of the winner"),
    minimum=2,
    guards=(SOLE_WINNER,),
    source="Ivanov & Nesterov (2020), Stealed-bid auctions: detecting bid leakage via semi-supervised "
    "learning, arXiv 1903.00261",
    title=Phrase("The winner came last and close to the deadline", "中标人最后且临近截止时间递交"),
    innocent=Phrase(
        "Careful bidders polish a bid to the last minute, and someone has to be last.",
        "谨慎的投标人常常在最后时刻递交，而总有一家是最后一家。",
    ),
)
def winner_came_last(records: Records) -> FloatArray:
    """How late among its rivals the winner arrived, weighted by how much of the arrival period had passed.

    Definition: log10(n / r) * elapsed. n: bids with a known arrival; r: the winner's place counted from
    the last (1 = last; bids of the same second share the mean place), so r / n is the chance of coming as
    late; elapsed: share of the time from the first arrival to the deadline that had passed, at most 1.
    Why it matters: where bids leak, the favoured bidder waits to see the others and bids last.
    Excluded: lots with one bid or several winners.
    Example: last of 10 bids, at the deadline: 1.0; last of 2: 0.3; first of any number: 0.

    中标人在各投标人中递交得有多晚，并按递交期已过去的比例加权。

    定义：log10(n / r) * e。n为递交时间已知的投标数；r为中标人从最晚者数起的名次（1为最晚；同一秒递交者取
    平均名次），r / n即递交不早于此的概率；e为从首次递交到投标截止的时间中已过去的比例，最大为1。
    意义：投标信息外泄时，受照顾的投标人会等着看清他人之后最后递交。
    排除：仅一家有效投标的标段；有多个中标人的标段。
    示例：十家中最后一个，恰在截止时递交，结果1.0；两家中最后一个，结果0.3；无论几家，最先递交者为0。
    """
    winners = winning_rows(records)
    won = largest_by_trade(records, records.bid_trade[winners], records.submitted[winners])
    arrived, offsets = _in_order(records)
    return lateness(arrived, offsets, won, records.seconds("deadline_at"))


FAMILY: tuple[Feature, ...] = (late_winning_bid, bunched_arrivals, winner_came_last)
