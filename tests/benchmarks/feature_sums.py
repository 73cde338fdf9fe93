"""From sums by trade to the numbers of `bench_features`: a million rows, the same NumPy lines for all rivals."""

import numpy as np

DAY = 86_400.0


def finish(f, trades, price, is_sale):
    """From sums by trade to the numbers; a million rows, the same few NumPy lines for all rivals."""
    with np.errstate(all="ignore"):
        n, mean = f["n"], np.where(is_sale, f["best"] - f["md"], f["best"] + f["md"])
        spread, some, three, four = f["span"] > 0, f["n"] >= 2, f["n"] >= 3, f["n"] >= 4
        losers = three & (f["l2"] > 1e-18 * f["best"] ** 2)
        root, m2 = np.sqrt(n - 2), f["s2"] / n
        g2 = f["s4"] / n / m2**2 - 3
        worse = np.where(is_sale, f["best"] - price, price - f["best"])
        numbers = {
            "cv": (np.sqrt(f["s2"] / (n - 1)) / mean, some),
            "spread": (f["span"] / f["best"], some),
            "gap": (f["gap"] / f["best"], some),
            "rd": (f["gap"] / np.sqrt(f["l2"] / (n - 2)), losers),
            "rdnor": (f["gap"] / f["span"] * (n - 1), three & spread),
            "rdalt": (f["gap"] / (f["span"] - f["gap"]) * (n - 2), losers),
            "skew": (f["s3"] / n / m2**1.5 * np.sqrt(n * (n - 1)) / (n - 2), three & spread),
            "kurt": ((n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6), four & spread),
            "ks": (f["ks"] * (root + 0.12 + 0.11 / root), four & spread),
            "step": (np.sqrt(f["g2"] / (n - 2)) / (f["span"] / (n - 1)), three & spread),
            "ratio": (np.sqrt(f["r2"] / (n - 2)) / _mean_log(f, is_sale), three & spread),
            "three": (f["l3"] * np.sqrt(n * (n - 1) * (n - 2) / 6), three),
            "four": (f["l4"] * np.cbrt(n * (n - 1) * (n - 2) * (n - 3) / 24), four),
            "round": (f["round"] / n, n >= 1),
            "behind": (np.maximum(worse, 0) / f["best"], n >= 1),
            "over_ceiling": (price / trades["ceiling"], n >= 1),
            "over_estimate": (price / trades["estimate"], n >= 1),
            "discount": (1 - mean / trades["ceiling"], n >= 1),
            "below": (1 - mean / trades["estimate"], n >= 1),
        }
        out = {name: np.where(where, value, np.nan) for name, (value, where) in numbers.items()}
    return out | steps(trades)


def _mean_log(f, is_sale):
    worst = np.where(is_sale, f["best"] - f["span"], f["best"] + f["span"])
    return np.abs(np.log(worst / f["best"])) / (f["n"] - 1)


def steps(trades):
    """Days between the steps of a trade: the same lines for everybody."""
    return {
        "window": (trades["deadline"] - trades["published"]) / DAY,
        "decision": (trades["awarded"] - trades["opened"]) / DAY,
        "signing": (trades["signed"] - trades["awarded"]) / DAY,
    }


def finish_arrivals(m, won, deadline):
    with np.errstate(all="ignore"):
        n = m["n"]
        clock = _chance((m["gap"] + m["tick"]) / (m["last"] - m["first"] + m["tick"]), n)
        widest = (m["a"] + 2 * m["tick"]) / (m["z"] + m["tick"])
        left = _chance(np.log(m["ratio"]) / np.log(widest), n)
        bunched = np.where(n >= 3, np.maximum(0, -np.log10(np.maximum(clock, left))), np.nan)
        place, period = m["later"] + (m["same"] + 1) / 2, deadline - m["first"]
        elapsed = np.where(period > 0, (won - m["first"]) / period, 1.0)
        last = np.log10(n / np.minimum(place, n)) * np.clip(elapsed, 0, 1)
    return {"bunched": bunched, "last": last, "late": np.maximum(won - deadline, 0) / 60}


def _chance(share, n):
    taken = (n - 1) * share
    return np.where(taken >= 1, 1.0, -np.expm1((n - 2) * np.log1p(-np.minimum(taken, 1.0))))
