"""The canonical tables. One declared column serves validation, the SQL tables, the data dictionary and tests.

Unit of analysis: the *trade*, one lot / section / package / parcel / listed asset (标段、包、宗地、标的).
Money is decimal in the source and in the store and float64 in computation. Instants are UTC, whole seconds,
with the authority's offset beside them. Tier A is what public notices hold, tier B what a trading system
holds, tier C what only other departments hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ColumnType = Literal["id", "text", "code", "money", "number", "count", "flag", "instant"]
Tier = Literal["A", "B", "C"]

ID_LENGTH = 128
TEXT_LENGTH = 300
CODE_LENGTH = 32
MONEY_DIGITS, MONEY_DECIMALS = 20, 4

KINDS = ("works", "goods", "services", "land", "mining", "property_right", "other")
SIDES = ("buy", "sell")
METHODS = ("open", "selective", "limited", "direct", "auction", "listing", "other")
PRICE_RULES = ("lowest", "average_based", "quality_and_price", "negotiated", "lottery", "fixed", "highest")
TRADE_STATUSES = ("planned", "open", "evaluating", "awarded", "failed", "cancelled", "withdrawn")
BID_STATUSES = ("valid", "disqualified", "withdrawn", "pending")
IDENTIFIER_KINDS = ("device", "ip", "account", "phone", "email", "address", "author", "operator")
PARTY_KINDS = ("buyer", "agency", "supplier", "seller", "acquirer", "other")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table.

    `key` columns identify a row; `required` ones must be filled for a row to be used. A nullable column that
    is empty, or absent altogether, makes what needs it *not computable*, never zero.
    """

    name: str
    type: ColumnType
    zh: str
    meaning: str
    unit: str = ""
    key: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    tier: Tier = "A"

    @property
    def nullable(self) -> bool:
        """Whether a row without this value is still a row."""
        return not (self.key or self.required)


@dataclass(frozen=True, slots=True)
class Table:
    """A canonical table: its key columns come first and order its rows."""

    name: str
    zh: str
    meaning: str
    columns: tuple[Column, ...]
    parent: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns, in order."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """The column called `name`; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")


def _id(name: str, zh: str, meaning: str, *, key: bool = False, tier: Tier = "A") -> Column:
    return Column(name, "id", zh, meaning, key=key, tier=tier)


def _code(name: str, zh: str, meaning: str, choices: tuple[str, ...]) -> Column:
    return Column(name, "code", zh, meaning, choices=choices)


def _money(name: str, zh: str, meaning: str, *, tier: Tier = "A") -> Column:
    return Column(name, "money", zh, meaning, unit="currency units", tier=tier)


def _instant(name: str, zh: str, meaning: str, *, tier: Tier = "A") -> Column:
    return Column(name, "instant", zh, meaning, unit="UTC, s", tier=tier)


TRADES = Table(
    "trades",
    "交易（标段、包、宗地、标的）",
    "One lot offered and resolved.",
    (
        _id("trade_id", "交易编号", "Identifier of the lot, stable for its life.", key=True),
        _id("process_id", "项目编号", "Contracting process (OCID, tender project) the lot belongs to."),
        Column("title", "text", "名称", "Title of the lot as published."),
        _code("kind", "类别", "What is traded.", KINDS),
        Column(
            "side",
            "code",
            "买卖方向",
            "buy: a lower price is better for the public; sell: a higher one is.",
            choices=SIDES,
            required=True,
        ),
        _id("category", "品目", "Classification of the object, as published (scheme and code)."),
        _code("method", "交易方式", "Procedure by which bidders were admitted.", METHODS),
        _code("price_rule", "评标（成交）规则", "How price decides; empty if unknown.", PRICE_RULES),
        _id("region", "行政区划", "Administrative division."),
        _id("buyer_id", "招标人/采购人/出让人", "Buyer of a purchase, seller of a sale."),
        _id("agency_id", "代理机构", "Agency or unit that ran the procedure."),
        _id("currency", "币种", "ISO 4217 code of estimate, ceiling and reserve."),
        _money("estimate", "估算价/预算", "Estimated value or budget before bidding."),
        _money("ceiling", "最高限价", "Published price limit of a purchase."),
        _money("reserve", "起始价/底价", "Reserve or starting price of a sale."),
        _instant("published_at", "公告发布时间", "Publication of the notice."),
        _instant("documents_from_at", "文件获取开始", "Documents available from."),
        _instant("documents_to_at", "文件获取截止", "Documents available until."),
        _instant("deadline_at", "投标截止时间", "Deadline for bids."),
        _instant("opened_at", "开标时间", "Bid opening."),
        _instant("awarded_at", "定标时间", "Decision: the last award of the lot."),
        _instant("publicised_at", "公示时间", "Publication of the result."),
        Column("utc_offset", "count", "时区偏移", "Local time minus UTC.", unit="minutes"),
        Column("round", "count", "轮次", "1 for the first call, 2 for the first repeat, and so on."),
        _id("previous_trade_id", "前次交易编号", "The failed call that this one repeats."),
        _code("status", "状态", "How far the lot has come.", TRADE_STATUSES),
        _instant("recorded_at", "数据时间戳", "When the source last changed this record."),
    ),
)

