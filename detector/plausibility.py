"""Values that can be read but cannot be true: set aside with a reason before any anomaly is looked for.

A unit slip (元 against 万元, rupees against crores) is far stronger than any scheme; without this step the
queue would be a list of typing mistakes. A row stays; the value goes, and what needs it becomes *not
computable*. What is merely odd (a bid after the deadline, an award above the estimate) stays: that is for the
features to judge.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.contract import VALUE, Problem, problems_at
from detector.schema import TABLES

# Forms hold 0 or 1 where no amount was entered: of 4,587 real bids of exactly 1 rupee nearly all are rate
# contracts whose prices are in an annex.
PLACEHOLDERS = (0.0, 1.0)
# No deposit, no bond: that is an answer.
MAY_BE_ZERO = (("trades", "deposit_required"), ("contracts", "bond"))
# No price rule makes a bid a hundred times its estimate; unit slips are 100, 1,000, 10,000 or 10,000,000.
SLIP = 100.0
EARLIEST = np.datetime64("1990-01-01T00:00:00", "s")
# Deadlines and openings may lie ahead, but 2203 is a mistyped 2023.
AHEAD = np.timedelta64(10 * 366 * 86_400, "s")

MONEY_COLUMNS = tuple(
    (table.name, column.name)
    for table in TABLES.values()
    for column in table.columns
    if column.type == "money"
)
INSTANT_COLUMNS = tuple(
    (table.name, column.name)
    for table in TABLES.values()
    for column in table.columns
    if column.type == "instant"
)
# What is announced may lie in the future; everything else has happened.
AHEAD_COLUMNS = {
    ("trades", column)
    for column in (
        "notice_to_at", "prequalification_to_at", "prequalification_deadline_at", "documents_from_at",
        "documents_to_at", "listing_from_at", "listing_to_at", "deadline_at", "opened_at", "publicity_to_at",
    )
} | {("contracts", "start_due_at"), ("sanctions", "to_at"), ("relations", "to_at")}  # fmt: skip
# A ban may be for life.
UNBOUNDED_COLUMNS = {("sanctions", "to_at"), ("relations", "to_at")}
# Registers remember older dates than trading systems do.
REGISTERS = ("parties", "relations")
LIMITS = ("estimate", "ceiling", "reserve")
PARTS_OF_A_PRICE = (
    ("trades", "deposit_required"),
    ("contracts", "bond"),
    ("changes", "amount"),
    ("payments", "amount"),
)
FOREIGN_COLUMNS = (
    ("bids", ("amount", "awarded_amount")),
    ("contracts", ("amount", "bond")),
    ("changes", ("amount",)),
    ("payments", ("amount",)),
)
OFF_BIDS = (
    "a hundred times off the bids of the same trade, or more: a unit, or a rate against a total; check it"
)
OFF_EACH_OTHER = "a hundred times off what else is known of the trade, or more; check the unit of all amounts"

Check = tuple[str, str, BoolArray, str]


def set_dates_aside(
    frames: dict[str, pd.DataFrame], snapshot: np.datetime64, place: str = ""
) -> list[Problem]:
    """Empty instants that cannot be (in place of `frames`) and say which and why.

    `snapshot` is the UTC instant the records were taken at: nothing can have happened after it.
    """
    return _set_aside(frames, _dates(frames, snapshot), place)


def set_amounts_aside(frames: dict[str, pd.DataFrame], place: str = "") -> list[Problem]:
    """Empty placeholders, foreign currencies and unit slips (in place of `frames`) and say which and why."""
    problems = _set_aside(frames, _placeholders(frames), place)
    problems += _set_aside(frames, _foreign(frames), place)
    return problems + _set_aside(frames, _slips(frames), place)


def _dates(frames: dict[str, pd.DataFrame], snapshot: np.datetime64) -> Iterator[Check]:
    for table, column in INSTANT_COLUMNS:
        instants = _instants(frames[table], column)
        if table not in REGISTERS:
            yield table, column, instants < EARLIEST, "before 1990; correct the date"
        if (table, column) not in AHEAD_COLUMNS:
            reason = f"after the records were taken ({snapshot} UTC); correct the date"
            yield table, column, instants > snapshot, reason
        elif (table, column) not in UNBOUNDED_COLUMNS:
            reason = "more than ten years after the records were taken; correct the date"
            yield table, column, instants > snapshot + AHEAD, reason
    swapped = _instants(frames["trades"], "deadline_at") < _instants(frames["trades"], "published_at")
    # Bids arrive by the deadline; the publication is what a later correction overwrites.
    reason = "after the deadline of the same trade: of the notice, or of a correction? enter the first"
    yield "trades", "published_at", swapped, reason


def _placeholders(frames: dict[str, pd.DataFrame]) -> Iterator[Check]:
    reason = "0 or 1: no amount was entered, or a symbolic price; look it up and enter the amount"
    for table, column in MONEY_COLUMNS:
        blank = PLACEHOLDERS[1:] if (table, column) in MAY_BE_ZERO else PLACEHOLDERS
        yield table, column, frames[table][column].isin(blank).to_numpy(dtype=bool), reason


def _foreign(frames: dict[str, pd.DataFrame]) -> Iterator[Check]:
    """Amounts in another currency than the trade's cannot be compared with anything in it."""
    trades = frames["trades"]
    own = trades["currency"].astype(object).to_numpy()
    reason = "in another currency than the trade; convert the amount"
    for table, columns in FOREIGN_COLUMNS:
        currency = frames[table]["currency"]
        known = own[_positions(trades, frames[table])]
        foreign = currency.notna().to_numpy(dtype=bool) & pd.notna(known)
        foreign &= currency.astype(object).to_numpy() != known
        for column in columns:
            yield table, column, foreign & frames[table][column].notna().to_numpy(dtype=bool), reason


