"""The command line. Each command is one call; data goes to stdout, talk to stderr.

Heavy libraries are imported inside the commands, so that `detector --help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from pipelines import exits, kernel_cache
from pipelines.alert_cli import CalendarName
from pipelines.alert_cli import alerts as alert_commands
from pipelines.data_cli import extract, init, mapping_commands
from pipelines.db_cli import db, doctor
from pipelines.hash_cli import hash_identifiers
from pipelines.relay_cli import relay
from pipelines.suppress_cli import suppress

app = typer.Typer(
    help="Finds the few trades worth opening among thousands of public-resource trades, and says why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(alert_commands, name="alerts")
app.add_typer(suppress, name="suppress")
app.add_typer(mapping_commands, name="map")
app.command()(extract)
app.command()(init)
app.add_typer(db, name="db")

SourceUrl = Annotated[
    str,
    typer.Option(
        "--source", envvar="DETECTOR_SOURCE_URL", help="Database with the records, e.g. sqlite:///a.db"
    ),
]
OptionalSource = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--source",
        envvar="DETECTOR_SOURCE_URL",
        help="Database with the records; with --snapshot it is pulled there first.",
    ),
]
Snapshot = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(envvar="DETECTOR_SNAPSHOT", help="Folder of a snapshot to scan."),
]
AlertsUrl = Annotated[
    Optional[str],  # noqa: UP045 (read at run time)
    typer.Option("--alerts", envvar="DETECTOR_ALERTS_URL", help="Database to merge the alerts into."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Budget = Annotated[int, typer.Option(help="How many trades the office can open.", min=0)]
AsOf = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--as-of", help="Show the records as they were known then, e.g. 2025-03-31 (UTC)."),
]
ModelFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--model", help="Model that 'detector fit' wrote; without one, one is fitted on the records."
    ),
]
Packs = Annotated[
    list[str],
    typer.Option(
        "--pack",
        help="Rule packs to ask, e.g. cn for the Chinese ones; repeat or join by commas; none for none.",
    ),
]
OwnRules = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--rules", help="The authority's own rules, limits and working days (TOML)."),
]
DEFAULT_PACKS = ["open-contracting"]
Confirmed = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--confirmed",
        help="CSV (trade_id) of trades that cases have confirmed: scored, but not part of what is usual.",
    ),
]
Quarantine = Annotated[Path, typer.Option(help="Where rows and values that were set aside are listed (CSV).")]


@app.command()
def demo(
    trades: Annotated[int, typer.Option(help="Size of the synthetic authority.", min=100)] = 5000,
    seed: Annotated[int, typer.Option(help="Another seed, another authority.")] = 20261123,
    budget: Budget = 40,
    keep: Annotated[Optional[Path], typer.Option(help="Keep the database in this new file.")] = None,  # noqa: UP045
    pack: Packs = DEFAULT_PACKS,
    rules: OwnRules = None,
    json: AsJson = False,
) -> None:
    """Build a synthetic authority with planted schemes, scan it, and show what was found."""
    from pipelines.commands import run_demo
    from pipelines.rulebooks import RuleChoice

    run_demo(trades, seed, budget, keep, RuleChoice(tuple(pack), rules), json)


@app.command()
def simulate(
    into: Annotated[
        str, typer.Option("--into", envvar="DETECTOR_SOURCE_URL", help="Empty database to write into.")
    ],
    trades: Annotated[int, typer.Option(help="How many synthetic trades.", min=100)] = 100_000,
    seed: Annotated[int, typer.Option(help="Another seed, other authorities.", min=0)] = 20261123,
    truth: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="CSV to list what was planted in, for 'detector backtest --truth'."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Write synthetic records of any size, with planted schemes, into an empty database."""
    from pipelines.simulate_commands import run_simulate

    run_simulate(trades, into, seed, truth, json)


@app.command()
def load(
    files: Annotated[list[str], typer.Argument(help="Files of records: plain, .gz, .xz, or - for stdin.")],
    into: Annotated[str, typer.Option("--into", envvar="DETECTOR_SOURCE_URL", help="Database to load into.")],
    profile: Annotated[str, typer.Option(help="What the files hold.")] = "ocds",
    quarantine: Quarantine = Path("quarantine-load.csv"),
    json: AsJson = False,
) -> None:
    """Load files of records into the canonical tables of a database. Loading twice changes nothing."""
    from pipelines.commands import run_load

    run_load(files, into, profile, quarantine, json)


@app.command()
def scan(
    source: OptionalSource = None,
    alerts: AlertsUrl = None,
    budget: Budget = 40,
    authority: Annotated[
        str, typer.Option(help="Code of the authority; part of every alert's identity.")
    ] = "unnamed",
    window_days: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Flag only trades decided within so many days before the records' date."),
    ] = None,
    as_of: AsOf = None,
    model: ModelFile = None,
    accept_model: Annotated[
        bool, typer.Option("--accept-model", help="Let another model move more than 15 % of the open alerts.")
    ] = False,
    pack: Packs = DEFAULT_PACKS,
    rules: OwnRules = None,
    confirmed: Confirmed = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but write alerts.")] = False,
    snapshot: Snapshot = None,
    mapping: Annotated[
        str, typer.Option(envvar="DETECTOR_MAPPING", help="With --snapshot: how the source is mapped.")
    ] = "canonical",
    max_quarantine: Annotated[
        float,
        typer.Option(help="Share of a table's rows set aside above which nothing is judged.", min=0, max=1),
    ] = 0.02,
    quarantine: Quarantine = Path("quarantine-scan.csv"),
    calendar: CalendarName = "cn",
    json: AsJson = False,
) -> int:
    """Scan the records of a database and merge at most BUDGET ranked, explained alerts."""
    if source is None and snapshot is None:
        raise typer.BadParameter("nothing to scan: give --source URL, or --snapshot FOLDER.")
    from pipelines.commands import ScanRequest, run_scan
    from pipelines.rulebooks import RuleChoice

    moment, choice = exits.moment(as_of), RuleChoice(tuple(pack), rules)
    judged_by, read = (model, accept_model, choice, confirmed), (snapshot, mapping, max_quarantine, calendar)
    request = ScanRequest(source, alerts, budget, authority, window_days, moment, dry_run, *judged_by, *read)
    return run_scan(request, quarantine, json)


