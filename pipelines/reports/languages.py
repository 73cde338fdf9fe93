"""Texts, numbers and dates as a reader of one language expects them.

A text is its English words, with named values in braces. Every room of this package that says anything (`charts`,
`dossier`, …) holds the same words in Chinese in its `zh.po`, a gettext catalogue that `python -m
pipelines.reports.catalogues` keeps complete. Catalogues are read as they are: nothing is compiled, nothing stale.
"""

import gettext
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from detector.errors import ConfigError
from detector.features.declare import UNITS, Phrase

Code = Literal["zh", "en"]
CODES: tuple[Code, ...] = get_args(Code)
ROOMS = Path(__file__).parent
LOCALE = {"zh": Locale("zh", "CN", script="Hans"), "en": Locale("en")}

# Chinese readers count money in ten thousands and in hundred millions.
WAN, YI = 1e4, 1e8
# Beyond a million the figure says more about the formula than about the trade.
LEAST_CHANCE, PLAIN_CHANCE = 6.0, 0.3


def checked_code(text: str) -> Code:
    """`text` as a language code. ConfigError where no such language is spoken here."""
    for code in CODES:
        if text == code:
            return code
    raise ConfigError(f"language {text!r} is not spoken here; choose one of {', '.join(CODES)}.")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """The words of one room in one language, and how that language writes numbers, money and dates."""

    code: Code
    catalogue: gettext.NullTranslations

    def text(self, message: str, /, **values: object) -> str:
        """`message` in this language, its named values filled in."""
        return self.catalogue.gettext(message).format_map(values) if message else ""

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """`one` or `many` in this language, as `n` asks for; ``{n}`` is filled in."""
        return self.catalogue.ngettext(one, many, n).format_map({"n": self.number(n), **values})

    def phrase(self, words: Phrase) -> str:
        """The side of a bilingual phrase that this language reads."""
        return words.zh if self.code == "zh" else words.en

    def number(self, value: float, digits: int = 0) -> str:
        """A number with this language's separators and so many decimals; empty if there is none."""
        if math.isnan(value):
            return ""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(value, pattern, LOCALE[self.code])

    def significant(self, value: float) -> str:
        """A number to four significant digits; empty if there is none."""
        if math.isnan(value):
            return ""
        if float(value).is_integer() and abs(value) < 1e9:
            return self.number(value)
        return format_decimal(float(f"{value:.4g}"), "#,##0.########", LOCALE[self.code])

    def share(self, value: float, digits: int = 1) -> str:
        """A share in percent; empty if there is none."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
        return "" if math.isnan(value) else format_percent(value, pattern, LOCALE[self.code])

    def money(self, value: float, currency: str | None) -> str:
        """An amount: 333,312 CNY in English, 33.33万元 or 3.10亿元 in Chinese; says so where it is not known."""
        if math.isnan(value):
            return "金额未知" if self.code == "zh" else "amount not known"
        if self.code == "en":
            return f"{self.number(value)} {currency or ''}".rstrip()
        unit = "元" if currency == "CNY" else f" {currency or ''}".rstrip()
        for size, name in ((YI, "亿"), (WAN, "万")):
            if abs(value) >= size:
                return f"{self.number(value / size, 2)}{name}{unit}"
        return f"{self.number(value, 0 if float(value).is_integer() else 2)}{unit}"

    def quantity(self, value: float, unit: str) -> str:
        """A feature's value with its unit (`declare.UNITS`); empty if there is none."""
        if math.isnan(value):
            return ""
        if unit == "share":
            return self.share(value)
        if unit in ("flag", "yes/no"):
            return self.phrase(Phrase("yes", "是") if value else Phrase("no", "否"))
        if unit == "-log10 p":
            return self.chance(value)
        digits = self.significant(value)
        if unit in ("", "1", "ratio", "index", "log10"):
            return digits
        named = self.phrase(UNITS[unit]) if unit in UNITS else unit
        return f"{digits}{'' if self.code == 'zh' else ' '}{named}"

    def chance(self, strength: float) -> str:
        """A surprise (-log10 of a probability) as odds: 2 is once in 100 by chance."""
        if strength < PLAIN_CHANCE:
            return self.phrase(Phrase("as chance has it", "与偶然相符"))
        if strength >= LEAST_CHANCE:
            return self.phrase(
                Phrase("less than once in a million by chance", "偶然出现的机会不足百万分之一")
            )
        odds = self.number(round(10.0**strength))
        return f"偶然情形下约{odds}次中出现一次" if self.code == "zh" else f"once in {odds} by chance"

    def day(self, value: date) -> str:
        """A date: 31 Mar 2025, 2025年3月31日."""
        return format_date(value, "y年M月d日" if self.code == "zh" else "d MMM y", LOCALE[self.code])

    def instant(self, moment: datetime, zone: tzinfo = UTC) -> str:
        """An instant (naive: UTC) in the authority's zone, to the minute."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        pattern = "y年M月d日 HH:mm" if self.code == "zh" else "d MMM y, HH:mm"
        return format_datetime(aware, pattern, tzinfo=zone, locale=LOCALE[self.code])


@cache
def language(code: Code, room: str) -> Language:
    """The language `code` with the words of `room`. English needs no catalogue: its words are the keys."""
    path = ROOMS / room / f"{code}.po"
    return Language(code, _read(path, code) if path.exists() else gettext.NullTranslations())


def _read(path: Path, code: Code) -> gettext.NullTranslations:
    """A catalogue as Python's own gettext reads it; a text still marked fuzzy is not used."""
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code), use_fuzzy=False)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
