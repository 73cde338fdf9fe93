"""Rotation among several: how seldom the same one wins twice in a row, against the same wins in another
order."""

import math

import numpy as np

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.kernels.compilation import kernel
from detector.kernels.pairs import UBIQUITOUS, _starts

# Up to so many turns the chance is counted exactly; above, differences of large numbers lose their digits.
EXACT = 30


@kernel
def rotation_before_each(
    members: IntArray, offsets: IntArray, times: FloatArray, winners: IntArray, width: float
) -> FloatArray:
    """Turns, evenness of wins and surprise at few repeats among the members of each group, float64 [groups, 3].

    Groups (lots) ascend in `times`; members (whole numbers from 0) are distinct within one; `winners` is the
    member that won, -1 for none or several. Looked at are the groups with ``time - width <= their time <
    time`` that hold at least half of this group's members, two at the least, and that one of these won.
    Groups of one instant are one turn, and none if different members won. Evenness is the entropy of the wins
    over the logarithm of the number of members that won (0 if one). Surprise is -log10 of the chance of so
    few repeats when the turns are shuffled. Members of more than `UBIQUITOUS` earlier groups are not
    followed.
    """
    groups = len(offsets) - 1
    result = np.zeros((groups, 3))
    starts = _starts(members)
    held = np.empty(len(members), np.int64)
    low, high = starts[:-1].copy(), starts[:-1].copy()
    shared, touched = np.zeros(groups, np.int64), np.empty(groups, np.int64)
    wins, mine = np.zeros(len(low), np.int64), np.zeros(len(low), np.bool_)
    entered = 0
    for group in range(groups):
        while times[entered] < times[group]:
            for i in range(offsets[entered], offsets[entered + 1]):
                held[high[members[i]]] = entered
                high[members[i]] += 1
            entered += 1
        met = 0
        for i in range(offsets[group], offsets[group + 1]):
            member = members[i]
            mine[member] = True
            while low[member] < high[member] and times[held[low[member]]] < times[group] - width:
                low[member] += 1
            if high[member] - low[member] <= UBIQUITOUS:
                for k in range(low[member], high[member]):
                    if shared[held[k]] == 0:
                        touched[met] = held[k]
                        met += 1
                    shared[held[k]] += 1
        least = max(2, (offsets[group + 1] - offsets[group] + 1) // 2)
        kept = _keep(touched[:met], shared, least, winners, mine)
        _judge(np.sort(touched[:kept]), times, winners, wins, result[group])
        for i in range(offsets[group], offsets[group + 1]):
            mine[members[i]] = False
    return result


@kernel
def _keep(touched: IntArray, shared: IntArray, least: int, winners: IntArray, mine: BoolArray) -> int:
    """Move the groups that hold `least` members and that one of these won to the front; how many. Clears
    `shared`."""
    kept = 0
    for k in range(len(touched)):
        other = touched[k]
        if shared[other] >= least and winners[other] >= 0 and mine[winners[other]]:
            touched[kept] = other
            kept += 1
        shared[other] = 0
    return kept


@kernel
def _judge(lots: IntArray, times: FloatArray, winners: IntArray, wins: IntArray, answer: FloatArray) -> None:
    """Turns, evenness and surprise of the `lots` (ascending in time) into `answer`; `wins` is all 0, and
    again."""
    turns = repeats = i = 0
    before = -1
    order = np.empty(len(lots), np.int64)
    while i < len(lots):
        winner, same, j = winners[lots[i]], True, i
        while j < len(lots) and times[lots[j]] == times[lots[i]]:
            same = same and winners[lots[j]] == winner
            j += 1
        i = j
        if same:
            order[turns] = winner
            repeats += int(winner == before)
            before = winner
            wins[winner] += 1
            turns += 1
    counts = np.zeros(turns, np.int64)
    kinds = 0
    for i in range(turns):
        if wins[order[i]] > 0:
            counts[kinds] = wins[order[i]]
            wins[order[i]] = 0
            kinds += 1
    answer[0] = turns
    if kinds > 1:
        entropy = 0.0
        for i in range(kinds):
            entropy -= counts[i] / turns * math.log(counts[i] / turns)
        answer[1] = entropy / math.log(kinds)
        answer[2] = few_repeats_surprise(repeats, counts[:kinds])


@kernel
def few_repeats_surprise(repeats: int, counts: IntArray) -> float:
    """-log10 of the chance of at most `repeats` equal neighbours in a random order of items, counts[i] of
    kind i.

    Moments: with A clusters of equal items kept together there are A! prod_i C(counts[i] - 1, a_i - 1) / a_i!
    orders, so E[C(R, T - A)] follows by convolution over the kinds and the chances by inclusion and exclusion
    (Goulden & Jackson 1979, J. London Math. Soc. 20(3)). Above `EXACT` items a normal law with the exact mean
    and variance, half a repeat wider.
    """
    total = counts.sum()
    clusters = np.zeros(total + 1)
    clusters[0] = 1.0
    log_orders = math.lgamma(total + 1.0)
    for count in counts:
        log_orders -= math.lgamma(count + 1.0)
    if total > EXACT:
        return _normal_surprise(repeats, counts, float(total))
    for count in counts:
        grown = np.zeros(total + 1)
        for a in range(1, count + 1):
            ways = math.exp(
                math.lgamma(count) - math.lgamma(a) - math.lgamma(count - a + 1.0) - math.lgamma(a + 1.0)
            )
            for held in range(total + 1 - a):
                grown[held + a] += clusters[held] * ways
        clusters = grown
    # moments[j] = E[C(R, j)]
    chance = 0.0
    for r in range(repeats + 1):
        sign = 1.0
        choose = 1.0
        for j in range(r, total):
            moment = clusters[total - j] * math.exp(math.lgamma(total - j + 1.0) - log_orders)
            chance += sign * choose * moment
            sign = -sign
            choose *= (j + 1.0) / (j + 1.0 - r)
    # What rounding leaves behind is of this order.
    return max(0.0, -math.log10(min(max(chance, 1e-9), 1.0)))


@kernel
def _normal_surprise(repeats: int, counts: IntArray, total: float) -> float:
    """The same by a normal law with the exact mean and variance, half a repeat wider."""
    mean = spread = 0.0
    for count in counts:
        mean += count * (count - 1.0) / total
    for first in counts:
        # Ordered pairs of two neighbouring equal pairs: of one kind, overlapping or apart, or of two kinds.
        spread += first * (first - 1.0) * (first - 2.0) * 2.0 / (total * (total - 1.0))
        apart = first * (first - 1.0) * (first - 2.0) * (first - 3.0)
        for second in counts:
            apart += first * (first - 1.0) * second * (second - 1.0)
        apart -= first * (first - 1.0) * first * (first - 1.0)
        spread += apart / (total * (total - 1.0))
    variance = spread + mean - mean * mean
    if variance <= 0.0:
        return 0.0
    tail = 0.5 * math.erfc((mean - repeats - 0.5) / math.sqrt(2.0 * variance))
    return max(0.0, -math.log10(max(tail, 1e-300)))
