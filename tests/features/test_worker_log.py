"""What the worker's log says of messages: ids, tries and problems, and nothing of people."""

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import select

from crm.core import clock, logs
from crm.core.db import db, transaction
from crm.core.mail import MailFault, NotDelivered
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox.models import Delivery
from crm.reminders import letters
from crm.reminders.models import Reminder
from crm.reminders.services import planning

FRIDAY = date(2026, 12, 4)
MORNING = clock.office_moment(FRIDAY, time(9))
REFUSAL = "550 <wangfang@example.gov.cn>: 王芳 unknown"


class Line:
    """A mail server that takes everything, or nothing."""

    fault: Exception | None = None

    def deliver(self, letter, mark):
        mark()
        if self.fault:
            raise self.fault

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture
def sent_with(app, person, caplog):
    """Plan and send one mail; (what the log said, its delivery, its reminder)."""

    def send(fault=None):
        owner = person("staff", name="王芳", email="wangfang@example.gov.cn")
        post = Line()
        post.fault = fault
        with app.app_context():
            with transaction() as session:
                session.add(
                    Lead(
                        title="动力电池项目",
                        owner_id=owner.id,
                        stage=Stage.NEGOTIATING,
                        next_action_on=FRIDAY,
                        stage_since=FRIDAY,
                        last_progress_on=FRIDAY,
                    )
                )
            with transaction():
                planning.plan(MORNING, again=True)
            made = letters.sender_for(app.extensions["settings"])
            sender = replace(made, transport=post, now=lambda: MORNING)
            with caplog.at_level(logging.INFO, logger="crm"):
                sender.send_waiting()
            (delivery,) = db.session.scalars(select(Delivery.id))
            (reminder,) = db.session.scalars(select(Reminder.id))
        return caplog.messages, delivery, reminder

    return send


def test_a_mail_that_went_out_can_be_followed_from_reminder_to_delivery(sent_with):
    said, delivery, reminder = sent_with()
    of = f"delivery={delivery} kind=due_digest channel=mail attempt=1"
    assert f"event=written {of} reminders={reminder}" in said
    assert f"event=sent {of}" in said


def test_a_refusal_names_the_problem_and_nobody(sent_with):
    said, delivery, _reminder = sent_with(NotDelivered(MailFault.REFUSED, REFUSAL))
    of = f"delivery={delivery} kind=due_digest channel=mail attempt=1"
    assert f"event=failed {of} problem=refused state=failed" in said
    for personal in ("wangfang", "王芳", "动力电池"):
        assert personal not in "\n".join(said)


def test_a_line_is_one_line_whatever_stands_in_it():
    at = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)
    said = logs.line("x", a=1, none=None, of=[3, 4], at=at, text='two words="\n"')
    assert said == 'event=x a=1 of=3,4 at=2026-12-04T00:30:00+00:00 text="two words=\\"\\n\\""'
