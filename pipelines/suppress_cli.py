"""`detector suppress`: the commands about suppressions, as the command line takes them."""

from typing import Annotated

import typer

from pipelines import exits
from pipelines.alert_cli import AsJson, Authority, Clearance, Person, Role, Store, Text

suppress = typer.Typer(
    help="Not to be told of something for a while: with a reason, an end, and a sample that surfaces anyway.",
    no_args_is_help=True,
)

Entry = Annotated[str, typer.Argument(help="suppression_id of the entry.")]


@suppress.command("add")
def add(
    *,
    store: Store,
    reason: Annotated[str, typer.Option(help="Why; mandatory.")],
    expires: Annotated[str, typer.Option(help="When it ends, a year from now at most, e.g. 2026-12-31.")],
    trade: Annotated[Text, typer.Option(help="Identifier of a trade.")] = None,
    buyer: Annotated[Text, typer.Option(help="Identifier of a buyer.")] = None,
    bidder: Annotated[Text, typer.Option(help="Identifier of a bidder.")] = None,
    code: Annotated[Text, typer.Option(help="Code of a rule or feature, e.g. B01.")] = None,
    authority: Authority = None,
    up_to: Annotated[
        str, typer.Option("--up-to", help="Highest level to hide; above yellow a second person approves.")
    ] = "yellow",
    sample: Annotated[float, typer.Option(help="Share of what it hides that surfaces anyway.")] = 0.02,
    actor: Person = None,
    role: Role = None,
    json: AsJson = False,
) -> None:
    """Enter a suppression. What it hides is still scanned, recorded and kept up to date."""
    from pipelines.alert_reading import Sight
    from pipelines.suppress_commands import Scope, SuppressRequest, run_add

    moment = exits.moment(expires)
    assert moment is not None  # noqa: S101 (expires is text)
    request = SuppressRequest(Scope(trade, buyer, bidder, code), reason, moment, authority, up_to, sample)
    run_add(Sight(store, actor, role, "sensitive", json), request)


@suppress.command("approve")
def approve(
    entry: Entry, *, store: Store, actor: Person = None, role: Role = None, json: AsJson = False
) -> None:
    """Approve an entry that somebody else made, so that it hides orange and red, too."""
    from pipelines.alert_reading import Sight
    from pipelines.suppress_commands import run_approve

    run_approve(Sight(store, actor, role, "sensitive", json), entry)


@suppress.command("list")
def list_entries(
    *,
    store: Store,
    past: Annotated[bool, typer.Option("--past", help="Those that are over, too.")] = False,
    actor: Person = None,
    role: Role = None,
    clearance: Clearance = "internal",
    json: AsJson = False,
) -> None:
    """List suppressions by their end."""
    from pipelines.alert_reading import Sight
    from pipelines.suppress_commands import run_list

    run_list(Sight(store, actor, role, clearance, json), past)


@suppress.command("expire")
def expire(
    entry: Entry,
    *,
    store: Store,
    reason: Annotated[str, typer.Option(help="Why it ends before its time.")],
    actor: Person = None,
    role: Role = None,
    json: AsJson = False,
) -> None:
    """End a suppression before its time; the entry stays."""
    from pipelines.alert_reading import Sight
    from pipelines.suppress_commands import run_expire

    run_expire(Sight(store, actor, role, "sensitive", json), entry, reason)
