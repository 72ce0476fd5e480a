"""The links of mails: one answer to one reminder without signing in, and fewer mails."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.accounts.models import User
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.limits import Limit
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox.models import Delivery
from crm.outbox.sending import Sender
from crm.reminders import letters
from crm.reminders.models import Absence, Preference, Reminder
from crm.reminders.rules import ReminderKind, ReminderState, Timing
from crm.reminders.rules.answers import Answer
from crm.reminders.rules.tokens import AnswerToken, ChoiceToken, Tokens
from crm.reminders.services import planning
from crm.reminders.views import mailed

TODAY = date(2026, 12, 4)
AT = datetime(2026, 12, 4, 1, 0, tzinfo=UTC)
S = ReminderState


class Clock:
    def __init__(self) -> None:
        self.at = AT


@pytest.fixture(autouse=True)
def now(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(clock, "now", lambda: found.at)
    monkeypatch.setattr(clock, "today", lambda: clock.office_day(found.at))
    for name, most in (("WRONG_LINKS", 60), ("OPENED", 600), ("ANSWERED", 120)):
        monkeypatch.setattr(mailed, name, Limit(most, timedelta(minutes=10)))
    return found


@pytest.fixture
def wang(person):
    return person("staff", "甲单位", name="王芳", email="wangfang@example.gov.cn")


@pytest.fixture
def reminder(app) -> Callable[..., int]:
    def make(owner, **columns) -> int:
        with app.app_context(), transaction() as session:
            lead = Lead(
                title="动力电池项目", owner_id=owner.id, department_id=owner.department_id,
                stage=Stage.NEGOTIATING, stage_since=TODAY, last_progress_on=TODAY,
                next_action="不能外传的下一步", next_action_on=TODAY,
            )  # fmt: skip
            session.add(lead)
            session.flush()
            row = Reminder(
                **{
                    "kind": ReminderKind.NEXT_ACTION, "subject": f"lead:{lead.id}", "step": "due",
                    "due_on": TODAY, "person_id": owner.id, "lead_id": lead.id,
                    "planned_on": TODAY, **columns,
                }
            )  # fmt: skip
            session.add(row)
            session.flush()
            return row.id

    return make


@pytest.fixture
def link(app) -> Callable[..., str]:
    """`link(reminder_id, person, answer)`: the path a mail of this moment carries."""
    tokens = Tokens(app.extensions["settings"].secret_key)

    def make(reminder_id, person, answer=Answer.ACKNOWLEDGE, at=AT) -> str:
        token = AnswerToken(reminder_id, person.id, answer)
        return f"/reminders/mail/{tokens.answer(token, at)}"

    return make


@pytest.fixture
def fewer(app) -> Callable[..., str]:
    tokens = Tokens(app.extensions["settings"].secret_key)

    def make(person, *kinds) -> str:
        return f"/reminders/mail/fewer/{tokens.choice(ChoiceToken(person.id, kinds), AT)}"

    return make


@pytest.fixture
def row(app) -> Callable[[int], Reminder]:
    def read(reminder_id: int) -> Reminder:
        with app.app_context():
            found = db.session.get_one(Reminder, reminder_id)
            db.session.expunge(found)
            return found

    return read


@pytest.fixture
def off(app) -> Callable[..., set[ReminderKind]]:
    def read(person) -> set[ReminderKind]:
        with app.app_context():
            return set(
                db.session.scalars(
                    select(Preference.kind).where(
                        Preference.user_id == person.id, Preference.timing == Timing.OFF
                    )
                )
            )

    return read


def said(page, status=200) -> str:
    assert page.status_code == status, page.get_data(as_text=True)[-1500:]
    return page.get_data(as_text=True)


# --- answers ---


@pytest.mark.parametrize(
    ("answer", "data", "state"),
    [
        (Answer.ACKNOWLEDGE, {}, S.ACKNOWLEDGED),
        (Answer.SNOOZE, {"until": "2026-12-08"}, S.SNOOZED),
        (Answer.DONE, {"note": "已电话联系"}, S.DONE),
    ],
)
def test_a_scanner_changes_nothing_and_the_button_answers_without_signing_in(
    client, wang, reminder, link, row, app, answer, data, state
):
    key = reminder(wang)
    address = link(key, wang, answer)
    for _scan in range(3):
        page = client.get(address)
        assert client.head(address).status_code == 200
    text = said(page)
    assert "动力电池项目" in text
    assert "不能外传的下一步" not in text
    assert "Set-Cookie" not in page.headers
    assert row(key).state is S.OPEN
    done = client.post(address, data=data)
    said(done)
    assert "Set-Cookie" not in done.headers
    assert row(key).state is state
    assert row(key).answered_by_id == wang.id
    assert client.get("/reminders/").status_code == 302  # nobody has been signed in
    with app.app_context():
        (event,) = db.session.scalars(select(AuditEvent))
        assert (event.actor_name, event.note) == ("王芳", "mail")


@pytest.mark.parametrize("answer", [Answer.ACKNOWLEDGE, Answer.DONE])
def test_a_link_used_twice_says_so_and_changes_nothing_more(
    client, wang, reminder, link, row, answer
):
    key = reminder(wang)
    address = link(key, wang, answer)
    client.post(address)
    before = row(key).version
    for page in (client.get(address), client.post(address)):
        assert "已经办过" in said(page)
    assert row(key).version == before


def test_each_link_of_a_mail_does_one_thing_alone(client, wang, reminder, link, row):
    first, second = reminder(wang), reminder(wang)
    client.post(link(first, wang, Answer.ACKNOWLEDGE), data={"answer": "done", "note": "x"})
    assert (row(first).state, row(first).note) == (S.ACKNOWLEDGED, None)
    assert row(second).state is S.OPEN
    client.post(link(first, wang, Answer.DONE))
    assert row(first).state is S.DONE


def test_what_is_missing_is_said_beside_the_field(client, wang, reminder, link, row):
    key = reminder(wang, snoozes=1)
    address = link(key, wang, Answer.SNOOZE)
    page = said(client.post(address, data={"until": "2026-12-08"}), 422)
    assert "第二次起请写明推后的理由" in page
    assert "请从列表中选择" in said(client.post(address, data={"until": "2030-01-01"}), 422)
    assert row(key).state is S.OPEN


def test_what_is_no_longer_due_needs_no_answer(client, wang, reminder, link, row):
    key = reminder(wang, state=S.SETTLED)
    for page in (client.get(link(key, wang)), client.post(link(key, wang))):
        assert "不用答复了" in said(page)
    assert row(key).state is S.SETTLED


def test_an_old_link_says_where_to_answer_instead(client, wang, reminder, link, row, now):
    key = reminder(wang)
    address = link(key, wang)
    now.at = AT + timedelta(days=14)
    for page in (client.get(address), client.post(address)):
        assert "链接已过期" in said(page, 410)
    assert row(key).state is S.OPEN


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-8],
        lambda text: text.replace("acknowledge", "done"),
        lambda text: text[:-1] + ("A" if text[-2] != "A" else "B") + text[-1],
        lambda _text: "/reminders/mail/x",
        lambda _text: "/reminders/mail/" + "x" * 3000,
        lambda _text: "/reminders/mail/%E5%AF%86%00.x",
    ],
)
def test_an_altered_link_is_refused_in_words(client, wang, reminder, link, row, spoil):
    key = reminder(wang)
    address = spoil(link(key, wang))
    for page in (client.get(address), client.post(address)):
        assert "链接" in said(page, 400)
    assert row(key).state is S.OPEN


def test_somebody_else_signed_in_is_told_whose_mail_it_is(
    sign_in, person, wang, reminder, link, row
):
    key = reminder(wang)
    other = sign_in(person("staff", "甲单位", name="赵敏"))
    for page in (other.get(link(key, wang)), other.post(link(key, wang))):
        text = said(page, 403)
        assert "王芳" in text
        assert "赵敏" in text
        assert "动力电池项目" not in text
    assert row(key).state is S.OPEN
    said(sign_in(wang).post(link(key, wang)))
    assert row(key).state is S.ACKNOWLEDGED


def test_a_link_to_anothers_reminder_answers_nothing(client, person, wang, reminder, link, row):
    key = reminder(wang)
    stranger = person("staff", "甲单位")
    for page in (client.get(link(key, stranger)), client.post(link(key, stranger))):
        text = said(page, 403)
        assert "动力电池项目" not in text
    assert row(key).state is S.OPEN


def test_a_delegates_link_works_while_they_stand_in_and_no_longer(
    client, person, wang, reminder, link, row, app, now
):
    key, zhao = reminder(wang), person("staff", "甲单位", name="赵敏")
    with app.app_context(), transaction() as session:
        session.add(Absence(user_id=wang.id, delegate_id=zhao.id, starts_on=TODAY, ends_on=TODAY))
    address = link(key, zhao)
    assert "代王芳" in said(client.get(address))
    now.at = AT + timedelta(days=1)
    assert "不能代为答复" in said(client.post(address), 403)
    now.at = AT
    said(client.post(address))
    assert row(key).answered_by_id == zhao.id


def test_links_of_who_has_left_and_of_what_is_gone_open_a_page(
    client, person, wang, reminder, link, app
):
    left = person("staff", is_active=True)
    key = reminder(left)
    with app.app_context(), transaction() as session:
        session.get_one(User, left.id).is_active = False
    for address in (link(key, left), link(999_999, wang)):
        assert "已不存在" in said(client.get(address), 410)
        assert "已不存在" in said(client.post(address), 410)


def test_the_page_speaks_its_readers_language(client, person, reminder, link):
    key = reminder(reader := person("staff", "甲单位", locale="en"))
    text = said(client.get(link(key, reader)))
    assert "You will not be reminded again until its next step." in text


def test_guessing_is_slowed_down_by_address_and_answering_by_person(
    client, wang, reminder, link, monkeypatch
):
    monkeypatch.setattr(mailed, "WRONG_LINKS", Limit(3, timedelta(minutes=10)))
    for _guess in range(3):
        said(client.get("/reminders/mail/guess"), 400)
    slowed = client.get("/reminders/mail/guess")
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0
    key = reminder(wang)
    said(client.get(link(key, wang)))  # a right link of the same office still opens
    monkeypatch.setattr(mailed, "ANSWERED", Limit(0, timedelta(minutes=10)))
    monkeypatch.setattr(mailed, "OPENED", Limit(1, timedelta(minutes=10)))
    said(client.get(link(key, wang)))
    assert client.get(link(key, wang)).status_code == 429


def test_the_mail_that_is_sent_carries_links_that_work(client, wang, reminder, row, app):
    key = reminder(wang)
    sent = []

    class Post:
        def deliver(self, letter, before_handover):
            before_handover()
            sent.append(letter)

    with app.app_context():
        with transaction():
            planning.plan(AT, again=True)
        sender = Sender(Post(), letters.writers(app.extensions["settings"]), lambda: AT)
        for delivery_id in list(db.session.scalars(select(Delivery.id))):
            sender.send(delivery_id)
    (letter,) = sent
    found = re.findall(r"(/reminders/mail/\S+)", letter.text)
    assert len(found) == 3
    assert "List-Unsubscribe" not in letter.headers  # next actions cannot be off
    said(client.post(found[0]))
    assert row(key).state is S.ACKNOWLEDGED


# --- fewer mails ---

Q, E, N = ReminderKind.QUIET, ReminderKind.EVIDENCE, ReminderKind.NEXT_ACTION


def test_one_click_switches_the_kinds_of_a_mail_off_and_fetching_it_none(
    client, wang, fewer, off, app
):
    address = fewer(wang, Q, E, N)
    said(client.get(address))
    assert off(wang) == set()
    answer = client.post(address, data={"List-Unsubscribe": "One-Click"})
    said(answer)
    assert off(wang) == {Q, E}  # the next action cannot be off
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with app.app_context():
        actions = list(db.session.scalars(select(AuditEvent.action)))
    assert actions == ["reminder_kind_off"] * 2


def test_a_mail_program_is_served_even_where_somebody_else_is_signed_in(sign_in, wang, fewer, off):
    other = sign_in("staff", "甲单位")
    said(other.get(fewer(wang, Q)), 403)
    said(other.post(fewer(wang, Q), data={"kind": "quiet"}), 403)
    assert off(wang) == set()
    said(other.post(fewer(wang, Q), data={"List-Unsubscribe": "One-Click"}))
    assert off(wang) == {Q}


def test_a_person_chooses_which_of_them(client, wang, fewer, off):
    address = fewer(wang, Q, E, N)
    page = said(client.get(address))
    assert [f'value="{kind}"' in page for kind in (Q, E, N)] == [True, True, False]
    assert "请至少选一类" in said(client.post(address), 422)
    assert "请至少选一类" in said(client.post(address, data={"kind": ["next_action", "x"]}), 422)
    said(client.post(address, data={"kind": ["evidence", "next_action"]}))
    assert off(wang) == {E}


def test_a_spoilt_link_to_fewer_mails_changes_nothing(client, wang, fewer, off):
    address = fewer(wang, Q).replace("quiet", "evidence")
    said(client.post(address, data={"List-Unsubscribe": "One-Click"}), 400)
    assert off(wang) == set()
