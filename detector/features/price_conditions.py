"""Where price features apply, beyond the common conditions."""

from detector.arrays import BoolArray
from detector.features.declare import Guard, Phrase
from detector.records import Records

WHERE_PRICE_DECIDES = ("lowest", "highest")


def _price_decides(records: Records) -> BoolArray:
    return records.trades["price_rule"].isin(WHERE_PRICE_DECIDES).to_numpy(dtype=bool)


PRICE_DECIDES = Guard(
    Phrase("price is not known to decide alone", "未载明仅以价格定标"),
    _price_decides,
)
