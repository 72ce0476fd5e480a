"""Ledgers as bureaus send them: the sample to the last field, then every other layout we know of."""

import csv
import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.money import Unit
from crm.core.sheets import read_sheets
from crm.imports.rules import (
    Field,
    LedgerMessage,
    MessageCode,
    meaning_of,
)
from crm.leads.rules import Stage
from tests.rules.ledger_cases import (
    EXPECTED,
    HEADER,
    LEDGER,
    only_row,
    read,
    read_file,
    sheet,
)

# --- the sample ---


def as_compared(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"suggests": set(row["suggests"]), "problems": set(row["problems"])}


@pytest.mark.parametrize("expected", EXPECTED["rows"], ids=lambda row: f"row{row['excel_row']}")
def test_every_field_of_every_row_of_the_sample_reads_as_expected(expected: dict[str, Any]) -> None:
    row = next(row for row in read_file(LEDGER).rows if row.excel_row == expected["excel_row"])
    assert list(row.as_json()) == list(expected)
    assert as_compared(row.as_json()) == as_compared(expected)


def test_the_sample_holds_these_rows_and_no_others() -> None:
    ledger = read_file(LEDGER)
    assert [row.excel_row for row in ledger.rows] == [row["excel_row"] for row in EXPECTED["rows"]]
    assert ledger.as_of.isoformat() == EXPECTED["as_of"]


def test_the_sample_says_at_which_cell_to_ask_what() -> None:
    said = {(m.cell, m.field, m.code, m.text) for m in read_file(LEDGER).messages}
    assert said == {
        ("Z9", "next_action_on", MessageCode.DAY_UNREADABLE, "下周"),
        ("B16", "title", MessageCode.DUPLICATE_OF_PREVIOUS, "智能仓储机器人项目"),
        ("I17", "total_investment", MessageCode.AMOUNT_UNREADABLE, "面议"),
        ("Z17", "next_action_on", MessageCode.DAY_UNREADABLE, "2026-13-05"),
        ("B21", "title", MessageCode.TITLE_MISSING, ""),
        ("I22", "total_investment", MessageCode.AMOUNT_UNREADABLE, "-3亿"),
        ("C22", "investor", MessageCode.INVESTOR_FORMULA, "=cmd|' /C calc'!A0"),
        ("AB25", "signed_on", MessageCode.DATES_ORDER, "2026-10-08"),
    }


def test_the_layout_of_the_sample_is_kept_for_writing_it_back() -> None:
    (layout,) = read_file(LEDGER).layouts
    assert (layout.header_top, layout.header_bottom) == (2, 2)
    assert len(layout.labels) == 29
    assert [column.index for column in layout.columns] == list(range(29))
    assert layout.totals == (25,)
    total = layout.column(Field.TOTAL_INVESTMENT)
    assert total is not None
    assert (total.label, total.unit) == ("总投资（亿元）", Unit.YI)


def test_what_could_not_be_read_keeps_its_text() -> None:
    rows = {row.excel_row: row for row in read_file(LEDGER).rows}
    assert rows[17].raw[Field.TOTAL_INVESTMENT] == "面议"
    assert rows[9].raw[Field.NEXT_ACTION_ON] == "下周"
    assert rows[9].amounts[Field.TOTAL_INVESTMENT].upper == 6_000_000_000
    assert rows[4].owner_phone == "13800001001"


