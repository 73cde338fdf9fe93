"""Facts that rules compare. A newcomer adds one function in its family file and names it in FAMILY."""

from detector.rules.fact import Fact
from detector.rules.facts import (
    amounts,
    contracting,
    identity,
    paying,
    process,
    redress,
    shared_hands,
    splitting,
    standing,
    timing,
)

ROOMS = (timing, amounts, process, contracting, paying, redress, standing, identity, shared_hands, splitting)

FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in sorted((fact for room in ROOMS for fact in room.FAMILY), key=lambda fact: fact.name)
}
