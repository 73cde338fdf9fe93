"""How a procedure was run: who was invited and came, when bids arrived and were opened, who judged them."""

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Phrase
from detector.records import Records
from detector.rules.fact import Fact, Measure, Members, fact, numbers
from detector.rules.facts.rows import counted, largest, members, spread

DEADLINE = Phrase("deadline for bids", "投标截止")


def _column(name: str, column: str, unit: str, title: Phrase) -> Fact:
    """A number of the trades table as it stands."""

    def measure(records: Records) -> Measure:
        return Measure(records.trades[column].to_numpy(dtype=np.float64))

    measure.__name__, measure.__doc__ = name, f"{title.en}. {title.zh}。"
    return fact(
        evidence="process", unit=unit, needs=(f"trades.{column}",), columns=(f"trades.{column}",), title=title
    )(measure)


@fact(
    evidence="process",
    unit="flag",
    needs=("trades.departure_approved",),
    columns=("trades.departure_approved",),
    title=Phrase("no approval of a departure from the rule", "例外情形未获批准"),
)
def departure_not_approved(records: Records) -> Measure:
    """1 where the competent authority did not approve the departure, 0 where it did.

    例外情形未获批准为1，已获批准为0。
    """
    return Measure(1.0 - records.trades["departure_approved"].to_numpy(dtype=np.float64))


def _live(records: Records) -> BoolArray:
    return ~records.bids["status"].isin(("withdrawn",)).to_numpy(dtype=bool)


def _distinct(trade: IntArray, code: IntArray, trades: int) -> FloatArray:
    """Number of different codes (-1: none) of each trade."""
    known = code >= 0
    order = np.lexsort((code[known], trade[known]))
    of, what = trade[known][order], code[known][order]
    new = np.r_[True, (of[1:] != of[:-1]) | (what[1:] != what[:-1])] if len(of) else np.zeros(0, dtype=bool)
    return np.bincount(of[new], minlength=trades).astype(np.float64)


def _joint_or_alone(records: Records) -> IntArray:
    """A code for whoever hands in a bid: the consortium where there is one, else the bidder."""
    joint = records.bids["consortium_id"]
    consortium = np.asarray(pd.factorize(joint)[0], dtype=np.int64)
    alone = records.bidders.codes + int(consortium.max(initial=-1)) + 1
    return np.where(consortium >= 0, consortium, alone)


@fact(
    evidence="concentration",
    unit="count",
    needs=("bids",),
    title=Phrase("bidders at the deadline", "投标截止时的投标人数"),
)
def bidders_present(records: Records) -> Measure:
    """Bidders whose bids were not withdrawn, a consortium counted once.

    未撤回投标的投标人数，联合体计一家。
    """
    live = _live(records)
    count = _distinct(records.bid_trade[live], _joint_or_alone(records)[live], len(records))
    rows = np.flatnonzero(live)
    return Measure(count, members=(Members("bids", "status", records.bid_trade[rows], rows),))


@fact(
    evidence="timing",
    unit="minutes",
    needs=("trades.deadline_at", "bids.submitted_at"),
    columns=("trades.deadline_at",),
    names=(Phrase("bid arrived", "投标递交"), DEADLINE),
    title=Phrase("latest admitted bid after the deadline", "最晚被接收的投标晚于截止时间"),
)
def late_by_minutes(records: Records) -> Measure:
    """Minutes by which the latest admitted bid came after the deadline; negative if before.

    最晚被接收投标晚于截止时间的分钟数。
    """
    trade, deadline = records.bid_trade, records.seconds("deadline_at")
    valid = (records.bids["status"] == "valid").to_numpy(dtype=bool)
    arrived = np.where(valid, records.submitted, np.nan)
    chosen = largest(trade, arrived, len(records))
    last = spread(chosen, arrived)
    found = members("bids", "submitted_at", chosen)
    return Measure((last - deadline) / 60.0, members=(found,))


@fact(
    evidence="timing",
    unit="minutes",
    needs=("trades.deadline_at", "trades.opened_at"),
    columns=("trades.deadline_at", "trades.opened_at"),
    title=Phrase("opening apart from the deadline", "开标时间与投标截止时间之差"),
)
def opening_gap_minutes(records: Records) -> Measure:
    """Minutes between the deadline and the opening, either way. 开标时间与截止时间相差的分钟数。"""
    return Measure(np.abs(records.seconds("opened_at") - records.seconds("deadline_at")) / 60.0)


