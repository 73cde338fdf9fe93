"""Random releases and settings through Cardinal itself, where it is installed (`ocdscardinal` on PATH)."""

import json
import os
import random
import shutil
import subprocess

import pytest

from detector.redflags import REDFLAGS, Computation, parse_settings
from pipelines.release_lines import take_file

CARDINAL = os.environ.get("OCDSCARDINAL") or shutil.which("ocdscardinal")
STATUSES = ["valid"] * 6 + ["disqualified"] * 3 + ["pending", "withdrawn", "invited", None, 5]
AWARD_STATUSES = ["active"] * 8 + ["cancelled", "unsuccessful", "pending", None, 5]
DATES = [
    "2025-01-01T00:00:00Z", "2025-01-10T00:00:00+08:00", "2025-01-15T23:59:59.5Z", "2025-01-16T00:00:00Z",
    "2025-01-16", "2025-02-30T00:00:00Z", "2024-12-31T23:59:60Z", "2025-01-20 12:00:00\N{MINUS SIGN}03:30",
    None, 7,
]  # fmt: skip
OPTIONS = {
    "R003": ["threshold = 12", "procurement_methods = open|limited"],
    "R018": ["procurement_methods ="],
    "R024": ["threshold = 0.05"],
    "R025": ["percentile = 50", "threshold = 0.4"],
    "R035": ["threshold = 2"],
    "R038": ["threshold = 0.5", "minimum_submitted_bids = 4", "minimum_contracting_processes = 9"],
    "R048": ["digits = 1", "threshold = 3", "minimum_contracting_processes = 2"],
    "R058": ["threshold = 0.5"],
}
TOP = [
    "currency = EUR",
    "price_comparison_procurement_methods = Open Tender",
    "no_price_comparison_procurement_methods = Lottery",
]


def parties(draw):
    return [
        {"id": draw.choice(["A", "B", "C", "D", "E", "F", 3, None])}
        for _ in range(draw.choice([1] * 9 + [0, 2, 3]))
    ]


def odd(draw, value):
    """The value, or once in a while something else where it should be."""
    return draw.choice([None, [], {}, 5, "x", [None]]) if draw.random() < 0.01 else value


def release(draw, number):
    amounts = [100, 100.0, 101, 102.5, 95, 250, 1e3, -5, 10**30, "100", None, True]
    bids = [
        {
            "status": draw.choice(STATUSES),
            "date": draw.choice(DATES),
            "tenderers": odd(draw, parties(draw)),
            "value": odd(
                draw, {"amount": draw.choice(amounts), "currency": draw.choice(["CNY"] * 9 + ["EUR", None])}
            ),
        }
        for _ in range(draw.randrange(6))
    ]
    awards = [
        {
            "status": draw.choice(AWARD_STATUSES),
            "suppliers": odd(draw, parties(draw)),
            "items": odd(
                draw,
                [{"classification": {"id": draw.choice(["4510", "4520", "7", "é9", 5])}} for _ in range(2)],
            ),
        }
        for _ in range(draw.choice([0, 1, 1, 1, 1, 2]))
    ]
    tender = {
        "status": draw.choice(["complete"] * 9 + ["cancelled", None]),
        "procurementMethod": draw.choice(["open", "limited", "direct", None]),
        "procurementMethodDetails": draw.choice(["Open Tender", "Lottery", None]),
        "numberOfTenderers": draw.choice([1, 1.0, 2, "1", None]),
        "tenderPeriod": odd(draw, {"startDate": draw.choice(DATES), "endDate": draw.choice(DATES)}),
        "procuringEntity": odd(draw, {"id": draw.choice(["E1", "E2", "E3", "E4", 4])}),
    }
    whole = {
        "ocid": odd(draw, f"ocds-{number}"),
        "buyer": odd(draw, {"id": draw.choice(["P1", "P2", "P3", "P4"])}),
        "tender": odd(draw, tender),
        "bids": odd(draw, {"details": odd(draw, bids)}),
        "awards": odd(draw, awards),
    }
    return {name: part for name, part in whole.items() if draw.random() > 0.02}


def settings(draw):
    lines = [line for line in TOP if draw.random() < 0.3]
    for code in REDFLAGS:
        lines += [f"[{code}]", *(option for option in OPTIONS.get(code, []) if draw.random() < 0.4)]
        if code == "R003" and draw.random() < 0.5:
            lines += ["[R003.procurement_method_details]", "Open Tender = 20"]
    return "\n".join(lines) + "\n"


def comparable(document):
    for mapped in document["Maps"].values():
        mapped.update({ocid: sorted(ids) for ocid, ids in mapped.items() if isinstance(ids, list)})
    return document


@pytest.mark.skipif(not CARDINAL, reason="ocdscardinal is not installed")
@pytest.mark.parametrize("seed", range(40))
def test_cardinal_finds_the_same(tmp_path, seed):
    draw = random.Random(seed)
    path, options = tmp_path / "releases.jsonl", tmp_path / "settings.ini"
    # One thread: else which currency is met first, and what of a repeated process stays, is a matter of luck.
    path.write_text(
        "".join(json.dumps(release(draw, number)) + "\n" for number in range(300)), encoding="utf-8"
    )
    options.write_text(settings(draw), encoding="utf-8")
    done = subprocess.run(
        [CARDINAL, "indicators", "--map", "--settings", options, path],
        capture_output=True, check=True, env=os.environ | {"RAYON_NUM_THREADS": "1"},
    )  # fmt: skip
    computation = Computation(parse_settings(options.read_text(encoding="utf-8")), with_maps=True)
    list(take_file(computation, str(path)))
    assert comparable(computation.document()) == comparable(json.loads(done.stdout))