# --- other words, other places ---


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("项目", Field.TITLE),
        ("拟引进项目名称", Field.TITLE),
        ("投资主体", Field.INVESTOR),
        ("客商名称", Field.INVESTOR),
        ("引进企业", Field.INVESTOR),
        ("企业性质", Field.INVESTOR_CATEGORY),
        ("是否500强/央企/上市/专精特新", Field.INVESTOR_CATEGORY),
        ("主要建设内容", Field.CONTENT),
        ("项目简介", Field.CONTENT),
        ("产业链", Field.CHAIN),
        ("所属产业链/环节", Field.CHAIN_AND_SEGMENT),
        ("细分领域", Field.SEGMENT),
        ("资金性质", Field.CAPITAL_ORIGIN),
        ("计划总投资额\n（万元）", Field.TOTAL_INVESTMENT),
        ("投资额", Field.TOTAL_INVESTMENT),
        ("其中：固定资产投资", Field.FIXED_ASSETS),
        ("一期投资（亿元）", Field.PHASE_ONE),
        ("协议利用外资（万美元）", Field.FOREIGN_CAPITAL),
        ("实际使用外资（万美元）", Field.NOT_READ),
        ("预计年营业收入", Field.ANNUAL_REVENUE),
        ("预计年产值", Field.NOT_READ),
        ("年税收", Field.NOT_READ),
        ("意向选址", Field.ZONE),
        ("拟选址/组团/街道", Field.ZONE),
        ("占地面积", Field.LAND),
        ("引荐人/信息来源", Field.SOURCE),
        ("招商方式", Field.SOURCE),
        ("首报单位", Field.FIRST_TALK_UNIT),
        ("牵头部门", Field.DEPARTMENT),
        ("责任人及电话", Field.OWNER),
        ("跟进人", Field.OWNER),
        ("联系人", Field.OWNER),
        ("企业联系人", Field.INVESTOR_CONTACT),
        ("投资方联系电话", Field.INVESTOR_CONTACT),
        ("手机号码", Field.OWNER_PHONE),
        ("包联区领导", Field.SPONSOR_LEADER),
        ("首次接洽日期", Field.FIRST_CONTACT_ON),
        ("目前所处阶段", Field.STAGE),
        ("项目状态", Field.STAGE),
        ("本周进展", Field.LATEST_PROGRESS),
        ("项目进展情况", Field.LATEST_PROGRESS),
        ("存在问题及需协调事项", Field.ISSUES),
        ("下一步工作计划", Field.NEXT_ACTION),
        ("下步计划及时限", Field.NEXT_ACTION),
        ("下次对接日期", Field.NEXT_ACTION_ON),
        ("拟签约时间", Field.EXPECTED_SIGN_ON),
        ("签约时间（预计）", Field.EXPECTED_SIGN_ON),
        ("合同签订日期", Field.SIGNED_ON),
        ("备  注", Field.REMARK),
        ("＊项目名称＊", Field.TITLE),
    ],
)
def test_a_header_is_known_by_its_meaning(header: str, field: Field) -> None:
    meant = meaning_of(header)
    assert meant is not None
    assert meant.field is field


@pytest.mark.parametrize("header", ["", "颜色", "负责人签字盖章处", "项" * 60, "（亿元）"])
def test_a_header_nobody_knows_means_nothing(header: str) -> None:
    assert meaning_of(header) is None


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("总投资（亿元）", Unit.YI),
        ("总投资(万元)", Unit.WAN),
        ("总投资/亿元", Unit.YI),
        ("总投资【单位：万元】", Unit.WAN),
        ("总投资（万美元）", Unit.WAN_USD),
        ("总投资", None),
        ("总投资（亿元/万美元）", None),
    ],
)
def test_the_unit_comes_from_the_header(header: str, unit: Unit | None) -> None:
    meant = meaning_of(header)
    assert meant is not None
    assert meant.unit is unit


def rows_of(data: bytes) -> tuple[list[list[Any]], int]:
    (read_in,) = read_sheets(data, "a.xlsx")
    width = max(len(row) for row in read_in.rows)
    return [[*row, *[None] * (width - len(row))] for row in read_in.rows], width


SAMPLE_ROWS, WIDTH = rows_of(LEDGER)


@settings(max_examples=25)
@given(st.permutations(range(WIDTH)))
def test_the_order_of_columns_never_changes_what_is_read(order: list[int]) -> None:
    shuffled = [[row[index] for index in order] for row in SAMPLE_ROWS[2:25]]
    moved = [SAMPLE_ROWS[0], SAMPLE_ROWS[1], *shuffled]
    found = [row.as_json() for row in read(sheet(*moved, name="在谈项目台账")).rows]
    assert [as_compared(row) for row in found] == [as_compared(row) for row in EXPECTED["rows"]]


