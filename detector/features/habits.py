"""Concentration: what buyers, agencies and markets were like before, as shares with a lower bound.

Every number here is the Wilson lower 95 % bound of a share of earlier processes, three years back, other lots
of the trade's own process left out. It describes an office or a market, not the trade: it is read beside
other signs.
"""

from functools import partial

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Feature, Phrase, feature
from detector.features.history import combined, markets, processes, wilson_lower
from detector.features.history_conditions import COMPETED
from detector.features.units import Units
from detector.records import Records

FEWEST = 10
NO_HISTORY = Phrase("fewer than ten earlier processes to take a share of", "可用于计算占比的以往项目少于十个")
WILSON = "Wilson (1927), JASA 22(158)"

habit = partial(feature, family="concentration", direction="high", unit="share", silent=NO_HISTORY)


def share_before(records: Records, key: IntArray, counted: BoolArray, told: BoolArray) -> FloatArray:
    """Lower bound of the share of the earlier processes with `key` and `counted` that have `told`; one a trade.

    A process is what its lots decided first are: `counted` if one of them is. NaN with fewer than ten.
    """
    units = Units.of(key, processes(records), records.decided)
    number, hits = units.before(units.any(counted)), units.before(units.any(counted & told))
    return np.where(number >= FEWEST, wilson_lower(hits, np.maximum(number, 1.0)), np.nan)


def _single_bids(records: Records, office: IntArray) -> FloatArray:
    bids = records.bidder_counts
    return share_before(records, office, COMPETED.holds(records) & (bids > 0), bids == 1)


@habit(
    code="C15",
    needs=("trades.buyer_id", "trades.awarded_at", "bids"),
    source=f"European Commission, Single Market Scoreboard (single bidders); {WILSON}",
    title=Phrase("This buyer often receives a single bid", "该采购单位屡次仅一家投标"),
    innocent=Phrase(
        "Special equipment, or a remote seat, leaves one supplier for most of what a buyer needs.",
        "设备专用或地处偏远的单位，多数需求本来就只有一家供应商。",
    ),
)
def single_bids_at_buyer(records: Records) -> FloatArray:
    """Share of the buyer's earlier processes with one effective bid, as a lower bound.

    Definition: Wilson lower 95 % bound of (earlier processes with a lot of one effective bid) over (earlier
    processes open to competition with a bid), three years back.
    Why it matters: where rivals have given up on a buyer they may know why.
    Excluded: direct awards; buyers with fewer than ten earlier processes.
    Example: 12 of 20 earlier processes: 0.42.

    该采购单位以往项目中仅一家有效投标者的占比，取置信下限。

    定义：追溯三年，含仅一家有效投标标段的项目数，除以有投标的竞争性项目数，取威尔逊95%置信下限。
    意义：竞争者不再参加某单位的项目，或许自有原因。
    排除：直接发包或单一来源；以往项目少于十个的采购单位。
    示例：以往20个项目中12个，结果0.42。
    """
    return _single_bids(records, records.buyers.codes)


@habit(
    code="C22",
    needs=("trades.agency_id", "trades.awarded_at", "bids"),
    source=f"European Commission, Single Market Scoreboard (single bidders); {WILSON}",
    title=Phrase("This agency often receives a single bid", "该代理机构经办项目屡次仅一家投标"),
    innocent=Phrase(
        "An agency for special goods runs the procedures that draw few bidders.",
        "专办特殊品目的代理机构，所办项目本来就少有人投标。",
    ),
)
def single_bids_at_agency(records: Records) -> FloatArray:
    """Share of the agency's earlier processes with one effective bid, as a lower bound.

    Definition: as for C15, with the agency in the place of the buyer.
    Why it matters: documents that fit one bidder are written by whoever runs the procedure.
    Excluded: direct awards; agencies with fewer than ten earlier processes.
    Example: 12 of 20 earlier processes: 0.42.

    该代理机构以往经办项目中仅一家有效投标者的占比，取置信下限。

    定义：同C15，以代理机构代替采购单位。
    意义：只适合一家的文件，出自经办程序者之手。
    排除：直接发包或单一来源；以往项目少于十个的代理机构。
    示例：以往20个项目中12个，结果0.42。
    """
    return _single_bids(records, records.coded("agency_id").codes)


