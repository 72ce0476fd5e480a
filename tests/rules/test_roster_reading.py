"""Files of companies: what is read, what is told, who is who."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.sheets import Sheet
from crm.enterprises.rules import Ownership, check_character, loose_name, normalise_name
from crm.enterprises.rules.roster import (
    COLUMN_HEADS,
    Known,
    Outcome,
    RosterColumn,
    RosterFault,
    RosterRow,
    compare_facts,
    read_roster,
    roster_columns,
    tell_apart,
)


def code(number=1):
    body = f"913701000000{number:05d}"
    return body + check_character(body)


def read(head, *rows):
    sheet = Sheet("名录", (head, *rows))
    return read_roster(sheet, *roster_columns(sheet))


def faults(roster):
    return [(message.row, message.fault.value) for message in roster.messages]


def test_every_header_of_the_template_is_found_under_any_order_and_title_lines():
    heads = tuple(reversed(COLUMN_HEADS.values()))
    sheet = Sheet("x", (("某某园区企业名录",), ("单位：家",), heads))
    row, columns = roster_columns(sheet)
    assert row == 2
    assert set(columns) == set(RosterColumn)


@pytest.mark.parametrize(
    ("head", "column"),
    [
        ("企业（单位）名称", RosterColumn.NAME),
        ("公司名称（中文）", RosterColumn.NAME),
        ("公司名称（英文）", RosterColumn.NAME_EN),
        ("法人代表", RosterColumn.LEGAL),
        ("行业代码(GB/T 4754)", RosterColumn.INDUSTRY),
        ("注册地址", RosterColumn.ADDRESS),
        ("注册地", RosterColumn.REGION),
        ("所在地", RosterColumn.REGION),
        ("所属城市", RosterColumn.REGION),
        ("控股股东", RosterColumn.PARENT),
        ("持股比例（%）", RosterColumn.SHARE),
        ("company name", RosterColumn.NAME),
        ("联系电话", None),
    ],
)
def test_other_header_words_in_use(head, column):
    _row, columns = roster_columns(Sheet("x", (("统一社会信用代码", head),)))
    assert next((each for each, place in columns.items() if place == 1), None) == column


def test_facts_are_read_and_doubtful_ones_are_told_and_left_empty():
    roster = read(
        (
            "企业名称", "所有制", "持股比例", "行业代码", "所在地区", "法定代表人", "曾用名", "简称", "地址",
        ),
        (
            "甲有限公司", "民营企业", "33.33%", "C3985 电子专用材料制造", "济南", "王某",
            "乙公司；丙公司\n丁公司", "甲", "=1+1",
        ),
        (
            "丁有限公司", "国企", 0.51, "电子", "火星", "王某370102", None, "长" * 61, "1号",
        ),
    )  # fmt: skip
    first, second = roster.rows
    assert first.facts == {
        "ownership": Ownership.PRIVATE,
        "parent_shareholding": Decimal("33.33"),
        "industry_code": "C3985",
        "region_code": "370100",
        "legal_representative": "王某",
        "former_names": "乙公司\n丙公司\n丁公司",
        "short_name": "甲",
    }
    assert second.facts == {"address": "1号"}
    assert sorted(faults(roster)) == [
        (2, "like_formula"),
        (3, "industry_unreadable"),
        (3, "legal_has_digits"),
        (3, "ownership_unknown"),
        (3, "region_unreadable"),
        (3, "share_unreadable"),
        (3, "too_long"),
    ]


def test_rows_nobody_can_tell_apart_are_kept_out_each_with_its_reason():
    roster = read(
        ("企业名称", "信用代码"),
        ("甲有限公司", code(1)),
        ("乙有限公司", code(1)),
        (None, code(2)),
        ("名" * 121, None),
        ("=cmd|'/c calc'!A1", None),
        ("丙有限公司", "91370100000000001X"),
        ("丁有限公司", 913701000000000000),
        ("戊有限公司", code(3)),
        ("戊有限责任公司", code(4)),
        ("己有限公司", None),
        ("己有限公司", code(5)),
        ("庚", None),
        ("合计", None),
        ("甲有限责任公司", None),  # the row with the code is out: this one may stand
        (12345, None),
    )
    assert [row.sheet_row for row in roster.rows] == [12, 15]
    assert roster.faulty == 11
    assert sorted(faults(roster)) == [
        (2, "uscc_twice"), (3, "uscc_twice"), (4, "name_missing"), (5, "name_too_long"),
        (6, "name_like_formula"), (7, "uscc_wrong"), (8, "uscc_as_number"), (9, "name_twice"),
        (10, "name_twice"), (11, "same_row"), (13, "name_too_short"), (14, "note_skipped"),
        (16, "name_too_short"),
    ]  # fmt: skip


def row(number, name, uscc=None):
    return RosterRow(number, name, normalise_name(name), loose_name(name), uscc)


def known(number, name, uscc=None, former=()):
    return Known(number, name, normalise_name(name), loose_name(name), uscc, former)


def outcome(rows, companies):
    return [
        (each.outcome, each.company_id or (each.fault and each.fault.fault))
        for each in tell_apart(rows, lambda: iter(companies))
    ]


@pytest.mark.parametrize(
    ("name", "uscc", "expected"),
    [
        ("别名有限公司", code(1), (Outcome.KNOWN, 1)),  # the code decides, whatever the name
        ("甲材料有限责任公司", None, (Outcome.KNOWN, 1)),  # the same name, typed otherwise
        ("甲材料有限公司", code(9), (Outcome.FAULTY, RosterFault.OTHER_USCC)),
        ("乙机电有限公司", code(2), (Outcome.KNOWN, 2)),  # ours had no code yet
        ("乙机电有限公司", code(1), (Outcome.FAULTY, RosterFault.USCC_OF_ANOTHER)),
        ("丙集团有限公司", None, (Outcome.FAULTY, RosterFault.SEVERAL_OF_NAME)),
        ("丙集团有限公司", code(4), (Outcome.KNOWN, 4)),
        ("山东甲材料股份有限公司", None, (Outcome.DOUBLE, None)),
        ("山东甲材料股份有限公司", code(9), (Outcome.NEW, None)),  # two codes: two companies
        ("旧名电气有限公司", None, (Outcome.DOUBLE, None)),  # what ours was called before
        ("毫不相干有限公司", None, (Outcome.NEW, None)),
    ],
)
def test_who_is_who(name, uscc, expected):
    ours = [
        known(1, "甲材料有限公司", code(1)),
        known(2, "乙机电有限公司"),
        known(3, "丙集团有限公司"),
        known(4, "丙集团有限公司", code(4)),
        known(5, "新名电气有限公司", None, [normalise_name("旧名电气有限公司")]),
    ]
    assert outcome([row(2, name, uscc)], ours) == [expected]


def test_a_row_that_once_bore_the_name_of_one_of_ours_may_be_that_one():
    head = ("企业名称", "信用代码", "曾用名")
    ours = [known(1, "老甲机械有限公司"), known(2, "老乙机械有限公司", code(2))]
    rows = read(
        head,
        ("新甲科技有限公司", None, "更早的有限公司；老甲机械有限责任公司"),
        ("新乙科技有限公司", None, "老乙机械有限公司"),
        ("丙科技有限公司", code(3), "老乙机械有限公司"),  # another code: another company
    ).rows
    told = tell_apart(rows, lambda: iter(ours))
    assert [each.outcome for each in told] == [Outcome.DOUBLE, Outcome.DOUBLE, Outcome.NEW]
    assert [each.name for each in told[1].namesakes] == ["老乙机械有限公司"]


def test_rows_of_the_file_alike_among_themselves_are_shown_too():
    told = tell_apart(
        [row(2, "示例智能装备科技有限公司"), row(3, "示例智能装备科技股份有限公司")],
        lambda: iter(()),
    )
    assert [each.outcome for each in told] == [Outcome.NEW, Outcome.DOUBLE]
    assert [each.row for each in told[1].namesakes] == [2]


names = st.text(alphabet="甲乙丙丁山东科技有限公司集团", min_size=2, max_size=12)


@given(st.lists(names, max_size=6, unique_by=normalise_name), st.lists(names, max_size=6))
def test_each_row_is_told_once_and_a_known_name_is_never_new(rows, ours):
    numbered = [row(place, name) for place, name in enumerate(rows, 2)]
    companies = [known(place, name) for place, name in enumerate(ours, 1)]
    told = tell_apart(numbered, lambda: iter(companies))
    assert [each.row for each in told] == numbered
    for each in told:
        is_known = each.row.norm in {company.norm for company in companies}
        assert is_known == (each.outcome in (Outcome.KNOWN, Outcome.FAULTY))


def test_empty_facts_are_filled_and_none_is_overwritten():
    ours = {
        "name": "甲有限公司", "uscc": None, "short_name": "甲", "region_code": "370105",
        "parent_id": None, "parent_shareholding": None, "address": "",
    }  # fmt: skip
    theirs = {
        "name": "甲有限责任公司", "uscc": code(1), "short_name": "甲甲", "region_code": "370000",
        "parent_id": 7, "parent_shareholding": Decimal(51), "address": "1号",
    }  # fmt: skip
    found = compare_facts(ours, theirs)
    assert found.fills == {
        "uscc": code(1), "parent_id": 7, "parent_shareholding": Decimal(51), "address": "1号",
    }  # fmt: skip
    assert found.differs == (("short_name", "甲", "甲甲"),)
    held = compare_facts({**ours, "parent_id": 8}, theirs)
    assert ("parent_id", 8, 7) in held.differs
    assert "parent_shareholding" not in held.fills
