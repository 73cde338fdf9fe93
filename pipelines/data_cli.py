"""`detector extract`, `detector init` and `detector map`, as the command line takes them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

SourceUrl = Annotated[
    str,
    typer.Option(
        "--source", envvar="DETECTOR_SOURCE_URL", help="Database with the records, e.g. sqlite:///a.db"
    ),
]
Mapping = Annotated[
    str,
    typer.Option(
        envvar="DETECTOR_MAPPING",
        help="How the source's tables become the canonical ones: a profile or a file.",
    ),
]
Writable = Annotated[
    bool,
    typer.Option("--allow-writable-account", help="Go on with an account that could write to the source."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

mapping_commands = typer.Typer(
    help="Look at how a source is mapped to the canonical tables.", no_args_is_help=True
)


def extract(
    *,
    source: SourceUrl,
    snapshot: Annotated[
        Path,
        typer.Option(envvar="DETECTOR_SNAPSHOT", help="Folder of the snapshot; made where there is none."),
    ],
    mapping: Mapping = "canonical",
    overlap_days: Annotated[
        float, typer.Option(help="How late a row may arrive and still be found.", min=0)
    ] = 35.0,
    sweep_days: Annotated[
        float, typer.Option(help="How often to look for rows that have gone; 0: every time.", min=0)
    ] = 7.0,
    keep: Annotated[
        int, typer.Option(help="How many earlier states stay, for scans as of a past day.", min=1)
    ] = 400,
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    writable: Writable = False,
    json: AsJson = False,
) -> None:
    """Pull what has changed in a source into its snapshot; everything the first time. A kill loses
    nothing.
    """
    from pipelines.extract_commands import ExtractRequest, run_extract
    from pipelines.snapshot.pulling import PullSettings

    settings = PullSettings(timedelta(days=overlap_days), sweep_days, full, keep)
    run_extract(ExtractRequest(source, snapshot, mapping, settings, writable), json)


def init(
    *,
    profile: Annotated[
        str, typer.Option(help="Which mapping to begin with: canonical, ocds, ggzy or blank.")
    ],
    file: Annotated[Path, typer.Option("--file", help="The new file.")] = Path("mapping.toml"),
) -> None:
    """Write a commented mapping to begin with: how a source's own tables become the canonical ones."""
    from pipelines.map_commands import run_init

    run_init(profile, file)


@mapping_commands.command("check")
def check(
    *,
    source: Annotated[str, typer.Argument(metavar="URL", help="The database to look at.")],
    mapping: Mapping = "canonical",
    sample: Annotated[int, typer.Option(help="Rows of each table to look at.", min=1)] = 10_000,
    json: AsJson = False,
) -> None:
    """Hold a mapping against a live database: what is found, how full it is, and whether the units look
    right.
    """
    from pipelines.map_commands import run_check

    run_check(source, mapping, sample, json)
