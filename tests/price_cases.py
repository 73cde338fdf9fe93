"""Case files of the price features: `tests/detector/features/cases/<code>.json`, read and evaluated.

A file holds lots under five headings. A lot has `amounts` (bidders A, B, …; `winner` is the position of the one
that won, 0 unless said) and, where needed, columns of its `trade` and of single `bids` by letter.

* `raises`: what the feature is for, with its expected `value`;
* `near_misses`: like it, but ordinary; every one must be less suspicious than every one that raises;
* `values`: further expected values;
* `not_applicable`, `not_computable`: with the English `reason`.
"""

import json
from pathlib import Path

from detector.features.evaluation import evaluate
from tests.factory import lot, records

FOLDER = Path(__file__).resolve().parent / "detector" / "features" / "cases"
VALUED = ("raises", "near_misses", "values")
REFUSED = ("not_applicable", "not_computable")


def case_file(code):
    """The parsed case file of a feature."""
    return json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))


def answer(feature, case):
    """Value, answer and reason of a feature for the lot of a case."""
    rows = lot("t", case["amounts"], case.get("winner", 0), **case.get("trade", {}))
    for table, row in rows:
        if table == "bids":
            row.update(case.get("bids", {}).get(row["bidder_id"], {}))
    table = evaluate(records(*rows), [feature])
    return table.values[0, 0], table.answers[0, 0], table.why_not(0, 0)
