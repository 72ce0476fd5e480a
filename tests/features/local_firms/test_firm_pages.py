"""A local firm at a segment: recorded, corrected, checked again, listed and left."""

import pytest

from crm.chains.models import Presence, Segment
from crm.chains.rules import Strength
from crm.core.db import transaction
from crm.history.models import AuditEvent
from tests.features.local_firms.cases import TODAY, add_firms, recorded, rows
from tests.leads import opened, read_form


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


@pytest.mark.on("sqlite")
def test_who_only_reads_cannot_write(sign_in, segments):
    leader = sign_in("district_leader")
    for page in ("/chains/firms", "/chains/anchors", "/chains/firms.xlsx"):
        assert leader.get(page).status_code == 200, page
    assert recorded(leader, segments["NFM-M11"]).status_code == 403
    assert leader.post("/chains/firms/check").status_code == 403
