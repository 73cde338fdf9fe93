"""Records as they were known at an earlier moment, so that a rescan gives the answer of its day.

A single snapshot tells when things happened, not when they were entered. What can be said from it:

* A trade that was last changed (`recorded_at`) by the moment was known as it stands.
* Otherwise a fact was known if its own date says so: a bid from its arrival, an amount from the opening, an
  outcome (winner, ranks, validity of bids) from the decision, a contract from its signature, a change, a
  payment, an objection or a sanction from its own date. A fact without any date is taken as not yet known: an
  early alert must never rest on late knowledge.

What cannot be undone from one snapshot: later corrections of earlier values (an extended deadline, an amended
estimate, a publication overwritten by its correction, a register of parties), rows that the source deleted,
and values that became known in several steps of one opening (technical before financial envelopes).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, IntArray

# Any of these, not later than the moment, shows that a trade without a publication date had begun.
SIGNS_OF_LIFE = ("documents_from_at", "deadline_at", "opened_at", "awarded_at")
OUTCOME_OF_A_BID = ("reason", "rank", "score", "winner", "awarded_amount", "explained", "candidate_order")
CONTENT_OF_A_BID = ("amount", "brand", "deposit_form")
# Steps of a procedure, each known once it has happened. What is announced beforehand is left as it stands.
STEPS = ("amended_at", "evaluated_at", "reported_at", "publicity_from_at", "notified_at", "report_filed_at")
# Who evaluates is secret until the result is known.
PANEL = ("panel_size", "panel_experts", "panel_drawn")
STEPS_OF_A_CONTRACT = (
    "published_at", "filed_at", "started_at", "handed_over_at", "accepted_at", "completed_at",
)  # fmt: skip
# Rows that come after a trade, and what dates them.
DATED = (("changes", "changed_at"), ("payments", "paid_at"), ("events", "raised_at"))


class _Known(NamedTuple):
    """For each trade, what was known at the moment."""

    begun: BoolArray
    unchanged: BoolArray
    opened: BoolArray
    decided: BoolArray


def as_known_at(frames: Mapping[str, pd.DataFrame], moment: np.datetime64) -> dict[str, pd.DataFrame]:
    """Conformed `frames` (every bid and contract with its trade) without what came after `moment` (UTC).

    Trades that had not begun are left out with their bids and contracts. Bids of an undecided trade are
    pending, those of an unopened one sealed: without amount. Doing it twice, or for a later moment first,
    changes nothing.
    """
    trades, bids, contracts = frames["trades"], frames["bids"], frames["contracts"]
    index = pd.Index(trades["trade_id"])
    of_bid = index.get_indexer(pd.Index(bids["trade_id"])).astype(np.int64)
    of_contract = index.get_indexer(pd.Index(contracts["trade_id"])).astype(np.int64)
    known = _known(frames, of_bid, of_contract, moment)
    kept = {
        "trades": _trades(trades, known, moment)[known.begun],
        "bids": _bids(bids, known, of_bid, moment),
        "contracts": _contracts(contracts, known, of_contract, moment),
        "parties": frames["parties"],
        "identifiers": _identifiers(frames["identifiers"], known, index),
        "relations": _relations(frames["relations"], moment),
        "sanctions": frames["sanctions"][_by(frames["sanctions"]["from_at"], moment)],
        **{name: _dated(frames[name], date, known, index, moment) for name, date in DATED},
    }
    return {name: frame.reset_index(drop=True) for name, frame in kept.items()}


def opening_of(trades: pd.DataFrame) -> pd.Series:
    """When the bids of each trade could be read: at its opening, else at its deadline; NaT where neither is
    known."""
    moments: pd.Series = trades["opened_at"].where(trades["opened_at"].notna(), trades["deadline_at"])
    return moments


def _known(
    frames: Mapping[str, pd.DataFrame], of_bid: IntArray, of_contract: IntArray, moment: np.datetime64
) -> _Known:
    trades = frames["trades"]
    unchanged = _by(trades["recorded_at"], moment)
    sign = unchanged.copy()
    for column in SIGNS_OF_LIFE:
        sign |= _by(trades[column], moment)
    sign[of_bid[_by(frames["bids"]["submitted_at"], moment)]] = True
    begun = np.where(trades["published_at"].isna(), sign, _by(trades["published_at"], moment))
    told = unchanged | _by(trades["publicised_at"], moment)
    told[of_contract[_by(frames["contracts"]["signed_at"], moment)]] = True
    decided = np.where(trades["awarded_at"].isna(), told, _by(trades["awarded_at"], moment))
    opening = opening_of(trades)
    opened = np.where(opening.isna(), decided, _by(opening, moment))
    return _Known(begun.astype(bool), unchanged, opened.astype(bool), decided.astype(bool))


def _trades(trades: pd.DataFrame, known: _Known, moment: np.datetime64) -> pd.DataFrame:
    awarded = (trades["status"] == "awarded").to_numpy(dtype=bool)
    steps = {name: _happened(trades[name], moment) for name in STEPS}
    amended = _by(trades["amended_at"], moment) | known.unchanged
    publicised = _by(trades["publicity_from_at"], moment) | known.unchanged
    return trades.assign(
        **steps,
        **{name: trades[name].mask(~known.decided) for name in PANEL},
        amendment_material=trades["amendment_material"].mask(~amended),
        publicity_to_at=trades["publicity_to_at"].mask(~publicised),
        awarded_at=trades["awarded_at"].mask(~known.decided),
        publicised_at=trades["publicised_at"].mask(~(known.decided & _by(trades["publicised_at"], moment))),
        status=trades["status"].mask(~(known.decided & (known.unchanged | awarded))),
        recorded_at=trades["recorded_at"].mask(~known.unchanged),
    )


def _bids(bids: pd.DataFrame, known: _Known, trade: IntArray, moment: np.datetime64) -> pd.DataFrame:
    undated = bids["submitted_at"].isna().to_numpy(dtype=bool)
    there = known.opened | known.unchanged
    arrived = np.where(undated, there[trade], _by(bids["submitted_at"], moment))
    pending = ~known.decided[trade]
    masked = {name: bids[name].mask(pending) for name in OUTCOME_OF_A_BID}
    masked |= {name: bids[name].mask(~there[trade]) for name in CONTENT_OF_A_BID}
    masked["deposit_returned_at"] = _happened(bids["deposit_returned_at"], moment)
    shown = bids.assign(**masked, status=bids["status"].mask(pending, "pending"))
    return shown[arrived.astype(bool) & known.begun[trade]]


def _contracts(
    contracts: pd.DataFrame, known: _Known, trade: IntArray, moment: np.datetime64
) -> pd.DataFrame:
    undated = contracts["signed_at"].isna().to_numpy(dtype=bool)
    signed = np.where(undated, known.unchanged[trade], _by(contracts["signed_at"], moment))
    status = contracts["status"].mask(~known.unchanged[trade])
    steps = {name: _happened(contracts[name], moment) for name in STEPS_OF_A_CONTRACT}
    there = known.begun[trade] & known.decided[trade] & signed.astype(bool)
    shown: pd.DataFrame = contracts.assign(**steps, status=status)[there]
    return shown


def _dated(
    frame: pd.DataFrame, date: str, known: _Known, index: pd.Index, moment: np.datetime64
) -> pd.DataFrame:
    """Rows of a trade that had begun which were dated by the moment; undated ones of an unchanged trade."""
    trade = index.get_indexer(pd.Index(frame["trade_id"])).astype(np.int64)
    undated = frame[date].isna().to_numpy(dtype=bool)
    there = np.where(undated, known.unchanged[trade], _by(frame[date], moment)).astype(bool)
    later = [name for name in ("accepted_at", "answered_at") if name in frame]
    shown: pd.DataFrame = frame.assign(**{name: _happened(frame[name], moment) for name in later})
    return shown[there & known.begun[trade]]


def _relations(relations: pd.DataFrame, moment: np.datetime64) -> pd.DataFrame:
    """Links that held by the moment; a register does not always tell since when."""
    shown: pd.DataFrame = relations[
        relations["from_at"].isna().to_numpy(dtype=bool) | _by(relations["from_at"], moment)
    ]
    return shown


def _identifiers(identifiers: pd.DataFrame, known: _Known, index: pd.Index) -> pd.DataFrame:
    """What bids left behind is read when they are opened."""
    trade = index.get_indexer(pd.Index(identifiers["trade_id"])).astype(np.int64)
    return identifiers[(known.opened & known.begun)[trade]]


def _happened(instants: pd.Series, moment: np.datetime64) -> pd.Series:
    """Instants not later than `moment`, the others empty."""
    return instants.mask(~_by(instants, moment))


def _by(instants: pd.Series, moment: np.datetime64) -> BoolArray:
    """Whether an instant is known and not later than `moment`."""
    return np.asarray(instants.to_numpy().astype("datetime64[s]") <= moment, dtype=bool)
