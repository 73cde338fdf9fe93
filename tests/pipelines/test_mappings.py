from decimal import Decimal

import pytest
from sqlalchemy import create_engine

from detector.errors import ConfigError
from pipelines.map_check import check_mapping, masked_text
from pipelines.mappings import PROFILES, mapping_called, parse_mapping
from pipelines.sources.extraction import Access, opened
from pipelines.sources.mapping import Unit

LOCAL = """
timezone = "Asia/Shanghai"
[trades]
table = "LOTS"
[trades.columns]
trade_id = "NO"
title = "NAME"
method = "MODE"
ceiling = "LIMIT_PRICE"
published_at = "SENT"
recorded_at = "CHANGED"
[trades.units]
ceiling = "万元"
[trades.codes]
method = { open = ["1", "公开招标"], selective = ["2"] }
[trades.redact]
ceiling = [0]
[trades.defaults]
side = "buy"
currency = "CNY"
[trades.exclude]
DELETED = ["Y"]
[bids]
sql = "SELECT LOT, FIRM, PRICE, UNIT, PHONE FROM OFFERS WHERE PRICE <> 666"
columns = { trade_id = "LOT", bidder_id = "FIRM", amount = "PRICE", brand = "PHONE" }
units = { amount = { by = "UNIT", "元" = 1, "万元" = 10000 } }
defaults = { seq = 1, status = "valid" }
hash = ["brand"]
"""
STATEMENTS = """
CREATE TABLE LOTS (NO varchar(20), NAME varchar(20), MODE varchar(20), LIMIT_PRICE numeric(18,2),
  SENT timestamp, CHANGED timestamp, DELETED varchar(1));
CREATE TABLE OFFERS (LOT varchar(20), FIRM varchar(20), PRICE numeric(18,2), UNIT varchar(20), PHONE varchar(20));
INSERT INTO LOTS VALUES
  ('L1', '100% x''y', '公开招标', 12.34, '2025-03-01 08:00:00', '2025-03-02 00:00:00', 'N'),
  ('L2', 'b', '2', 0, NULL, '2025-03-02 00:00:00', NULL),
  ('L3', 'gone', '1', 5, NULL, NULL, 'Y');
INSERT INTO OFFERS VALUES
  ('L1', 'F1', 12.5, '万元', '13800000000'),
  ('L1', 'F2', 120000, '元', '13800000000'),
  ('L2', 'F2', 7, '亿', NULL),
  ('L2', 'F3', 666, '元', NULL)
"""


