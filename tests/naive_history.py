"""Plain-Python twins of the history kernels and features: every answer looks at every other event anew."""

import itertools
import math
import statistics
from collections import Counter, defaultdict
from fractions import Fraction

HORIZON = 3 * 365 * 86400
Z = 1.6448536269514722


def earlier(rows, i, width):
    """Indexes of rows (time first) decided before row i and within `width`."""
    return [j for j in range(len(rows)) if rows[i][0] - width <= rows[j][0] < rows[i][0]]


def sum_before(group, width):
    return [sum(group[j][1] for j in earlier(group, i, width)) for i in range(len(group))]


def repeats_before(group, width):
    seen = [Counter(group[j][1] for j in earlier(group, i, width)) for i in range(len(group))]
    return [sum(c * (c - 1) for c in counts.values()) for counts in seen]


def median_before(group, width):
    held = [[group[j][1] for j in earlier(group, i, width)] for i in range(len(group))]
    return [statistics.median(values) if values else math.nan for values in held]


def capped_sum_before(group, width):
    """Rows are (time, value, source)."""
    return [
        sum(min(group[j][1], group[i][1]) for j in earlier(group, i, width) if group[j][2] != group[i][2])
        for i in range(len(group))
    ]


def turns_before(group, width):
    answers = []
    for i in range(len(group)):
        instants = defaultdict(set)
        for j in earlier(group, i, width):
            if group[j][1]:
                instants[group[j][0]].add(group[j][1])
        turns = [next(iter(who)) for _, who in sorted(instants.items()) if len(who) == 1]
        runs = len(list(itertools.groupby(turns)))
        answers.append((turns.count(1), turns.count(-1), runs))
    return answers


def closest_earlier(groups, width):
    """Groups are (time, source, members)."""
    best = []
    for i, (_, source, members) in enumerate(groups):
        others = [groups[j] for j in earlier(groups, i, width) if groups[j][1] != source]
        best.append(
            max((len(members & o[2]) / len(members | o[2]) for o in others if members | o[2]), default=0.0)
        )
    return best


def surprise(tail):
    """-log10 of an exact fraction, however small."""
    tail = Fraction(tail)
    if tail == 0:
        return math.inf
    digits = math.log10(tail.numerator) - math.log10(tail.denominator)
    return max(0.0, -digits)


def binomial_surprise(k, n, p):
    p = Fraction(p)
    return surprise(sum(math.comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(k, n + 1)))


def hypergeometric_surprise(c, a, b, n):
    tail = sum(math.comb(a, x) * math.comb(n - a, b - x) for x in range(c, min(a, b) + 1) if b - x <= n - a)
    return surprise(Fraction(tail, math.comb(n, b)))


def poisson_surprise(k, m):
    terms = [math.exp(-m + x * math.log(m) - math.lgamma(x + 1)) for x in range(k, k + 400)]
    return max(0.0, -math.log10(math.fsum(terms)))


def runs_surprise(r, a, b):
    orders = [set(o) for o in itertools.combinations(range(a + b), a)]
    counts = [1 + sum((x in o) != (x + 1 in o) for x in range(a + b - 1)) for o in orders]
    return surprise(Fraction(sum(c >= r for c in counts), len(counts)))


def wilson(k, n, sign):
    p = k / n
    root = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return (p + Z * Z / (2 * n) + sign * root) / (1 + Z * Z / n)


class World:
    """Lots as dictionaries, read from canonical frames."""

    def __init__(self, frames):
        self.lots = []
        bids = defaultdict(list)
        for row in frames["bids"].to_dict("records"):
            bids[row["trade_id"]].append(row)
        for row in frames["trades"].to_dict("records"):
            self.lots.append(self._lot(row, bids[row["trade_id"]]))

    @staticmethod
    def _lot(row, bids):
        known = [b for b in bids if b["status"] == "valid" or b["winner"] == 1]
        joint = {b["bidder_id"] for b in known if isinstance(b["consortium_id"], str)}
        effective = {b["consortium_id"] if b["bidder_id"] in joint else b["bidder_id"] for b in known}
        won = {}
        for b in known:
            if b["winner"] == 1:
                unit = b["consortium_id"] if b["bidder_id"] in joint else b["bidder_id"]
                won.setdefault(unit, b["awarded_amount"] if b["awarded_amount"] > 0 else b["amount"])
        process = row["process_id"] if isinstance(row["process_id"], str) else ("own", row["trade_id"])
        decided = row["awarded_at"]
        return {
            "id": row["trade_id"],
            "time": None if decided is None or decided != decided else decided.timestamp(),
            "process": process,
            "buyer": row["buyer_id"],
            "category": row["category"] if isinstance(row["category"], str) else row["kind"],
            "region": row["region"],
            "bidders": {b["bidder_id"] for b in known},
            "alone": {b["bidder_id"] for b in known} - joint,
            "winners": {b["bidder_id"] for b in known if b["winner"] == 1},
            "n": len(effective),
            "units": len(won),
            "price": sum(won.values()),
        }

    def past(self, lot, width=HORIZON):
        return [
            o for o in self.lots if o["time"] is not None and lot["time"] - width <= o["time"] < lot["time"]
        ]


def processes(lots, lot):
    return len({o["process"] for o in lots} - {lot["process"]})


def over_members(choose):
    """Ask about each member of the winning bid, and choose among the answers that there are."""

    def asked(twin):
        def answer(world, lot):
            answers = [twin(world, lot, winner) for winner in lot["winners"]]
            return choose((a for a in answers if not math.isnan(a)), default=math.nan)

        return answer

    return asked


