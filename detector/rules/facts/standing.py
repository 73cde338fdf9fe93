"""Who the parties of a lot are to each other and to the law: links, bans, objections, busy project managers."""

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Phrase
from detector.records import SECONDS_A_DAY, Records
from detector.rules.fact import Measure, Members, fact
from detector.rules.facts.rows import counted

CONTROLLING = ("control", "same_head", "management")
THREE_YEARS = 3 * 365.25 * SECONDS_A_DAY


def _moment(records: Records) -> FloatArray:
    """When each trade's parties are judged: the deadline, else the opening, else the decision."""
    best = records.seconds("deadline_at")
    for column in ("opened_at", "awarded_at"):
        best = np.where(np.isfinite(best), best, records.seconds(column))
    return best


def _participants(records: Records, column: str, among: pd.Series) -> pd.DataFrame:
    """(trade, party, row of bids) of bids, or of the party that `column` of trades names (row -1), in `among`."""
    of_bids = column == "bidder_id"
    parties = records.bids["bidder_id"] if of_bids else records.trades[column]
    named = np.flatnonzero(parties.isin(among).to_numpy(dtype=bool))
    trade = records.bid_trade[named] if of_bids else named
    row = named if of_bids else np.full(len(named), -1)
    return pd.DataFrame({"trade": trade, "party": parties.iloc[named].to_numpy(), "row": row})


def _linked(records: Records, column: str) -> Measure:
    """Bidders linked by control to another bidder, or to the party that `column` of trades names."""
    links = records.relations[records.relations["kind"].isin(CONTROLLING)]
    start = links["from_at"].to_numpy().astype("datetime64[s]")
    end = links["to_at"].to_numpy().astype("datetime64[s]")
    both = pd.DataFrame(
        {
            "party": np.r_[links["party_id"].to_numpy(), links["other_id"].to_numpy()],
            "other": np.r_[links["other_id"].to_numpy(), links["party_id"].to_numpy()],
            "from": np.r_[start, start],
            "to": np.r_[end, end],
        }
    )
    bidders, others = (_participants(records, name, both["party"]) for name in ("bidder_id", column))
    found = bidders.merge(both[both["party"] != both["other"]], on="party")
    found = found.merge(others[["trade", "party"]], left_on=["trade", "other"], right_on=["trade", "party"])
    moment = _moment(records)[found["trade"].to_numpy(dtype=np.int64)]
    since = found["from"].to_numpy().astype("datetime64[s]")
    until = found["to"].to_numpy().astype("datetime64[s]")
    at = np.where(np.isfinite(moment), moment, 0).astype(np.int64).astype("datetime64[s]")
    holds = ~(since > at) & ~(until < at)
    kept = found[holds].drop_duplicates(["trade", "party_x"])
    trade = kept["trade"].to_numpy(dtype=np.int64)
    rows = kept["row"].to_numpy(dtype=np.int64)
    count = np.bincount(trade, minlength=len(records)).astype(np.float64)
    nobody = np.full(len(records), len(records.relations) == 0)
    return Measure(count, unknown=nobody, members=(Members("bids", "bidder_id", trade, rows),))


NO_REGISTER = Phrase("there are no relations of organisations in the records", "记录中无主体关联数据")


@fact(
    evidence="network",
    unit="count",
    needs=("bids",),
    title=Phrase("bidders linked by control or management", "存在控股、管理关系或同一负责人的投标人数"),
    unknown=NO_REGISTER,
)
def linked_bidders(records: Records) -> Measure:
    """Bidders with a controlling link to another bidder of the lot.

    与同标段其他投标人存在控股、管理关系或同一负责人的投标人数。
    """
    return _linked(records, "bidder_id")


@fact(
    evidence="network",
    unit="count",
    needs=("bids", "trades.buyer_id"),
    columns=("trades.buyer_id",),
    title=Phrase("bidders linked to the buyer", "与招标人存在控制关系的投标人数"),
    unknown=NO_REGISTER,
)
def buyer_linked_bidders(records: Records) -> Measure:
    """Bidders with a controlling link to the buyer.

    与招标人（采购人、出让人）存在控制或管理关系的投标人数。
    """
    return _linked(records, "buyer_id")


@fact(
    evidence="network",
    unit="count",
    needs=("bids", "trades.agency_id"),
    columns=("trades.agency_id",),
    title=Phrase("bidders linked to the agency", "与代理机构存在控制关系的投标人数"),
    unknown=NO_REGISTER,
)
def agency_linked_bidders(records: Records) -> Measure:
    """Bidders with a controlling link to the agency. 与代理机构存在控制或管理关系的投标人数。"""
    return _linked(records, "agency_id")


def _own(records: Records, columns: tuple[str, ...]) -> Measure:
    who = records.bids["bidder_id"].to_numpy(dtype=object)
    same = np.zeros(len(who), dtype=bool)
    for column in columns:
        same |= np.asarray(
            records.trades[column].to_numpy(dtype=object)[records.bid_trade] == who, dtype=bool
        )
    rows = np.flatnonzero(same)
    count = counted(records.bid_trade, same, len(records))
    return Measure(count, members=(Members("bids", "bidder_id", records.bid_trade[rows], rows),))


