"""How fast the forest scores and explains, beside scikit-learn and shap in the same process.

    python -m tests.benchmarks.bench_forest                     all parts, a million rows
    python -m tests.benchmarks.bench_forest --parts score       one part: score, few, explain, night, start
    python -m tests.benchmarks.bench_forest --target haswell    code for AVX2 (also: generic, for SSE2)

Each part runs its candidates in turn, for several rounds, and prints the median of the ratios within a round:
wall time, and processor time, which other jobs on the machine disturb less. Every ratio is to the first line of
its part, per row, and above 1 is faster. A target is set by starting the program again with NUMBA_CPU_NAME, no
extra features and a cache of its own; the scores are measured on all three targets.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numba
import numpy as np
from joblib import parallel_backend
from sklearn.ensemble import IsolationForest

from detector.kernels import forest, forest_bits
from detector.model.flattened import flatten
from tests.forests import indicator_like

COLUMNS = 30
TARGETS = {"haswell": "AVX2 (haswell)", "generic": "SSE2 (generic x86-64)"}
PARTS = ("score", "few", "explain", "night", "start")
START_UP = """
import time, numpy as np
from detector.model.flattened import flatten
from sklearn.ensemble import IsolationForest
rows = np.random.default_rng(0).random(({rows}, 30))
model = IsolationForest(n_estimators=100, random_state=0).fit(rows)
start = time.perf_counter()
flat = flatten(model)
flat.score(rows)
scored = time.perf_counter()
flat.shapley(rows[:100])
print(scored - start, time.perf_counter() - scored)
"""


@dataclass(frozen=True)
class Candidate:
    name: str
    run: Callable[[], object]
    rows: int  # that one run works on: ratios are per row


def compare(title: str, candidates: list[Candidate], rounds: int) -> None:
    """Run the candidates in turn, back and forth, and print medians and ratios to the first."""
    for candidate in candidates:
        candidate.run()
    walls = {candidate.name: [] for candidate in candidates}
    processors = {candidate.name: [] for candidate in candidates}
    for turn in range(rounds):
        for candidate in candidates if turn % 2 == 0 else candidates[::-1]:
            wall, processor = time.perf_counter(), time.process_time()
            candidate.run()
            walls[candidate.name].append((time.perf_counter() - wall) / candidate.rows)
            processors[candidate.name].append((time.process_time() - processor) / candidate.rows)
    print(f"\n{title}; {rounds} rounds, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| candidate | rows | median of one run | times faster | by processor time |")
    print("|---|---|---|---|---|")
    first = candidates[0].name
    for candidate in candidates:
        name = candidate.name
        faster = median(a / b for a, b in zip(walls[first], walls[name], strict=True))
        cheaper = median(a / b for a, b in zip(processors[first], processors[name], strict=True))
        run = median(walls[name]) * candidate.rows
        print(f"| {name} | {candidate.rows:,} | {run * 1e3:.2f} ms | {faster:.1f} | {cheaper:.1f} |")


def on_threads(threads: int, run: Callable[[], object]) -> Callable[[], object]:
    def limited() -> object:
        numba.set_num_threads(threads)
        return run()

    return limited


def in_threads_of_joblib(run: Callable[[], object]) -> Callable[[], object]:
    def threaded() -> object:
        with parallel_backend("threading", n_jobs=2):
            return run()

    return threaded


def bench_score(model: IsolationForest, rows: np.ndarray, rounds: int) -> None:
    flat, n, threads = flatten(model), len(rows), numba.config.NUMBA_NUM_THREADS
    if not np.array_equal(flat.score(rows), -model.score_samples(rows)):
        raise SystemExit("scores differ from scikit-learn's: nothing to compare")
    compare(
        f"Score {n:,} rows, {len(model.estimators_)} trees (bits equal to scikit-learn's)",
        [
            Candidate("scikit-learn, sequential", lambda: model.score_samples(rows), n),
            Candidate(
                "scikit-learn, 2 threads of joblib",
                in_threads_of_joblib(lambda: model.score_samples(rows)),
                n,
            ),
            Candidate("FlatForest.score, 1 thread", on_threads(1, lambda: flat.score(rows)), n),
            Candidate(
                f"FlatForest.score, {threads} threads", on_threads(threads, lambda: flat.score(rows)), n
            ),
            Candidate(
                "plain descent, 1 thread", on_threads(1, lambda: forest.descended(flat.trees, rows)), n
            ),
        ],
        rounds,
    )


def bench_few(model: IsolationForest, rows: np.ndarray, rounds: int) -> None:
    flat = flatten(model)
    for n in (1, 100, 1_000, 10_000):
        few = rows[:n]
        compare(
            f"Score {n:,} rows",
            [
                Candidate("scikit-learn, sequential", lambda few=few: model.score_samples(few), n),
                Candidate("FlatForest.score, 1 thread", on_threads(1, lambda few=few: flat.score(few)), n),
                Candidate(
                    "bit scorer whatever the size",
                    on_threads(1, lambda few=few: forest_bits.path_length_sums(flat.trees, few)),
                    n,
                ),
            ],
            rounds,
        )


def bench_explain(model: IsolationForest, rows: np.ndarray, rounds: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    flat, threads = flatten(model), numba.config.NUMBA_NUM_THREADS
    flagged = rows[np.argsort(-flat.score(rows))[:10_000]]
    some = flagged[:500]
    explainer = shap.TreeExplainer(model)
    gap = np.abs(explainer.shap_values(some, check_additivity=False) - flat.shapley(some)[0]).max()
    n = len(flagged)
    compare(
        f"Explain, {len(model.estimators_)} trees (largest difference from shap {gap:.0e})",
        [
            Candidate(
                "shap.TreeExplainer", lambda: explainer.shap_values(some, check_additivity=False), len(some)
            ),
            Candidate(
                "shap, approximate (not Shapley values)",
                lambda: explainer.shap_values(flagged, approximate=True, check_additivity=False),
                n,
            ),
            Candidate("FlatForest.shapley, 1 thread", on_threads(1, lambda: flat.shapley(flagged)), n),
            Candidate(
                f"FlatForest.shapley, {threads} threads",
                on_threads(threads, lambda: flat.shapley(flagged)),
                n,
            ),
        ],
        rounds,
    )


def suspicion_like(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Suspicion as the forest gets it: the ordinary half is zero, the columns hang together."""
    rng = np.random.default_rng(seed)
    hidden = rng.standard_normal((n, 1))
    lean = 0.6 * hidden + 0.8 * rng.standard_normal((n, d))
    return np.maximum(0.0, 2.0 * (lean.argsort(axis=0).argsort(axis=0) + 0.5) / n - 1.0)


