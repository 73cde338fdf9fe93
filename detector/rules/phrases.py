"""Rules, conditions and comparisons in words, English and Chinese."""

from datetime import UTC, datetime, timedelta

from detector.features.declare import Phrase
from detector.rules.conditions import COLUMNS
from detector.rules.declare import OWN_THRESHOLD, Comparison, Condition
from detector.rules.facts import FACTS

SIGNS = {
    "<": Phrase("less than", "少于"),
    "<=": Phrase("at most", "不超过"),
    ">": Phrase("more than", "超过"),
    ">=": Phrase("at least", "达到"),
    "==": Phrase("equal to", "等于"),
    "!=": Phrase("other than", "不等于"),
}


def outside(condition: Condition) -> Phrase:
    """Why a trade that fails `condition` is not reached by the rule."""
    words = conditioned(condition)
    return Phrase(f"applies only where {words.en}", f"仅适用于：{words.zh}")


def conditioned(condition: Condition) -> Phrase:
    """A condition in words."""
    name = _named(condition.field)
    told = [_tested(condition.field, name, test) for test in condition.tests]
    return Phrase(" and ".join(one.en for one in told), "，且".join(one.zh for one in told))


def _tested(field: str, name: Phrase, test: Comparison) -> Phrase:
    if test.compare == "known":
        return Phrase(
            f"{name.en} is {'' if test.values[0] else 'not '}recorded",
            f"{'已' if test.values[0] else '未'}记录{name.zh}",
        )
    values = [_shown(field, value) for value in test.values]
    if test.compare == "==":
        return Phrase(f"{name.en} is {' or '.join(values)}", f"{name.zh}为{'、'.join(values)}")
    if test.compare == "!=":
        return Phrase(f"{name.en} is not {' or '.join(values)}", f"{name.zh}不为{'、'.join(values)}")
    sign = SIGNS[test.compare]
    return Phrase(f"{name.en} is {sign.en} {values[0]}", f"{name.zh}{sign.zh}{values[0]}")


def _named(field: str) -> Phrase:
    if field in COLUMNS:
        return Phrase(field, COLUMNS[field].zh)
    return FACTS[field].title if field in FACTS else Phrase(field, field)


def _shown(field: str, value: str | float) -> str:
    if value == OWN_THRESHOLD:
        return "the threshold 阈值"
    if field in COLUMNS and COLUMNS[field].type == "flag":
        return "yes 是" if value else "no 否"
    return value if isinstance(value, str) else figure(value)


def figure(value: float) -> str:
    """A number as written in a text: whole and large ones without decimals, others to four significant digits."""
    whole = value == round(value) or abs(value) >= 1_000.0
    return f"{value:,.0f}" if whole and abs(value) < 1e15 else f"{value:,.4g}"


def local_time(seconds: float, offset_minutes: float) -> str:
    """An instant (seconds since 1970 UTC) as local date and time, to the minute; in UTC without an offset."""
    if seconds != seconds:
        return "?"
    known = offset_minutes == offset_minutes
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        seconds=seconds, minutes=offset_minutes if known else 0.0
    )
    return f"{moment:%Y-%m-%d %H:%M}" + ("" if known else " UTC")
