"""Case files of features that need dates, parties or a past: `tests/detector/features/cases/<code>.json`.

A file holds lots under five headings (`raises`, `near_misses`, `values`, `not_applicable`, `not_computable`).
A lot has columns of its `trade` (awarded 2024-06-01 unless said), `bids` in short form, `signed_at` of its
contract, and its `history`: runs of equal earlier lots, awarded one a day from 2024-01-01 on.

Bids in short form: `A` bids, `A*` wins, `A-` is disqualified, `A@95` bids 95, `A~08:30` arrives on 2024-05-01 at
08:30, `A+J` bids as a member of J (in that order).
`left` says what bidders left behind: `{"device": "A:x B:x"}` is one device x of A and B; history may have it, too.
"""

import json
import re
from pathlib import Path

import pandas as pd

from detector.features.evaluation import evaluate
from tests.factory import bid, contract, identifier, records, trade

FOLDER = Path(__file__).resolve().parent / "detector" / "features" / "cases"
VALUED = ("raises", "near_misses", "values")
REFUSED = ("not_applicable", "not_computable")
BID = re.compile(r"(?P<who>\w+)(?P<mark>[*-]?)(@(?P<amount>[\d.]+))?(~(?P<time>[\d:]+))?(\+(?P<joint>\w+))?")


def case_file(code):
    """The parsed case file of a feature."""
    return json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))


def bids(trade_id, short):
    """Rows of bids from their short form."""
    rows = []
    for position, text in enumerate(short.split()):
        part = BID.fullmatch(text)
        arrived = f"2024-05-01T{part['time']}" if part["time"] else None
        row = bid(trade_id, part["who"], float(part["amount"] or 90 + position))
        row[1].update(winner=int(part["mark"] == "*"), submitted_at=arrived, consortium_id=part["joint"])
        row[1]["status"] = "disqualified" if part["mark"] == "-" else "valid"
        rows.append(row)
    return rows


def lot(trade_id, case, awarded_at):
    """A trade, awarded at `awarded_at` unless its columns say otherwise, its bids and what they left behind."""
    rows = [
        trade(trade_id, **{"awarded_at": awarded_at, **case.get("trade", {})}),
        *bids(trade_id, case["bids"]),
    ]
    for kind, pairs in case.get("left", {}).items():
        rows += [
            identifier(trade_id, who, kind, what) for who, what in (pair.split(":") for pair in pairs.split())
        ]
    return rows


def answer(feature, case):
    """Value, answer and reason of a feature for the lot of a case."""
    rows, day = [], pd.Timestamp("2024-01-01T12:00:00")
    for run in case.get("history", []):
        for _ in range(run.get("times", 1)):
            rows += lot(f"h{len(rows):05d}", run, day.isoformat())
            day += pd.Timedelta(days=1)
    rows += lot("t", case, "2024-06-01T12:00:00")
    if "signed_at" in case:
        rows.append(contract("k", "t", signed_at=case["signed_at"]))
    built = records(*rows)
    table, row = evaluate(built, [feature]), built.trade_ids.index("t")
    return table.values[row, 0], table.answers[row, 0], table.why_not(row, 0)
