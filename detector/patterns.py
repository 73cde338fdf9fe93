"""Patterns: what a scheme looks like when it shows in several kinds of observation at once.

One odd number is chance: five thousand trades and fifty features give a thousand of them a night. A scheme shows
in several independent ways: bids lie close *and* near the limit *and* the same rivals were there before. A
`Pattern` names these ways, its *aspects*; an aspect names the features that measure it, which count once together,
however many they are. The first aspect makes the pattern: where it cannot be said, nor can the pattern.

All of it is declared, from law, court cases and the literature, and nothing is fitted to labels. A feature enters
with the tail that it declares. Features of no pattern are listed in `CONTEXT` with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detector.features.declare import Phrase

# What is observed: features that measure one thing.
ASPECTS: Mapping[str, tuple[str, ...]] = {
    "bids close together": ("B01", "B02"),
    "best bid detached": ("B05", "B06", "B08"),
    "prices in a ladder": ("B11", "B12"),
    "identical prices": ("B13",),
    "no pressure on the price": ("P01", "P03"),
    "sold at the reserve": ("P06",),
    "company met before": ("N01", "N04"),
    "rivals always close": ("N05",),
    "never a low price together": ("N06",),
    "wins in turns": ("N03",),
    "the same losers": ("N02", "C07"),
    "share of the buyer's awards": ("C01", "C03"),
    "dependence on the buyer": ("C02",),
    "wins beyond chance": ("C04",),
    "few bidders": ("C05", "C06"),
    "rivals out": ("S01",),
    "awards in parts": ("S03", "S04"),
    "call repeated": ("S05",),
    "little time to bid": ("T01",),
    "arrived after the deadline": ("T06",),
    "winner came last": ("T08",),
    "the same device or account": ("I01", "I02"),
    "the same contacts": ("I03", "I04"),
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A scheme as it shows: `aspects` name entries of ASPECTS, the first one makes the pattern."""

    name: str
    title: Phrase
    aspects: tuple[str, ...]
    source: str


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "cover_bidding",
        Phrase(
            "Cover bidding: close bids near the limit, in known company",
            "疑似陪标：报价集中且贴近限价，对手相熟",
        ),
        (
            "bids close together",
            "no pressure on the price",
            "rivals always close",
            "never a low price together",
            "company met before",
        ),
        "Abrantes-Metz et al. (2006), IJIO 24(3); OECD (2012); Tendering Regulations of China, Art. 39-40",
    ),
    Pattern(
        "detached_winner",
        Phrase("Cover bidding around a winner who stands apart", "疑似陪标：中标价独立，落选报价集中"),
        (
            "bids close together",
            "best bid detached",
            "no pressure on the price",
            "rivals always close",
            "never a low price together",
            "the same losers",
        ),
        "Imhof, Karagök & Rutz (2018), JCLE 14(2); Imhof (2019), JCLE 15(4)",
    ),
    Pattern(
        "rotation",
        Phrase("Taking turns at prices without pressure", "疑似轮流中标"),
        (
            "wins in turns",
            "bids close together",
            "no pressure on the price",
            "never a low price together",
            "company met before",
        ),
        "McAfee & McMillan (1992), AER 82(3); Ishii (2009), IJIO 27(2); Open Contracting R057",
    ),
    Pattern(
        "price_ladder",
        Phrase("Prices one regular step apart", "报价呈规律性差异"),
        ("prices in a ladder", "bids close together", "no pressure on the price"),
        "Tendering Regulations of China, Art. 40(4): prices that differ regularly; Open Contracting R023",
    ),
    Pattern(
        "identical_prices",
        Phrase("The same price from different bidders", "不同投标人报价相同"),
        ("identical prices", "bids close together", "no pressure on the price"),
        "Mund (1960), J. Law & Econ. 3; Open Contracting R028",
    ),
    Pattern(
        "one_hand",
        Phrase("Rivals behind which one hand shows", "疑似同一主体操控多家投标"),
        ("the same device or account", "the same contacts", "bids close together", "company met before"),
        "Tendering Regulations of China, Art. 40(1)-(3), (6); Open Contracting R044",
    ),
    Pattern(
        "captive_supplier",
        Phrase("A buyer and a supplier that keep to each other", "采购单位与供应商固定搭配"),
        ("share of the buyer's awards", "wins beyond chance", "no pressure on the price"),
        "Fazekas & Kocsis (2020), British Journal of Political Science 50(1); Open Contracting R040",
    ),
    Pattern(
        "splitting",
        Phrase("One need in many small awards", "疑似化整为零"),
        ("awards in parts", "dependence on the buyer", "no pressure on the price"),
        "Government Procurement Law of China, Implementing Regulations, Art. 28; Open Contracting R011",
    ),
    Pattern(
        "tailored_call",
        Phrase("A call that fits one bidder", "疑似量身定做"),
        ("little time to bid", "few bidders", "rivals out", "no pressure on the price"),
        "Tendering Regulations of China, Art. 32; Fazekas & Kocsis (2020); Open Contracting R003, R019, R035",
    ),
    Pattern(
        "repeated_call",
        Phrase("Called again until the wanted bidder wins", "疑似明招暗定、反复招标"),
        ("call repeated", "rivals out", "no pressure on the price"),
        "Tendering Law of China, Art. 28 and 42; Open Contracting R002, R035",
    ),
    Pattern(
        "late_bid",
        Phrase("A winning bid after the deadline", "中标文件逾期递交"),
        ("arrived after the deadline", "winner came last"),
        "Tendering Law of China, Art. 28; Open Contracting R030",
    ),
    Pattern(
        "sale_without_rivals",
        Phrase("Sold at the reserve without rivals", "底价成交且缺乏竞争"),
        ("sold at the reserve", "few bidders"),
        "McAfee & McMillan (1992), AER 82(3): rings buy at the reserve",
    ),
)

