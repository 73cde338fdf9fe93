"""`detector relay`, as the command line takes it."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.alert_cli import AsJson, Store


def relay(
    *,
    store: Store,
    receivers: Annotated[
        Path, typer.Option(envvar="DETECTOR_RECEIVERS", help="TOML file of those who are told.")
    ],
    follow: Annotated[
        bool, typer.Option("--follow/--once", help="Go on until stopped, or make one pass.")
    ] = False,
    every: Annotated[float, typer.Option(help="Seconds between two passes.", min=0.1)] = 30.0,
    again: Annotated[bool, typer.Option("--again", help="Try what had been given up, too.")] = False,
    json: AsJson = False,
) -> int:
    """Deliver news of alerts to receivers: at least once, in order, each at its own pace."""
    from pipelines.relay_commands import run_relay

    return run_relay(store, receivers, every if follow else None, again, json)
