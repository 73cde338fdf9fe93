"""Who trades what in the synthetic authority: categories, buyers, suppliers and their specialisation."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from detector.arrays import FloatArray, IntArray, TextArray

Columns = dict[str, TextArray]

CATEGORIES = (
    ("B0101", "road works", "works"),
    ("B0102", "bridge works", "works"),
    ("B0103", "housing construction", "works"),
    ("B0104", "school renovation", "works"),
    ("B0105", "water supply network", "works"),
    ("B0106", "river training", "works"),
    ("B0107", "landscaping", "works"),
    ("B0108", "street lighting", "works"),
    ("B0109", "interior fitting-out", "works"),
    ("B0110", "land levelling", "works"),
    ("A0201", "desktop computers", "goods"),
    ("A0202", "network equipment", "goods"),
    ("A0203", "medical imaging equipment", "goods"),
    ("A0204", "hospital consumables", "goods"),
    ("A0205", "laboratory equipment", "goods"),
    ("A0206", "school furniture", "goods"),
    ("A0207", "special vehicles", "goods"),
    ("A0208", "fire-fighting equipment", "goods"),
    ("A0209", "office supplies", "goods"),
    ("A0210", "sports equipment", "goods"),
    ("C0301", "property management", "services"),
    ("C0302", "security services", "services"),
    ("C0303", "cleaning services", "services"),
    ("C0304", "canteen catering", "services"),
    ("C0305", "software development", "services"),
    ("C0306", "information system maintenance", "services"),
    ("C0307", "surveying and mapping", "services"),
    ("C0308", "construction supervision", "services"),
    ("C0309", "engineering design", "services"),
    ("C0310", "vehicle insurance", "services"),
    ("C0311", "printing services", "services"),
    ("L0401", "industrial land use right", "land"),
    ("L0402", "residential land use right", "land"),
    ("M0501", "quarrying right", "mining"),
    ("P0601", "equity of a state-owned company", "property_right"),
    ("P0602", "lease of public premises", "property_right"),
    ("P0603", "used public equipment", "property_right"),
)
CODES = np.array([code for code, _, _ in CATEGORIES], dtype=object)
NAMES = np.array([name for _, name, _ in CATEGORIES], dtype=object)
KINDS = np.array([kind for _, _, kind in CATEGORIES], dtype=object)
SOLD = np.isin(KINDS, ("land", "mining", "property_right"))
LOG_MEDIAN_VALUE: Mapping[str, float] = {
    "works": 15.2,
    "goods": 14.2,
    "services": 13.7,
    "land": 17.0,
    "mining": 16.5,
    "property_right": 14.5,
}

REGIONS = 8
BASE_TRADES, BASE_BUYERS, BASE_SUPPLIERS = 5_000, 60, 600
SELLER_SHARE, SALE_SHARE = 0.1, 0.12
SMALLEST_MARKET = 8
VOLUME_EXPONENT = 0.9


@dataclass(frozen=True, slots=True)
class World:
    """The parties of one authority. Positions are indices; `tables` turns them into identifiers.

    `taste` is buyers x categories, each row cumulating to 1. `speciality` is categories x suppliers: how
    readily a supplier bids in a category, 0 where it does not. `efficiency` is the log of a supplier's
    persistent cost advantage (negative: cheaper), `quality` its usual quality points out of 60.
    """

    buyer_volume: FloatArray
    buyer_region: IntArray
    sellers: int
    taste: FloatArray
    log_value: FloatArray
    supplier_region: IntArray
    supplier_kind: TextArray
    speciality: FloatArray
    efficiency: FloatArray
    quality: FloatArray
    agencies: int


def build_world(rng: np.random.Generator, trades: int) -> World:
    """Buyers with Zipf-like volumes and specialised suppliers, more of both in a larger authority."""
    scale = max(1.0, float(np.sqrt(trades / BASE_TRADES)))
    buyers, suppliers = round(BASE_BUYERS * scale), round(BASE_SUPPLIERS * scale)
    sellers = max(2, round(buyers * SELLER_SHARE))
    speciality = _speciality(rng, suppliers)
    sells = SOLD[speciality.argmax(axis=0)]
    return World(
        buyer_volume=_volumes(buyers, sellers),
        buyer_region=rng.integers(0, REGIONS, buyers),
        sellers=sellers,
        taste=_taste(rng, buyers, sellers),
        log_value=np.array([LOG_MEDIAN_VALUE[kind] for kind in KINDS]) + rng.normal(0, 0.4, len(KINDS)),
        supplier_region=rng.integers(0, REGIONS, suppliers),
        supplier_kind=np.where(sells, "acquirer", "supplier").astype(object),
        speciality=speciality,
        efficiency=rng.normal(0, 0.035, suppliers),
        quality=rng.normal(47, 4, suppliers),
        agencies=round(15 * scale),
    )


def _volumes(buyers: int, sellers: int) -> FloatArray:
    """Share of trades of each buyer; the first `sellers` of them only sell."""
    selling = np.arange(1, sellers + 1) ** -VOLUME_EXPONENT
    buying = np.arange(1, buyers - sellers + 1) ** -VOLUME_EXPONENT
    return np.concatenate([SALE_SHARE * selling / selling.sum(), (1 - SALE_SHARE) * buying / buying.sum()])


def _taste(rng: np.random.Generator, buyers: int, sellers: int) -> FloatArray:
    """What each buyer buys: a hospital buys consumables, a school district furniture."""
    weight = rng.gamma(0.5, 1.0, (buyers, len(KINDS))) + 1e-3
    weight[:sellers, ~SOLD] = 0
    weight[sellers:, SOLD] = 0
    cumulated: FloatArray = weight.cumsum(axis=1)
    cumulated /= cumulated[:, -1:]
    return cumulated


def _speciality(rng: np.random.Generator, suppliers: int) -> FloatArray:
    """One main category each, none with too few firms, and some side lines of the same kind."""
    count = len(KINDS)
    main = rng.integers(0, count, suppliers)
    main[: count * SMALLEST_MARKET] = np.tile(np.arange(count), SMALLEST_MARKET)[:suppliers]
    activity = rng.lognormal(0, 0.7, suppliers)
    akin = KINDS[:, None] == KINDS[main][None, :]
    side_line = akin & (rng.random((count, suppliers)) < 0.2)
    weight = np.where(side_line, rng.uniform(0.2, 0.6, (count, suppliers)), 0.0)
    weight[main, np.arange(suppliers)] = 1.0
    return weight * activity


def draw_category(world: World, rng: np.random.Generator) -> int:
    """A category that is bought, one with enough specialists for a market."""
    firms = np.where(SOLD, 0, (world.speciality > 0).sum(axis=1))
    return int(rng.choice(len(KINDS), p=firms / firms.sum()))


def draw_buyer(world: World, rng: np.random.Generator) -> int:
    """A buyer (not a seller) by its volume."""
    volume = world.buyer_volume[world.sellers :]
    return int(world.sellers + rng.choice(len(volume), p=volume / volume.sum()))


def specialists(world: World, rng: np.random.Generator, category: int, size: int) -> IntArray:
    """`size` different suppliers of a category, those who bid often more likely."""
    weight = world.speciality[category]
    size = min(size, int((weight > 0).sum()))
    return rng.choice(len(weight), size=size, replace=False, p=weight / weight.sum())


def entrants(
    world: World, rng: np.random.Generator, category: IntArray, region: IntArray, count: IntArray
) -> tuple[IntArray, IntArray]:
    """Who bids: for each lot `count` different specialists, neighbours more likely (Gumbel top-k).

    Returns (lot, bidder), one entry per bid, in order of lots. A lot gets fewer bids than asked if the
    category has fewer firms.
    """
    lots, bidders = [], []
    for code in np.unique(category):
        rows = np.flatnonzero(category == code)
        pool = np.flatnonzero(world.speciality[code] > 0)
        liking = np.log(world.speciality[code, pool])[None, :] + rng.gumbel(size=(len(rows), len(pool)))
        liking = liking - 1.2 * (world.supplier_region[pool][None, :] != region[rows][:, None])
        order = np.argsort(-liking, axis=1)
        row, place = np.nonzero(np.arange(len(pool))[None, :] < count[rows][:, None])
        lots.append(rows[row])
        bidders.append(pool[order[row, place]])
    if not lots:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    lot, bidder = np.concatenate(lots), np.concatenate(bidders)
    order_of_lots = np.argsort(lot, kind="stable")
    return lot[order_of_lots], bidder[order_of_lots]
