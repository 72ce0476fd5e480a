"""A day's work: enter what was heard, move it along, log a call, and two people at one lead."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.accounts.rules import Role
from crm.chains.models import Chain, Segment
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Activity, Lead
from crm.leads.rules import Stage
from tests.browser.conftest import DESK, PASSWORD, PHONE, speak
from tests.saving import saved

pytestmark = pytest.mark.browser

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def lead_of(app):
    """`lead_of(owner, title=…)`: a lead in talks, as an earlier day left it; returns its id."""

    def made(owner, **columns):
        today = clock.today()
        return saved(
            app,
            Lead(
                **{
                    "title": "高纯硅溶胶扩产项目",
                    "source": "商会推荐",
                    "investor_is_unknown": True,
                    "stage": Stage.NEGOTIATING,
                    "stage_since": today - timedelta(days=9),
                    "last_progress_on": today - timedelta(days=9),
                    "first_contact_on": today - timedelta(days=30),
                    "owner_id": owner.id,
                    "department_id": owner.department_id,
                    **columns,
                }
            ),
        )

    return made


def stored(app, lead_id: int) -> Lead:
    with app.app_context():
        return db.session.get_one(Lead, lead_id)


def test_on_a_phone_one_searches_first_enters_at_most_eight_fields_and_gets_a_receipt(
    app, phone, sign_in_browser, lead_of, person
):
    other = person(Role.STAFF, "北园街道")
    lead_of(other, title="硅溶胶研磨液项目", search_text="硅溶胶研磨液项目")
    sign_in_browser(phone, Role.STAFF, "药山街道", to="/leads/entry")
    page = phone.page
    phone.look()
    page.get_by_role("searchbox", name="企业或项目名称").fill("硅溶胶")
    page.get_by_text("洽谈中，请联系北园街道").wait_for()
    assert "研磨液" not in page.locator("#hits").inner_text(), "a masked hit tells no name"
    phone.look()
    page.get_by_role("searchbox", name="企业或项目名称").fill("山东示例硅业有限公司")
    page.get_by_role("link", name=re.compile("登记.山东示例硅业有限公司.")).click()
    page.wait_for_url("**/leads/new**")
    controls = page.locator("main form .control:visible")
    assert controls.count() <= 8
    assert page.get_by_label("投资方").input_value() == "山东示例硅业有限公司"
    phone.look()

    page.get_by_label("总投资").fill("约6亿五")
    phone.expects(422)
    phone.follow(page.get_by_role("button", name="登记，领取回执"))
    alert = page.get_by_role("alert")
    assert "请填写项目名称" in alert.inner_text()
    phone.look()
    page.get_by_label("项目名称").fill("高纯硅溶胶项目")
    page.get_by_label("联系人和电话").fill("王经理 13800000000")
    page.get_by_label("总投资").fill("约6.5亿")
    page.get_by_label("信息来源").fill("商会推荐")
    page.get_by_role("button", name="登记，领取回执").click()
    page.wait_for_url("**/receipt")
    receipt = page.locator("article").inner_text()
    assert "高纯硅溶胶项目" in receipt
    phone.look()
    with app.app_context():
        lead = db.session.scalar(select(Lead).where(Lead.title == "高纯硅溶胶项目"))
    assert lead.receipt_number in receipt
    assert lead.investment_yuan == 650_000_000
    assert "138****0000" not in receipt
    assert "13800000000" not in receipt


def test_a_move_is_refused_with_everything_that_is_missing_and_accepted_once_it_is_there(
    app, desk, sign_in_browser, person, lead_of
):
    owner = person(Role.STAFF, "药山街道")
    with app.app_context():
        segment = db.session.execute(
            select(Segment.id, Segment.name, Chain.name.label("chain")).join(
                Chain, Chain.id == Segment.chain_id
            )
        ).first()
    number = lead_of(owner, stage=Stage.NEGOTIATING)
    sign_in_browser(desk, owner, to=f"/leads/{number}")
    page = desk.page
    desk.look()
    page.get_by_role("link", name="推进", exact=True).click()
    page.wait_for_url("**/advance**")
    desk.look()
    desk.expects(422)
    desk.follow(page.get_by_role("button", name=re.compile("确认改到")))
    alert = page.get_by_role("alert")
    reasons = alert.locator("li")
    told = alert.inner_text()
    for missing in ("投资方", "总投资", "产业链环节", "评审结论", "评审纪要", "下一步"):
        assert missing in told, told
    assert reasons.count() == alert.locator("li a").count() >= 6, "every reason leads somewhere"
    speak(app, owner, "en")
    page.goto(f"{desk.address}/leads/{number}/advance")
    desk.follow(page.locator("main form button[type=submit]"))
    desk.look_at_both_sizes()
    speak(app, owner, "zh")
    page.goto(f"{desk.address}/leads/{number}/advance")
    desk.follow(page.get_by_role("button", name=re.compile("确认改到")))
    desk.look_at_both_sizes()
    assert stored(app, number).stage is Stage.NEGOTIATING, "nothing half-moved"

    for link in alert.locator("li a").all():
        target = link.get_attribute("href")
        if target.startswith("#"):
            link.click()
            assert page.locator(target).is_visible()

    page.goto(f"{desk.address}/leads/{number}/edit")
    page.get_by_label("投资方未知").uncheck()
    page.locator("#investor").fill("山东示例硅业有限公司")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(f"**/leads/{number}")
    desk.follow(page.get_by_role("link", name="推进", exact=True))
    page.get_by_label("总投资").fill("6.5亿")
    choose(page, "#chain", segment.chain)
    choose(page, "#segment", segment.name)
    page.get_by_label("评审结论").fill("通过")
    page.get_by_label("评审纪要").set_input_files(
        {"name": "评审纪要.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_label("投资方联系人").fill("王经理")
    page.locator("#next_action").fill("起草协议")
    page.get_by_label("下一步时限").fill((clock.today() + timedelta(days=7)).isoformat())
    page.get_by_role("button", name=re.compile("确认改到")).click()
    page.wait_for_url(f"**/leads/{number}")
    assert "已推进到“评审”" in page.locator("#toasts").inner_text()
    desk.look()
    assert stored(app, number).stage is Stage.REVIEWED


def choose(page, selector: str, words: str) -> None:
    """Choose the option whose text holds these words."""
    control = page.locator(selector)
    value = control.locator("option", has_text=words).first.get_attribute("value")
    control.select_option(value)


def test_a_call_is_logged_without_touching_the_mouse(app, desk, person, lead_of, live):
    owner = person(Role.STAFF, "药山街道", login="wei")
    number = lead_of(owner, search_text="高纯硅溶胶扩产项目 gcgrjkcxm")
    set_password(app, owner)
    page = desk.page
    desk.goto("/login?next=/leads/")
    keys = page.keyboard
    assert page.evaluate("document.activeElement.name") == "login"
    keys.type("wei")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url(f"{desk.address}/leads/")
    keys.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    keys.type("硅溶胶")
    keys.press("Enter")
    page.wait_for_url("**q=**")
    tab_to(page, "高纯硅溶胶扩产项目")
    keys.press("Enter")
    page.wait_for_url(f"**/leads/{number}")
    keys.press("n")
    page.wait_for_url("**/activities/new")
    assert page.evaluate("document.activeElement.name") == "summary"
    keys.type("王经理来电，下周来看厂房")
    tab_to(page, "保存")
    keys.press("Enter")
    page.wait_for_url(f"**/leads/{number}")
    assert page.get_by_text("王经理来电，下周来看厂房").first.is_visible()
    with app.app_context():
        activity = db.session.scalar(select(Activity).where(Activity.lead_id == number))
    assert activity.summary == "王经理来电，下周来看厂房"
    assert activity.happened_on == clock.today()


def tab_to(page, words: str, limit: int = 80) -> None:
    """Press Tab until what has the focus says these words; the focus must be seen all the way."""
    for _step in range(limit):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => {
                const e = document.activeElement, s = getComputedStyle(e);
                const seen = s.outlineStyle !== 'none' || s.boxShadow !== 'none';
                return [e.innerText || e.value || '', seen, e.outerHTML.slice(0, 120)];
            }"""
        )
        assert focus[1], f"nobody sees the focus on {focus[2]}"
        if focus[0].strip() == words:
            return
    pytest.fail(f"{words!r} was not reached with {limit} steps")


