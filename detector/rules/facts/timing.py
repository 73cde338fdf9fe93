"""Periods between two dates of a trade. A rule counts their days; what is announced and what happened alike."""

import numpy as np
import pandas as pd

from detector.arrays import IntArray
from detector.features.declare import Guard, Phrase
from detector.records import Records
from detector.rules.fact import Fact, Measure, between, fact
from detector.schema import TRADES

DURING_LISTING = Guard(
    Phrase("nothing was amended while it was listed", "披露（挂牌）期间未作修改"),
    lambda records: ~(records.seconds("amended_at") <= records.seconds("listing_from_at")),
)
BEFORE_LISTING = Guard(
    Phrase("nothing was amended before the listing began", "挂牌开始前未作修改"),
    lambda records: ~(records.seconds("amended_at") > records.seconds("listing_from_at")),
)


def _period(name: str, start: str, end: str, title: Phrase, guards: tuple[Guard, ...] = ()) -> Fact:
    """The period from one instant of the trades table to another."""

    def measure(records: Records) -> Measure:
        return between(records.seconds(start), records.seconds(end))

    columns = (f"trades.{start}", f"trades.{end}")
    first, last = TRADES[start], TRADES[end]
    return Fact(
        name=name,
        evidence="timing",
        unit="days",
        needs=columns,
        guards=guards,
        columns=columns,
        names=(Phrase(first.meaning.rstrip("."), first.zh), Phrase(last.meaning.rstrip("."), last.zh)),
        title=title,
        silent=Phrase("there is nothing to measure", "无可计量事项"),
        unknown=Phrase("a date is missing", "缺少日期"),
        period=True,
        description=f"Days from {start} to {end}: {title.en}. 从“{first.zh}”到“{last.zh}”的天数：{title.zh}。",
        function=measure,
    )


def _first_call(records: Records) -> IntArray:
    """Row of the first call of each trade: itself, or what its previous trades lead back to."""
    index = pd.Index(records.trades["trade_id"])
    before = index.get_indexer(pd.Index(records.trades["previous_trade_id"])).astype(np.int64)
    first = np.where(before >= 0, before, np.arange(len(records)))
    # Each step doubles how far back a trade looks; a chain that runs in a circle ends as well.
    for _ in range(max(len(records), 2).bit_length()):
        further = first[first]
        if (further == first).all():
            break
        first = further
    return np.asarray(first, dtype=np.int64)


RELISTED = Guard(
    Phrase("listed for the first time, or appraised again since", "首次披露，或首次披露后已重新评估"),
    lambda records: (
        (_first_call(records) != np.arange(len(records)))
        & ~(records.seconds("appraised_at") > records.seconds("listing_from_at")[_first_call(records)])
    ),
)


@fact(
    evidence="timing",
    unit="days",
    period=True,
    needs=("trades.listing_to_at", "trades.appraised_at"),
    guards=(RELISTED,),
    columns=("trades.listing_to_at", "trades.appraised_at"),
    names=(Phrase("first disclosure", "首次披露"), Phrase("end of this listing", "本次披露截止")),
    title=Phrase(
        "time since the first disclosure under the same appraisal", "沿用同一评估结果自首次披露起的期限"
    ),
)
def relisting_period(records: Records) -> Measure:
    """Days from the first disclosure to the end of this one, if not appraised again.

    自首次披露至本次披露截止的天数（未重新评估）。
    """
    first = records.seconds("listing_from_at")[_first_call(records)]
    return between(first, records.seconds("listing_to_at"))


FAMILY = (
    relisting_period,
    _period(
        "notice_period",
        "published_at",
        "deadline_at",
        Phrase("time between the notice and the deadline for bids", "公告发布至投标截止的期限"),
    ),
    _period(
        "preparation_period",
        "documents_from_at",
        "deadline_at",
        Phrase(
            "time to prepare bids, from the first issue of the documents", "自文件开始发出之日起的编制时间"
        ),
    ),
    _period(
        "document_period",
        "documents_from_at",
        "documents_to_at",
        Phrase("time for which the documents are offered", "文件发售（提供）期限"),
    ),
    _period(
        "prequalification_period",
        "prequalification_to_at",
        "prequalification_deadline_at",
        Phrase(
            "time to apply after the prequalification documents ceased to be offered",
            "停止发售后提交资审申请的期限",
        ),
    ),
    _period(
        "prequalification_notice_period",
        "published_at",
        "prequalification_deadline_at",
        Phrase(
            "time from the notice to the deadline for prequalification", "公告发布至提交资审申请截止的期限"
        ),
    ),
    _period(
        "amendment_period",
        "amended_at",
        "deadline_at",
        Phrase("time left after the last amendment", "最后一次澄清修改后剩余的编制时间"),
    ),
    _period(
        "standing_period",
        "published_at",
        "notice_to_at",
        Phrase("time for which the notice stands", "公告期限"),
    ),
    _period(
        "publicity_delay",
        "reported_at",
        "publicity_from_at",
        Phrase("time from the evaluation report to publicity", "收到评审报告至开始公示的期限"),
    ),
    _period(
        "publicity_period",
        "publicity_from_at",
        "publicity_to_at",
        Phrase("length of publicity", "公示期限"),
    ),
    _period(
        "filing_delay",
        "awarded_at",
        "report_filed_at",
        Phrase("time from the award to the filing of the report", "确定中标人至提交书面报告的期限"),
    ),
    _period(
        "report_delay",
        "evaluated_at",
        "reported_at",
        Phrase("time from the end of the evaluation to the report", "评审结束至送交评审报告的期限"),
    ),
    _period(
        "decision_delay",
        "reported_at",
        "awarded_at",
        Phrase("time from the report to the decision", "收到评审报告至确定成交人的期限"),
    ),
    _period(
        "award_notice_delay",
        "awarded_at",
        "notified_at",
        Phrase("time from the decision to the award notice", "确定成交人至发出通知书的期限"),
    ),
    _period(
        "result_delay",
        "awarded_at",
        "publicised_at",
        Phrase("time from the decision to its publication", "成交至公布结果的期限"),
    ),
    _period(
        "intention_period",
        "prior_notice_at",
        "published_at",
        Phrase("time from the published intention to the notice", "意向公开至公告发布的期限"),
    ),
    _period(
        "listing_notice_period",
        "published_at",
        "listing_from_at",
        Phrase("time from the notice to the start of the listing", "公告发布至挂牌开始的期限"),
    ),
    _period(
        "listing_period",
        "listing_from_at",
        "listing_to_at",
        Phrase("length of the listing or disclosure", "挂牌（披露）期限"),
    ),
    _period(
        "disclosure_period",
        "prior_notice_at",
        "listing_to_at",
        Phrase("length of prior and formal disclosure together", "预披露与正式披露合计期限"),
    ),
    _period(
        "auction_notice_period",
        "published_at",
        "opened_at",
        Phrase("time from the notice to the auction", "公告发布至拍卖日的期限"),
    ),
    _period(
        "listing_amendment_period",
        "amended_at",
        "listing_from_at",
        Phrase("time from an amendment to the start of the listing", "变更公告至挂牌开始的期限"),
        (BEFORE_LISTING,),
    ),
    _period(
        "listing_rest",
        "amended_at",
        "listing_to_at",
        Phrase("listing left after an amendment of what was disclosed", "变更披露内容后剩余的披露期限"),
        (DURING_LISTING,),
    ),
)
