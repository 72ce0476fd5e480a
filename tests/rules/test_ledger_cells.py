"""Single cells of a ledger: stages, people, land, chains, amounts, days."""

import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.imports.rules import (
    Field,
    Hint,
    LandUnit,
    MessageCode,
    find_layout,
    stage_of,
)
from crm.imports.rules.cells import land_in_mu, name_and_phone
from crm.leads.rules import Stage
from tests.rules.ledger_cases import HEADER, one, only_row, read, read_file, sheet


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
