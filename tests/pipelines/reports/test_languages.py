"""Numbers, money and dates in the reader's language, and catalogues that leave nothing unsaid."""

import re
from datetime import UTC, datetime
from math import nan
from zoneinfo import ZoneInfo

import pytest

from detector.errors import ConfigError
from detector.features.declare import UNITS
from pipelines.reports.catalogues import held, rooms, said_in
from pipelines.reports.languages import CODES, checked_code, language

EN, ZH = language("en", "none"), language("zh", "none")
PLACE = re.compile(r"\{(\w*)[^}]*\}")


@pytest.mark.parametrize(
    ("value", "currency", "english", "chinese"),
    [
        (333312.0, "CNY", "333,312 CNY", "33.33万元"),
        (310_000_000.0, "CNY", "310,000,000 CNY", "3.10亿元"),
        (310_000_000.0, "INR", "310,000,000 INR", "3.10亿 INR"),
        (9999.0, "CNY", "9,999 CNY", "9,999元"),
        (0.5, "CNY", "0 CNY", "0.50元"),
        (-20_000.0, "CNY", "-20,000 CNY", "-2.00万元"),
        (nan, "CNY", "amount not known", "金额未知"),
        (100.0, None, "100", "100"),
    ],
)
def test_money(value, currency, english, chinese):
    assert (EN.money(value, currency), ZH.money(value, currency)) == (english, chinese)


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (0.0312345, "ratio", "0.03123", "0.03123"),
        (0.00015234, "ratio", "0.0001523", "0.0001523"),
        (3.0, "days", "3 days", "3天"),
        (0.123, "share", "12.3%", "12.3%"),
        (1.0, "flag", "yes", "是"),
        (0.2, "-log10 p", "as chance has it", "与偶然相符"),
        (2.0, "-log10 p", "once in 100 by chance", "偶然情形下约100次中出现一次"),
        (6.0, "-log10 p", "less than once in a million by chance", "偶然出现的机会不足百万分之一"),
        (nan, "days", "", ""),
    ],
)
def test_quantities(value, unit, english, chinese):
    assert (EN.quantity(value, unit), ZH.quantity(value, unit)) == (english, chinese)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("code", CODES)
def test_every_unit_is_spoken(unit, code):
    said = language(code, "none").quantity(12.5, unit)
    assert said
    assert said.isascii() or code == "zh"


def test_instants_are_told_in_the_zone_of_the_authority():
    moment = datetime(2025, 3, 31, 18, 30)  # noqa: DTZ001 (naive is UTC)
    zone = ZoneInfo("Asia/Shanghai")
    assert EN.instant(moment, zone) == EN.instant(moment.replace(tzinfo=UTC), zone) == "1 Apr 2025, 02:30"
    assert ZH.instant(moment, zone) == "2025年4月1日 02:30"


def test_an_unspoken_language_is_an_error():
    assert checked_code("zh") == "zh"
    with pytest.raises(ConfigError, match="zh, en"):
        checked_code("de")


def _places(words):
    return sorted(PLACE.findall(words))


@pytest.mark.parametrize("room", rooms())
def test_every_text_has_its_chinese_words(room):
    catalogue = held(room)
    for path, line, words in said_in(room):
        one, many = (words, words) if isinstance(words, str) else words[:2]
        entry = catalogue.get(words)
        where = f"{path.name}:{line}: {one!r}"
        assert entry is not None, f"{where} is not in zh.po; run python -m pipelines.reports.catalogues"
        told = [entry.string] if isinstance(entry.string, str) else list(entry.string)
        assert all(told), f"{where} has no Chinese words in {room}/zh.po"
        assert not entry.fuzzy, f"{where} is fuzzy"
        for chinese in told:
            assert _places(chinese) in (_places(one), _places(many)), f"{where}: other values than in English"


@pytest.mark.parametrize("room", rooms())
def test_nothing_is_translated_that_nobody_says(room):
    said = {words if isinstance(words, str) else words[0] for _, _, words in said_in(room)}
    kept = {one.id if isinstance(one.id, str) else one.id[0] for one in held(room) if one.id}
    assert kept <= said