@habit(
    code="C19",
    needs=("trades.awarded_at", "bids.winner"),
    source=f"Open Contracting Partnership (2024), Red flags in public procurement, R026; {WILSON}",
    title=Phrase("Joint bids often win in this market", "该市场联合体中标普遍"),
    innocent=Phrase(
        "Large works need more than one firm's means and papers.",
        "大型工程往往需要多家企业的能力与资质。",
    ),
    ocp="R026",
)
def joint_bids_win(records: Records) -> FloatArray:
    """Share of the earlier processes of this market that joint bids won, as a lower bound.

    Definition: Wilson lower 95 % bound of (earlier processes with a lot won by a consortium) over (earlier
    processes with a winner), in the market (category and region), three years back.
    Why it matters: firms that could have bid against each other bid together instead.
    Excluded: markets with fewer than ten earlier processes.
    Example: 10 of 20 earlier processes: 0.33.

    该市场以往项目中由联合体中标者的占比，取置信下限。

    定义：该市场（品目与地区）追溯三年，含联合体中标标段的项目数，除以有中标人的项目数，取威尔逊95%置信下限。
    意义：本可相互竞争的企业，改为联合投标。
    排除：以往项目少于十个的市场。
    示例：以往20个项目中10个，结果0.33。
    """
    bids = records.bids
    joint = ((bids["winner"] == 1.0) & bids["consortium_id"].notna()).to_numpy(dtype=np.float64)
    told = np.bincount(records.bid_trade, joint, minlength=len(records)) > 0
    return share_before(records, markets(records), records.winner_rows.sizes > 0, told)


@habit(
    code="C21",
    needs=("trades.buyer_id", "trades.agency_id", "trades.awarded_at"),
    source=f"This project's, after supervision practice in China on agencies tied to one office "
    f"(provisional); {WILSON}",
    title=Phrase("This agency runs most of the buyer's procedures", "该采购单位多由该代理机构经办"),
    innocent=Phrase(
        "A framework contract with one agency, or a central purchasing body, is ordinary.",
        "与一家代理机构签有框架协议，或由集中采购机构经办，均属正常。",
    ),
)
def agency_share_of_buyer(records: Records) -> FloatArray:
    """Share of the buyer's earlier processes that this agency ran, as a lower bound.

    Definition: Wilson lower 95 % bound of (earlier processes of the buyer run by this agency) over (earlier
    processes of the buyer run by any agency), three years back.
    Why it matters: an agency that lives on one buyer does what the buyer likes.
    Excluded: buyers with fewer than ten earlier processes run by agencies.
    Example: 18 of 20 earlier processes: 0.74.

    该采购单位以往项目中由该代理机构经办者的占比，取置信下限。

    定义：追溯三年，该采购单位由该代理机构经办的项目数，除以其由任一代理机构经办的项目数，取威尔逊95%置信下限。
    意义：业务依赖单一采购单位的代理机构，难免事事迎合。
    排除：以往由代理机构经办的项目少于十个的采购单位。
    示例：以往20个项目中18个，结果0.74。
    """
    buyer, agency = records.buyers.codes, records.coded("agency_id").codes
    everyone = Units.of(np.where(agency >= 0, buyer, -1), processes(records), records.decided)
    mine = Units.of(combined(buyer, agency), processes(records), records.decided)
    number, hits = everyone.before(np.ones(len(everyone.first))), mine.before(np.ones(len(mine.first)))
    return np.where(number >= FEWEST, wilson_lower(np.minimum(hits, number), np.maximum(number, 1.0)), np.nan)


@habit(
    code="C23",
    needs=("trades.buyer_id", "trades.awarded_at"),
    source=f"Open-source indicator sets (buyer dominance); {WILSON}",
    title=Phrase("One buyer makes most of this category's calls", "该品目多由该采购单位发起"),
    innocent=Phrase(
        "Roads are bought by the roads department; most categories have their natural buyer.",
        "公路由交通部门采购，多数品目都有天然的采购单位。",
    ),
)
def buyer_share_of_category(records: Records) -> FloatArray:
    """Share of the earlier processes of this category that were this buyer's, as a lower bound.

    Definition: Wilson lower 95 % bound of (earlier processes of the buyer in the category) over (earlier
    processes of the category), three years back.
    Why it matters: suppliers of such a category depend on one office.
    Excluded: categories with fewer than ten earlier processes.
    Example: 18 of 20 earlier processes: 0.74.

    该品目以往项目中由该采购单位发起者的占比，取置信下限。

    定义：追溯三年，该采购单位在该品目的项目数，除以该品目全部项目数，取威尔逊95%置信下限。
    意义：此类品目的供应商取决于单一单位。
    排除：以往项目少于十个的品目。
    示例：以往20个项目中18个，结果0.74。
    """
    category, buyer = records.categories.codes, records.buyers.codes
    everyone = Units.of(category, processes(records), records.decided)
    mine = Units.of(combined(category, buyer), processes(records), records.decided)
    number, hits = everyone.before(np.ones(len(everyone.first))), mine.before(np.ones(len(mine.first)))
    return np.where(number >= FEWEST, wilson_lower(np.minimum(hits, number), np.maximum(number, 1.0)), np.nan)


FAMILY: tuple[Feature, ...] = (
    single_bids_at_buyer,
    single_bids_at_agency,
    joint_bids_win,
    agency_share_of_buyer,
    buyer_share_of_category,
)
