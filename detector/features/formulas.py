"""The formulas that the field publishes, subject by subject, and what this project does with each.

Sources: Open Contracting's guide and Cardinal, Kyrgyz, Ukrainian and European indicator sets, open-source
detectors, the screening literature, and supervision practice in China. A formula is *computed* by the
features it names, or it is not, for a reason: a field that the canonical tables lack, or another place that
answers it. So nothing is left out in silence; the test of this page knows every feature.
"""

from dataclasses import dataclass

from detector.features.declare import Phrase


@dataclass(frozen=True, slots=True)
class Formula:
    """One published formula: the codes of the features that compute it, or the reason why none does."""

    title: Phrase
    features: tuple[str, ...] = ()
    reason: Phrase | None = None


def _by(en: str, zh: str, *features: str) -> Formula:
    return Formula(Phrase(en, zh), features)


def _not(en: str, zh: str, reason: Phrase) -> Formula:
    return Formula(Phrase(en, zh), reason=reason)


ITEMS = Phrase("no items with unit prices", "没有分项及单价")
FILES = Phrase("no text, images or properties of the files", "没有文件的文本、图像或属性")
ACCESS = Phrase("no downloads, deposits or guarantees with their times", "没有下载、保证金或保函及其时间")
COEFFICIENTS = Phrase("no drawn coefficients and no formula of the benchmark", "没有抽取的系数和基准价公式")
REASONS = Phrase("no reasons for the method", "没有采用该方式的理由")
LINKS = Phrase("no links between follow-on procedures", "没有续购程序之间的关联")
PEOPLE = Phrase("no persons and their employers; they do not enter", "没有人员及其单位，个人信息不进入本系统")
EXPERTS = Phrase("no scores by single experts", "没有各专家的评分")
PLANNING = Phrase("no plan, investment registry or calendar of elections", "没有计划、投资登记或选举日历")
LIVE = Phrase(
    "depends on today's date, not on what was known at the decision: a matter for rules",
    "取决于当前日期而非定标时已知情况，由规则处理",
)
LOADING = Phrase(
    "answered when records are read: set aside with a reason", "在读取数据时处理：搁置并说明原因"
)
RULES = Phrase("a matter for rules", "由规则处理")
SUBCONTRACTS = Phrase("no subcontracts", "没有分包信息")