@fact(
    evidence="network",
    unit="count",
    needs=("bids", "trades.agency_id"),
    columns=("trades.agency_id",),
    title=Phrase("bids of the agency that runs the procedure", "代理机构自行投标数"),
)
def agency_bids(records: Records) -> Measure:
    """Bids that the agency handed in for a lot it runs. 代理机构在其代理项目中投标的数目。"""
    return _own(records, ("agency_id",))


@fact(
    evidence="network",
    unit="count",
    needs=("bids", "trades.agency_id", "trades.buyer_id"),
    columns=("trades.agency_id", "trades.buyer_id"),
    title=Phrase("bids of the seller or the auction house", "委托人或拍卖机构参与竞买数"),
)
def seller_bids(records: Records) -> Measure:
    """Bids of the seller or of the auction house itself. 委托人（出让方）或拍卖机构自行参与竞买的数目。"""
    return _own(records, ("agency_id", "buyer_id"))


def _sanctioned(records: Records, kinds: tuple[str, ...], active: bool) -> tuple[IntArray, IntArray]:
    """Row of bids and number of the bidder's sanctions that count at the time of the trade."""
    held = records.sanctions[records.sanctions["kind"].isin(kinds)]
    bids = _participants(records, "bidder_id", held["party_id"]).merge(
        held, left_on="party", right_on="party_id"
    )
    moment = _moment(records)[bids["trade"].to_numpy(dtype=np.int64)]
    since = _seconds(bids["from_at"])
    until = _seconds(bids["to_at"])
    counts = since <= moment
    if active:
        # A ban whose end is not told is taken as over once three years have gone.
        counts &= np.where(np.isfinite(until), moment <= until, moment - since <= THREE_YEARS)
    else:
        counts &= moment - since <= THREE_YEARS
    rows, number = np.unique(bids["row"].to_numpy(dtype=np.int64)[counts], return_counts=True)
    return rows, number.astype(np.int64)


def _seconds(instants: pd.Series) -> FloatArray:
    raw = instants.to_numpy().astype("datetime64[s]")
    return np.where(np.isnat(raw), np.nan, raw.astype(np.int64).astype(np.float64))


def _undated(records: Records) -> BoolArray:
    return np.asarray(np.isnan(_moment(records)) | (len(records.sanctions) == 0), dtype=bool)


UNDATED = Phrase("sanctions, or the date of the trade, are not in the records", "记录中无处罚数据或交易日期")


def _count_of(records: Records, rows: IntArray) -> Measure:
    trade = records.bid_trade[rows]
    count = np.bincount(trade, minlength=len(records)).astype(np.float64)
    found = Members("bids", "bidder_id", trade, rows)
    return Measure(count, unknown=_undated(records), members=(found,))


@fact(
    evidence="identity",
    unit="count",
    needs=("bids",),
    title=Phrase("bidders under an active ban", "处于禁止参加期内的投标人数"),
    unknown=UNDATED,
)
def barred_bidders(records: Records) -> Measure:
    """Bids of firms that were banned when bids were due. 投标截止时处于禁止参加期内的投标人的投标数。"""
    return _count_of(records, _sanctioned(records, ("ban",), active=True)[0])


@fact(
    evidence="identity",
    unit="count",
    needs=("bids",),
    title=Phrase("bidders with a decision against them in three years", "三年内有处罚或失信记录的投标人数"),
    unknown=UNDATED,
)
def ineligible_bidders(records: Records) -> Measure:
    """Bids of firms with a ban, a fine for collusion or dishonesty in three years.

    前三年内有禁入、串通处罚或失信记录的投标数。
    """
    return _count_of(records, _sanctioned(records, ("ban", "collusion", "dishonesty"), active=False)[0])


@fact(
    evidence="identity",
    unit="count",
    needs=("bids",),
    title=Phrase("fines for collusion of one bidder in three years", "同一投标人三年内串通处罚次数"),
    unknown=UNDATED,
)
def collusion_decisions(records: Records) -> Measure:
    """Most decisions for collusion against one bidder in the three years before.

    前三年内同一投标人因串通受处罚的最多次数。
    """
    rows, number = _sanctioned(records, ("collusion",), active=False)
    trade = records.bid_trade[rows]
    most = np.zeros(len(records))
    np.maximum.at(most, trade, number.astype(np.float64))
    repeated = number >= 2
    found = Members("bids", "bidder_id", trade[repeated], rows[repeated])
    return Measure(most, unknown=_undated(records), members=(found,))


FAMILY = (
    linked_bidders,
    buyer_linked_bidders,
    agency_linked_bidders,
    agency_bids,
    seller_bids,
    barred_bidders,
    ineligible_bidders,
    collusion_decisions,
)
