"""A planned mail is sent in three steps and never twice, whoever dies meanwhile."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm.accounts.models import User
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused
from crm.core.mail import MailFault, NotDelivered, content
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox import queries as outbox_queries
from crm.outbox import services as outbox
from crm.outbox.rules import LEASE, DeliveryState, Problem
from crm.outbox.sending import Sender
from crm.reminders import letters
from tests.features.reminders.cases import MINUTE, MORNING, plan, rows
from tests.together import at_once


class Post:
    """A transport that keeps what it is given, or fails as told, before or after the hand-over."""

    def __init__(self) -> None:
        self.letters = []
        self.before: Exception | None = None
        self.after: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def deliver(self, letter, before_handover):
        if self.before:
            raise self.before
        self.meanwhile()
        before_handover()
        if self.after:
            raise self.after
        self.letters.append(letter)


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def now():
    return Clock(MORNING)


@pytest.fixture
def sender(app, post, now, db_session):
    return Sender(post, letters.writers(app.extensions["settings"]), now)


def claim(delivery_id: int, at: datetime):
    with transaction():
        return outbox.claim(delivery_id, at)


def sweep(sender: Sender) -> None:
    for delivery_id in outbox_queries.claimable_ids(sender.now()):
        sender.send(delivery_id)


def test_a_mail_goes_out_and_says_so(owner, lead, sender, post):
    lead(owner.id)
    plan()
    [row] = rows()
    assert sender.send(row.id) is DeliveryState.SENT
    [row] = rows()
    assert (row.state, row.sent_at, row.address) == (DeliveryState.SENT, MORNING, owner_address())
    assert row.subject == post.letters[0].subject
    assert len(post.letters) == 1
    assert sender.send(row.id) is None
    assert len(post.letters) == 1


def owner_address() -> str:
    return "wangfang@example.gov.cn"


def test_the_mail_tells_the_state_of_the_moment_it_goes(owner, lead, sender, post):
    first, second = lead(owner.id, title="甲项目"), lead(owner.id, title="乙项目")
    plan()
    with transaction() as session:
        session.execute(update(Lead).where(Lead.id == first).values(next_action_on=None))
    sender.send(rows()[0].id)
    assert "甲项目" not in post.letters[0].text
    assert "乙项目" in post.letters[0].text
    assert f"/leads/{second}" in post.letters[0].text


def test_nothing_goes_when_everything_was_done_meanwhile(owner, lead, sender, post):
    key = lead(owner.id)
    plan()
    with transaction() as session:
        session.execute(update(Lead).where(Lead.id == key).values(stage=Stage.LOST))
    assert sender.send(rows()[0].id) is DeliveryState.NOTHING_DUE
    assert post.letters == []
    assert outbox_queries.claimable_ids(MORNING + timedelta(hours=2)) == []


def test_two_workers_find_one_winner(app, db_session, owner, lead):
    lead(owner.id)
    plan()
    key = rows()[0].id
    holds = at_once(app, *[lambda: claim(key, MORNING)] * 4)
    assert [hold.attempts for hold in holds if hold] == [1]


def test_a_worker_that_died_before_the_handover_is_replaced(owner, lead, sender, post, now):
    lead(owner.id)
    plan()
    key = rows()[0].id
    assert claim(key, MORNING)  # and its worker is killed
    assert sender.send(key) is None
    now.at += LEASE
    sweep(sender)
    assert len(post.letters) == 1
    assert (rows()[0].state, rows()[0].attempts) == (DeliveryState.SENT, 2)


def test_a_slow_worker_whose_claim_was_taken_over_gives_nothing_away(
    owner, lead, sender, post, now
):
    lead(owner.id)
    plan()
    key = rows()[0].id

    def taken_over() -> None:
        now.at += LEASE
        assert claim(key, now.at)

    post.meanwhile = taken_over
    sender.send(key)
    assert post.letters == []
    assert (rows()[0].state, rows()[0].attempts) == (DeliveryState.SENDING, 2)


def test_a_worker_that_died_during_the_handover_is_made_up_for_by_the_very_same_mail(
    owner, lead, sender, post, now
):
    key = lead(owner.id)
    plan()

    class PowerCut(Exception):
        pass

    post.after = PowerCut()
    with pytest.raises(PowerCut):
        sender.send(rows()[0].id)
    row = rows()[0]
    assert (row.state, row.handed_at) == (DeliveryState.SENDING, MORNING)
    with transaction() as session:
        session.execute(update(Lead).where(Lead.id == key).values(title="改名后的项目"))
    post.after = None
    now.at += LEASE
    sweep(sender)
    [letter] = post.letters
    assert (letter.message_id, letter.text, letter.html) == (row.message_id, row.body, row.html)
    assert letter.at == MORNING
    assert content(letter) == content(letter)
    assert rows()[0].state is DeliveryState.SENT


def test_a_connection_that_breaks_with_the_message_is_tried_again_with_the_same_mail(
    owner, lead, sender, post, now
):
    lead(owner.id)
    plan()
    post.after = NotDelivered(MailFault.LOST, "connection reset")
    assert sender.send(rows()[0].id) is DeliveryState.PENDING
    assert rows()[0].problem is Problem.LOST
    post.after = None
    now.at += MINUTE
    sweep(sender)
    assert [letter.message_id for letter in post.letters] == [rows()[0].message_id]


def test_a_busy_server_is_tried_again_when_the_rule_says_so(owner, lead, sender, post, now):
    lead(owner.id)
    plan()
    post.before = NotDelivered(MailFault.SERVER_BUSY, "451 try later")
    sweep(sender)
    [row] = rows()
    assert (row.state, row.problem, row.last_error) == (
        DeliveryState.PENDING,
        Problem.SERVER_BUSY,
        "451 try later",
    )
    post.before = None
    sweep(sender)
    assert post.letters == []
    now.at += MINUTE
    sweep(sender)
    assert len(post.letters) == 1
    assert (rows()[0].state, rows()[0].problem) == (DeliveryState.SENT, None)


def test_one_refused_recipient_fails_at_once_and_stops_nobody_else(
    owner, person, lead, sender, post
):
    other = person("staff", email="other@example.gov.cn")
    lead(owner.id)
    lead(other.id)
    plan()
    first, second = (row.id for row in rows())
    post.before = NotDelivered(MailFault.REFUSED, "550 no such user")
    assert sender.send(first) is DeliveryState.FAILED
    post.before = None
    assert sender.send(second) is DeliveryState.SENT
    assert rows()[0].problem is Problem.REFUSED


def test_a_mail_that_cannot_be_written_stops_nobody_else(
    owner, person, lead, sender, post, monkeypatch
):
    other = person("staff", email="other@example.gov.cn")
    lead(owner.id)
    lead(other.id)
    plan()
    original = letters.due_letter

    def broken(mail, *rest):
        if mail.person_id == owner.id:
            raise ZeroDivisionError
        return original(mail, *rest)

    monkeypatch.setattr(letters, "due_letter", broken)
    sweep(sender)
    assert [(row.state, row.problem) for row in rows()] == [
        (DeliveryState.FAILED, Problem.NOT_WRITTEN),
        (DeliveryState.SENT, None),
    ]


def test_an_address_taken_away_meanwhile_fails_with_that_reason(owner, lead, sender):
    lead(owner.id)
    plan()
    with transaction() as session:
        session.execute(update(User).where(User.id == owner.id).values(email=None))
    assert sender.send(rows()[0].id) is DeliveryState.FAILED
    assert rows()[0].problem is Problem.NO_ADDRESS


def test_a_dead_server_is_not_asked_again_for_every_waiting_mail(
    owner, person, lead, sender, post, now
):
    for number in range(3):
        lead(person("staff", email=f"p{number}@example.gov.cn").id)
    plan()
    asked = []

    class Dead:
        def deliver(self, letter, before_handover):
            asked.append(letter.address)
            raise NotDelivered(MailFault.UNREACHABLE, "connection refused")

    dead = Sender(Dead(), sender.writers, now)
    sweep(dead)
    assert len(asked) == 1
    now.at += MINUTE
    sweep(sender)
    assert len(post.letters) == 3


def test_a_mail_left_over_from_yesterday_is_settled_and_not_sent_beside_todays(
    owner, lead, sender, post, now
):
    lead(owner.id)
    plan()
    monday = MORNING + timedelta(days=3)
    now.at = monday
    plan(monday)
    sweep(sender)
    assert [(row.due_on.day, row.state, row.problem) for row in rows()] == [
        (4, DeliveryState.FAILED, Problem.DAY_OVER),
        (7, DeliveryState.SENT, None),
    ]
    assert len(post.letters) == 1


def test_a_mail_keeps_its_identifier_when_it_is_tried_again(owner, lead, sender, post, now):
    lead(owner.id)
    plan()
    seen = []

    class Once(Post):
        def deliver(self, letter, before_handover):
            seen.append(letter.message_id)
            raise NotDelivered(MailFault.SERVER_BUSY, "421")

    sweep(Sender(Once(), sender.writers, now))
    now.at += MINUTE
    sweep(sender)
    assert [post.letters[0].message_id] == seen


# --- the administrator ---


def test_the_administrator_has_a_failed_mail_sent_again(owner, person, lead, sender, post, now):
    admin = person("administrator")
    lead(owner.id)
    plan()
    post.before = NotDelivered(MailFault.REFUSED, "550")
    sweep(sender)
    post.before = None
    now.at += MINUTE
    with transaction():
        outbox.send_again(admin, rows()[0].id, now.at)
    sweep(sender)
    assert rows()[0].state is DeliveryState.SENT
    assert len(post.letters) == 1
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.action, event.actor_id, event.before["state"], event.after["state"]) == (
        "mail_sent_again",
        admin.id,
        "failed",
        "pending",
    )


def test_what_the_administrator_may_not_do_is_refused(owner, person, lead, sender, now):
    admin = person("administrator")
    lead(owner.id)
    plan()
    key = rows()[0].id
    sender.send(key)
    with pytest.raises(Refused), transaction():
        outbox.send_again(admin, key, now.at)
    with pytest.raises(NotFound), transaction():
        outbox.send_again(admin, key + 1000, now.at)
    assert rows()[0].state is DeliveryState.SENT
