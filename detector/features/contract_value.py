"""Execution: what the contract says beside what was awarded."""

import numpy as np

from detector.arrays import BoolArray, FloatArray
from detector.features.conditions import SOLE_WINNER
from detector.features.declare import Feature, Phrase, feature
from detector.features.price_conditions import MOST_APART
from detector.records import Records


def contract_total(records: Records) -> FloatArray:
    """Sum of the contracts of each trade; NaN where there is none or the amount of one is not known."""
    contracts = records.contracts
    amounts = contracts["amount"].to_numpy(dtype=np.float64)
    total = np.bincount(records.trade_of("contracts"), amounts, minlength=len(records))
    count = np.bincount(records.trade_of("contracts"), minlength=len(records))
    return np.where(count > 0, total, np.nan)


def _contract_value(records: Records) -> BoolArray:
    return np.isfinite(contract_total(records))


CONTRACT_NEEDS = {"contracts.amount": _contract_value}


def _over_award(records: Records) -> FloatArray:
    """Contracts over the award; NaN where they are more than fivefold apart: check the record first."""
    price = records.price
    ratio = np.divide(contract_total(records), price, out=np.full(len(records), np.nan), where=price > 0)
    return np.where((ratio <= MOST_APART) & (ratio >= 1.0 / MOST_APART), ratio, np.nan)


APART = Phrase(
    "contract and award are more than fivefold apart: check the record first",
    "合同金额与中标价相差五倍以上：请先核对数据",
)


@feature(
    code="E01",
    family="execution",
    direction="high",
    unit="ratio",
    needs=("price", "contracts.amount"),
    guards=(SOLE_WINNER,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R059; Tendering and "
    "Bidding Law of "
    "China, Art. 46 (the contract follows the tender and the bid)",
    title=Phrase("The contract exceeds the award", "合同金额高于中标价"),
    innocent=Phrase(
        "Taxes, options or a correction of quantities allowed by the documents explain a difference.",
        "税费、选择项或文件允许的数量修正，都可能造成差异。",
    ),
    silent=APART,
    ocp="R059",
)
def contract_over_award(records: Records) -> FloatArray:
    """The signed contracts over the award, suspicious when high.

    Definition: sum of the contract amounts of the lot divided by the total awarded amount.
    Why it matters: a contract above the award was not what the bidders competed for.
    Excluded: lots with several winners; contracts more than fivefold off the award (check the record first).
    Known only once the contract is signed.
    Example: awarded at 100, contract signed at 118: 1.18.

    合同金额与中标价之比，关注其偏高的一端。

    定义：该标段各合同金额之和除以中标总金额。
    意义：合同高于中标价，意味着签订的并非各投标人竞争的内容。
    排除：有多个中标人的标段；与中标价相差五倍以上者（先核对数据）。合同签订后方可计算。
    示例：中标价100，合同金额118，结果1.18。
    """
    return _over_award(records)


@feature(
    code="E02",
    family="execution",
    direction="low",
    unit="ratio",
    needs=("price", "contracts.amount"),
    guards=(SOLE_WINNER,),
    source="Open Contracting Partnership (2024), Red flags in public procurement, R059 (related); "
    "open-source indicator "
    "sets (unusual reduction)",
    title=Phrase("The contract falls short of the award", "合同金额低于中标价"),
    innocent=Phrase(
        "A lot may be signed in stages, or the quantity lawfully reduced.",
        "可能分期签订合同，或依法减少了数量。",
    ),
    silent=APART,
)
def contract_under_award(records: Records) -> FloatArray:
    """The signed contracts over the award, suspicious when low.

    Definition: sum of the contract amounts of the lot divided by the total awarded amount; the number of E01,
    at its other end.
    Why it matters: a contract far below the award may be the first of several, kept under a limit.
    Excluded: lots with several winners; contracts more than fivefold off the award (check the record first).
    Example: awarded at 100, contract signed at 48: 0.48.

    合同金额与中标价之比，关注其偏低的一端。

    定义：该标段各合同金额之和除以中标总金额；数值与E01相同，关注另一端。
    意义：合同远低于中标价，可能是分拆签订、使每份低于限额的首份。
    排除：有多个中标人的标段；与中标价相差五倍以上者（先核对数据）。
    示例：中标价100，合同金额48，结果0.48。
    """
    return _over_award(records)


FAMILY: tuple[Feature, ...] = (contract_over_award, contract_under_award)
