"""The demonstration counts its flags against what was planted; a trade with both kinds counts once."""

from datetime import UTC, datetime

import pytest

from pipelines.demo import demonstrate
from pipelines.nightly import NightSettings
from pipelines.rulebooks import RuleChoice
from pipelines.summaries import demo_lines


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    settings = NightSettings(source=url, alerts=url, rules=RuleChoice(("cn",)))
    return demonstrate(settings, 400, 3, lambda: datetime(2027, 1, 1, tzinfo=UTC))


def test_the_union_counts_every_planted_flag_once(shown):
    flagged = [flag.trade_id for flag in shown.night.scan.flags]
    schemes = set(shown.truth.loc[shown.truth["planted"], "trade_id"])
    breaches = set(shown.breaches["trade_id"])
    told = sum(one in schemes or one in breaches for one in flagged)
    assert shown.planted_flagged == told
    assert 0 < shown.breaches_flagged <= told < len(flagged) + 1
    assert max(shown.breaches_flagged, sum(one in schemes for one in flagged)) <= told


def test_the_union_is_printed(shown):
    counted = f"{shown.planted_flagged} of {len(shown.night.scan.flags)}"
    line = f"  {counted} flags are planted schemes or planted breaches."
    assert line in list(demo_lines(shown))
