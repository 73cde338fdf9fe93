import pytest

from pipelines.alerts.classification import CLASSIFIED, WITHHELD, shown_row
from pipelines.alerts.tables import METADATA


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_every_column_has_one_class(table):
    assert set(CLASSIFIED[table.name]) == {column.name for column in table.columns}


def test_what_is_more_secret_is_masked_and_what_is_empty_stays_so():
    row = {
        "assignee": "李雷",
        "proposed_detail": "{}",
        "proposed_by": None,
        "state": "new",
        "subject_id": "t",
    }
    assert shown_row("detector_alert", row, "sensitive") == row
    shown = shown_row("detector_alert", row, "internal")
    assert shown == {**row, "assignee": "李*", "proposed_detail": WITHHELD}
    assert shown_row("detector_alert", row, "public") == {**shown, "state": WITHHELD}


def test_a_column_that_nobody_classified_does_not_slip_out():
    with pytest.raises(KeyError):
        shown_row("detector_alert", {"telephone": "1"}, "sensitive")
