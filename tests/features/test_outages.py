"""Days without a machine, recipients who are gone, runs that overlap: nobody is forgotten or told twice."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from crm.accounts.models import User
from crm.core.db import db, transaction
from crm.core.mail import MailFault, NotDelivered
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox import queries as outbox
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryState, Problem
from crm.outbox.sending import Sender
from crm.reminders import letters
from crm.reminders.models import Reminder
from crm.reminders.services import planning
from tests.saving import saved

FRIDAY = date(2026, 12, 4)
MORNING = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)  # 08:30 at the office
DAY = timedelta(days=1)


class Post:
    """A transport that takes everything but from the addresses named."""

    def __init__(self) -> None:
        self.letters = []
        self.refused: set[str] = set()

    def deliver(self, letter, before_handover):
        if letter.address in self.refused:
            raise NotDelivered(MailFault.REFUSED, "550 5.1.1 no such user")
        before_handover()
        self.letters.append(letter)


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def morning(app, db_session, post):
    """`morning(at)`: plan and send as beat and worker do at that moment."""

    def run(at: datetime) -> None:
        with transaction():
            planning.plan(at)
        sender = Sender(post, letters.writers(app.extensions["settings"]), lambda: at)
        while sender.send_waiting():
            pass

    return run


@pytest.fixture
def due(app):
    """`due(owner, title, day)`: a lead whose next action is due that day."""

    def make(owner, title: str, day: date) -> int:
        return saved(app, Lead(
            title=title, owner_id=owner.id, stage=Stage.NEGOTIATING, stage_since=FRIDAY,
            last_progress_on=FRIDAY, next_action="约见投资方", next_action_on=day,
        ))  # fmt: skip

    return make


@pytest.fixture
def three(person):
    return [
        person("staff", "药山街道", name=f"王{n}", email=f"w{n}@example.gov.cn") for n in range(3)
    ]


def test_after_three_days_of_outage_each_person_gets_one_digest_and_nothing_is_skipped(
    three, due, morning, post
):
    titles = {
        owner.id: [
            f"项目{owner.id}-{n}"
            for n in range(4)
            if due(owner, f"项目{owner.id}-{n}", FRIDAY + n * DAY)
        ]
        for owner in three
    }
    # Friday, the weekend and Monday nothing runs; on Tuesday the machine is back.
    back = MORNING + 4 * DAY + timedelta(hours=3)
    for minute in range(0, 130, 10):
        morning(back + timedelta(minutes=minute))
    by_person = {letter.address: letter for letter in post.letters}
    assert len(post.letters) == len(by_person) == 3
    for owner, letter in zip(
        three, (by_person[f"w{n}@example.gov.cn"] for n in range(3)), strict=True
    ):
        assert all(title in letter.text for title in titles[owner.id])


def test_digests_that_could_not_go_out_for_days_become_one(three, due, morning, post, db_session):
    for owner in three:
        due(owner, f"项目{owner.id}", FRIDAY)
    with transaction():
        planning.plan(MORNING)  # planned, but no worker sends
    morning(MORNING + 3 * DAY)  # Monday
    assert Counter(letter.address for letter in post.letters) == {
        f"w{n}@example.gov.cn": 1 for n in range(3)
    }
    problems = db.session.scalars(
        select(Delivery.problem).where(Delivery.state == DeliveryState.FAILED)
    ).all()
    assert problems == [Problem.DAY_OVER] * 3


def test_who_takes_a_lead_over_is_told_and_who_gave_it_away_no_more(three, due, morning, post):
    giver, taker, _ = three
    lead_id = due(giver, "换人跟进的项目", FRIDAY)
    morning(MORNING)
    assert [letter.address for letter in post.letters] == ["w0@example.gov.cn"]
    with transaction() as session:
        session.execute(update(Lead).where(Lead.id == lead_id).values(owner_id=taker.id))
    post.letters.clear()
    morning(MORNING + 3 * DAY)  # Monday
    assert [letter.address for letter in post.letters] == ["w1@example.gov.cn"]
    assert "换人跟进的项目" in post.letters[0].text


def test_one_deleted_recipient_kills_no_job(three, due, morning, post, db_session):
    gone, off, stays = three
    for owner in three:
        due(owner, f"项目{owner.id}", FRIDAY)
    with transaction():
        planning.plan(MORNING)
    with transaction() as session:
        # As gone as the database lets anybody be: no person at the message, and one switched off.
        session.execute(
            update(Delivery).where(Delivery.person_id == gone.id).values(person_id=None)
        )
        session.execute(update(User).where(User.id == off.id).values(is_active=False))
    morning(MORNING + timedelta(minutes=1))
    assert [letter.address for letter in post.letters] == ["w2@example.gov.cn"]
    assert stays.id
    left = db.session.scalars(
        select(Delivery.state).where(
            Delivery.state.in_((DeliveryState.PENDING, DeliveryState.SENDING))
        )
    ).all()
    assert left == []


def test_a_lead_deleted_between_planning_and_sending_stops_nobody_else(
    three, due, morning, post, db_session
):
    keys = [due(owner, f"项目{owner.id}", FRIDAY) for owner in three]
    with transaction():
        planning.plan(MORNING)
    with transaction() as session:
        session.execute(delete(Reminder).where(Reminder.lead_id == keys[0]))
        session.execute(delete(Lead).where(Lead.id == keys[0]))
    morning(MORNING + timedelta(minutes=1))
    assert sorted(letter.address for letter in post.letters) == [
        "w1@example.gov.cn",
        "w2@example.gov.cn",
    ]


def test_runs_on_top_of_each_other_send_nothing_twice(app, three, due, morning, post, db_session):
    for owner in three:
        due(owner, f"项目{owner.id}", FRIDAY)
    with transaction():
        planning.plan(MORNING)
    deliver = post.deliver

    def while_another_run_begins(letter, mark):
        post.deliver = deliver
        morning(MORNING + timedelta(minutes=1))
        deliver(letter, mark)

    post.deliver = while_another_run_begins
    morning(MORNING)
    assert len(post.letters) == len({letter.message_id for letter in post.letters}) == 3


# --- a refusal stands at the person ---


def test_a_refused_address_is_shown_at_the_person_until_it_changes_or_a_mail_goes_through(
    app, three, due, morning, post, sign_in, db_session
):
    admin = sign_in("administrator")
    first = three[0]
    for owner in three:
        due(owner, f"项目{owner.id}", FRIDAY)
    post.refused = {"w0@example.gov.cn", "w1@example.gov.cn"}
    morning(MORNING)
    assert set(outbox.refusals()) == {three[0].id, three[1].id}
    page = admin.get(f"/people/{first.id}").text
    assert "550 5.1.1 no such user" in page
    assert admin.get("/people").text.count("邮件被退") == 2
    with transaction() as session:
        session.execute(update(User).where(User.id == first.id).values(email="new@example.gov.cn"))
    post.refused = set()
    assert set(outbox.refusals()) == {three[1].id}
    assert "550" not in admin.get(f"/people/{first.id}").text
    morning(MORNING + 3 * DAY)  # Monday's mail goes through
    assert outbox.refusals() == {}
