"""`detector simulate`: synthetic records of any size into a database."""

from pathlib import Path

from pipelines.commands import emit, talking, write
from pipelines.simulating import simulate_into


def run_simulate(trades: int, into: str, seed: int, truth: Path | None, as_json: bool) -> None:
    """Write synthetic records, and say how many."""
    with talking() as say:
        made = simulate_into(into, trades, seed=seed, truth=truth, say=say)
    if as_json:
        emit({"rows": made.rows, "authorities": made.authorities, "planted": made.planted})
        return
    filled = {name: rows for name, rows in made.rows.items() if rows}
    write([f"{rows:>12,} {name}" for name, rows in filled.items()])
    write([f"{made.authorities:,} synthetic authorities; {made.planted:,} trades in planted schemes"])
