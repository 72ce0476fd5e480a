"""A line of the minutes becomes an instruction, the mail is written, it is answered and closed."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.dispatch.models import Instruction, MeetingLine
from crm.dispatch.rules import InstructionState
from crm.dispatch.services import meetings
from crm.outbox.queries import claimable_ids
from crm.outbox.sending import Sender
from crm.reminders.letters import every_writer
from tests.browser.conftest import DESK

pytestmark = pytest.mark.browser


class Post:
    def __init__(self):
        self.letters = []

    def deliver(self, letter, before_handover):
        before_handover()
        self.letters.append(letter)


@pytest.fixture
def people(person):
    return {
        "leader": person(Role.DIRECTOR, "区投资促进局", name="刘洋", email="liu@example.gov.cn"),
        "head": person(Role.UNIT_HEAD, "区投资促进局", name="王芳"),
        "staff": person(Role.STAFF, "药山街道", name="李娜", email="li@example.gov.cn"),
    }


@pytest.fixture
def meeting(app, people):
    with app.app_context(), transaction():
        called = meetings.Called("调度会", clock.today(), people["leader"].id, people["head"].id)
        row = meetings.call(people["leader"], clock.now(), called)
        meetings.add_item(people["leader"], clock.now(), row.id, title="用地保障")
        return row.id


def line(app):
    with app.app_context():
        return db.session.scalars(select(MeetingLine)).one()


def instruction(app):
    with app.app_context():
        return db.session.scalars(select(Instruction)).one()


def letters(app):
    post = Post()
    with app.app_context():
        sender = Sender(post, every_writer(app.extensions["settings"]), clock.now)
        for key in claimable_ids(clock.now()):
            sender.send(key)
    return post.letters


def test_from_the_meeting_to_the_end(app, people, meeting, desk, open_window, sign_in_browser):
    sign_in_browser(desk, people["leader"], to=f"/dispatch/meetings/{meeting}")
    page = desk.page
    field = page.get_by_label("记一条").first
    field.fill("月底前落实用地指标")
    field.press("Enter")
    body = page.get_by_label("会议记录", exact=True)
    body.wait_for()
    expect(page.get_by_label("记一条").first).to_have_value("")

    # It saves itself when somebody has written on it.
    body.fill("月底前落实用地指标，报区政府")
    body.press("Tab")
    page.get_by_text("已保存").wait_for()
    assert line(app).body == "月底前落实用地指标，报区政府"
    desk.look()

    desk.expects(422)
    page.get_by_role("link", name="转交办").click()
    page.get_by_role("button", name="交办", exact=True).click()
    page.get_by_text("请填写").first.wait_for()  # no unit yet: told in place
    page.get_by_label("责任单位").select_option(label="药山街道")
    page.get_by_label("责任人").select_option(label="李娜（药山街道）")
    desk.look()
    page.get_by_role("button", name="交办", exact=True).click()
    page.get_by_role("link", name="2026-001").first.wait_for()
    page.get_by_role("button", name="议毕").first.click()
    page.locator("[aria-pressed=true]").wait_for()

    (mail,) = letters(app)
    assert mail.address == "li@example.gov.cn"
    assert "月底前落实用地指标" in mail.text

    staff = open_window(DESK)
    sign_in_browser(staff, people["staff"], to=f"/dispatch/{instruction(app).id}")
    staff.follow(staff.page.get_by_role("link", name="回执", exact=True))
    staff.page.get_by_label("办理结果").fill("已落实120亩")
    staff.follow(staff.page.get_by_role("button", name="回执", exact=True))
    assert staff.page.get_by_text("已落实120亩").is_visible()
    assert [each.address for each in letters(app)] == ["liu@example.gov.cn"]

    page.goto(f"{page.url.split('/dispatch')[0]}/dispatch/{instruction(app).id}")
    desk.follow(page.get_by_role("link", name="办结", exact=True))
    desk.follow(page.get_by_role("button", name="办结", exact=True))
    assert page.get_by_text("已办结").first.is_visible()
    assert instruction(app).state is InstructionState.CLOSED


def test_two_screens_at_one_meeting(app, people, meeting, desk, open_window, sign_in_browser):
    with app.app_context(), transaction():
        meetings.add_line(people["leader"], clock.now(), meeting, "第一稿")
    sign_in_browser(desk, people["leader"], to=f"/dispatch/meetings/{meeting}")
    other = open_window(DESK)
    other.expects(409)
    sign_in_browser(other, people["head"], to=f"/dispatch/meetings/{meeting}")

    body = desk.page.get_by_label("会议记录", exact=True)
    body.fill("局长改的")
    body.press("Tab")
    desk.page.get_by_text("已保存").wait_for()

    # The other screen, on which nobody is writing, follows by itself.
    theirs = other.page.get_by_label("会议记录", exact=True)
    other.page.wait_for_function(
        "() => [...document.querySelectorAll('#meeting textarea')].some((t) => t.value === '局长改的')"
    )
    # Whoever is writing is told and keeps their words.
    theirs.focus()
    body.fill("局长又改的")
    body.press("Tab")
    desk.page.wait_for_function("() => document.querySelector('input[name=version][value=\"3\"]')")
    theirs.fill("科长改的")
    theirs.press("Tab")
    other.page.get_by_text("您写的还在").wait_for()
    assert theirs.input_value() == "科长改的"
