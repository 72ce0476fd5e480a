"""A red segment on the map, the companies to call about it, a lead of one of them, and the map shows it."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.chains.models import Segment, SegmentFit
from crm.chains.rules import FitBasis
from crm.core import clock
from crm.core.db import db, transaction
from crm.enterprises.services import EnterpriseEntry, save
from crm.leads.models import Lead
from crm.leads.rules import ChainMove, Stage
from tests.features.chain_cases import add_lead_at

pytestmark = pytest.mark.browser

NAME = "抛光液与硅溶胶/二氧化硅"
COMPANY = "甲胶体材料有限公司"


@pytest.fixture
def staff(app, person):
    """Who calls; and the company that suits the segment."""
    actor = person("staff", "区投资促进局", name="张伟")
    suits(app, actor, COMPANY)
    return actor


def suits(app, actor, *names):
    """Companies of the province that suit the segment."""
    with app.app_context(), transaction() as session:
        segment = session.scalar(select(Segment.id).where(Segment.code == "NFM-M11"))
        for name in names:
            company = save(actor, clock.now(), None, EnterpriseEntry(name, region_code="370200"))
            session.add(
                SegmentFit(
                    enterprise_id=company.id, segment_id=segment, basis=FitBasis.KEYWORD, score=80
                )
            )


def test_from_the_red_segment_to_a_lead_that_the_map_shows(app, staff, desk, sign_in_browser):
    sign_in_browser(desk, staff, to="/chains/NFM")
    page = desk.page
    tile = page.locator("[data-segment=NFM-M11]")
    expect(tile).to_contain_text("空白")
    tile.get_by_role("link", name=NAME).click()
    panel = page.locator("#segment")
    target = panel.locator(".target")
    expect(target).to_contain_text(COMPANY)
    expect(target).to_contain_text("企业就在省内")
    desk.look()

    desk.follow(panel.locator("#targets").get_by_role("link", name="全部"))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"目标企业：{NAME}")
    expect(page.get_by_text("未见扩产信号")).to_be_visible()
    desk.look_at_both_sizes()

    desk.follow(page.get_by_role("link", name="建线索"))
    expect(page.get_by_label("建补强延")).to_have_value(ChainMove.BUILD)
    expect(page.get_by_label("备注")).to_have_value("推荐理由（35分）：环节空白；企业就在省内")
    desk.look()
    desk.follow(page.get_by_role("button", name="登记，领取回执"))
    with app.app_context():
        lead = db.session.scalars(select(Lead)).one()

    desk.goto("/chains/NFM/segments/NFM-M11")
    expect(panel.get_by_role("link", name=lead.title, exact=True)).to_be_visible()
    expect(panel.locator(".target")).to_contain_text("已在谈")
    desk.look()


def test_on_a_phone_the_panel_is_read_from_its_top_and_closes_where_one_was(
    phone, staff, sign_in_browser
):
    sign_in_browser(phone, staff, to="/chains/NFM?status=gap")
    page = phone.page
    tile = page.locator("[data-segment=NFM-M4]")
    tile.get_by_role("link", name="光伏封装与浆料").tap()
    heading = page.locator("#segment h2")
    expect(heading).to_have_text("光伏封装与浆料")
    expect(heading).to_be_in_viewport()

    phone.follow(page.locator("#segment").get_by_role("link", name="关闭"))
    expect(page.locator("#segment h2")).to_have_count(0)
    expect(tile).to_be_in_viewport()
    expect(page.get_by_label("状态")).to_have_value("gap")


def test_a_number_on_the_map_leads_to_its_list_though_the_companies_to_call_come_later(
    app, staff, desk, sign_in_browser
):
    suits(app, staff, *(f"{each}胶体材料有限公司" for each in "乙丙丁戊"))
    with app.app_context(), transaction():
        add_lead_at("NFM-M11", "硅溶胶项目", Stage.NEGOTIATING, owner_id=staff.id)
    sign_in_browser(desk, staff, to="/chains/NFM")
    page = desk.page
    page.set_viewport_size({"width": 1440, "height": 640})
    desk.follow(page.locator("[data-segment=NFM-M11]").get_by_role("link", name="在谈1"))
    expect(page.locator("#segment .target")).to_have_count(5)
    expect(page.get_by_role("link", name="硅溶胶项目")).to_be_in_viewport()
