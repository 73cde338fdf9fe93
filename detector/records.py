"""Records: the canonical tables of one authority as computation sees them. Immutable once built.

`Records.build` conforms and sorts the tables, sets implausible values aside, and codes identifiers as whole
numbers once. Everything a feature needs is a property here, so that two features never disagree about what a
bid is:

* an *effective bid* is valid, and one per bidder and consortium: the last valid one that a bidder handed in
  (by seq), and one for all members of a joint bid (the first member's whose amount is known);
* *offers* are the prices of effective bids, best for the public first (lowest in a purchase, highest in a
  sale);
* a trade is *decided* at `awarded_at`; its history is what was decided strictly before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.contract import Conformed, Problem, check_columns, conform, in_order, row_problems, without
from detector.errors import SchemaError
from detector.hindsight import as_known_at
from detector.kernels.grouping import best_first_order, group_offsets
from detector.kernels.screens import PriceScreens, price_screens
from detector.plausibility import set_amounts_aside, set_dates_aside
from detector.schema import TABLES

KEYED_HASH = "[0-9a-fA-F]{16,64}"
SECONDS_A_DAY = 86_400.0


class Coded(NamedTuple):
    """Identifiers as whole numbers: `codes[i]` indexes `labels`, -1 where there is none."""

    codes: IntArray
    labels: tuple[str, ...]


class Groups(NamedTuple):
    """Rows or values by trade: those of trade t are ``[offsets[t]:offsets[t + 1]]``."""

    values: FloatArray
    offsets: IntArray
    rows: IntArray

    @property
    def sizes(self) -> IntArray:
        """Number of values of each trade."""
        return np.diff(self.offsets)


@dataclass(frozen=True, eq=False)
class Records:
    """Validated, key-sorted tables. `absent` names columns ("trades.ceiling") the source does not have."""

    trades: pd.DataFrame
    bids: pd.DataFrame
    parties: pd.DataFrame
    contracts: pd.DataFrame
    identifiers: pd.DataFrame
    changes: pd.DataFrame
    payments: pd.DataFrame
    events: pd.DataFrame
    sanctions: pd.DataFrame
    relations: pd.DataFrame
    as_of: np.datetime64
    absent: frozenset[str]
    problems: tuple[Problem, ...]

    @classmethod
    def build(
        cls,
        tables: Mapping[str, pd.DataFrame],
        as_of: np.datetime64 | None = None,
        place: str = "",
        not_after: np.datetime64 | None = None,
    ) -> Self:
        """Validate `tables` (canonical names and columns) as they were known at `as_of` (UTC).

        The records are taken at the newest `recorded_at` that is not after `not_after` (the clock of the
        caller; a source may hold dates that have not come yet), else, where most trades lack one, at the
        newest instant they hold. An earlier `as_of` shows them as they were known then (see
        `detector.hindsight`), a later one is the same as none. `place` names the source in messages;
        `tables` are left as they are. Neither the records nor the problems depend on the order of rows.
        Raises SchemaError, naming all of them, if trades, bids, or a key or required column of any table
        are missing.
        """
        _check_tables(tables, place)
        held = {name: conform(table, tables[name], place) for name, table in TABLES.items() if name in tables}
        return cls.of_conformed(held, as_of, place, not_after)

    @classmethod
    def of_conformed(
        cls,
        tables: Mapping[str, Conformed],
        as_of: np.datetime64 | None = None,
        place: str = "",
        not_after: np.datetime64 | None = None,
    ) -> Self:
        """The same from tables that conform already (`detector.contract`): sorted, in canonical types."""
        problems: list[Problem] = []
        absent: set[str] = set()
        frames: dict[str, pd.DataFrame] = {}
        for name, table in TABLES.items():
            frames[name], found, missing = tables[name] if name in tables else without(table)
            problems += found
            absent |= {f"{name}.{column}" for column in missing}
        problems += _set_orphans_aside(frames, place)
        problems += _set_raw_values_aside(frames, place)
        snapshot = _snapshot(frames["trades"], not_after)
        problems += set_dates_aside(frames, snapshot, place)
        moment = snapshot if as_of is None else min(as_of.astype("datetime64[s]"), snapshot)
        if moment < snapshot:
            frames = as_known_at(frames, moment)
        # After hindsight: an amount of that day must not be doubted because of what came later.
        problems += set_amounts_aside(frames, place)
        return cls(**frames, as_of=moment, absent=frozenset(absent), problems=in_order(problems))

    def __len__(self) -> int:
        return len(self.trades)

    @cached_property
    def trade_ids(self) -> tuple[str, ...]:
        """Identifiers of the trades, in row order."""
        return tuple(self.trades["trade_id"])

    @cached_property
    def bid_trade(self) -> IntArray:
        """Row of the trade that each bid belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.bid_offsets))

    @cached_property
    def bid_offsets(self) -> IntArray:
        """Bids of trade t are rows ``[bid_offsets[t]:bid_offsets[t + 1]]`` of `bids`."""
        position = pd.Index(self.trades["trade_id"]).get_indexer(self.bids["trade_id"])
        counts = np.bincount(position, minlength=len(self))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def trade_of(self, table: str) -> IntArray:
        """Row of the trade that each row of `table` (one with a trade_id) belongs to."""
        if table not in self._trades_of:
            index = pd.Index(self.trades["trade_id"])
            frame: pd.DataFrame = getattr(self, table)
            self._trades_of[table] = index.get_indexer(pd.Index(frame["trade_id"])).astype(np.int64)
        return self._trades_of[table]

    @cached_property
    def _trades_of(self) -> dict[str, IntArray]:
        return {}

    def instants(self, table: str, column: str) -> FloatArray:
        """An instant of each row of `table`, in seconds since 1970-01-01 UTC."""
        frame: pd.DataFrame = getattr(self, table)
        return in_seconds(frame[column])

    def coded(self, column: str) -> Coded:
        """A text column of the trades table as whole numbers."""
        codes, labels = pd.factorize(self.trades[column], sort=True)
        return Coded(codes.astype(np.int64), tuple(labels))

    @cached_property
    def buyers(self) -> Coded:
        """The buyer (or seller) of each trade."""
        return self.coded("buyer_id")

    @cached_property
    def categories(self) -> Coded:
        """The category of each trade; its kind where no category is published."""
        named = self.trades["category"].where(self.trades["category"].notna(), self.trades["kind"])
        codes, labels = pd.factorize(named, sort=True)
        return Coded(codes.astype(np.int64), tuple(labels))

    @cached_property
    def bidders(self) -> Coded:
        """The bidder of each bid row."""
        codes, labels = pd.factorize(self.bids["bidder_id"], sort=True)
        return Coded(codes.astype(np.int64), tuple(labels))

    def seconds(self, column: str) -> FloatArray:
        """An instant of each trade, in seconds since 1970-01-01 UTC."""
        return in_seconds(self.trades[column])

    @property
    def as_of_seconds(self) -> float:
        """The moment the records are seen at, in seconds since 1970-01-01 UTC."""
        return float(self.as_of.astype("datetime64[s]").astype(np.int64))

    @cached_property
    def decided(self) -> FloatArray:
        """When each trade was decided, in seconds; NaN for what is undecided at `as_of`."""
        return self.seconds("awarded_at")

    @cached_property
    def submitted(self) -> FloatArray:
        """When each bid arrived, in seconds."""
        return in_seconds(self.bids["submitted_at"])

    @cached_property
    def is_sale(self) -> BoolArray:
        """Whether a higher price is better for the public."""
        return (self.trades["side"] == "sell").to_numpy(dtype=bool)

    @cached_property
    def effective_rows(self) -> Groups:
        """Rows of `bids` that are effective bids, by trade, in key order (values: the amounts)."""
        bids = self.bids
        valid = (bids["status"] == "valid").to_numpy(dtype=bool)
        rows = np.flatnonzero(valid)
        trade, bidder = self.bid_trade[rows], self.bidders.codes[rows]
        # Rows are sorted by trade, bidder and seq: the last of a run is the bidder's final bid.
        final = np.ones(len(rows), dtype=bool)
        final[:-1] = (trade[1:] != trade[:-1]) | (bidder[1:] != bidder[:-1])
        rows = rows[final]
        rows = self._one_of_each_joint_bid(rows, bids["amount"])
        return self._grouped(bids["amount"].to_numpy(dtype=np.float64)[rows], rows)

    @cached_property
    def bidder_counts(self) -> IntArray:
        """Number of effective bids of each trade."""
        return self.effective_rows.sizes

    @cached_property
    def offers(self) -> Groups:
        """Prices of effective bids by trade, best for the public first; bids without a price left out."""
        group = self.effective_rows
        rows = group.rows[np.isfinite(group.values)]
        amounts = group.values[np.isfinite(group.values)]
        offsets = group_offsets(self.bid_trade[rows], len(self))
        order = best_first_order(amounts, offsets, self.is_sale)
        return Groups(amounts[order], offsets, rows[order])

    @cached_property
    def screens(self) -> PriceScreens:
        """Statistics of the offers of each trade."""
        return price_screens(self.offers.values, self.offers.offsets)

    @cached_property
    def winner_rows(self) -> Groups:
        """Rows of `bids` that won, by trade (values: what was awarded, else what was bid).

        A consortium won once, whatever the number of its members.
        """
        won = (self.bids["winner"] == 1.0).to_numpy(dtype=bool)
        awarded = self.bids["awarded_amount"].where(self.bids["awarded_amount"].notna(), self.bids["amount"])
        rows = self._one_of_each_joint_bid(np.flatnonzero(won), awarded)
        return self._grouped(awarded.to_numpy(dtype=np.float64)[rows], rows)

    @cached_property
    def sole_winner(self) -> IntArray:
        """Bidder code of the winner of each trade (a consortium: its first member); -1 if none or several."""
        group = self.winner_rows
        winner = np.full(len(self), -1, dtype=np.int64)
        single = group.sizes == 1
        winner[single] = self.bidders.codes[group.rows[group.offsets[:-1][single]]]
        return winner

    @cached_property
    def price(self) -> FloatArray:
        """What each trade was awarded for in total; NaN unless every winner's amount is known."""
        group = self.winner_rows
        total = np.full(len(self), np.nan)
        filled = group.sizes > 0
        if filled.any():
            total[filled] = np.add.reduceat(group.values, group.offsets[:-1][filled])
        return total

    @cached_property
    def money(self) -> FloatArray:
        """Money at stake in each trade: the price, else the estimate, else ceiling or reserve."""
        best = self.price.copy()
        for column in ("estimate", "ceiling", "reserve"):
            other = self.trades[column].to_numpy(dtype=np.float64)
            best = np.where(np.isfinite(best), best, other)
        return best

    def _one_of_each_joint_bid(self, rows: IntArray, amounts: pd.Series) -> IntArray:
        """`rows` with one member of each consortium: the first whose amount is known, else the first."""
        joint = self.bids["consortium_id"].iloc[rows]
        shared = joint.notna().to_numpy(dtype=bool)
        if not shared.any():
            return rows
        members = rows[shared]
        unknown = amounts.isna().to_numpy(dtype=bool)[members]
        order = np.lexsort((members, unknown))
        keys = pd.DataFrame({"trade": self.bid_trade[members], "joint": joint[shared].to_numpy()}).iloc[order]
        chosen = members[order][~keys.duplicated().to_numpy(dtype=bool)]
        return np.sort(np.concatenate([rows[~shared], chosen]))

    def _grouped(self, values: FloatArray, rows: IntArray) -> Groups:
        counts = np.bincount(self.bid_trade[rows], minlength=len(self))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Groups(np.ascontiguousarray(values), offsets, rows.astype(np.int64))


