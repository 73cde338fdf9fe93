"""What happened after the award of the synthetic authority's trades, lawfully, up to the records' date."""

import numpy as np
import pandas as pd

from detector.simulate.statute import DAY, HOUR

SMALL = 20_000_000.0

Frames = dict[str, pd.DataFrame]


def perform(rng: np.random.Generator, tables: Frames) -> Frames:
    """`tables` with bids, contracts, changes and payments filled in; nothing lies after the snapshot."""
    snapshot = np.datetime64(tables["trades"]["recorded_at"].max(), "s")
    contracts = _contracts(rng, tables, snapshot)
    parties = tables["parties"]
    small = np.where(parties["capital"].isna(), np.nan, 1.0 * (parties["capital"] < SMALL))
    filled = tables | {
        "contracts": contracts,
        "bids": _bids(rng, tables, snapshot),
        "parties": parties.assign(sme=small),
    }
    return filled | {
        "changes": _changes(rng, contracts, snapshot),
        "payments": _payments(rng, contracts, tables["trades"], snapshot),
    }


def _known(moments: np.ndarray, snapshot: np.datetime64) -> np.ndarray:
    """Moments up to the snapshot; later ones have not come yet."""
    held = moments.astype("datetime64[s]")
    return np.where(held <= snapshot, held, np.datetime64("NaT", "s"))


def _bids(rng: np.random.Generator, tables: Frames, snapshot: np.datetime64) -> pd.DataFrame:
    """Candidates, deposits and their return, brands."""
    bids, trades = tables["bids"], tables["trades"].set_index("trade_id")
    of = trades.reindex(bids["trade_id"])
    count = len(bids)
    bought = (of["side"] == "buy").to_numpy(dtype=bool)
    awarded = (of["status"] == "awarded").to_numpy(dtype=bool)
    rank = bids["rank"].to_numpy(dtype=np.float64)
    order = np.where((rank >= 1) & (rank <= 3), rank, 0.0)
    won = (bids["winner"] == 1.0).to_numpy(dtype=bool)
    signed = tables["contracts"].groupby("trade_id")["signed_at"].min().reindex(bids["trade_id"])
    notified = np.asarray(of["notified_at"].to_numpy(), dtype="datetime64[s]")
    base = np.where(won, np.asarray(signed.to_numpy(), dtype="datetime64[s]"), notified)
    goods = (of["kind"] == "goods").to_numpy(dtype=bool)
    brand = np.array([f"brand {bidder[1:]}" for bidder in bids["bidder_id"]], dtype=object)
    return bids.assign(
        candidate_order=np.where(bought & awarded, order, np.nan),
        deposit_form=np.full(count, "transfer", dtype=object),
        deposit_returned_at=_known(base + rng.integers(2, 70, count) * HOUR, snapshot),
        explained=np.where(bought & (rank == 1), 1.0, np.nan),
        brand=pd.Series(brand, index=bids.index).where(goods),
    )


def _contracts(rng: np.random.Generator, tables: Frames, snapshot: np.datetime64) -> pd.DataFrame:
    contracts = tables["contracts"]
    count = len(contracts)
    of = tables["trades"].set_index("trade_id").reindex(contracts["trade_id"])
    works = (of["kind"] == "works").to_numpy(dtype=bool)
    sold = (of["side"] == "sell").to_numpy(dtype=bool)
    signed = np.asarray(contracts["signed_at"].to_numpy(), dtype="datetime64[s]")
    due = signed + rng.integers(5, 15, count) * DAY
    started = due + rng.integers(0, 20, count) * DAY
    completed = started + rng.integers(60, 400, count) * DAY
    accepted = np.where(works, completed + 10 * DAY, signed + rng.integers(15, 60, count) * DAY)
    never = np.datetime64("NaT", "s")
    bond = np.floor(contracts["amount"].to_numpy(dtype=np.float64) * rng.uniform(0.02, 0.1, count))
    return contracts.assign(
        kind=np.full(count, "main", dtype=object),
        bond=np.where(sold, np.nan, bond),
        published_at=_known(signed + rng.integers(1, 24, count) * HOUR, snapshot),
        filed_at=_known(signed + rng.integers(1, 6, count) * DAY, snapshot),
        start_due_at=np.where(works, due, never),
        started_at=np.where(works, _known(started, snapshot), never),
        handed_over_at=np.where(sold, _known(signed + 400 * DAY, snapshot), never),
        accepted_at=np.where(~sold, _known(accepted, snapshot), never),
        completed_at=np.where(works, _known(completed, snapshot), never),
    )


def _changes(rng: np.random.Generator, contracts: pd.DataFrame, snapshot: np.datetime64) -> pd.DataFrame:
    """One contract for works in eight is changed once, by less than a tenth."""
    chosen = contracts[contracts["started_at"].notna() & (rng.random(len(contracts)) < 0.12)]
    count = len(chosen)
    changed = np.asarray(chosen["started_at"].to_numpy(), dtype="datetime64[s]")
    changed = changed + rng.integers(10, 60, count) * DAY
    frame = pd.DataFrame(
        {
            "contract_id": chosen["contract_id"].to_numpy(dtype=object),
            "seq": np.ones(count),
            "trade_id": chosen["trade_id"].to_numpy(dtype=object),
            "changed_at": changed,
            "amount": (chosen["amount"].to_numpy(dtype=np.float64) * rng.uniform(0.97, 1.08, count)).round(2),
            "currency": np.full(count, "CNY", dtype=object),
        }
    )
    return frame[changed <= snapshot].sort_values(["contract_id", "seq"], ignore_index=True)


def _payments(
    rng: np.random.Generator, contracts: pd.DataFrame, trades: pd.DataFrame, snapshot: np.datetime64
) -> pd.DataFrame:
    """Sales: half of the price at once, the rest within the year. Purchases: on acceptance, in one piece."""
    sold = contracts["trade_id"].isin(trades.loc[trades["side"] == "sell", "trade_id"]).to_numpy(dtype=bool)
    signed = np.asarray(contracts["signed_at"].to_numpy(), dtype="datetime64[s]")
    accepted = np.asarray(contracts["accepted_at"].to_numpy(), dtype="datetime64[s]")
    count = len(contracts)
    amount = contracts["amount"].to_numpy(dtype=np.float64)
    first = np.ceil(amount * rng.uniform(0.5, 0.7, count))
    pieces = (
        (1.0, sold, signed + rng.integers(3, 25, count) * DAY, first),
        (2.0, sold, signed + rng.integers(40, 300, count) * DAY, (amount - first).round(2)),
        (1.0, ~sold, accepted + rng.integers(5, 28, count) * DAY, amount),
    )
    frames = [
        pd.DataFrame(
            {
                "contract_id": contracts["contract_id"].to_numpy(dtype=object)[rows],
                "seq": np.full(int(rows.sum()), seq),
                "trade_id": contracts["trade_id"].to_numpy(dtype=object)[rows],
                "paid_at": paid[rows].astype("datetime64[s]"),
                "amount": price[rows],
                "currency": np.full(int(rows.sum()), "CNY", dtype=object),
            }
        )
        for seq, chosen, paid, price in pieces
        for rows in [chosen & (paid <= snapshot)]
    ]
    return pd.concat(frames).sort_values(["contract_id", "seq"], ignore_index=True)
