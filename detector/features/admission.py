"""Admission: who was let into the competition, how often it was called, and by which method."""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import largest_by_trade
from detector.features.history_conditions import REPEATED_CALL, previous_trade, winning_rows
from detector.features.price_conditions import PRICE_DECIDES
from detector.records import Records

METHOD_OPENNESS = {
    "open": 0.0,
    "auction": 0.0,
    "listing": 0.0,
    "selective": 0.5,
    "limited": 1.0,
    "direct": 1.0,
}


def final_bids(records: Records) -> IntArray:
    """Last bid of each bidder that was neither withdrawn nor left pending."""
    judged = records.bids["status"].isin(("valid", "disqualified")).to_numpy(dtype=bool)
    rows = np.flatnonzero(judged)
    trade, bidder = records.bid_trade[rows], records.bidders.codes[rows]
    last = np.ones(len(rows), dtype=bool)
    last[:-1] = (trade[1:] != trade[:-1]) | (bidder[1:] != bidder[:-1])
    return rows[last]


@feature(
    code="S01",
    family="process",
    direction="high",
    unit="share",
    needs=("bids", "bids.winner"),
    source="Open Contracting Partnership (2024), Red flags in public procurement",
    title=Phrase("Most of the winner's rivals were disqualified", "中标人的竞争对手大多被否决"),
    innocent=Phrase(
        "A strict formal requirement, or bidders new to the rules, can fail many bids lawfully.",
        "形式要求严格，或投标人不熟悉规则，都可能使多数投标依法被否决。",
    ),
    silent=Phrase("the winner had no rival", "中标人没有竞争对手"),
    ocp="R035",
)
def rivals_disqualified(records: Records) -> FloatArray:
    """Share of the bidders other than the winners that were disqualified.

    Definition: losing bidders whose last bid was disqualified, over all losing bidders with a valid or
    disqualified bid. 1: all but the winner were out.
    Why it matters: when everyone else is ruled out, the winner's price was never tested.
    Excluded: lots in which nobody but the winner bid; withdrawn and pending bids do not count.
    Example: five bidders, one wins, three of the other four disqualified: 0.75.

    中标人以外的投标人中，被否决者所占比例。

    定义：最后一次投标被否决的未中标人数，除以投标有效或被否决的全部未中标人数。1表示除中标人外全部出局。
    意义：其他投标人全部被否决时，中标价没有经过竞争检验。
    排除：除中标人外无人投标的标段；撤回和待定的投标不计。
    示例：五家投标，一家中标，其余四家中三家被否决，结果0.75。
    """
    rows = final_bids(records)
    losing = rows[(records.bids["winner"].iloc[rows] != 1.0).to_numpy(dtype=bool)]
    out = (records.bids["status"].iloc[losing] == "disqualified").to_numpy(dtype=np.float64)
    rivals = np.bincount(records.bid_trade[losing], minlength=len(records))
    ruled_out = np.bincount(records.bid_trade[losing], weights=out, minlength=len(records))
    return np.asarray(np.divide(ruled_out, rivals, out=np.full(len(records), np.nan), where=rivals > 0))


@feature(
    code="S02",
    family="process",
    direction="high",
    unit="share",
    needs=("trades.price_rule", "bids.winner", "price", "bids.amount of disqualified bids"),
    guards=(PRICE_DECIDES, SOLE_WINNER),
    source="Open Contracting Partnership (2024), Red flags in public procurement",
    title=Phrase("A better price was disqualified although price decides", "价格更优的投标被否决"),
    innocent=Phrase(
        "A bid below cost, without guarantee or outside the specification has to be refused.",
        "低于成本、未交保证金或不满足技术要求的投标，依法应当否决。",
    ),
    ocp="R036",
)
def better_price_disqualified(records: Records) -> FloatArray:
    """By how much the best disqualified price beats the price of the award, where price alone decides.

    Definition: (price - lowest disqualified bid) / price in a purchase, (highest disqualified bid - price) /
    price in a sale, not below 0; 0 where none was disqualified.
    Why it matters: striking out the cheapest bid is the simplest way to let another win.
    Excluded: price rules under which something else decides too; lots with several winners.
    Example: awarded at 100, a bid of 90 was disqualified: 0.1.

    仅以价格定标时，被否决的最优报价比中标价优惠多少。

    定义：采购类为(中标价 - 被否决的最低报价) / 中标价，出让类为(被否决的最高报价 - 成交价) / 成交价，不低
    于0；没有被否决的投标时为0。
    意义：否决最优报价，是让他人中标的最简单途径。
    排除：价格不是唯一决定因素的成交规则；有多个中标人的标段。
    示例：中标价100，一家报价90被否决，结果0.1。
    """
    rows = final_bids(records)
    rows = rows[(records.bids["status"].iloc[rows] == "disqualified").to_numpy(dtype=bool)]
    trade, amount = records.bid_trade[rows], records.bids["amount"].to_numpy(dtype=np.float64)[rows]
    better = np.where(records.is_sale[trade], amount - records.price[trade], records.price[trade] - amount)
    gain = np.zeros(len(records))
    known = np.isfinite(better)
    np.maximum.at(gain, trade[known], better[known])
    share = np.divide(gain, records.price, out=np.full(len(records), np.nan), where=records.price > 0)
    return np.asarray(share)


