"""From the tables to what is due: the facts each kind reads, and what the command tells of it."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask_babel import force_locale

from crm.accounts.rules import Role
from crm.calendar.models import CalendarDay, CalendarYear
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Activity, AgreedDate, Lead, LeadMember, StageChange
from crm.leads.rules import ActivityKind, MembershipKind, Stage, StageSource
from crm.outbox import queries as outbox_queries
from crm.outbox.sending import Sender
from crm.quotas.models import Quota
from crm.quotas.services import rejudge
from crm.reminders import letters
from crm.reminders.models import Absence
from crm.reminders.queries.mails import due_mails
from crm.reminders.reasons import reason
from crm.reminders.rules import ReminderKind
from crm.reminders.services import planning
from tests.features.quota_leads import add_figure, add_lead, add_milestone

FRIDAY = date(2026, 12, 4)
YI = 100_000_000


def day(n: int) -> date:
    return FRIDAY - timedelta(days=n)


@pytest.fixture
def owner(person: Any) -> Any:
    return person("staff", "药山街道", name="王芳", email="wangfang@example.gov.cn")


@pytest.fixture
def add(db_session: Any, owner: Any) -> Any:
    def make(**columns: Any) -> int:
        with transaction() as session:
            lead = Lead(
                **{
                    "title": "动力电池项目", "owner_id": owner.id, "stage": Stage.NEGOTIATING,
                    "department_id": owner.department_id, "stage_since": FRIDAY,
                    "last_progress_on": FRIDAY, "created_at": datetime(2026, 12, 4, tzinfo=UTC),
                    **columns,
                }
            )  # fmt: skip
            session.add(lead)
            session.flush()
            return lead.id

    return make


def log(app: Any, lead_id: int, kind: ActivityKind, on: date, **columns: Any) -> None:
    with transaction() as session:
        session.add(
            Activity(
                lead_id=lead_id, kind=kind, happened_on=on, summary="x", at=clock.now(), **columns
            )
        )


def due(on: date = FRIDAY) -> list[tuple[ReminderKind, str, date]]:
    items = [item for mail in due_mails(on) for item in mail.items]
    return [(item.reminder_kind, item.step, item.due_on) for item in items]


def kinds(on: date = FRIDAY) -> set[ReminderKind]:
    return {kind for kind, _step, _day in due(on)}


# --- facts ---


def test_a_comment_never_quiets_the_clock_of_a_lead_without_progress(app, db_session, add):
    lead_id = add(stage_since=day(90), last_progress_on=day(31))
    for n in range(5):
        log(app, lead_id, ActivityKind.CALL, day(n))
    assert due() == [(ReminderKind.QUIET, "yellow", day(1))]


def test_a_new_lead_waits_for_a_response_that_a_word_to_the_referrer_is_not(app, db_session, add):
    lead_id = add(stage=Stage.LEAD, created_at=datetime(2026, 12, 3, 2, tzinfo=UTC))
    assert due() == [(ReminderKind.FIRST_RESPONSE, "due", FRIDAY)]
    log(app, lead_id, ActivityKind.FEEDBACK, FRIDAY)
    assert kinds() == {ReminderKind.FIRST_RESPONSE}
    log(app, lead_id, ActivityKind.CALL, FRIDAY)
    assert kinds() == set()


def test_a_lead_entered_late_in_the_evening_is_entered_that_day_at_the_office(db_session, add):
    add(stage=Stage.LEAD, created_at=datetime(2026, 12, 3, 16, 30, tzinfo=UTC))  # 4 Dec, 00:30
    assert kinds() == set()
    assert kinds(date(2026, 12, 7)) == {ReminderKind.FIRST_RESPONSE}


@pytest.mark.parametrize("stage_source", [StageSource.IMPORT, StageSource.PERSON])
def test_a_lead_of_a_ledger_owes_no_response_even_after_a_person_moved_it(
    app, db_session, add, stage_source
):
    lead_id = add(
        stage=Stage.CONTACTED, created_at=datetime(2026, 6, 1, tzinfo=UTC), referrer="张三",
        stage_source=stage_source,
    )  # fmt: skip
    assert kinds() == {ReminderKind.SCREENING, ReminderKind.REFERRER_FEEDBACK}
    with transaction() as session:
        session.add(
            StageChange(
                lead_id=lead_id, to_stage=Stage.LEAD, happened_on=day(180),
                source=StageSource.IMPORT,
            )
        )  # fmt: skip
    assert kinds() == set()


def test_a_trip_owes_its_report_until_it_is_handed_in_whatever_became_of_the_lead(
    app, db_session, add, owner
):
    lead_id = add(stage=Stage.LOST)
    log(app, lead_id, ActivityKind.VISIT_OUT, day(30), by_id=owner.id)  # a visit nearby
    assert kinds() == set()
    log(app, lead_id, ActivityKind.VISIT_OUT, day(30), by_id=owner.id, returned_on=day(20))
    assert due() == [(ReminderKind.TRIP_REPORT, "due", day(5))]
    with transaction() as session:
        for each in session.query(Activity):
            each.reported_on = day(1)
    assert kinds() == set()


def test_an_agreed_date_is_told_until_it_is_done(db_session, add):
    lead_id = add(stage=Stage.SIGNED)
    with transaction() as session:
        row = AgreedDate(lead_id=lead_id, title="二期出资", due_on=FRIDAY + timedelta(days=6))
        session.add(row)
    assert due() == [(ReminderKind.AGREED_DATE, "d7", day(1))]
    with transaction():
        row.done_on = FRIDAY
    assert kinds() == set()


def test_whoever_waits_for_papers_is_told_which_are_missing(app, db_session, add, owner):
    """The papers are those of the evidence folder; an example of a quota asks nobody."""
    with transaction():
        lead = add_lead(
            "缺件项目", stage=Stage.SIGNED, owner_id=owner.id, stage_since=day(40),
            created_at=clock.now(),
        )  # fmt: skip
        add_figure(lead, 60 * YI)
        add_milestone(lead, on=day(40), document=None)
        rejudge([lead.id], today=FRIDAY, at=clock.now())
    assert kinds() == set()
    with transaction() as session:
        for quota in session.query(Quota):
            quota.is_example = False
    [item] = [item for mail in due_mails(FRIDAY) for item in mail.items]
    assert (item.reminder_kind, item.step) == (ReminderKind.EVIDENCE, "yellow")
    with app.test_request_context():
        said = reason(item.ground, FRIDAY)
        assert said.startswith("计入任务40天仍待补佐证（黄灯，30天起）：缺签约协议")
        with force_locale("en"):
            assert "Signed agreement" in reason(item.ground, FRIDAY)
    with transaction() as session:
        for quota in session.query(Quota):
            quota.frozen_at = clock.now()
    assert kinds() == set()


def test_papers_of_last_year_are_asked_for_until_that_year_is_frozen(db_session, owner):
    with transaction() as session:
        lead = add_lead("缺件项目", stage=Stage.SIGNED, owner_id=owner.id, created_at=clock.now())
        add_figure(lead, 60 * YI)
        add_milestone(lead, on=day(40), document=None)
        rejudge([lead.id], today=FRIDAY, at=clock.now())
        for quota in session.query(Quota):
            quota.is_example = False
    january = date(2027, 1, 15)
    assert ReminderKind.EVIDENCE in kinds(january)
    assert ReminderKind.EVIDENCE not in kinds(date(2028, 1, 14))


def test_bureau_leaders_hear_once_a_month_that_a_quota_is_behind(app, db_session, person):
    leader = person(Role.DIRECTOR, name="刘洋", email="liuyang@example.gov.cn")
    with transaction() as session:
        for quota in session.query(Quota):
            quota.is_example = False
    behind = [item for mail in due_mails(FRIDAY) for item in mail.items]
    assert behind
    assert {(item.reminder_kind, item.step, item.due_on) for item in behind} == {
        (ReminderKind.QUOTA_BEHIND, "2026-12", date(2026, 12, 1))
    }
    assert [mail.person_id for mail in due_mails(FRIDAY)] == [leader.id]
    with app.test_request_context():
        assert reason(behind[0].ground, FRIDAY).startswith("截至2026-12-01应达")
    # 1 October to 7 October are days off: the month begins on the 8th.
    assert due(date(2026, 10, 7)) == []
    assert {each[2] for each in due(date(2026, 10, 30))} == {date(2026, 10, 8)}


# --- the command ---


def test_the_command_tells_every_kind_in_the_form_it_always_had(app, db_session, add, owner):
    quiet = add(title="久未推进", stage_since=day(90), last_progress_on=day(65))
    late = add(title="下一步", next_action_on=day(2), next_action="约见")
    log(app, quiet, ActivityKind.VISIT_OUT, day(66), by_id=owner.id, returned_on=day(16))
    said = app.test_cli_runner().invoke(
        args=["reminders", "due", "--on", FRIDAY.isoformat(), "--json"]
    )
    told = json.loads(said.stdout)
    assert set(told) == {"on", "is_working_day", "mails"}
    [mail] = told["mails"]
    assert {key: mail[key] for key in ("to", "person", "problem")} == {
        "to": "wangfang@example.gov.cn", "person": "王芳", "problem": None,
    }  # fmt: skip
    shown = {
        (item["lead_id"], item["title"], item["kind"], item["due_on"]) for item in mail["items"]
    }
    assert shown == {
        (quiet, "久未推进", "quiet", day(5).isoformat()),
        (quiet, "久未推进", "trip_report", day(1).isoformat()),
        (late, "下一步", "overdue", day(2).isoformat()),
    }


# --- working days ---


@pytest.mark.parametrize(
    ("entered", "due_on"),
    [
        (date(2025, 1, 24), date(2025, 1, 26)),  # a Friday: the Sunday before 春节 is worked
        (date(2025, 1, 27), date(2025, 2, 5)),  # eight days of 春节
        (date(2025, 9, 30), date(2025, 10, 9)),  # 国庆 and 中秋
        (date(2025, 12, 31), date(2026, 1, 4)),  # 元旦, then a worked Sunday
        (date(2026, 2, 13), date(2026, 2, 14)),  # a Friday: the Saturday is worked
        (date(2026, 2, 14), date(2026, 2, 24)),
        (date(2026, 9, 30), date(2026, 10, 8)),
        (date(2026, 12, 31), date(2027, 1, 1)),  # 2027 is not published: a Friday like any
        (date(2027, 1, 1), date(2027, 1, 4)),
    ],
)
def test_a_first_response_is_due_on_the_next_day_the_office_works(db_session, add, entered, due_on):
    add(stage=Stage.LEAD, created_at=clock.office_moment(entered, time(0)))
    before = due_on - timedelta(days=1)
    assert ReminderKind.FIRST_RESPONSE not in kinds(before)
    assert (ReminderKind.FIRST_RESPONSE, "due", due_on) in due(due_on)


def test_a_year_nobody_entered_counts_monday_to_friday_and_administrators_are_told(
    db_session, add, sign_in
):
    with transaction() as session:
        session.query(CalendarDay).delete()
        session.query(CalendarYear).delete()
    add(next_action_on=date(2026, 10, 1), next_action="约见")
    calendar = work_calendar()
    thursday, saturday = date(2026, 10, 1), date(2026, 10, 10)
    assert not calendar.covers(2026)
    with transaction():
        at = clock.office_moment(thursday, time(9))
        assert planning.plan(at).messages == 1
    with transaction():  # a Saturday the notice has worked, which nobody knows
        at = clock.office_moment(saturday, time(9))
        assert planning.plan(at) == planning.Planned()
    db.session.remove()
    page = sign_in(Role.ADMINISTRATOR).get("/calendar/").text
    assert "2026年调休未导入" in page


# --- who may know ---


def test_a_delegate_reads_for_who_is_away_but_not_of_a_sensitive_lead_they_may_not_know(
    app, db_session, add, owner, person
):
    delegate = person("staff", "药山街道", name="李娜", email="lina@example.gov.cn")
    add(title="公开项目", next_action_on=FRIDAY, next_action="约见")
    secret = add(title="涉密项目", next_action_on=FRIDAY, next_action="约见", is_sensitive=True)
    morning = clock.office_moment(FRIDAY, time(9))
    with transaction() as session:
        session.add(LeadMember(lead_id=secret, user_id=owner.id, kind=MembershipKind.NAMED))
        session.add(
            Absence(user_id=owner.id, delegate_id=delegate.id, starts_on=FRIDAY, ends_on=FRIDAY)
        )
    with transaction():
        assert planning.plan(morning).messages == 2
    post: list[Any] = []

    class Post:
        def deliver(self, letter: Any, before_handover: Any) -> None:
            before_handover()
            post.append(letter)

    sender = Sender(Post(), letters.writers(app.extensions["settings"]), lambda: morning)
    for delivery_id in outbox_queries.claimable_ids(morning):
        sender.send(delivery_id)
    told = {letter.address: letter.text for letter in post}
    assert set(told) == {"lina@example.gov.cn", "wangfang@example.gov.cn"}
    assert "公开项目" in told["lina@example.gov.cn"]
    assert "涉密项目" not in told["lina@example.gov.cn"]
    assert "涉密项目" in told["wangfang@example.gov.cn"]
    assert "公开项目" not in told["wangfang@example.gov.cn"]
