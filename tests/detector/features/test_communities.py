"""Communities against a twin that counts every meeting anew, joins triangles one by one and knows no quarter
codes."""

import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest

from detector.features.communities import presence
from detector.records import Records
from tests.closed_market import closed_market
from tests.naive_history import hypergeometric_surprise

HORIZON = pd.Timedelta(days=3 * 365)


@pytest.fixture(scope="module")
def tables():
    """The closed market, with strangers bidding along, two lots to some processes, and a second region."""
    frames, rng = dict(closed_market(90)), np.random.default_rng(5)
    bids, trades = frames["bids"].copy(), frames["trades"].copy()
    extra = bids.drop_duplicates("trade_id").assign(
        bidder_id=[f"stranger{code}" for code in rng.integers(0, 40, bids["trade_id"].nunique())], winner=0
    )
    trades["process_id"] = [f"p{code // 2 if code % 5 == 0 else code + 500}" for code in range(len(trades))]
    trades["region"] = np.where(rng.random(len(trades)) < 0.1, "elsewhere", "ringland")
    return {**frames, "trades": trades, "bids": pd.concat([bids, extra], ignore_index=True)}


def lots_of(records):
    bidders = records.bids.groupby("trade_id")["bidder_id"].agg(set)
    return [
        (row["awarded_at"], (row["category"], row["region"]), row["process_id"], bidders[row["trade_id"]])
        for row in records.trades.to_dict("records")
    ]


def discoveries(here):
    """Edges and meetings of one market: a process counts once for each bidder and each pair."""
    took_part, met = defaultdict(set), defaultdict(set)
    for _, _, process, bidders in here:
        for bidder in bidders:
            took_part[bidder].add(process)
        for pair in itertools.combinations(sorted(bidders), 2):
            met[pair].add(process)
    held = len({process for _, _, process, _ in here})
    tested = sorted(
        (-hypergeometric_surprise(len(m), len(took_part[a]), len(took_part[b]), held), (a, b), len(m))
        for (a, b), m in met.items()
        if len(m) >= 5
    )
    looked_at = math.comb(len(took_part), 2)
    passed = [k for k, (log_p, *_) in enumerate(tested, 1) if log_p <= math.log10(0.05 * k / looked_at)]
    edges = {
        pair: n
        for _, pair, n in tested[: max(passed, default=0)]
        if n * held >= 2 * len(took_part[pair[0]]) * len(took_part[pair[1]])
    }
    strength = Counter()
    for pair, processes in met.items():
        for bidder in pair:
            strength[bidder] += len(processes)
    return edges, strength


def groups(edges):
    """Sets of edges: triangles that share an edge belong together."""
    found = [
        {(a, b), (a, c), (b, c)}
        for a, b, c in itertools.combinations(sorted({x for pair in edges for x in pair}), 3)
        if {(a, b), (a, c), (b, c)} <= set(edges)
    ]
    joined = []
    for triangle in found:
        touching = [group for group in joined if group & triangle]
        joined = [group for group in joined if not group & triangle] + [triangle.union(*touching)]
    return joined


def twin(lots, lot):
    start = lot[0].to_period("Q").start_time
    here = [o for o in lots if o[1] == lot[1] and start - HORIZON <= o[0] < start]
    edges, strength = discoveries(here)
    best = (0, 0.0)
    for group in groups(edges):
        weights = [edges[pair] for pair in group]
        members = {bidder for pair in group for bidder in pair}
        coherence = math.exp(sum(map(math.log, weights)) / len(weights)) / (sum(weights) / len(weights))
        closeness = coherence * 2 * sum(weights) / sum(strength[bidder] for bidder in members)
        present = len(members & lot[3])
        if present >= 2:
            best = max(best, (present, closeness))
    return best


def test_equals_its_naive_twin(tables):
    records = Records.build(tables)
    found, lots = presence(records), lots_of(records)
    expected = np.array([twin(lots, lot) for lot in lots], dtype=np.float64)
    np.testing.assert_array_equal(found.members, expected[:, 0])
    np.testing.assert_allclose(found.closeness, expected[:, 1], rtol=1e-6)
    assert (found.members == 3).sum() > 20
    assert (found.members == 0).sum() > 20
