"""What concerns the safety of an account is told to its person: at once, on any day, never off."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.accounts import services as accounts
from crm.accounts.models import User
from crm.accounts.queries import actor_by_id, system_actor
from crm.core import clock
from crm.core.db import db, transaction
from crm.outbox import queries as outbox_queries
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryKind, DeliveryState, Problem
from crm.outbox.sending import Sender
from crm.reminders import letters
from crm.reminders.services import planning
from tests.leads import opened
from tests.mails import LOCALES, PARTS, reads_exactly

pytestmark = pytest.mark.on("sqlite")

SUNDAY = datetime(2026, 11, 29, 13, 5, tzinfo=UTC)  # 21:05 at the office
OLD, NEW, WRONG = "Old-Password-26", "New-Password-26", "Wrong-Password-26"


class Post:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.letters = []

    def deliver(self, letter, before_handover):
        before_handover()
        self.letters.append(letter)


@pytest.fixture(autouse=True)
def sunday(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: SUNDAY)


@pytest.fixture
def wang(app, person):
    """A person with a password of their own."""

    def make(**columns):
        actor = person("staff", "药山街道", login="wangfang", name="王芳",
                       email="wangfang@example.gov.cn", **columns)  # fmt: skip
        with app.app_context(), transaction() as session:
            user = session.get(User, actor.id)
            accounts.set_password(system_actor(), user, OLD, SUNDAY, must_change=False)
        with app.app_context():
            return actor_by_id(actor.id)  # the password has ended earlier sessions

    return make


@pytest.fixture
def sent(app, db_session):
    """Send what waits now; the letters that went out."""

    def send():
        post = Post()
        sender = Sender(post, letters.writers(app.extensions["settings"]), lambda: SUNDAY)
        for delivery_id in outbox_queries.claimable_ids(SUNDAY):
            sender.send(delivery_id)
        return post.letters

    return send


def states(app) -> list[tuple]:
    with app.app_context():
        return list(
            db.session.execute(select(Delivery.state, Delivery.problem).order_by(Delivery.id)).all()
        )


def edited(client, person, **changes):
    address = f"/people/{person.id}"
    answer = client.post(address, data={**opened(client, address), **changes})
    assert answer.status_code == 302, answer.get_data(as_text=True)


# --- which events, through which doors ---


def test_a_first_password_is_told_by_whoever_set_it(app, wang, sent):
    wang()
    assert sent() == []


def test_a_changed_password_is_told_the_same_sunday_evening(app, wang, sign_in, sent):
    client = sign_in(wang())
    form = {"current": OLD, "new": NEW, "again": NEW}
    assert client.post("/password", data=form).status_code == 302
    [letter] = sent()
    assert letter.address == "wangfang@example.gov.cn"
    assert letter.subject == "链招：您的密码已修改"
    assert "2026-11-29 21:05" in letter.text
    assert "127.0.0.1" in letter.text
    assert sent() == []


def test_what_is_refused_tells_nothing(wang, sign_in, sent):
    client = sign_in(wang())
    assert client.post("/password", data={"current": WRONG, "new": NEW, "again": NEW}).status_code
    assert sent() == []


def test_an_account_locked_by_failures_is_told_once_a_day(app, wang, client, sent):
    wang()
    for _ in range(app.extensions["settings"].login_failures):
        client.post("/login", data={"login": "wangfang", "password": WRONG})
    [letter] = sent()
    assert letter.subject == "链招：您的账号已暂时锁定"
    with app.app_context(), transaction() as session:
        session.query(User).filter_by(login="wangfang").one().locked_until = None
    for _ in range(app.extensions["settings"].login_failures):
        client.post("/login", data={"login": "wangfang", "password": WRONG})
    assert sent() == []


def test_a_reset_by_command_is_told_and_an_administrators_too(app, wang, sign_in, sent):
    actor = wang()
    with app.app_context(), transaction():
        accounts.reset_password(system_actor(), "wangfang", SUNDAY)
    edited(sign_in("administrator"), actor, password=NEW)
    assert [each.subject for each in sent()] == ["链招：您的密码已被重设"] * 2


def test_a_changed_address_is_told_to_the_old_one_and_the_new(wang, sign_in, sent):
    admin = sign_in("administrator")
    edited(admin, wang(), email="neu@example.gov.cn", login="wang.fang")
    found = sent()
    assert {each.address for each in found} == {"wangfang@example.gov.cn", "neu@example.gov.cn"}
    assert len({each.message_id for each in found}) == 2
    for each in found:
        assert "登录名、邮箱" in each.text
        assert admin.actor.name in each.text
        assert "neu@" not in each.text


def test_a_change_that_is_no_matter_of_signing_in_tells_nothing(wang, sign_in, sent):
    edited(sign_in("administrator"), wang(), phone="0531-12345678", name="王芳芳")
    assert sent() == []


def test_whoever_left_or_has_no_address_is_told_nothing_and_nothing_fails(
    app, wang, person, sign_in, sent
):
    admin = sign_in("administrator")
    edited(admin, wang(), is_active="")
    edited(admin, person("staff", "药山街道", login="nobody"), login="nobody2")
    assert sent() == []
    assert states(app) == []


def test_an_account_that_is_closed_before_the_mail_goes_is_not_written_to(app, wang, sign_in, sent):
    admin, actor = sign_in("administrator"), wang()
    edited(admin, actor, login="wang2")
    edited(admin, actor, is_active="")
    assert sent() == []
    assert states(app) == [(DeliveryState.FAILED, Problem.INACTIVE)]


# --- beside the reminders ---


def test_reminders_wait_for_a_working_day_and_this_does_not(app, wang, sign_in, sent):
    actor = wang()
    admin = sign_in("administrator")
    with app.app_context(), transaction():
        assert planning.plan(SUNDAY, again=True).messages == 0
    edited(admin, actor, login="wang3")
    assert len(sent()) == 1


def test_choosing_to_be_told_nothing_at_once_changes_nothing_here(app, wang, sign_in, sent):
    actor = wang()
    client = sign_in(actor)
    chosen = {**opened(client, "/reminders/mine"), "most_at_once": "0"}
    assert client.post("/reminders/mine", data=chosen).status_code == 302
    edited(sign_in("administrator"), actor, login="wang4")
    [letter] = sent()
    assert letter.subject == "链招：您的登录设置已变动"


# --- word for word ---


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("part", PARTS)
def test_the_mail_reads_exactly_so(person, wang, sign_in, sent, locale, part):
    actor = wang(locale=locale)
    admin = sign_in(person("administrator", name="系统管理员"))
    edited(admin, actor, login="wang5", email="neu@example.gov.cn")
    written = next(each for each in sent() if each.address.startswith("neu"))
    assert written.locale == locale
    assert "List-Unsubscribe" not in written.headers
    assert reads_exactly(written, "security", part)


def test_a_message_says_the_same_when_it_is_sent_again(app, wang, sign_in, sent):
    edited(sign_in("administrator"), wang(), login="wang6")
    with app.app_context():
        kinds = list(db.session.scalars(select(Delivery.kind)))
    assert kinds == [DeliveryKind.ACCOUNT_SECURITY]
    first = sent()[0]
    with app.app_context(), transaction() as session:
        session.query(Delivery).update(
            {"state": DeliveryState.SENDING, "claimed_at": SUNDAY - timedelta(hours=1)}
        )
    assert sent()[0] == first
