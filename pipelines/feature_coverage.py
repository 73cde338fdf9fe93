"""What the records of a database can answer: for every feature value, not applicable, not computable, and why."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np

from detector.errors import FeatureError
from detector.features import FEATURES
from detector.features.declare import Phrase
from detector.features.evaluation import Answer, FeatureTable, evaluate
from pipelines.commands import clock, emit, talking, write
from pipelines.documents import Document
from pipelines.nightly import read_records
from pipelines.wording import share

SHOWN_REASONS = 2


class Refusal(NamedTuple):
    """A reason for which a feature says nothing, and for how many trades it is the first one."""

    answer: Answer
    reason: Phrase
    trades: int


def run_coverage(source: str, code: str | None, as_of: datetime | None, as_json: bool) -> None:
    """`detector features --source`."""
    if code is not None and code not in FEATURES:
        raise FeatureError(f"no feature {code!r}; known are {' '.join(FEATURES)}.")
    with talking() as say:
        say("reading records")
        records = read_records(source, as_of, clock())
        say(f"evaluating features of {len(records):,} trades")
        table = evaluate(records, tuple(FEATURES.values()) if code is None else (FEATURES[code],))
    if as_json:
        emit(coverage_document(table))
    else:
        write(coverage_lines(table, SHOWN_REASONS if code is None else None))


def refusals(table: FeatureTable, column: int) -> list[Refusal]:
    """Why feature `column` has no value, the commonest reason first."""
    silent = table.answers[:, column] != Answer.VALUE
    codes, counts = np.unique(table.reason[silent, column], return_counts=True)
    found = []
    for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
        first = int(np.flatnonzero(silent & (table.reason[:, column] == code))[0])
        found.append(Refusal(Answer(int(table.answers[first, column])), table.reasons[code], count))
    return sorted(found, key=lambda refusal: (-refusal.trades, refusal.reason.en))


def coverage_lines(table: FeatureTable, most: int | None) -> Iterator[str]:
    """A line a feature with its three shares, and up to `most` reasons below it (None: all)."""
    trades = len(table.values)
    yield f"{trades:,} trades. Shares of them; reasons below, the commonest first."
    yield f"{'code':<5}{'value':>9}{'not appl.':>11}{'not comp.':>11}  name"
    for column, row in enumerate(table.coverage().to_dict("records")):
        value, not_applicable, not_computable = (
            _share(row[answer.name.lower()], trades) for answer in Answer
        )
        yield f"{row['code']:<5}{value:>9}{not_applicable:>11}{not_computable:>11}  {row['name']}"
        for refusal in refusals(table, column)[:most]:
            words = "not applicable" if refusal.answer == Answer.NOT_APPLICABLE else "not computable"
            yield f"{'':>15}{_share(refusal.trades, trades):>9} {words}: {refusal.reason.en} {refusal.reason.zh}"


def coverage_document(table: FeatureTable) -> Document:
    """The same with all reasons."""
    features = []
    for column, row in enumerate(table.coverage().to_dict("records")):
        reasons = [
            {
                "answer": refusal.answer.name.lower(),
                "reason": {"en": refusal.reason.en, "zh": refusal.reason.zh},
                "trades": refusal.trades,
            }
            for refusal in refusals(table, column)
        ]
        features.append({**row, "reasons": reasons})
    return {"trades": len(table.values), "features": features}


def _share(count: int, of: int) -> str:
    return share(count / of) if of else "-"