@fact(
    evidence="process",
    unit="count",
    needs=("trades.panel_size",),
    columns=("trades.panel_size",),
    title=Phrase("members short of an odd number", "评委人数为双数"),
)
def panel_is_even(records: Records) -> Measure:
    """1 where the committee has an even number of members, 0 where odd. 评委人数为双数取1，单数取0。"""
    return Measure(1.0 - records.trades["panel_size"].to_numpy(dtype=np.float64) % 2)


@fact(
    evidence="process",
    unit="share",
    needs=("trades.panel_size", "trades.panel_experts"),
    columns=("trades.panel_size", "trades.panel_experts"),
    names=(Phrase("experts", "评审专家人数"), Phrase("members", "评委人数")),
    title=Phrase("share of experts in the committee", "评审专家占评委人数之比"),
)
def expert_share(records: Records) -> Measure:
    """Experts over members of the committee. 评审专家人数除以评委人数。"""
    experts = records.trades["panel_experts"].to_numpy(dtype=np.float64)
    size = records.trades["panel_size"].to_numpy(dtype=np.float64)
    return numbers(experts / np.where(size > 0, size, np.nan), experts, size)


@fact(
    evidence="process",
    unit="count",
    needs=("trades.panel_experts", "trades.panel_drawn"),
    columns=("trades.panel_experts", "trades.panel_drawn"),
    names=(Phrase("experts", "评审专家人数"), Phrase("drawn at random", "随机抽取人数")),
    title=Phrase("experts not drawn at random", "非随机抽取的专家人数"),
)
def experts_not_drawn(records: Records) -> Measure:
    """Experts who were appointed instead of drawn at random. 非随机抽取（指定）的评审专家人数。"""
    experts = records.trades["panel_experts"].to_numpy(dtype=np.float64)
    drawn = records.trades["panel_drawn"].to_numpy(dtype=np.float64)
    return numbers(np.maximum(experts - drawn, 0.0), experts, drawn)


@fact(
    evidence="process",
    unit="count",
    needs=("bids.candidate_order",),
    title=Phrase("publicised candidates", "公示的中标候选人数"),
)
def candidates(records: Records) -> Measure:
    """Number of different places among the publicised candidates. 公示的中标候选人名次数。"""
    order = records.bids["candidate_order"].to_numpy(dtype=np.float64)
    code: IntArray = np.where(order >= 1, order, -1.0).astype(np.int64)
    count = _distinct(records.bid_trade, code, len(records))
    rows = np.flatnonzero(code >= 1)
    return Measure(count, members=(Members("bids", "candidate_order", records.bid_trade[rows], rows),))


@fact(
    evidence="process",
    unit="count",
    needs=("bids.candidate_order", "bids.winner"),
    title=Phrase("place of the winner among the candidates", "中标人在候选人中的名次"),
    unknown=Phrase("it is not known which place the winner had", "中标人的候选名次未知"),
)
def winner_place(records: Records) -> Measure:
    """Highest place number of a winner among the candidates; 0 if not among them.

    中标人的候选名次，不在候选人之列为0。
    """
    rows = records.winner_rows.rows
    order = records.bids["candidate_order"].to_numpy(dtype=np.float64)[rows]
    # A winner outside the candidates weighs more than any place among them.
    ranked = np.where(order == 0, np.inf, order)
    trade = records.bid_trade[rows]
    chosen = largest(trade, np.where(np.isinf(ranked), 1e9, ranked), len(records))
    unknown = counted(trade, np.isnan(order), len(records)) > 0
    place = spread(chosen, order)
    here = np.flatnonzero(chosen >= 0)
    found = Members("bids", "candidate_order", here, rows[chosen[here]])
    return Measure(place, unknown=unknown, members=(found,))


@fact(
    evidence="process",
    unit="count",
    needs=("bids.brand",),
    title=Phrase("different brands of the core product", "核心产品不同品牌数"),
)
def brands(records: Records) -> Measure:
    """Different brands of the core product among valid bids. 有效投标中核心产品的不同品牌数。"""
    valid = (records.bids["status"] == "valid").to_numpy(dtype=bool)
    codes = np.asarray(pd.factorize(records.bids["brand"])[0], dtype=np.int64)
    named = np.flatnonzero(valid & (codes >= 0))
    found = Members("bids", "brand", records.bid_trade[named], named)
    return Measure(_distinct(records.bid_trade[valid], codes[valid], len(records)), members=(found,))


