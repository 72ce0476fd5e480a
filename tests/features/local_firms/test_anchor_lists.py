"""三张清单: what an anchor firm asks for, and the call list of what is missing around it."""

from crm.accounts.models import User
from crm.chains.models import AnchorNeed, Presence, Segment, SegmentLink
from crm.chains.rules import PresenceRole, SegmentLayout
from crm.core.db import transaction
from crm.history.models import AuditEvent
from tests.features.local_firms.cases import TODAY, add_firms, recorded, rows
from tests.leads import opened


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
