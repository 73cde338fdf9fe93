"""What fitting and backtesting say, in text and as JSON documents."""

from collections.abc import Iterator, Sequence
from typing import Any

from detector.backtest import Backtest, Figure, Standing
from detector.drift import MOVED, Drift
from pipelines.backtests import Tested
from pipelines.fitting import Fitted
from pipelines.wording import share

Document = dict[str, Any]
SHOWN_DRIFTS = 8
READING = (
    "A label is what somebody found out, a planted scheme what somebody thought of: what neither knows counts "
    "against the flags here. Precision beyond the base rate is what a scan adds."
)


def fit_lines(fitted: Fitted) -> Iterator[str]:
    """What a model was fitted on, and where it is."""
    model, window = fitted.bundle.model, fitted.bundle.window
    yield (
        f"Fitted on {window.trades:,} trades as of {window.as_of} UTC: {len(model.codes)} features, "
        f"{len(fitted.bundle.patterns)} patterns, {model.settings.trees} trees, seed {model.settings.seed}"
    )
    yield f"Written to {fitted.path} ({fitted.size:,} bytes), checksum {fitted.checksum}"


def fit_document(fitted: Fitted) -> Document:
    """A fitted model as JSON."""
    model, window = fitted.bundle.model, fitted.bundle.window
    return {
        "model": str(fitted.path),
        "bytes": fitted.size,
        "checksum": fitted.checksum,
        "features": list(model.codes),
        "patterns": list(fitted.bundle.patterns),
        "trees": model.settings.trees,
        "seed": model.settings.seed,
        "as_of": window.as_of,
        "trades": window.trades,
        "made_by": dict(fitted.bundle.made_by),
    }


def drift_line(drift: Sequence[Drift]) -> str | None:
    """One line where scores or features have moved from what the model was fitted on; None if all is well."""
    moved = sorted((one for one in drift if one.moved), key=lambda one: -one.psi)
    if not moved:
        return None
    named = ", ".join(f"{one.name} {one.psi:.2f}" for one in moved[:SHOWN_DRIFTS])
    more = f" and {len(moved) - SHOWN_DRIFTS} more" if len(moved) > SHOWN_DRIFTS else ""
    return (
        f"{len(moved)} of {len(drift)} distributions have moved since the model was fitted (population stability "
        f"index above {MOVED}): {named}{more}. Check the source, or fit again."
    )


def backtest_lines(tested: Sequence[Tested]) -> Iterator[str]:
    """The figures of every authority, each beside what simpler ways found."""
    for one in tested:
        yield from _authority_lines(one.name, one.figures)
        yield ""
    if len(tested) > 1:
        queues = [one.figures.queue.value for one in tested]
        bases = [one.figures.base_rate for one in tested]
        yield (
            f"{len(tested)} authorities: precision of the flags {sum(queues) / len(queues):.2f} on average, "
            f"{min(queues):.2f} at worst; base rate {sum(bases) / len(bases):.3f}"
        )
    yield READING


def _authority_lines(name: str, figures: Backtest) -> Iterator[str]:
    yield (
        f"{name}: {figures.trades:,} trades, {figures.judged:,} of them judged, {figures.positives:,} labelled "
        f"(base rate {share(figures.base_rate)})"
    )
    yield f"  flags: {_told(figures.queue)} of {figures.queue.cases} judged flags are labelled"
    yield f"  {'':52}{'precision of ' + str(figures.budget):22}{'AUC':22}average precision"
    for standing in figures.standings:
        cells = (standing.precision, standing.auc, standing.average_precision)
        yield f"  {standing.name:52}" + "".join(f"{_told(cell):22}" for cell in cells).rstrip()
    yield f"  two seeds of the forest agree on {figures.agreement:.2f} of the first 1 % (Jaccard)"
    for one in figures.moves:
        yield (
            f"  {one.added:,} trades of unrelated buyers added: scores move by {one.largest:.2f} points of 100 at "
            f"most, 99 % of them by at most {one.usual:.2f}; the first 1 % overlap by {one.kept:.2f} (Jaccard)"
        )
    for recall in figures.recalls:
        kind = "flagged" if recall.planted else "flagged; honest"
        yield f"  {recall.scheme:<28}{recall.flagged:>5} of {recall.trades:<5} {kind}"
    for turn in figures.turns:
        yield f"  night of {turn.night[:10]}: {turn.kept} of {turn.before} flags stay, {turn.new} are new"


def _told(figure: Figure) -> str:
    if figure.value != figure.value:
        return "not defined"
    return f"{figure.value:.2f} ({figure.interval.low:.2f}-{figure.interval.high:.2f})"


def backtest_document(tested: Sequence[Tested]) -> Document:
    """All figures as JSON; what is not defined is null."""
    return {"authorities": [_authority(one.name, one.figures) for one in tested], "note": READING}


def _authority(name: str, figures: Backtest) -> Document:
    return {
        "name": name,
        "trades": figures.trades,
        "judged": figures.judged,
        "labelled": figures.positives,
        "base_rate": _number(figures.base_rate),
        "budget": figures.budget,
        "flags": _figure(figures.queue),
        "rankings": [_standing(standing) for standing in figures.standings],
        "recall": [recall._asdict() for recall in figures.recalls],
        "seed_agreement": _number(figures.agreement),
        "nights": [turn._asdict() for turn in figures.turns],
        "unrelated_trades": [
            {name: _number(value) for name, value in one._asdict().items()} for one in figures.moves
        ],
    }


def _standing(standing: Standing) -> Document:
    return {
        "name": standing.name,
        "precision": _figure(standing.precision),
        "auc": _figure(standing.auc),
        "average_precision": _figure(standing.average_precision),
    }


def _figure(figure: Figure) -> Document:
    return {
        "value": _number(figure.value),
        "low": _number(figure.interval.low),
        "high": _number(figure.interval.high),
        "cases": figure.cases,
    }


def _number(value: float) -> float | None:
    return None if value != value else value
