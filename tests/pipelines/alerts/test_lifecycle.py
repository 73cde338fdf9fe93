"""The lifecycle is what the table of the domain says, no more and no less."""

import pytest

from detector.errors import HandlingError
from pipelines.alerts import lifecycle
from pipelines.alerts.lifecycle import OUTCOMES, STATES, TRANSITIONS, check_details, transition

# Written down a second time, from the description of how warnings are handled.
ALLOWED = {
    "new": {"triage", "dispatched", "merged"},
    "triage": {"dispatched", "dismissed"},
    "dispatched": {"acked", "returned"},
    "returned": {"triage"},
    "acked": {"investigating"},
    "investigating": {"disposed", "extended", "suspended", "transferred"},
    "extended": {"investigating"},
    "suspended": {"investigating"},
    "disposed": {"fed_back"},
    "fed_back": {"reviewed", "investigating"},
    "reviewed": {"closed", "reopened"},
    "closed": {"reopened"},
    "dismissed": {"reopened"},
    "transferred": {"closed"},
    "reopened": {"triage"},
    "merged": set(),
    "suppressed": set(),
}


@pytest.mark.parametrize("source", STATES)
@pytest.mark.parametrize("target", STATES)
def test_exactly_the_steps_of_the_table_are_allowed(source, target):
    if target in ALLOWED[source]:
        assert transition(source, target).target == target
    else:
        with pytest.raises(HandlingError, match=r"cannot become .*当前状态不允许"):
            transition(source, target)


def test_every_state_and_outcome_has_both_names_and_fits_its_column():
    assert set(ALLOWED) == set(STATES)
    for code, phrase in STATES.items():
        assert phrase.en
        assert phrase.zh
        assert len(code) <= 16
    assert list(OUTCOMES) == [f"{number:02d}" for number in range(11)]
    assert all(
        outcome.title.zh and outcome.disposition in lifecycle.DISPOSITIONS for outcome in OUTCOMES.values()
    )


def test_every_open_state_leads_to_an_end():
    reached = set(lifecycle.ENDED_STATES)
    while True:
        more = {step.source for step in TRANSITIONS if step.target in reached} - reached
        if not more:
            break
        reached |= more
    assert reached >= lifecycle.OPEN_STATES


def test_what_a_step_needs_is_known_and_all_that_is_missing_is_named():
    assert {field for step in TRANSITIONS for field in step.needs} <= set(lifecycle.FIELDS)
    step = transition("investigating", "disposed")
    with pytest.raises(HandlingError, match=r"--notes .*--outcome .*--measures"):
        check_details(step, {"notes": ""})
    check_details(step, {"notes": "n", "outcome": "00", "measures": "m"})
    with pytest.raises(HandlingError, match="no outcome '11'"):
        check_details(step, {"notes": "n", "outcome": "11", "measures": "m"})
    with pytest.raises(HandlingError, match="no transfer type"):
        check_details(
            transition("investigating", "transferred"),
            {"reason": "r", "transfer_no": "1", "transfer_type": "x"},
        )


@pytest.mark.parametrize(
    ("source", "target", "level", "second"),
    [
        ("triage", "dismissed", 2, False),
        ("triage", "dismissed", 3, True),
        ("triage", "dismissed", 4, True),
        ("investigating", "transferred", 1, True),
        ("investigating", "suspended", 1, True),
        ("investigating", "extended", 1, True),
        ("reviewed", "closed", 4, False),
    ],
)
def test_where_two_persons_are_needed(source, target, level, second):
    assert lifecycle.needs_second_person(transition(source, target), level) is second


@pytest.mark.parametrize(
    ("state", "outcome", "standing", "label", "disposition"),
    [
        ("new", None, "open", None, "unset"),
        ("disposed", "04", "open", 1, "unset"),
        ("closed", "00", "unfounded", 0, "false_positive"),
        ("closed", "01", "unfounded", None, "data_error"),
        ("closed", "04", "confirmed", 1, "confirmed"),
        ("closed", "07", "confirmed", 1, "valuable_lead"),
        ("closed", "09", "unfounded", None, "inconclusive"),
        ("dismissed", None, "unfounded", 0, "false_positive"),
        ("dismissed", "01", "unfounded", None, "data_error"),
    ],
)
def test_what_an_end_means(state, outcome, standing, label, disposition):
    assert lifecycle.standing(state, outcome) == standing
    assert lifecycle.label(state, outcome) == label
    assert lifecycle.disposition(state, outcome) == disposition
