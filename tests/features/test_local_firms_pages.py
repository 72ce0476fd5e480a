"""Local firms, the lists of anchor firms and the call list, through their pages."""

import io
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.accounts.models import User
from crm.chains.models import AnchorNeed, Presence, Segment, SegmentLink
from crm.chains.rules import PresenceRole, SegmentLayout, Strength
from crm.core.db import db, transaction
from crm.core.sheets import workbook_bytes
from crm.enterprises.models import Enterprise
from crm.history.models import AuditEvent
from tests.leads import opened, read_form

TODAY = date(2026, 11, 26)


@pytest.fixture
def staff(sign_in):
    return sign_in("staff", "药山街道")


@pytest.fixture
def segments(app):
    """Ids of segments by code."""
    with app.app_context():
        return {row.code: row.id for row in db.session.execute(select(Segment.code, Segment.id))}


def rows(app, model, **where):
    with app.app_context():
        return db.session.scalars(select(model).filter_by(**where).order_by(model.id)).all()


def recorded(client, segment, **fields):
    """Record a firm by the page; the answer."""
    data = {
        "enterprise": "示例胶体有限公司", "is_new": "y", "segment": segment, "role": "anchor",
        "strength": "strong", "output": "12.6", "output_year": "2025", "evidence": "年报",
        "since_on": "2008-06-01", **fields,
    }  # fmt: skip
    return client.post("/chains/firms/new", data=data)


def test_a_firm_is_recorded_with_its_company_and_its_output_in_whole_yuan(app, staff, segments):
    assert recorded(staff, segments["NFM-M11"]).status_code == 302
    [firm] = rows(app, Presence)
    assert (firm.output_yuan, firm.output_year) == (1_260_000_000, 2025)
    assert (firm.checked_on, firm.checked_by_id) == (TODAY, staff.actor.id)
    page = staff.get(f"/enterprises/{firm.enterprise_id}").get_data(as_text=True)
    assert "抛光液与硅溶胶/二氧化硅" in page
    assert "三张清单" in page
    [event] = rows(app, AuditEvent, action="presence_recorded")
    assert event.after["segment"] == "新型功能材料 · 抛光液与硅溶胶/二氧化硅"


def test_what_cannot_be_recorded_is_said_beside_its_field(app, staff, segments):
    recorded(staff, segments["NFM-M11"])
    again = recorded(staff, segments["NFM-M11"], is_new="", output_year="", since_on="2026-12-01")
    page = again.get_data(as_text=True)
    assert again.status_code == 422
    for text in ("已在该环节", "请写明是哪一年的", "进入日期晚于今天"):
        assert text in page, text
    same = recorded(staff, segments["NFM-M7"])
    assert same.status_code == 422
    assert "与同名企业的区别" in same.get_data(as_text=True)
    unknown = recorded(staff, segments["NFM-M7"], is_new="", enterprise="没听说过的公司")
    assert "没有登记这家企业" in unknown.get_data(as_text=True)
    with app.app_context(), transaction() as session:
        session.get(Segment, segments["NFM-M8"]).retired_on = TODAY
    assert recorded(staff, segments["NFM-M8"], is_new="").status_code == 422
    assert len(rows(app, Presence)) == 1


def test_everything_missing_is_told_at_once_the_company_too(staff):
    page = staff.post("/chains/firms/new", data={"output": "abc"}).get_data(as_text=True)
    for text in ("请填写企业全称", "请选择环节", "请选择链上角色", "看不懂这个金额"):
        assert text in page, text


def test_two_people_correcting_one_firm_do_not_overwrite_each_other(app, staff, segments):
    recorded(staff, segments["NFM-M11"])
    [firm] = rows(app, Presence)
    address = f"/chains/firms/{firm.id}"
    sent = opened(staff, address)
    assert staff.post(address, data={**sent, "strength": "medium"}).status_code == 302
    late = staff.post(address, data={**sent, "output": "9600万"})
    assert late.status_code == 409
    assert "强弱" in late.get_data(as_text=True)
    [firm] = rows(app, Presence)
    assert (firm.strength, firm.output_yuan) == (Strength.MEDIUM, 1_260_000_000)
    staff.post(address, data={**opened(staff, address), "segment": segments["NFM-M7"]})
    assert rows(app, Presence)[0].segment_id == segments["NFM-M7"]


