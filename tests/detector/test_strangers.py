import numpy as np
import pytest

from detector.records import Records
from detector.scan import ScanSettings, scan
from detector.simulate import simulate
from detector.strangers import KEPT_IDS, STRANGE, Move, move, with_strangers

# Points of 100 that a score may move when unrelated trades join: any score, and 99 of 100 scores.
TOLERANCE = {0.01: (2.0, 0.3), 0.05: (6.0, 0.6)}


@pytest.fixture(scope="module")
def frames():
    return simulate(trades=1_200, seed=8).tables


@pytest.fixture(scope="module")
def found(frames):
    return scan(Records.build(frames), settings=ScanSettings(budget=0))


def test_strangers_are_copies_under_names_that_nobody_else_has(frames):
    joined = with_strangers(frames, 0.05)
    trades = joined["trades"]
    strange = trades["trade_id"].str.startswith(STRANGE)
    assert strange.sum() == 60
    assert len(trades) == len(frames["trades"]) + 60
    for column in ("trade_id", "buyer_id", "category", "region"):
        ours, theirs = (set(trades.loc[rows, column].dropna()) for rows in (~strange, strange))
        assert ours.isdisjoint(theirs)
    bids = joined["bids"]
    bidders = bids.groupby(bids["trade_id"].str.startswith(STRANGE))["bidder_id"].agg(set)
    assert bidders[True].isdisjoint(bidders[False])
    digests = joined["identifiers"]
    held = digests.groupby(digests["trade_id"].str.startswith(STRANGE))["digest"].agg(set)
    assert held[True].isdisjoint(held[False])
    assert set(trades["currency"]) == set(frames["trades"]["currency"]), KEPT_IDS
    assert joined["parties"] is frames["parties"]


def test_the_same_seed_chooses_the_same_strangers(frames):
    first, again, other = (with_strangers(frames, 0.02, seed)["trades"] for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


@pytest.mark.parametrize("share", TOLERANCE)
def test_unrelated_trades_hardly_move_the_scores_of_others(frames, found, share):
    joined = Records.build(with_strangers(frames, share), as_of=found.records.as_of)
    moved = move(found, scan(joined, settings=ScanSettings(budget=0)))
    largest, usual = TOLERANCE[share]
    assert (moved.trades, moved.added) == (1_200, round(share * 1_200))
    assert 0 < moved.usual <= usual
    assert moved.largest <= largest
    assert moved.kept >= 0.8


def test_a_scan_held_against_itself_does_not_move(found):
    assert move(found, found) == Move(1_200, 0, 0.0, 0.0, 1.0)


def test_a_move_is_counted_in_points(found):
    other = scan(found.records, found.model, ScanSettings(budget=0))
    shifted = other.suspicion.tail.copy()
    shifted[7] = np.where(np.isfinite(shifted[7]), 0.999, np.nan)
    object.__setattr__(other.suspicion, "tail", shifted)
    before, after = (each.model.score(each.suspicion)[7] for each in (found, other))
    assert move(found, other).largest == pytest.approx(100 * abs(after - before))
