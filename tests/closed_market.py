"""A small market in which everything that features of history look for happens: for sweeps over all features.

Six firms share one category, region, buyer and agency: they take turns, keep a small distance behind the
winner, and one of them has just been founded; one supplier wins in many categories.
"""

from datetime import datetime, timedelta
from itertools import count

import pandas as pd

from tests.factory import bid, contract, frames, party, trade

START = datetime(2023, 1, 9, 4, 0)  # noqa: DTZ001 - naive is UTC here
FIRMS = [f"ring{letter}" for letter in "ABCDEF"]


def closed_market(lots=60):
    """Canonical tables of the market, ordered by no particular key."""
    rows, number = [], count()
    for turn in range(lots):
        ring = FIRMS[:3] if turn % 2 else FIRMS[3:]
        winner, losers = ring[(turn // 2) % 3], [firm for firm in ring if firm != ring[(turn // 2) % 3]]
        # Prices end in odd digits, so that none of them looks round or repeats.
        price = 900_000.0 + 7_331.5 * turn
        offers = {winner: price, losers[0]: price * 1.0075, losers[1]: price * 1.0213}
        rows += _lot(f"ring-{turn:03d}", turn, {"category": "ringwork"}, offers, next(number))
    for turn in range(24):
        offers = {"ringT": 5_217.25 + turn, "ringG": 6_018.75 + turn}
        rows += _lot(f"trader-{turn:03d}", turn, {"category": f"ringgoods{turn % 5}"}, offers, next(number))
    rows += [party(firm, registered_at="2004-05-06") for firm in [*FIRMS[1:], "ringT", "ringG"]]
    rows.append(party(FIRMS[0], registered_at="2022-12-01"))
    return frames(*rows)


def _lot(trade_id, turn, columns, offers, number):
    opened = START + timedelta(days=7 * turn, minutes=number)
    awarded = opened + timedelta(days=3)
    best = next(iter(offers))
    shared = {"side": "buy", "price_rule": "lowest", "method": "open", "kind": "works", "currency": "CNY"}
    where = {"region": "ringland", "buyer_id": "ringbuyer", "agency_id": "ringagency", "utc_offset": 480}
    dates = {"published_at": opened - timedelta(days=21), "deadline_at": opened, "opened_at": opened}
    price = offers[best]
    rows = [
        trade(
            trade_id, **shared, **where, **dates, **columns, awarded_at=awarded, status="awarded",
            publicised_at=awarded + timedelta(days=1), estimate=price * 1.04, ceiling=price * 1.03,
            recorded_at=awarded + timedelta(days=20), process_id=f"p{trade_id}", round=1,
        ),
        contract(
            f"k{trade_id}", trade_id, bidder_id=best, amount=price, currency="CNY",
            signed_at=awarded + timedelta(days=9),
        ),
    ]  # fmt: skip
    for place, (firm, amount) in enumerate(offers.items()):
        arrived = opened - timedelta(minutes=7 + 13 * place + turn % 5)
        rows.append(
            bid(
                trade_id, firm, amount, currency="CNY", winner=int(firm == best), rank=place + 1,
                submitted_at=arrived, awarded_amount=amount if firm == best else None,
            )
        )  # fmt: skip
    return rows


def with_closed_market(tables):
    """`tables` with the market added to them."""
    added = closed_market()
    return {
        name: pd.concat([frame, added[name][list(frame.columns)]], ignore_index=True)
        if len(added[name])
        else frame
        for name, frame in tables.items()
    }