def set_password(app, actor) -> None:
    from crm.accounts.models import User
    from tests.browser.conftest import HASH

    with app.app_context(), transaction() as session:
        session.get_one(User, actor.id).password_hash = HASH


def test_who_saves_second_sees_what_the_first_changed_and_loses_nothing(
    app, open_window, sign_in_browser, person, lead_of
):
    owner = person(Role.STAFF, "药山街道", name="张伟")
    head = person(Role.UNIT_HEAD, "药山街道", name="王芳")
    number = lead_of(owner, problems=None)
    first, second = open_window(DESK), open_window(PHONE)
    for window, who in ((first, head), (second, owner)):
        sign_in_browser(window, who, to=f"/leads/{number}/edit")
    first.page.get_by_label("项目名称").fill("高纯硅溶胶二期项目")
    first.page.get_by_role("button", name="保存").click()
    first.page.wait_for_url(f"**/leads/{number}")

    second.expects(409)
    second.page.get_by_label("存在问题").fill("用地指标未落实")
    second.follow(second.page.get_by_role("button", name="保存"))
    assert second.page.get_by_text("您填写期间，别人改过这条记录").is_visible()
    told = second.page.locator("main").inner_text()
    assert "王芳" in told
    assert "高纯硅溶胶扩产项目" in told
    assert "高纯硅溶胶二期项目" in told
    assert second.page.get_by_label("存在问题").input_value() == "用地指标未落实"
    second.look()
    second.page.get_by_role("button", name="保存").click()
    second.page.wait_for_url(f"**/leads/{number}")
    after = stored(app, number)
    assert after.title == "高纯硅溶胶二期项目"
    assert after.problems == "用地指标未落实"
    assert isinstance(after.last_progress_on, date)
