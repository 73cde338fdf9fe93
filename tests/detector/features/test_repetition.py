"""Features of repetition, against twins that read every earlier lot of a small authority anew."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest

from detector.features.evaluation import evaluate
from detector.features.repetition import no_low_price_with_the_same_rivals, prices_close_to_the_same_rivals
from detector.records import Records
from detector.simulate import simulate
from tests.detector.kernels.test_erlang import naive as erlang

HORIZON = 3 * 365 * 86_400


@pytest.fixture(scope="module")
def authority():
    tables = dict(simulate(trades=260, seed=6, prevalence=0.2).tables)
    bids = tables["bids"].assign(bidder_id=lambda frame: "f" + frame["bidder_id"].str[-1], consortium_id=None)
    trades = tables["trades"].assign(
        category=lambda frame: "c" + frame["category"].str[-1].isin(list("01234")).astype(str),
        awarded_at=tables["trades"]["awarded_at"].dt.floor("3D"),
        process_id=lambda frame: [f"p{code // 2 if code % 3 else code % 31}" for code in range(len(frame))],
    )
    bids = bids.drop_duplicates(["trade_id", "bidder_id"]).assign(seq=1)
    return Records.build({**tables, "trades": trades, "bids": bids})


def lots(records):
    """Market, time, offers by bidder and best offer over its reference, of each trade."""
    told = []
    offers, trades = records.offers, records.trades
    took_part = records.bids[(records.bids["status"] == "valid") | (records.bids["winner"] == 1.0)]
    bidders_of = took_part.groupby("trade_id")["bidder_id"].agg(set)
    for row in range(len(records)):
        mine = slice(offers.offsets[row], offers.offsets[row + 1])
        rows, prices = offers.rows[mine], offers.values[mine]
        rule = trades["price_rule"].iloc[row]
        competes = rule not in ("lottery", "fixed")
        bidders = records.bids["bidder_id"].iloc[rows]
        ceiling, estimate = trades["ceiling"].iloc[row], trades["estimate"].iloc[row]
        reference = ceiling if ceiling == ceiling else estimate
        buys = trades["side"].iloc[row] == "buy"
        said = competes and buys and records.bidder_counts[row] > 1 and reference > 0
        told.append(
            {
                "market": (trades["category"].iloc[row], rule if isinstance(rule, str) else None),
                "time": records.decided[row],
                "process": trades["process_id"].iloc[row],
                "bidders": bidders_of.get(records.trade_ids[row], set()),
                "prices": dict(zip(bidders, prices, strict=True)) if competes else {},
                "level": prices[0] / reference if said else math.nan,
            }
        )
    return told


def before(told, lot):
    return [
        o for o in told if lot["time"] - HORIZON <= o["time"] < lot["time"] and o["market"] == lot["market"]
    ]


def share(earlier, own):
    if len(earlier) < 10:
        return math.nan
    return (sum(e < own for e in earlier) + 0.5 * sum(e == own for e in earlier) + 0.5) / (len(earlier) + 1)


def distance(lot, pair):
    a, b = (lot["prices"].get(one, math.nan) for one in pair)
    return abs(math.log(a / b))


def pairs(lot):
    return list(itertools.combinations(sorted(lot["bidders"]), 2))


def closeness(told, lot, pair):
    earlier = [distance(o, other) for o in before(told, lot) for other in pairs(o)]
    own = distance(lot, pair)
    return share([e for e in earlier if e == e], own) if own == own else math.nan


def height(told, lot, pair):
    earlier = [-o["level"] for o in before(told, lot) if o["level"] == o["level"]]
    return share(earlier, -lot["level"]) if lot["level"] == lot["level"] else math.nan


def earlier_processes(told, chances, row, pair):
    """For each other process in which the pair met before: the mean over its first lots."""
    lots = defaultdict(list)
    for other, lot in enumerate(told):
        chance = chances.get((other, pair), math.nan)
        if chance == chance and lot["process"] != told[row]["process"]:
            lots[lot["process"]].append((lot["time"], -math.log(chance)))
    firsts = [[(t, s) for t, s in met if t == min(met)[0]] for met in lots.values()]
    return [
        sum(s for _, s in first) / len(first)
        for first in firsts
        if told[row]["time"] - HORIZON <= first[0][0] < told[row]["time"]
    ]


@pytest.mark.parametrize(
    ("feature", "chance"),
    [(prices_close_to_the_same_rivals, closeness), (no_low_price_with_the_same_rivals, height)],
    ids=["N05", "N06"],
)
def test_equals_its_naive_twin(authority, feature, chance):
    told = lots(authority)
    chances = {
        (row, pair): chance(told, lot, pair)
        for row, lot in enumerate(told)
        if lot["time"] == lot["time"]
        for pair in pairs(lot)
    }
    values = evaluate(authority, [feature]).values[:, 0]
    said = 0
    for row in np.flatnonzero(np.isfinite(values)):
        joined = []
        for pair in pairs(told[row]):
            if math.isnan(chances[row, pair]):
                continue
            surprises = [-math.log(chances[row, pair]), *earlier_processes(told, chances, row, pair)]
            if len(surprises) >= 3:
                joined.append(erlang(sum(surprises), len(surprises)) / math.log(10))
        assert values[row] == pytest.approx(sum(joined) / len(joined), rel=1e-6, abs=1e-8)
        said += 1
    assert said > 30
