"""`detector alerts`: the commands about alerts, as the command line takes them."""

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from pipelines import exits

alerts = typer.Typer(
    help="List, show, handle and export alerts; verify their audit trail.", no_args_is_help=True
)

# Read at run time, hence Optional.
Text = Optional[str]  # noqa: UP045
Store = Annotated[
    str,
    typer.Option(
        "--alerts", envvar="DETECTOR_ALERTS_URL", help="Database with the alerts, e.g. sqlite:///a.db"
    ),
]
Person = Annotated[
    Text, typer.Option("--actor", envvar="DETECTOR_ACTOR", help="Who you are; goes to the audit trail.")
]
Role = Annotated[
    Text,
    typer.Option(
        "--role", envvar="DETECTOR_ROLE", help="Role you act in; 'sealed-reader' sees what is under embargo."
    ),
]
Clearance = Annotated[str, typer.Option(help="public, internal or sensitive: what is more secret is masked.")]
Authority = Annotated[Text, typer.Option(help="Only alerts of this authority.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Key = Annotated[str, typer.Argument(help="alert_id of the alert, or the identifier of its trade.")]
Version = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--row-version", help="Version you looked at: refuse if somebody changed it since.", min=1),
]
CalendarName = Annotated[
    str, typer.Option("--calendar", help="Working days that limits are counted in, or 'none'.")
]
Zone = Annotated[str, typer.Option("--zone", help="Time zone in which a day ends.")]


@alerts.command("list")
def list_alerts(
    *,
    store: Store,
    state: Annotated[Optional[list[str]], typer.Option(help="Only these states.")] = None,  # noqa: UP045
    level: Annotated[Optional[list[str]], typer.Option(help="Only these levels.")] = None,  # noqa: UP045
    authority: Authority = None,
    assignee: Annotated[Text, typer.Option(help="Only alerts of this person or office.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only alerts past their due date.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Ended, suppressed and snoozed alerts, too.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many to show.", min=1)] = 40,
    actor: Person = None,
    role: Role = None,
    clearance: Clearance = "internal",
    json: AsJson = False,
) -> None:
    """List alerts by level, score and money: those that are open, neither suppressed nor snoozed."""
    from pipelines.alert_reading import Sight, run_list, wanted_alerts

    wanted = wanted_alerts(
        state or [],
        level or [],
        authority=authority,
        assignee=assignee,
        overdue=overdue,
        everything=everything,
    )
    run_list(Sight(store, actor, role, clearance, json), wanted, limit)


@alerts.command("show")
def show_alert(
    key: Key,
    *,
    store: Store,
    authority: Authority = None,
    actor: Person = None,
    role: Role = None,
    clearance: Clearance = "internal",
    json: AsJson = False,
) -> None:
    """Show one alert: its reasons, where it stands, what can be done, and everything that happened to it."""
    from pipelines.alert_reading import Sight, run_show

    run_show(Sight(store, actor, role, clearance, json), key, authority)


@alerts.command("set")
def set_state(
    key: Key,
    state: Annotated[
        str, typer.Argument(help="State to bring it to; also 'escalated', or 'declined' for a proposal.")
    ],
    *,
    store: Store,
    reason: Annotated[Text, typer.Option(help="Why.")] = None,
    recipient: Annotated[Text, typer.Option(help="Office it is dispatched to.")] = None,
    receipt: Annotated[Text, typer.Option(help="Receipt of a dispatch or transfer.")] = None,
    notes: Annotated[Text, typer.Option(help="Notes of the inquiry.")] = None,
    outcome: Annotated[Text, typer.Option(help="What was found, 00 to 10; trains the ranking.")] = None,
    measures: Annotated[Text, typer.Option(help="Measures taken.")] = None,
    amount: Annotated[Text, typer.Option(help="Amount concerned.")] = None,
    feedback: Annotated[Text, typer.Option(help="Feedback to the supervisor.")] = None,
    due: Annotated[Text, typer.Option(help="New due date, e.g. 2026-03-31.")] = None,
    review_on: Annotated[
        Text, typer.Option("--review-on", help="When a suspended alert is looked at.")
    ] = None,
    transfer_no: Annotated[Text, typer.Option("--transfer-no", help="Number of a transfer.")] = None,
    transfer_type: Annotated[
        Text, typer.Option("--transfer-type", help="project, party, official or other.")
    ] = None,
    parent: Annotated[Text, typer.Option(help="alert_id of the alert it is merged into.")] = None,
    authority: Authority = None,
    actor: Person = None,
    role: Role = None,
    row_version: Version = None,
    calendar: CalendarName = "cn",
    zone: Zone = "Asia/Shanghai",
    json: AsJson = False,
) -> None:
    """Bring an alert to another state. Where two persons are needed, the second one gives the same command."""
    from pipelines.alert_commands import Change, run_set

    details: dict[str, Any] = {
        "reason": reason, "recipient": recipient, "receipt": receipt, "notes": notes, "outcome": outcome,
        "measures": measures, "amount": amount, "feedback": feedback, "due": due, "review_on": review_on,
        "transfer_no": transfer_no, "transfer_type": transfer_type, "parent": parent,
    }  # fmt: skip
    run_set(Change(store, actor, role, authority, row_version, calendar, zone, json), key, state, details)


@alerts.command("assign")
def assign_alert(
    key: Key,
    assignee: Annotated[str, typer.Argument(help="Person or office that is to handle it.")],
    *,
    store: Store,
    authority: Authority = None,
    actor: Person = None,
    role: Role = None,
    row_version: Version = None,
    json: AsJson = False,
) -> None:
    """Give an alert to somebody."""
    from pipelines.alert_commands import Change, run_assign

    run_assign(Change(store, actor, role, authority, row_version, as_json=json), key, assignee)


@alerts.command("note")
def note_alert(
    key: Key,
    text: Annotated[str, typer.Argument(help="What is to be remembered.")],
    *,
    store: Store,
    authority: Authority = None,
    actor: Person = None,
    role: Role = None,
    row_version: Version = None,
    json: AsJson = False,
) -> None:
    """Write a note to an alert's trail."""
    from pipelines.alert_commands import Change, run_note

    run_note(Change(store, actor, role, authority, row_version, as_json=json), key, text)


@alerts.command("snooze")
def snooze_alert(
    key: Key,
    until: Annotated[str, typer.Option(help="Until when nobody is told of changes, e.g. 2026-03-31.")],
    reason: Annotated[str, typer.Option(help="Why it can wait.")],
    *,
    store: Store,
    authority: Authority = None,
    actor: Person = None,
    role: Role = None,
    row_version: Version = None,
    json: AsJson = False,
) -> None:
    """Let an alert rest for a while; the scans go on, and it comes back by itself."""
    from pipelines.alert_commands import Change, run_snooze

    moment = exits.moment(until)
    assert moment is not None  # noqa: S101 (until is text)
    run_snooze(Change(store, actor, role, authority, row_version, as_json=json), key, moment, reason)


@alerts.command("export")
def export_alerts(
    *,
    store: Store,
    form: Annotated[
        str, typer.Option("--format", help="jsonl, csv, cardinal, supervision or labels.")
    ] = "jsonl",
    labels: Annotated[
        bool,
        typer.Option("--labels", help="What was found where files were opened, for 'detector backtest'."),
    ] = False,
    out: Annotated[Optional[Path], typer.Option(help="File to write; stdout without one.")] = None,  # noqa: UP045
    names: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="TOML with other names and codes for the supervision shape."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Ended, suppressed and snoozed alerts, too.")
    ] = False,
    authority: Authority = None,
    actor: Person = None,
    role: Role = None,
    clearance: Clearance = "internal",
) -> None:
    """Export alerts to a file or stdout; who did so is written down."""
    from pipelines.alert_reading import LABELS, ExportRequest, Sight, run_export

    chosen = LABELS if labels else form
    run_export(Sight(store, actor, role, clearance), ExportRequest(chosen, out, authority, everything, names))


@alerts.command("import")
def import_replies(
    file: Annotated[
        Path, typer.Argument(help="CSV or JSON Lines: alert_id, state, note, details of the state.")
    ],
    *,
    store: Store,
    actor: Person = None,
    role: Role = None,
    calendar: CalendarName = "cn",
    zone: Zone = "Asia/Shanghai",
    json: AsJson = False,
) -> None:
    """Take in what offices replied, all or nothing; importing a file again changes nothing."""
    from pipelines.alert_commands import Change, run_import

    run_import(Change(store, actor, role, calendar=calendar, zone=zone, as_json=json), file)


@alerts.command("verify-log")
def verify_log(
    *,
    store: Store,
    anchor: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="File of anchors to hold the trail against, and to add one to; keep it elsewhere."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Check that no event of the audit trail was altered, removed or inserted."""
    from pipelines.alert_reading import Sight, run_verify

    run_verify(Sight(store, as_json=json), anchor)
