"""Taking turns: who of two won, in the order of time."""

import numpy as np

from detector.arrays import FloatArray, IntArray
from detector.kernels.compilation import kernel


@kernel
def turns_before_each(outcomes: FloatArray, offsets: IntArray, times: FloatArray, width: float) -> FloatArray:
    """Turns of the first, turns of the second and runs before each event, as float64 [n, 3].

    `outcomes`: 1 the first of two won, -1 the second, 0 neither or both. Events of group g are rows
    ``[offsets[g]:offsets[g + 1]]`` with ascending `times`; those with ``time - width <= their time < time``
    count. A *turn* is an instant at which only one of the two won, however many events it won; a *run* is a
    stretch of turns of the same one.
    """
    result = np.zeros((len(outcomes), 3))
    when, who = np.empty(len(outcomes)), np.empty(len(outcomes))
    for group in range(len(offsets) - 1):
        first, last = offsets[group], offsets[group + 1]
        turns = _collect_turns(outcomes[first:last], times[first:last], when, who)
        low = high = changes = firsts = 0
        for i in range(first, last):
            while high < turns and when[high] < times[i]:
                changes += int(high > low and who[high] != who[high - 1])
                firsts += int(who[high] > 0)
                high += 1
            while low < high and when[low] < times[i] - width:
                changes -= int(low + 1 < high and who[low + 1] != who[low])
                firsts -= int(who[low] > 0)
                low += 1
            result[i, 0] = firsts
            result[i, 1] = high - low - firsts
            result[i, 2] = changes + int(high > low)
    return result


@kernel
def _collect_turns(outcomes: FloatArray, times: FloatArray, when: FloatArray, who: FloatArray) -> int:
    """Write the turns of one group to `when` and `who`; their number."""
    turns = 0
    i = 0
    while i < len(outcomes):
        instant = times[i]
        won_first = won_second = False
        while i < len(outcomes) and times[i] == instant:
            won_first = won_first or outcomes[i] > 0
            won_second = won_second or outcomes[i] < 0
            i += 1
        if won_first != won_second:
            when[turns] = instant
            who[turns] = 1.0 if won_first else -1.0
            turns += 1
    return turns