@app.command()
def explain(
    trade_id: Annotated[str, typer.Argument(help="Identifier of the trade.")],
    source: SourceUrl,
    as_of: AsOf = None,
    model: ModelFile = None,
    pack: Packs = DEFAULT_PACKS,
    rules: OwnRules = None,
    confirmed: Confirmed = None,
    json: AsJson = False,
) -> None:
    """Give the account of one trade, flagged or not: reasons beside its peers, and the points they add up to."""
    from pipelines.commands import ScanRequest, run_explain
    from pipelines.rulebooks import RuleChoice

    moment, choice = exits.moment(as_of), RuleChoice(tuple(pack), rules)
    request = ScanRequest(
        source, None, 0, "unnamed", None, moment, True, model, rules=choice, confirmed=confirmed
    )
    run_explain(trade_id, request, json)


@app.command()
def fit(
    source: SourceUrl,
    model: Annotated[Path, typer.Option("--model", help="File to write the model to.")],
    as_of: AsOf = None,
    seed: Annotated[Optional[int], typer.Option(help="Seed of the forest.", min=0)] = None,  # noqa: UP045
    trees: Annotated[Optional[int], typer.Option(help="Number of trees.", min=1, max=10_000)] = None,  # noqa: UP045
    confirmed: Confirmed = None,
    json: AsJson = False,
) -> None:
    """Fit a model on the records of a database, for the scans of nights to come."""
    from pipelines.model_commands import FitRequest, run_fit

    run_fit(FitRequest(source, model, exits.moment(as_of), seed, trees, confirmed), json)


@app.command()
def backtest(
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--source", envvar="DETECTOR_SOURCE_URL", help="Database with the records."),
    ] = None,
    truth: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="CSV of what is known: trade_id, planted or label (1 or 0), scheme."),
    ] = None,
    simulated: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Instead: synthetic authorities of so many trades.", min=100),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the synthetic authorities, e.g. 1,2,3.")] = "1",
    budget: Budget = 40,
    nights: Annotated[
        int, typer.Option(help="Nights to compare, a month apart, up to the last.", min=1, max=60)
    ] = 6,
    model: ModelFile = None,
    json: AsJson = False,
) -> None:
    """Hold scans against what is known: precision, recall, AUC, stability, each beside simpler ways to look."""
    from pipelines.backtests import BacktestSettings
    from pipelines.model_commands import BacktestRequest, run_backtest

    request = BacktestRequest(source, truth, simulated, seeds)
    run_backtest(request, BacktestSettings(budget, nights, model), json)


@app.command()
def features(
    code: Annotated[Optional[str], typer.Argument(help="One feature in full, e.g. B01.")] = None,  # noqa: UP045
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--source", help="Database with records: show what they can answer instead, and why not."
        ),
    ] = None,
    as_of: AsOf = None,
    json: AsJson = False,
) -> None:
    """List the features, describe one, or show what the records of a database can answer."""
    if source is None:
        from pipelines.commands import run_features

        run_features(code, json)
    else:
        from pipelines.feature_coverage import run_coverage

        run_coverage(source, code, exits.moment(as_of), json)


@app.command(name="rules")
def list_rules(
    words: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(help="One rule in full, e.g. T04; or: check FILE; or: diff PACK PACK."),
    ] = None,
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--source", help="Show what the records of this database answer, rule by rule."),
    ] = None,
    pack: Packs = [],  # noqa: B006
    rules: OwnRules = None,
    as_of: AsOf = None,
    json: AsJson = False,
) -> None:
    """List the rules of law, explain one, check a file of rules, compare two packs, or ask a database."""
    from pipelines.rule_commands import RulesRequest, run_rules

    moment = exits.moment(as_of)
    run_rules(RulesRequest(tuple(words or ()), source, tuple(pack), rules, moment, json))


@app.command()
def redflags(
    file: Annotated[
        str, typer.Argument(help="OCDS compiled releases, one a line: plain, .gz, .xz, or - for stdin.")
    ],
    settings: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Cardinal's settings file (INI). Without it all eleven indicators run."),
    ] = None,
    with_maps: Annotated[bool, typer.Option("--map", help="Add who bought from and sold to whom.")] = False,
) -> None:
    """Compute Open Contracting's eleven red flags straight from releases, in Cardinal's own JSON."""
    from pipelines.redflags import run_redflags

    run_redflags(file, settings, with_maps)


app.command()(relay)
app.command()(doctor)
app.command("hash")(hash_identifiers)


def _version(wanted: bool) -> None:
    if wanted:
        from detector import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A flag is a reason to open the file, never a finding."""


def main(arguments: list[str] | None = None) -> Any:
    """Entry point of the console command; returns through `sys.exit` with the codes of `exits`."""
    kernel_cache.choose_directory()
    sys.exit(exits.guarded(lambda: app(args=arguments, standalone_mode=False)))


if __name__ == "__main__":
    main()
