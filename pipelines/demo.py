"""The demonstration: a synthetic authority in a temporary database, scanned, and held against what was planted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from detector.simulate import Authority, simulate
from pipelines.nightly import Night, NightSettings, Say, nightly
from pipelines.sources.frames import write_frames


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A night over a synthetic authority, and the truth about it."""

    night: Night
    again: Night
    truth: pd.DataFrame
    breaches: pd.DataFrame

    @property
    def breaches_flagged(self) -> int:
        """Flagged trades in which a breach of a rule was planted."""
        return self._flagged_in(set(self.breaches["trade_id"]))

    @property
    def planted_flagged(self) -> int:
        """Flagged trades of a planted scheme, or with a planted breach of a rule."""
        planted = set(self.truth.loc[self.truth["planted"], "trade_id"])
        return self._flagged_in(planted | set(self.breaches["trade_id"]))

    def _flagged_in(self, trades: set[str]) -> int:
        return sum(flag.trade_id in trades for flag in self.night.scan.flags)

    def flagged(self) -> pd.DataFrame:
        """One row a scheme or look-alike: planted, trades of it, how many were flagged, first by schemes."""
        flagged = {flag.trade_id for flag in self.night.scan.flags}
        marked = self.truth.assign(flagged=self.truth["trade_id"].isin(flagged))
        grouped = marked.groupby(["planted", "scheme"])["flagged"]
        table = grouped.agg(trades="size", flagged="sum").reset_index()
        return table.sort_values(["planted", "scheme"], ascending=[False, True], ignore_index=True)

    @property
    def planted_share(self) -> float:
        """Share of all trades that belong to a planted scheme: what a random pick would find."""
        return float(self.truth["planted"].sum() / len(self.night.scan.records))


def demonstrate(
    settings: NightSettings, trades: int, seed: int, now: Callable[[], datetime], say: Say = lambda _: None
) -> Demonstration:
    """Fill ``settings.source`` with a synthetic authority and scan it twice; the second run changes nothing."""
    say(f"making a synthetic authority of {trades:,} trades")
    authority: Authority = simulate(trades=trades, seed=seed)
    write_frames(authority.tables, settings.source)
    first = nightly(settings, now, say)
    say("scanning again: the same records must change nothing")
    return Demonstration(first, nightly(settings, now, say), authority.truth, authority.breaches)
