"""The inbox in a browser: a count that follows without a reload, and a link of a mail."""

import re

import pytest

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.reminders.models import Reminder
from crm.reminders.rules import ReminderKind, ReminderState
from crm.reminders.rules.answers import Answer
from crm.reminders.rules.tokens import AnswerToken, Tokens

pytestmark = pytest.mark.browser


@pytest.fixture
def remind(app):
    """`remind(person)`: a matter falls due for them; the id of its reminder."""

    def made(person) -> int:
        today = clock.today()
        with app.app_context(), transaction() as session:
            lead = Lead(
                title="高纯硅溶胶扩产项目",
                owner_id=person.id,
                department_id=person.department_id,
                stage=Stage.NEGOTIATING,
                stage_since=today,
                last_progress_on=today,
                next_action="约见投资方",
                next_action_on=today,
            )
            session.add(lead)
            session.flush()
            row = Reminder(
                kind=ReminderKind.NEXT_ACTION,
                subject=f"lead:{lead.id}",
                step="due",
                due_on=today,
                person_id=person.id,
                lead_id=lead.id,
                planned_on=today,
            )
            session.add(row)
            session.flush()
            return row.id

    return made


def state_of(app, reminder_id: int) -> ReminderState:
    with app.app_context():
        return db.session.get_one(Reminder, reminder_id).state


def test_the_unread_count_follows_without_a_reload(app, desk, sign_in_browser, remind):
    actor = sign_in_browser(desk, Role.STAFF, "药山街道")
    page = desk.page
    page.clock.install()
    desk.goto("/leads/")
    counter = page.locator(".topbar [data-unread]")
    assert counter.is_hidden()
    key = remind(actor)
    with page.expect_response(re.compile("/reminders/count")):
        page.clock.fast_forward(61_000)
    counter.get_by_text("1", exact=True).wait_for()
    desk.goto("/reminders/")
    assert counter.inner_text() == "1"
    with page.expect_response(re.compile("/reminders/seen")):
        page.clock.fast_forward(2_000)
    counter.wait_for(state="hidden")
    with app.app_context():
        assert db.session.get_one(Reminder, key).seen_at is not None
    desk.look_at_both_sizes()


def test_a_matter_is_put_off_and_marked_done_by_hand(app, phone, sign_in_browser, remind):
    actor = sign_in_browser(phone, Role.STAFF, "药山街道")
    key = remind(actor)
    page = phone.goto("/reminders/")
    phone.look()
    page.get_by_role("link", name=re.compile("^稍后")).click()
    page.wait_for_url("**/snooze")
    phone.look()
    phone.follow(page.get_by_role("button", name="稍后提醒", exact=True))
    assert page.get_by_text("没有待处理的提醒").is_visible()
    assert state_of(app, key) is ReminderState.SNOOZED
    phone.follow(page.get_by_role("link", name=re.compile("已知悉")))
    page.get_by_role("link", name=re.compile("^办结")).click()
    page.wait_for_url("**/done")
    phone.look()
    page.get_by_label("谈了什么").fill("对方下周来考察")
    phone.follow(page.get_by_role("button", name="记录并办结"))
    assert page.get_by_text("已办结").first.is_visible()
    assert state_of(app, key) is ReminderState.DONE


def test_a_link_of_a_mail_acknowledges_without_signing_in(app, phone, person, remind):
    actor = person(Role.STAFF, "药山街道")
    key = remind(actor)
    tokens = Tokens(app.extensions["settings"].secret_key)
    token = tokens.answer(AnswerToken(key, actor.id, Answer.ACKNOWLEDGE), clock.now())
    page = phone.goto(f"/reminders/mail/{token}")
    phone.look()
    assert state_of(app, key) is ReminderState.OPEN
    phone.follow(page.get_by_role("button", name="知悉", exact=True))
    assert page.get_by_text("已记为知悉").is_visible()
    assert state_of(app, key) is ReminderState.ACKNOWLEDGED
    phone.goto(f"/reminders/mail/{token}")
    assert page.get_by_text("已经答复过").is_visible()
