"""`reminders why` tells why a mail was or was not sent; `reminders resend` puts failed ones back."""

import json
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, update

from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryKind, DeliveryState, Problem
from crm.reminders.models import Absence, Preference, Reminder, ReminderSetting
from crm.reminders.rules import ReminderKind, ReminderState, Timing
from crm.reminders.services import planning
from tests.saving import saved

FRIDAY = date(2026, 12, 4)
MORNING = clock.office_moment(FRIDAY, time(9))


@pytest.fixture
def command(app, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: MORNING)
    yield lambda *words: app.test_cli_runner().invoke(args=["reminders", *map(str, words)])
    for sent in app.extensions["settings"].outbox_dir.glob("*.eml"):
        sent.unlink()  # the folder outlives the database


@pytest.fixture
def owner(person):
    return person("staff", "药山街道", name="王芳", email="wangfang@example.gov.cn")


@pytest.fixture
def lead(app):
    def make(owner, due_on=FRIDAY, **more):
        return saved(app, Lead(
            **{
                "title": "动力电池项目", "owner_id": owner.id, "department_id": owner.department_id,
                "stage": Stage.NEGOTIATING, "next_action_on": due_on, "stage_since": FRIDAY,
                "last_progress_on": FRIDAY, **more,
            }
        ))  # fmt: skip

    return make


@pytest.fixture
def write(app):
    def done(*rows):
        with app.app_context(), transaction() as session:
            session.add_all(rows)

    return done


@pytest.fixture
def change(app):
    def done(model, **values):
        with app.app_context(), transaction() as session:
            session.execute(update(model).values(**values))

    return done


@pytest.fixture
def plan(app):
    def done(at=MORNING):
        with app.app_context(), transaction():
            planning.plan(at, again=True)

    return done


@pytest.fixture
def asked(command):
    """The kinds of a lead by name, as the command tells them."""

    def ask(lead_id, on=FRIDAY):
        said = command("why", lead_id, "--on", on, "--json")
        assert said.exit_code == 0, said.output
        return {each["kind"]: each for each in json.loads(said.stdout)["kinds"]}

    return ask


@pytest.fixture
def told(asked):
    """What is said of each person told of the next action."""

    def ask(lead_id, on=FRIDAY):
        return {each["name"]: each for each in asked(lead_id, on)["next_action"]["people"]}

    return ask


def test_every_kind_of_a_lead_says_how_far_its_clock_is(asked, lead, owner):
    kinds = asked(lead(owner))
    assert set(kinds) == set(ReminderKind) - {ReminderKind.QUOTA_BEHIND}
    quiet = kinds["quiet"]
    assert (quiet["clock"], quiet["base"], quiet["next_step"], quiet["next_on"]) == (
        "not_yet", "2026-12-04", "notice", "2026-12-18",
    )  # fmt: skip
    assert kinds["first_response"]["clock"] == "other_stage"
    assert kinds["expected_signing"]["clock"] == "no_day"
    assert kinds["next_action"]["clock"] == "due"
    assert (kinds["next_action"]["step"], kinds["next_action"]["due_on"]) == ("due", "2026-12-04")
    assert kinds["next_action"]["goes_up"] == {"unit_head": "2026-12-11", "director": "2026-12-18"}


def test_a_kind_the_office_has_switched_off_says_so(asked, lead, owner, write):
    row = ReminderSetting(kind=ReminderKind.QUIET, steps="notice:14", is_on=False)
    write(row)
    assert asked(lead(owner))["quiet"]["clock"] == "switched_off"


def test_from_planning_to_sent(told, lead, owner, plan, command):
    key = lead(owner)
    assert told(key)["王芳"]["why"] == "not_planned"
    plan()
    waiting = told(key)["王芳"]
    assert (waiting["why"], waiting["message"]["state"]) == ("waiting", "pending")
    assert command("send").exit_code == 0
    sent = told(key)["王芳"]
    assert (sent["why"], sent["message"]["kind"]) == ("sent", "due_digest")
    assert sent["message"]["sent_at"]


def test_whoever_is_told_further_up_is_named_with_the_capacity(told, lead, owner, person):
    person("unit_head", "药山街道", name="李处")
    found = told(lead(owner, FRIDAY - timedelta(days=10)))
    assert {name: each["level"] for name, each in found.items()} == {
        "王芳": "owner", "李处": "unit_head",
    }  # fmt: skip


def test_what_holds_it_back_is_said(told, lead, owner, plan, change):
    key = lead(owner)
    plan()
    change(Delivery, state=DeliveryState.SENT, due_on=FRIDAY - timedelta(days=1))
    change(Reminder, state=ReminderState.ACKNOWLEDGED)
    assert told(key)["王芳"]["why"] == "answered"
    change(Reminder, state=ReminderState.SNOOZED, snoozed_until=FRIDAY + timedelta(days=3))
    snoozed = told(key)["王芳"]
    assert (snoozed["why"], snoozed["snoozed_until"]) == ("snoozed", "2026-12-07")


def test_a_person_without_an_address_is_not_written_to(told, lead, person, plan):
    key = lead(person("staff", name="李四"))
    plan()
    assert told(key)["李四"]["why"] == "no_address"


def test_a_day_off_sends_nothing(told, lead, owner, plan):
    key = lead(owner)
    assert told(key, FRIDAY + timedelta(days=1))["王芳"]["why"] == "day_off"


def test_what_a_person_wants_weekly_waits_for_the_week(told, lead, owner, plan, write):
    key = lead(owner)
    write(Preference(user_id=owner.id, kind=ReminderKind.NEXT_ACTION, timing=Timing.WEEKLY))
    plan()
    assert told(key)["王芳"]["why"] == "next_week"