def in_seconds(instants: pd.Series) -> FloatArray:
    """Instants as seconds since 1970-01-01 UTC; NaN where there is none."""
    raw = instants.to_numpy().astype("datetime64[s]")
    return np.where(np.isnat(raw), np.nan, raw.astype(np.int64).astype(np.float64))


def _check_tables(tables: Mapping[str, pd.DataFrame], place: str) -> None:
    missing = [name for name in ("trades", "bids") if name not in tables]
    if missing:
        where = f"{place}: " if place else ""
        raise SchemaError(
            f"{where}table {' and '.join(missing)} not found. Expected the tables of data/README.md; "
            f"load records first with 'detector load'."
        )
    check_columns(TABLES, tables, place)


def _set_orphans_aside(frames: dict[str, pd.DataFrame], place: str) -> list[Problem]:
    problems: list[Problem] = []
    known = pd.Index(frames["trades"]["trade_id"])
    for name, table in TABLES.items():
        if table.parent:
            frame = frames[name]
            orphan = known.get_indexer(pd.Index(frame["trade_id"])) < 0
            reason = f"no row of {table.parent} has this trade_id"
            problems += row_problems(table, frame, [(orphan, "trade_id", reason)], place)
            frames[name] = frame[~orphan].reset_index(drop=True)
    return problems