def bench_night(n: int, trees: int, rounds: int) -> None:
    rows, threads = suspicion_like(n, COLUMNS), numba.config.NUMBA_NUM_THREADS

    def grown() -> IsolationForest:
        return IsolationForest(n_estimators=trees, random_state=0).fit(rows)

    def ours() -> float:
        return float(np.quantile(flatten(grown()).score(rows), 0.99))

    def theirs() -> float:
        return float(-np.quantile(grown().score_samples(rows), 0.01))

    if ours() != theirs():
        raise SystemExit("thresholds differ from scikit-learn's: nothing to compare")
    compare(
        f"A night: fit, score, threshold of {n:,} rows of suspicion (float64), {trees} trees; one fit for both",
        [
            Candidate("scikit-learn", theirs, n),
            Candidate("scikit-learn's fit alone", grown, n),
            Candidate("scikit-learn's fit, FlatForest.score, 1 thread", on_threads(1, ours), n),
            Candidate(f"the same, {threads} threads", on_threads(threads, ours), n),
        ],
        rounds,
    )


def bench_start_up() -> None:
    """First scores and first reasons of a fresh process: nothing compiled yet, then from the cache."""
    print("\nFirst use in a fresh process\n\n| | first score | first reasons |\n|---|---|---|")
    for rows in (1_000, 100_000):
        with tempfile.TemporaryDirectory() as cache:
            for state in ("nothing compiled yet", "from the cache"):
                done = subprocess.run(
                    [sys.executable, "-c", START_UP.format(rows=rows)],
                    env={**os.environ, "NUMBA_CACHE_DIR": cache},
                    capture_output=True,
                    text=True,
                    check=True,
                )
                score, reasons = map(float, done.stdout.split())
                print(f"| {rows:,} rows, {state} | {score:.2f} s | {reasons:.2f} s |")


def again_for(target: str, parts: list[str], arguments: list[str]) -> None:
    """The same program in a process whose code is compiled for another processor."""
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as cache:
        environment = {"NUMBA_CPU_NAME": target, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": cache}
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.bench_forest", *arguments, "--parts", *parts],
            env={**os.environ, **environment},
            check=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--target", choices=TARGETS, help="compile for another processor")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    asked = parser.parse_args()
    arguments = [f"--{name}={getattr(asked, name)}" for name in ("rows", "trees", "rounds")]
    if asked.target:
        again_for(asked.target, asked.parts, arguments)
        return
    name = os.environ.get("NUMBA_CPU_NAME", "")
    print(f"\n## Code for {TARGETS.get(name, 'this processor')}, {COLUMNS} float32 columns")
    rows = indicator_like(asked.rows, COLUMNS).astype(np.float32)  # what scikit-learn takes without a copy
    model = IsolationForest(n_estimators=asked.trees, random_state=0).fit(rows)
    parts = {
        "score": lambda: bench_score(model, rows, asked.rounds),
        "few": lambda: bench_few(model, rows, asked.rounds),
        "explain": lambda: bench_explain(model, rows, asked.rounds),
        "night": lambda: bench_night(asked.rows, asked.trees, asked.rounds),
        "start": bench_start_up,
    }
    for part in asked.parts:
        parts[part]()
        if part == "score" and not name:
            for target in TARGETS:
                again_for(target, ["score"], arguments)


if __name__ == "__main__":
    main()
