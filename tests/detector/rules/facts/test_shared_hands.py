"""Shared hands: two firms on one machine weigh much, a terminal that everybody uses next to nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.rules.facts import FACTS
from tests.factory import bid, identifier, records, trade


def measured(*rows):
    built = records(*rows)
    return built, FACTS["shared_devices"].function(built)


def lot(name, *bidders, device=None, day=1, **values):
    """A lot; `device` names the one that all its bidders used, else each has its own."""
    moment = f"2024-01-{day:02}"
    rows = [trade(name, awarded_at=moment, opened_at=moment, **values)]
    for bidder in bidders:
        rows += [bid(name, bidder, 10.0), identifier(name, bidder, "device", device or bidder)]
    return rows


def test_two_firms_on_one_machine():
    built, found = measured(*lot("t", "A", "B", "C"), *lot("u", "A", "B", device="x"))
    assert found.values == pytest.approx([0.0, 1 / np.log2(3)])
    [members] = found.members
    shown = built.identifiers.iloc[members.row]
    assert members.trade.tolist() == [1, 1]
    assert shown["bidder_id"].tolist() == ["A", "B"]


def test_a_terminal_of_the_trading_hall_weighs_little_and_only_by_what_was_known_then():
    hall = [row for n in range(20) for row in lot(f"t{n:02}", f"A{n}", f"B{n}", device="hall", day=n + 1)]
    _, found = measured(*hall)
    assert found.values[0] == pytest.approx(1 / np.log2(3))
    assert found.values[-1] == pytest.approx(1 / np.log2(41))
    assert (np.diff(found.values) < 0).all()


def test_members_of_a_joint_bid_are_one_hand():
    rows = [trade("t"), bid("t", "A", 1.0, consortium_id="J"), bid("t", "B", 1.0, consortium_id="J")]
    rows += [bid("t", "C", 1.0)]
    both = [identifier("t", name, "device", "x") for name in "AB"] + [identifier("t", "C", "device", "y")]
    assert measured(*rows, *both)[1].values.tolist() == [0.0]
    third = identifier("t", "C", "device", "x")
    assert measured(*rows, *both[:2], third)[1].values[0] == pytest.approx(1 / np.log2(4))


def test_without_identifiers_of_enough_bidders_nothing_is_clear():
    rows = [trade("t"), bid("t", "A", 1.0), bid("t", "B", 2.0), identifier("t", "A", "device", "x")]
    _, found = measured(*rows)
    assert found.unknown.tolist() == [True]
    _, found = measured(*rows, identifier("t", "B", "device", "y"))
    assert found.unknown.tolist() == [False]
    # What is shared is shared, however many others are not known.
    _, found = measured(*rows, identifier("t", "B", "device", "x"), bid("t", "C"), bid("t", "D"))
    assert found.unknown.tolist() == [False]


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=5), min_size=1, max_size=6))
def test_the_weights_are_those_of_a_plain_count(lots):
    """Each lot is decided a day after the one before; bidder n of a lot is called n and uses the device given."""
    rows = [
        row
        for day, devices in enumerate(lots)
        for row in [
            trade(f"t{day}", awarded_at=f"2024-01-{day + 1:02}"),
            *(bid(f"t{day}", f"B{n}", 1.0) for n in range(len(devices))),
            *(identifier(f"t{day}", f"B{n}", "device", f"d{device}") for n, device in enumerate(devices)),
        ]
    ]
    wanted = []
    for day, devices in enumerate(lots):
        weight = 0.0
        for device in set(devices):
            sharers = devices.count(device)
            users = {n for held in lots[: day + 1] for n, used in enumerate(held) if used == device}
            weight += (sharers - 1) / np.log2(1 + max(len(users), 2))
        wanted.append(weight)
    assert measured(*rows)[1].values == pytest.approx(wanted)
