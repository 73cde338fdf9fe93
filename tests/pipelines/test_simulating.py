import json

import pytest

from detector.errors import ConfigError, SinkError
from detector.records import Records
from detector.schema import TABLES
from pipelines import cli, simulating
from pipelines.simulating import block_sizes, simulate_into
from pipelines.sources.sql import read_tables
from pipelines.truth_file import read_truth


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(simulating, "BLOCK", 200)


@pytest.mark.parametrize(
    ("trades", "sizes"),
    [(100, [100]), (200, [200]), (201, [201]), (299, [299]), (300, [200, 100]), (650, [200, 200, 250])],
)
def test_blocks_add_up_and_none_is_too_small(small_blocks, trades, sizes):
    assert block_sizes(trades) == sizes


def test_too_few_trades_are_refused(sqlite_url):
    with pytest.raises(ConfigError, match="at least 100"):
        simulate_into(sqlite_url, 99, seed=1)


def test_authorities_share_no_party_no_trade_and_no_device(small_blocks, sqlite_url, tmp_path):
    truth = tmp_path / "truth.csv"
    made = simulate_into(sqlite_url, 600, seed=1, truth=truth)
    assert made.authorities == 3
    records = Records.build(read_tables(sqlite_url).frames)
    assert len(records) == made.rows["trades"] == 600
    assert not records.problems
    for table, column in (("trades", "trade_id"), ("parties", "party_id"), ("trades", "buyer_id")):
        values = getattr(records, table)[column].dropna()
        assert set(values.str[:5]) == {"0001-", "0002-", "0003-"}
    seen = records.identifiers.groupby("digest")["trade_id"].agg(lambda ids: ids.str[:5].nunique())
    assert seen.max() == 1
    marked = read_truth(truth)
    assert marked["planted"].sum() == made.planted > 0
    assert set(marked["trade_id"]) <= set(records.trade_ids)


def test_every_identifier_and_every_breach_is_of_its_own_authority():
    made = simulating.block(1, 300, seed=1)
    names = {
        (table, column.name)
        for table, frame in made.tables.items()
        for column in TABLES[table].columns
        if column.type == "id" and column.name not in (*simulating.SHARED_COLUMNS, simulating.DIGEST)
        for value in frame[column.name].dropna()[:1]
    }
    assert {("sanctions", "party_id"), ("relations", "other_id"), ("payments", "contract_id")} <= names
    for table, column in sorted(names):
        assert made.tables[table][column].dropna().str.startswith("0002-").all(), (table, column)
    trades = set(made.tables["trades"]["trade_id"])
    assert len(made.breaches)
    assert set(made.breaches["trade_id"]) <= trades
    parties = set(made.tables["parties"]["party_id"])
    assert set(made.tables["sanctions"]["party_id"]) <= parties


def test_the_same_seed_writes_the_same_rows_and_another_seed_others(small_blocks, tmp_path):
    urls = [f"sqlite:///{tmp_path / name}.db" for name in "abc"]
    for url, seed in zip(urls, (1, 1, 2), strict=True):
        simulate_into(url, 250, seed=seed)
    first, again, other = (read_tables(url).frames["bids"] for url in urls)
    assert first.equals(again)
    assert not first.equals(other)


def test_the_command_counts_what_it_wrote(capsys, sqlite_url):
    with pytest.raises(SystemExit) as ended:
        cli.main(["simulate", "--trades", "150", "--into", sqlite_url, "--json"])
    assert ended.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"]["trades"] == 150 == len(read_tables(sqlite_url).frames["trades"])


def test_an_unwritable_truth_file_is_an_error_before_anything_is_written(tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with pytest.raises(SinkError, match="cannot be written"):
        simulate_into(url, 100, seed=1, truth=tmp_path / "none" / "truth.csv")
    assert not (tmp_path / "a.db").exists()