class _Amounts(NamedTuple):
    """What the bids of each trade say; NaN where no amount is known. `total` counts all awards together."""

    number: IntArray
    least: FloatArray
    most: FloatArray
    median: FloatArray
    total: FloatArray
    in_parts: BoolArray


def _slips(frames: dict[str, pd.DataFrame]) -> Iterator[Check]:
    """Amounts a hundred times off what the same trade says elsewhere.

    The odd one out goes: a bid among bids (unless the lot was awarded in parts, which may differ as they
    like), an estimate against bids that agree. One bid against one estimate is decided by the contract, the
    ceiling or the reserve; where nothing else is known nobody can say which slipped, and both go.
    """
    trades, contracts = frames["trades"], frames["contracts"]
    # What was added later is smaller by nature.
    original = contracts["amount"].mask(contracts["kind"].isin(("supplementary", "addition")))
    yield from _odd_bids(frames)
    # Each check sees the frames as those before it left them.
    amounts = _amounts(trades, frames["bids"])
    signed = _median(original, _positions(trades, contracts), len(trades))
    yield from _lone_bids(frames, amounts, signed)
    amounts = _amounts(trades, frames["bids"])
    # The estimate as the source has it: a contract that repeats a doubted bid is doubted with it.
    reference = trades["estimate"].to_numpy(dtype=np.float64)
    known = np.isfinite(amounts.least)
    least, most = (
        np.where(known, amounts.least, reference),
        np.where(known, np.fmax(amounts.most, amounts.total), reference),
    )
    of = _positions(trades, contracts)
    own = original.to_numpy(dtype=np.float64)
    yield "contracts", "amount", _outside(own, least[of], most[of]), OFF_EACH_OTHER
    yield from _later_amounts(frames, least, most)


def _later_amounts(frames: dict[str, pd.DataFrame], least: FloatArray, most: FloatArray) -> Iterator[Check]:
    """Amounts that belong to a trade but are no price of it, against the bids (`least`, `most` per trade)."""
    trades = frames["trades"]
    appraised = trades["appraisal"].to_numpy(dtype=np.float64)
    yield "trades", "appraisal", _outside(appraised, least, most), OFF_EACH_OTHER
    # What is a part of the price may be as small as it likes.
    for table, column in PARTS_OF_A_PRICE:
        frame = frames[table]
        of = _positions(trades, frame)
        own = frame[column].to_numpy(dtype=np.float64)
        yield table, column, _outside(own, np.full(len(of), -np.inf), most[of]), OFF_EACH_OTHER


