"""The tables can be made on every database, under names that nobody has to quote."""

import re

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from detector.errors import SinkError
from pipelines.alerts.migrating import differences, prepare, require
from pipelines.alerts.tables import METADATA

DIALECTS = (sqlite, postgresql, mysql, mssql, oracle)
TABLES = METADATA.sorted_tables


@pytest.mark.parametrize("module", DIALECTS, ids=lambda module: module.__name__.split(".")[-1])
def test_every_table_compiles_and_needs_no_quotes(module):
    dialect = module.dialect()
    for table in TABLES:
        statements = [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
        compiled = [str(statement.compile(dialect=dialect)) for statement in statements]
        assert table.name in compiled[0]
        assert not re.search(r'["`\[]', "".join(compiled)), compiled


def test_names_are_short_and_plain():
    for table in TABLES:
        indexes = [index.name for index in table.indexes]
        for name in [table.name, *table.columns.keys(), *indexes]:
            assert re.fullmatch(r"[a-z][a-z0-9_]{0,29}", name)


def test_reading_names_what_is_missing_of_a_store(server_url):
    engine = create_engine(server_url)
    prepare(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE detector_reason"))
        connection.execute(text("DROP VIEW detector_label_v"))
        connection.execute(text("ALTER TABLE detector_outbox DROP COLUMN topic"))
    with pytest.raises(
        SinkError, match="detector_outbox has no column topic; table detector_reason is missing"
    ):
        require(engine)
    with engine.connect() as connection:
        told = differences(connection)
    assert "table detector_reason is missing" in told
    assert "detector_outbox.topic is missing" in told
    assert told[-1] == "view detector_label_v is missing"
    engine.dispose()


def test_a_table_with_other_columns_is_named_with_what_it_lacks(server_url):
    engine = create_engine(server_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE detector_observation (run_id VARCHAR(26), score INTEGER)"))
    with pytest.raises(SinkError) as caught:
        prepare(engine)
    assert "detector_observation has no column fingerprint, alert_level, rank_in_run, evidence" in str(
        caught.value
    )
    assert inspect(engine).get_table_names() == ["detector_observation"]
    engine.dispose()
