"""Process: bids that were rejected or withdrawn, by whom, how often, and with what reason; and who towered
over them."""

import numpy as np

from detector.arrays import BoolArray, FloatArray
from detector.features.admission import final_bids
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.habits import FEWEST, NO_HISTORY, WILSON
from detector.features.history import Past, processes, wilson_lower
from detector.features.units import Units
from detector.records import Records

FEWEST_BIDS = 10
LOW_SCORE = 5.0


def _disqualified(records: Records) -> BoolArray:
    return (records.bids["status"] == "disqualified").to_numpy(dtype=bool)


@feature(
    code="S13",
    family="process",
    direction="high",
    unit="share",
    needs=("trades.buyer_id", "trades.awarded_at", "bids"),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R037; Government "
    "Procurement Law of China, "
    "Implementing Regulation, Art. 43 (reasons are to be told)",
    title=Phrase("Bids rejected without a reason", "否决投标未载明理由"),
    innocent=Phrase(
        "The reason may be in a document that the record does not repeat.",
        "理由可能载于其他文件，记录中未再填写。",
    ),
    silent=Phrase(
        "no bid was rejected here, or this buyer has never recorded a reason before",
        "没有投标被否决，或该采购单位以往从未记录否决理由",
    ),
    ocp="R037",
)
def rejected_without_reason(records: Records) -> FloatArray:
    """Share of the rejected bids for which no reason is recorded, where the buyer records reasons.

    Definition: disqualified bids without a reason over all disqualified bids of the lot. Asked only of buyers
    that have recorded a reason in an earlier process of three years: elsewhere the gap speaks of the record,
    not of the lot.
    Why it matters: a rejection that nobody can check is easily made.
    Excluded: lots without a rejected bid, buyers that never recorded a reason.
    Example: three bids rejected, one with a reason: 0.67.

    被否决的投标中，未记录理由者所占比例（限于有记录理由习惯的采购单位）。

    定义：该标段未记录理由的被否决投标数，除以全部被否决投标数。仅适用于追溯三年在以往项目中记录过理由的采购单
    位；否则缺失只反映记录习惯，与本标段无关。
    意义：无从核查的否决，容易轻率作出。
    排除：没有投标被否决的标段；从未记录理由的采购单位。
    示例：三家被否决，其中一家载明理由，结果0.67。
    """
    out = _disqualified(records)
    reasoned = out & records.bids["reason"].notna().to_numpy(dtype=bool)
    rejected, told = (
        np.bincount(records.bid_trade, rows, minlength=len(records)) for rows in (out, reasoned)
    )
    units = Units.of(records.buyers.codes, processes(records), records.decided)
    asked = (rejected > 0) & (units.before(units.any(told > 0)) > 0)
    return np.asarray(np.divide(rejected - told, rejected, out=np.full(len(records), np.nan), where=asked))


@feature(
    code="S14",
    family="process",
    direction="high",
    unit="share",
    needs=("trades.buyer_id", "trades.awarded_at", "bids"),
    source=f"Open Contracting Partnership (2024), Red flags in public procurement, R038; {WILSON}",
    title=Phrase("This buyer rejects many bids", "该采购单位否决投标偏多"),
    innocent=Phrase(
        "Demanding works, or bidders new to electronic forms, fail more bids lawfully.",
        "要求较高的工程，或投标人不熟悉电子格式，都会依法否决较多投标。",
    ),
    silent=NO_HISTORY,
    ocp="R038",
)
def rejections_at_buyer(records: Records) -> FloatArray:
    """Share of the bids to this buyer that were rejected before, as a lower bound.

    Definition: Wilson lower 95 % bound of (bidders whose last bid was disqualified) over (bidders whose last
    bid was valid or disqualified) in the buyer's earlier processes, three years back, with the number of
    processes as sample size, for bids of one process are rejected together.
    Why it matters: who rejects easily can choose among those that are left.
    Excluded: buyers with fewer than ten earlier processes with bids.
    Example: 20 earlier processes with 100 bids, 40 of them rejected: 0.24.

    该采购单位以往收到的投标中被否决者的占比，取置信下限。

    定义：追溯三年该采购单位以往项目中，最后一次投标被否决的投标人数，除以最后一次投标有效或被否决的投标人数，
    取威尔逊95%置信下限；因同一项目的投标往往一并否决，以项目数为样本量。
    意义：惯于否决者，便可在剩余投标人中挑选。
    排除：以往有投标的项目少于十个的采购单位。
    示例：以往20个项目共100份投标，其中40份被否决，结果0.24。
    """
    rows = final_bids(records)
    trade = records.bid_trade[rows]
    judged = np.bincount(trade, minlength=len(records)).astype(np.float64)
    out = np.bincount(trade, _disqualified(records)[rows], minlength=len(records))
    past = Past.of(records.buyers.codes, records.decided)
    units = Units.of(records.buyers.codes, processes(records), records.decided)
    number = units.before(units.any(judged > 0))
    bids, rejected = past.total(judged), past.total(out)
    share = np.divide(rejected, bids, out=np.full(len(records), np.nan), where=bids > 0)
    return np.where(number >= FEWEST, wilson_lower(share * number, np.maximum(number, 1.0)), np.nan)