# No part of the score: shown, available to rules, and why they accuse nobody by themselves.
CONTEXT: Mapping[str, str] = {
    "B03": "as often a sign of strong competition as of a leaked price; courts and screens disagree on the tail",
    "B04": "the other tail of B03",
    "B07": "orders lots of one size exactly as B06 does, so it adds nothing where B06 speaks",
    "B09": "follows B08 and B10; bounded by the number of bids",
    "B10": "shape without level: honest lots with one careless bid look the same",
    "B14": "habits of the market decide how round prices are",
    "B15": "without its own pattern until cost sheets are read",
    "B16": "for coalitions within a lot; follows B01 where all bidders take part",
    "B17": "lawful price deductions reorder bids",
    "B18": "the other tail of B02",
    "B19": "as B16",
    "B20": "average-price rules draw every bidder to the expected mean",
    "B21": "the other tail: an abnormally low price is a matter for a rule",
    "B22": "a number of the market, not of the trade",
    "B23": "a number of the market, not of the trade",
    "B24": "follows B01, without its single outlier",
    "B25": "follows B06 and B08",
    "B26": "follows B06 and B08",
    "C08": "a newcomer is what an open market should bring",
    "C09": "young firms win honestly every day",
    "C10": "a number of the winner's standing; follows C01 where markets are small",
    "C11": "by money what C01 says by number",
    "C12": "a number of the market, not of the trade",
    "C13": "follows C01 and C04",
    "C14": "the agency's counterpart of C13; agencies specialise",
    "C15": "a habit of the buyer, not of the trade",
    "C16": "the smaller of C01 and C02",
    "C17": "traders lawfully sell everything",
    "C18": "buyers rightly try a new supplier with a small order",
    "C19": "a habit of the market, not of the trade",
    "C20": "C04 over all buyers: the best firm wins most",
    "C21": "a habit of the buyer, not of the trade",
    "C22": "a habit of the agency, not of the trade",
    "C23": "most categories have their natural buyer",
    "C24": "follows C09",
    "E01": "known only after the award; a matter for a rule",
    "E02": "the other tail of E01",
    "I05": "bidding services prepare bids for many firms",
    "N07": "habits of handing in early or late are ordinary",
    "N08": "needs arrival times that few sources hold; not yet measured on real schemes",
    "N09": "absence has many ordinary reasons",
    "N10": "the best firm of a small market wins whoever else bids",
    "N11": "speaks of few trades; follows N02",
    "N12": "follows N03 where two take turns",
    "N13": "speaks of few trades; follows N05",
    "N14": "speaks of few trades; follows N01",
    "N15": "follows N14",
    "N16": "near is cheaper: honest firms win at home",
    "N17": "honest firms win in their own trade",
    "N18": "honest firms win with customers they know",
    "P02": "follows P01 where awards lie under the estimate",
    "P04": "over all bids what P03 says of the best; needs three prices",
    "P05": "the other tail of P01: an abnormally low price is a matter for a rule",
    "P07": "as P04, for P01",
    "P08": "speaks of size, which never enters the score",
    "P09": "speaks of few trades; follows P02",
    "P10": "the other tail of P03",
    "P11": "follows P04",
    "S02": "lawful where bids are refused for being too low or unfit",
    "S06": "a lawful method is no sign by itself",
    "S07": "a habit of the buyer, not of the trade",
    "S08": "budgets are granted in round sums; the legal limit is a matter for a rule",
    "S09": "speaks of direct awards only; a matter for a rule",
    "S10": "speaks of direct awards only",
    "S11": "seasons and programmes come in bursts; follows S03",
    "S12": "follows S06",
    "S13": "depends on how reasons are recorded",
    "S14": "a habit of the buyer, not of the trade",
    "S15": "beginners repeat formal mistakes",
    "S16": "withdrawal in time is lawful",
    "S17": "a clearly better offer deserves a clearly better score",
    "S18": "what is decided in one meeting is dated one day",
    "T02": "speed of decision depends on the office",
    "T03": "delay of decision depends on the office",
    "T04": "a matter for a rule",
    "T05": "a matter for a rule",
    "T07": "bunches before every deadline; a test of pairs over many lots is needed",
    "T09": "follows T01 for short periods, says nothing for long ones",
    "T10": "every honest buyer is busiest in December",
    "T11": "follows T01",
    "T12": "follows T02",
    "T13": "electronic systems work at any hour",
    "T14": "a matter for a rule",
    "T15": "most often a slip of the record; a matter for a rule",
}

# A feature that is neither in an aspect nor in CONTEXT is an aspect by itself of this pattern.
UNPLACED = Pattern(
    "unplaced",
    Phrase("Unusual in ways that no pattern names", "多项指标异常（未归类）"),
    (),
    "statistics only",
)


def aspects_of(pattern: Pattern, codes: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The features of each aspect of `pattern` that are among `codes`; an aspect without any is empty."""
    if pattern.name == UNPLACED.name:
        placed = {code for group in ASPECTS.values() for code in group} | set(CONTEXT)
        return tuple((code,) for code in codes if code not in placed)
    return tuple(tuple(code for code in ASPECTS[name] if code in codes) for name in pattern.aspects)