def add_firms(app, segment_id, count, **more):
    with app.app_context(), transaction() as session:
        companies = [
            Enterprise(name=f"示例{n}号有限公司", name_norm=f"示例{n}", name_loose=f"示例{n}")
            for n in range(count)
        ]
        session.add_all(companies)
        session.flush()
        firms = [
            Presence(
                **{
                    "enterprise_id": each.id, "segment_id": segment_id,
                    "role": PresenceRole.SUPPLIER, "checked_on": TODAY - timedelta(days=400 - n),
                    "output_yuan": 10**8, "output_year": 2024 + n % 2, **more,
                }
            )
            for n, each in enumerate(companies)
        ]  # fmt: skip
        session.add_all(firms)
        session.flush()
        return [each.id for each in firms]


def test_firms_long_not_checked_come_first_and_are_checked_off_together(app, staff, segments):
    ids = add_firms(app, segments["NFM-M11"], 40)
    stale = staff.get("/chains/firms?state=stale").get_data(as_text=True)
    assert stale.count("满一年未核") > 20
    assert staff.get("/chains/firms").get_data(as_text=True).index("示例0号") < stale.index(
        "示例9号"
    )
    with app.app_context(), transaction() as session:
        session.get(Presence, ids[1]).version = 2
    told = staff.post(
        "/chains/firms/check?state=stale", data={"pick": [f"{ids[0]}-1", f"{ids[1]}-1"]},
        follow_redirects=True,
    ).get_data(as_text=True)  # fmt: skip
    assert "已记下1条" in told
    assert "1条刚刚被别人改过" in told
    assert [firm.checked_on == TODAY for firm in rows(app, Presence)[:2]] == [True, False]


def test_the_list_walks_by_pages_and_sums_no_two_years(app, staff, segments, count_queries):
    add_firms(app, segments["NFM-M11"], 3)
    staff.get("/chains/firms")
    with count_queries() as few:
        page = staff.get("/chains/firms").get_data(as_text=True)
    assert "2025年 1亿元；2024年 2亿元" in page
    add_firms(app, segments["NFM-M7"], 60)
    with count_queries() as many:
        page = staff.get("/chains/firms?sort=output").get_data(as_text=True)
    assert len(many) <= len(few) + 1  # beyond one page the rows are counted
    assert "共63条" in page
    assert "下一页" in page
    for query in ("sort=no", "role=boss", "chain=x", "cursor=x", "state=gone"):
        assert staff.get(f"/chains/firms?{query}").status_code == 400, query


def test_a_segment_stands_for_all_below_it(app, staff, segments):
    with app.app_context(), transaction() as session:
        session.get(Segment, segments["NFM-M7"]).parent_id = segments["NFM-M11"]
    add_firms(app, segments["NFM-M7"], 2)
    page = staff.get(f"/chains/firms?segment={segments['NFM-M11']}").get_data(as_text=True)
    assert "示例1号有限公司" in page
    table = staff.get(f"/chains/firms.xlsx?segment={segments['NFM-M11']}")
    assert table.status_code == 200
    [event] = rows(app, AuditEvent, action="presences_exported")
    assert event.after["rows"] == 2


def test_a_firm_leaves_once_and_may_come_back(app, staff, segments):
    recorded(staff, segments["NFM-M11"])
    [firm] = rows(app, Presence)
    address = f"/chains/firms/{firm.id}/end"
    early = staff.post(
        address, data={**opened(staff, address), "ended_on": "2008-05-31", "reason": "迁出"}
    )
    assert "早于进入日期" in early.get_data(as_text=True)
    left = {**read_form(early), "ended_on": "2026-11-01"}
    assert staff.post(address, data=left).status_code == 302
    assert staff.post(f"/chains/firms/{firm.id}/check", data={"version": "2"}).status_code == 422
    assert "示例胶体" not in staff.get("/chains/firms").get_data(as_text=True)
    ended = staff.get("/chains/firms?state=ended").get_data(as_text=True)
    assert "退出日期" in ended
    assert "2026-11-01" in ended
    assert recorded(staff, segments["NFM-M11"], is_new="").status_code == 302


def noted(client, enterprise_id, segment, **fields):
    data = {
        "kind": "supply", "segment": segment, "description": "高纯硅源", "partner": "省外硅业",
        "amount": "9000万", "noted_on": "2026-11-01", **fields,
    }  # fmt: skip
    return client.post(f"/chains/needs/new?enterprise={enterprise_id}", data=data)


