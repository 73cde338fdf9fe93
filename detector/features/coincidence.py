"""Bid pattern: prices, or their digits, that agree more often than chance allows."""

from functools import partial

from detector.arrays import FloatArray
from detector.features.conditions import COMPETING_PRICES
from detector.features.declare import Feature, Phrase, feature
from detector.kernels.coincidences import repeated_price_surprise, shared_tail_surprise
from detector.records import Records

screen = partial(feature, family="bid_pattern", needs=("bids.amount",), guards=(COMPETING_PRICES,))


@screen(
    code="B13",
    direction="high",
    unit="-log10 p",
    minimum=2,
    ocp="R028",
    source="Open Contracting Partnership (2024), Red flags in public procurement, R028; the expectation "
    "is this project's",
    title=Phrase("More identical prices than chance explains", "相同报价多于偶然"),
    innocent=Phrase(
        "A price everybody knows (a regulated fee, a limit, a reserve price) is bid by several on their own.",
        "政府定价、最高限价或起始价人人皆知，多家独立报出同一价格并不奇怪。",
    ),
)
def identical_prices(records: Records) -> FloatArray:
    """Surprise at identical prices, given how many bids there are and how roundly they are priced.

    Definition: minus the decimal logarithm of the probability of at least as many repeated prices as were
    found, if bidders chose prices independently from a smooth distribution and each kept to the rounding seen.
    2 means once in a hundred such lots, 6 once in a million; 0 where no price repeats.
    Why it matters: two independent calculations rarely end on the same odd amount; copies of one do.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under two bids.
    Example: 1,283,471.55 twice and 1,301,206.80 once: 6.5. 120,000 twice and 130,000 once: 0.09.

    结合投标家数与取整习惯，相同报价出现得有多意外。

    定义：假设各投标人按平滑分布独立报价，并各自沿用所见的取整单位，出现不少于实际次数的重复报价的概率，取
    -log10。2表示这样的标段一百个才有一个，6表示一百万个才有一个；没有重复报价时为0。
    意义：两次独立测算很少得出同一个零碎金额，同一份测算的副本则会。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足两家的标段。
    示例：1,283,471.55出现两次、1,301,206.80一次，结果6.5；120,000出现两次、130,000一次，结果0.09。
    """
    return repeated_price_surprise(records.offers.values, records.offers.offsets)


@screen(
    code="B14",
    direction="high",
    unit="share",
    minimum=3,
    source="T. Levine, red-flags (open-source catalogue): more trailing zeros than significant digits",
    title=Phrase("Round prices throughout", "报价多为整数"),
    innocent=Phrase(
        "Small orders and lump-sum services are often priced in round figures by habit.",
        "小额采购或总价包干的服务，习惯上常报整数。",
    ),
)
def round_prices(records: Records) -> FloatArray:
    """Share of bids with a round price.

    Definition: share of the offers that end in more zeros before the decimal point than they have other
    digits (12,000 and 1,500,000 are round, 125,000 is not).
    Why it matters: a calculated bid rarely ends in zeros; a price made up to lose often does.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots under three bids.
    Example: bids of 1,483,220, 1,600,000 and 1,700,000: two of three are round, 0.67.

    报价为整数的投标所占比例。

    定义：小数点前末尾零的个数多于其余有效数字位数的有效报价所占比例（12,000和1,500,000属于整数报价，
    125,000不属于）。
    意义：经过测算的报价很少以一串零结尾，无意中标而随意填写的报价则常常如此。
    排除：不以价格竞争的标段（抽签、固定价）；有效投标不足三家的标段。
    示例：报价1,483,220、1,600,000、1,700,000，三个中有两个为整数，结果0.67。
    """
    return records.screens.share_of_round_values


@screen(
    code="B15",
    direction="high",
    unit="-log10 p",
    minimum=2,
    silent=Phrase(
        "fewer than two different prices with six significant digits", "少于两个不同的六位以上有效数字报价"
    ),
    source="Implementing regulation of the Tendering and Bidding Law of China (2011), Art. 40(4); the "
    "expectation is this project's",
    title=Phrase("Different prices end in the same odd digits", "不同报价尾数相同"),
    innocent=Phrase(
        "Bidders who deduct a round sum from the same published figure keep its last digits.",
        "各投标人在同一公布金额上扣减整数，会保留相同的尾数。",
    ),
)
def shared_price_tails(records: Records) -> FloatArray:
    """Surprise at different prices that share their last four significant digits.

    Definition: minus the decimal logarithm of the probability of at least as many repeated endings as were
    found, if all 9,000 endings were equally likely. Trailing zeros are not part of an ending; prices under
    six significant digits have none; equal prices count once; prices rounded differently never match.
    Why it matters: prices derived from one calculation by adding round sums keep its last digits.
    Excluded: lots where prices do not compete (lottery, fixed price), and lots with fewer than two endings.
    Example: 1,283,471 and 1,303,471 among three bids: expected once in 3,000 lots, 3.48.

    不同报价末四位有效数字相同，出现得有多意外。

    定义：假设9,000种尾数等可能，出现不少于实际次数的重复尾数的概率，取-log10。尾数不含末尾的零；不足六位
    有效数字的报价不计尾数；相同报价只计一次；取整单位不同的报价不相互比较。
    意义：在同一份测算上加减整数得出的报价，会保留相同的尾数。
    排除：不以价格竞争的标段（抽签、固定价）；可比较的尾数少于两个的标段。
    示例：三家投标中有1,283,471与1,303,471，约3,000个标段才偶然出现一次，结果3.48。
    """
    return shared_tail_surprise(records.offers.values, records.offers.offsets)


FAMILY: tuple[Feature, ...] = (identical_prices, round_prices, shared_price_tails)
