"""A unit declares, the district approves in a batch; a later edit sends it back, and the board follows."""

from datetime import date

import pytest

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Lead
from crm.leads.rules import FigureSource, MilestoneKind
from crm.quotas.services import rejudge, rejudge_all
from crm.recognition import services
from crm.recognition.rules import Decided, Level
from tests.browser.conftest import DESK
from tests.features.quota_leads import YI, add_figure, add_milestone, add_signed
from tests.features.recognition_cases import quota

pytestmark = pytest.mark.browser


@pytest.fixture
def declared(app, person):
    """A registered project of a staff member's, ready to be declared."""
    staff, head = person("staff", "甲单位"), person("unit_head", "甲单位")
    first = date(clock.today().year, 1, 1)
    with app.app_context(), transaction():
        lead = add_signed(
            "行程里的基地", 6 * YI, on=first, owner_id=staff.id, department_id=staff.department_id
        )
        add_milestone(lead, MilestoneKind.REGISTERED, first, document="营业执照")
        rejudge_all(today=clock.today(), at=clock.now())
        return {
            "staff": staff, "head": head, "lead": lead.id, "quota": quota("B", first.year).id,
        }  # fmt: skip


def test_from_the_declaration_to_the_withdrawal(app, desk, open_window, sign_in_browser, declared):
    sign_in_browser(desk, declared["staff"], to="/recognition/")
    page = desk.page
    desk.follow(page.get_by_role("link", name="行程里的基地").first)
    desk.follow(page.get_by_role("button", name="申报", exact=True))
    assert page.get_by_text("已申报，等待单位负责人审核").first.is_visible()
    args = (declared["lead"], declared["quota"])
    with app.app_context(), transaction():
        services.decide(
            declared["head"], clock.now(), *args, Level.UNIT, Decided.APPROVED, today=clock.today()
        )

    leader = open_window(DESK)
    sign_in_browser(leader, Role.DIRECTOR, to="/recognition/batches/new")
    page = leader.page
    page.get_by_label("名称").fill("第一批")
    page.get_by_label("文号").fill("区招组3号")
    leader.follow(page.locator("form .form-actions button[type=submit]").first)
    page.get_by_role("checkbox").last.check()
    leader.follow(page.get_by_role("button", name="通过所选"))
    assert page.get_by_text("已通过1项").first.is_visible()
    assert district_number(leader) == "1"

    with app.app_context(), transaction():
        lead = db.session.get_one(Lead, declared["lead"])
        add_figure(
            lead, 4 * YI, source=FigureSource.STATISTICS, as_of=clock.today(), document="入统表"
        )
        rejudge([lead.id], today=clock.today(), at=clock.now())
    page.goto(f"{leader.address}/recognition/")
    tasks = page.locator("#tasks")
    assert "6亿元 → 4亿元" in tasks.inner_text()
    leader.look_at_both_sizes()
    leader.follow(tasks.get_by_role("link", name="行程里的基地"))
    step = page.locator("#decide-district")
    step.get_by_label("撤回，退回补正").check()
    step.get_by_label("批次").select_option(index=1)
    step.get_by_label("理由").fill("入统不足5亿元")
    leader.follow(step.get_by_role("button", name="记录决定"))
    assert page.get_by_text("区认定已记录").first.is_visible()
    assert district_number(leader) == "0"


def district_number(window) -> str:
    """What the board says the district recognised in 实体总部."""
    window.page.goto(f"{window.address}/quotas/")
    return window.page.locator('[data-number="B-district-together"]').inner_text()