@over_members(max)
def supplier_share_of_buyer(world, lot, winner):
    mine = [o for o in world.past(lot) if o["buyer"] == lot["buyer"] and o["winners"]]
    n = processes(mine, lot)
    k = processes([o for o in mine if winner in o["winners"]], lot)
    return (max(0.0, wilson(k, n, -1)) if k else 0.0) if n else math.nan


@over_members(max)
def supplier_dependence_on_buyer(world, lot, winner):
    won = [o for o in world.past(lot) if winner in o["winners"]]
    n = processes(won, lot)
    k = processes([o for o in won if o["buyer"] == lot["buyer"]], lot)
    return (max(0.0, wilson(k, n, -1)) if k else 0.0) if n else math.nan


def buyer_concentration(world, lot):
    winners = Counter(w for o in world.past(lot) if o["buyer"] == lot["buyer"] for w in o["winners"])
    n = sum(winners.values())
    if n < 5:
        return math.nan
    hhi = sum((c / n) ** 2 for c in winners.values())
    return (hhi - 1 / n) / (1 - 1 / n)


def chance(lot):
    return min(1.0, lot["units"] / max(lot["n"], 1))


def record(world, lot, bidder, where=lambda other: True):
    """Bids against rivals, wins and expected wins before a lot."""
    lots = [
        o for o in world.past(lot) if bidder in o["bidders"] and o["winners"] and chance(o) < 1 and where(o)
    ]
    return len(lots), sum(bidder in o["winners"] for o in lots), sum(map(chance, lots))


@over_members(max)
def win_rate_at_buyer(world, lot, winner):
    n, k, expected = record(world, lot, winner, lambda o: o["buyer"] == lot["buyer"])
    return binomial_surprise(k, n, expected / n) if n else math.nan


def persistent_losers(world, lot):
    losers = lot["bidders"] - lot["winners"] if lot["winners"] else set()
    records = [r for r in (record(world, lot, b) for b in losers) if r[0] >= 10]
    hits = [n for n, k, expected in records if wilson(k, n, 1) < expected / n / 2]
    return len(hits) / len(losers) if records else math.nan


def is_new(world, lot, bidder):
    return not any(o["category"] == lot["category"] and bidder in o["bidders"] for o in world.past(lot))


@over_members(min)
def newcomer_won(world, lot, winner):
    same = [o for o in world.past(lot) if o["category"] == lot["category"]]
    if sum(len(o["winners"]) for o in same if o["buyer"] == lot["buyer"]) < 5:
        return math.nan
    if not is_new(world, lot, winner):
        return 0.0
    n = sum(len(o["winners"]) for o in same)
    a = sum(is_new(world, o, w) for o in same for w in o["winners"])
    return -math.log10((a + 1) / (n + 2))


def market(lot):
    return lot["category"], lot["region"] if isinstance(lot["region"], str) else None


def largest(values):
    return max(0.0, max(values) - math.log10(len(values))) if values else math.nan


def co_bidding_beyond_chance(world, lot):
    here = [o for o in world.past(lot) if market(o) == market(lot) and 0 < len(o["alone"]) <= 40]
    if processes(here, lot) < 10:
        return math.nan
    values = []
    for a, b in itertools.combinations(lot["alone"], 2):
        n_a, n_b = (processes([o for o in here if x in o["alone"]], lot) for x in (a, b))
        c = processes([o for o in here if {a, b} <= o["alone"]], lot)
        values.append(hypergeometric_surprise(c, n_a, n_b, processes(here, lot)) if c >= 3 else 0.0)
    return largest(values)


def same_winner_over_rivals(world, lot):
    w, values = next(iter(lot["winners"])), []
    for rival in lot["alone"] - {w} if w in lot["alone"] else ():
        met = [
            o for o in world.past(lot) if {w, rival} <= o["alone"] and o["winners"] and len(o["alone"]) <= 40
        ]
        if met:
            mean = sum(map(chance, met)) / len(met)
            values.append(binomial_surprise(sum(w in o["winners"] for o in met), len(met), mean))
    return largest(values)


def winning_in_turns(world, lot):
    values = []
    for a, b in itertools.combinations(lot["alone"], 2):
        rows = [
            (o["time"], (a in o["winners"]) - (b in o["winners"]))
            for o in world.past(lot)
            if {a, b} <= o["alone"] and len(o["alone"]) <= 40
        ]
        first, second, runs = turns_before([*rows, (lot["time"], 0)], HORIZON)[-1]
        if min(first, second) >= 2:
            values.append(runs_surprise(runs, first, second))
    return largest(values)


def bidder_set_repeated(world, lot):
    here = [o for o in world.past(lot) if market(o) == market(lot) and 0 < len(o["alone"]) <= 40]
    if len(lot["alone"]) < 3 or processes(here, lot) < 10:
        return math.nan
    others = [o["alone"] for o in here if o["process"] != lot["process"] and len(o["alone"]) >= 3]
    best = max((len(lot["alone"] & o) / len(lot["alone"] | o) for o in others), default=0.0)
    return best * math.log2(len(lot["alone"]))


@over_members(max)
def split_into_parts(world, lot, winner):
    amounts = [
        o["price"]
        for o in world.past(lot, 60 * 86400)
        if o["buyer"] == lot["buyer"]
        and winner in o["winners"]
        and o["units"] == 1
        and o["process"] != lot["process"]
    ]
    return 1 + sum(min(a, lot["price"]) for a in amounts) / lot["price"]
