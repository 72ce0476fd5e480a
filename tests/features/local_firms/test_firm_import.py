"""A workbook of local firms and their needs: looked at first, then taken in."""

import io
import re
from datetime import date

import pytest
from sqlalchemy import select

from crm.chains.models import AnchorNeed, Presence, Segment
from crm.chains.rules import Strength
from crm.core.db import transaction
from crm.core.sheets import workbook_bytes
from crm.enterprises.models import Enterprise
from tests.features.local_firms.cases import TODAY, recorded, rows

HEAD = [
    "企业全称",
    "统一社会信用代码",
    "环节编码",
    "链上角色",
    "强弱",
    "年产值（万元）",
    "产值年份",
    "组团",
    "最近核对",
]
NEED_HEAD = [
    "链主企业",
    "清单",
    "环节编码",
    "具体内容",
    "现有或意向合作方",
    "年金额（万元）",
    "提出日期",
]


def sent_file(client, content):
    """Send a file to be taken in; the answer."""
    return client.post(
        "/chains/firms/import",
        data={"file": (io.BytesIO(content), "本地企业.xlsx")},
        content_type="multipart/form-data",
    )


def looked_at(client, content):
    """Send a workbook; the page that shows what it would do."""
    answer = sent_file(client, content)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return client.get(answer.location).get_data(as_text=True)


def mark_of(page):
    return re.search(r'name="mark" value="([^"]+)"', page)[1]


def sent(client, firms, needs=()):
    """Send firms and needs; the page that shows what they would do, and its mark."""
    sheets = [("本地企业", [HEAD, *firms]), ("三张清单", [NEED_HEAD, *needs])]
    page = looked_at(client, workbook_bytes(sheets))
    return page, mark_of(page)


def taken(client, mark, **more):
    return client.post("/chains/firms/import/confirm", data={"mark": mark, **more})


def test_a_workbook_is_looked_at_then_taken_in_and_again_changes_nothing(
    app, head_of_unit, segments, person, sign_in
):
    firms = [
        ["示例胶体有限公司", None, "NFM-M11", "链主", "强", 126000, 2025, "新型智造组团", None],
        ["示例硅业有限公司", None, "nfm-u2", "配套", None, None, None, None, "2026-05-01"],
    ]
    needs = [
        ["示例胶体有限公司", "配套需求", "NFM-U4", "前驱体", "示例硅业有限公司", 6000, "2026-10-01"]
    ]
    page, mark = sent(head_of_unit, firms, needs)
    assert "企业没有登记2家" in page
    assert rows(app, Presence) == []
    assert taken(head_of_unit, mark, all_companies="yes").status_code == 302
    anchor, supplier = rows(app, Presence)
    assert (anchor.output_yuan, anchor.output_year, anchor.checked_on) == (
        1_260_000_000,
        2025,
        TODAY,
    )
    assert (supplier.strength, supplier.checked_on) == (Strength.MEDIUM, date(2026, 5, 1))
    [need] = rows(app, AnchorNeed)
    assert (need.partner_id, need.amount_yuan) == (supplier.enterprise_id, 60_000_000)
    page, mark = sent(head_of_unit, firms, needs)
    assert "没有变化3条" in page
    assert "不必导入" in page
    firms[1][4], needs[0][5] = "强", 7000
    page, mark = sent(head_of_unit, firms, needs)
    assert "更正2条" in page
    taken(head_of_unit, mark)
    assert rows(app, Presence)[1].strength is Strength.STRONG
    assert rows(app, AnchorNeed)[0].amount_yuan == 70_000_000
    for reader in (head_of_unit, sign_in(person("unit_head", "药山街道", locale="en"))):
        page = looked_at(reader, reader.get("/chains/firms.xlsx").data)
        assert "没有变化3条" in page or "Unchanged: 3" in page


def test_faulty_rows_are_told_one_by_one_and_the_others_come_in(app, head_of_unit, segments):
    recorded(head_of_unit, segments["NFM-M11"], enterprise="示例胶体有限公司")
    firms = [
        ["示例胶体有限公司", None, "NFM-M7", "配套", "强", None, None, None, None],
        ["示例胶体有限公司", None, "NFM-M11", "配套", None, None, None, None, None],
        ["示例胶体有限公司", None, "XX-1", "配套", None, None, None, None, None],
        ["示例胶体有限公司", None, "NFM-U2", "老板", "很强", "许多", None, "没有的组团", "明天"],
        ["示例胶体有限公司", None, "NFM-U3", "配套", None, 500, None, None, None],
        ["=HYPERLINK(1)", "123", "NFM-U3", "配套", None, None, None, None, None],
        ["示例胶体有限公司", None, "NFM-M7", "研发", None, None, None, None, None],
        [None, None, "NFM-U3", "配套", None, None, None, None, None],
        ["某" * 130, None, "NFM-U3", "配套", None, None, None, None, None],
    ]
    needs = [["没有当链主的公司", "配套需求", "NFM-U4", "前驱体", None, None, None]]
    page, mark = sent(head_of_unit, firms, needs)
    for text in (
        "改变角色请在企业页更正", "没有这个环节", "XX-1", "链上角色应为", "强弱应为", "许多", "没有的组团",
        "明天", "请写明是哪一年的", "内容像公式", "信用代码有误", "与前面的行重复", "没有企业名称",
        "2到120个字", "还不是任何环节的链主",
    ):  # fmt: skip
        assert text in page, text
    assert (
        re.search(r"有误(\d+)行", page)[1]
        == re.search(r'有误，不导入<span class="count">(\d+)', page)[1]
    )
    assert taken(head_of_unit, mark, all_companies="yes").status_code == 302
    assert [firm.segment_id for firm in rows(app, Presence)] == [
        segments["NFM-M11"], segments["NFM-M7"],
    ]  # fmt: skip
    assert rows(app, AnchorNeed) == []
    assert rows(app, Enterprise, name="没有当链主的公司") == []


