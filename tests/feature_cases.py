"""Case files of features: `tests/detector/features/cases/<code>.json`, read and evaluated.

A file holds lots under five headings:

* `raises`: what the feature is for, with its expected `value`;
* `near_misses`: like it, but ordinary; every one must be less suspicious than every one that raises;
* `values`: further expected values;
* `not_applicable`, `not_computable`: with the English `reason`.

A lot gives its bids in one of two ways. `amounts` lists prices of bidders A, B, … (`winner` is the position
of the one that won, 0 unless said); columns of single bids are given in `bids` by letter. Or `bids` is a
short form: `A` bids, `A*` wins, `A-` is disqualified, `A@95` bids 95, `A~08:30` arrives on 2024-05-01 at
08:30, `A+J` bids as a member of J (marks in that order).

A lot may have columns of its `trade` (awarded 2024-06-01 at noon unless said, or `undated`), its `contracts`,
its `parties`, `columns` of single bids of the short form by letter, and its `history`: runs of equal earlier
lots, awarded one a day from 2024-01-01 on (`times` of them; `lots` is a list of bids in short form, one lot
each, repeated as a whole). `left` says what bidders left behind: `{"device": "A:x B:x"}` is one device x of A
and B; history may have it, too.
"""

import json
import re
from pathlib import Path

import pandas as pd

from detector.features.evaluation import evaluate
from tests.factory import bid, contract, identifier, party, records, trade
from tests.factory import lot as priced_lot

FOLDER = Path(__file__).resolve().parent / "detector" / "features" / "cases"
VALUED = ("raises", "near_misses", "values")
REFUSED = ("not_applicable", "not_computable")
BID = re.compile(r"(?P<who>\w+)(?P<mark>[*-]?)(@(?P<amount>[\d.]+))?(~(?P<time>[\d:]+))?(\+(?P<joint>\w+))?")


def case_file(code):
    """The parsed case file of a feature."""
    return json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))


def bids(trade_id, short, columns):
    """Rows of bids from their short form, and columns of single bidders."""
    rows = []
    for position, text in enumerate(short.split()):
        part = BID.fullmatch(text)
        arrived = f"2024-05-01T{part['time']}" if part["time"] else None
        row = bid(trade_id, part["who"], float(part["amount"] or 90 + position))
        row[1].update(winner=int(part["mark"] == "*"), submitted_at=arrived, consortium_id=part["joint"])
        row[1]["status"] = "disqualified" if part["mark"] == "-" else "valid"
        row[1].update(columns.get(part["who"], {}))
        rows.append(row)
    return rows


def lot(trade_id, case, awarded_at):
    """A trade, awarded at `awarded_at` unless its columns say otherwise, its bids and what they left behind."""
    columns = {**({} if case.get("undated") else {"awarded_at": awarded_at}), **case.get("trade", {})}
    if "amounts" in case:
        rows = priced_lot(trade_id, case["amounts"], case.get("winner", 0), **columns)
        for table, row in rows:
            row.update(case.get("bids", {}).get(row["bidder_id"], {}) if table == "bids" else {})
    else:
        rows = [trade(trade_id, **columns), *bids(trade_id, case["bids"], case.get("columns", {}))]
    for number, signed in enumerate(case.get("contracts", [])):
        rows.append(contract(f"{trade_id}-{number}", trade_id, **signed))
    for kind, pairs in case.get("left", {}).items():
        rows += [
            identifier(trade_id, who, kind, what) for who, what in (pair.split(":") for pair in pairs.split())
        ]
    return rows


def answer(feature, case):
    """Value, answer and reason of a feature for the lot of a case."""
    rows, day, number = [], pd.Timestamp("2024-01-01T12:00:00"), 0
    for run in case.get("history", []):
        for _ in range(run.get("times", 1)):
            for short in run.get("lots", [run.get("bids")]):
                rows += lot(f"h{number:05d}", {**run, "bids": short} if short else run, day.isoformat())
                day, number = day + pd.Timedelta(days=1), number + 1
    rows += lot("t", case, "2024-06-01T12:00:00")
    rows += [party(name, **columns) for name, columns in case.get("parties", {}).items()]
    built = records(*rows)
    table, row = evaluate(built, [feature]), built.trade_ids.index("t")
    return table.values[row, 0], table.answers[row, 0], table.why_not(row, 0)
