"""Checksums: the same content gives the same one, any other content another one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from detector.model.forest import ForestSettings
from detector.schema import TABLES
from pipelines.alerts import digest
from pipelines.alerts.digest import model_digest, records_digest
from tests.factory import bid, contract, party, records, trade
from tests.pipelines.alerts.scans import SETTINGS, rows, scanned, shuffled
from tests.pipelines.alerts.scans import records as many_records

ROWS = (
    trade("t", title="Road", estimate=100.0, awarded_at="2024-03-01", recorded_at="2024-05-01"),
    trade("u", title="Bridge", recorded_at="2024-05-01"),
    bid("t", "A", 90.0, winner=1),
    bid("t", "B", 95.0),
    party("A", name="Alpha"),
    contract("c", "t", amount=91.0),
)


def other(name, column, value, row=0):
    built = records(*ROWS)
    frame = getattr(built, name).copy()
    kind = TABLES[name][column].type
    frame[column] = frame[column].astype(object if kind in ("id", "text", "code") else frame[column].dtype)
    frame.loc[row, column] = value
    return replace(built, **{name: frame})


def test_the_order_of_rows_in_the_source_does_not_matter():
    expected = records_digest(many_records(rows()))
    for seed in range(3):
        assert records_digest(many_records(shuffled(rows(), seed))) == expected


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("trades", "title", "Roads"),
        ("trades", "title", None),
        ("trades", "estimate", 100.01),
        ("trades", "estimate", np.nan),
        ("trades", "awarded_at", pd.Timestamp("2024-03-01T00:00:01")),
        ("trades", "side", "sell"),
        ("bids", "winner", 0.0),
        ("parties", "name", "Alph"),
        ("contracts", "amount", 91.5),
    ],
)
def test_any_change_of_a_value_changes_the_digest(table, column, value):
    assert records_digest(other(table, column, value)) != records_digest(records(*ROWS))


def test_the_date_and_the_missing_columns_count():
    built = records(*ROWS)
    later = replace(built, as_of=built.as_of + np.timedelta64(1, "s"))
    lacking = replace(built, absent=frozenset({"trades.ceiling"}))
    assert len({records_digest(each) for each in (built, later, lacking)}) == 3


def test_texts_cannot_imitate_a_boundary():
    split = [
        trade("t", title="ab", recorded_at="2024-05-01"),
        trade("u", title="c", recorded_at="2024-05-01"),
    ]
    moved = [
        trade("t", title="a", recorded_at="2024-05-01"),
        trade("u", title="bc", recorded_at="2024-05-01"),
    ]
    assert records_digest(records(*split)) != records_digest(records(*moved))


def test_zero_and_missing_have_one_spelling_and_stay_apart():
    assert records_digest(other("trades", "estimate", -0.0)) == records_digest(
        other("trades", "estimate", 0.0)
    )
    assert records_digest(other("trades", "estimate", 0.0)) != records_digest(
        other("trades", "estimate", np.nan)
    )


def test_the_type_that_pandas_keeps_texts_in_does_not_matter():
    built = records(*ROWS)
    texts = [column.name for column in TABLES["trades"].columns if column.type in ("id", "text", "code")]
    for kind in (object, "string"):
        frame = built.trades.astype(dict.fromkeys(texts, kind))
        assert records_digest(replace(built, trades=frame)) == records_digest(built)


def test_half_a_character_can_be_hashed():
    assert len(records_digest(other("trades", "title", "\ud800"))) == 64


def test_the_model_counts_whole():
    settings = replace(SETTINGS, forest=replace(SETTINGS.forest, seed=8))
    first, same, seeded = scanned().model, scanned().model, scanned(settings=settings).model
    assert model_digest(first) == model_digest(same) != model_digest(seeded)
    assert model_digest(first) != model_digest(replace(first, codes=("B90", "T91")))
    assert model_digest(first) != model_digest(replace(first, settings=ForestSettings()))


def test_what_has_no_digest_is_refused():
    with pytest.raises(TypeError, match="no digest"):
        list(digest._content(object()))
