"""Where price features apply, beyond the common conditions."""

import numpy as np

from detector.arrays import BoolArray
from detector.features.declare import Guard, Phrase
from detector.records import Records

WHERE_PRICE_DECIDES = ("lowest", "highest")
# An award many times its estimate is a slip of the decimal point, or an estimate of something else, more often
# than it is a price: of 58 ratios over 5 in a register of 35,403 lots 57 % lie within 20 % of a power of ten,
# where chance would put 16 %.
MOST_APART = 5.0


def _price_decides(records: Records) -> BoolArray:
    # Where the rule is missing the guard lets pass: that is *not computable*, which "trades.price_rule" says.
    rule = records.trades["price_rule"]
    return (rule.isin(WHERE_PRICE_DECIDES) | rule.isna()).to_numpy(dtype=bool)


def _describes_the_same(records: Records) -> BoolArray:
    estimate = records.trades["estimate"].to_numpy(dtype=np.float64)
    ratio = np.divide(records.price, estimate, out=np.ones(len(records)), where=estimate > 0.0)
    return np.asarray((ratio <= MOST_APART) & (ratio >= 1.0 / MOST_APART) | np.isnan(ratio))


SAME_OBJECT = Guard(
    Phrase(
        "award and estimate are more than fivefold apart: check the record first",
        "中标价与估算价相差五倍以上：请先核对数据",
    ),
    _describes_the_same,
)
PRICE_DECIDES = Guard(
    Phrase("price alone does not decide under this price rule", "该成交规则下价格不是唯一决定因素"),
    _price_decides,
)
