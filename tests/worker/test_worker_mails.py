"""From a due lead to a mail in somebody's box: real Redis, Celery and SMTP, with deaths on the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from crm.calendar.models import CalendarDay
from crm.calendar.rules import DayKind
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox import queries
from crm.outbox.models import Delivery
from crm.outbox.rules import LEASE, DeliveryState, Problem
from tests.servers import smtp_server as serve_smtp

PLAN, SWEEP = "worker.reminders.plan_due", "worker.reminders.sweep"
SENT, FAILED = DeliveryState.SENT, DeliveryState.FAILED


@pytest.fixture
def due(app, person) -> Callable[[str], None]:
    """`due(address)`: a person with a lead that is due today; today is made a working day."""
    today = clock.today()
    with app.app_context(), transaction() as session:
        session.execute(delete(CalendarDay).where(CalendarDay.day == today))
        if today.weekday() >= 5:
            session.add(CalendarDay(day=today, kind=DayKind.WORKDAY))

    def make(address: str) -> None:
        owner = person("staff", email=address, name=address.partition("@")[0])
        with app.app_context(), transaction() as session:
            session.add(
                Lead(
                    title="动力电池项目", owner_id=owner.id, stage=Stage.NEGOTIATING,
                    stage_since=today, last_progress_on=today, next_action_on=today,
                    next_action="约见投资方",
                )
            )  # fmt: skip

    return make


@pytest.fixture
def states(app) -> Callable[[], list[DeliveryState]]:
    """The states of all deliveries, in the order they were planned."""

    def read() -> list[DeliveryState]:
        with app.app_context():
            return list(db.session.scalars(select(Delivery.state).order_by(Delivery.id)))

    return read


@pytest.fixture
def let_pass(app) -> Callable[[timedelta], None]:
    """Move what the rows remember into the past, as if that much time had gone by."""

    def passed(span: timedelta) -> None:
        with app.app_context(), transaction() as session:
            for row in session.scalars(select(Delivery)):
                row.claimed_at = row.claimed_at and row.claimed_at - span
                row.handed_at = row.handed_at and row.handed_at - span
                row.next_try_at = row.next_try_at and row.next_try_at - span

    return passed


@pytest.fixture
def queue_is_done(app, tick, wait_for) -> Callable[[], None]:
    """Return when the one worker has done everything asked for before now."""

    def sign():
        with app.app_context():
            return queries.last_sign_at()

    def wait() -> None:
        before = sign()
        tick("worker.upkeep.heartbeat")
        wait_for("the queue is worked off", lambda: sign() != before)

    return wait


def test_one_mail_per_person_and_day_however_often_beat_ticks(
    due, workers, tick, states, wait_for, queue_is_done, smtp_server
):
    due("wangfang@example.gov.cn")
    due("liyang@example.gov.cn")
    for _ in range(5):
        tick(PLAN)
        tick(SWEEP)
    worker = workers()
    wait_for("both mails are sent", lambda: states() == [SENT, SENT])
    queue_is_done()
    worker.kill()
    workers()  # the machine comes back, and beat begins anew
    for _ in range(5):
        tick(PLAN)
        tick(SWEEP)
    queue_is_done()
    assert sorted(smtp_server.recipients) == [
        ["liyang@example.gov.cn"],
        ["wangfang@example.gov.cn"],
    ]
    assert states() == [SENT, SENT]


def test_two_workers_send_each_mail_once(due, workers, tick, states, wait_for, smtp_server):
    addresses = [f"p{number}@example.gov.cn" for number in range(6)]
    for address in addresses:
        due(address)
    workers()
    workers()
    tick(PLAN)
    for _ in range(6):
        tick(SWEEP)
    wait_for("all are sent", lambda: states() == [SENT] * 6)
    assert sorted(box[0] for box in smtp_server.recipients) == addresses


def test_a_worker_killed_before_the_handover_is_made_up_for(
    due, workers, tick, states, let_pass, wait_for, smtp_server
):
    due("wangfang@example.gov.cn")
    smtp_server.falls_silent_at = "MAIL"
    worker = workers()
    tick(PLAN)
    assert smtp_server.fell_silent.wait(30)
    worker.kill()
    assert states() == [DeliveryState.SENDING]
    smtp_server.falls_silent_at = ""
    workers()
    let_pass(LEASE)
    tick(SWEEP)
    wait_for("the mail is sent after all", lambda: states() == [SENT])
    assert len(smtp_server.messages) == 1


def test_a_worker_killed_during_the_handover_is_made_up_for_by_the_very_same_mail(
    app, due, workers, tick, states, let_pass, wait_for, smtp_server
):
    due("wangfang@example.gov.cn")
    smtp_server.falls_silent_at = "DATA"
    worker = workers()
    tick(PLAN)
    assert smtp_server.fell_silent.wait(30)
    worker.kill()
    assert states() == [DeliveryState.SENDING]
    with app.app_context():
        kept = db.session.execute(select(Delivery.message_id, Delivery.body)).one()
    smtp_server.falls_silent_at = ""
    workers()
    let_pass(LEASE)
    tick(SWEEP)
    wait_for("the mail is sent after all", lambda: states() == [SENT])
    [message] = smtp_server.messages
    assert message["Message-ID"] == f"<{kept.message_id}>"
    said = message.get_body(("plain",)).get_content()
    assert said.split() == kept.body.split()


def test_a_mail_server_that_is_down_is_tried_again(
    app, due, workers, tick, states, let_pass, wait_for, smtp_server
):
    due("wangfang@example.gov.cn")
    smtp_server.stop()
    workers()
    tick(PLAN)

    def problem() -> Problem | None:
        with app.app_context():
            return db.session.scalar(select(Delivery.problem))

    wait_for("the first try has failed", lambda: problem() is Problem.UNREACHABLE)
    assert states() == [DeliveryState.PENDING]
    with serve_smtp(smtp_server.port) as server:
        let_pass(timedelta(minutes=1))
        tick(SWEEP)
        wait_for("the mail is sent", lambda: states() == [SENT])
        assert len(server.messages) == 1


def test_a_refused_recipient_stops_nobody_else(due, workers, tick, states, wait_for, smtp_server):
    due("gone@example.gov.cn")
    due("wangfang@example.gov.cn")
    smtp_server.refused.add("gone@example.gov.cn")
    workers()
    tick(PLAN)
    wait_for("both are settled", lambda: states() == [FAILED, SENT])
    assert smtp_server.recipients == [["wangfang@example.gov.cn"]]
    [message] = smtp_server.messages
    assert message["Subject"].startswith("链招：1项今日到期")
    assert "动力电池项目" in message.get_body(("plain",)).get_content()
    assert "动力电池项目" in message.get_body(("html",)).get_content()
    assert smtp_server.logins == 1, "one connection for both"
