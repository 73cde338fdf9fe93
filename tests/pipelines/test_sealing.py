"""Trades under embargo leave no trace in a scan: with them or without them it is the same scan."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipelines import cli
from pipelines.alerts.digest import records_digest
from pipelines.alerts.store import read_alert
from pipelines.nightly import NightSettings, nightly, read_records
from pipelines.sealing import opened
from pipelines.sources.frames import write_frames
from tests.factory import frames, identifier, lot
from tests.pipelines.alerts.scans import SETTINGS, rows

NOW = datetime(2024, 6, 1, tzinfo=UTC)
LATER = datetime(2024, 9, 1, tzinfo=UTC)
STAMPED = {"recorded_at": "2024-05-31"}


def sealed_lot(number=0, **values):
    """A lot whose bids are in the database and not opened: suspicious, with values found nowhere else."""
    dates = {"published_at": "2024-05-20", "deadline_at": "2024-08-01", "opened_at": None}
    held = lot(
        f"secret-{number}", [7777.25, 7777.5, 7777.75], **{**STAMPED, "title": "机密标段", **dates, **values}
    )
    held.append(identifier(f"secret-{number}", "A", "device", "secret-device"))
    return [(name, {**row, "bidder_id": f"SECRET-{row['bidder_id']}"} if name in ("bids", "identifiers") else row)
            for name, row in held]  # fmt: skip


def stamped():
    return [(name, {**row, **STAMPED} if name == "trades" else row) for name, row in rows()]


def database(path, *held):
    url = f"sqlite:///{path}"
    write_frames(frames(*held), url)
    return url


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A database without any secret."""
    return database(tmp_path_factory.mktemp("public") / "a.db", *stamped())


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    """The same with three lots under embargo, one of them with values that are set aside."""
    odd = [
        (
            "bids",
            {"trade_id": "secret-0", "bidder_id": "SECRET-ODD", "seq": 1, "amount": -7777.0, "status": "x"},
        )
    ]
    held = [*stamped(), *sealed_lot(0), *odd, *sealed_lot(1, opened_at="2024-07-01"), *sealed_lot(2)]
    return database(tmp_path_factory.mktemp("secret") / "a.db", *held)


def test_the_records_are_those_without_the_sealed_trades(public, secret):
    one, other = (read_records(url, None, NOW) for url in (public, secret))
    assert records_digest(one) == records_digest(other)
    assert one.problems == other.problems
    assert len(read_records(secret, None, LATER)) == len(one) + 3


def test_nothing_that_a_scan_prints_tells_of_them(public, secret, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipelines.commands.clock", lambda: NOW)
    said = []
    for name, url in (("public", public), ("secret", secret)):
        for more in ((), ("--json",)):
            with pytest.raises(SystemExit) as ended:
                cli.main(["scan", "--source", url, "--alerts", f"sqlite:///{name}.db", "--budget", "5",
                          "--quarantine", "set-aside.csv", *more])  # fmt: skip
            assert ended.value.code == 0
            said.append(capsys.readouterr())
    assert said[0].out == said[2].out
    assert said[1].out == said[3].out
    texts = [
        (tmp_path / file).read_bytes()
        for file in ("secret.db", "set-aside.csv")
        if (tmp_path / file).exists()
    ]
    for text in (*texts, said[2].out.encode(), said[2].err.encode()):
        assert b"secret-" not in text.lower()
        assert "机密".encode() not in text
        assert b"7777" not in text


def test_explaining_one_says_the_same_as_for_one_that_does_not_exist(secret, monkeypatch, capsys):
    monkeypatch.setattr("pipelines.commands.clock", lambda: NOW)
    told = []
    for name in ("secret-0", "nowhere-0"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["explain", name, "--source", secret])
        told.append((ended.value.code, *(text.replace(name, "NAME") for text in capsys.readouterr())))
    assert told[0] == told[1]
    assert "not in the records" in told[0][2]


def test_an_alert_whose_opening_is_moved_is_hidden_and_not_gone(tmp_path):
    alerts = f"sqlite:///{tmp_path / 'alerts.db'}"
    settings = {"alerts": alerts, "authority": "a", "scan": SETTINGS}
    first = nightly(NightSettings(database(tmp_path / "a.db", *stamped()), **settings), lambda: NOW)
    flagged = first.scan.flags[0].trade_id
    moved = {"opened_at": "2024-08-01", "awarded_at": None, "recorded_at": "2024-06-01"}
    held = [
        (name, {**row, **moved} if name == "trades" and row["trade_id"] == flagged else row)
        for name, row in stamped()
    ]
    second = nightly(NightSettings(database(tmp_path / "b.db", *held), **settings), lambda: NOW)
    assert second.receipt.withdrawn == 0
    assert read_alert(alerts, flagged)["opens_at"] == datetime.fromisoformat("2024-08-01")


INSTANTS = st.sampled_from(
    [None, "2024-05-01", "2024-06-01T00:00:00", "2024-06-01T00:00:01", "2024-08-01", "soon"]
)


@examples(max_examples=60)
@given(st.lists(st.tuples(INSTANTS, INSTANTS), max_size=6), st.booleans())
def test_a_trade_is_held_back_until_its_opening_or_else_its_deadline(pairs, with_deadlines):
    trades = pd.DataFrame(
        {
            "trade_id": [f"t{n}" for n in range(len(pairs))],
            "opened_at": pd.Series([one for one, _ in pairs], dtype=object),
            "deadline_at": pd.Series([other for _, other in pairs], dtype=object),
        }
    )
    if not with_deadlines:
        trades = trades.drop(columns="deadline_at")
    bids = pd.DataFrame({"trade_id": trades["trade_id"], "bidder_id": "x"})
    kept = opened(
        {"trades": trades, "bids": bids, "parties": pd.DataFrame()}, np.datetime64("2024-06-01", "s")
    )
    later = ("2024-06-01T00:00:01", "2024-08-01")
    known = [one if one not in (None, "soon") else other if with_deadlines else None for one, other in pairs]
    expected = {f"t{n}" for n, moment in enumerate(known) if moment in later}
    assert set(kept.sealed) == expected
    for name in ("trades", "bids"):
        assert set(kept.frames[name]["trade_id"]) == {f"t{n}" for n in range(len(pairs))} - expected
