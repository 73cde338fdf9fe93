"""The data path at scale: extraction, first night, incremental night, beside a straightforward pipeline.

    detector simulate --trades 1000000 --into URL
    python -m tests.benchmarks.bench_data_path URL FOLDER STAGE ...

Stages: extract (all bids into chunks, against pandas read_sql in chunks, the same columns), first (a full pull and
a scan), night (0.3 % new lots and a scan), both against the baseline (read_sql, groupby, scikit-learn), pull and
pull-night (the same without the scan). Every stage runs in a process of its own, which gives its wall time and its
peak memory. Read the ratios: the seconds are those of one machine on one day. `night` adds lots to the database.
"""

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine, text

CHUNK = 100_000
BUDGET = 40
NEW_SHARE = 0.003


def now():
    return datetime.now(UTC)


def pull_into(url, folder, **settings):
    from pipelines.snapshot.pulling import PullSettings, pull
    from pipelines.sources.extraction import Access

    return pull(Access(url, writable=True), Path(folder), now, PullSettings(**settings))


def extract_ours(url, folder):
    """All columns of all bids, conformed, into chunks of Parquet."""
    from pipelines.snapshot import pulling
    from pipelines.snapshot.store import SnapshotFolder, empty_content
    from pipelines.sources.extraction import Access, opened

    store, access = SnapshotFolder(Path(folder)), Access(url, writable=True)
    with store.locked(), pulling._steady_memory(), opened(access) as source:
        one = pulling._Pull(store, source, access, now(), lambda _: None)
        content = empty_content()
        for batches in pulling._gathered(source.rows("bids")):
            one._add("bids", content, batches)
    return sum(chunk.rows for chunk in content["bids"])


def extract_pandas(url, folder):
    """The same columns with read_sql in chunks over a server-side cursor, and nothing done with them."""
    from detector.schema import TABLES

    names = ", ".join(TABLES["bids"].names)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect().execution_options(stream_results=True) as connection:
        query = text(f"SELECT {names} FROM bids")  # noqa: S608 (declared names)
        pieces = pd.read_sql(query, connection, chunksize=CHUNK)
        return sum(map(len, pieces))


def first_night(url, folder):
    pull_into(url, folder)
    return scan_of(folder)


def night(url, folder):
    pulled = pull_into(url, folder, sweep_days=1e9)
    assert pulled.kind == "incremental"
    return scan_of(folder)


def incremental_pull(url, folder):
    pulled = pull_into(url, folder, sweep_days=1e9)
    assert pulled.kind == "incremental"
    return pulled.changed


def full_pull(url, folder):
    return sum(pull_into(url, folder).version.rows.values())


def records_of_snapshot(url, folder):
    from pipelines.snapshot.reading import read_snapshot

    return len(read_snapshot(Path(folder), None, now()).records)


def scan_of(folder):
    from detector.scan import ScanSettings, scan
    from pipelines.snapshot.reading import read_snapshot

    return len(
        scan(read_snapshot(Path(folder), None, now()).records, settings=ScanSettings(budget=BUDGET)).flags
    )


def baseline(url, folder):
    """What an analyst writes first: read_sql in chunks, groupby, an isolation forest, the forty strangest."""
    import numpy as np
    from sklearn.ensemble import IsolationForest

    trades, bids = baseline_frames(url)
    valid = bids[(bids["status"] == "valid") & bids["amount"].notna()]
    grouped = valid.groupby("trade_id")["amount"]
    features = grouped.agg(["count", "min", "max", "mean", "std", "median", "skew"])
    ordered = valid.sort_values(["trade_id", "amount"])
    second = ordered.groupby("trade_id")["amount"].nth(1)
    features["second"] = pd.Series(second.to_numpy(), index=ordered.loc[second.index, "trade_id"])
    features["variation"] = features["std"] / features["mean"]
    features["spread"] = (features["max"] - features["min"]) / features["min"]
    features["gap"] = (features["second"] - features["min"]) / features["min"]
    features["round"] = (valid["amount"] % 1_000 == 0).groupby(valid["trade_id"]).mean()
    trades = trades.set_index("trade_id").join(features)
    winners = bids[bids["winner"] == 1].drop_duplicates("trade_id").set_index("trade_id")
    trades["ratio"] = winners["awarded_amount"] / trades["estimate"]
    trades["days"] = (trades["deadline_at"] - trades["published_at"]).dt.total_seconds() / 86_400
    trades["wait"] = (trades["awarded_at"] - trades["opened_at"]).dt.total_seconds() / 86_400
    pair = pd.DataFrame({"buyer": trades["buyer_id"], "winner": winners["bidder_id"]})
    met = pair.groupby(["buyer", "winner"])["buyer"].transform("size")
    trades["share"] = met / pair.groupby("buyer")["buyer"].transform("size")
    arrival = (bids["submitted_at"] - bids["submitted_at"].min()).dt.total_seconds()
    trades["arrival"] = arrival.groupby(bids["trade_id"]).std()
    names = [
        "count",
        "variation",
        "spread",
        "gap",
        "round",
        "skew",
        "ratio",
        "days",
        "wait",
        "share",
        "arrival",
    ]
    matrix = trades[names].replace([np.inf, -np.inf], np.nan).fillna(trades[names].median()).to_numpy()
    forest = IsolationForest(n_estimators=100, random_state=1).fit(matrix)
    return len(trades.iloc[np.argsort(forest.score_samples(matrix))[:BUDGET]])


