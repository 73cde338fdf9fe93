"""Small scans for the alert store: some hundred lots, three of them with bids that lie close, and two features."""

from datetime import UTC, datetime

import numpy as np

from detector.features.declare import Phrase, feature
from detector.model.forest import ForestSettings
from detector.scan import ScanSettings, scan
from tests.factory import lot
from tests.factory import records as build_records

STARTED = datetime(2024, 6, 1, 1, 0, tzinfo=UTC)
ENDED = datetime(2024, 6, 1, 1, 5, tzinfo=UTC)
AS_OF = "2024-05-31"
TRADES = 240
SETTINGS = ScanSettings(budget=10, forest=ForestSettings(trees=20, sample=64, seed=7))


@feature(
    code="B90",
    family="bid_pattern",
    direction="low",
    unit="ratio",
    needs=("bids.amount",),
    minimum=2,
    source="test",
    title=Phrase("bids lie close together", "报价接近"),
    innocent=Phrase("a published unit price list", "公开的价格清单"),
)
def spread(records):
    """Range of the offers over their least."""
    offers = records.offers
    groups = [offers.values[a:b] for a, b in zip(offers.offsets[:-1], offers.offsets[1:], strict=True)]
    return np.array([np.ptp(group) / group.min() if len(group) else np.nan for group in groups])


@feature(
    code="T90",
    family="timing",
    direction="low",
    unit="days",
    needs=("trades.published_at", "trades.deadline_at"),
    source="test",
    title=Phrase("little time to bid", "投标时间短"),
    innocent=Phrase("an urgent repair", "紧急抢修"),
)
def days_to_bid(records):
    """Days between notice and deadline."""
    return (records.seconds("deadline_at") - records.seconds("published_at")) / 86_400.0


FEATURES = (spread, days_to_bid)
MADE = {}


def rows(close=3, **of_first):
    """Rows of decided lots; the first `close` have close bids and little time."""
    rng = np.random.default_rng(5)
    held = []
    for number in range(TRADES):
        quiet = number < close
        low = 1000.0 + 10 * number
        step = (0.5 + 0.1 * number) if quiet else float(rng.uniform(40, 200))
        days = 2 + number if quiet else int(rng.integers(20, 60))
        values = {
            "title": f"道路养护第{number}标段",
            "currency": "CNY",
            "published_at": "2024-01-01",
            "deadline_at": str(np.datetime64("2024-01-01") + days),
            "awarded_at": f"2024-04-{1 + number % 28:02d}",
            "kind": "works",
        }
        if number == 0:
            values |= of_first
        held += lot(f"lot-{number:02d}", [low, low + step, low + 2 * step], **values)
    return held


def records(held=None, as_of=AS_OF):
    """Records of the given rows, of `rows()` by default."""
    return build_records(*(rows() if held is None else held), as_of=as_of)


def scanned(held=None, settings=SETTINGS, as_of=AS_OF):
    """A scan of the given rows with the two features of this file. Made once: nothing in a scan can change."""
    held = rows() if held is None else held
    key = (repr(held), settings, as_of)
    if key not in MADE:
        MADE[key] = scan(records(held, as_of), settings=settings, features=FEATURES)
    return MADE[key]


def shuffled(held, seed):
    """The same rows in another order."""
    order = np.random.default_rng(seed).permutation(len(held))
    return [held[i] for i in order]
