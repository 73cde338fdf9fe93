"""Communities of co-bidders: groups whose members all meet far more often than chance, quarter by quarter.

At the start of every quarter the meetings of the three years before are taken. Within a market (category and
region) two bidders are joined by an edge if they met in at least five processes, twice as often as chance,
and that significantly: hypergeometric tail, Benjamini & Hochberg (1995) at 5 % over all pairs of bidders of
the market. A community is what triangles of edges that share an edge add up to (clique percolation with k =
3; Palla, Derényi, Farkas & Vicsek 2005, Nature 435): every member is in a triangle, a bidder may belong to
several, and the result depends on no order and no random start. A trade is compared with the communities of
its own quarter, so nothing that came later enters.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.history import HORIZON, combined, markets, processes
from detector.features.meetings import Pairs, bidder_pairs
from detector.kernels.tails import hypergeometric_surprise
from detector.kernels.triangles import triangles
from detector.records import Records

FEWEST_MEETINGS = 5
LEAST_LIFT = 2.0
DISCOVERIES = 0.05


class Presence(NamedTuple):
    """For each trade: how many of its bidders belong to one community (the largest such number, 0 if under
    two), and
    that community's coherence times its exclusivity; NaN for trades of no market or quarter."""

    members: FloatArray
    closeness: FloatArray


class Edges(NamedTuple):
    """Significant pairs of one quarter: lower and higher node, and how often they met.

    `strength`, one for each node, is how often it met anybody, pairs that are no edge among them.
    """

    low: IntArray
    high: IntArray
    met: FloatArray
    strength: FloatArray


class Window(NamedTuple):
    """Distinct meetings and takings-part, one for each process: codes and first times, ascending in time.

    A *node* is a bidder in a market. `pair_*`: the pair of nodes; `node_*`: the node; `market_*`: the market
    itself.
    """

    pair: IntArray
    pair_times: FloatArray
    node: IntArray
    node_times: FloatArray
    market: IntArray
    market_times: FloatArray


class Names(NamedTuple):
    """What the codes of a window stand for: nodes of each pair, market of each node."""

    low: IntArray
    high: IntArray
    market: IntArray


def _distinct(codes: IntArray, process: IntArray, times: FloatArray) -> tuple[IntArray, FloatArray]:
    """One event for each code and process, at its first time; ascending in time."""
    rows = np.flatnonzero((codes >= 0) & np.isfinite(times))
    rows = rows[np.lexsort((times[rows], process[rows], codes[rows]))]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (codes[rows][1:] != codes[rows][:-1]) | (process[rows][1:] != process[rows][:-1])
    rows = rows[new]
    rows = rows[np.argsort(times[rows], kind="stable")]
    return codes[rows], times[rows]


def presence(records: Records) -> Presence:
    """The community of co-bidders that shows most in each trade."""
    pairs = bidder_pairs(records)
    among, market, process = pairs.among, markets(records), processes(records)
    node = combined(market[among.trade], among.bidder)
    window, names = _window(pairs, node, market[among.trade], process)
    quarter = _quarters(records.decided)
    asked = (quarter >= 0) & (market >= 0)
    members, closeness = (np.where(asked, 0.0, np.nan) for _ in range(2))
    for start in np.unique(quarter[asked]):
        edges = _significant(window, names, float(_start(start)))
        if len(edges.low) < 3:
            continue
        here = np.flatnonzero(quarter[among.trade] == start)
        _tell(_communities(edges), among.trade[here], node[here], members, closeness)
    return Presence(members, closeness)


