"""From drafts to canonical tables: dates, identifiers, contracts and the gaps of real records."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from detector.arrays import IntArray, TextArray
from detector.simulate.awards import Award
from detector.simulate.lots import DAY, START, Draft, on_working_day
from detector.simulate.world import CODES, KINDS, NAMES, SOLD, Columns, World

UTC_OFFSET = 480
LAST_HOURS_SHARE = 0.75
MISSING_TRADES = {
    "estimate": 0.05,
    "ceiling": 0.08,
    "documents_from_at": 0.1,
    "documents_to_at": 0.1,
    "opened_at": 0.03,
    "publicised_at": 0.04,
    "agency_id": 0.08,
}
MISSING_AMOUNTS = 0.012
MISSING_SUBMISSIONS = 0.02
MISSING_CONTRACTS = 0.06


class Dates(NamedTuple):
    """Local seconds since 1970 per lot; `signed` is that of the contract."""

    published: IntArray
    documents_from: IntArray
    documents_to: IntArray
    deadline: IntArray
    opened: IntArray
    awarded: IntArray
    publicised: IntArray
    signed: IntArray


def draw_dates(rng: np.random.Generator, lots: Columns) -> Dates:
    """The course of a lot: documents for five days, a morning deadline, opening, decision, signature."""
    count = len(lots["published"])
    published = lots["published"]
    opening_hour = rng.choice([9 * 3_600, 34_200, 10 * 3_600, 52_200], count)
    deadline = on_working_day((published // DAY + lots["window_days"]) * DAY) + opening_hour
    documents_from = np.minimum(published + rng.integers(0, 8, count) * 3_600, deadline - 7_200)
    documents_to = np.minimum(documents_from + rng.integers(5, 8, count) * DAY, deadline - 3_600)
    opened = deadline + rng.integers(0, 31, count) * 60
    thinking = np.where(lots["price_rule"] == "quality_and_price", 4.0, 2.0)
    decided = opened + np.ceil(rng.gamma(2, thinking)).clip(1, 60).astype(np.int64) * DAY
    awarded = on_working_day(decided // DAY * DAY) + rng.integers(9 * 3_600, 17 * 3_600, count)
    publicised = awarded + rng.integers(0, 3, count) * DAY + rng.integers(0, 3_600, count)
    signed = awarded + rng.integers(5, 30, count) * DAY
    return Dates(published, documents_from, documents_to, deadline, opened, awarded, publicised, signed)


def draw_submissions(rng: np.random.Generator, bids: Columns, dates: Dates) -> IntArray:
    """When bids arrive: most in the last hours before the deadline, the others in the last two days."""
    count = len(bids["lot"])
    last_hours = np.minimum(rng.exponential(300, count), 1_440)
    earlier = rng.uniform(0, 2_880, count)
    usual = 1 + np.where(rng.random(count) < LAST_HOURS_SHARE, last_hours, earlier)
    before = np.where(np.isnan(bids["before"]), usual, bids["before"])
    deadline = dates.deadline[bids["lot"]]
    arrived = deadline - np.round(before * 60).astype(np.int64)
    return np.maximum(arrived, dates.documents_from[bids["lot"]] + 600)


def name_trades(published: IntArray) -> TextArray:
    """Identifiers in order of publication, so that they say nothing about who planted what."""
    place = np.empty(len(published), dtype=np.int64)
    place[np.argsort(published, kind="stable")] = np.arange(1, len(published) + 1)
    year = published.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    return _labels([f"T{y}-{p:06d}" for y, p in zip(year, place, strict=True)])


def trades_table(
    world: World, rng: np.random.Generator, draft: Draft, names: TextArray, dates: Dates
) -> pd.DataFrame:
    """The canonical trades, with some values missing as in real records."""
    lots = draft.lots
    count = draft.size
    unresolved = lots["status"] != "awarded"
    resolved = {"awarded_at": dates.awarded, "publicised_at": dates.publicised}
    frame = pd.DataFrame(
        {
            "trade_id": names,
            "process_id": _labels([f"P{name[1:]}" for name in names]),
            "title": _titles(lots, names),
            "kind": KINDS[lots["category"]],
            "side": np.where(SOLD[lots["category"]], "sell", "buy").astype(object),
            "category": CODES[lots["category"]],
            "method": lots["method"],
            "price_rule": lots["price_rule"],
            "region": _labels([f"R{region + 1:02d}" for region in world.buyer_region[lots["buyer"]]]),
            "buyer_id": buyer_names(lots["buyer"]),
            "agency_id": _labels([f"A{a + 1:03d}" for a in rng.integers(0, world.agencies, count)]),
            "currency": np.full(count, "CNY", dtype=object),
            "estimate": lots["estimate"],
            "ceiling": lots["ceiling"],
            "reserve": lots["reserve"],
            "published_at": _instants(dates.published),
            "documents_from_at": _instants(dates.documents_from),
            "documents_to_at": _instants(dates.documents_to),
            "deadline_at": _instants(dates.deadline),
            "opened_at": _instants(dates.opened),
            **{name: _instants(values, unresolved) for name, values in resolved.items()},
            "utc_offset": np.full(count, UTC_OFFSET),
            "round": lots["round"],
            "previous_trade_id": _labels([names[p] if p >= 0 else None for p in lots["previous"]]),
            "status": lots["status"],
            "recorded_at": _instants(dates.signed + DAY),
        }
    )
    for name, share in MISSING_TRADES.items():
        frame.loc[rng.random(count) < share, name] = _nothing(frame[name])
    return frame.sort_values("trade_id", ignore_index=True)


def bids_table(
    rng: np.random.Generator, draft: Draft, names: TextArray, award: Award, submitted: IntArray
) -> pd.DataFrame:
    """The canonical bids. Some losing prices are missing, some trades never published when bids arrived."""
    bids = draft.bids
    count = len(bids["lot"])
    amount = np.where((rng.random(count) < MISSING_AMOUNTS) & ~award.winner, np.nan, bids["amount"])
    unknown = (rng.random(draft.size) < MISSING_SUBMISSIONS)[bids["lot"]]
    joint = [f"J{number + 1:06d}" if number >= 0 else None for number in bids["consortium"]]
    joint_amount = bids["consortium"] >= 0
    frame = pd.DataFrame(
        {
            "trade_id": names[bids["lot"]],
            "bidder_id": supplier_names(bids["bidder"]),
            "seq": np.ones(count, dtype=np.int64),
            "amount": np.where(joint_amount, bids["amount"], amount),
            "currency": np.full(count, "CNY", dtype=object),
            "status": bids["status"],
            "reason": bids["reason"],
            "submitted_at": _instants(submitted, unknown),
            "rank": np.where(award.rank > 0, award.rank, np.nan),
            "score": award.score,
            "winner": award.winner.astype(np.float64),
            "awarded_amount": np.where(award.winner, bids["amount"], np.nan),
            "consortium_id": _labels(joint),
        }
    )
    return frame.sort_values(["trade_id", "bidder_id"], ignore_index=True)


def contracts_table(
    rng: np.random.Generator, draft: Draft, names: TextArray, award: Award, dates: Dates
) -> pd.DataFrame:
    """One contract per awarded bid (the first member of a consortium signs); some never published."""
    rows = np.flatnonzero(award.winner)
    _, first = np.unique(draft.bids["lot"][rows], return_index=True)
    rows = rows[first]
    rows = rows[rng.random(len(rows)) >= MISSING_CONTRACTS]
    lot = draft.bids["lot"][rows]
    frame = pd.DataFrame(
        {
            "contract_id": _labels([f"C{name[1:]}" for name in names[lot]]),
            "trade_id": names[lot],
            "bidder_id": supplier_names(draft.bids["bidder"][rows]),
            "signed_at": _instants(dates.signed[lot]),
            "amount": draft.bids["amount"][rows],
            "currency": np.full(len(rows), "CNY", dtype=object),
            "status": np.full(len(rows), "signed", dtype=object),
        }
    )
    return frame.sort_values("contract_id", ignore_index=True)


def parties_table(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Buyers, sellers, agencies and suppliers with what registers say of them."""
    buyers, suppliers = len(world.buyer_volume), len(world.efficiency)
    region = np.r_[world.buyer_region, rng.integers(0, 8, world.agencies), world.supplier_region]
    kinds = ["seller"] * world.sellers + ["buyer"] * (buyers - world.sellers) + ["agency"] * world.agencies
    agency = [f"A{a + 1:03d}" for a in range(world.agencies)]
    party = np.r_[buyer_names(np.arange(buyers)), _labels(agency), supplier_names(np.arange(suppliers))]
    count = len(party)
    is_supplier = np.arange(count) >= count - suppliers
    founded = START - np.ceil(rng.gamma(2.0, 2_000, count)).astype(np.int64) * DAY
    capital = np.round(np.exp(rng.normal(15.5, 1.1, count)), -4) + 10_000
    unknown = ~is_supplier | (rng.random(count) < 0.05)
    kind = _labels(kinds + list(world.supplier_kind))
    frame = pd.DataFrame(
        {
            "party_id": party,
            "name": _labels([f"{k.capitalize()} {p}" for k, p in zip(kind, party, strict=True)]),
            "kind": kind,
            "region": _labels([f"R{r + 1:02d}" for r in region]),
            "registered_at": _instants(founded, unknown),
            "capital": np.where(unknown, np.nan, capital),
        }
    )
    return frame.sort_values("party_id", ignore_index=True)


def buyer_names(buyer: IntArray) -> TextArray:
    """Identifiers of buyers and sellers."""
    return _labels([f"B{number + 1:04d}" for number in buyer])


def supplier_names(supplier: IntArray) -> TextArray:
    """Identifiers of suppliers and acquirers."""
    return _labels([f"S{number + 1:05d}" for number in supplier])


def _labels(texts: list[str] | list[str | None]) -> TextArray:
    return np.array(texts, dtype=object)


def _instants(local: IntArray, unknown: TextArray | None = None) -> TextArray:
    """Local seconds as UTC instants, NaT where unknown."""
    instants = (local - UTC_OFFSET * 60).astype("datetime64[s]")
    if unknown is not None:
        instants[unknown] = np.datetime64("NaT")
    return instants


def _nothing(values: pd.Series) -> float | None:
    return float("nan") if pd.api.types.is_float_dtype(values) else None


def _titles(lots: Columns, names: TextArray) -> TextArray:
    """Object, year and serial number, and what the notice says of the procedure."""
    rows = zip(NAMES[lots["category"]], names, lots["note"], strict=True)
    return _labels(
        [f"{what.capitalize()}, no. {name[1:]}" + (f" ({note})" if note else "") for what, name, note in rows]
    )