def test_only_an_anchor_firm_has_lists_and_it_is_offered_to_become_one(app, staff, segments):
    recorded(staff, segments["NFM-M11"], role="supplier")
    [firm] = rows(app, Presence)
    refused = noted(staff, firm.enterprise_id, segments["NFM-U2"])
    assert refused.status_code == 422
    assert f"/chains/firms/new?enterprise={firm.enterprise_id}&amp;role=anchor" in refused.get_data(
        as_text=True
    )
    address = f"/chains/firms/{firm.id}"
    staff.post(address, data={**opened(staff, address), "role": "anchor"})
    assert noted(staff, firm.enterprise_id, segments["NFM-U2"]).status_code == 302
    [need] = rows(app, AnchorNeed)
    assert (need.amount_yuan, need.partner_name) == (90_000_000, "省外硅业")
    lost = staff.post(address, data={**opened(staff, address), "role": "supplier"})
    assert "还有未满足的条目" in lost.get_data(as_text=True)


def test_a_need_is_corrected_met_reopened_and_withdrawn(app, staff, segments):
    recorded(staff, segments["NFM-M11"])
    company = rows(app, Presence)[0].enterprise_id
    own = noted(
        staff, company, segments["NFM-U2"], partner="示例胶体有限公司", noted_on="2026-12-09"
    )
    for text in ("不能是企业自己", "提出日期晚于今天"):
        assert text in own.get_data(as_text=True), text
    noted(staff, company, segments["NFM-U2"])
    [need] = rows(app, AnchorNeed)
    assert staff.post(f"/chains/needs/{need.id}/met", data={"version": "9"}).status_code == 409
    assert staff.post(f"/chains/needs/{need.id}/met", data={"version": "1"}).status_code == 302
    assert rows(app, AnchorNeed)[0].met_on == TODAY
    address = f"/chains/needs/{need.id}"
    staff.post(address, data={**opened(staff, address), "met_on": "", "amount": "1.2"})
    [need] = rows(app, AnchorNeed)
    assert (need.met_on, need.amount_yuan) == (None, 120_000_000)
    gone = f"{address}/withdraw"
    staff.post(gone, data={**opened(staff, gone), "reason": "企业改用自产"})
    assert rows(app, AnchorNeed) == []
    told = [event.action for event in rows(app, AuditEvent, subject_type="anchor_needs")]
    assert told == ["need_noted", "need_met", "need_reopened", "need_withdrawn"]
    [last] = rows(app, AuditEvent, action="need_withdrawn")
    assert (last.before["amount_yuan"], last.note) == (120_000_000, "企业改用自产")


def test_the_call_list_names_what_is_missing_around_an_anchor_firm(
    app, staff, segments, count_queries
):
    with app.app_context(), transaction() as session:
        session.query(SegmentLink).delete()
        for code in ("NFM-U1", "NFM-D2"):
            session.get(Segment, segments[code]).layout = SegmentLayout.FOCUS
        for supply, need, product in (
            ("NFM-U1", "NFM-U2", "金属硅"), ("NFM-U2", "NFM-M11", "硅源"),
            ("NFM-M11", "NFM-D2", "抛光液"),
        ):  # fmt: skip
            session.add(
                SegmentLink(from_id=segments[supply], to_id=segments[need], product=product)
            )
    recorded(staff, segments["NFM-M11"])
    company = rows(app, Presence)[0].enterprise_id
    noted(staff, company, segments["NFM-D2"], kind="customer", description="晶圆抛光液")
    page = staff.get(f"/chains/anchors/{company}").get_data(as_text=True)
    for text in (
        "硅源与有机硅（直接上游）",
        "（上游的上游）",
        "金属硅",
        "（直接下游）",
        "晶圆抛光液",
    ):
        assert text in page, text
    assert page.index("半导体与显示面板") < page.index("硅源与有机硅（直接上游）")
    with count_queries() as few:
        staff.get("/chains/anchors")
    recorded(staff, segments["NFM-U2"], enterprise="示例硅业有限公司", role="supplier")
    page = staff.get(f"/chains/anchors/{company}").get_data(as_text=True)
    assert "硅源与有机硅（直接上游）" not in page
    assert "（上游的上游）" in page
    add_firms(app, segments["NFM-M7"], 5, role=PresenceRole.ANCHOR)
    with count_queries() as many:
        assert "示例胶体有限公司" in staff.get("/chains/anchors").get_data(as_text=True)
    assert len(many) == len(few) <= 10
    assert staff.get(f"/chains/anchors/{company}/visit.xlsx").status_code == 200
    with app.app_context(), transaction() as session:
        session.get_one(User, staff.actor.id).locale = "en"
    in_english = staff.get(f"/chains/anchors/{company}").get_data(as_text=True)
    assert "No firm stands here in the district yet. Products: 抛光液" in in_english
    other = rows(app, Presence)[1].enterprise_id
    assert staff.get(f"/chains/anchors/{other}").status_code == 404