def test_what_stands_at_a_segment_out_of_use_is_no_fault_but_nothing_new_goes_there(
    app, head_of_unit, segments
):
    needs = [["示例胶体有限公司", "配套需求", "NFM-U4", "前驱体", None, 6000, "2026-10-01"]]
    firms = [["示例胶体有限公司", None, "NFM-U3", "链主", "强", None, None, None, None]]
    _page, mark = sent(head_of_unit, firms, needs)
    taken(head_of_unit, mark, all_companies="yes")
    with app.app_context(), transaction() as session:
        session.scalars(select(AnchorNeed)).one().met_on = TODAY
        for code in ("NFM-U3", "NFM-U4"):
            session.get(Segment, segments[code]).retired_on = TODAY
    page = looked_at(head_of_unit, head_of_unit.get("/chains/firms.xlsx").data)
    assert "没有变化2条" in page
    assert "有误0行" in page
    firms = [
        ["示例胶体有限公司", None, "NFM-U4", "配套", None, None, None, None, None],
        ["没有登记的公司", None, "NFM-U4", "配套", None, None, None, None, None],
    ]
    page, _mark = sent(head_of_unit, firms, [[*needs[0][:3], "另一种", None, None, None]])
    assert page.count("这个环节已停用") == 3


def test_an_entry_that_cannot_stand_is_told_at_its_row_and_the_others_come_in(
    app, head_of_unit, segments
):
    name = "示例胶体有限公司"
    recorded(head_of_unit, segments["NFM-M11"], enterprise=name)
    firms = [["新来的公司", None, "NFM-U3", "链主", None, None, None, None, None]]
    needs = [
        [name, "配套需求", "NFM-U4", "前驱体", f" {name}", None, "2026-10-01"],
        ["新来的公司", "配套需求", "NFM-U4", "前驱体", "新来的公司", None, None],
        [name, "客户群体", "NFM-U4", "抛光垫", None, None, "2026-10-01"],
    ]
    page, mark = sent(head_of_unit, firms, needs)
    assert page.count("合作方不能是企业自己") == 2
    assert taken(head_of_unit, mark).status_code == 302
    assert [need.description for need in rows(app, AnchorNeed)] == ["抛光垫"]


def test_a_row_need_not_say_again_when_its_need_was_stated(app, head_of_unit, segments):
    name = "示例胶体有限公司"
    recorded(head_of_unit, segments["NFM-M11"], enterprise=name)
    head = [*NEED_HEAD, "满足日期"]
    stated = [name, "配套需求", "NFM-U4", "前驱体", None, None, "2026-10-01", None]
    for row, words in (
        (stated, "新登记1条"),
        ([*stated[:6], None, "2026-11-01"], "更正1条"),
        ([*stated[:6], "2026-11-20", None], "满足日期早于提出日期"),
        ([*stated[:3], "抛光垫", None, None, None, "2026-11-01"], "满足日期早于提出日期"),
    ):
        page = looked_at(head_of_unit, workbook_bytes([("三张清单", [head, row])]))
        assert words in page
        taken(head_of_unit, mark_of(page))
    [need] = rows(app, AnchorNeed)
    assert (need.noted_on, need.met_on) == (date(2026, 10, 1), date(2026, 11, 1))


@pytest.mark.on("sqlite")
def test_a_file_without_its_columns_is_refused_and_the_template_has_them(head_of_unit, sign_in):
    refused = sent_file(head_of_unit, workbook_bytes([("表", [["甲", "乙"], [1, 2]])]))
    assert "没有找到这些列" in refused.get_data(as_text=True)
    empty = sent_file(head_of_unit, head_of_unit.get("/chains/firms/import/template").data)
    assert "表头下面没有内容" in empty.get_data(as_text=True)
    assert sign_in("staff").get("/chains/firms/import").status_code == 403
    assert taken(head_of_unit, "x").status_code == 302