def _quarters(decided: FloatArray) -> IntArray:
    """Calendar quarter (UTC) of each instant, counted from 1970; -1 where there is none."""
    known = np.isfinite(decided)
    whole = np.where(known, decided, 0.0).astype(np.int64).astype("datetime64[s]")
    return np.where(known, whole.astype("datetime64[M]").astype(np.int64) // 3, -1)


def _start(quarter: int) -> int:
    """First second of a quarter."""
    month = np.datetime64("1970-01", "M") + 3 * int(quarter)
    return int(month.astype("datetime64[s]").astype(np.int64))


def _window(pairs: Pairs, node: IntArray, market: IntArray, process: IntArray) -> tuple[Window, Names]:
    among = pairs.among
    first, second = node[pairs.left], node[pairs.right]
    low, high = np.minimum(first, second), np.maximum(first, second)
    pair = combined(low, high)
    names_low, names_high = (np.zeros(int(pair.max(initial=-1)) + 1, dtype=np.int64) for _ in range(2))
    names_low[pair[pair >= 0]], names_high[pair[pair >= 0]] = low[pair >= 0], high[pair >= 0]
    of_node = np.zeros(int(node.max(initial=-1)) + 1, dtype=np.int64)
    of_node[node[node >= 0]] = market[node >= 0]
    mine = process[among.trade]
    window = Window(
        *_distinct(pair, process[pairs.trade], pairs.times),
        *_distinct(node, mine, among.times),
        *_distinct(market, mine, among.times),
    )
    return window, Names(names_low, names_high, of_node)


def _counts(codes: IntArray, times: FloatArray, start: float, size: int) -> FloatArray:
    """How often each code came in the three years before `start`."""
    first, last = np.searchsorted(times, [start - HORIZON, start], side="left")
    return np.bincount(codes[first:last], minlength=size).astype(np.float64)


def _significant(window: Window, names: Names, start: float) -> Edges:
    """Pairs that met far more often than chance before `start`."""
    met = _counts(window.pair, window.pair_times, start, len(names.low))
    took_part = _counts(window.node, window.node_times, start, len(names.market))
    held = _counts(window.market, window.market_times, start, int(names.market.max(initial=-1)) + 1)
    often = np.flatnonzero(met >= FEWEST_MEETINGS)
    low, high = names.low[often], names.high[often]
    market = names.market[low]
    surprise = hypergeometric_surprise(met[often], took_part[low], took_part[high], held[market])
    lift = met[often] * held[market] / (took_part[low] * took_part[high])
    bidders = np.bincount(names.market[took_part > 0], minlength=len(held)).astype(np.float64)
    looked_at = bidders * (bidders - 1.0) / 2.0
    kept = _discoveries(surprise, market, looked_at) & (lift >= LEAST_LIFT)
    strength = sum(np.bincount(end, met, minlength=len(took_part)) for end in (names.low, names.high))
    return Edges(low[kept], high[kept], met[often][kept], np.asarray(strength))


def _discoveries(surprise: FloatArray, market: IntArray, looked_at: FloatArray) -> BoolArray:
    """Benjamini & Hochberg within each market: `looked_at` pairs, of which only these can be small."""
    order = np.lexsort((-surprise, market))
    place = np.arange(len(order)) - np.searchsorted(market[order], market[order]) + 1.0
    limit = -np.log10(DISCOVERIES * place / looked_at[market[order]])
    passes = np.where(surprise[order] >= limit, place, 0.0)
    last = np.zeros(len(looked_at))
    np.maximum.at(last, market[order], passes)
    result = np.zeros(len(order), dtype=bool)
    result[order] = place <= last[market[order]]
    return result


class Communities(NamedTuple):
    """Members (node and community, one row each, ordered by node), and closeness of each community."""

    node: IntArray
    community: IntArray
    closeness: FloatArray


def _communities(edges: Edges) -> Communities:
    """Communities of a graph, with coherence times exclusivity.

    Coherence is the geometric over the arithmetic mean of the inner weights, exclusivity the inner strength
    over all meetings of the members (Wachs & Kertész 2019, Sci. Rep. 9).
    """
    order = np.lexsort((edges.high, edges.low))
    low, high, met = edges.low[order], edges.high[order], edges.met[order]
    nodes, dense = np.unique(np.concatenate([low, high]), return_inverse=True)
    tails, heads = dense[: len(low)].astype(np.int64), dense[len(low) :].astype(np.int64)
    starts = np.searchsorted(tails, np.arange(len(nodes) + 1)).astype(np.int64)
    found = triangles(starts, heads)
    linked = np.concatenate([found[:, :2], found[:, 1:]])
    size = (len(low), len(low))
    graph = coo_array((np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=size)
    label = connected_components(graph, directed=False)[1].astype(np.int64)
    inside = np.zeros(len(low), dtype=bool)
    inside[found.ravel()] = True
    label = np.unique(label[inside], return_inverse=True)[1].astype(np.int64)
    low, high, met = low[inside], high[inside], met[inside]
    member = np.unique(
        np.stack([np.concatenate([low, high]), np.concatenate([label, label])], axis=1), axis=0
    )
    return Communities(member[:, 0], member[:, 1], _closeness(member, label, met, edges.strength))


def _closeness(member: IntArray, label: IntArray, met: FloatArray, strength: FloatArray) -> FloatArray:
    number, total = np.bincount(label), np.bincount(label, met)
    geometric = np.exp(np.bincount(label, np.log(met)) / number)
    everywhere = np.bincount(member[:, 1], strength[member[:, 0]])
    closeness: FloatArray = geometric / (total / number) * (2.0 * total / everywhere)
    return closeness


def _tell(
    of: Communities, trade: IntArray, node: IntArray, members: FloatArray, closeness: FloatArray
) -> None:
    """Write the community with most bidders in each trade (of equals the closest) to `members` and
    `closeness`."""
    first, last = (np.searchsorted(of.node, node, side=side) for side in ("left", "right"))
    rows = np.repeat(np.arange(len(node)), last - first)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    community = of.community[first[rows] + within]
    both, count = np.unique(np.stack([trade[rows], community], axis=1), axis=0, return_counts=True)
    for (row, number), present in zip(both.tolist(), count.tolist(), strict=True):
        near = of.closeness[number]
        if present >= 2 and (present, near) > (members[row], closeness[row]):
            members[row], closeness[row] = present, near
