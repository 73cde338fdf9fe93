"""What the law asks of a procedure, filled lawfully for the trades of the synthetic authority.

Everything here is drawn from a stream of its own, after the records are made: prices, bidders and dates that were
there before stay as they were. Where a lawful value does not fit the dates of a trade it is left empty.
"""

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, TextArray

DAY = np.timedelta64(86_400, "s")
HOUR = np.timedelta64(3_600, "s")
TENDERED = {"works": 4_000_000.0, "goods": 2_000_000.0, "services": 1_000_000.0}
OPEN_TENDER_AMOUNT = 4_000_000.0
ENGINEERING = ("C0307", "C0308", "C0309")
ASSETS = {
    "L0401": "industrial_land",
    "L0402": "residential_land",
    "M0501": "mining_right",
    "P0601": "equity",
    "P0602": "lease",
    "P0603": "asset",
}
SALES = {"land": "land", "mining": "mining", "property_right": "state_assets"}
FEWEST = 3


def statutory_columns(rng: np.random.Generator, trades: pd.DataFrame, bids: pd.DataFrame) -> pd.DataFrame:
    """`trades` with regime, amounts, committee and the dates of the procedure."""
    bidders = trades["trade_id"].map(bids.groupby("trade_id")["bidder_id"].nunique()).fillna(0)
    frame = _regime(rng, trades, bidders.to_numpy().astype(np.float64))
    frame = _amounts(rng, frame)
    frame = _committee(rng, frame)
    return _dates(rng, frame)


def _regime(rng: np.random.Generator, trades: pd.DataFrame, bidders: FloatArray) -> pd.DataFrame:
    kind, category = trades["kind"].to_numpy(dtype=object), trades["category"].to_numpy(dtype=object)
    construction = (kind == "works") | np.isin(category, ENGINEERING)
    sold = np.isin(kind, list(SALES))
    regime = np.where(construction, "construction", "procurement").astype(object)
    regime[sold] = [SALES[one] for one in kind[sold]]
    procedure = _procedures(trades, bidders)
    limit = np.array([TENDERED.get(one, np.inf) for one in kind])
    estimate = trades["estimate"].to_numpy(dtype=np.float64)
    mandatory = np.where(np.isnan(estimate), np.nan, 1.0 * construction * (estimate >= limit))
    least = np.where(construction, limit, OPEN_TENDER_AMOUNT)
    departs = ~np.isin(procedure, ("open_tender", "framework", "auction", "listing")) & (estimate >= least)
    few = np.isin(procedure, ("open_tender", "invited_tender")) & (bidders < FEWEST)
    funds = rng.choice(np.array(["budget", "state_owned"], dtype=object), len(trades), p=[0.7, 0.3])
    invited = np.maximum(bidders, FEWEST) + rng.integers(0, 3, len(trades))
    return trades.assign(
        regime=regime,
        procedure=procedure,
        asset=np.array([ASSETS.get(one) for one in category], dtype=object),
        fund_source=pd.Series(funds, index=trades.index).mask(sold),
        mandatory=mandatory,
        departure_approved=1.0 * (departs | few),
        separate_decision=np.where(sold, np.nan, 0.0),
        minimum_price_set=np.where(sold, np.nan, 0.0),
        invited_count=np.where(procedure == "invited_tender", invited, np.nan),
    )


def _procedures(trades: pd.DataFrame, bidders: FloatArray) -> TextArray:
    """The statutory name of each method; a consultation only where the dates leave ten days for it."""
    method, rule = trades["method"].to_numpy(dtype=object), trades["price_rule"].to_numpy(dtype=object)
    window = _days(trades["deadline_at"], trades["documents_from_at"])
    named = {"open": "open_tender", "selective": "invited_tender", "direct": "single_source"}
    named |= {"auction": "auction", "listing": "listing", "other": "framework"}
    procedure = np.array([named.get(one, "inquiry") for one in method], dtype=object)
    limited = method == "limited"
    procedure[limited & (rule == "negotiated")] = "negotiation"
    procedure[limited & (rule == "quality_and_price")] = "negotiation"
    procedure[limited & (rule == "quality_and_price") & (window >= 10)] = "consultation"
    procedure[limited & (bidders < FEWEST)] = "other"
    return procedure


def _amounts(rng: np.random.Generator, trades: pd.DataFrame) -> pd.DataFrame:
    count = len(trades)
    kind = trades["kind"].to_numpy(dtype=object)
    estimate, reserve = (trades[name].to_numpy(dtype=np.float64) for name in ("estimate", "reserve"))
    sold = np.isin(kind, list(SALES))
    cap = np.where(kind == "services", 100_000.0, 800_000.0)
    bought = np.minimum(np.floor(estimate * rng.uniform(0.01, 0.02, count)), cap)
    deposit = np.where(sold, np.ceil(reserve * rng.uniform(0.2, 0.5, count)), bought)
    weighed = (trades["price_rule"] == "quality_and_price").to_numpy(dtype=bool)
    weight = np.where(kind == "services", rng.uniform(0.1, 0.3, count), rng.uniform(0.3, 0.5, count)).round(2)
    term = np.where(kind == "mining", rng.integers(5, 31, count), rng.choice([40, 50, 70], count))
    appraised = np.floor(reserve * rng.uniform(0.9, 1.0, count))
    return trades.assign(
        price_weight=np.where(weighed, weight, np.nan),
        approved_cost=np.where(kind == "works", np.ceil(estimate * rng.uniform(1.25, 1.5, count)), np.nan),
        deposit_required=deposit,
        appraisal=np.where(sold, appraised, np.nan),
        term_years=np.where(np.isin(kind, ("land", "mining")), term, np.nan),
    )


