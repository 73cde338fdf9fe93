"""Registers and files of the synthetic authority: objections, sanctions, links of firms, project managers."""

import hashlib

import numpy as np
import pandas as pd

from detector.simulate.performance import Frames
from detector.simulate.statute import DAY, HOUR

OBJECTED, COMPLAINED = 0.02, 0.01
SANCTIONED, LINKED = 0.02, 0.03
LONG_AGO = np.datetime64("2018-03-01T00:00:00", "s")
KNOWN_SINCE = np.datetime64("2020-01-01T00:00:00", "s")
MANAGERS = 40


def register(rng: np.random.Generator, tables: Frames) -> Frames:
    """`tables` with events, sanctions, relations, and the managers and basic accounts that bids name."""
    bids = tables["bids"]
    suppliers = np.sort(bids["bidder_id"].unique())
    snapshot = np.datetime64(tables["trades"]["recorded_at"].max(), "s")
    return tables | {
        "events": _events(rng, tables["trades"], snapshot),
        "sanctions": _sanctions(rng, suppliers),
        "relations": _relations(rng, bids, suppliers),
        "identifiers": _identifiers(rng, tables),
    }


def digest(kind: str, number: str) -> str:
    """A hash that looks like those of a real authority."""
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:32]


def _events(rng: np.random.Generator, trades: pd.DataFrame, snapshot: np.datetime64) -> pd.DataFrame:
    """Objections to the documents, answered within three days; complaints, decided within a month."""
    count = len(trades)
    published = np.asarray(trades["published_at"].to_numpy(), dtype="datetime64[s]")
    publicity = np.asarray(trades["publicity_from_at"].to_numpy(), dtype="datetime64[s]")
    bought = (trades["side"] == "buy").to_numpy(dtype=bool)
    never = np.full(count, np.datetime64("NaT", "s"))
    raised = published + rng.integers(10, 40, count) * HOUR
    complained = publicity + rng.integers(4, 9, count) * DAY
    accepted = complained + rng.integers(2, 24, count) * HOUR
    kinds = (
        ("objection", OBJECTED, raised, never, raised + rng.integers(5, 60, count) * HOUR),
        ("complaint", COMPLAINED, complained, accepted, accepted + rng.integers(3, 30, count) * DAY),
    )
    frames = [
        pd.DataFrame(
            {
                "trade_id": trades["trade_id"].to_numpy(dtype=object)[rows],
                "kind": np.full(int(rows.sum()), kind, dtype=object),
                "seq": np.ones(int(rows.sum())),
                "raised_at": start[rows],
                "accepted_at": middle[rows],
                "answered_at": end[rows],
            }
        )
        for kind, share, start, middle, end in kinds
        for rows in [bought & (rng.random(count) < share) & (end <= snapshot)]
    ]
    return pd.concat(frames).sort_values(["trade_id", "kind", "seq"], ignore_index=True)


def _sanctions(rng: np.random.Generator, suppliers: np.ndarray) -> pd.DataFrame:
    """Decisions that had run out before the first trade."""
    chosen = suppliers[rng.random(len(suppliers)) < SANCTIONED]
    count = len(chosen)
    start = LONG_AGO + rng.integers(0, 200, count) * DAY
    return pd.DataFrame(
        {
            "sanction_id": np.array([f"N{place + 1:05d}" for place in range(count)], dtype=object),
            "party_id": chosen.astype(object),
            "kind": rng.choice(np.array(["ban", "dishonesty", "other"], dtype=object), count),
            "from_at": start,
            "to_at": start + 365 * DAY,
            "authority": np.full(count, "supervisor", dtype=object),
        }
    )


def _relations(rng: np.random.Generator, bids: pd.DataFrame, suppliers: np.ndarray) -> pd.DataFrame:
    """Links between firms that never bid for the same lot."""
    count = round(len(suppliers) * LINKED)
    pairs = pd.DataFrame(
        {"party_id": rng.choice(suppliers, count), "other_id": rng.choice(suppliers, count)}, dtype=object
    )
    lots = bids[["trade_id", "bidder_id"]].drop_duplicates()
    both = pairs.reset_index().merge(lots, left_on="party_id", right_on="bidder_id")
    both = both.merge(lots, left_on=["trade_id", "other_id"], right_on=["trade_id", "bidder_id"])
    apart = pairs[~pairs.index.isin(both["index"]) & (pairs["party_id"] < pairs["other_id"])]
    kinds = np.array(["control", "same_head", "management", "share"], dtype=object)
    frame = apart.assign(
        kind=rng.choice(kinds, len(apart)),
        from_at=np.full(len(apart), KNOWN_SINCE),
        to_at=np.full(len(apart), np.datetime64("NaT", "s")),
    )
    keys = ["party_id", "other_id", "kind"]
    return frame.drop_duplicates(keys).sort_values(keys, ignore_index=True)


def _identifiers(rng: np.random.Generator, tables: Frames) -> pd.DataFrame:
    """Basic accounts, and for works the project manager that each bidder names."""
    held = tables["identifiers"]
    accounts = held[held["kind"] == "account"]
    # The account a firm uses most is its own.
    own = accounts.groupby(["bidder_id", "digest"]).size().reset_index(name="uses")
    own = own.sort_values(["bidder_id", "uses", "digest"]).drop_duplicates("bidder_id", keep="last")
    digests = accounts["bidder_id"].map(own.set_index("bidder_id")["digest"])
    basic = accounts.assign(kind="basic_account", digest=digests.astype(object))
    works = set(tables["trades"].loc[tables["trades"]["kind"] == "works", "trade_id"])
    named = accounts[accounts["trade_id"].isin(works)]
    person = rng.integers(0, MANAGERS, len(named))
    names = [digest("manager", f"{one}-{who}") for one, who in zip(named["bidder_id"], person, strict=True)]
    managers = named.assign(kind="manager", digest=np.array(names, dtype=object))
    keys = ["trade_id", "bidder_id", "kind", "digest"]
    return pd.concat([held, basic, managers]).sort_values(keys, ignore_index=True)
