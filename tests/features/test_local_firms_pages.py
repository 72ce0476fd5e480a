"""Local firms, the lists of anchor firms and the call list, through their pages."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.chains.models import AnchorNeed, Presence, Segment, SegmentLink
from crm.chains.rules import PresenceRole, SegmentLayout, Strength
from crm.core.db import db, transaction
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
    assert "2026-11-01退出" in staff.get("/chains/firms?state=ended").get_data(as_text=True)
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


def test_the_call_list_names_what_is_missing_around_an_anchor_firm(app, staff, segments):
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
    recorded(staff, segments["NFM-U2"], enterprise="示例硅业有限公司", role="supplier")
    page = staff.get(f"/chains/anchors/{company}").get_data(as_text=True)
    assert "硅源与有机硅（直接上游）" not in page
    assert "（上游的上游）" in page
    assert "示例胶体有限公司" in staff.get("/chains/anchors").get_data(as_text=True)
    assert staff.get(f"/chains/anchors/{company}/visit.xlsx").status_code == 200
    other = rows(app, Presence)[1].enterprise_id
    assert staff.get(f"/chains/anchors/{other}").status_code == 404


@pytest.mark.on("sqlite")
def test_who_only_reads_cannot_write(sign_in, segments):
    leader = sign_in("district_leader")
    for page in ("/chains/firms", "/chains/anchors", "/chains/firms.xlsx"):
        assert leader.get(page).status_code == 200, page
    assert recorded(leader, segments["NFM-M11"]).status_code == 403
    assert leader.post("/chains/firms/check").status_code == 403