def test_what_a_person_has_switched_off_stands_in_the_inbox_alone(asked, lead, owner, plan, write):
    write(Preference(user_id=owner.id, kind=ReminderKind.QUIET, timing=Timing.OFF))
    key = lead(owner, None, last_progress_on=FRIDAY - timedelta(days=15))
    plan()
    assert [each["why"] for each in asked(key)["quiet"]["people"]] == ["off"]


def test_the_delegate_of_somebody_away_is_named(told, lead, owner, person, plan, write):
    other = person("staff", "药山街道", name="赵六", email="zhaoliu@example.gov.cn")
    write(Absence(user_id=owner.id, delegate_id=other.id, starts_on=FRIDAY, ends_on=FRIDAY))
    key = lead(owner)
    plan()
    found = told(key)["王芳"]
    assert (found["reader"], found["why"]) == ("赵六", "waiting")


def test_a_mail_that_failed_is_told_with_its_problem(told, lead, owner, plan, change, app):
    key = lead(owner)
    plan()
    with app.app_context():
        (reminder,) = db.session.scalars(select(Reminder.id))
        (delivery,) = db.session.scalars(select(Delivery.id))
    change(Delivery, state=DeliveryState.FAILED, problem=Problem.REFUSED)
    change(Reminder, delivery_id=delivery)
    found = told(key)["王芳"]
    assert (found["reminder_id"], found["why"]) == (reminder, "failed")
    assert (found["message"]["delivery_id"], found["message"]["problem"]) == (delivery, "refused")


def test_a_mail_at_once_beyond_the_cap_is_told_in_the_digest(told, lead, owner, plan, write):
    write(Preference(user_id=owner.id, kind=ReminderKind.NEXT_ACTION, timing=Timing.AT_ONCE))
    keys = [lead(owner) for _ in range(6)]
    plan()
    over = [told(key)["王芳"]["is_over_cap"] for key in keys]
    assert sorted(over) == [False] * 5 + [True]


def test_what_is_over_stays_in_the_answer(command, lead, owner, plan, change):
    key = lead(owner)
    plan()
    assert command("send").exit_code == 0
    change(Lead, next_action_on=None)
    plan(MORNING + timedelta(hours=2))
    (before,) = json.loads(command("why", key, "--on", FRIDAY, "--json").stdout)["earlier"]
    assert (before["kind"], before["state"], before["person"]) == ("next_action", "settled", "王芳")
    assert before["message"]["state"] == "sent"


def test_people_can_read_it(command, lead, owner, plan):
    key = lead(owner)
    plan()
    lines = command("why", key).stdout.splitlines()
    assert lines[0] == f"{key} 动力电池项目 (NEGOTIATING) on 2026-12-04"
    assert "last planned: 2026-12-04 09:00" in lines
    assert any(line.startswith("  王芳 (owner): waiting, wants it daily") for line in lines)


def test_a_lead_that_is_not_there_ends_with_2(command):
    said = command("why", 999, "--json")
    assert (said.exit_code, said.stdout) == (2, "")
    assert "no lead 999" in said.stderr


# --- resend ---


@pytest.fixture
def failed(app, owner):
    def make(problem=Problem.REFUSED, key="", state=DeliveryState.FAILED, expires_at=None):
        return saved(app, Delivery(
            kind=DeliveryKind.DUE_DIGEST, recipient=f"user:{owner.id}", person_id=owner.id,
            due_on=FRIDAY, key=key, state=state, problem=problem, attempts=6,
            expires_at=expires_at, created_at=MORNING,
        ))  # fmt: skip

    return make


@pytest.fixture
def states(app):
    def read():
        with app.app_context():
            return [row.state for row in db.session.scalars(select(Delivery).order_by(Delivery.id))]

    return read


def test_a_failed_message_goes_again_and_the_trail_says_who_did_it(
    command, failed, states, person, app
):
    admin = person("administrator", login="admin1")
    key = failed()
    assert command("resend", key, "--as", "admin1").exit_code == 0
    assert states() == [DeliveryState.PENDING]
    with app.app_context():
        event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert (event.action, event.actor_id) == ("mail_sent_again", admin.id)


@pytest.mark.parametrize(
    "standing", [{"state": DeliveryState.SENT}, {"expires_at": MORNING - timedelta(hours=1)}]
)
def test_what_may_not_go_again_is_refused_and_nothing_else_goes(command, failed, states, standing):
    other = failed(key="1")
    key = failed(**standing)
    before = states()
    said = command("resend", other, key)
    assert said.exit_code == 1
    assert f"delivery {key} may not go again" in said.stderr
    assert states() == before


def test_all_that_failed_go_again_or_those_of_one_problem(command, failed, states):
    failed(Problem.REFUSED, "1")
    failed(Problem.NOT_WRITTEN, "2")
    failed(Problem.NOT_WRITTEN, "3", expires_at=MORNING)
    pending, stays = DeliveryState.PENDING, DeliveryState.FAILED
    assert command("resend", "--failed", "--problem", "not_written").stderr.startswith("1 ")
    assert states() == [stays, pending, stays]
    assert command("resend", "--failed").stderr.startswith("1 ")
    assert states() == [pending, pending, stays]


@pytest.mark.parametrize(
    "words", [(), (1, "--failed"), (1, "--problem", "refused"), (99,), ("x",), ("--as", "nobody")]
)
def test_wrong_words_end_with_2(command, words):
    assert command("resend", *words).exit_code == 2


def test_whoever_is_no_administrator_sends_nothing_again(command, failed, states, owner):
    failed()
    assert command("resend", "--failed", "--as", owner.login).exit_code == 2
    assert states() == [DeliveryState.FAILED]
