"""One mail per person and day: planned once, sent in three steps, never twice."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select, update

from crm.accounts.models import User
from crm.calendar.models import CalendarDay
from crm.calendar.rules import DayKind
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused
from crm.core.mail import MailFault, NotDelivered, content
from crm.history.models import AuditEvent
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.outbox import queries as outbox_queries
from crm.outbox import services as outbox
from crm.outbox.models import Delivery
from crm.outbox.rules import LEASE, DeliveryState, Problem
from crm.outbox.sending import Sender
from crm.reminders import letters
from crm.reminders.models import Reminder
from crm.reminders.queries import mails as queries
from crm.reminders.rules import ReminderKind, ReminderState, falls_due
from crm.reminders.services import planning as services

FRIDAY = date(2026, 12, 4)
MORNING = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)  # 08:30 at the office
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lead(app) -> Callable[..., int]:
    """`lead(owner_id, due_on, title=…, **columns)`: a lead with a next action; its id."""

    def make(owner_id: int | None, due_on: date | None = FRIDAY, **columns) -> int:
        values = {
            "title": "动力电池项目",
            "owner_id": owner_id,
            "stage": Stage.NEGOTIATING,
            "stage_since": FRIDAY,
            "last_progress_on": FRIDAY,
            "next_action": "约见投资方",
            "next_action_on": due_on,
            **columns,
        }
        with app.app_context(), transaction() as session:
            row = Lead(**values)
            session.add(row)
            session.flush()
            return row.id

    return make


@pytest.fixture
def owner(person):
    return person("staff", "药山街道", name="王芳", email="wangfang@example.gov.cn")


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


def plan(at: datetime = MORNING) -> int:
    with transaction():
        return services.plan(at, again=True).messages


def rows() -> list[Delivery]:
    statement = select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)
    return list(db.session.scalars(statement))


def claim(delivery_id: int, at: datetime):
    with transaction():
        return outbox.claim(delivery_id, at)


def sweep(sender: Sender) -> None:
    for delivery_id in outbox_queries.claimable_ids(sender.now()):
        sender.send(delivery_id)


# --- what is due ---


def test_each_owner_is_told_their_own_due_and_overdue_leads_oldest_first(
    db_session, owner, person, lead
):
    other = person("staff", "药山街道", email="other@example.gov.cn")
    late = lead(owner.id, FRIDAY - timedelta(days=3))
    due = lead(owner.id, FRIDAY)
    lead(owner.id, FRIDAY + timedelta(days=1))
    theirs = lead(other.id, FRIDAY)
    lead(None, FRIDAY)
    found = {
        mail.person_id: [(item.lead_id, item.kind, item.days_overdue) for item in mail.items]
        for mail in queries.due_mails(FRIDAY)
    }
    assert found == {
        owner.id: [(late, "overdue", 3), (due, "due", 0)],
        other.id: [(theirs, "due", 0)],
    }


def test_the_select_loses_no_lead_the_rule_would_tell(db_session, owner, lead):
    cases = [
        (lead(owner.id, due_on, stage=stage), stage, due_on)
        for stage in Stage
        for due_on in (None, FRIDAY - timedelta(days=1), FRIDAY, FRIDAY + timedelta(days=1))
    ]
    told = {
        item.lead_id
        for mail in queries.due_mails(FRIDAY)
        for item in mail.items
        if item.reminder_kind is ReminderKind.NEXT_ACTION
    }
    assert told == {key for key, stage, due_on in cases if falls_due(stage, due_on, FRIDAY)}


def test_a_sensitive_lead_is_mailed_only_to_an_owner_on_its_named_list(db_session, owner, lead):
    secret = lead(owner.id, is_sensitive=True)
    assert queries.due_mails(FRIDAY) == ()
    assert plan() == 0
    with transaction() as session:
        session.add(LeadMember(lead_id=secret, user_id=owner.id, kind=MembershipKind.NAMED))
    assert [item.lead_id for item in queries.due_mails(FRIDAY)[0].items] == [secret]


def test_what_is_due_takes_as_many_queries_for_many_leads_as_for_few(
    db_session, owner, lead, count_queries
):
    counts = []
    for _round in range(2):
        for _ in range(5):
            lead(owner.id)
        with count_queries() as seen:
            queries.due_mails(FRIDAY)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 24


# --- planning ---


def test_a_mail_is_planned_once_however_often_beat_ticks(db_session, owner, lead):
    lead(owner.id)
    assert [plan(MORNING + n * MINUTE) for n in range(5)] == [1, 0, 0, 0, 0]
    assert [(row.person_id, row.due_on, row.state) for row in rows()] == [
        (owner.id, FRIDAY, DeliveryState.PENDING)
    ]


def test_two_beats_at_the_same_time_plan_one_mail(app, db_session, owner, lead):
    lead(owner.id)
    together = threading.Barrier(2)
    planned, faults = [], []

    def beat() -> None:
        try:
            with app.app_context():
                together.wait(10)
                planned.append(plan())
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=beat) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert sorted(planned) == [0, 1]
    assert len(rows()) == 1


def test_a_day_is_planned_once_an_hour_whoever_asks(db_session, owner, lead):
    def planned(at: datetime) -> services.Planned:
        with transaction():
            return services.plan(at)

    lead(owner.id)
    assert planned(MORNING).begun == 1
    lead(owner.id)
    assert planned(MORNING + 59 * MINUTE) == services.Planned()
    assert planned(MORNING + 60 * MINUTE).begun == 1
    assert planned(MORNING).begun == 0  # a clock put back stops nothing
    assert len(rows()) == 1
    with transaction() as session:
        session.execute(update(Reminder).values(state=ReminderState.DONE))
    later = planned(MORNING + 121 * MINUTE)  # still due, but answered: nothing begins
    assert later == services.Planned()


def test_nothing_goes_before_half_past_eight_and_a_dead_morning_is_caught_up(
    db_session, owner, lead
):
    lead(owner.id)
    assert plan(MORNING - MINUTE) == 0
    assert plan(MORNING + timedelta(hours=13)) == 1


def test_nothing_goes_on_a_day_off_and_the_next_working_day_tells_all_of_it(
    db_session, owner, lead
):
    lead(owner.id, FRIDAY + timedelta(days=1))
    assert plan(MORNING + timedelta(days=1)) == 0
    assert plan(MORNING + timedelta(days=2)) == 0
    assert plan(MORNING + timedelta(days=3)) == 1


def test_a_weekend_that_is_worked_gets_its_mail(db_session, owner, lead):
    lead(owner.id)
    with transaction() as session:
        session.add(CalendarDay(day=FRIDAY + timedelta(days=1), kind=DayKind.WORKDAY))
    assert plan(MORNING + timedelta(days=1)) == 1


def test_an_office_may_choose_another_time(db_session, owner, lead):
    lead(owner.id)
    with transaction():
        assert services.plan(MORNING, time(9)) == services.Planned()


def test_who_has_no_address_is_shown_and_mailed_as_soon_as_there_is_one(db_session, person, lead):
    nobody = person("staff", name="台账中的人", is_active=True)
    lead(nobody.id)
    assert plan() == 0
    assert [(m.name, m.problem) for m in queries.people_unreached(FRIDAY)] == [
        ("台账中的人", Problem.NO_ADDRESS)
    ]
    with transaction() as session:
        session.execute(update(User).where(User.id == nobody.id).values(email="new@example.gov.cn"))
    assert plan(MORNING + 90 * MINUTE) == 1


# --- sending ---


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
    together = threading.Barrier(4)
    holds, faults = [], []

    def work() -> None:
        try:
            with app.app_context():
                together.wait(10)
                holds.append(claim(key, MORNING))
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
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


# --- signs of life ---


def test_a_sign_of_life_is_one_row_that_moves_on(db_session):
    assert outbox_queries.last_sign_at() is None
    for minutes in (0, 1):
        with transaction():
            outbox.beat(MORNING + minutes * MINUTE)
    assert outbox_queries.last_sign_at() == MORNING + MINUTE


def test_a_days_mail_expires_at_midnight_in_shanghai(db_session, owner, lead):
    lead(owner.id)
    plan()
    assert rows()[0].expires_at == datetime(2026, 12, 4, 16, 0, tzinfo=UTC)


def test_nothing_is_planned_for_a_person_twice_in_the_table(db_session, owner, lead):
    lead(owner.id)
    plan()
    assert db_session.scalar(select(func.count()).select_from(Delivery)) == 1
