"""One mail per person and day: what is due, and planned once."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func, select, update

from crm.accounts.models import User
from crm.calendar.models import CalendarDay
from crm.calendar.rules import DayKind
from crm.core.db import transaction
from crm.leads.models import LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.outbox import queries as outbox_queries
from crm.outbox import services as outbox
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryState, Problem
from crm.reminders.models import Reminder
from crm.reminders.queries import mails as queries
from crm.reminders.rules import ReminderKind, ReminderState, falls_due
from crm.reminders.services import planning as services
from tests.features.reminders.cases import FRIDAY, MINUTE, MORNING, plan, rows
from tests.together import at_once

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
    assert sorted(at_once(app, plan, plan)) == [0, 1]
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
