"""Everything that features may name in `needs`: for each name, whether every trade has it."""

from collections.abc import Callable

from detector.arrays import BoolArray
from detector.features.conditions import COMMON_NEEDS
from detector.features.contract_value import CONTRACT_NEEDS
from detector.features.history_conditions import HISTORY_NEEDS
from detector.features.sharing import IDENTITY_NEEDS
from detector.features.supplier_course import FOUNDING_NEEDS
from detector.records import Records

NEEDS: dict[str, Callable[[Records], BoolArray]] = {
    **COMMON_NEEDS,
    **HISTORY_NEEDS,
    **IDENTITY_NEEDS,
    **CONTRACT_NEEDS,
    **FOUNDING_NEEDS,
}
