"""What bidders of the synthetic authority leave behind: devices, network addresses, accounts, telephones.

Everybody has machines and an account of his own, and now and then uses a terminal of the trading hall that all
the others use, too. In rings one hand prepares the bids of others: their files then carry the winner's device,
and some of the deposits come from the winner's account.
"""

import hashlib

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, IntArray, TextArray
from detector.simulate.lots import Draft
from detector.simulate.tables import supplier_names

MISSING_IDENTIFIERS = 0.15
HALL_TERMINALS, HALL_SHARE = 8, 0.12
RINGS = ("ring_cover_bids", "ring_rotation")
# Not every ring is careless, and not in every lot.
CARELESS_DEVICE, CARELESS_ACCOUNT = 0.15, 0.1
KINDS = ("device", "ip", "account", "phone")


def identifiers_table(
    rng: np.random.Generator, draft: Draft, trade_ids: TextArray, winner: BoolArray, schemes: list[str]
) -> pd.DataFrame:
    """The canonical identifiers of all bids; some trades come without any."""
    lot, bidder = draft.bids["lot"], draft.bids["bidder"]
    owners = {kind: _owners(rng, kind, lot, bidder, winner, schemes) for kind in KINDS}
    known = (rng.random(draft.size) >= MISSING_IDENTIFIERS)[lot]
    frames = [
        pd.DataFrame(
            {
                "trade_id": trade_ids[lot[known]],
                "bidder_id": supplier_names(bidder[known]),
                "kind": np.full(int(known.sum()), kind, dtype=object),
                "digest": _digests(kind, owners[kind][known]),
            }
        )
        for kind in KINDS
    ]
    return pd.concat(frames).sort_values(["trade_id", "bidder_id", "kind"], ignore_index=True)


def _owners(
    rng: np.random.Generator,
    kind: str,
    lot: IntArray,
    bidder: IntArray,
    winner: BoolArray,
    schemes: list[str],
) -> IntArray:
    """Whose device, address, account or telephone each bid carries; negative: a terminal of the hall."""
    owner = bidder * 2 + (rng.random(len(bidder)) < 0.3 if kind == "device" else 0)
    chance = {"device": CARELESS_DEVICE, "ip": CARELESS_DEVICE, "account": CARELESS_ACCOUNT}.get(kind, 0.0)
    in_ring = np.isin(schemes, RINGS)[lot] & ~winner
    first_winner = np.full(int(lot.max(initial=-1)) + 1, -1, dtype=np.int64)
    first_winner[lot[winner]] = bidder[winner]
    lent = in_ring & (rng.random(len(bidder)) < chance) & (first_winner[lot] >= 0)
    if kind in ("device", "ip"):
        at_hall = rng.random(len(bidder)) < HALL_SHARE
        owner = np.where(at_hall, -1 - rng.integers(0, HALL_TERMINALS, len(bidder)), owner)
    return np.asarray(np.where(lent, first_winner[lot] * 2, owner), dtype=np.int64)


def _digests(kind: str, owner: IntArray) -> TextArray:
    """Hashes that look like those of a real authority."""
    unique, inverse = np.unique(owner, return_inverse=True)
    made = [hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:32] for number in unique]
    return np.array(made, dtype=object)[inverse]
