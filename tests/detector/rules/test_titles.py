"""What tells parts of one need apart is taken from a title; what tells needs apart stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.rules.titles import stem

ROAD = "人民路修缮工程"


@pytest.mark.parametrize(
    "title",
    [
        "人民路修缮工程（一标段）",
        "人民路修缮工程第2标段",
        "人民路修缮工程1标",
        "人民路修缮工程标段三",
        "人民路修缮工程第二包",
        "人民路修缮工程合同包2",
        "人民路修缮工程第十二批次",
        "人民路修缮工程１＃标段",
        "人民路修缮工程（二）",
        "人民路修缮工程[标段1]",
        "人民路修缮工程A标段",
        "人民路修缮工程Ⅱ标段",
        "人民路修缮工程 3期",
        "人民路修缮工程-2",
        "人民路修缮工程一",
        "人民路 修缮工程",
    ],
)
def test_chinese_parts_of_one_need_have_one_stem(title):
    assert stem(title) == ROAD


@pytest.mark.parametrize(
    "title",
    [
        "Road repair, lot 3",
        "Road repair Lot No. 4",
        "ROAD REPAIR (Section A)",
        "Road repair second phase",
        "Road repair - Phase II",
        "Road repair - part two",
        "Road repair 12",
    ],
)
def test_english_parts_of_one_need_have_one_stem(title):
    assert stem(title) == "roadrepair"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Housing construction, no. 2024-002966", "Housing construction, no. 2024-002967"),
        ("Housing construction, no. 2024-12", "Housing construction, no. 2024-13"),
        ("HZ-2024-0012号地块道路工程", "HZ-2024-0013号地块道路工程"),
        ("人民南路三段绿化", "人民南路四段绿化"),
        ("解放路12号修缮", "解放路14号修缮"),
        ("公路养护G104", "公路养护G105"),
        ("2023年度办公用品采购", "2024年度办公用品采购"),
        ("第三中学食堂采购", "第四中学食堂采购"),
        ("人民路修缮工程", "人民路修缮工程（第二次）"),
        ("人民路修缮工程", "解放路修缮工程"),
        ("一标准化厂房建设", "二标准化厂房建设"),
    ],
)
def test_different_needs_keep_different_stems(one, other):
    assert None not in (stem(one), stem(other))
    assert stem(one) != stem(other)


@pytest.mark.parametrize("title", ["第1包", "lot 2", "标段三", "采购一", "（一）", "", " - "])
def test_a_title_that_names_only_a_part_has_no_stem(title):
    assert stem(title) is None


def test_a_short_title_without_a_part_is_kept():
    assert stem("桌") == "桌"


@given(st.text(max_size=40), st.integers(1, 99))
def test_a_lot_number_never_matters_and_a_stem_is_plain(title, number):
    assert stem(f"学校操场改造{title}。第{number}标段") == stem(f"学校操场改造{title}。第1标段")
    left = stem(title)
    assert left is None or (left and not any(mark.isspace() for mark in left))
