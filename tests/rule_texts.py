"""Texts of small rule packs, as a rule administrator would write them."""

from detector.rules.book import rulebook
from detector.rules.parsing import parse_pack
from pipelines.rulebooks import shipped_years

HEAD = """
[pack]
id = "test"
version = "1"
title = { en = "Test", zh = "测试" }
calendar = "cn"
utc_offset = 480

[law.act]
en = "Act"
zh = "法"
"""


def rule(name="T04", *, citation='law = "act"\narticle = "24"', more="", **fields):
    """The text of one rule: a period of less than 20 days, unless `fields` (TOML values) say otherwise."""
    held = {
        "id": f'"{name}"',
        "title": '{ en = "Short", zh = "短" }',
        "fact": '"notice_period"',
        "compare": '"<"',
        "threshold": "20",
        "level": '"orange"',
        "basis": '"measure"',
        "confidence": '"checked"',
        "innocent": '{ en = "Ordinary", zh = "寻常" }',
        "next_check": '{ en = "Look", zh = "核查" }',
        **fields,
    }
    lines = [f"{key} = {value}" for key, value in held.items() if value is not None]
    return "\n".join(["[[rule]]", *lines, more, "[[rule.citation]]", citation]) + "\n\n"


def book(*rules, head=HEAD):
    """A rulebook of the given texts of rules."""
    return rulebook([parse_pack(head + "".join(rules), "test.toml")], shipped_years())