@feature(
    code="S15",
    family="process",
    direction="high",
    unit="share",
    needs=("trades.awarded_at", "bids", "bids.winner"),
    source=f"Open Contracting Partnership (2024), Red flags in public procurement, R038; {WILSON}",
    title=Phrase("A loser whose bids are rejected again and again", "落标人屡次被否决"),
    innocent=Phrase(
        "A beginner makes the same formal mistakes until somebody explains them.",
        "新手在有人指点之前，往往重复同样的形式错误。",
    ),
    silent=Phrase("no losing bidder has ten earlier bids", "落标人中无一家此前参与过十次以上"),
    ocp="R038",
)
def losers_often_rejected(records: Records) -> FloatArray:
    """Largest share of own earlier bids that were rejected, among the losing bidders, as a lower bound.

    Definition: for each losing bidder with ten or more earlier lots, three years back, the Wilson lower 95 %
    bound of (lots in which its last bid was disqualified) over (lots in which it was valid or disqualified);
    the largest.
    Why it matters: a bid that is meant to lose may leave out the seal or the deposit.
    Excluded: lots in which no losing bidder has ten earlier lots; withdrawn and pending bids do not count.
    Example: a loser rejected in 12 of 20 earlier lots: 0.42.

    各落标人以往投标中被否决者所占比例的最大值，取置信下限。

    定义：对追溯三年参与十个以上标段的每一落标人，其最后一次投标被否决的标段数除以有效或被否决的标段数，取威尔
    逊95%置信下限，再取最大值。
    意义：无意中标的投标，可能故意漏盖印章或不交保证金。
    排除：没有落标人此前参与过十个以上标段的标段；撤回和待定的投标不计。
    示例：某落标人以往20个标段中12个被否决，结果0.42。
    """
    rows = final_bids(records)
    rows = rows[np.isfinite(records.decided[records.bid_trade[rows]])]
    trade, out = records.bid_trade[rows], _disqualified(records)[rows]
    past = Past.of(records.bidders.codes[rows], records.decided[trade])
    bids, rejected = past.count(), past.total(out)
    share = np.where(bids >= FEWEST_BIDS, wilson_lower(rejected, np.maximum(bids, 1.0)), np.nan)
    lost = (records.bids["winner"].iloc[rows] != 1.0).to_numpy(dtype=bool)
    result = np.full(len(records), -np.inf)
    known = lost & np.isfinite(share)
    np.maximum.at(result, trade[known], share[known])
    return np.where(np.isfinite(result), result, np.nan)


