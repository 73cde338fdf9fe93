"""What a title names once the words for its part (lot, package, phase, batch) are taken away.

Only short ordinals that denote a part go. Years, project numbers, house numbers, roads and the count of a repeated
call ("第二次") stay: they tell one need from another.
"""

import re
from unicodedata import normalize

# Three Chinese characters or six letters say what is bought; "lot 1" or "采购一" do not.
LEAST_WEIGHT = 6
_ROMAN = r"X?(?:IX|IV|V?I{1,3}|V)|X"
_CHINESE = "[一二三四五六七八九十]{1,3}"
_ORDINAL = rf"(?:(?<![0-9.])[0-9]{{1,3}}(?![0-9.])|{_CHINESE}|(?<![A-Za-z])(?:{_ROMAN}|[A-H])(?![A-Za-z]))"
_MARKED = (
    "(?:合同包|标段|标包|子包|包件|分包|包组|批次|(?<![招投中评开目指])标(?![准志识线牌的])|包(?![装括干含]))"
)
_BEHIND = f"(?:{_MARKED}|期(?!刊|间|限|货)|批(?!发|准|复))"
_WORD = r"(?i:\b(?:lot|part|package|section|phase|batch|stage)\b)"
_COUNTED = (
    r"(?i:one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|[0-9]{1,2}(?:st|nd|rd|th))"
)
_PART = re.compile(
    rf"第?\s*{_ORDINAL}\s*[#号]?\s*{_BEHIND}"
    rf"|{_MARKED}\s*[:#-]?\s*{_ORDINAL}"
    rf"|[(\[【]\s*{_ORDINAL}\s*[)\]】]"
    rf"|{_WORD}\s*(?i:no\.?)?\s*[:#-]?\s*(?:{_ORDINAL}|\b{_COUNTED}\b)"
    rf"|\b{_COUNTED}\s+{_WORD}"
)
# What every part holds, found at once; most titles hold none of it.
_HINT = re.compile(r"[标包期批(\[【]|(?i:lot|part|package|section|phase|batch|stage)")
# At the end: a short number that no letter, decimal point or year and hyphen leads up to ("G104", "2024-12" stay).
_LAST = re.compile(
    r"(?:(?<![0-9A-Za-z.])(?<!(?<![0-9])[0-9]{4}[-_/年.])[0-9]{1,3}"
    rf"|(?<![统唯万单周])[一二三四五六七八九十]{{1,2}}"
    rf"|(?<=[\s\u4e00-\u9fff_-])(?:{_ROMAN}|[A-H]))$"
)
_MARKS = re.compile(r"[\W_]+")
_EDGE = " \t-—_()[]【】#.、,:;"
_HAN = re.compile("[\u4e00-\u9fff]")


def stem(title: str) -> str | None:
    """`title` without what denotes a part, punctuation, case and width; None where too little is left to compare.

    A title that names no part is kept whole, however short.
    """
    plain = title if title.isascii() else normalize("NFKC", title)
    cut = (_PART.sub(" ", plain) if _HINT.search(plain) else plain).strip(_EDGE)
    cut = _LAST.sub("", cut)
    left = _MARKS.sub("", cut).lower()
    if left != _MARKS.sub("", plain).lower() and len(left) + len(_HAN.findall(left)) < LEAST_WEIGHT:
        return None
    return left or None
