"""The canonical tables.

Unit of analysis: the *trade*, one lot / section / package / parcel / listed asset (标段、包、宗地、标的).
Money is decimal in the source and in the store and float64 in computation. Instants are UTC, whole seconds,
with the authority's offset beside them. Tier A is what public notices hold, tier B what a trading system
holds, tier C what only other departments hold.
"""

from collections.abc import Mapping
from types import MappingProxyType

from detector.declared import Column as Column
from detector.declared import Table as Table
from detector.declared import code, count, flag, identity, instant, money

ID_LENGTH = 128
TEXT_LENGTH = 300
CODE_LENGTH = 32
MONEY_DIGITS, MONEY_DECIMALS = 20, 4

KINDS = ("works", "goods", "services", "land", "mining", "property_right", "other")
SIDES = ("buy", "sell")
METHODS = ("open", "selective", "limited", "direct", "auction", "listing", "other")
PROCEDURES = (
    "open_tender", "invited_tender", "negotiation", "consultation", "inquiry", "single_source", "framework",
    "auction", "listing", "agreement", "allocation", "other",
)  # fmt: skip
REGIMES = ("construction", "procurement", "land", "mining", "state_assets", "other")
ASSETS = (
    "industrial_land", "commercial_land", "residential_land", "other_land", "exploration_right", "mining_right",
    "equity", "capital_increase", "asset", "lease",
)  # fmt: skip
FUND_SOURCES = ("budget", "state_owned", "other")
PRICE_RULES = ("lowest", "average_based", "quality_and_price", "negotiated", "lottery", "fixed", "highest")
TRADE_STATUSES = ("planned", "open", "evaluating", "awarded", "failed", "cancelled", "withdrawn")
BID_STATUSES = ("valid", "disqualified", "withdrawn", "pending")
DEPOSIT_FORMS = ("transfer", "cheque", "cash", "guarantee", "insurance", "other")
IDENTIFIER_KINDS = (
    "device", "ip", "account", "basic_account", "phone", "contact", "email", "address", "author", "operator",
    "manager", "document",
)  # fmt: skip
PARTY_KINDS = ("buyer", "agency", "supplier", "seller", "acquirer", "other")
CONTRACT_KINDS = ("main", "supplementary", "addition")
EVENT_KINDS = ("objection", "complaint")
SANCTION_KINDS = ("ban", "collusion", "dishonesty", "other")
RELATION_KINDS = ("control", "same_head", "management", "share")