def test_a_two_row_merged_header_reads_with_its_groups_and_units() -> None:
    workbook = openpyxl.Workbook()
    active = workbook.active
    for row in [
        ["某区招商项目调度表"],
        ["序号", "项目名称", "投资方", "投资情况（万元）", None, "首次对接", None, "责任人", None, "阶段"],
        [None, None, None, "总投资", "固投", "单位", "时间", "姓名", "电话", None],
        [1, "甲项目", "乙公司", 52000, 31000, "药山街道", "2026.3.5", "王敏", 13800001001, "深入洽谈"],
    ]:  # fmt: skip
        active.append(row)
    for merged in ("A1:J1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:G2", "H2:I2", "J2:J3"):
        active.merge_cells(merged)
    out = io.BytesIO()
    workbook.save(out)
    ledger = read_file(out.getvalue())
    row = only_row(ledger)
    assert (row.title, row.investor, row.stage) == ("甲项目", "乙公司", Stage.NEGOTIATING)
    assert (row.total_investment_yuan, row.fixed_assets_yuan) == (520_000_000, 310_000_000)
    assert (row.first_talk_unit, row.first_contact_on) == ("药山街道", date(2026, 3, 5))
    assert (row.owner, row.owner_phone) == ("王敏", "13800001001")
    assert (ledger.layouts[0].header_top, ledger.layouts[0].header_bottom) == (1, 2)
    assert not ledger.messages


def test_a_two_row_header_without_merges_reads_from_csv() -> None:
    out = io.StringIO()
    csv.writer(out).writerows(
        [
            ["项目名称", "投资方", "投资额（亿元）", "", "阶段"],
            ["", "", "总投资", "固定资产投资", ""],
            ["甲项目", "乙公司", "5.2", "3", "已签约"],
        ]
    )
    row = only_row(read_file(out.getvalue().encode("gb18030"), "台账.csv"))
    assert (row.total_investment_yuan, row.fixed_assets_yuan) == (520_000_000, 300_000_000)
    assert row.stage is Stage.SIGNED
    assert row.sheet == "台账"


@pytest.mark.parametrize(
    "line", ["单位：万元", "（金额单位: 万元）", "注：总投资单位为万元", "单位：人民币万元"]
)
def test_a_unit_declared_once_holds_for_amounts_without_their_own(line: str) -> None:
    header = ("项目名称", "投资方", "总投资", "固投（亿元）", "利用外资")
    above = sheet(("台账", None, line), header, ("甲", "乙", 52000, 3, "100万美元"))
    below = sheet(header, ("甲", "乙", 52000, 3, "100万美元"), (line,))
    for laid_out in (above, below):
        row = only_row(read(laid_out))
        assert (row.total_investment_yuan, row.fixed_assets_yuan) == (520_000_000, 300_000_000)
        assert row.foreign_capital_usd == 1_000_000


def test_a_sheet_unit_in_yuan_does_not_make_foreign_capital_yuan() -> None:
    ledger = read(sheet(("单位：万元",), ("项目名称", "投资方", "利用外资"), ("甲", "乙", 3000)))
    row = only_row(ledger)
    assert row.foreign_capital_usd is None
    assert row.problems == {"foreign_capital"}
    assert ledger.messages[0].code is MessageCode.AMOUNT_WITHOUT_UNIT


def test_an_amount_without_any_unit_is_asked() -> None:
    ledger = read(sheet(("项目名称", "投资方", "总投资"), ("甲", "乙", 52000)))
    assert only_row(ledger).problems == {"total_investment"}
    assert only_row(ledger).saved
    assert ledger.messages == (
        LedgerMessage("台账", "C2", "total_investment", MessageCode.AMOUNT_WITHOUT_UNIT, "52000"),
    )


def test_totals_notes_sections_blank_and_repeated_header_rows_are_no_projects() -> None:
    header = ("序号", *HEADER)
    ledger = read(
        sheet(
            header,
            ("一、签约项目（2个）",),
            (1, "甲", "乙公司", 5, "签约"),
            (),
            (None, "小 计", None, 5),
            header,
            (2, "丙审计中心", "丁公司", 6, "签约"),
            (3,),
            ("二、在谈项目合计", None, None, 6),
            ("合计（2个）", None, None, 11),
            ("注：以上为截至10月31日数据",),
            ("填表人：王敏", None, "联系电话：87654321"),
        )
    )
    assert [(row.excel_row, row.title) for row in ledger.rows] == [(3, "甲"), (7, "丙审计中心")]
    assert ledger.layouts[0].totals == (4, 8, 9)
    assert ledger.as_of == date(2026, 10, 31)
    assert not ledger.messages


