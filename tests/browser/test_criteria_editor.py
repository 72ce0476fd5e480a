"""A bureau leader builds a criterion in the page, sees by name who flips, and signs."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.quotas.models import CriteriaVersion, Quota
from crm.quotas.services import rejudge_all
from tests.browser.conftest import speak
from tests.features.quota_leads import YI, add_signed

pytestmark = pytest.mark.browser


@pytest.fixture
def near_miss(app):
    """A lead signed at 4亿, which the preset does not count."""
    today = clock.today()
    with app.app_context(), transaction():
        add_signed("差一点的项目", 4 * YI, on=max(date(today.year, 1, 1), today.replace(day=1)))
        rejudge_all(today=today, at=clock.now())


def test_a_criterion_is_built_with_forms_its_effect_seen_by_name_and_signed(
    app, desk, sign_in_browser, near_miss
):
    actor = sign_in_browser(desk, Role.DIRECTOR, to="/quotas/criteria")
    page = desk.page
    page.get_by_role("button", name="修改口径 实体总部").click()
    page.wait_for_url("**/draft")
    sentence = page.locator("p.sentence[lang=zh]")
    assert "总投资5亿元以上" in sentence.inner_text()
    desk.look_at_both_sizes()

    page.get_by_role("link", name="加条件", exact=True).click()
    page.get_by_role("link", name="金额达到").click()
    desk.expects(422)
    page.get_by_role("button", name="加上条件").click()
    page.get_by_role("alert").wait_for()
    desk.look_at_both_sizes()
    page.get_by_label("金额", exact=False).first.select_option("total_investment")
    page.get_by_label(re.compile("^不低于")).fill("4亿")
    page.get_by_role("button", name="加上条件").click()
    page.locator(".tree-text", has_text="总投资4亿元以上（含）").wait_for()
    assert "或总投资4亿元以上（含）" in sentence.inner_text()
    english = page.locator("p.sentence[lang=en]").inner_text()
    assert "CNY 400 million or more" in english

    page.get_by_role("button", name="上移 3").click()
    page.locator(".tree-node > .tree-row", has_text=re.compile(r"^\s*2\s*总投资4亿元")).wait_for()
    page.get_by_role("link", name="移动或编组 2", exact=True).click()
    page.get_by_role("button", name="单独编成一组").wait_for()
    desk.look_at_both_sizes()
    page.get_by_role("link", name="取消").click()
    page.get_by_role("button", name="单独编成一组").wait_for(state="detached")

    page.get_by_role("link", name="试算并发布").click()
    page.wait_for_url("**/publish")
    row = page.get_by_role("row", name=re.compile("差一点的项目"))
    assert "不计入" in row.inner_text()
    assert "达到门槛4亿元" in row.inner_text()
    desk.look_at_both_sizes()
    speak(app, actor, "en")
    page.reload()
    desk.look_at_both_sizes()
    speak(app, actor, "zh")
    page.reload()
    page.get_by_label("文号").fill("天招〔2026〕8号")
    page.get_by_role("button", name="签发并发布").click()
    page.wait_for_url(re.compile(r"/quotas/criteria/\d+/B$"))
    assert "天招〔2026〕8号" in page.get_by_role("table", name="各版本").inner_text()
    desk.look_at_both_sizes()
    with app.app_context():
        quota = db.session.scalars(
            select(Quota).where(Quota.code == "B", Quota.year == clock.today().year)
        ).one()
        version = db.session.scalars(
            select(CriteriaVersion).where(CriteriaVersion.number == 2)
        ).one()
        assert quota.criteria == version.criteria
        assert len(quota.criteria["any_of"]) == 3


def test_the_editor_works_without_javascript(app, open_window, sign_in_browser):
    window = open_window(java_script_enabled=False)
    sign_in_browser(window, Role.DIRECTOR, to="/quotas/criteria")
    page = window.page
    window.follow(page.get_by_role("button", name="修改口径 实体总部"))
    window.follow(page.get_by_role("link", name="加条件 1", exact=True))
    window.follow(page.get_by_role("link", name="项目性质"))
    page.get_by_label("新引进").check()
    window.follow(page.get_by_role("button", name="加上条件"))
    assert "项目性质为新引进" in page.locator("p.sentence[lang=zh]").inner_text()
    window.follow(page.get_by_role("button", name="删除 1.3"))
    assert "项目性质" not in page.locator("p.sentence[lang=zh]").inner_text()
    page.get_by_label("这一组的关系").nth(1).select_option("any")
    window.follow(page.get_by_role("button", name="改").nth(1))
    assert "实体项目，或总投资5亿元以上" in page.locator("p.sentence[lang=zh]").inner_text()
