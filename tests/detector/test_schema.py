import pytest

from detector.schema import CODE_LENGTH, TABLES, TRADES

COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]
NAMES = [f"{table.name}.{column.name}" for table, column in COLUMNS]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=NAMES)
def test_a_column_is_declared_in_full(table, column):
    assert column.zh
    assert column.meaning.endswith(".")
    assert column.name.isidentifier()
    assert (column.type == "code") == bool(column.choices)
    assert all(len(choice) <= CODE_LENGTH for choice in column.choices)
    assert (column.type in ("money", "instant")) <= bool(column.unit)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_begins_with_its_key_and_names_no_column_twice(table):
    assert table.key == table.names[: len(table.key)]
    assert table.key
    assert len(set(table.names)) == len(table.names)
    assert table.parent is None or (table.parent in TABLES and "trade_id" in table.names)


def test_key_and_required_columns_are_not_nullable():
    assert [column.name for column in TRADES.columns if not column.nullable] == ["trade_id", "side"]


def test_a_column_is_found_by_name():
    assert TRADES["estimate"].type == "money"
    with pytest.raises(KeyError, match=r"trades.nothing"):
        TRADES["nothing"]


def test_the_tables_cannot_be_changed():
    with pytest.raises(TypeError):
        TABLES["trades"] = None
    with pytest.raises(AttributeError):
        TRADES["side"].required = False
