"""Shared hands: identifiers that several independent bidders of one lot left behind.

A value is weighed by how rare it is, ``(sharers - 1) / log2(1 + seen)``, `seen` the bidders that had used it by
the time of this lot: two firms on a private machine weigh 0.63, a terminal of the trading hall that two hundred
firms have used 0.13. The limit in the rule says from which weight on it is worth a look.
"""

from functools import partial
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.conditions import ENOUGH
from detector.features.declare import Guard, Phrase
from detector.features.history_conditions import opening
from detector.features.sharing import seen_by
from detector.records import Records
from detector.rules.fact import Fact, Measure, Members, fact


def _several(records: Records) -> BoolArray:
    return np.asarray(np.diff(records.bid_offsets) > 1)


SEVERAL = Guard(Phrase("fewer than two bidders", "投标人少于两家"), _several)


class _Coded(NamedTuple):
    """The identifiers as whole numbers, coded once for all kinds."""

    kind: IntArray
    kinds: dict[str, int]
    value: IntArray
    bidder: IntArray


_HELD: WeakKeyDictionary[Records, _Coded] = WeakKeyDictionary()


def _coded(records: Records) -> _Coded:
    if records not in _HELD:
        frame = records.identifiers
        kind, kinds = pd.factorize(frame["kind"])
        value, bidder = (pd.factorize(frame[name])[0].astype(np.int64) for name in ("digest", "bidder_id"))
        numbered = {str(name): place for place, name in enumerate(kinds)}
        _HELD[records] = _Coded(kind.astype(np.int64), numbered, value, bidder)
    return _HELD[records]


def _shared(name: str, kind: str, title: Phrase) -> Fact:
    """The weight of the values of `kind` that independent bidders of a lot share."""
    measured = partial(_measure, kind=kind)
    measured.__name__ = name  # type: ignore[attr-defined]
    measured.__doc__ = f"Weight of evidence: {title.en}. {title.zh}的证据权重。"
    return fact(
        evidence="identity",
        unit="weight",
        guards=(SEVERAL,),
        title=title,
        unknown=Phrase(
            f"too few bidders have an identifier of kind {kind}", f"留有该类标识（{kind}）的投标人过少"
        ),
    )(measured)


def _measure(records: Records, kind: str) -> Measure:
    coded = _coded(records)
    rows = np.flatnonzero(coded.kind == coded.kinds.get(kind, -2))
    trade = records.trade_of("identifiers")[rows]
    value = coded.value[rows]
    used = pd.DataFrame({"row": rows, "trade": trade, "value": value})
    together = used[used.duplicated(["trade", "value"], keep=False)]
    weight = np.zeros(len(records))
    shared = together
    if len(together):
        shared = _independent(records, together)
        lots = shared.groupby(["trade", "value"], sort=True)["hand"].nunique().reset_index(name="sharers")
        seen = _seen(records, used, lots)
        strength = (lots["sharers"].to_numpy(dtype=np.float64) - 1.0) / np.log2(1.0 + np.maximum(seen, 2.0))
        np.add.at(weight, lots["trade"].to_numpy(dtype=np.int64), strength)
    found = Members(
        "identifiers", "digest", *(shared[name].to_numpy(dtype=np.int64) for name in ("trade", "row"))
    )
    return Measure(
        weight, unknown=(weight == 0) & ~_enough(records, coded.bidder[rows], trade), members=(found,)
    )


def _independent(records: Records, together: pd.DataFrame) -> pd.DataFrame:
    """Rows of values that at least two bidders share who do not bid jointly, with the bidding hand."""
    named = records.identifiers[["trade_id", "bidder_id"]].iloc[together["row"].to_numpy()]
    joint = records.bids.loc[
        records.bids["consortium_id"].notna(), ["trade_id", "bidder_id", "consortium_id"]
    ]
    joint = joint.drop_duplicates(["trade_id", "bidder_id"])
    consortium = named.merge(joint, how="left", on=["trade_id", "bidder_id"])["consortium_id"].to_numpy()
    bidder = named["bidder_id"].to_numpy()
    # A consortium may carry the name of one of its members: keep the two apart.
    alone = pd.isna(consortium)
    hand = np.where(alone, "bidder " + bidder.astype(object), "joint " + np.where(alone, "", consortium))
    held = together.assign(hand=hand, bidder=bidder)
    several = held.groupby(["trade", "value"])["hand"].transform("nunique") > 1
    return held[several]


def _seen(records: Records, used: pd.DataFrame, lots: pd.DataFrame) -> FloatArray:
    """How many bidders had used each shared value by the time its lot was decided or opened."""
    opened = opening(records)
    moment = np.where(np.isfinite(records.decided), records.decided, opened)
    moment = np.where(np.isnan(moment), np.inf, moment)
    chosen = used[used["value"].isin(lots["value"])]
    bidder = _coded(records).bidder[chosen["row"].to_numpy()]
    everywhere = chosen.assign(bidder=bidder, moment=moment[chosen["trade"].to_numpy(dtype=np.int64)])
    when = moment[lots["trade"].to_numpy(dtype=np.int64)]
    return seen_by(everywhere, lots["value"].to_numpy(dtype=np.int64), when)


def _enough(records: Records, bidder: IntArray, trade: IntArray) -> BoolArray:
    """Whether enough bidders of each trade have an identifier; `bidder` and `trade` are theirs, in key order."""
    known = _runs(trade, bidder, len(records))
    bidders = _runs(records.bid_trade, records.bidders.codes, len(records))
    return np.asarray((bidders > 0) & (known >= ENOUGH * bidders))


def _runs(trade: IntArray, bidder: IntArray, trades: int) -> IntArray:
    """Distinct bidders of each trade, given rows sorted by both."""
    first = np.ones(len(trade), dtype=bool)
    first[1:] = (trade[1:] != trade[:-1]) | (bidder[1:] != bidder[:-1])
    return np.bincount(trade[first], minlength=trades)


FAMILY = (
    _shared(
        "shared_accounts",
        "account",
        Phrase("bidders that paid from one account", "不同投标人保证金出自同一账户"),
    ),
    _shared(
        "shared_managers",
        "manager",
        Phrase("bidders that name one project manager", "不同投标人项目管理成员为同一人"),
    ),
    _shared(
        "shared_operators",
        "operator",
        Phrase("bidders handled by one operator", "不同投标人由同一人办理投标"),
    ),
    _shared(
        "shared_contacts", "contact", Phrase("bidders with one contact person", "不同投标人联系人为同一人")
    ),
    _shared("shared_phones", "phone", Phrase("bidders with one telephone number", "不同投标人联系电话相同")),
    _shared("shared_devices", "device", Phrase("bids made on one device", "不同投标人投标文件出自同一设备")),
    _shared("shared_authors", "author", Phrase("bids written by one author", "不同投标人投标文件作者相同")),
    _shared(
        "shared_documents", "document", Phrase("bids with one identical document", "不同投标人提交同一文件")
    ),
    _shared("shared_addresses", "address", Phrase("bidders at one address", "不同投标人地址相同")),
)
