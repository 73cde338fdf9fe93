"""`detector db` and `detector doctor` on the command line."""

from typing import Annotated, Optional

import typer

db = typer.Typer(help="Make, change and examine the tables of the alert store.", no_args_is_help=True)

Store = Annotated[
    str, typer.Option("--alerts", envvar="DETECTOR_ALERTS_URL", help="Database that holds the alerts.")
]
Database = Annotated[
    str, typer.Option("--database", help="Kind of database, e.g. postgresql, oracle, dm, kingbase.")
]


@db.command()
def upgrade(alerts: Store) -> None:
    """Make the tables, or bring them to this release; rows are kept."""
    from pipelines import db_commands

    typer.echo(db_commands.upgrade(alerts))


@db.command()
def current(alerts: Store) -> None:
    """Tell the revision of the tables, and that of this release."""
    from pipelines import db_commands

    typer.echo(db_commands.current(alerts))


@db.command()
def check(alerts: Store) -> None:
    """Hold the live tables against what this release expects; exit code 7 where they differ."""
    from pipelines import db_commands

    typer.echo(db_commands.check(alerts))


@db.command()
def sql(
    database: Database,
    since: Annotated[
        Optional[str],  # noqa: UP045 (read at run time)
        typer.Option("--since", help="Revision that the tables have; without it they are made anew."),
    ] = None,
) -> None:
    """Print the SQL, for offices where a program may not change tables."""
    from pipelines import db_commands

    typer.echo(db_commands.sql(database, since), nl=False)


@db.command()
def grants(
    database: Database,
    prefix: Annotated[str, typer.Option(help="What the names of the four roles begin with.")] = "detector",
) -> None:
    """Print the rights of a reader, the scans' writer, a supervisor and the owner of the tables."""
    from pipelines import db_commands

    typer.echo(db_commands.grants(database, prefix), nl=False)


def doctor(
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--source", envvar="DETECTOR_SOURCE_URL", help="Database with the records."),
    ] = None,
    alerts: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--alerts", envvar="DETECTOR_ALERTS_URL", help="Database that holds the alerts."),
    ] = None,
) -> None:
    """Examine drivers, connections and tables, and say what to do where something fails."""
    from pipelines.doctor import FAIL, examine
    from pipelines.exits import exit_code

    codes = []
    for finding, error in examine(source, alerts):
        typer.echo(f"{finding.state:<4}  {finding.what}")
        if finding.state == FAIL:
            codes.append(exit_code(error("")))
    if codes:
        raise typer.Exit(codes[0])
