"""`detector hash`, as the command line takes it."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from pipelines.alert_cli import AsJson, Text


def hash_identifiers(
    file: Annotated[Path, typer.Argument(help="CSV with trade_id, bidder_id, kind and value.")],
    *,
    into: Annotated[
        Text, typer.Option("--into", help="Database whose table of identifiers takes the hashes.")
    ] = None,
    out: Annotated[Optional[Path], typer.Option(help="Or a CSV file to write.")] = None,  # noqa: UP045
    json: AsJson = False,
) -> None:
    """Turn identifiers of people, accounts and devices into keyed hashes (key: DETECTOR_HASH_KEY)."""
    from pipelines.hash_commands import run_hash

    run_hash(file, into, out, json)
