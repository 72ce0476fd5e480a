"""Ledgers as bureaus send them: the sample to the last field, then every other layout we know of."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.money import Unit
from crm.core.sheets import Sheet, read_sheets
from crm.imports.rules import (
    Field,
    Hint,
    KnownChain,
    KnownSegment,
    LandUnit,
    Ledger,
    LedgerMessage,
    LedgerRow,
    MessageCode,
    Taxonomy,
    find_layout,
    meaning_of,
    read_ledger,
    stage_of,
)
from crm.imports.rules.cells import land_in_mu, name_and_phone
from crm.leads.rules import Stage

FIXTURES = Path(__file__).parents[1] / "fixtures"
LEDGER = (FIXTURES / "ledger_2026.xlsx").read_bytes()
EXPECTED = json.loads((FIXTURES / "ledger_2026.expected.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 24)


def chain(name: str, code: str, *segments: tuple[str, str]) -> KnownChain:
    return KnownChain(name, code, segments=tuple(KnownSegment(*segment) for segment in segments))


# As much of the taxonomy as the sample names, with its suffixes and a segment of the same name elsewhere.
TAXONOMY = Taxonomy(
    (
        chain(
            "新型功能材料",
            "NFM",
            ("NFM-M1", "正极/负极材料[能源]"),
            ("NFM-M5", "氢能膜材料[能源]"),
            ("NFM-M7", "湿电子化学品/光刻胶[电子]"),
            ("NFM-M11", "抛光液与硅溶胶/二氧化硅[电子·环保]"),
        ),
        chain(
            "智能制造装备",
            "IME",
            ("IME-U1", "精密减速器/丝杠导轨"),
            ("IME-M6", "智能物流仓储/AGV"),
            ("IME-M7", "电力物联网/二次设备"),
            ("IME-M9", "储能/充换电装备"),
            ("IME-M10", "风光氢新能源装备"),
            ("IME-M12", "智能车载设备"),
        ),
        chain("医疗器械", "MED", ("MED-U2", "影像核心部件(球管/探测器)")),
        chain("检验检测", "TIC", ("TIC-M1", "综合第三方检测")),
        chain("大健康与生物医药", "HLT", ("HLT-M6", "细胞与基因治疗")),
        chain("特色商贸(商贸物流)", "TRD", ("TRD-M6", "跨境电商"), ("TRD-M11", "中央厨房/预制菜")),
        chain(
            "高端服务与总部经济",
            "SVC",
            ("SVC-M1", "央企/省企区域总部"),
            ("SVC-M2", "民企/外企区域总部"),
            ("SVC-M11", "电竞/新媒体/数字文创"),
        ),
        chain("未来空天", "FA", ("FA-8", "航空材料与部件")),
        chain("未来健康", "FH", ("FH-1", "细胞与基因治疗")),
    )
)


def sheet(*rows: Sequence[Any], name: str = "台账", **more: Any) -> Sheet:
    return Sheet(name, tuple(tuple(row) for row in rows), **more)


def read(*sheets: Sheet, as_of: date = TODAY) -> Ledger:
    return read_ledger(sheets, taxonomy=TAXONOMY, as_of_default=as_of)


def read_file(data: bytes, name: str = "台账.xlsx") -> Ledger:
    return read(*read_sheets(data, name))


def only_row(ledger: Ledger) -> LedgerRow:
    (row,) = ledger.rows
    return row


HEADER = ("项目名称", "投资方", "总投资（亿元）", "阶段")


def one(header: str, value: Any, *, as_of: date = TODAY) -> LedgerRow:
    """The row of a ledger with one column more."""
    return only_row(read(sheet((*HEADER, header), ("甲", "乙公司", 5, "在谈", value)), as_of=as_of))


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


# --- single fields ---


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("线索", Stage.LEAD),
        ("初步接洽", Stage.CONTACTED),
        ("在谈", Stage.NEGOTIATING),
        ("洽谈阶段", Stage.NEGOTIATING),
        ("正在洽谈", Stage.NEGOTIATING),
        ("跟进中", Stage.NEGOTIATING),
        ("联审", Stage.REVIEWED),
        ("待签约", Stage.PRE_SIGNING),
        ("框架协议", Stage.PRE_SIGNING),
        ("已签约", Stage.SIGNED),
        (" 正式签约 ", Stage.SIGNED),
        ("落户", Stage.REGISTERED),
        ("在建", Stage.STARTED),
        ("入驻", Stage.STARTED),
        ("纳统", Stage.STARTED),
        ("竣工投产", Stage.OPERATING),
        ("暂缓推进", Stage.PARKED),
        ("已终止", Stage.LOST),
        ("移交", Stage.TRANSFERRED),
        ("signed", Stage.SIGNED),
    ],
)
def test_stage_words_map_to_stages(word: str, stage: Stage) -> None:
    assert stage_of(word) is stage


@pytest.mark.parametrize(
    "word", ["落地", "签约中", "正在签约", "注册中", "备案", "A类", "?", "中", "已"]
)
def test_a_stage_word_nobody_knows_is_asked(word: str) -> None:
    assert stage_of(word) is None
    ledger = read(sheet(HEADER, ("甲", "乙公司", 5, word)))
    row = only_row(ledger)
    assert (row.stage, row.problems, row.saved) == (None, {"stage"}, True)
    assert row.raw[Field.STAGE] == word
    assert ledger.messages[0].code is MessageCode.STAGE_UNKNOWN


@given(st.text(max_size=8))
def test_looking_up_a_stage_always_ends(word: str) -> None:
    assert stage_of(word) is None or stage_of(word) in Stage


def test_empty_cells_are_missing_and_no_problem() -> None:
    row = only_row(read(sheet((*HEADER, "责任人", "签约日期"), ("甲", None, "/", " ", "无", "—"))))
    assert row.problems == frozenset()
    assert (row.investor, row.total_investment_yuan, row.stage) == (None, None, None)
    assert (row.owner, row.signed_on) == (None, None)


@pytest.mark.parametrize(
    ("text", "name", "phone"),
    [
        ("王敏 13800001001", "王敏", "13800001001"),
        ("王敏（电话：138-0000-1001）", "王敏", "13800001001"),
        ("王敏\n0531-85876543", "王敏", "053185876543"),
        ("王敏，联系电话＋86 13800001001", "王敏", "13800001001"),
        ("王敏", "王敏", None),
        ("王敏、李强", "王敏、李强", None),
        ("13800001001", None, "13800001001"),
    ],
)
def test_a_person_and_a_phone_in_one_cell(text: str, name: str | None, phone: str | None) -> None:
    assert name_and_phone(text) == (name, phone)
    row = one("责任人及电话", text)
    assert (row.owner, row.owner_phone) == (name, phone)


@pytest.mark.parametrize(
    ("header", "value", "mu"),
    [
        ("用地（亩）", 85, "85"),
        ("用地（亩）", "460亩", "460"),
        ("用地（亩）", "约60.5亩", "60.5"),
        ("用地（亩）", "２公顷", "30"),
        ("用地", "60亩", "60"),
        ("用地（公顷）", 2, "30"),
        ("占地面积（㎡）", 66667, "100.00"),
        ("占地面积（平方米）", "33,333.5", "50.00"),
    ],
)
def test_land_is_read_in_mu(header: str, value: Any, mu: str) -> None:
    assert one(header, value).land_mu == Decimal(mu)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("用地", 60),
        ("用地（亩）", "50-60亩"),
        ("用地（亩）", "待定"),
        ("用地（亩）", -5),
        ("用地（亩）/楼宇（㎡）", 3000),
        ("用地（亩）/楼宇（㎡）", "3000㎡"),
    ],
)
def test_land_that_is_not_clear_is_asked(header: str, value: Any) -> None:
    row = one(header, value)
    assert (row.land_mu, row.problems) == (None, {"land_mu"})


@given(st.text(max_size=12))
def test_reading_land_never_raises(text: str) -> None:
    assert land_in_mu(text, LandUnit.MU, False) is None or text


@pytest.mark.parametrize(
    ("cell", "chain_name", "code", "problems"),
    [
        ("新型功能材料/氢能膜材料", "新型功能材料", "NFM-M5", set()),
        ("新型功能材料-正极/负极材料", "新型功能材料", "NFM-M1", set()),
        ("新型功能材料产业链", "新型功能材料", None, set()),
        ("特色商贸", "特色商贸(商贸物流)", None, set()),
        ("跨境电商", "特色商贸(商贸物流)", "TRD-M6", set()),
        ("新型功能材料/跨境电商", "新型功能材料", None, {"segment"}),
        ("细胞与基因治疗", None, None, {"chain"}),
        ("房地产", None, None, {"chain"}),
    ],
)
def test_chain_and_segment_in_one_column(
    cell: str, chain_name: str | None, code: str | None, problems: set[str]
) -> None:
    row = one("所属产业链/环节", cell)
    assert (row.chain, row.segment_code, row.problems) == (chain_name, code, problems)


def test_a_segment_is_looked_for_in_its_chain() -> None:
    header = (*HEADER, "所属产业链", "所属环节")
    cells = ("甲", "乙公司", 5, "在谈")
    health = only_row(read(sheet(header, (*cells, "未来健康", "细胞与基因治疗"))))
    assert health.segment_code == "FH-1"
    alone = only_row(read(sheet(header, (*cells, None, "智能车载设备"))))
    assert (alone.chain, alone.segment_code, alone.problems) == (None, "IME-M12", frozenset())
    either = only_row(read(sheet(header, (*cells, None, "细胞与基因治疗"))))
    assert (either.segment_code, either.problems) == (None, {"segment"})
    wrong = only_row(read(sheet(header, (*cells, "检验检测", "智能车载设备"))))
    assert (wrong.chain, wrong.segment_code, wrong.problems) == ("检验检测", None, {"segment"})


def test_amounts_in_the_wrong_currency_are_asked() -> None:
    assert one("固投（亿元）", "3000万美元").problems == {"fixed_assets"}
    assert one("利用外资（万美元）", "2亿元").problems == {"foreign_capital"}
    assert one("利用外资（万美元）", "3000").foreign_capital_usd == 30_000_000


def test_a_computed_number_is_rounded_to_whole_yuan() -> None:
    row = only_row(read(sheet(HEADER, ("甲", "乙公司", 10 / 3, "在谈"))))
    assert row.total_investment_yuan == 333_333_333


def test_an_unusual_size_is_said_but_no_problem() -> None:
    ledger = read(sheet(HEADER, ("甲", "乙公司", 52000, "在谈")))
    assert only_row(ledger).problems == frozenset()
    assert [message.code for message in ledger.messages] == [MessageCode.AMOUNT_SUSPICIOUS]


def test_formulas_without_stored_value_are_worked_out_or_asked() -> None:
    workbook = openpyxl.Workbook()
    active = workbook.active
    active.append([*HEADER, "责任单位"])
    active.append(["甲", "乙公司", "=2.5+1.2", "在谈", "=VLOOKUP(A1,B:C,2)"])
    active.append(["丙", "=A2", 5, "在谈", "#REF!"])
    active.append(["=A2", "丁公司", 5, "在谈", "药山街道"])
    out = io.BytesIO()
    workbook.save(out)
    first, second, third = read_file(out.getvalue()).rows
    assert first.total_investment_yuan == 370_000_000
    assert (first.department, first.problems) == (None, {"department"})
    assert first.raw[Field.DEPARTMENT] == "=VLOOKUP(A1,B:C,2)"
    assert (second.investor, second.problems) == ("=A2", {"investor_formula", "department"})
    assert (third.title, third.problems, third.saved) == (None, {"title_missing"}, False)


@pytest.mark.parametrize("name", ["=A1", "＝1+1", "+cmd", "@SUM(A1)", "-2+3"])
def test_an_investor_that_reads_as_a_formula_is_not_saved(name: str) -> None:
    row = only_row(read(sheet(HEADER, ("甲", name, 5, "在谈"))))
    assert (row.investor, row.problems, row.saved) == (name, {"investor_formula"}, False)


@pytest.mark.parametrize(
    ("title", "remark", "suggested"),
    [
        ("区域总部", None, {Hint.HEADQUARTERS}),
        ("研发基地２期", "城市更新", {Hint.PHASE_TWO, Hint.URBAN_RENEWAL}),
        ("基地十二期", None, {Hint.PHASE_TWO}),
        ("基地12期", None, set()),
        ("产业园", None, set()),
    ],
)
def test_words_hint_at_what_a_person_confirms(
    title: str, remark: str | None, suggested: set[Hint]
) -> None:
    row = only_row(read(sheet((*HEADER, "备注"), (title, "乙公司", 5, "在谈", remark))))
    assert row.suggests == suggested


def test_the_same_project_of_another_investor_is_no_duplicate() -> None:
    ledger = read(
        sheet(
            HEADER,
            ("智能仓储", "乙公司", 5, "在谈"),
            ("智能仓储", "丙公司", 5, "在谈"),
            ("智能 仓储", "乙公司", 6, "签约"),
        )
    )
    assert [row.saved for row in ledger.rows] == [True, True, False]


def test_a_row_that_is_not_saved_makes_no_duplicate_of_a_later_one() -> None:
    ledger = read(sheet(HEADER, ("甲", "=X", 5, "在谈"), ("甲", "乙公司", 5, "在谈")))
    assert [row.saved for row in ledger.rows] == [False, True]


def test_days_take_the_year_from_the_files_own_day() -> None:
    late = one("首次对接时间", "12月8日", as_of=date(2026, 11, 23))
    assert late.first_contact_on == date(2025, 12, 8)
    soon = one("下次跟进时间", "1月5日", as_of=date(2026, 11, 23))
    assert soon.next_action_on == date(2027, 1, 5)


VALUES = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.sampled_from(
        ["项目名称", "投资方", "总投资（亿元）", "阶段", "合计", "单位：万元", "=1+1", "5亿"]
    ),
)


@settings(max_examples=300)
@given(st.lists(st.lists(VALUES, max_size=6), max_size=6))
def test_no_cell_makes_reading_fail(rows: list[list[Any]]) -> None:
    below_header = sheet((*HEADER, "签约日期", "用地（亩）"), *rows)
    for laid_out in (sheet(*rows), below_header):
        for row in read(laid_out).rows:
            assert json.dumps(row.as_json())


def test_finding_a_layout_gives_none_where_there_is_no_header() -> None:
    assert find_layout(sheet(("甲", "乙", "丙"), (1, 2, 3))) is None