TRADES = Table(
    "trades",
    "交易（标段、包、宗地、标的）",
    "One lot offered and resolved.",
    (
        identity("trade_id", "交易编号", "Identifier of the lot, stable for its life.", key=True),
        identity("process_id", "项目编号", "Contracting process (OCID, tender project) the lot belongs to."),
        Column("title", "text", "名称", "Title of the lot as published."),
        code("kind", "类别", "What is traded.", KINDS),
        Column(
            "side",
            "code",
            "买卖方向",
            "buy: a lower price is better for the public; sell: a higher one is.",
            choices=SIDES,
            required=True,
        ),
        code("regime", "适用法律", "The body of law that governs the procedure.", REGIMES),
        code("asset", "标的种类", "What is sold, as far as the law treats it on its own.", ASSETS),
        identity("category", "品目", "Classification of the object, as published (scheme and code)."),
        code("method", "交易方式", "Procedure by which bidders were admitted.", METHODS),
        code("procedure", "法定方式", "The procedure by the name that the law gives it.", PROCEDURES),
        code("price_rule", "评标（成交）规则", "How price decides; empty if unknown.", PRICE_RULES),
        Column("price_weight", "number", "价格分权重", "Weight of price in the evaluation.", unit="share"),
        identity("region", "行政区划", "Administrative division."),
        identity("buyer_id", "招标人/采购人/出让人", "Buyer of a purchase, seller of a sale."),
        identity("agency_id", "代理机构", "Agency or unit that ran the procedure."),
        code("fund_source", "资金来源", "Where the money comes from.", FUND_SOURCES),
        flag("mandatory", "是否依法必须招标", "Whether the law demands a tender."),
        flag(
            "departure_approved",
            "例外是否获批",
            "Whether the competent authority approved what departs from the rule: a method other than an open "
            "call, or a reserve far below the appraisal.",
        ),
        flag("separate_decision", "是否评定分离", "Whether the buyer chooses among unranked candidates."),
        flag("minimum_price_set", "是否设最低限价", "Whether the documents set a lowest admissible price."),
        count("invited_count", "邀请单位数", "Firms invited."),
        identity("currency", "币种", "ISO 4217 code of all amounts of the trade."),
        money("estimate", "估算价/预算", "Estimated value or budget before bidding."),
        money("approved_cost", "批复概算", "Approved cost estimate of the whole project.", tier="C"),
        money("ceiling", "最高限价", "Published price limit of a purchase."),
        money("reserve", "起始价/底价", "Reserve or starting price of a sale."),
        money("appraisal", "评估值", "Appraised value of what is sold."),
        money("deposit_required", "保证金金额", "Deposit that each bidder has to pay; 0 if none."),
        Column("term_years", "number", "期限", "Term of the right that is granted.", unit="years"),
        instant("appraised_at", "评估基准日", "Base date of the appraisal."),
        instant("prior_notice_at", "意向公开/预披露时间", "Publication of the intention to trade."),
        instant("published_at", "公告发布时间", "Publication of the notice."),
        instant("notice_to_at", "公告期届满", "End of the period for which the notice stands."),
        instant("prequalification_to_at", "资审文件获取截止", "Prequalification documents available until."),
        instant("prequalification_deadline_at", "资审申请截止", "Deadline for prequalification."),
        instant("documents_from_at", "文件获取开始", "Documents available from."),
        instant("documents_to_at", "文件获取截止", "Documents available until."),
        instant("amended_at", "最后澄清修改时间", "Last clarification or amendment of the documents."),
        flag("amendment_material", "是否影响编制", "Whether it affects how bids are prepared; 0 if none."),
        instant("listing_from_at", "挂牌（披露）开始", "Listing or formal disclosure from."),
        instant("listing_to_at", "挂牌（披露）截止", "Listing or formal disclosure until."),
        instant("deadline_at", "投标截止时间", "Deadline for bids."),
        instant("opened_at", "开标时间", "Bid opening; the day of an auction."),
        count("panel_size", "评委人数", "Members of the evaluation committee.", tier="B"),
        count("panel_experts", "评审专家人数", "Experts among them, not the buyer's delegates.", tier="B"),
        count("panel_drawn", "随机抽取专家人数", "Experts drawn at random.", tier="B"),
        instant("evaluated_at", "评审结束时间", "End of the evaluation.", tier="B"),
        instant("reported_at", "收到评审报告时间", "The buyer receives the evaluation report.", tier="B"),
        instant("publicity_from_at", "公示开始", "Candidates or result publicised from."),
        instant("publicity_to_at", "公示结束", "Candidates or result publicised until."),
        instant("awarded_at", "定标时间", "Decision: the last award of the lot."),
        instant("notified_at", "中标（成交）通知书时间", "Award notice, or confirmation of the deal."),
        instant("publicised_at", "公示时间", "Publication of the result."),
        instant("report_filed_at", "书面报告备案时间", "Report filed with the supervisor.", tier="B"),
        count("utc_offset", "时区偏移", "Local time minus UTC.", unit="minutes"),
        count("round", "轮次", "1 for the first call, 2 for the first repeat, and so on."),
        identity("previous_trade_id", "前次交易编号", "The failed call that this one repeats."),
        code("status", "状态", "How far the lot has come.", TRADE_STATUSES),
        instant("recorded_at", "数据时间戳", "When the source last changed this record."),
    ),
)

