"""Where rules fall silent: the rate of *not computable* per rule, platform and buyer, as a finding of its own.

Who leaves a date out cannot be held to it. A group stands out where most of its trades leave a rule without an
answer that the same rule gets elsewhere.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from detector.arrays import BoolArray
from detector.features.declare import Phrase
from detector.records import Records
from detector.rules.evaluation import Outcome, RuleTable

GROUPS: Mapping[str, Phrase] = {
    "region": Phrase("region", "地区"),
    "agency_id": Phrase("platform or agency", "平台或代理机构"),
    "buyer_id": Phrase("buyer", "采购单位"),
}
FEWEST_TRADES = 20
LEAST_RATE = 0.5
LEAST_EXCESS = 0.3
COLUMNS = ("rule", "by", "name", "trades", "not_computable", "rate", "elsewhere")


def silent_rates(records: Records, table: RuleTable) -> pd.DataFrame:
    """For each rule and group: trades the rule applies to, how many of them it cannot answer, and the rate.

    `elsewhere` is the rate among all other trades, NaN where there are none. Groups without any are left out.
    """
    frames = []
    for column in range(len(table.rules)):
        answers = table.answers(column)
        silent = answers == Outcome.NOT_COMPUTABLE
        asked = silent | (answers == Outcome.CLEAR) | (answers == Outcome.FIRED)
        if silent.any():
            frames += [_by_group(records, table.rules[column].id, by, asked, silent) for by in GROUPS]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(frames, ignore_index=True)


def silences(records: Records, table: RuleTable) -> pd.DataFrame:
    """The rows of `silent_rates` that stand out, the most trades first."""
    rates = silent_rates(records, table)
    if rates.empty:
        return rates
    out = rates[
        (rates["trades"] >= FEWEST_TRADES)
        & (rates["rate"] >= LEAST_RATE)
        & (rates["rate"] - rates["elsewhere"] >= LEAST_EXCESS)
    ]
    order = ["not_computable", "rule", "by", "name"]
    return out.sort_values(order, ascending=[False, True, True, True], ignore_index=True)


def _by_group(records: Records, rule: str, by: str, asked: BoolArray, silent: BoolArray) -> pd.DataFrame:
    group = records.buyers if by == "buyer_id" else records.coded(by)
    size = len(group.labels) + 1
    # -1, no group, counts as the last.
    trades = np.bincount(group.codes[asked] % size, minlength=size)
    missing = np.bincount(group.codes[silent] % size, minlength=size)
    rest, rest_missing = asked.sum() - trades, silent.sum() - missing
    elsewhere = np.where(rest > 0, rest_missing / np.maximum(rest, 1), np.nan)
    kept = np.flatnonzero(trades[:-1])
    return pd.DataFrame(
        {
            "rule": rule,
            "by": by,
            "name": [group.labels[code] for code in kept],
            "trades": trades[kept],
            "not_computable": missing[kept],
            "rate": missing[kept] / trades[kept],
            "elsewhere": elsewhere[kept],
        },
        columns=list(COLUMNS),
    )