def test_every_sheet_with_a_ledger_is_read_by_its_own_layout() -> None:
    first = sheet(HEADER, ("甲", "乙公司", 5, "在谈"), name="在谈")
    second = sheet(
        ("已签约项目", None, "截至2026年10月31日"),
        ("签约日期", "总投资（万元）", "投资主体", "项目"),
        (date(2026, 5, 1), 60000, "丁公司", "丙"),
        ("2026.6.1", 60000, "乙公司", "甲"),
        name="签约",
    )
    notes = sheet(("填表说明",), ("每周五报送",), name="说明")
    ledger = read(first, second, notes, sheet(name="Sheet3"))
    assert [(row.sheet, row.excel_row, row.saved) for row in ledger.rows] == [
        ("在谈", 2, True),
        ("签约", 3, True),
        ("签约", 4, False),
    ]
    assert ledger.rows[1].total_investment_yuan == 600_000_000
    assert ledger.rows[2].problems == {"duplicate_of_previous"}
    assert ledger.as_of == date(2026, 10, 31)
    assert LedgerMessage("说明", "", "", MessageCode.SHEET_WITHOUT_LEDGER) in ledger.messages
    assert [layout.sheet for layout in ledger.layouts] == ["在谈", "签约"]


def test_a_file_without_any_ledger_says_so() -> None:
    ledger = read(sheet(("姓名", "电话"), ("王敏", "1")))
    assert ledger.rows == ()
    assert [message.code for message in ledger.messages] == [MessageCode.NO_LEDGER]


def test_columns_that_are_not_read_are_named() -> None:
    ledger = read(
        sheet((*HEADER, "预计年税收（万元）", "项目阶段"), ("甲", "乙公司", 5, "在谈", 9, "?"))
    )
    said = [(message.cell, message.code, message.text) for message in ledger.messages]
    assert said == [
        ("E1", MessageCode.COLUMN_UNREAD, "预计年税收（万元）"),
        ("F1", MessageCode.COLUMN_REPEATED, "项目阶段"),
    ]
    assert only_row(ledger).stage is Stage.NEGOTIATING


def test_the_surer_word_wins_wherever_it_stands() -> None:
    row = only_row(
        read(
            sheet(
                ("企业名称", "投资方", "项目名称", "联系人", "责任人"),
                ("甲", "乙", "丙", "丁", "戊"),
            )
        )
    )
    assert (row.investor, row.owner) == ("乙", "戊")


def test_a_phone_beside_the_investors_contact_is_not_the_responsible_persons() -> None:
    header = ("项目名称", "投资方", "投资方联系人", "联系电话", "责任人", "电话")
    row = only_row(read(sheet(header, ("甲", "乙", "张总", "13900000000", "王敏", "13800001001"))))
    assert row.owner_phone == "13800001001"
    row = only_row(read(sheet(header[:5], ("甲", "乙", "张总", "13900000000", "王敏"))))
    assert row.owner_phone is None


def test_cells_merged_over_several_projects_hold_for_each_but_amounts_do_not() -> None:
    workbook = openpyxl.Workbook()
    active = workbook.active
    active.append([*HEADER, "责任单位"])
    active.append(["甲一", "乙集团", 5, "在谈", "药山街道"])
    active.append(["甲二", None, None, "在谈", None])
    for merged in ("B2:B3", "C2:C3", "E2:E3"):
        active.merge_cells(merged)
    out = io.BytesIO()
    workbook.save(out)
    first, second = read_file(out.getvalue()).rows
    assert (second.investor, second.department) == ("乙集团", "药山街道")
    assert (first.total_investment_yuan, second.total_investment_yuan) == (500_000_000, None)
