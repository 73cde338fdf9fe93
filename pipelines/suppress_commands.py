"""The commands about suppressions: add, approve, list, expire."""

from dataclasses import dataclass
from datetime import datetime

from detector.errors import ConfigError
from detector.levels import Level
from pipelines import alert_console
from pipelines.acting import actor_of
from pipelines.alert_reading import Sight, looking
from pipelines.alerts import suppression
from pipelines.alerts.alert_documents import suppression_document
from pipelines.alerts.runs import Row, utc
from pipelines.alerts.session import changing
from pipelines.alerts.suppression import ANYTHING, Wish
from pipelines.commands import clock, emit, write


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be suppressed: one of a trade, a buyer, a bidder; a rule or feature in it, or everywhere."""

    trade: str | None
    buyer: str | None
    bidder: str | None
    code: str | None

    def named(self) -> tuple[str, str]:
        """Type and value of the scope. ConfigError unless exactly one thing is named."""
        given = [(kind, value) for kind, value in self._choices() if value is not None]
        if len(given) > 1 or not (given or self.code):
            raise ConfigError("name one of --trade, --buyer, --bidder, or a rule or feature with --code.")
        return given[0] if given else ("any", ANYTHING)

    def _choices(self) -> tuple[tuple[str, str | None], ...]:
        return ("trade", self.trade), ("buyer", self.buyer), ("bidder", self.bidder)


@dataclass(frozen=True, slots=True)
class SuppressRequest:
    """What was asked of `detector suppress add`."""

    scope: Scope
    reason: str
    expires: datetime
    authority: str | None
    up_to: str
    sample: float


def run_add(sight: Sight, request: SuppressRequest) -> None:
    """`detector suppress add`."""
    actor = actor_of(sight.actor, sight.role)
    levels = {level.name.lower(): level for level in Level}
    if request.up_to not in levels:
        raise ConfigError(f"no level {request.up_to!r}; known are {', '.join(levels)}.")
    kind, value = request.scope.named()
    wish = Wish(
        kind,
        value,
        request.reason,
        utc(request.expires),
        request.authority,
        request.scope.code,
        levels[request.up_to],
        request.sample,
    )
    with changing(sight.url) as connection:
        row = suppression.add(connection, wish, actor, utc(clock()))
    _tell(sight, [row])


def run_approve(sight: Sight, suppression_id: str) -> None:
    """`detector suppress approve`."""
    actor = actor_of(sight.actor, sight.role)
    with changing(sight.url) as connection:
        row = suppression.approve(connection, suppression_id, actor, utc(clock()))
    _tell(sight, [row])


def run_expire(sight: Sight, suppression_id: str, reason: str) -> None:
    """`detector suppress expire`."""
    actor = actor_of(sight.actor, sight.role)
    with changing(sight.url) as connection:
        row = suppression.expire(connection, suppression_id, reason, actor, utc(clock()))
    _tell(sight, [row])


def run_list(sight: Sight, past: bool) -> None:
    """`detector suppress list`."""
    with looking(sight, "suppressions") as (connection, reader):
        rows = list(suppression.listed(connection, reader, past))
    _tell(sight, rows)


def _tell(sight: Sight, rows: list[Row]) -> None:
    documents = [suppression_document(row, sight.cleared) for row in rows]
    if sight.as_json:
        emit({"suppressions": documents})
    else:
        write(alert_console.suppression_lines(documents))
