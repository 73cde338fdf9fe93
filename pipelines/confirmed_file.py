"""Reading which trades a case has shown to be no ordinary ones, from a CSV file."""

from pathlib import Path

import pandas as pd

from detector.errors import SourceError

SHAPE = (
    "Expected a CSV file with a header and a column trade_id, one confirmed case a line; other columns are "
    "ignored. Trades that the records do not hold are allowed."
)


def read_confirmed(path: Path | None) -> frozenset[str]:
    """Ids of the confirmed trades listed in `path`; none without a file.

    Raises SourceError, naming file and line, if it cannot be read, has no column trade_id or a line without one.
    """
    if path is None:
        return frozenset()
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, pd.errors.ParserError) as refusal:
        raise SourceError(f"{path}: the confirmed trades cannot be read: {refusal}. {SHAPE}") from None
    if "trade_id" not in table:
        raise SourceError(f"{path}: the columns are {', '.join(map(str, table.columns))}. {SHAPE}")
    ids = table["trade_id"].str.strip()
    if (ids == "").any():
        line = int((ids == "").to_numpy().argmax()) + 2
        raise SourceError(f"{path}: line {line}: trade_id is empty. {SHAPE}")
    return frozenset(ids)