@fact(
    evidence="process",
    unit="count",
    needs=("bids.amount",),
    title=Phrase("different live bids of one bidder", "同一投标人的不同有效报价数"),
)
def live_bids_of_one(records: Records) -> Measure:
    """Most different prices that one bidder has standing in the lot.

    同一投标人在该标段同时有效的不同报价数（取最多者）。
    """
    bids = records.bids
    amount = bids["amount"].to_numpy(dtype=np.float64)
    rows = np.flatnonzero((bids["status"] == "valid").to_numpy(dtype=bool) & np.isfinite(amount))
    trade, bidder = records.bid_trade[rows], records.bidders.codes[rows]
    order = np.lexsort((amount[rows], bidder, trade))
    of, who, price = trade[order], bidder[order], amount[rows][order]
    first = np.r_[True, (of[1:] != of[:-1]) | (who[1:] != who[:-1])] if len(of) else np.zeros(0, dtype=bool)
    new = first.copy()
    new[1:] |= price[1:] != price[:-1]
    group = np.cumsum(first) - 1
    number = np.bincount(group[new])
    most = np.full(len(records), np.nan)
    np.fmax.at(most, of[first], number.astype(np.float64))
    several = number[group] > 1
    found = Members("bids", "amount", of[several], rows[order][several])
    return Measure(most, members=(found,))


@fact(
    evidence="process",
    unit="count",
    needs=("bids",),
    title=Phrase("bidders that take part twice", "重复参加投标的投标人数"),
)
def bidders_taking_part_twice(records: Records) -> Measure:
    """Bidders in a consortium that also bid alone or in another one.

    参加联合体后又单独或参加其他联合体投标的投标人数。
    """
    live = np.flatnonzero(_live(records))
    trade, bidder = records.bid_trade[live], records.bidders.codes[live]
    joint = records.bids["consortium_id"].iloc[live]
    way = _joint_or_alone(records)[live]
    order = np.lexsort((way, bidder, trade))
    of, who, how = trade[order], bidder[order], way[order]
    same = (of[1:] == of[:-1]) & (who[1:] == who[:-1]) & (how[1:] != how[:-1])
    in_joint = joint.notna().to_numpy(dtype=bool)[order]
    # Two ways to take part, one of them a consortium: two bids of a firm alone are another matter.
    twice = np.flatnonzero(same & (in_joint[1:] | in_joint[:-1]))
    count = _distinct(of[twice], who[twice], len(records))
    rows = np.r_[live[order][twice], live[order][twice + 1]]
    return Measure(count, members=(Members("bids", "consortium_id", records.bid_trade[rows], rows),))


@fact(
    evidence="process",
    unit="count",
    needs=("bids.deposit_form",),
    title=Phrase("deposits paid in cash", "以现金交纳的保证金数"),
)
def cash_deposits(records: Records) -> Measure:
    """Bids whose deposit was paid in cash. 以现金交纳保证金的投标数。"""
    cash = (records.bids["deposit_form"] == "cash").to_numpy(dtype=bool)
    rows = np.flatnonzero(cash)
    return Measure(
        counted(records.bid_trade, cash, len(records)),
        members=(Members("bids", "deposit_form", records.bid_trade[rows], rows),),
    )


@fact(
    evidence="process",
    unit="count",
    needs=("bids.explained", "bids.amount"),
    title=Phrase("lowest bid not asked to explain itself", "最低报价未经说明"),
    unknown=Phrase("whether the lowest bid was asked to explain is not known", "最低报价是否作出说明未知"),
)
def lowest_unexplained(records: Records) -> Measure:
    """1 where the lowest valid bid gave no explanation, 0 where it did.

    最低有效报价未作说明取1，已说明取0。
    """
    offers = records.offers
    explained = np.full(len(records), np.nan)
    filled = offers.sizes > 0
    rows = offers.rows[offers.offsets[:-1][filled]]
    explained[filled] = records.bids["explained"].to_numpy(dtype=np.float64)[rows]
    found = Members("bids", "explained", np.flatnonzero(filled), rows)
    return Measure(1.0 - explained, unknown=filled & np.isnan(explained), members=(found,))


FAMILY = (
    _column("invited_firms", "invited_count", "count", Phrase("firms invited", "邀请单位数")),
    _column("committee_members", "panel_size", "count", Phrase("members of the committee", "评委人数")),
    _column(
        "minimum_price",
        "minimum_price_set",
        "flag",
        Phrase("a lowest admissible price is set", "设有最低限价"),
    ),
    departure_not_approved,
    bidders_present,
    late_by_minutes,
    opening_gap_minutes,
    panel_is_even,
    expert_share,
    experts_not_drawn,
    candidates,
    winner_place,
    brands,
    live_bids_of_one,
    bidders_taking_part_twice,
    cash_deposits,
    lowest_unexplained,
)
