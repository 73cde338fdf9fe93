"""Values and limits as a person reads them: whole units, hours and days, percentages, never a bare formula."""

from detector.features.declare import Phrase
from detector.rules.declare import BEYOND_CHANCE
from detector.rules.phrases import SIGNS, figure

MINUTES_AN_HOUR, HOURS_A_DAY = 60.0, 24.0
FEW_DIGITS, MOST_DIGITS = 3, 12
UNLIKELIEST = 6.0
PLAIN = ("1", "ratio", "index", "money", "grade")
AMOUNTS = ("share", "ratio", "money", "index")
AMOUNT_SIGNS = {"<": Phrase("less than", "低于"), ">": Phrase("more than", "高于")}
# Singular and plural in English, the measure word in Chinese; counts carry no noun, their title names it.
WORDS: dict[str, tuple[str, str, str]] = {
    "count": ("", "", "个"),
    "parts": (" part", " parts", "份"),
    "days": (" day", " days", "天"),
    "working days": (" working day", " working days", "个工作日"),
    "years": (" year", " years", "年"),
    "hours": (" hour", " hours", "小时"),
    "minutes": (" minute", " minutes", "分钟"),
    "awards": (" award", " awards", "次"),
    "firms": (" firm", " firms", "家"),
    "steps": (" pair of steps", " pairs of steps", "对"),
    "log10": (" decimal logarithm", " decimal logarithm", "（常用对数）"),
}


def said(value: float, unit: str, digits: int = FEW_DIGITS) -> Phrase:
    """A value with its unit, to `digits` significant digits where it is no whole number."""
    if unit == "flag":
        return Phrase("yes", "是") if value else Phrase("no", "否")
    if unit == "-log10 p":
        return _odds(value)
    if unit in ("days", "minutes"):
        value, unit = _sensible(value, unit)
    number = _number(100.0 * value if unit == "share" else value, digits)
    if unit == "share":
        return Phrase(f"{number}%", f"{number}%")
    if unit == "weight":
        return Phrase(f"evidence {number} of 1", f"证据权重{number}（最高1）")
    if unit in PLAIN:
        return Phrase(number, number)
    one, many, chinese = WORDS[unit]
    return Phrase(f"{number}{one if abs(value) == 1.0 else many}", f"{number}{chinese}")


def against(value: float, compare: str, limit: float, unit: str) -> Phrase:
    """A value beside the limit that it meets, told apart to as many digits as that takes."""
    if compare == BEYOND_CHANCE:
        here, rate = said(value, unit), said(limit, "share")
        return Phrase(
            f"{here.en}; beyond chance, with at most {rate.en} false discoveries expected",
            f"{here.zh}；超出偶然（预期误报比例不超过{rate.zh}）",
        )
    if unit == "flag":
        return said(value, unit)
    if unit in ("days", "working days") and value < 0.0 and limit == 0.0:
        here = said(-value, unit)
        return Phrase(f"{here.en} before, not after", f"早于该时间{here.zh}")
    if compare == "==" and value == limit:
        return said(value, unit)
    digits = FEW_DIGITS
    while digits < MOST_DIGITS and value != limit and said(value, unit, digits) == said(limit, unit, digits):
        digits += 1
    here, there = said(value, unit, digits), said(limit, unit, digits)
    sign = AMOUNT_SIGNS.get(compare, SIGNS[compare]) if unit in AMOUNTS else SIGNS[compare]
    bare = _number(limit, digits)
    same_unit = unit != "share" and _sensible(value, unit)[1] == _sensible(limit, unit)[1]
    if same_unit or limit == 0.0:
        there = Phrase(bare, bare)
    return Phrase(f"{here.en}, {sign.en} {there.en}", f"{here.zh}，{sign.zh}{there.zh}")


def _sensible(value: float, unit: str) -> tuple[float, str]:
    """Broken days below two as hours, two hours of minutes and more as hours."""
    if unit == "days" and abs(value) < 2.0 and value != round(value):
        return value * HOURS_A_DAY, "hours"
    if unit == "minutes" and abs(value) >= 2.0 * MINUTES_AN_HOUR:
        return value / MINUTES_AN_HOUR, "hours"
    return value, unit


def _number(value: float, digits: int) -> str:
    if abs(value) >= 1_000.0 and value != round(value):
        return f"{value:,.{max(digits - FEW_DIGITS, 0)}f}"
    if 0.0 < abs(value) < 0.0001:
        return "<0.0001" if digits == FEW_DIGITS else f"{value:.{digits}f}"
    return figure(value) if value == round(value) else f"{value:.{digits}g}"


def _odds(strength: float) -> Phrase:
    """A surprise, -log10 of a probability, as odds."""
    if strength < UNLIKELIEST:
        odds = f"{10.0**strength:,.0f}"
        return Phrase(f"once in {odds} by chance", f"偶然情况下约{odds}次出现一次")
    return Phrase("less than once in a million by chance", "偶然出现的可能不足百万分之一")