BIDS = Table(
    "bids",
    "投标（报价）",
    "One bid of one bidder for one lot. Members of a consortium share consortium_id and count as one bid.",
    (
        identity("trade_id", "交易编号", "The lot.", key=True),
        identity("bidder_id", "投标人", "Party that bids.", key=True),
        count("seq", "序号", "1, 2, … where one bidder handed in several bids.", key=True),
        money("amount", "报价", "Bid price."),
        identity("currency", "币种", "ISO 4217 code of amount and awarded amount."),
        Column(
            "status",
            "code",
            "有效性",
            "Outcome of admission.",
            choices=BID_STATUSES,
            required=True,
        ),
        Column("reason", "text", "否决原因", "Reason for rejection, as published."),
        identity("brand", "核心产品品牌", "Brand of the core product offered.", tier="B"),
        instant("submitted_at", "递交时间", "When the bid arrived.", tier="B"),
        code("deposit_form", "保证金形式", "How the deposit was paid.", DEPOSIT_FORMS, tier="B"),
        instant("deposit_returned_at", "保证金退还时间", "When the deposit was returned.", tier="B"),
        Column("rank", "count", "名次", "Rank in the evaluation."),
        Column("score", "number", "得分", "Evaluation score.", unit="points", tier="B"),
        flag("explained", "是否说明低价", "Whether a very low price was questioned and explained.", tier="B"),
        count("candidate_order", "中标候选人顺序", "Place among the publicised candidates; 0 for none."),
        flag("winner", "是否中标", "Whether the lot, or a part of it, was awarded to this bid."),
        money("awarded_amount", "中标金额", "Value awarded to this bid."),
        identity("consortium_id", "联合体", "Same for all members of one joint bid."),
    ),
    parent="trades",
)

PARTIES = Table(
    "parties",
    "主体",
    "Organisations. People appear only as keyed hashes, never by name.",
    (
        identity("party_id", "主体代码", "Unified social credit code or the source's identifier.", key=True),
        Column("name", "text", "名称", "Name of the organisation."),
        code("kind", "主体类型", "Main role.", PARTY_KINDS),
        identity("region", "行政区划", "Administrative division of the seat."),
        instant("registered_at", "成立日期", "Founding date.", tier="C"),
        money("capital", "注册资本", "Registered capital.", tier="C"),
        flag("sme", "是否中小企业", "Whether it is a small or medium enterprise.", tier="C"),
    ),
)

CONTRACTS = Table(
    "contracts",
    "合同",
    "What was signed after the award.",
    (
        identity("contract_id", "合同编号", "Identifier of the contract.", key=True),
        identity("trade_id", "交易编号", "The lot it fulfils.", required=True),
        identity("bidder_id", "中标人", "Contractor or acquirer."),
        code("kind", "合同种类", "Supplementary contracts and additions have a parent.", CONTRACT_KINDS),
        identity("parent_contract_id", "原合同编号", "The contract that this one supplements or adds to."),
        instant("signed_at", "签订日期", "Signature."),
        money("amount", "合同金额", "Price signed."),
        identity("currency", "币种", "ISO 4217 code."),
        money("bond", "履约保证金", "Performance bond; 0 if none."),
        instant("published_at", "合同公告时间", "Publication of the contract."),
        instant("filed_at", "合同备案时间", "Filing with the supervisor.", tier="B"),
        instant("start_due_at", "约定开工日期", "Agreed start."),
        instant("started_at", "实际开工日期", "Actual start.", tier="C"),
        instant("handed_over_at", "交付（发证）日期", "Land, certificate or asset handed over.", tier="C"),
        instant("accepted_at", "验收日期", "Delivery or works accepted.", tier="C"),
        instant("completed_at", "竣工日期", "Actual completion.", tier="C"),
        Column("status", "text", "状态", "Status as published."),
    ),
    parent="trades",
)