BIDS = Table(
    "bids",
    "投标（报价）",
    "One bid of one bidder for one lot. Members of a consortium share consortium_id and count as one bid.",
    (
        _id("trade_id", "交易编号", "The lot.", key=True),
        _id("bidder_id", "投标人", "Party that bids.", key=True),
        Column("seq", "count", "序号", "1, 2, … where one bidder handed in several bids.", key=True),
        _money("amount", "报价", "Bid price."),
        _id("currency", "币种", "ISO 4217 code of amount and awarded amount."),
        Column(
            "status",
            "code",
            "有效性",
            "Outcome of admission.",
            choices=BID_STATUSES,
            required=True,
        ),
        Column("reason", "text", "否决原因", "Reason for rejection, as published."),
        _instant("submitted_at", "递交时间", "When the bid arrived.", tier="B"),
        Column("rank", "count", "名次", "Rank in the evaluation."),
        Column("score", "number", "得分", "Evaluation score.", unit="points", tier="B"),
        Column("winner", "flag", "是否中标", "Whether the lot, or a part of it, was awarded to this bid."),
        _money("awarded_amount", "中标金额", "Value awarded to this bid."),
        _id("consortium_id", "联合体", "Same for all members of one joint bid."),
    ),
    parent="trades",
)

PARTIES = Table(
    "parties",
    "主体",
    "Organisations. People appear only as keyed hashes, never by name.",
    (
        _id("party_id", "主体代码", "Unified social credit code or the source's identifier.", key=True),
        Column("name", "text", "名称", "Name of the organisation."),
        _code("kind", "主体类型", "Main role.", PARTY_KINDS),
        _id("region", "行政区划", "Administrative division of the seat."),
        _instant("registered_at", "成立日期", "Founding date.", tier="C"),
        _money("capital", "注册资本", "Registered capital.", tier="C"),
    ),
)

CONTRACTS = Table(
    "contracts",
    "合同",
    "What was signed after the award.",
    (
        _id("contract_id", "合同编号", "Identifier of the contract.", key=True),
        Column("trade_id", "id", "交易编号", "The lot it fulfils.", required=True),
        _id("bidder_id", "中标人", "Contractor or acquirer."),
        _instant("signed_at", "签订日期", "Signature."),
        _money("amount", "合同金额", "Price signed."),
        _id("currency", "币种", "ISO 4217 code."),
        Column("status", "text", "状态", "Status as published."),
    ),
    parent="trades",
)

IDENTIFIERS = Table(
    "identifiers",
    "标识（设备、账户、电话等的密钥散列）",
    "What bidders of a lot left behind, as keyed hashes: evidence of a shared hand, never of a person.",
    (
        _id("trade_id", "交易编号", "The lot.", key=True),
        _id("bidder_id", "投标人", "Party that used it.", key=True),
        Column("kind", "code", "标识种类", "What was hashed.", choices=IDENTIFIER_KINDS, key=True, tier="B"),
        _id(
            "digest",
            "散列值",
            "Keyed hash (HMAC) of the normalised value, 16 to 64 hexadecimal digits. Anything else is set aside: "
            "raw numbers and names must not enter.",
            key=True,
            tier="B",
        ),
    ),
    parent="trades",
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in (TRADES, BIDS, PARTIES, CONTRACTS, IDENTIFIERS)}
)