def _committee(rng: np.random.Generator, trades: pd.DataFrame) -> pd.DataFrame:
    """An odd number of members, two thirds of them experts, all drawn."""
    count = len(trades)
    large = (trades["estimate"] >= 10_000_000).to_numpy(dtype=bool)
    size = np.where(large, 7, 5) + 2 * (rng.random(count) < 0.2)
    experts = np.ceil(size * 2 / 3) + (rng.random(count) < 0.3)
    judged = (trades["side"] == "buy").to_numpy(dtype=bool) & (trades["procedure"] != "single_source")
    members = {
        "panel_size": size,
        "panel_experts": np.minimum(experts, size),
        "panel_drawn": np.minimum(experts, size),
    }
    return trades.assign(**{name: np.where(judged, held, np.nan) for name, held in members.items()})


def _dates(rng: np.random.Generator, trades: pd.DataFrame) -> pd.DataFrame:
    count = len(trades)
    sold = (trades["side"] == "sell").to_numpy(dtype=bool)
    published, awarded = _instants(trades["published_at"]), _instants(trades["awarded_at"])
    opened = _instants(trades["opened_at"].where(trades["opened_at"].notna(), trades["deadline_at"]))
    reported = np.maximum(opened + HOUR, awarded - rng.integers(20, 70, count) * HOUR)
    # The deal of a sale is confirmed shortly before it is signed, which is a day before it is recorded.
    confirmed = np.maximum(awarded + HOUR, _instants(trades["recorded_at"]) - rng.integers(3, 9, count) * DAY)
    publicity = reported + rng.integers(2, 60, count) * HOUR
    standing = np.where(sold, 4, 3) + rng.integers(5, 8, count)
    frame = trades.assign(
        appraised_at=_where(sold, published - rng.integers(30, 200, count) * DAY),
        prior_notice_at=published - rng.integers(31, 90, count) * DAY,
        notice_to_at=_where(~sold, published + rng.integers(9, 14, count) * DAY),
        evaluated_at=_where(~sold, np.maximum(opened, reported - rng.integers(1, 24, count) * HOUR)),
        reported_at=_where(~sold, reported),
        publicity_from_at=publicity,
        publicity_to_at=publicity + (standing + 6) * DAY,
        notified_at=np.where(sold, confirmed, awarded + rng.integers(1, 24, count) * HOUR),
        report_filed_at=_where(~sold, awarded + rng.integers(1, 14, count) * DAY),
    )
    return _documents(_listing(_amendments(rng, frame)))


def _amendments(rng: np.random.Generator, trades: pd.DataFrame) -> pd.DataFrame:
    """One lot in five is amended, where more than fifteen days are left for it."""
    count = len(trades)
    window = _days(trades["deadline_at"], trades["published_at"])
    ahead = 16 + np.floor(rng.random(count) * np.maximum(window - 17, 0))
    amended = (rng.random(count) < 0.2) & (window > 18) & (trades["side"] == "buy").to_numpy(dtype=bool)
    moment = _instants(trades["deadline_at"]) - np.nan_to_num(ahead).astype(np.int64) * DAY
    material = 1.0 * (amended & (rng.random(count) < 0.6))
    return trades.assign(amended_at=_where(amended, moment), amendment_material=material)


def _listing(trades: pd.DataFrame) -> pd.DataFrame:
    """When a sale was listed: from the notice to the bidding; an auction begins on its day."""
    sold = (trades["side"] == "sell").to_numpy(dtype=bool)
    published, opened = _instants(trades["published_at"]), _instants(trades["opened_at"])
    state = (trades["regime"] == "state_assets").to_numpy(dtype=bool)
    mining = (trades["regime"] == "mining").to_numpy(dtype=bool)
    long_enough = _days(trades["opened_at"], trades["published_at"]) >= 36
    start = np.where(state, published, opened)
    shown = sold & (~(state | mining) | long_enough)
    return trades.assign(
        procedure=np.where(sold & ~state, "auction", trades["procedure"].to_numpy(dtype=object)),
        listing_from_at=_where(shown, start),
        listing_to_at=_where(sold & state & long_enough, opened),
    )


def _documents(trades: pd.DataFrame) -> pd.DataFrame:
    """Five working days for the documents of a procurement, a week between holidays included."""
    bought = (trades["regime"] == "procurement").to_numpy(dtype=bool)
    start, deadline = _instants(trades["documents_from_at"]), _instants(trades["deadline_at"])
    until = np.minimum(start + 13 * DAY, deadline - HOUR)
    longer = bought & (trades["documents_to_at"].notna().to_numpy(dtype=bool))
    kept = _instants(trades["documents_to_at"])
    return trades.assign(documents_to_at=np.where(longer, np.maximum(kept, until), kept))


def _instants(values: pd.Series) -> np.ndarray:
    return np.asarray(values.to_numpy(), dtype="datetime64[s]")


def _where(rows: BoolArray, moments: np.ndarray) -> np.ndarray:
    """`moments` at `rows`, nothing elsewhere."""
    return np.where(rows, moments.astype("datetime64[s]"), np.datetime64("NaT", "s"))


def _days(end: pd.Series, start: pd.Series) -> FloatArray:
    """Whole days between two instants, NaN where one is missing."""
    span = (_instants(end) - _instants(start)).astype("timedelta64[s]").astype(np.float64)
    missing = end.isna().to_numpy(dtype=bool) | start.isna().to_numpy(dtype=bool)
    return np.where(missing, np.nan, np.floor(span / 86_400))