@feature(
    code="S16",
    family="process",
    direction="high",
    unit="share",
    needs=("bids",),
    source="This project's, after supervision practice in China on withdrawals after the opening "
    "(provisional)",
    title=Phrase("Bids were withdrawn", "投标被撤回"),
    innocent=Phrase(
        "A bidder that finds a mistake, or wins elsewhere first, may withdraw in time.",
        "投标人发现错误或先在别处中标，可以依法及时撤回。",
    ),
    silent=Phrase("all bids are still pending", "投标均未评审"),
)
def bids_withdrawn(records: Records) -> FloatArray:
    """Share of the bidders that withdrew their last bid.

    Definition: bidders whose last bid was withdrawn over bidders whose last bid was valid, disqualified or
    withdrawn. Who only fetched the documents is not in the records.
    Why it matters: competitors that vanish one after the other may have been persuaded.
    Excluded: lots whose bids are all pending.
    Example: six bidders, four withdraw: 0.67.

    撤回最后一次投标的投标人所占比例。

    定义：最后一次投标被撤回的投标人数，除以最后一次投标有效、被否决或被撤回的投标人数。仅获取文件者不在数据中。
    意义：竞争者接连退出，可能是被劝退。
    排除：投标均未评审的标段。
    示例：六家投标，四家撤回，结果0.67。
    """
    status = records.bids["status"]
    rows = np.flatnonzero((status != "pending").to_numpy(dtype=bool))
    trade, bidder = records.bid_trade[rows], records.bidders.codes[rows]
    last = np.ones(len(rows), dtype=bool)
    last[:-1] = (trade[1:] != trade[:-1]) | (bidder[1:] != bidder[:-1])
    rows, trade = rows[last], trade[last]
    gone = (status.iloc[rows] == "withdrawn").to_numpy(dtype=np.float64)
    all_bids = np.bincount(trade, minlength=len(records))
    gone_by_trade = np.bincount(trade, gone, minlength=len(records))
    return np.asarray(
        np.divide(gone_by_trade, all_bids, out=np.full(len(records), np.nan), where=all_bids > 0)
    )


@feature(
    code="S17",
    family="process",
    direction="high",
    unit="ratio",
    needs=("bids.winner", "bids.score"),
    minimum=3,
    guards=(SOLE_WINNER,),
    source="This project's, after supervision practice in China on winners that tower over the field "
    "(provisional)",
    title=Phrase("The winner's score towers over the field", "中标人得分远高于其他投标人"),
    innocent=Phrase(
        "A clearly better offer deserves a clearly better score.",
        "方案明显更优，得分自然明显更高。",
    ),
    silent=Phrase("the scores of the others are too low to compare", "其他投标人得分过低，无法比较"),
)
def winner_score_over_field(records: Records) -> FloatArray:
    """The winner's evaluation score over the mean score of the other effective bids.

    Definition: score of the winner / mean score of the others, where that mean is above 5 points.
    Why it matters: criteria cut to one firm's measure leave the others without points.
    Excluded: lots with several winners or under three bids; fields with a mean score of 5 or less.
    Example: 93 points against 60 and 64: 1.5.

    中标人评审得分与其他有效投标平均得分之比。

    定义：中标人得分 / 其他投标人平均得分，平均得分须高于5分。
    意义：按一家企业量身设定的评审因素，会使其他投标人无分可得。
    排除：有多个中标人或有效投标不足三家的标段；其他投标人平均得分不超过5分的标段。
    示例：93分对60分与64分，结果1.5。
    """
    group = records.effective_rows
    score = records.bids["score"].to_numpy(dtype=np.float64)[group.rows]
    trade = records.bid_trade[group.rows]
    won = records.bidders.codes[group.rows] == records.sole_winner[trade]
    known = np.isfinite(score)
    points = np.where(known, score, 0.0)
    mine = np.bincount(trade, points * won, minlength=len(records))
    others = np.bincount(trade, points * ~won, minlength=len(records))
    number = np.bincount(trade, known & ~won, minlength=len(records))
    scored = np.bincount(trade, known & won, minlength=len(records)) > 0
    mean = np.divide(others, number, out=np.zeros(len(records)), where=number > 0)
    judged = scored & (mean > LOW_SCORE)
    return np.asarray(np.divide(mine, mean, out=np.full(len(records), np.nan), where=judged))


FAMILY: tuple[Feature, ...] = (
    rejected_without_reason,
    rejections_at_buyer,
    losers_often_rejected,
    bids_withdrawn,
    winner_score_over_field,
)
