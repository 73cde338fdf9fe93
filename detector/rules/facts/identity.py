"""What the hashes of one bidder say about itself: foreign accounts, busy managers."""

import numpy as np
import pandas as pd

from detector.arrays import FloatArray
from detector.features.declare import Phrase
from detector.features.history import combined
from detector.records import Records
from detector.rules.fact import Measure, Members, fact
from detector.rules.facts.contracting import originals

# Seconds since 1970 stay below this for 270 years.
SECONDS_BITS = 33


@fact(
    evidence="execution",
    unit="count",
    needs=("contracts.signed_at", "contracts.completed_at", "identifiers.digest"),
    title=Phrase("other live projects of the project manager", "项目负责人在建的其他项目数"),
    unknown=Phrase("the project manager of the contractor is not known", "中标人项目负责人未知"),
)
def manager_busy(records: Records) -> Measure:
    """Other contracts the contractor's project manager had running at signature.

    签约时该项目负责人在建的其他合同数。
    """
    held = _managed(records)
    code, signed = held["code"].to_numpy(dtype=np.int64), held["signed"].to_numpy(dtype=np.int64)
    before = code << SECONDS_BITS
    begun = np.sort(before + signed)
    ended = np.sort(before + held["completed"].to_numpy(dtype=np.int64))
    running = np.searchsorted(begun, before + signed, side="right")
    running = running - np.searchsorted(ended, before + signed, side="right")
    trade, row = held["trade"].to_numpy(dtype=np.int64), held["contract"].to_numpy(dtype=np.int64)
    most = np.full(len(records), -np.inf)
    # All managers before this one in the order have begun and ended as often; the contract itself is running.
    np.maximum.at(most, trade, running - (held["completed"].to_numpy() > signed) * 1.0)
    values = np.where(np.isfinite(most), most, np.nan)
    busy = running > 1
    found = Members("contracts", "signed_at", trade[busy], row[busy])
    return Measure(values, unknown=np.isnan(values), members=(found,))


def _managed(records: Records) -> pd.DataFrame:
    """Finished original contracts with a code for the manager that their contractor named in the bid."""
    managers = records.identifiers[records.identifiers["kind"] == "manager"]
    signed, completed = _instants(records, "signed_at"), _instants(records, "completed_at")
    rows = np.flatnonzero(originals(records) & np.isfinite(signed) & np.isfinite(completed))
    contracts = pd.DataFrame(
        {
            "contract": rows,
            "trade": records.trade_of("contracts")[rows],
            "trade_id": records.contracts["trade_id"].to_numpy()[rows],
            "bidder_id": records.contracts["bidder_id"].to_numpy()[rows],
            "signed": signed[rows].astype(np.int64),
            "completed": np.maximum(completed[rows], signed[rows]).astype(np.int64),
        }
    )
    held = contracts.merge(managers[["trade_id", "bidder_id", "digest"]], on=["trade_id", "bidder_id"])
    return held.assign(code=pd.factorize(held["digest"])[0])


def _instants(records: Records, column: str) -> FloatArray:
    return records.instants("contracts", column)


@fact(
    evidence="identity",
    unit="count",
    needs=("identifiers.digest",),
    title=Phrase("deposits from another account than the basic one", "非基本账户交纳的保证金数"),
    unknown=Phrase("the basic accounts of the bidders are not known", "投标人基本账户未知"),
)
def deposits_from_elsewhere(records: Records) -> Measure:
    """Bidders whose deposit came from no basic account of their own. 保证金并非出自其基本账户的投标人数。"""
    identifiers, trade = records.identifiers, records.trade_of("identifiers")
    bidder = combined(trade, pd.factorize(identifiers["bidder_id"])[0].astype(np.int64))
    account = combined(bidder, pd.factorize(identifiers["digest"])[0].astype(np.int64))
    basic = (identifiers["kind"] == "basic_account").to_numpy(dtype=bool)
    paid = np.flatnonzero((identifiers["kind"] == "account").to_numpy(dtype=bool))
    told = paid[np.isin(bidder[paid], bidder[basic])]
    foreign = told[~np.isin(account[told], account[basic])]
    foreign = np.sort(foreign[np.unique(bidder[foreign], return_index=True)[1]])
    unknown = np.bincount(trade[told], minlength=len(records)) == 0
    found = Members("identifiers", "digest", trade[foreign], foreign)
    count = np.bincount(trade[foreign], minlength=len(records)).astype(np.float64)
    return Measure(count, unknown=unknown, members=(found,))


FAMILY = (manager_busy, deposits_from_elsewhere)