def baseline_frames(url):
    """Trades and bids, the columns that the baseline computes with."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    trades = (
        "SELECT trade_id, buyer_id, estimate::float8 AS estimate, published_at, deadline_at, opened_at, awarded_at"
        " FROM trades"
    )
    bids = (
        "SELECT trade_id, bidder_id, amount::float8 AS amount, awarded_amount::float8 AS awarded_amount, status,"
        " submitted_at, winner FROM bids"
    )
    frames = []
    for query in (trades, bids):
        with engine.connect().execution_options(stream_results=True) as connection:
            frames.append(pd.concat(pd.read_sql(text(query), connection, chunksize=CHUNK)))
    return frames


def add_lots(url, folder):
    """The lots of a night: 0.3 % of what is there, recorded now."""
    from pipelines.simulating import block
    from pipelines.sources.bulk import BulkWriter

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        size = connection.execute(text("SELECT count(*) FROM trades")).scalar()
        made = block(int(time.time()) % 10_000_000, max(round(size * NEW_SHARE), 100), 77)
        later = pd.Timestamp(now() - timedelta(hours=1)).tz_localize(None).floor("s")
        trades = made.tables["trades"].assign(recorded_at=later)
        BulkWriter(connection).write({**made.tables, "trades": trades})
    return len(trades)


STAGES = {
    "extract": (extract_pandas, extract_ours),
    "pull": (full_pull, records_of_snapshot),
    "first": (baseline, first_night),
    "night": (baseline, add_lots, night),
    "pull-night": (add_lots, incremental_pull),
    "records": (records_of_snapshot,),
    "baseline": (baseline,),
}
# Stages whose first function is what the last one is held against.
COMPARED = ("extract", "first", "night")


def measured(name, url, folder):
    """Wall time and peak memory of one function in a process of its own."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.benchmarks.bench_data_path",
        "--one",
        name,
        url,
        str(folder),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def one(name, url, folder):
    """Run a function and print what it took."""
    import pipelines.snapshot.pulling
    import pipelines.snapshot.reading  # noqa: F401

    begun, used = time.perf_counter(), time.process_time()
    result = globals()[name](url, folder)
    told = {
        "stage": name,
        "result": result,
        "seconds": round(time.perf_counter() - begun, 2),
        "cpu": round(time.process_time() - used, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }
    print(json.dumps(told))


def main(url, folder, *stages):
    for stage in stages:
        rows = [measured(function.__name__, url, folder) for function in STAGES[stage]]
        for row in rows:
            cost = f"{row['seconds']:>9.2f} s {row['cpu']:>9.2f} s CPU"
            print(f"{row['stage']:<22}{cost} {row['peak_mb']:>7} MB peak -> {row['result']:,}", flush=True)
        first, last = rows[0], rows[-1]
        if stage in COMPARED:
            faster, cheaper = first["seconds"] / last["seconds"], first["cpu"] / last["cpu"]
            share = last["peak_mb"] / first["peak_mb"]
            print(
                f"{stage}: {faster:.1f} times as fast ({cheaper:.1f} in CPU), {share:.2f} of the memory",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        one(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