@pytest.mark.on("sqlite")
def test_who_only_reads_cannot_write(sign_in, segments):
    leader = sign_in("district_leader")
    for page in ("/chains/firms", "/chains/anchors", "/chains/firms.xlsx"):
        assert leader.get(page).status_code == 200, page
    assert recorded(leader, segments["NFM-M11"]).status_code == 403
    assert leader.post("/chains/firms/check").status_code == 403


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


def sent(client, firms, needs=()):
    """Send a workbook; the page that shows what it would do, and its mark."""
    sheets = [("本地企业", [HEAD, *firms]), ("三张清单", [NEED_HEAD, *needs])]
    file = (io.BytesIO(workbook_bytes(sheets)), "本地企业.xlsx")
    answer = client.post(
        "/chains/firms/import", data={"file": file}, content_type="multipart/form-data"
    )
    assert answer.status_code == 302, answer.get_data(as_text=True)
    page = client.get(answer.location).get_data(as_text=True)
    return page, re.search(r'name="mark" value="([^"]+)"', page)[1]


def taken(client, mark, **more):
    return client.post("/chains/firms/import/confirm", data={"mark": mark, **more})


@pytest.fixture
def head_of_unit(sign_in):
    return sign_in("unit_head", "药山街道")


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
        exported = (io.BytesIO(reader.get("/chains/firms.xlsx").data), "a.xlsx")
        again = reader.post(
            "/chains/firms/import", data={"file": exported}, content_type="multipart/form-data"
        )
        page = reader.get(again.location).get_data(as_text=True)
        assert "没有变化3条" in page or "Unchanged: 3" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("很多", "请写一个确数，例如3.2亿元、9600万元"),
        ("约6亿", "请写一个确数，例如3.2亿元、9600万元"),
        ("不超过6亿", "请写一个确数，例如3.2亿元、9600万元"),
        ("3000万美元", "请折合人民币填写"),
    ],
)
def test_an_output_is_asked_for_as_it_will_be_taken(head_of_unit, segments, typed, said):
    answer = recorded(head_of_unit, segments["NFM-M11"], output=typed, output_year="2025")
    assert answer.status_code == 422
    assert said in answer.text
    assert "可以写" not in answer.text


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
    exported = (io.BytesIO(head_of_unit.get("/chains/firms.xlsx").data), "a.xlsx")
    again = head_of_unit.post(
        "/chains/firms/import", data={"file": exported}, content_type="multipart/form-data"
    )
    page = head_of_unit.get(again.location).get_data(as_text=True)
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
        file = (io.BytesIO(workbook_bytes([("三张清单", [head, row])])), "a.xlsx")
        answer = head_of_unit.post(
            "/chains/firms/import", data={"file": file}, content_type="multipart/form-data"
        )
        page = head_of_unit.get(answer.location).get_data(as_text=True)
        assert words in page
        taken(head_of_unit, re.search(r'name="mark" value="([^"]+)"', page)[1])
    [need] = rows(app, AnchorNeed)
    assert (need.noted_on, need.met_on) == (date(2026, 10, 1), date(2026, 11, 1))


@pytest.mark.on("sqlite")
def test_a_file_without_its_columns_is_refused_and_the_template_has_them(head_of_unit, sign_in):
    file = (io.BytesIO(workbook_bytes([("表", [["甲", "乙"], [1, 2]])])), "a.xlsx")
    refused = head_of_unit.post(
        "/chains/firms/import", data={"file": file}, content_type="multipart/form-data"
    )
    assert "没有找到这些列" in refused.get_data(as_text=True)
    template = (io.BytesIO(head_of_unit.get("/chains/firms/import/template").data), "a.xlsx")
    empty = head_of_unit.post(
        "/chains/firms/import", data={"file": template}, content_type="multipart/form-data"
    )
    assert "表头下面没有内容" in empty.get_data(as_text=True)
    assert sign_in("staff").get("/chains/firms/import").status_code == 403
    assert taken(head_of_unit, "x").status_code == 302
