"""The Open Contracting red flags R001 to R073 and what this project does with each.

Titles are those of Open Contracting Partnership (2024), Red flags in public procurement; the Chinese ones are this
project's. A flag is *computed* by the features that carry its code or by a rule of the pack open-contracting, or
*not computable* where the canonical tables lack a field, which the reason names in words and as the OCDS path.
"""

from dataclasses import dataclass

from detector.features.declare import Phrase


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One red flag: the codes of the features or the rule that compute it, or the reason why nothing does."""

    title: Phrase
    features: tuple[str, ...] = ()
    reason: Phrase | None = None
    rule: str = ""

    @property
    def computed(self) -> bool:
        """Whether a feature or a rule answers it."""
        return bool(self.features or self.rule)


def _by(en: str, zh: str, *features: str) -> RedFlag:
    return RedFlag(Phrase(en, zh), features)


def _ruled(en: str, zh: str, rule: str) -> RedFlag:
    return RedFlag(Phrase(en, zh), rule=rule)


def _lacks(en: str, zh: str, missing: Phrase) -> RedFlag:
    return RedFlag(Phrase(en, zh), reason=missing)


DOCUMENTS = Phrase("no list of published documents (documents)", "没有已发布文件清单（documents）")
REQUIREMENTS = Phrase(
    "no text or count of requirements (tender/eligibilityCriteria)",
    "没有资格条件的文本或数量（tender/eligibilityCriteria）",
)
SPECIFICATION = Phrase(
    "no text of the specification (tender/documents)", "没有技术要求文本（tender/documents）"
)
FEES = Phrase(
    "no participation fees or price of the documents (tender/participationFees)",
    "没有参与费用或招标文件售价（tender/participationFees）",
)
PLAN = Phrase("no procurement plan (planning/documents)", "没有采购计划（planning/documents）")
CONTACTS = Phrase(
    "no addresses, phones or contact persons of parties (parties/address, parties/contactPoint)",
    "没有主体的地址、电话或联系人（parties/address, parties/contactPoint）",
)
BID_FILES = Phrase("no bid documents (bids/details/documents)", "没有投标文件（bids/details/documents）")
CHANGES = Phrase(
    "no items in the changes of contracts (contracts/amendments)",
    "合同变更中没有分项（contracts/amendments）",
)
OWNERS = Phrase(
    "links between organisations without their share of capital or final owner (parties/beneficialOwners)",
    "主体间关联没有持股比例和最终受益人（parties/beneficialOwners）",
)
SUBCONTRACTS = Phrase("no subcontracts (awards/subcontracting)", "没有分包信息（awards/subcontracting）")

OPEN_CONTRACTING: dict[str, RedFlag] = {
    "R001": _lacks("Planning documents not available", "未提供采购计划文件", DOCUMENTS),
    "R002": _by("Manipulation of procurement thresholds", "估算价贴近采购限额下方", "S08"),
    "R003": _by("The submission period is too short", "投标期限过短", "T01"),
    "R004": _lacks("Failure to adequately advertise the request for bids", "招标公告发布不充分", DOCUMENTS),
    "R005": _lacks(
        "Key tender information and documents are not available", "关键招标信息和文件缺失", DOCUMENTS
    ),
    "R006": _lacks("Unreasonable prequalification requirements", "资格条件不合理", REQUIREMENTS),
    "R007": _lacks("Unreasonable technical specifications", "技术要求不合理", SPECIFICATION),
    "R008": _lacks("Unreasonable participation fees", "参与费用不合理", FEES),
    "R009": _lacks("Buyer increases the cost of the bidding documents", "招标文件售价上调", FEES),
    "R010": _by("Unjustified use of non competitive procedure", "采用非竞争方式缺乏理由", "S06", "S12"),
    "R011": _by(
        "Splitting purchases to avoid procurement thresholds", "拆分采购以低于限额", "S03", "S04", "S11"
    ),
    "R012": _lacks(
        "Direct awards in contravention of the provisions of the procurement plan",
        "直接发包与采购计划不符",
        PLAN,
    ),
    "R013": _by("High use of non competitive methods", "非竞争方式占比偏高", "S07"),
    "R014": _by("Short time between tender advertising and bid opening", "公告至开标时间过短", "T11"),
    "R015": _lacks(
        "Long time between bid opening and bid evaluation",
        "开标至评标间隔过长",
        Phrase(
            "the end of the evaluation is held (trades.evaluated_at), a usual length to compare it with is not",
            "有评审结束时间（trades.evaluated_at），但没有可比的通常时长",
        ),
    ),
    "R016": _by(
        "Tender value is higher or lower than average for this item category", "估算价偏离同品目水平", "P08"
    ),
    "R017": _lacks(
        "Unreasonably low or high line item",
        "分项单价异常",
        Phrase("no items with unit prices (items/unit/value)", "没有分项及单价（items/unit/value）"),
    ),
    "R018": _by("Single bid received", "仅收到一家投标", "C05"),
    "R019": _by("Low number of bidders for item and procuring entity", "投标人数偏少", "C06"),
    "R020": _ruled("Tender has a complaint", "项目有异议投诉", "R020"),
    "R021": _ruled("High use of discretionary evaluation criteria", "主观评审因素占比偏高", "R021"),
    "R022": _by("Wide disparity in bid prices", "报价差距悬殊", "B18"),
    "R023": _by("Fixed multiple bid prices", "报价呈固定倍数", "B12", "N13"),
    "R024": _by("Price close to winning bid", "次优报价紧邻中标价", "B03"),
    "R025": _by("Excessive unsuccessful bids", "长期投标而不中标", "C07"),
    "R026": _by("Prevalence of consortia", "联合体普遍", "C19"),
    "R027": _by("Missing bidders", "应到投标人缺席", "N09"),
    "R028": _by("Identical bid prices", "报价相同", "B13"),
    "R029": _by("Bid prices deviate from Benford's Law", "报价首位数字偏离本福特定律", "B22"),
    "R030": _by("Late bid won", "逾期投标中标", "T06"),
    "R031": _by(
        "Winning bid price very close or higher than estimated price", "中标价接近或高于估算价", "P01", "P02"
    ),
    "R032": _lacks("Bidders share same beneficial owner", "投标人受益所有人相同", OWNERS),
    "R033": _lacks("Bidders share same major shareholder", "投标人主要股东相同", OWNERS),
    "R034": _by("Bids submitted in same order", "多次按相同次序递交投标", "N07"),
    "R035": _by("All except winning bid disqualified", "除中标人外全部被否决", "S01"),
    "R036": _by("Lowest bid disqualified", "最低报价被否决", "S02"),
    "R037": _by("Poorly supported disqualifications", "否决投标理由不足", "S13"),
    "R038": _by("Excessive disqualified bids", "否决投标过多", "S14", "S15"),
    "R039": _lacks(
        "Unanswered bidder questions",
        "投标人疑问未获答复",
        Phrase("no questions and answers (tender/enquiries)", "没有提问与答复记录（tender/enquiries）"),
    ),
    "R040": _by("High share of buyers contracts", "占采购单位合同比例偏高", "C01", "C11"),
    "R041": _lacks(
        "Physical similarities in documents by different bidders", "不同投标人的投标文件雷同", BID_FILES
    ),
    "R042": _lacks("Bidder has abnormal address or phone number", "投标人地址或电话异常", CONTACTS),
    "R043": _lacks(
        "Bidder has same contact information as project official", "投标人与项目人员联系方式相同", CONTACTS
    ),
    "R044": RedFlag(
        Phrase("Business similarities between bidders", "投标人之间经营信息相似"), ("I01", "I03")
    ),
    "R045": _lacks(
        "Bidder is not listed in business registries",
        "投标人未见于工商登记",
        Phrase("no business register to look a party up in", "没有可供比对的工商登记"),
    ),
    "R046": _ruled("Bidder is debarred or on sanctions list", "投标人处于禁入或失信名单", "R046"),
    "R047": _lacks(
        "Supplier is not traceable on the web",
        "供应商在网上无迹可循",
        Phrase("no web search; records only", "不检索网络，仅依据交易记录"),
    ),
    "R048": _by("Heterogeneous supplier", "供应商经营品目过杂", "C17"),
    "R049": _by("Direct awards below threshold", "低于限额的直接发包", "S10"),
    "R050": _by("High market share", "市场份额偏高", "C10"),
    "R051": _by("High market concentration", "市场集中度偏高", "C03", "C12"),
    "R052": _by(
        "Small initial purchase from supplier followed by much larger purchases", "先小额后大额采购", "C18"
    ),
    "R053": _by("Co-bidding pairs have same recurrent winner", "固定搭档由同一家反复中标", "N02", "N10"),
    "R054": _lacks(
        "Direct award followed by change orders that exceed the competitive threshold",
        "直接发包后经变更超过限额",
        Phrase(
            "no competitive threshold of each buyer and kind (tender/procurementMethodRationale)",
            "没有各采购单位、各类别的竞争性采购限额（tender/procurementMethodRationale）",
        ),
    ),
    "R055": _by(
        "Multiple direct awards above or just below competitive threshold",
        "多次直接发包累计超限或贴近限额",
        "S09",
    ),
    "R056": _lacks("Winning bid does not meet the award criteria", "中标投标不满足评审标准", BID_FILES),
    "R057": _by("Bid rotation", "轮流中标", "N03", "N12"),
    "R058": _by("Heavily discounted bid", "报价大幅优惠", "B04"),
    "R059": _by(
        "Large difference between the award value and final contract amount", "中标价与合同金额差异大", "E01"
    ),
    "R060": _by("Long time between award date and contract signature date", "定标至签约时间过长", "T04"),
    "R061": _by("Decision period extremely short", "定标周期过短", "T02"),
    "R062": _by("Decision period extremely long", "定标周期过长", "T03"),
    "R063": _lacks("Contract is not published", "合同未公开", DOCUMENTS),
    "R064": _ruled("Contract has modifications", "合同有变更", "R064"),
    "R065": _lacks("Contract amendments to reduce line items", "变更减少分项", CHANGES),
    "R066": _lacks("Contract amendments to increase line items", "变更增加分项", CHANGES),
    "R067": _lacks(
        "Delivery failure",
        "未按期交付",
        Phrase(
            "no milestones of delivery (contracts/implementation/milestones)",
            "没有履约节点记录（contracts/implementation/milestones）",
        ),
    ),
    "R068": _ruled("Contract transactions exceed contract amount", "支付超过合同金额", "R068"),
    "R069": _ruled("Contract amendments to increase price", "变更提高合同价", "R069"),
    "R070": _lacks("Losing bidders are hired as subcontractors", "落标人成为分包人", SUBCONTRACTS),
    "R071": _lacks(
        "A contractor subcontracts all or most of the work received", "中标人将大部分工作分包", SUBCONTRACTS
    ),
    "R072": _lacks("High prevalence of subcontracts", "分包普遍", SUBCONTRACTS),
    "R073": _lacks(
        "Discrepancies between work completed and contract specifications",
        "完成情况与合同要求不符",
        DOCUMENTS,
    ),
}
