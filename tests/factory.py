"""Readable builders for small records: letters for identifiers, every column optional.

records(
    trade("t", estimate=100.0, awarded_at="2024-03-01"),
    bid("t", "A", 90.0, winner=1),
    bid("t", "B", 95.0),
)
"""

import pandas as pd

from detector.records import Records
from detector.schema import TABLES


def trade(trade_id, **values):
    """A row of the trades table: a purchase unless `side` says otherwise."""
    return "trades", {"trade_id": trade_id, "side": "buy", **values}


def bid(trade_id, bidder_id, amount=None, **values):
    """A row of the bids table: valid, first of its bidder, unless said otherwise."""
    row = {"trade_id": trade_id, "bidder_id": bidder_id, "seq": 1, "amount": amount, "status": "valid"}
    return "bids", {**row, **values}


def party(party_id, **values):
    """A row of the parties table."""
    return "parties", {"party_id": party_id, **values}


def contract(contract_id, trade_id, **values):
    """A row of the contracts table."""
    return "contracts", {"contract_id": contract_id, "trade_id": trade_id, **values}


def identifier(trade_id, bidder_id, kind, name):
    """A row of the identifiers table: what `bidder_id` left behind, `name` standing for its keyed hash."""
    digest = name.encode().hex().rjust(16, "0")
    return "identifiers", {"trade_id": trade_id, "bidder_id": bidder_id, "kind": kind, "digest": digest}


def frames(*rows):
    """Canonical tables with the given rows, all columns present."""
    tables = {name: [] for name in TABLES}
    for name, row in rows:
        tables[name].append(row)
    return {
        name: pd.DataFrame(held, columns=list(TABLES[name].names), dtype=object)
        for name, held in tables.items()
    }


def records(*rows, as_of="2030-01-01", **options):
    """Records of the given rows, taken at `as_of`."""
    moment = pd.Timestamp(as_of).to_datetime64().astype("datetime64[s]")
    built = frames(*rows)
    if len(built["trades"]):
        built["trades"]["recorded_at"] = built["trades"]["recorded_at"].fillna(as_of)
    return Records.build(built, not_after=moment, **options)


def lot(trade_id, amounts, winner=0, **values):
    """A trade and its bids: bidder A, B, … with `amounts`; the bid at position `winner` wins."""
    rows = [trade(trade_id, **values)]
    for position, amount in enumerate(amounts):
        bidder = chr(ord("A") + position) if position < 26 else f"B{position}"
        rows.append(bid(trade_id, bidder, amount, winner=int(position == winner)))
    return rows
