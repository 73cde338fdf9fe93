"""How long does a model take to load, every check included?

    python -m tests.benchmarks.bench_bundle

Prints size and load time (best and median of twenty, warm) of a model of the shipped settings, fitted on a
synthetic authority of 5,000 trades, and of the same model with the reference scores of a million.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from detector.model.bundle import Bundle, Window
from detector.records import Records
from detector.scan import ScanSettings, scan
from detector.simulate import simulate
from pipelines import bundles

REPEATS = 20


def grown(bundle, trades):
    """The bundle with reference scores of `trades` trades."""
    reference = np.sort(np.random.default_rng(1).choice(bundle.model.reference, trades))
    model = replace(bundle.model, reference=reference)
    return replace(bundle, model=model, window=Window(bundle.window.as_of, trades))


def main():
    records = Records.build(simulate(5_000, seed=1).tables)
    found = scan(records, settings=ScanSettings(budget=0))
    small = Bundle.of(found.model, found.suspicion, records.as_of, bundles.made_by())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        for trades, bundle in ((5_000, small), (1_000_000, grown(small, 1_000_000))):
            bundles.save(bundle, path)
            taken = []
            for _ in range(REPEATS):
                started = time.perf_counter()
                bundles.load(path)
                taken.append(1e3 * (time.perf_counter() - started))
            print(
                f"{trades:>9,} reference trades: {path.stat().st_size / 1e6:5.1f} MB, best {min(taken):5.1f} ms, "
                f"median {np.median(taken):5.1f} ms"
            )


if __name__ == "__main__":
    main()
