"""Statutory breaches planted at a low rate, each in a trade of its own, so that rules can be held against a truth.

They touch only what `statute`, `performance` and `standing` filled in: prices, bidders and schemes stay as they
were. A breach is named by the rule that should speak of it.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray
from detector.simulate.performance import Frames
from detector.simulate.standing import digest
from detector.simulate.statute import DAY

SHARE = 0.004
RIPE_DAYS = 60
Plant = Callable[[Frames, pd.Index], Frames]
Where = Callable[[pd.DataFrame], BoolArray]


class Breach(NamedTuple):
    """A kind of breach: the rule it is for, the trades it fits, and how it is planted in chosen ones.

    `bidders` is how many firms must bid on their own in a trade for it to fit.
    """

    rule: str
    where: Where
    plant: Plant
    bidders: int = 1


def breached(
    rng: np.random.Generator, tables: Frames, spared: Collection[str] = ()
) -> tuple[Frames, pd.DataFrame]:
    """`tables` with breaches, and which: trade_id, rule, sorted. A trade has one at most, `spared` ones none."""
    taken = set(spared)
    planted: list[tuple[str, str]] = []
    recorded = tables["trades"]["recorded_at"]
    # What follows the signature must have had time to happen: nothing lies after the records' date.
    ripe = (recorded <= recorded.max() - pd.Timedelta(days=RIPE_DAYS)).to_numpy(dtype=bool)
    signed = set(tables["contracts"]["trade_id"])
    alone = tables["bids"][tables["bids"]["consortium_id"].isna()].groupby("trade_id")["bidder_id"].nunique()
    for breach in BREACHES:
        trades = tables["trades"]
        fits = ripe & breach.where(trades) & trades["trade_id"].isin(signed - taken).to_numpy(dtype=bool)
        fits &= (alone.reindex(trades["trade_id"]) >= breach.bidders).to_numpy(dtype=bool)
        free = trades["trade_id"].to_numpy(dtype=object)[fits]
        count = min(len(free), max(1, round(SHARE * len(free))))
        chosen = pd.Index(rng.choice(free, count, replace=False)) if count else pd.Index([], dtype=object)
        if count:
            tables = breach.plant(tables, chosen)
        names = [str(trade) for trade in chosen]
        taken |= set(names)
        planted += [(name, breach.rule) for name in names]
    truth = pd.DataFrame(planted, columns=["trade_id", "rule"], dtype=object)
    return tables, truth.sort_values(["trade_id", "rule"], ignore_index=True)


def _is(**values: str | tuple[str, ...] | float) -> Where:
    """Trades whose columns have these values."""

    def where(trades: pd.DataFrame) -> BoolArray:
        rows = np.ones(len(trades), dtype=bool)
        for column, value in values.items():
            wanted = value if isinstance(value, tuple) else (value,)
            rows &= trades[column].isin(wanted).to_numpy(dtype=bool)
        return rows

    return where


def _and(where: Where, *known: str) -> Where:
    """The same, where the named columns are filled."""

    def both(trades: pd.DataFrame) -> BoolArray:
        filled = trades[list(known)].notna().all(axis=1).to_numpy(dtype=bool)
        return np.asarray(where(trades) & filled, dtype=bool)

    return both


def _trades(**columns: Callable[[pd.DataFrame], Any]) -> Plant:
    """Set columns of the chosen trades."""
    return _rows("trades", **columns)


def _rows(table: str, **columns: Callable[[pd.DataFrame], Any]) -> Plant:
    """Set columns in all rows of `table` that belong to the chosen trades."""

    def plant(tables: Frames, chosen: pd.Index) -> Frames:
        frame = tables[table].copy()
        rows = frame["trade_id"].isin(chosen)
        for column, value in columns.items():
            frame.loc[rows, column] = value(frame[rows])
        return tables | {table: frame}

    return plant


def _after(column: str, days: int) -> Callable[[pd.DataFrame], Any]:
    """So many days after another instant of the same row; before it where negative."""
    return lambda rows: rows[column] + pd.Timedelta(days=days)


def _times(column: str, factor: float) -> Callable[[pd.DataFrame], Any]:
    return lambda rows: (rows[column] * factor).round(2)


def _fixed(value: float | str) -> Callable[[pd.DataFrame], Any]:
    return lambda rows: value


def _first_bidders(tables: Frames, chosen: Iterable[str], number: int) -> pd.DataFrame:
    """The first bidders (trade_id, bidder_id) of each chosen trade that bid on their own."""
    bids = tables["bids"]
    own = bids[bids["trade_id"].isin(chosen) & bids["consortium_id"].isna()]
    return own.groupby("trade_id", sort=True).head(number)[["trade_id", "bidder_id"]]


def _shared(kind: str) -> Plant:
    """Two bidders leave the same hash behind."""

    def plant(tables: Frames, chosen: pd.Index) -> Frames:
        held, pairs = tables["identifiers"], _first_bidders(tables, chosen, 2)
        mine = pd.MultiIndex.from_frame(held[["trade_id", "bidder_id"]]).isin(pd.MultiIndex.from_frame(pairs))
        kept = held[~(mine & (held["kind"] == kind).to_numpy(dtype=bool))]
        made = pairs.assign(
            kind=kind, digest=[digest(f"breach {kind}", trade) for trade in pairs["trade_id"]]
        )
        keys = ["trade_id", "bidder_id", "kind", "digest"]
        return tables | {"identifiers": pd.concat([kept, made]).sort_values(keys, ignore_index=True)}

    return plant


def _linked(tables: Frames, chosen: pd.Index) -> Frames:
    """Two bidders of the lot under common control."""
    pairs = _first_bidders(tables, chosen, 2).groupby("trade_id")["bidder_id"].agg(["first", "last"])
    made = pd.DataFrame(
        {
            "party_id": pairs["first"].to_numpy(dtype=object),
            "other_id": pairs["last"].to_numpy(dtype=object),
            "kind": np.full(len(pairs), "control", dtype=object),
        }
    )
    # Known since the day of this lot only: earlier lots of the two are not touched, later ones may be.
    dates = tables["trades"].set_index("trade_id")["published_at"].reindex(pairs.index)
    until = dates + pd.Timedelta(days=60)
    keys = ["party_id", "other_id", "kind"]
    held = pd.concat([tables["relations"], made.assign(from_at=dates.to_numpy(), to_at=until.to_numpy())])
    return tables | {"relations": held.drop_duplicates(keys).sort_values(keys, ignore_index=True)}


def _barred(tables: Frames, chosen: pd.Index) -> Frames:
    """The bidder that bids least often is under a ban on the day of the deadline."""
    uses = tables["bids"]["bidder_id"].value_counts()
    rarest = _first_bidders(tables, chosen, len(tables["bids"]))
    rarest = rarest.assign(uses=rarest["bidder_id"].map(uses)).sort_values(["trade_id", "uses", "bidder_id"])
    first = rarest.groupby("trade_id").head(1)
    deadline = tables["trades"].set_index("trade_id")["deadline_at"].reindex(first["trade_id"])
    made = pd.DataFrame(
        {
            "sanction_id": np.array([f"X{trade}" for trade in first["trade_id"]], dtype=object),
            "party_id": first["bidder_id"].to_numpy(dtype=object),
            "kind": np.full(len(first), "ban", dtype=object),
            "from_at": deadline.to_numpy() - DAY,
            "to_at": deadline.to_numpy() + DAY,
            "authority": np.full(len(first), "supervisor", dtype=object),
        }
    )
    held = pd.concat([tables["sanctions"], made]).sort_values("sanction_id", ignore_index=True)
    return tables | {"sanctions": held}


def _started_first(tables: Frames, chosen: pd.Index) -> Frames:
    """Works began before the award notice."""
    contracts = tables["contracts"].copy()
    notified = tables["trades"].set_index("trade_id")["notified_at"].reindex(contracts["trade_id"])
    rows = contracts["trade_id"].isin(chosen).to_numpy(dtype=bool)
    contracts.loc[rows, "started_at"] = (notified - pd.Timedelta(days=12)).to_numpy()[rows]
    return tables | {"contracts": contracts}


def _paid_first(tables: Frames, chosen: pd.Index) -> Frames:
    """The first payment came before the award notice."""
    payments = tables["payments"].copy()
    notified = tables["trades"].set_index("trade_id")["notified_at"].reindex(payments["trade_id"])
    rows = (payments["trade_id"].isin(chosen) & (payments["seq"] == 1)).to_numpy(dtype=bool)
    payments.loc[rows, "paid_at"] = (notified - pd.Timedelta(days=12)).to_numpy()[rows]
    return tables | {"payments": payments}


def _returned_late(days: int, won: float, base: str) -> Plant:
    """Deposits returned so many days after the notice (losers) or the contract (winner)."""

    def plant(tables: Frames, chosen: pd.Index) -> Frames:
        bids = tables["bids"].copy()
        rows = (bids["trade_id"].isin(chosen) & (bids["winner"] == won)).to_numpy(dtype=bool)
        if base == "signed_at":
            since = tables["contracts"].groupby("trade_id")["signed_at"].min()
        else:
            since = tables["trades"].set_index("trade_id")[base]
        moments = since.reindex(bids["trade_id"]) + pd.Timedelta(days=days)
        bids.loc[rows, "deposit_returned_at"] = moments.to_numpy()[rows]
        return tables | {"bids": bids}

    return plant


def _answered_late(tables: Frames, chosen: pd.Index) -> Frames:
    """An objection of the week after the notice, answered three weeks later."""
    published = tables["trades"].set_index("trade_id")["published_at"].reindex(chosen)
    made = pd.DataFrame(
        {
            "trade_id": chosen.to_numpy(dtype=object),
            "kind": np.full(len(chosen), "objection", dtype=object),
            "seq": np.full(len(chosen), 9.0),
            "raised_at": (published + pd.Timedelta(days=2)).to_numpy(),
            "answered_at": (published + pd.Timedelta(days=25)).to_numpy(),
        }
    )
    keys = ["trade_id", "kind", "seq"]
    held = pd.concat([tables["events"], made]).sort_values(keys, ignore_index=True)
    return tables | {"events": held}


def _several(trades: pd.DataFrame) -> FloatArray:
    return trades["panel_size"].to_numpy(dtype=np.float64)


OPEN_WORKS = _is(regime="construction", mandatory=1.0, method=("open", "selective"))
APPOINTED = _is(regime="construction", mandatory=1.0, method=("open", "selective"), departure_approved=0.0)
WORKS, BOUGHT = _is(regime="construction"), _is(regime="procurement")
TENDERED = _is(regime="procurement", procedure=("open_tender", "invited_tender"))
LAND, STATE = _is(regime="land"), _is(regime="state_assets")

BREACHES: tuple[Breach, ...] = (
    Breach(
        "T07",
        _and(WORKS, "deadline_at"),
        _trades(amended_at=_after("deadline_at", -6), amendment_material=_fixed(1.0)),
    ),
    Breach("T08", WORKS, _answered_late),
    Breach("T09", _and(WORKS, "estimate"), _trades(deposit_required=_times("estimate", 0.05))),
    Breach("T12", _is(kind="works"), _shared("manager"), 2),
    Breach("T18", WORKS, _linked, 2),
    Breach("T24", WORKS, _trades(minimum_price_set=_fixed(1.0))),
    Breach(
        "T26", OPEN_WORKS, _trades(panel_size=_fixed(3.0), panel_experts=_fixed(2.0), panel_drawn=_fixed(2.0))
    ),
    Breach(
        "T26b",
        OPEN_WORKS,
        _trades(panel_size=_fixed(6.0), panel_experts=_fixed(5.0), panel_drawn=_fixed(5.0)),
    ),
    Breach(
        "T26c",
        OPEN_WORKS,
        _trades(
            panel_experts=lambda rows: np.floor(_several(rows) / 2),
            panel_drawn=lambda rows: np.floor(_several(rows) / 2),
        ),
    ),
    Breach("T28", APPOINTED, _trades(panel_drawn=lambda rows: rows["panel_experts"] - 2)),
    Breach(
        "T30",
        _and(OPEN_WORKS, "reported_at"),
        _trades(publicity_from_at=_after("reported_at", 20), publicity_to_at=_after("reported_at", 30)),
    ),
    Breach(
        "T30b", _and(OPEN_WORKS, "publicity_from_at"), _trades(publicity_to_at=_after("publicity_from_at", 1))
    ),
    Breach("T34", _and(OPEN_WORKS, "awarded_at"), _trades(report_filed_at=_after("awarded_at", 40))),
    Breach("T37", WORKS, _returned_late(30, 1.0, "signed_at")),
    Breach("T38", WORKS, _rows("contracts", bond=_times("amount", 0.2))),
    Breach("T40", _and(WORKS, "deadline_at"), _barred),
    Breach("T45", _and(OPEN_WORKS, "notified_at"), _started_first),
    Breach("T45b", _and(OPEN_WORKS, "notified_at"), _paid_first),
    Breach(
        "G05",
        _and(TENDERED, "deadline_at"),
        _trades(amended_at=_after("deadline_at", -6), amendment_material=_fixed(1.0)),
    ),
    Breach("G07", TENDERED, _trades(notice_to_at=_after("published_at", 2))),
    Breach("G15", _and(BOUGHT, "estimate"), _trades(deposit_required=_times("estimate", 0.05))),
    Breach("G15b", BOUGHT, _rows("bids", deposit_form=_fixed("cash"))),
    Breach("G15c", _and(BOUGHT, "notified_at"), _returned_late(40, 0.0, "notified_at")),
    Breach("G15d", BOUGHT, _returned_late(40, 1.0, "signed_at")),
    Breach("G17", BOUGHT, _linked, 2),
    Breach(
        "G20",
        _is(
            regime="procurement",
            kind=("goods", "services"),
            procedure="open_tender",
            price_rule="quality_and_price",
        ),
        _trades(price_weight=_fixed(0.05)),
    ),
    Breach("G21", _and(BOUGHT, "reported_at"), _trades(evaluated_at=_after("reported_at", -20))),
    Breach("G21c", _and(BOUGHT, "awarded_at"), _trades(notified_at=_after("awarded_at", 20))),
    Breach("G22b", BOUGHT, _rows("contracts", published_at=_after("signed_at", 30))),
    Breach("G22c", BOUGHT, _rows("contracts", filed_at=_after("signed_at", 40))),
    Breach("G23", BOUGHT, _rows("contracts", bond=_times("amount", 0.2))),
    Breach("G24", BOUGHT, _trades(prior_notice_at=_after("published_at", -5))),
    Breach("G26", _and(BOUGHT, "deadline_at"), _barred),
    Breach("L04", _and(LAND, "reserve"), _trades(deposit_required=_times("reserve", 0.05))),
    Breach(
        "E06",
        _and(_is(regime="state_assets", asset=("equity", "asset"), round=1), "reserve"),
        _trades(appraisal=_times("reserve", 1.3)),
    ),
    Breach("E09", STATE, _trades(appraised_at=_after("published_at", -500))),
)
