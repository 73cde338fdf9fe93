"""Reading what is known about trades: which were planted, or found to be schemes, from a CSV file."""

from pathlib import Path

import numpy as np
import pandas as pd

from detector.backtest import Truth
from detector.errors import SourceError
from detector.records import Records

WORDS = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0, "": np.nan}
SHAPE = (
    "Expected a header with trade_id, planted or label (1 or 0, empty: not known), and, if known, scheme. "
    "With planted, trades that are not listed are ordinary; with label, nothing is known about them."
)


def read_truth(path: Path) -> pd.DataFrame:
    """The rows of a truth file: trade_id, scheme (may be empty), and planted or label as 1, 0 or NaN.

    Raises SourceError, naming file and line, if it cannot be read, or says two things about one trade.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, pd.errors.ParserError) as refusal:
        raise SourceError(f"{path}: the truth cannot be read: {refusal}. {SHAPE}") from None
    marks = [name for name in ("planted", "label") if name in table]
    if "trade_id" not in table or len(marks) != 1:
        raise SourceError(f"{path}: the columns are {', '.join(map(str, table.columns))}. {SHAPE}")
    words = table[marks[0]].str.strip().str.lower()
    _refuse(path, table[marks[0]], ~words.isin(list(WORDS)), "is neither 1 nor 0")
    _refuse(path, table["trade_id"], table["trade_id"].duplicated(), "is there twice")
    scheme = table["scheme"] if "scheme" in table else pd.Series("", index=table.index)
    return pd.DataFrame({"trade_id": table["trade_id"], "scheme": scheme, marks[0]: words.map(WORDS)})


def truth_of(records: Records, table: pd.DataFrame) -> Truth:
    """The truth about each trade of `records`: `table` has trade_id, scheme, and planted or label.

    Raises SourceError if it names no trade of the records.
    """
    known = table.set_index("trade_id").reindex(list(records.trade_ids))
    if not table["trade_id"].isin(records.trade_ids).any():
        raise SourceError(
            f"none of the {len(table)} trades of the truth is among the {len(records)} of the records; "
            "check that the identifiers are the same."
        )
    scheme = tuple(known["scheme"].fillna("").astype(str))
    if "planted" in table:
        return Truth(known["planted"].fillna(0.0).to_numpy(dtype=np.float64), scheme)
    return Truth(known["label"].to_numpy(dtype=np.float64), scheme)


def _refuse(path: Path, values: pd.Series, wrong: pd.Series, why: str) -> None:
    if wrong.any():
        line = int(np.flatnonzero(wrong.to_numpy())[0])
        raise SourceError(f"{path}: line {line + 2}: {values.name} {values.iloc[line]!r} {why}. {SHAPE}")