def _odd_bids(frames: dict[str, pd.DataFrame]) -> Iterator[Check]:
    """Bids and awards far from the middle of the bids; where two are apart, those far from the estimate."""
    trades, bids = frames["trades"], frames["bids"]
    amounts, of = _amounts(trades, bids), _positions(trades, bids)
    far = _outside(amounts.most, amounts.least, amounts.least)
    agreed = (amounts.number > 2) | ((amounts.number == 2) & ~far)
    apart = ~agreed & (far | _outside(amounts.total, amounts.least, amounts.most)) & ~amounts.in_parts
    witness = np.full(len(trades), np.nan)
    for column in LIMITS[::-1]:
        limit = trades[column].to_numpy(dtype=np.float64)
        witness = np.where(np.isfinite(limit), limit, witness)
    middle = np.where(agreed, amounts.median, np.where(apart, witness, np.nan))
    middle[amounts.in_parts] = np.nan
    nobody_knows = apart & np.isnan(witness)
    for column in ("amount", "awarded_amount"):
        own = bids[column].to_numpy(dtype=np.float64)
        odd = _outside(own, middle[of], middle[of]) | (nobody_knows[of] & np.isfinite(own))
        yield "bids", column, odd, OFF_BIDS


def _lone_bids(frames: dict[str, pd.DataFrame], amounts: _Amounts, signed: FloatArray) -> Iterator[Check]:
    trades, bids = frames["trades"], frames["bids"]
    lone = amounts.number == 1
    doubted = np.zeros(len(trades), dtype=bool)
    limits = {column: trades[column].to_numpy(dtype=np.float64) for column in LIMITS}
    for column, limit in limits.items():
        off = _outside(limit, amounts.least, np.fmax(amounts.most, amounts.total))
        others = [signed, *(other for name, other in limits.items() if name != column)]
        # A contract that repeats the bid to the last digit repeats its slip, too.
        for_bid = np.logical_or.reduce(
            [_near(other, amounts.least) & (other != amounts.least) for other in others]
        )
        for_limit = np.logical_or.reduce([_near(other, limit) for other in others])
        doubted |= off & lone & ~(for_bid & ~for_limit)
        off &= ~(lone & for_limit & ~for_bid)
        yield "trades", column, off, OFF_BIDS
    of = _positions(trades, bids)
    for column in ("amount", "awarded_amount"):
        own = bids[column].to_numpy(dtype=np.float64)
        yield "bids", column, doubted[of] & np.isfinite(own), OFF_EACH_OTHER


def _amounts(trades: pd.DataFrame, bids: pd.DataFrame) -> _Amounts:
    of, whole = _positions(trades, bids), range(len(trades))
    amount = bids["amount"].where(bids["amount"].notna(), bids["awarded_amount"])
    grouped = amount.groupby(of)
    winners = (bids["winner"] == 1.0).groupby(of).sum().reindex(whole, fill_value=0)
    total = bids["awarded_amount"].groupby(of).sum(min_count=1).reindex(whole)
    return _Amounts(
        np.asarray(grouped.count().reindex(whole, fill_value=0), dtype=np.int64),
        np.asarray(grouped.min().reindex(whole), dtype=np.float64),
        np.asarray(grouped.max().reindex(whole), dtype=np.float64),
        _median(amount, of, len(trades)),
        np.asarray(total, dtype=np.float64),
        np.asarray(winners, dtype=np.int64) > 1,
    )


def _median(amounts: pd.Series, of: IntArray, size: int) -> FloatArray:
    medians = amounts.groupby(of).median().reindex(range(size))
    return np.asarray(medians.to_numpy(dtype=np.float64))


def _positions(trades: pd.DataFrame, frame: pd.DataFrame) -> IntArray:
    positions = pd.Index(trades["trade_id"]).get_indexer(pd.Index(frame["trade_id"]))
    return np.asarray(positions, dtype=np.int64)


def _outside(values: FloatArray, least: FloatArray, most: FloatArray) -> BoolArray:
    """Whether values lie a hundred times or more outside a range; False where either is unknown."""
    return np.asarray((values >= SLIP * most) | (values * SLIP <= least), dtype=bool)


def _near(values: FloatArray, reference: FloatArray) -> BoolArray:
    known = np.isfinite(values) & np.isfinite(reference)
    return np.asarray(known & ~_outside(values, reference, reference), dtype=bool)


def _instants(frame: pd.DataFrame, column: str) -> NDArray[np.datetime64]:
    return np.asarray(frame[column].to_numpy(), dtype="datetime64[s]")


def _set_aside(frames: dict[str, pd.DataFrame], checks: Iterator[Check], place: str) -> list[Problem]:
    problems: list[Problem] = []
    for table, column, rows, reason in checks:
        if rows.any():
            frame = frames[table]
            problems += problems_at(TABLES[table], frame, rows, (column, reason, VALUE), place)
            frames[table] = frame.assign(**{column: frame[column].mask(rows)})
    return problems
