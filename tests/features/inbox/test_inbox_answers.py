"""What an answer in the inbox does: to the reminder, to the lead, and to the mails."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.calendar.queries import work_calendar
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Activity, Lead
from crm.outbox.models import Delivery
from crm.reminders.models import Reminder
from crm.reminders.rules import ReminderKind
from crm.reminders.services import planning
from tests.features.inbox.cases import (
    AT,
    MONDAY,
    TODAY,
    S,
    tell,
    words,
)
from tests.leads import opened


def test_acknowledging_several_at_once(sign_in, reminder, row, app):
    staff = sign_in("staff", "甲单位")
    keys = [reminder(staff.actor, f"项目{n}") for n in range(3)]
    page = staff.post("/reminders/acknowledge", data={"pick": keys[:2]}, follow_redirects=True)
    assert "已知悉2项" in words(page)
    assert [row(key).state for key in keys] == [S.ACKNOWLEDGED, S.ACKNOWLEDGED, S.OPEN]
    with app.app_context():
        actions = list(db.session.scalars(select(AuditEvent.action)))
    assert actions == ["reminder_acknowledged"] * 2
    again = staff.post("/reminders/acknowledge", data={"pick": keys[:2]}, follow_redirects=True)
    assert "已经答复过" in words(again)
    nothing = staff.post("/reminders/acknowledge", data={}, follow_redirects=True)
    assert "请先勾选" in words(nothing)


@pytest.mark.parametrize("pick", ["", "x", "-1", "9" * 30, "99999999"])
def test_picking_what_is_no_reminder_changes_nothing(sign_in, pick):
    answer = sign_in("staff", "甲单位").post("/reminders/acknowledge", data={"pick": pick})
    assert answer.status_code == 302


def test_putting_off_asks_for_a_reason_the_second_time_and_ends_after_three(sign_in, reminder, row):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor, seen_at=AT)
    address = f"/reminders/{key}/snooze"
    sent = opened(staff, address)
    assert sent["until"] == "2026-12-07"
    assert staff.post(address, data=sent).status_code == 302
    assert (row(key).snoozed_until, row(key).snoozes) == (MONDAY, 1)
    assert row(key).seen_at is None  # unread again on its day
    refused = staff.post(address, data=opened(staff, address))
    assert refused.status_code == 422
    assert "第二次起请写明推后的理由" in refused.get_data(as_text=True)
    for _time in range(2):
        assert staff.post(
            address, data={**opened(staff, address), "note": "等投资方答复"}
        ).status_code == 302  # fmt: skip
    last = staff.post(address, data={**opened(staff, address), "note": "还要等"})
    assert last.status_code == 422
    assert "已经推后3次" in last.get_data(as_text=True)
    assert row(key).snoozes == 3


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("", "请选择哪天再提醒"),
        ("2026-12-05", "请从列表中选择"),
        ("2026-12-04", "请从列表中选择"),
        ("2027-01-04", "请从列表中选择"),
        ("next week", "请从列表中选择"),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_the_field(sign_in, reminder, row, until, said):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor)
    page = staff.post(f"/reminders/{key}/snooze", data={"version": "1", "until": until})
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    assert row(key).state is S.OPEN


def test_an_answer_given_meanwhile_is_not_overwritten(sign_in, reminder, row):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor, kind=ReminderKind.QUIET, step="yellow")
    sent = opened(staff, f"/reminders/{key}/done")
    staff.post("/reminders/acknowledge", data={"only": key})
    page = staff.post(f"/reminders/{key}/done", data={**sent, "note": "已联系"})
    assert page.status_code == 409
    assert "已知悉" in page.get_data(as_text=True)
    assert row(key).state is S.ACKNOWLEDGED


def test_done_is_logged_with_the_next_action_in_one_step(
    sign_in, reminder, row, app, verdicts_stay_true
):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor)
    page = words(staff.get(f"/reminders/{key}/done"))
    assert "记下做了什么，定好下一步" in page
    data = {
        "how": "log", "kind": "call", "summary": "对方下周来考察", "happened_on": "2026-12-04",
        "is_substantive": "y", "next_action": "接待考察", "next_action_on": "2026-12-11",
    }  # fmt: skip
    wrong = staff.post(f"/reminders/{key}/done", data={**data, "summary": ""})
    assert wrong.status_code == 422
    assert "请写一句谈了什么" in wrong.get_data(as_text=True)
    assert staff.post(f"/reminders/{key}/done", data=data).status_code == 302
    assert (row(key).state, row(key).note) == (S.DONE, "对方下周来考察")
    with app.app_context():
        lead = db.session.scalars(select(Lead)).one()
        assert (lead.next_action, lead.next_action_on) == ("接待考察", date(2026, 12, 11))
        assert db.session.scalars(select(Activity.summary)).all() == ["对方下周来考察"]


def test_done_without_a_log_keeps_escalating_while_the_facts_say_it_is_due(
    sign_in, reminder, person, lead, row, app
):
    staff = sign_in("staff", "甲单位")
    head = person("unit_head", "甲单位")
    overdue = TODAY - timedelta(days=8)
    lead_id = lead(staff.actor, next_action_on=overdue)
    key = reminder(staff.actor, lead_id=lead_id, due_on=overdue)
    staff.post(f"/reminders/{key}/done", data={"version": "1", "note": "已电话沟通"})
    with app.app_context(), transaction():
        planning.note_what_is_due(TODAY, work_calendar(), AT)
        found = planning.tellings(TODAY, work_calendar())
    assert row(key).state is S.DONE
    assert staff.actor.id not in found
    assert len(found[head.id].digest) == 1


def test_what_was_logged_on_the_lead_leaves_the_inbox_at_once(sign_in, reminder, row):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor)
    lead_id = row(key).lead_id
    staff.post(
        f"/leads/{lead_id}/activities/new",
        data={
            "kind": "call", "summary": "已约好", "happened_on": "2026-12-04",
            "next_action": "见面", "next_action_on": "2026-12-11",
        },
    )  # fmt: skip
    assert row(key).state is S.SETTLED
    assert "动力电池项目" not in words(staff.get("/reminders/"))


def test_an_answer_can_be_taken_back(sign_in, reminder, row):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor, state=S.DONE, answered_at=AT, note="已办")
    assert "恢复" in words(staff.get("/reminders/?tab=done"))
    staff.post(f"/reminders/{key}/reopen")
    assert (row(key).state, row(key).note, row(key).answered_at) == (S.OPEN, None, None)
    over = reminder(staff.actor, "不再到期", state=S.SETTLED, answered_at=AT)
    page = staff.post(f"/reminders/{over}/reopen", follow_redirects=True)
    assert "不再到期" in words(page)
    assert row(over).state is S.SETTLED


# --- what an answer does to the mails ---


def test_acknowledged_is_not_told_again_until_the_step_rises(sign_in, lead, app):
    staff = sign_in("staff", "甲单位")
    quiet = TODAY - timedelta(days=20)
    lead(staff.actor, next_action_on=None, stage_since=quiet, last_progress_on=quiet)
    (key,) = tell(app, TODAY)[staff.actor.id].digest
    staff.post("/reminders/acknowledge", data={"only": key})
    assert staff.actor.id not in tell(app, MONDAY)
    risen = quiet + timedelta(days=31)
    (higher,) = tell(app, risen)[staff.actor.id].digest
    assert higher != key


def test_put_off_is_silent_until_its_day_and_told_on_it(sign_in, person, lead, app):
    staff = sign_in(person("staff", "甲单位", email="wangfang@example.gov.cn"))
    quiet = TODAY - timedelta(days=20)
    lead(staff.actor, next_action_on=None, stage_since=quiet, last_progress_on=quiet)
    (key,) = tell(app, TODAY)[staff.actor.id].digest
    with app.app_context(), transaction():
        planning.note_messages(TODAY, work_calendar(), AT)
        db.session.get(Reminder, key).delivery_id = db.session.scalars(select(Delivery.id)).one()
    staff.post(f"/reminders/{key}/snooze", data={"version": "1", "until": "2026-12-08"})
    assert not tell(app, MONDAY).get(staff.actor.id, planning.Telling()).digest
    assert tell(app, date(2026, 12, 8))[staff.actor.id].digest == (key,)
