"""Every way to score that was tried: ``(suspicion, records) -> score`` of all trades, higher = more suspicious."""

import numpy as np
from sklearn.ensemble import IsolationForest

from detector import peers
from detector.model import evidence
from detector.model.evidence import joint, plans, strengths
from detector.model.forest import ForestSettings, Model, inputs
from detector.patterns import ASPECTS

TREES = 300


def forest(rows, fitted_on=None, sample=256, seed=0):
    """Anomaly score of scikit-learn's isolation forest."""
    fitted_on = rows if fitted_on is None else fitted_on
    model = IsolationForest(n_estimators=TREES, max_samples=min(sample, len(fitted_on)), random_state=seed)
    return -model.fit(fitted_on).score_samples(rows)


def shuffled(rows, seed=0):
    """A null: every column shuffled by itself."""
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.permutation(column) for column in rows.T])


def zero(values):
    return np.nan_to_num(values, nan=0.0)


def shown(suspicion):
    return strengths(suspicion, plans(suspicion)).weighed


def raw_forest(suspicion, records):
    """On values as they are, medians where there is none: what a textbook would do."""
    values = suspicion.table.values
    return forest(zero(np.where(np.isfinite(values), values, np.nanmedian(values, axis=0))))


def clipped_surprise(suspicion):
    return -np.log1p(-zero(suspicion.values))


def aspects(suspicion):
    """Mean surprise of each aspect beyond the ordinary, [n_trades, n_aspects]."""
    codes = [feature.code for feature in suspicion.table.features]
    surprise = suspicion.surprise
    held = []
    for group in ASPECTS.values():
        columns = [codes.index(code) for code in group if code in codes]
        if columns:
            held.append(np.nanmean(surprise[:, columns], axis=1))
    return np.maximum(zero(np.column_stack(held) - 1.0), 0.0)


def sharp(sharpness):
    """The soft maximum at another sharpness."""

    def score(suspicion, records):
        kept, evidence.SHARPNESS = evidence.SHARPNESS, sharpness
        try:
            return joint(shown(suspicion))
        finally:
            evidence.SHARPNESS = kept

    return score


def without(*names):
    """Evidence alone without the named aspects."""

    def score(suspicion, records):
        codes = {code for name in names for code in ASPECTS[name]}
        gone = [i for i, feature in enumerate(suspicion.table.features) if feature.code in codes]
        kept = suspicion.tail[:, gone].copy()
        suspicion.tail[:, gone] = np.nan
        try:
            return joint(shown(suspicion))
        finally:
            suspicion.tail[:, gone] = kept

    return score


def unbound(suspicion, records):
    """Evidence without the bound that a pattern is at most three times as strong as its first aspect."""
    kept, evidence.CARRIED = evidence.CARRIED, np.inf
    try:
        return joint(shown(suspicion))
    finally:
        evidence.CARRIED = kept


def unweighed(suspicion, records):
    """Evidence in which the shape of three bids says as much as that of ten."""
    return joint(strengths(suspicion, plans(suspicion)).strength)


def narrow(enough):
    """Evidence with another least number of peers."""

    def score(suspicion, records):
        kept = peers.ENOUGH_PEERS, peers.PLENTY_PEERS
        peers.ENOUGH_PEERS, peers.PLENTY_PEERS = enough, 4 * enough
        try:
            return joint(shown(peers.suspicion(records, suspicion.table)))
        finally:
            peers.ENOUGH_PEERS, peers.PLENTY_PEERS = kept

    return score


def shipped(share=None, seed=None):
    """The model as it ships, or with another share of the forest or another seed."""

    def score(suspicion, records):
        settings = ForestSettings()
        changes = {name: value for name, value in (("share", share), ("seed", seed)) if value is not None}
        settings = ForestSettings(**{name: getattr(settings, name) for name in settings.__slots__} | changes)
        model = Model.fit(suspicion, settings)
        return model.evidence(strengths(suspicion, plans(suspicion)))

    return score


VARIANTS = {
    "size alone": lambda s, r: zero(r.money),
    "raw forest (values as they are)": raw_forest,
    "forest on suspicion": lambda s, r: forest(zero(s.values)),
    "forest on clipped surprise": lambda s, r: forest(clipped_surprise(s)),
    "forest on clipped surprise, null": lambda s, r: forest(
        clipped_surprise(s), shuffled(clipped_surprise(s))
    ),
    "forest on aspects": lambda s, r: forest(aspects(s)),
    "forest on aspects, null of 4,096": lambda s, r: forest(aspects(s), shuffled(aspects(s)), 4096),
    "forest on patterns": lambda s, r: forest(inputs(shown(s))),
    "forest on patterns, null of 256": lambda s, r: forest(inputs(shown(s)), shuffled(inputs(shown(s)))),
    "forest on patterns, null of 4,096": lambda s, r: forest(
        inputs(shown(s)), shuffled(inputs(shown(s))), 4096
    ),
    "mean of suspicions": lambda s, r: zero(s.values).mean(axis=1),
    "mean of surprises that can be said": lambda s, r: zero(np.nanmean(s.surprise, axis=1)),
    "sum of aspects": lambda s, r: aspects(s).sum(axis=1),
    "strongest aspect": lambda s, r: aspects(s).max(axis=1),
    "sum of patterns": lambda s, r: zero(shown(s)).sum(axis=1),
    "sum of squared patterns": lambda s, r: (zero(shown(s)) ** 2).sum(axis=1),
    "strongest pattern": lambda s, r: zero(shown(s)).max(axis=1),
    "soft maximum, sharpness 0.7": sharp(0.7),
    "soft maximum, sharpness 1.5": sharp(1.5),
    "evidence (soft maximum, sharpness 0.4)": sharp(0.4),
    "evidence without repetition": without("rivals always close", "never a low price together"),
    "evidence without price pressure": without("no pressure on the price"),
    "evidence not bound to first aspects": unbound,
    "evidence, shapes of all numbers of bids alike": unweighed,
    "evidence, peers from 30 to 120 lots on": narrow(30),
    "evidence, peers from 200 to 800 lots on": narrow(200),
    "evidence, peers from 800 to 3,200 lots on": narrow(800),
    "evidence + forest, share 0.1 (shipped)": shipped(),
    "evidence + forest, share 0.5": shipped(0.5),
    "evidence + forest, share 1": shipped(1.0),
}
