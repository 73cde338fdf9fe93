"""Time of all rules as a share of a scan: ``python -m tests.benchmarks.bench_rules [trades]``.

Prints seconds of the features, of everything else in the scan, and of all shipped packs together.
"""

import sys
import time

from detector.features import FEATURES
from detector.features.evaluation import evaluate
from detector.flags import flag_trades, resolved
from detector.model.forest import Model
from detector.peers import suspicion
from detector.records import Records
from detector.rules.evaluation import evaluate_rules
from detector.simulate import simulate
from pipelines.rulebooks import load_rules, shipped_packs


def main(trades: int) -> None:
    """Measure once, compiled code warm."""
    book = load_rules(shipped_packs())
    small = Records.build(simulate(500, seed=1).tables)
    evaluate_rules(small, book, evaluate(small, tuple(FEATURES.values())))
    records = Records.build(simulate(trades, seed=1).tables)
    spent = {}
    start = time.process_time()
    table = evaluate(records, tuple(FEATURES.values()))
    spent["features"] = time.process_time() - start
    start = time.process_time()
    judged = suspicion(records, table)
    model = Model.fit(judged)
    flag_trades(records, judged, model, resolved(records), 40)
    spent["suspicion, model, flags"] = time.process_time() - start
    start = time.process_time()
    answered = evaluate_rules(records, book, table)
    spent[f"{len(book.rules)} rules"] = time.process_time() - start
    print(f"{len(records):,} trades, {len(records.bids):,} bids; seconds of processor time")
    for name, seconds in spent.items():
        print(f"  {name:<26} {seconds:8.2f}")
    *scan, rules = spent.values()
    print(f"  rules / scan without rules {rules / sum(scan):8.1%}")
    print(f"  rules that fired: {int((answered.coverage()['fired'] > 0).sum())}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
