"""The command line. Each command is one call; data goes to stdout, talk to stderr.

Heavy libraries are imported inside the commands, so that `detector --help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from pipelines import exits, kernel_cache

app = typer.Typer(
    help="Finds the few trades worth opening among thousands of public-resource trades, and says why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SourceUrl = Annotated[
    str,
    typer.Option(
        "--source", envvar="DETECTOR_SOURCE_URL", help="Database with the records, e.g. sqlite:///a.db"
    ),
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
Quarantine = Annotated[Path, typer.Option(help="Where rows and values that were set aside are listed (CSV).")]


@app.command()
def demo(
    trades: Annotated[int, typer.Option(help="Size of the synthetic authority.", min=100)] = 5000,
    seed: Annotated[int, typer.Option(help="Another seed, another authority.")] = 20261123,
    budget: Budget = 40,
    keep: Annotated[Optional[Path], typer.Option(help="Keep the database in this new file.")] = None,  # noqa: UP045
    json: AsJson = False,
) -> None:
    """Build a synthetic authority with planted schemes, scan it, and show what was found."""
    from pipelines.commands import run_demo

    run_demo(trades, seed, budget, keep, json)


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
    source: SourceUrl,
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but write alerts.")] = False,
    quarantine: Quarantine = Path("quarantine-scan.csv"),
    json: AsJson = False,
) -> None:
    """Scan the records of a database and merge at most BUDGET ranked, explained alerts."""
    from pipelines.commands import ScanRequest, run_scan

    moment = exits.moment(as_of)
    request = ScanRequest(
        source, alerts, budget, authority, window_days, moment, dry_run, model, accept_model
    )
    run_scan(request, quarantine, json)


@app.command()
def explain(
    trade_id: Annotated[str, typer.Argument(help="Identifier of the trade.")],
    source: SourceUrl,
    as_of: AsOf = None,
    model: ModelFile = None,
    json: AsJson = False,
) -> None:
    """Give the account of one trade, flagged or not: reasons beside its peers, and the points they add up to."""
    from pipelines.commands import run_explain

    run_explain(trade_id, source, exits.moment(as_of), model, json)


@app.command()
def fit(
    source: SourceUrl,
    model: Annotated[Path, typer.Option("--model", help="File to write the model to.")],
    as_of: AsOf = None,
    seed: Annotated[Optional[int], typer.Option(help="Seed of the forest.", min=0)] = None,  # noqa: UP045
    trees: Annotated[Optional[int], typer.Option(help="Number of trees.", min=1, max=10_000)] = None,  # noqa: UP045
    json: AsJson = False,
) -> None:
    """Fit a model on the records of a database, for the scans of nights to come."""
    from pipelines.model_commands import run_fit

    run_fit(source, model, exits.moment(as_of), seed, trees, json)


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
    json: AsJson = False,
) -> None:
    """List the features, or describe one."""
    from pipelines.commands import run_features

    run_features(code, json)


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
