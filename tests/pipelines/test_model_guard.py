"""A new model must not move the open alerts of an office by itself."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from detector.errors import ModelError
from detector.model.bundle import Bundle
from detector.model.forest import ForestSettings, Model
from detector.records import Records
from detector.scan import ScanSettings, scan
from detector.simulate import simulate
from pipelines import bundles
from pipelines.alerts.standing import last_run
from pipelines.model_guard import CHURN, moves_of
from pipelines.nightly import NightSettings, nightly
from pipelines.sources.frames import write_frames

FOREST = ForestSettings(trees=30, sample=64)


@pytest.fixture(scope="module")
def tables():
    return simulate(trades=800, seed=31, prevalence=0.1).tables


@pytest.fixture(scope="module")
def found(tables):
    return scan(Records.build(tables), settings=ScanSettings(budget=10, forest=FOREST))


def written(found, path, **changes):
    """A bundle of the model of `found` with some parts changed, in a file."""
    model: Model = replace(found.model, **changes)
    ranked = replace(model, reference=np.sort(model.score(found.suspicion)))
    bundles.save(Bundle.of(ranked, found.suspicion, found.records.as_of, bundles.made_by()), path)
    return path


@pytest.fixture
def usual(found, tmp_path):
    return written(found, tmp_path / "usual.npz")


@pytest.fixture
def upside_down(found, tmp_path):
    """A model that ranks nearly the other way round."""
    return written(found, tmp_path / "other.npz", gain=-400.0)


class Clock:
    """Each look a minute later."""

    minute = 0

    def __call__(self):
        self.minute += 1
        return datetime(2026, 6, 1, 1, self.minute, tzinfo=UTC)


@pytest.fixture
def night(tables, database_url):
    """A night over the same records with another model; keyword arguments of NightSettings."""
    write_frames(tables, database_url)
    clock = Clock()

    def one(model=None, **settings):
        scanning = ScanSettings(budget=10, forest=FOREST)
        settings = {"authority": "350100", "scan": scanning, "alerts": database_url, **settings}
        return nightly(NightSettings(source=database_url, model=model, **settings), clock)

    one.url = database_url
    return one


def runs(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM detector_run")).scalar()
    engine.dispose()
    return count


def test_a_model_that_moves_too_many_alerts_stops_before_anything_is_written(night, usual, upside_down):
    first = night(usual)
    assert first.receipt.new == len(first.scan.flags) > 5
    with pytest.raises(ModelError) as stopped:
        night(upside_down)
    told = str(stopped.value)
    assert "open alerts of run" in told
    assert "no longer flagged" in told
    assert "--accept-model" in told
    assert "Nothing was written" in told
    assert sum(f"  {flag.trade_id}: " in told for flag in first.scan.flags) >= CHURN * len(first.scan.flags)
    assert runs(night.url) == 1

    accepted = night(upside_down, accept_model=True)
    assert accepted.receipt.written
    assert runs(night.url) == 2
    assert night(upside_down).receipt.written is False, "it is the model of the last run now"


def test_the_same_model_and_a_first_run_pass(night, usual):
    assert night(usual).receipt.written
    again = night(usual)
    assert not again.receipt.written
    assert again.drift
    assert not any(one.moved for one in again.drift)


def test_a_dry_run_and_another_authority_are_not_held_up(night, usual, upside_down):
    night(usual)
    assert night(upside_down, alerts=None).receipt is None
    assert night(upside_down, authority="another").receipt.written


def test_alerts_that_people_closed_do_not_count(night, usual, upside_down):
    night(usual)
    engine = create_engine(night.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE detector_alert SET state = 'closed'"))
    engine.dispose()
    assert last_run(night.url, "350100").alerts == ()
    assert night(upside_down).receipt.written


def test_the_run_keeps_the_checksum_of_the_model_and_the_drift(night, usual):
    import json

    night(usual)
    engine = create_engine(night.url)
    with engine.connect() as connection:
        config, manifest = connection.execute(text("SELECT config, manifest FROM detector_run")).one()
    engine.dispose()
    assert json.loads(config)["model"] == bundles.load(usual).checksum
    assert json.loads(config)["forest"]["trees"] == FOREST.trees
    assert json.loads(manifest)["drift"]["score"] == 0.0


def test_new_trades_that_fill_the_queue_are_no_change_of_the_model(night, tables, found, usual):
    """Tonight's queue may be full of trades that the last run did not know: its alerts have not moved."""
    night(usual)
    last = last_run(night.url, "350100")
    assert moves_of(found, last) is None
    other = scan(found.records, settings=ScanSettings(budget=10, forest=replace(FOREST, seed=5)))
    compared = moves_of(other, last)
    assert compared.compared == len(found.flags) > 5
    assert compared.share <= CHURN
    early = last._replace(as_of=datetime(2000, 1, 1))  # noqa: DTZ001 (stored without a zone)
    assert moves_of(other, early).compared <= compared.compared


def test_where_no_run_was_there_is_nothing_to_compare(tmp_path):
    assert last_run(f"sqlite:///{tmp_path / 'new.db'}", "350100") is None


def test_a_broken_model_stops_before_the_records_are_read(tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"nothing")
    settings = NightSettings("sqlite:///none.db", None, model=tmp_path / "broken.npz")
    with pytest.raises(ModelError, match="broken"):
        nightly(settings, Clock())