FORMULAS: dict[Phrase, tuple[Formula, ...]] = {
    Phrase("Bid pattern", "报价形态"): (
        _by("Coefficient of variation", "变异系数", "B01"),
        _by("Spread, both tails", "极差率（两端）", "B02", "B18"),
        _by("Distance of the two best, both tails", "首位差距（两端）", "B03", "B04"),
        _by("Relative distance", "相对距离", "B05"),
        _by("Normalised relative distance", "归一化相对距离", "B06"),
        _by("Alternative relative distance", "替代相对距离", "B07"),
        _by("Skewness", "偏度", "B08"),
        _by("Excess kurtosis", "超额峰度", "B09"),
        _by("Uniformity (Kolmogorov-Smirnov)", "均匀性（KS检验）", "B10"),
        _by("Identical prices", "相同报价", "B13"),
        _by("Same tail digits", "尾数相同", "B15"),
        _by("Fixed price ratio of a pair", "两家报价比固定", "N13"),
        _by("Arithmetic and geometric ladders", "等差与等比", "B11", "B12"),
        _by("Price cluster around the mean or benchmark", "报价聚集于均价或基准价", "B20"),
        _by("Round numbers", "整数报价", "B14"),
        _by("First digits (Benford)", "首位数字（本福特定律）", "B22"),
        _by("Missing mass at the winner's margin", "胜出边际缺失", "B23"),
        _by("Subsets of three and four bids", "三家与四家子集", "B16", "B19", "B24", "B25", "B26"),
        _by("Abnormally low against the field", "相对各家异常偏低", "B21"),
        _by("Worse price won under a price rule", "按价定标而非最优中标", "B17"),
        _not("Ring that moves the average (pivotality)", "群体左右均价", COEFFICIENTS),
        _not("Bias of drawn coefficients", "抽取系数偏倚", COEFFICIENTS),
        _not(
            "Same cost structure, item prices, arithmetic errors", "成本构成、分项价格、计算错误雷同", ITEMS
        ),
        _not("Unbalanced items", "不平衡报价", ITEMS),
    ),
    Phrase("Price level", "价格水平"): (
        _by("Award over estimate, both tails", "中标价与估算价之比（两端）", "P01", "P05"),
        _by("Award hits the estimate, once and repeatedly", "命中估算价（单次与多次）", "P02", "P09"),
        _by("Award and bids under the limit", "中标价与各家报价相对限价", "P03", "P04", "P07", "P10", "P11"),
        _by("Premium over the reserve", "溢价率", "P06"),
        _by("Estimate against its category", "估算价与同类比较", "P08"),
        _by("Contract over award, both tails", "合同金额与中标价之比（两端）", "E01", "E02"),
        _not("Unit price against class", "单价与同类比较", ITEMS),
        _not("Decimal slips and impossible values", "小数点错位与不可能的数值", LOADING),
        _not("Guarantee, fee or deposit over value", "保证金、费用与金额之比", RULES),
        _not("Payment over contract", "支付与合同之比", RULES),
    ),
    Phrase("Timing", "时间"): (
        _by("Submission period", "投标期限", "T01"),
        _by("Notice to opening", "公告至开标", "T11"),
        _by("Decision period, both tails and by bid", "定标周期（两端及按家数）", "T02", "T03", "T12"),
        _by("Award to signature, both tails", "定标至签约（两端）", "T04", "T05"),
        _by("Late bid won", "逾期投标中标", "T06"),
        _by("Arrivals bunched, in one lot and over many", "递交时间集中（单次与多次）", "T07", "N08"),
        _by("Winner came last", "中标人最后递交", "T08"),
        _by("Same order of submission", "递交次序固定", "N07"),
        _by("Weekend steps, few working days", "周末环节与工作日偏少", "T09", "T13"),
        _by("Year-end", "年末", "T10"),
        _by("Awards of one day or month", "同日或同月中标", "S03", "S18"),
        _by("Late publication of the result", "结果公示迟延", "T14"),
        _by("Impossible order of dates", "日期先后颠倒", "T15"),
        _by("Young company", "新设企业", "C09", "C24"),
        _not("Stale stage, deadline shifted late", "环节停滞与临近顺延", LIVE),
        _not("Unanswered enquiries", "疑问未答复", Phrase("no questions and answers", "没有提问与答复")),
        _not("Downloads, deposits or guarantees in step", "下载、保证金或保函同步", ACCESS),
        _not("Award shortly before an election", "选举前定标", PLANNING),
        _not("No open tender after an urgent purchase", "应急采购后未公开招标", REASONS),
    ),
    Phrase("Concentration and history", "集中度与历史"): (
        _by("Supplier's share at a buyer, by number and money", "占采购单位份额（个数与金额）", "C01", "C11"),
        _by("Dependence on one buyer, captive pair", "对单一单位依赖与相互专属", "C02", "C16"),
        _by("Market share", "市场份额", "C10"),
        _by("Herfindahl-Hirschman index, Gini of awards", "HHI与中标基尼系数", "C03", "C12"),
        _by("Win rate low with many bids", "屡投不中", "C07"),
        _by("Win rate high, by buyer and category", "中标率异常偏高", "C04", "C20"),
        _by("Buyer-winner and agency-winner lift", "单位或代理与中标人超额相遇", "C13", "C14"),
        _by("Single bids: lot, buyer, agency", "仅一家投标（标段、单位、代理）", "C05", "C15", "C22"),
        _by("Few bidders for the category", "投标人少于同类", "C06"),
        _by("Heterogeneous supplier", "经营品目庞杂", "C17"),
        _by("Foot in the door", "先小额后大额", "C18"),
        _by("Market entry", "新进入者", "C08"),
        _by("Buyer dominance, agency share", "单位占品目比例与代理占单位比例", "C21", "C23"),
        _by("Prevalence of joint bids", "联合体普遍", "C19"),
    ),
    Phrase("Network", "关系网络"): (
        _by("Co-bidding lift and hypergeometric tail", "共同投标超额", "N01"),
        _by("Communities of co-bidders, coherence and exclusivity", "共同投标群体及其紧密度", "N14", "N15"),
        _by("Same set of bidders", "投标人组合重复", "N04"),
        _by("Constant winner of a pair", "固定搭档的恒定中标人", "N02", "N10"),
        _by("Perpetual loser tied to one winner", "落标人专随一家", "N11"),
        _by("Rotation: runs of a pair, permutation of a group", "轮流中标（两家与多家）", "N03", "N12"),
        _by("Geographic, category and customer allocation", "划分地区、品目与客户", "N16", "N17", "N18"),
        _by("Prices close or high whenever a pair meets", "同场时报价接近或偏高", "N05", "N06"),
        _by("Missing bidders", "应到者缺席", "N09"),
        _not(
            "Ring with a hard link",
            "有实证关联的群体",
            Phrase(
                "joined in the pattern one_hand from I01-I04, N01 and N04",
                "由one_hand模式综合I01-I04、N01、N04",
            ),
        ),
    ),
    Phrase("Identity and relations", "身份与关联"): (
        _by("Shared device, author, operator; device of many firms", "设备、作者、操作员共用", "I01", "I05"),
        _by("Shared account", "账户共用", "I02"),
        _by("Shared telephone, e-mail, address", "电话、邮箱、地址共用", "I03"),
        _by("Shared network address", "网络地址共用", "I04"),
        _not("Text, typing errors and images alike", "文本、笔误与图像雷同", FILES),
        _not("Owners, managers and shareholders in common", "共同股东或管理人员", RULES),
        _not("Staff insured elsewhere, managers absent or replaced", "人员参保与到岗", PEOPLE),
        _not("Sanctioned or debarred bidder", "受惩戒投标人", RULES),
        _not(
            "Tax haven, politically connected, irregular company",
            "避税地、政治关联、异常企业",
            Phrase("no such registers", "没有相应名录"),
        ),
    ),
    Phrase("Process", "程序"): (
        _by("Non-open method, by lot and buyer, against the usual", "非公开方式", "S06", "S07", "S12"),
        _by("Splitting: parts, bursts of awards and purchases", "拆分", "S04", "S11"),
        _by("Bunching just below a limit", "集中于限额下方", "S08"),
        _by("Direct awards that add up or gather", "直接发包累计与集中", "S09", "S10"),
        _by("Re-tender until a favourite wins", "反复招标", "S05"),
        _by("Others disqualified, lowest disqualified", "其他投标人或最低价被否决", "S01", "S02"),
        _by("Excessive or unexplained rejections", "否决过多或无理由", "S13", "S14", "S15"),
        _by("Withdrawals", "撤回投标", "S16"),
        _by("Winner towers over the field", "得分悬殊", "S17"),
        _not("Tailored text, over-qualification, requirement load", "量身定做文本与资格过高", FILES),
        _not("Follow-on limits and mismatches", "续购限额与不符", LINKS),
        _not("Emergency or exclusive excuses", "应急与独家理由", REASONS),
        _not("Sibling projects below investment limits", "项目层面拆解", PLANNING),
        _not("Complaints and their handling", "异议投诉及处理", RULES),
        _not(
            "No call, missing documents",
            "未发布公告与文件缺失",
            Phrase("a gap in the record is no evidence", "记录缺失不作为依据"),
        ),
        _not("Experts: deviation, tendency, encounters, draws", "专家评分偏差、倾向、相遇与抽取", EXPERTS),
    ),
    Phrase("After the award", "履约"): (
        _not("Changes, extensions and their growth", "合同变更、延期及增幅", RULES),
        _not("Losing bidders as subcontractors, share subcontracted", "落标人分包与分包比例", SUBCONTRACTS),
        _not(
            "Completeness of the record",
            "数据完整度",
            Phrase("counted for every feature by each scan", "每次扫描逐项统计"),
        ),
    ),
}
