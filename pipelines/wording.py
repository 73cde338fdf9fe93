"""Numbers as a person reads them, with their units."""

import math

from detector.features.declare import Phrase

LEVEL_NAMES = {1: ("blue", "蓝"), 2: ("yellow", "黄"), 3: ("orange", "橙"), 4: ("red", "红")}
PROVISIONAL = Phrase("provisional", "暂定")
LEAD = "A flag is a reason to open the file, never a finding. 线索仅供核查，不构成认定。"


def quantity(value: float, unit: str) -> str:
    """A feature's value with its unit, to four significant digits; empty if there is none."""
    if math.isnan(value):
        return ""
    if unit == "share":
        return f"{value:.1%}"
    if unit == "flag":
        return "yes" if value else "no"
    if unit == "-log10 p":
        return chance(value)
    digits = f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e9 else f"{value:,.4g}"
    return digits if unit in ("", "1", "ratio", "index", "yes/no") else f"{digits} {unit}"


def chance(strength: float) -> str:
    """A surprise (-log10 of a probability) as odds: 2 is once in 100 by chance."""
    if strength < 0.3:
        return "as chance has it"
    # Beyond a million the figure says more about the formula than about the trade.
    return (
        f"once in {10.0**strength:,.0f} by chance"
        if strength < 6
        else "less than once in a million by chance"
    )


def money(value: float, currency: str | None) -> str:
    """An amount with thousands separators; says so where it is not known."""
    return "amount not known" if math.isnan(value) else f"{value:,.0f} {currency or ''}".rstrip()


def share(value: float) -> str:
    """A share that never rounds up to all or down to none."""
    if value <= 0.0 or value >= 1.0:
        return "all" if value >= 1.0 else "none"
    return f"{min(max(value, 0.0001), 0.9999):.2%}"


def filled(value: object) -> str | None:
    """A text cell of a table, None where it is empty (pandas spells that in several ways)."""
    return value if isinstance(value, str) and value else None
