"""交办单 in the mails: told at once, reminded, escalated, and word for word in both languages."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import Refused
from crm.dispatch.rules import EntryKind, InstructionState
from crm.dispatch.services import instructions
from crm.dispatch.services.instructions import NewInstruction, Step
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.outbox.models import Delivery
from crm.outbox.queries import claimable_ids
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState, Problem, Reach
from crm.outbox.sending import Sender
from crm.reminders.instruction_letters import _letter
from crm.reminders.letters import every_writer
from crm.reminders.models import Absence, Reminder
from crm.reminders.queries.addressees import Addressee
from crm.reminders.rules.answers import Answer, Said
from crm.reminders.rules.kinds import Level, ReminderKind, ReminderState
from crm.reminders.rules.tokens import AnswerToken, Tokens
from crm.reminders.services import answers, planning
from crm.reminders.services.settling import settle_subject
from tests.leads import opened
from tests.mails import LOCALES, PARTS, reads_exactly

THURSDAY = date(2026, 11, 26)


class Post:
    def __init__(self):
        self.letters = []

    def deliver(self, letter, before_handover):
        before_handover()
        self.letters.append(letter)


@pytest.fixture
def people(person):
    unit = "药山街道"
    return SimpleNamespace(
        leader=person(Role.DIRECTOR, "区投资促进局", name="刘洋", email="liu@example.gov.cn"),
        other=person(Role.DIRECTOR, "区投资促进局", name="马超", email="ma@example.gov.cn"),
        head=person(Role.UNIT_HEAD, unit, name="王芳", email="wang@example.gov.cn"),
        staff=person(Role.STAFF, unit, name="李娜", email="li@example.gov.cn"),
        delegate=person(Role.STAFF, unit, name="赵敏", email="zhao@example.gov.cn"),
    )


def nine(day):
    return clock.office_moment(day) + timedelta(hours=9)


def given(people, due_on=date(2026, 12, 4), on=THURSDAY, **more):
    with transaction():
        row = instructions.issue(
            people.leader, nine(on),
            NewInstruction(
                "核实用地指标", people.staff.department_id, people.staff.id, people.leader.id,
                due_on, **more,
            ),
            today=on,
        )  # fmt: skip
        return row.id


def planned(day):
    with transaction():
        planning.plan(nine(day), again=True)


def live():
    db.session.rollback()  # what requests have committed since
    statement = (
        select(Reminder)
        .where(Reminder.kind == ReminderKind.INSTRUCTION, Reminder.state == ReminderState.OPEN)
        .order_by(Reminder.id)
        .execution_options(populate_existing=True)
    )
    return [
        (row.subject, row.step, row.person_id, row.level) for row in db.session.scalars(statement)
    ]


def sent(app, at):
    post = Post()
    sender = Sender(post, every_writer(app.extensions["settings"]), lambda: at)
    for key in claimable_ids(at):
        sender.send(key)
    return post.letters


# --- told at once ---


def test_it_is_told_at_once_and_the_answer_to_whoever_gave_it(app, db_session, people):
    key = given(people)
    (letter,) = sent(app, nine(THURSDAY))
    assert letter.address == "li@example.gov.cn"
    assert letter.subject == "链招：交办单2026-001：刘洋交办，2026-12-04前办结"
    assert f"/dispatch/{key}" in letter.text
    with transaction():
        instructions.reply(people.staff, nine(THURSDAY), key, Step(1, "已落实"), today=THURSDAY)
    (letter,) = sent(app, nine(THURSDAY))
    assert letter.address == "liu@example.gov.cn"
    assert "已落实" in letter.text


def test_a_mail_about_what_was_withdrawn_meanwhile_does_not_go(app, db_session, people):
    key = given(people)
    with transaction():
        instructions.withdraw(people.leader, nine(THURSDAY), key, Step(1, "误发"), today=THURSDAY)
    letters = sent(app, nine(THURSDAY))
    assert [each.subject for each in letters] == ["链招：交办单2026-001：已撤销"]
    states = set(db.session.scalars(select(Delivery.state)))
    assert states == {DeliveryState.SENT, DeliveryState.NOTHING_DUE}


def away(people):
    with transaction() as session:
        session.add(
            Absence(
                user_id=people.staff.id, delegate_id=people.delegate.id,
                starts_on=THURSDAY, ends_on=THURSDAY + timedelta(days=9),
            )
        )  # fmt: skip


def test_the_delegate_reads_it_while_the_person_is_away(app, db_session, people):
    away(people)
    given(people)
    (letter,) = sent(app, nine(THURSDAY))
    assert letter.address == "zhao@example.gov.cn"
    assert "李娜外出期间由您代理" in letter.text


def test_a_delegate_who_may_not_know_of_a_sensitive_lead_is_not_told(app, db_session, people):
    away(people)
    with transaction() as session:
        lead = Lead(
            title="保密项目", stage=Stage.NEGOTIATING, stage_since=THURSDAY, is_sensitive=True,
            last_progress_on=THURSDAY, owner_id=people.staff.id,
            department_id=people.staff.department_id,
        )  # fmt: skip
        session.add(lead)
        session.flush()
        session.add_all(
            LeadMember(lead_id=lead.id, user_id=each.id, kind=MembershipKind.NAMED)
            for each in (people.leader, people.staff)
        )
        lead_id = lead.id
    given(people, lead_id=lead_id)
    assert [each.address for each in sent(app, nine(THURSDAY))] == ["li@example.gov.cn"]


def test_who_has_no_address_stops_nobody_else(app, db_session, people):
    given(people)
    with transaction():
        db.session.get(User, people.staff.id).email = None
    assert sent(app, nine(THURSDAY)) == []
    row = db.session.scalars(select(Delivery).execution_options(populate_existing=True)).one()
    assert (row.state, row.problem) == (DeliveryState.FAILED, Problem.NO_ADDRESS)


# --- reminded, and told further up ---


def test_it_is_reminded_before_and_after_its_day_and_goes_up(app, db_session, people):
    key = given(people)  # due on Friday 4 December
    subject = f"instruction:{key}"
    staff, head, leader = people.staff.id, people.head.id, people.leader.id
    planned(date(2026, 11, 30))
    assert live() == []
    planned(date(2026, 12, 1))
    assert live() == [(subject, "d3", staff, Level.OWNER)]
    planned(date(2026, 12, 4))
    assert live() == [(subject, "due", staff, Level.OWNER)]
    planned(date(2026, 12, 7))  # one working day late
    assert live() == [(subject, "due", staff, Level.OWNER), (subject, "due", head, Level.UNIT_HEAD)]
    planned(date(2026, 12, 9))  # three
    assert live()[-1] == (subject, "due", leader, Level.DIRECTOR)
    assert people.other.id not in {row[2] for row in live()}  # the leader named stands for all


def test_an_answer_ends_it_at_once_and_a_longer_time_begins_it_anew(
    app, db_session, people, sign_in
):
    key = given(people)
    planned(date(2026, 12, 4))
    assert len(live()) == 1
    client = sign_in(people.staff)
    client.post(f"/dispatch/{key}/reply", data={"version": 1, "body": "已办", "progress": "100"})
    assert live() == []
    planned(date(2026, 12, 7))
    assert live() == []
    with transaction():
        instructions.send_back(people.leader, nine(THURSDAY), key, Step(2, "不够"))
        instructions.extend(
            people.leader, nine(THURSDAY), key, Step(3, "放宽", due_on=date(2026, 12, 20)),
            today=THURSDAY,
        )  # fmt: skip
    planned(date(2026, 12, 8))
    assert live() == []
    planned(date(2026, 12, 18))
    assert [row[1] for row in live()] == ["d3"]


def test_settling_touches_one_subject_alone(app, db_session, people):
    one, other = given(people), given(people)
    planned(date(2026, 12, 4))
    with transaction():
        settle_subject(f"instruction:{one}", nine(THURSDAY))
    assert [row[0] for row in live()] == [f"instruction:{other}"]


# --- what a reader does with a reminder of it ---


def test_done_leads_to_the_answer_of_the_instruction_itself(app, db_session, people, sign_in):
    key = given(people, due_on=date(2026, 11, 19), on=date(2026, 11, 16))
    planned(THURSDAY)
    ids = dict(
        db.session.execute(
            select(Reminder.person_id, Reminder.id).where(
                Reminder.kind == ReminderKind.INSTRUCTION, Reminder.state == ReminderState.OPEN
            )
        ).all()
    )
    own, heads, leaders = (ids[each.id] for each in (people.staff, people.head, people.leader))
    token = Tokens(app.extensions["settings"].secret_key).answer(
        AnswerToken(own, people.staff.id, Answer.DONE), clock.now()
    )
    staff = sign_in(people.staff)
    for address in (
        f"/reminders/{own}/done",
        f"/reminders/mail/{token}",
    ):  # a link of an older mail
        for answer in (staff.get(address), staff.post(address)):
            assert answer.status_code == 302
            assert answer.location in (f"/dispatch/{key}/reply", f"/reminders/{own}/done")
    for person, reminder, page in (
        (people.head, heads, f"/dispatch/{key}/reply"),
        (people.leader, leaders, f"/dispatch/{key}"),
    ):
        assert sign_in(person).get(f"/reminders/{reminder}/done").location == page
    with pytest.raises(Refused) as refused, transaction():
        answers.answer(people.staff, own, Said(Answer.DONE), clock.now(), today=clock.today())
    assert [fault.code for fault in refused.value.faults] == ["on_its_page"]
    assert "办理<span" in staff.get("/reminders/").get_data(as_text=True)
    reply = f"/dispatch/{key}/reply"
    answer = staff.post(reply, data={**opened(staff, reply), "body": "已落实"})
    assert answer.status_code == 302
    assert live() == []


# --- word for word ---

ROW = SimpleNamespace(
    id=17, year=2026, number=7, matter="核实<用地>指标 & 提出供地时间表", lead="高纯硅项目",
    lead_id=3, unit="药山街道", unit_en="Yaoshan Subdistrict", person="李娜", leader="刘洋", by="刘洋",
    due_on=date(2026, 12, 4), new_due_on=date(2026, 12, 4), old_due_on=None, body="请每周报一次",
    state=InstructionState.OPEN, kind=EntryKind.ISSUED, is_sensitive=False,
)  # fmt: skip
READER = Addressee(
    7, "李娜", "zh", Reach(is_active=True, mail="li@example.gov.cn"), on_behalf_of="王芳"
)
HOLD = SimpleNamespace(due_on=THURSDAY, delivery_id=41, channel=Channel.MAIL)


def written(app, locale="zh", **changes):
    row = SimpleNamespace(**{**vars(ROW), **changes})
    with app.app_context():
        return _letter(
            row, replace(READER, locale=locale), HOLD, nine(THURSDAY), app.extensions["settings"]
        )


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("part", PARTS)
def test_the_mail_reads_exactly_so(app, locale, part):
    assert reads_exactly(written(app, locale), "instruction", part)


@pytest.mark.parametrize("kind", list(EntryKind))
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_step_has_its_sentence(app, kind, locale):
    letter = written(app, locale, kind=kind)
    assert letter.subject
    assert "None" not in letter.text


def test_the_kind_is_told_by_this_writer(app):
    with app.app_context():
        assert DeliveryKind.INSTRUCTION in every_writer(app.extensions["settings"])
