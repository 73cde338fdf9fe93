"""A synthetic authority with planted, labelled schemes and honest look-alikes.

Everything not named in the truth is ordinary trading. Only the behaviour in the records tells a planted trade
from an honest one: identifiers follow publication, gaps and dates are drawn for all trades alike.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from detector.errors import ConfigError
from detector.simulate.awards import evaluate
from detector.simulate.breaches import breached
from detector.simulate.completion import completed
from detector.simulate.identity import identifiers_table
from detector.simulate.lookalikes import LOOKALIKES
from detector.simulate.lots import Draft, join
from detector.simulate.markets import honest_market
from detector.simulate.performance import perform
from detector.simulate.schemes import SCHEMES, Scheme
from detector.simulate.standing import register
from detector.simulate.statute import statutory_columns
from detector.simulate.tables import (
    bids_table,
    contracts_table,
    draw_dates,
    draw_submissions,
    name_trades,
    parties_table,
    trades_table,
)
from detector.simulate.world import World, build_world

__all__ = ["LOOKALIKES", "LOOKALIKE_SHARE", "SCHEMES", "Authority", "simulate"]

LOOKALIKE_SHARE = 0.015
FEWEST_TRADES, LARGEST_PREVALENCE = 100, 0.5
WORLD, RECORDS, MARKET, IDENTITY, PLANTED = 0, 1, 2, 3, 100
STATUTE, BREACHES = 4, 5


@dataclass(frozen=True)
class Authority:
    """Canonical tables and what was planted in them.

    `truth` has one row per trade of a scheme or a look-alike: trade_id, scheme (its name in SCHEMES or
    LOOKALIKES), planted (True: a scheme; False: an honest look-alike that must not alert). `breaches` names
    trades in which a statutory breach was planted and the rule that should speak of it: trade_id, rule.
    """

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    breaches: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["trade_id", "rule"]))


def simulate(trades: int = 5_000, seed: int = 20261123, prevalence: float = 0.02) -> Authority:
    """Three years of an authority with `trades` trades, a share `prevalence` of them in planted schemes.

    The same arguments give the same tables. Raises ConfigError if `trades` is below 100 or `prevalence`
    outside 0 to 0.5.
    """
    if trades < FEWEST_TRADES:
        raise ConfigError(f"trades is {trades}; a synthetic authority needs at least {FEWEST_TRADES}.")
    if not 0 <= prevalence <= LARGEST_PREVALENCE:
        raise ConfigError(f"prevalence is {prevalence}; expected a share from 0 to {LARGEST_PREVALENCE}.")
    world = build_world(np.random.default_rng([seed, WORLD]), trades)
    names: list[str] = []
    drafts: list[Draft] = []
    for name, draft in _plots(world, seed, trades, prevalence):
        drafts.append(draft)
        names += [name] * draft.size
    ordinary = honest_market(world, np.random.default_rng([seed, MARKET]), trades - len(names))
    names += [""] * ordinary.size
    streams = np.random.default_rng([seed, RECORDS]), np.random.default_rng([seed, IDENTITY])
    tables, truth = _record(world, streams, join([*drafts, ordinary]), names)
    lawful = _complied(np.random.default_rng([seed, STATUTE]), tables)
    honest = set(truth.loc[~truth["planted"], "trade_id"])
    full, breaches = breached(np.random.default_rng([seed, BREACHES]), lawful, honest)
    return Authority(completed(full), truth, breaches)


def _complied(rng: np.random.Generator, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """`tables` with everything that the law asks to be on file."""
    trades = statutory_columns(rng, tables["trades"], tables["bids"])
    return register(rng, perform(rng, tables | {"trades": trades}))


def _plots(world: World, seed: int, trades: int, prevalence: float) -> Iterator[tuple[str, Draft]]:
    """Every planted instance; each kind has its own stream, so that one can change without the others."""
    kinds = ((SCHEMES, prevalence), (LOOKALIKES, LOOKALIKE_SHARE))
    stream = PLANTED
    for catalogue, share in kinds:
        for name, count in _allot(catalogue, round(trades * share)).items():
            rng = np.random.default_rng([seed, stream])
            stream += 1
            for size in _instances(rng, catalogue[name], count):
                yield name, catalogue[name].plant(world, rng, size)


def _allot(catalogue: Mapping[str, Scheme], total: int) -> dict[str, int]:
    """Trades per kind by its share, rounded so that they sum to `total`."""
    ends = np.round(np.cumsum([scheme.share for scheme in catalogue.values()]) * total).astype(int)
    return dict(zip(catalogue, np.diff(ends, prepend=0).tolist(), strict=True))


def _instances(rng: np.random.Generator, scheme: Scheme, count: int) -> list[int]:
    """`count` trades cut into instances of the size of the scheme; a small rest joins the last one."""
    sizes = []
    while count > 0:
        size = min(count, int(rng.integers(scheme.smallest, scheme.largest + 1)))
        if count - size < scheme.smallest:
            size = count
        sizes.append(size)
        count -= size
    return sizes


def _record(
    world: World, streams: tuple[np.random.Generator, np.random.Generator], draft: Draft, names: list[str]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Decide the awards, date everything, write the tables and the truth about them."""
    rng, identity = streams
    decided = np.zeros(draft.size, dtype=bool)
    award = evaluate(world, rng, draft)
    decided[draft.bids["lot"][award.winner]] = True
    draft.lots["status"][~decided & (draft.lots["status"] == "awarded")] = "failed"
    dates = draw_dates(rng, draft.lots)
    trade_ids = name_trades(dates.published)
    tables = {
        "trades": trades_table(world, rng, draft, trade_ids, dates),
        "bids": bids_table(rng, draft, trade_ids, award, draw_submissions(rng, draft.bids, dates)),
        "parties": parties_table(world, rng),
        "contracts": contracts_table(rng, draft, trade_ids, award, dates),
        "identifiers": identifiers_table(identity, draft, trade_ids, award.winner, names),
    }
    truth = pd.DataFrame({"trade_id": trade_ids, "scheme": np.array(names, dtype=object)})
    truth = truth[truth["scheme"] != ""].sort_values("trade_id", ignore_index=True)
    truth = truth.assign(planted=truth["scheme"].isin(list(SCHEMES)))
    return tables, truth
