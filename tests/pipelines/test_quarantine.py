import pytest

from detector.contract import ROW, VALUE
from detector.errors import ContractBrokenError
from pipelines.exits import exit_code
from pipelines.quarantine import check_quarantine, shares
from tests.factory import bid, records, trade


def records_with(good, rows=0, slips=0):
    """Lots with three bids each; `rows` bids without a trade, `slips` lots with one price a hundred times off."""
    made = []
    for number in range(good):
        made += [
            trade(f"t{number}"),
            *(bid(f"t{number}", name, 90.0 + place) for place, name in enumerate("ABC")),
        ]
        if number < slips:
            made[-1] = bid(f"t{number}", "C", 950_000.0)
    made += [bid(f"nowhere{number}", "A", 5.0) for number in range(rows)]
    return records(*made)


def test_nothing_set_aside_is_neither_broken_nor_degraded():
    assert check_quarantine(records_with(30), 0.0) is False


def test_rows_within_the_limit_degrade_the_scan():
    built = records_with(400, rows=24)
    assert {problem.effect for problem in built.problems} == {ROW}
    assert check_quarantine(built, 0.02) is True


@pytest.mark.parametrize("slips", [24, 100])
def test_single_values_are_not_computable_and_no_more(slips):
    built = records_with(400, slips=slips)
    assert {problem.effect for problem in built.problems} == {VALUE}
    assert check_quarantine(built, 0.02) is False


def nothing_entered(lots):
    """Lots where every bid holds the 1 of a form that nobody filled in."""
    return records(
        *(row for number in range(lots) for row in (trade(f"t{number}"), bid(f"t{number}", "A", 1.0)))
    )


@pytest.mark.parametrize(
    ("built", "named"),
    [
        (records_with(400, rows=25), "bids: 25 of 1,225 rows (2.0%"),
        (nothing_entered(25), "bids.amount: 25 of 25 values (100.0%; 0 or 1: no amount was entered"),
    ],
)
def test_more_than_the_limit_stops_everything_and_says_what_and_why(built, named):
    with pytest.raises(ContractBrokenError) as refused:
        check_quarantine(built, 0.02)
    assert named in str(refused.value)
    assert "--max-quarantine" in str(refused.value)
    assert exit_code(refused.value) == 5


@pytest.mark.parametrize("limit", [0.5, 1.0])
def test_rows_are_held_against_the_limit_that_was_given(limit):
    assert check_quarantine(records_with(400, rows=25), limit) is True


def test_a_handful_is_no_share():
    assert check_quarantine(records_with(30, rows=19), 0.02) is True
    with pytest.raises(ContractBrokenError):
        check_quarantine(records_with(30, rows=20), 0.02)


def test_shares_count_what_was_there_before():
    (one,) = shares(records_with(100, slips=25))
    assert (one.name, one.aside, one.total, one.share) == ("bids.amount", 25, 300, 25 / 300)