CHANGES = Table(
    "changes",
    "合同变更",
    "Changes of a contract after its signature.",
    (
        identity("contract_id", "合同编号", "The contract.", key=True),
        count("seq", "序号", "1, 2, … in the order of the changes.", key=True),
        identity("trade_id", "交易编号", "The lot it fulfils.", required=True),
        instant("changed_at", "变更日期", "When the change was agreed."),
        money("amount", "变更后金额", "Price of the contract after the change.", tier="B"),
        identity("currency", "币种", "ISO 4217 code."),
    ),
    parent="trades",
)

PAYMENTS = Table(
    "payments",
    "支付",
    "Money that was paid under a contract, by whoever owes it.",
    (
        identity("contract_id", "合同编号", "The contract.", key=True, tier="C"),
        count("seq", "序号", "1, 2, … in the order of the payments.", key=True, tier="C"),
        identity("trade_id", "交易编号", "The lot it fulfils.", required=True, tier="C"),
        instant("paid_at", "支付日期", "When the money was paid.", tier="C"),
        money("amount", "支付金额", "How much.", tier="C"),
        identity("currency", "币种", "ISO 4217 code.", tier="C"),
    ),
    parent="trades",
)

EVENTS = Table(
    "events",
    "异议与投诉",
    "Objections (to the buyer) and complaints (to the supervisor) about a lot.",
    (
        identity("trade_id", "交易编号", "The lot.", key=True),
        Column("kind", "code", "种类", "To whom it was addressed.", choices=EVENT_KINDS, key=True, tier="B"),
        count("seq", "序号", "1, 2, … of a kind.", key=True, tier="B"),
        instant("raised_at", "提出时间", "When it was raised.", tier="B"),
        instant("accepted_at", "受理时间", "When a complaint was admitted.", tier="B"),
        instant("answered_at", "答复（决定）时间", "Reply or decision.", tier="B"),
    ),
    parent="trades",
)

SANCTIONS = Table(
    "sanctions",
    "处罚与失信",
    "Decisions of an authority against an organisation.",
    (
        identity("sanction_id", "文书编号", "Identifier of the decision.", key=True),
        identity("party_id", "主体代码", "Who it is about.", required=True),
        code("kind", "种类", "ban: from taking part; collusion: fined for it.", SANCTION_KINDS),
        instant("from_at", "生效日期", "In force from."),
        instant("to_at", "截止日期", "In force until."),
        Column("authority", "text", "作出机关", "Who decided."),
    ),
)

RELATIONS = Table(
    "relations",
    "主体关联",
    "Links between two organisations, as a register tells them. Either order of the two.",
    (
        identity("party_id", "主体代码", "One of the two.", key=True, tier="C"),
        identity("other_id", "关联主体代码", "The other one.", key=True, tier="C"),
        Column(
            "kind",
            "code",
            "关联种类",
            "control: controlling shareholding; same_head: one responsible person; management: one manages the "
            "other; share: a minor shareholding.",
            choices=RELATION_KINDS,
            key=True,
            tier="C",
        ),
        instant("from_at", "起始日期", "Known to hold from.", tier="C"),
        instant("to_at", "截止日期", "Known to hold until.", tier="C"),
    ),
)

IDENTIFIERS = Table(
    "identifiers",
    "标识（设备、账户、电话等的密钥散列）",
    "What bidders of a lot left behind, as keyed hashes: evidence of a shared hand, never of a person.",
    (
        identity("trade_id", "交易编号", "The lot.", key=True),
        identity("bidder_id", "投标人", "Party that used it.", key=True),
        Column("kind", "code", "标识种类", "What was hashed.", choices=IDENTIFIER_KINDS, key=True, tier="B"),
        identity(
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
    {
        table.name: table
        for table in (
            TRADES, BIDS, PARTIES, CONTRACTS, IDENTIFIERS, CHANGES, PAYMENTS, EVENTS, SANCTIONS, RELATIONS
        )
    }
)  # fmt: skip
