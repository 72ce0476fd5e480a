"""Files of expansion signals: whom they are about, what is told, nothing twice."""

import io
import re
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from crm.chains.queries.fits import fits_of
from crm.core.db import transaction
from crm.core.errors import Refused
from crm.core.sheets import Sheet
from crm.enterprises import queries, services
from crm.enterprises.models import ExpansionSignal
from crm.enterprises.rules import check_character
from crm.enterprises.rules.signal_file import SIGNAL_HEADS
from crm.enterprises.services import EnterpriseEntry

AT = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
HEAD = tuple(SIGNAL_HEADS.values())


def code(number=1):
    body = f"913701000000{number:05d}"
    return body + check_character(body)


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.fixture
def staff(person):
    return person("staff", "药山街道")


@pytest.fixture
def known(db_session, staff):
    with transaction():
        return services.save(staff, AT, None, EnterpriseEntry("甲锂电材料有限公司", uscc=code())).id


@pytest.fixture
def take_in(known, staff):
    def taking(*rows, register=()):
        with transaction():
            sheet = Sheet("信号", (HEAD, *rows))
            return services.import_signals(staff, AT, sheet, filename="x.xlsx", register=register)

    return taking


FILE = (
    ("甲锂电材料有限责任公司", None, "公告扩产", date(2026, 10, 8), "公告2026-077", 30, "二期"),
    ("甲锂电材料有限公司", code(), "融资", "2026年9月1日", "交易所公告", "约5000万元", None),
    ("甲锂电材料有限公司", code(), "公告扩产", "2026-10-08", "公告2026-077", None, None),
    ("乙示例科技有限公司", code(2), "新设子公司", "2026/8/15", "公示系统", None, None),
    ("乙示例科技有限公司", None, "政策", "2026-07-01", "行动方案", "3亿美元", None),
)


def logged(company):
    return [(row.kind.value, row.source, row.amount_yuan) for row in queries.signals_of(company)]


def test_signals_go_to_known_companies_and_to_unknown_ones_by_choice(take_in, known, db_session):
    look = take_in(*FILE)
    assert logged(known) == [
        ("expansion", "公告2026-077", 3_000_000_000), ("funding", "交易所公告", 50_000_000),
    ]  # fmt: skip
    assert [told.row.name for told in look.unknown.values()] == ["乙示例科技有限公司"]
    assert [(each.row, each.fault.value) for each in look.messages] == [
        (6, "amount_unreadable"),
    ]  # fmt: skip
    assert len(look.logged) == 1  # the third row says what the first said
    again = take_in(*FILE, register={5})
    assert len(again.new) == 2
    other = queries.by_uscc(code(2))
    assert [row[0] for row in logged(other.id)] == ["subsidiary", "policy"]
    assert take_in(*FILE, register="all").new == []
    assert db_session.scalar(select(func.count()).select_from(ExpansionSignal)) == 4


def test_faulty_rows_are_told_one_by_one_and_left_out(take_in, known, staff):
    for reason in (None, "另一家"):
        with transaction():
            entry = EnterpriseEntry("同名有限公司", same_name_reason=reason)
            services.save(staff, AT, None, entry)
    look = take_in(
        (None, None, "融资", "2026-01-01", "公告", None, None),
        ("甲锂电材料有限公司", "9137", "融资", "2026-01-01", "公告", None, None),
        ("甲锂电材料有限公司", None, "听说", "2026-01-01", "公告", None, None),
        ("甲锂电材料有限公司", None, "融资", "近期", "公告", None, None),
        ("甲锂电材料有限公司", None, "融资", "2026-11-27", "公告", None, None),
        ("甲锂电材料有限公司", None, "融资", "2026-01-01", None, None, None),
        ("甲锂电材料有限公司", None, "融资", "2026-01-01", "长" * 201, None, None),
        ("甲锂电材料有限公司", None, "融资", "2026-01-01", "=1+1", None, None),
        ("甲锂电材料有限公司", code(9), "融资", "2026-01-01", "公告", None, None),
        ("同名有限公司", None, "融资", "2026-01-01", "公告", None, None),
    )
    assert [(each.row, each.fault.value) for each in look.messages] == [
        (2, "company_missing"), (3, "code_wrong"), (4, "kind_unknown"), (5, "day_unreadable"),
        (6, "day_to_come"), (7, "source_missing"), (8, "source_too_long"), (9, "like_formula"),
        (10, "company_unclear"), (11, "several_of_name"),
    ]  # fmt: skip
    assert look.faulty == 10
    assert logged(known) == []


def test_a_sheet_without_its_columns_is_refused(db_session, staff):
    with pytest.raises(Refused) as refused, transaction():
        services.import_signals(staff, AT, Sheet("x", (("企业名称", "日期"),)), filename="x")
    assert [each.code for each in refused.value.faults] == ["columns_missing"]


@pytest.mark.on("sqlite")
def test_staff_look_at_a_file_first_and_then_import_it(known, staff, sign_in, db_session):
    client = sign_in(staff)
    lines = ["企业名称,类别,日期,来源", "甲锂电材料有限公司,融资,2026-05-01,公告1",
             "丙减速器有限公司,政策,2026-05-02,公告2", "丁,政策,今天,公告3"]  # fmt: skip
    data = "\n".join(lines).encode("gb18030")
    sent = client.post("/enterprises/signals/import", data={"file": (io.BytesIO(data), "信号.csv")})
    page = client.get(sent.location)
    assert "；读不出发生日期" in page.text, "a row is told once, with all that is wrong with it"
    for words in (
        "新信号1条",
        "企业没有登记1家",
        "有误1行",
        "有误，不导入 1",
        "企业名称应为2到120个字",
    ):
        assert words in text_of(page), words
    assert logged(known) == []
    mark = re.search(r'name="mark" value="([^"]+)"', page.text)[1]
    done = client.post("/enterprises/signals/import/confirm", data={"mark": mark, "pick": ["3"]})
    listed = text_of(client.get(done.location))
    assert "已登记2条扩产信号" in listed
    assert "丙减速器有限公司" in listed
    db_session.rollback()  # to see what was written meanwhile
    other = queries.by_name("丙减速器有限公司")
    assert [row.code for row in fits_of(other.id)] == ["IME-U1"]
    template = client.get("/enterprises/signals/import/template")
    assert load_workbook(io.BytesIO(template.data)).active["C1"].value == "信号类别"
    assert sign_in("auditor").get("/enterprises/signals/import").status_code == 403
