"""Of no trades nothing is flagged, of too few only by rules; a scan of either ends quietly."""

import numpy as np
import pytest

from detector.model.forest import FEWEST_TRADES, ForestSettings
from detector.records import Records
from detector.scan import ScanSettings, scan
from detector.simulate import simulate

SETTINGS = ScanSettings(budget=20, forest=ForestSettings(trees=20, sample=64))


@pytest.fixture(scope="module")
def authority():
    return simulate(trades=FEWEST_TRADES, seed=3, prevalence=0.2)


def first(authority, count):
    """Records of the first `count` trades."""
    kept = set(authority.tables["trades"]["trade_id"].iloc[:count])
    frames = {
        name: frame[frame["trade_id"].isin(kept)] if "trade_id" in frame else frame
        for name, frame in authority.tables.items()
    }
    return Records.build(frames)


@pytest.mark.parametrize("count", [0, 1, FEWEST_TRADES - 1])
def test_too_few_trades_are_scored_but_statistics_flag_none(authority, count):
    found = scan(first(authority, count), settings=SETTINGS)
    assert found.flags == ()
    assert found.model.forest is None
    assert len(found.model.score(found.suspicion)) == count
    if count > 1:
        account = found.explain(found.records.trade_ids[0])
        assert sum(reason.points for reason in account.reasons) == pytest.approx(account.score)


def test_enough_trades_are_judged_by_statistics(authority):
    found = scan(first(authority, FEWEST_TRADES), settings=SETTINGS)
    assert found.model.forest is not None
    assert len(found.flags) > 0


def test_a_given_model_judges_few_trades_too(authority):
    whole = scan(first(authority, FEWEST_TRADES), settings=SETTINGS)
    few = scan(first(authority, FEWEST_TRADES - 1), whole.model, SETTINGS)
    assert few.model is whole.model
    assert np.isfinite(few.model.score(few.suspicion)).all()
    assert scan(first(authority, 0), whole.model, SETTINGS).flags == ()


def test_confirmed_trades_do_not_hide_their_like(authority):
    """A ring that is half of a market is what is ordinary there, until its cases are confirmed."""
    records = first(authority, FEWEST_TRADES)
    ring = frozenset(authority.truth.loc[authority.truth["planted"], "trade_id"]) & set(records.trade_ids)
    rows = [row for row, trade in enumerate(records.trade_ids) if trade in ring]
    masked = scan(records, settings=SETTINGS)
    freed = scan(records, settings=ScanSettings(budget=20, forest=SETTINGS.forest, confirmed=ring))
    before, after = (one.model.score(one.suspicion)[rows] for one in (masked, freed))
    assert len(rows) > 20
    assert len(freed.model.reference) == FEWEST_TRADES - len(rows)
    assert (after > before).mean() > 0.6
    assert after.mean() > before.mean() + 0.02