@pytest.fixture
def local_url(database_url):
    """A database with tables of its own; on PostgreSQL unquoted names are in small letters."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        doubled = "%" if connection.dialect.name == "sqlite" else "%%"
        for statement in STATEMENTS.split(";\n"):
            connection.exec_driver_sql(statement.replace("%", doubled))
    engine.dispose()
    return database_url


def mapping_for(url):
    text = LOCAL
    if url.startswith("postgresql"):
        for name in (
            "LOTS",
            "NO",
            "NAME",
            "MODE",
            "LIMIT_PRICE",
            "SENT",
            "CHANGED",
            "DELETED",
            "LOT",
            "FIRM",
            "PRICE",
            "UNIT",
            "PHONE",
        ):
            text = text.replace(f'"{name}"', f'"{name.lower()}"').replace(
                f"{name} = [", f"{name.lower()} = ["
            )
    return parse_mapping(text, "local.toml")


def rows(url, name, *, columnar, key=b"secret"):
    with opened(Access(url, mapping_for(url), key, columnar, writable=True)) as source:
        return [row for batch in source.rows(name) for row in batch.read.rows.to_pylist()]


@pytest.mark.parametrize("columnar", [True, False])
def test_units_codes_redactions_defaults_exclusions_zones_and_hashes(local_url, columnar):
    first, second = rows(local_url, "trades", columnar=columnar)
    assert (first["trade_id"], second["trade_id"]) == ("L1", "L2")
    assert (first["title"], first["method"], first["side"], first["currency"]) == (
        "100% x'y",
        "open",
        "buy",
        "CNY",
    )
    assert (first["ceiling"], second["ceiling"], second["method"]) == (123_400.0, None, "selective")
    assert first["published_at"].isoformat() == "2025-03-01T00:00:00"
    bids = rows(local_url, "bids", columnar=columnar)
    assert [(bid["bidder_id"], bid["amount"], bid["seq"]) for bid in bids] == [
        ("F1", 125_000.0, 1), ("F2", 120_000.0, 1), ("F2", None, 1),
    ]  # fmt: skip
    assert bids[0]["brand"] == bids[1]["brand"] != "13800000000"
    assert len(bids[0]["brand"]) == 32
    assert rows(local_url, "bids", columnar=columnar, key=b"other")[0]["brand"] != bids[0]["brand"]


def test_the_check_tells_what_is_found_filled_and_of_another_unit(local_url):
    mapping = mapping_for(local_url)
    trades, bids = check_mapping(local_url, mapping, 100)
    assert (trades.rows, trades.filled["ceiling"], trades.missing) == (2, 0.5, ())
    assert bids.suspicions == ()
    assert bids.samples["trade_id"] == ("x9", "x9")
    assert "13800000000" not in str(bids)
    assert bids.source == "a SELECT"
    assert "deadline_at" in trades.unmapped
    wrong = parse_mapping(LOCAL.replace('ceiling = "万元"', 'ceiling = "元"'), "x").tables["trades"].units
    object.__setattr__(mapping.tables["trades"], "units", wrong)
    checked = check_mapping(local_url, mapping, 100)[1]
    assert "amount ÷ ceiling: 100% of 2 lie outside" in checked.suspicions[0]


def test_missing_tables_and_columns_are_named(local_url):
    mapping = mapping_for(local_url)
    object.__setattr__(
        mapping.tables["trades"], "columns", {**mapping.tables["trades"].columns, "region": "NOWHERE"}
    )
    object.__setattr__(mapping.tables["bids"], "sql", None)
    object.__setattr__(mapping.tables["bids"], "table", "no_such_table")
    trades, bids = check_mapping(local_url, mapping, 100)
    assert trades.missing == ("NOWHERE",)
    assert not bids.found


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_a_valid_mapping(name):
    mapping = mapping_called(name)
    assert mapping.name == name


def test_all_mistakes_are_told_at_once():
    text = """
    zone = "x"
    timezone = "Mars/Olympus"
    [trades]
    table = "T"
    sql = "SELECT 1"
    columns = { trade_id = "A", colour = "B", title = 3 }
    units = { ceiling = "furlong", estimate = { "元" = 1 } }
    codes = { method = { sideways = ["1"], open = "1" } }
    redact = { ceiling = 0 }
    hash = ["region"]
    speed = 3
    [payments]
    columns = []
    """
    with pytest.raises(ConfigError) as refused:
        parse_mapping(text, "m.toml")
    told = str(refused.value)
    for part in (
        "m.toml: ", "zone: unknown", "Mars/Olympus", "[trades] and [bids] are needed", "either table or sql",
        "columns.colour: no canonical column", "columns.title: expected the name", "columns.side: needed",
        "'furlong' is no unit", "units.estimate: by:", "codes.method.sideways: no canonical code",
        "codes.method.open: expected a list", "redact.ceiling: expected a list", "hash: 'region'",
        "speed: unknown",
        "[payments] columns: expected a table",
    ):  # fmt: skip
        assert part in told, part


def test_units_are_exact():
    mapping = parse_mapping(LOCAL, "x")
    assert mapping.tables["trades"].units["ceiling"] == Unit(Decimal(10_000))
    assert mapping.tables["bids"].units["amount"].factors == {"元": Decimal(1), "万元": Decimal(10_000)}


def test_another_mapping_has_another_fingerprint():
    others = LOCAL.replace("[0]", "[1]"), LOCAL.replace('ceiling = "万元"', 'ceiling = "元"')
    prints = {parse_mapping(text, "x").fingerprint for text in (LOCAL, *others)}
    assert len(prints) == 3
    assert parse_mapping(LOCAL, "x").fingerprint == parse_mapping(LOCAL, "x").fingerprint


def test_a_masked_text_keeps_its_shape_alone():
    assert masked_text("标段 A-12") == "xx x-99"
    assert masked_text("x" * 40) == "x" * 24 + "…"