def _set_raw_values_aside(frames: dict[str, pd.DataFrame], place: str) -> list[Problem]:
    """Identifiers that are no keyed hashes: a telephone number in clear must not travel any further."""
    table, frame = TABLES["identifiers"], frames["identifiers"]
    raw = ~frame["digest"].str.fullmatch(KEYED_HASH).fillna(False).to_numpy(dtype=bool)
    frames["identifiers"] = frame[~raw].reset_index(drop=True)
    # The value itself is left out of the report, too.
    hidden = frame.assign(digest="(not shown)")
    reason = "not a keyed hash (16 to 64 hexadecimal digits); hash it with the authority's key first"
    return row_problems(table, hidden, [(raw, "digest", reason)], place)


def _snapshot(trades: pd.DataFrame, not_after: np.datetime64 | None) -> np.datetime64:
    stamps, dates = ["recorded_at"], ["awarded_at", "opened_at", "deadline_at", "published_at"]
    # A timestamp on a few rows does not date the whole, unless there is no other date at all.
    for columns, least in ((stamps, len(trades) / 2), (dates, 0), (stamps, 0)):
        instants = trades[columns].to_numpy().astype("datetime64[s]").ravel()
        instants = instants[~np.isnat(instants)]
        if not_after is not None:
            instants = instants[instants <= not_after]
        if instants.size and instants.size >= least:
            return np.datetime64(instants.max(), "s")
    return np.datetime64("1970-01-01T00:00:00", "s") if not_after is None else not_after
