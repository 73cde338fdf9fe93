import numpy as np
import pytest

from detector.backtest import Truth, Turn, backtest, turns
from detector.flags import resolved
from detector.model.forest import ForestSettings
from detector.records import Records
from detector.scan import ScanSettings, scan
from detector.simulate import LOOKALIKES, SCHEMES, simulate


@pytest.fixture(scope="module")
def held():
    """A scan of a small authority and its truth."""
    made = simulate(trades=800, seed=5, prevalence=0.06)
    records = Records.build(made.tables)
    known = made.truth.set_index("trade_id").reindex(list(records.trade_ids))
    label = known["planted"].astype(float).fillna(0.0).to_numpy()
    truth = Truth(label, tuple(known["scheme"].fillna("")))
    settings = ScanSettings(budget=20, forest=ForestSettings(trees=60, sample=128))
    return scan(records, settings=settings), truth


@pytest.fixture(scope="module")
def figures(held):
    return backtest(*held)


def test_counts_come_with_their_denominators(held, figures):
    found, truth = held
    assert figures.trades == 800
    assert figures.judged == resolved(found.records).sum()
    assert figures.positives == (truth.label[resolved(found.records)] == 1).sum()
    assert figures.base_rate == figures.positives / figures.judged
    assert figures.queue.cases == len(found.flags)


def test_the_figures_are_those_counted_by_hand(held, figures):
    found, truth = held
    hits = sum(truth.label[flag.row] for flag in found.flags)
    assert figures.queue.value == pytest.approx(hits / len(found.flags))
    score = found.model.score(found.suspicion)
    rows = np.flatnonzero(resolved(found.records))
    first = rows[np.argsort(-score[rows], kind="stable")[:20]]
    assert figures.standings[0].precision.value == pytest.approx(truth.label[first].mean())
    for recall in figures.recalls:
        of = [flag for flag in found.flags if truth.scheme[flag.row] == recall.scheme]
        assert recall.flagged == len(of)


def test_the_model_stands_beside_what_is_simpler(figures):
    names = [standing.name for standing in figures.standings]
    assert names[0] == "model"
    assert "chosen by these labels" in names[1]
    assert names[2:] == ["mean of suspicions", "size alone"]
    for standing in figures.standings:
        for figure in (standing.precision, standing.auc, standing.average_precision):
            assert figure.interval.low <= figure.value <= figure.interval.high
    model, _, _, size = figures.standings
    assert model.average_precision.value > size.average_precision.value
    assert model.auc.value > 0.75


def test_every_scheme_is_reported_and_lookalikes_are_told_apart(figures):
    told = {recall.scheme: recall.planted for recall in figures.recalls}
    assert {name for name, planted in told.items() if planted} <= set(SCHEMES)
    assert {name for name, planted in told.items() if not planted} <= set(LOOKALIKES)
    assert len(told) > 8


def test_two_seeds_agree(figures):
    assert 0.5 <= figures.agreement <= 1.0


def test_trades_of_which_nothing_is_known_are_not_judged(held):
    found, truth = held
    label = truth.label.copy()
    label[::2] = np.nan
    half = backtest(found, Truth(label, truth.scheme))
    assert half.judged == (resolved(found.records) & np.isfinite(label)).sum()
    assert half.queue.cases == sum(np.isfinite(label[flag.row]) for flag in found.flags)


def test_without_a_single_label_nothing_is_claimed(held):
    found, truth = held
    none = backtest(found, Truth(np.full(len(truth.label), np.nan), truth.scheme))
    assert none.judged == none.positives == 0
    assert np.isnan([none.base_rate, none.queue.value, none.standings[0].auc.value]).all()


def test_turns_count_what_stays_and_what_is_new():
    nights = [("1", frozenset("abc")), ("2", frozenset("bcd")), ("3", frozenset())]
    assert turns(nights) == (Turn("2", 3, 2, 1), Turn("3", 3, 0, 0))
    assert turns(nights[:1]) == ()