@feature(
    code="S05",
    family="process",
    direction="high",
    unit="grade",
    needs=("trades.previous_trade_id", "trades.awarded_at", "bids of the previous call", "bids.winner"),
    guards=(REPEATED_CALL, SOLE_WINNER),
    source="This project's, after supervision practice in China; Tendering and Bidding Law of China, "
    "Art. 28 (fewer than three bidders: call again) and Art. 42 (all bids rejected: call again; "
    "provisional)",
    title=Phrase("A repeated call went to a bidder of the failed one", "重新招标后由原投标人中标"),
    innocent=Phrase(
        "Who wanted the contract the first time usually tries again, and may deserve to win.",
        "首次参与的企业通常会再次投标，中标也可能名副其实。",
    ),
)
def repeated_call_same_winner(records: Records) -> FloatArray:
    """Whether the winner of a repeated call had bid in, or won, the call before.

    Definition: 0 if the winner had not bid in the previous call; 1 if it had; 2 if it had won it. The
    previous call's bids were known before this decision, so they count although it was never decided.
    Why it matters: a tender may be failed and repeated until the wanted bidder can win.
    Excluded: first calls, and lots with several winners. Of a joint bid any member counts.
    Example: round 1 failed with bidders A and B; A wins round 2: 1.

    重新招标的中标人是否参加过前次招标，或在前次已中标。

    定义：中标人未参加前次招标为0，参加过为1，前次已中标为2。前次的投标情况在本次定标前已为人所知，即使前
    次未定标也计入。
    意义：招标可能一再流标、重来，直到属意的投标人能够中标。
    排除：首次招标；有多个中标人的标段。联合体以任一成员计。
    示例：首次招标有甲、乙两家投标而流标，重新招标由甲中标，结果1。
    """
    row = previous_trade(records)
    winners = winning_rows(records)
    trade = records.bid_trade[winners]
    width = len(records.bidders.labels) + 1
    repeated = np.zeros(len(records), dtype=bool)
    repeated[row[row >= 0]] = True
    bids = np.flatnonzero(repeated[records.bid_trade])
    there = records.bid_trade[bids] * width + records.bidders.codes[bids]
    won_there = there[(records.bids["winner"].iloc[bids] == 1.0).to_numpy(dtype=bool)]
    asked = row[trade] * width + records.bidders.codes[winners]
    grade = np.isin(asked, there).astype(np.float64) + np.isin(asked, won_there)
    return largest_by_trade(records, trade, np.where(row[trade] >= 0, grade, np.nan))


@feature(
    code="S06",
    family="process",
    direction="high",
    unit="grade",
    needs=("trades.method",),
    source="Open Contracting Partnership (2024), Red flags in public procurement; Fazekas & Kocsis "
    "(2020), British Journal of Political Science 50(1)",
    title=Phrase("Not open to all bidders", "未采用公开竞争方式"),
    innocent=Phrase(
        "Small, urgent, secret or patented purchases may lawfully go without an open call.",
        "小额、应急、涉密或专利项目，依法可以不公开招标。",
    ),
    silent=Phrase("the method is published as 'other'", "交易方式公布为“其他”"),
    ocp="R010",
)
def non_open_method(records: Records) -> FloatArray:
    """How far the method closed the trade to bidders.

    Definition: 0 for open, auction and listing; 0.5 for selective (prequalified); 1 for limited and direct.
    Why it matters: where the buyer chooses who may bid, it can choose who wins.
    Excluded: methods published as 'other'.
    Example: a single-source purchase: 1.

    交易方式在多大程度上对投标人关闭。

    定义：公开招标、拍卖（竞价）、挂牌为0；邀请招标（资格预审）为0.5；限制性方式与直接发包、单一来源为1。
    意义：由采购单位选定谁可以参加，也就可能决定由谁中标。
    排除：交易方式公布为“其他”的标段。
    示例：一次单一来源采购，结果1。
    """
    degree = records.trades["method"].map(METHOD_OPENNESS)
    return np.asarray(degree.to_numpy(dtype=np.float64))


FAMILY: tuple[Feature, ...] = (
    rivals_disqualified,
    better_price_disqualified,
    repeated_call_same_winner,
    non_open_method,
)
