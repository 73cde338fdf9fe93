from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from detector.schema import TABLES
from pipelines.database import connecting
from pipelines.sources.tables import canonical_metadata

AMOUNTS = st.decimals(min_value=0, max_value=10**16 - 1, places=4)
EXACT = [
    "0",
    "0.0001",
    "0.1",
    "100.25",
    "12345678901.2345",
    "1234567890123456.7891",
    "9999999999999999.9999",
    "9007199254740993",
]


def _stored(url, amounts):
    bids = canonical_metadata().tables["bids"]
    with connecting(url) as engine:
        bids.metadata.create_all(engine)
        with engine.begin() as connection:
            rows = [_bid(number, amount) for number, amount in enumerate(amounts)]
            connection.execute(insert(bids), rows)
            return list(connection.scalars(select(bids.c.amount).order_by(bids.c.seq)))


def _bid(number, amount):
    return {"trade_id": "t", "bidder_id": "b", "seq": number, "status": "valid", "amount": amount}


@pytest.mark.parametrize("dialect", [sqlite, postgresql, mysql, oracle, mssql])
def test_tables_compile_on_every_dialect(dialect):
    for table in canonical_metadata().tables.values():
        ddl = str(CreateTable(table).compile(dialect=dialect.dialect()))
        assert "PRIMARY KEY" in ddl
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect.dialect()))


def test_the_key_of_the_schema_is_the_primary_key():
    tables = canonical_metadata().tables
    for name, declared in TABLES.items():
        assert tuple(tables[name].c.keys()) == declared.names
        assert tuple(column.name for column in tables[name].primary_key) == declared.key


def test_money_survives_exactly(database_url):
    amounts = [Decimal(text) for text in EXACT] + [None]
    assert _stored(database_url, amounts) == amounts


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=20))
def test_any_amount_survives_sqlite(amounts):
    bids = canonical_metadata().tables["bids"]
    engine = create_engine("sqlite://")
    bids.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(bids), [_bid(number, amount) for number, amount in enumerate(amounts)])
        stored = list(connection.scalars(select(bids.c.amount).order_by(bids.c.seq)))
    engine.dispose()
    assert stored == amounts
    assert all(isinstance(amount, Decimal) for amount in stored)
