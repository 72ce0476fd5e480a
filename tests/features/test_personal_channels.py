"""A person's messenger and text messages: as mail in every rule, and mail where they fail."""

import logging
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.rules import Way
from crm.core import clock
from crm.core.db import db, transaction
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.outbox import posting, queries
from crm.outbox.falling_back import fall_back
from crm.outbox.models import ChannelEndpoint, Delivery
from crm.outbox.robots import RobotTransport
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState, Problem
from crm.outbox.sending import Sender, robot_of
from crm.reminders.letters import every_writer
from crm.reminders.models import Absence, Preference, Recipient, Reminder
from crm.reminders.rules.kinds import ReminderKind, Timing
from crm.reminders.services import planning
from crm.reminders.why import explain
from tests.gateways import PATHS, SECRET, Kept, running
from tests.leads import opened
from tests.saving import saved

TODAY = date(2026, 11, 26)
MINE = "/reminders/mine"
SMS, MESSENGER, MAIL = Channel.SMS, Channel.MESSENGER, Channel.MAIL


@pytest.fixture
def service():
    with running() as server:
        yield server


@pytest.fixture
def gateway(app, service):
    """`gateway(Channel.SMS)`: one that is in use; its id."""

    def make(channel=SMS, url=None, **more):
        return saved(app, ChannelEndpoint(
            channel=channel, name=f"{channel}网关", url=url or service.url(PATHS[channel]),
            secret=SECRET, **more,
        ))  # fmt: skip

    return make


@pytest.fixture
def reader(person):
    def make(name="李娜", **more):
        columns = {
            "mobile": "13800001001", "messenger_id": "lina", "email": "lina@example.gov.cn",
            "way": Way.SMS, **more,
        }  # fmt: skip
        return person("staff", "药山街道", name=name, **columns)

    return make


@pytest.fixture
def lead(app):
    """A lead whose next action is due today."""

    def make(owner, title="风电叶片项目", **more):
        values = {
            "title": title, "title_key": "t", "owner_id": owner.id, "source": "商会推荐",
            "department_id": owner.department_id, "stage": Stage.NEGOTIATING, "stage_since": TODAY,
            "last_progress_on": TODAY, "next_action": "拜访", "next_action_on": TODAY, **more,
        }  # fmt: skip
        return saved(app, Lead(**values))

    return make


def write(app, *rows):
    with app.app_context(), transaction() as session:
        session.add_all(rows)


def plan(app, at=None, times=1):
    for _again in range(times):
        with app.app_context(), transaction():
            planning.plan(at or clock.now(), again=True)


def send(app, at=None, most=50):
    """What became of what waits, and the mails that went out."""
    at, mails = at or clock.now(), Kept()

    def robots(key):
        found = robot_of(key)
        return found and RobotTransport(found.endpoint, 2.0)

    with app.app_context():
        writers = every_writer(app.extensions["settings"])
        sender = Sender(mails, writers, lambda: at, robots=robots)
        states = sender.send_waiting(most)
    return states, mails.taken


def instead(app, at=None):
    with app.app_context(), transaction():
        return fall_back(at or clock.now())


def rows(app):
    with app.app_context():
        return list(db.session.scalars(select(Delivery).order_by(Delivery.id)))


def channels(app):
    return [(row.kind, row.channel) for row in rows(app)]


DIGEST, AT_ONCE = DeliveryKind.DUE_DIGEST, DeliveryKind.AT_ONCE


def test_the_digest_goes_by_text_message_once_and_names_no_project(
    app, service, gateway, reader, lead
):
    gateway()
    lead(reader())
    plan(app, times=3)
    assert send(app) == ([DeliveryState.SENT], [])
    assert send(app) == ([], [])
    plan(app, times=2)
    assert channels(app) == [(DIGEST, SMS)]
    ((_path, said, headers),) = service.taken
    assert said["to"] == "13800001001"
    assert said["text"].startswith("链招提醒：截至2026-11-26，您有1项今日到期。")
    assert said["text"].endswith("/reminders/")
    assert "风电" not in str(said)
    assert len(said["text"]) < 100
    assert headers["Idempotency-Key"] == rows(app)[0].message_id


def test_a_messenger_names_projects_but_none_that_is_sensitive(app, service, gateway, reader, lead):
    gateway(MESSENGER)
    owner = reader(way=Way.MESSENGER, locale="en")
    lead(owner)
    secret = lead(owner, "涉密项目", is_sensitive=True)
    write(app, LeadMember(lead_id=secret, user_id=owner.id, kind=MembershipKind.NAMED))
    plan(app)
    assert send(app)[0] == [DeliveryState.SENT]
    said = service.taken[0][1]
    assert said["to"] == "lina"
    assert "- 风电叶片项目: Next action, 2026-11-26" in said["text"]
    assert "- Sensitive lead: " in said["text"]
    assert "涉密" not in str(said)


def test_one_kind_at_once_by_text_message_beside_the_digest_by_mail(
    app, service, gateway, reader, lead
):
    gateway()
    owner = reader(way=Way.MAIL)
    lead(owner)
    key = lead(
        owner,
        "新线索",
        stage=Stage.LEAD,
        next_action_on=None,
        created_at=clock.now() - timedelta(5),
    )
    kind = ReminderKind.FIRST_RESPONSE
    write(app, Preference(user_id=owner.id, kind=kind, timing=Timing.AT_ONCE, way=Way.SMS))
    plan(app, times=2)
    assert sorted(channels(app)) == [(AT_ONCE, SMS), (DIGEST, MAIL)]
    _states, (mail,) = send(app)
    assert "风电叶片项目" in mail.text
    text = service.taken[0][1]["text"]
    assert "“首次响应”" in text
    assert text.endswith(f"/leads/{key}")


@pytest.mark.parametrize("most", [1, 50])
def test_beside_mail_both_go_and_the_next_day_tells_nothing_twice(
    app, service, gateway, reader, lead, most
):
    gateway()
    owner = reader(way=Way.MAIL_SMS)
    lead(owner, next_action_on=None, last_progress_on=TODAY - timedelta(days=14))
    plan(app, times=2)
    sent = [send(app, most=most) for _each in range(2)]
    assert sum(len(mails) for _states, mails in sent) == 1
    assert [said["to"] for _path, said, _headers in service.taken] == ["13800001001"]
    assert {row.state for row in rows(app)} == {DeliveryState.SENT}
    with app.app_context():
        told = set(db.session.scalars(select(Reminder.delivery_id)))
    assert told == {row.id for row in rows(app) if row.channel is MAIL}
    plan(app, clock.now() + timedelta(days=1))
    assert len(rows(app)) == 2


def test_a_refused_number_falls_back_to_mail_once_and_is_shown(
    app, service, gateway, reader, lead, sign_in, caplog
):
    gateway()
    owner = reader()
    key = lead(owner)
    service.unknown.add("13800001001")
    plan(app)
    assert send(app)[0] == [DeliveryState.FAILED]
    with caplog.at_level(logging.WARNING):
        assert [instead(app) for _again in range(3)] == [1, 0, 0]
    failed, mail = rows(app)
    assert f"event=fell_back delivery={mail.id} kind=due_digest instead_of={failed.id} channel=sms problem=refused" in caplog.messages  # fmt: skip # noqa: E501
    plan(app, times=2)
    states, mails = send(app)
    assert (states, len(mails)) == ([DeliveryState.SENT], 1)
    assert "风电叶片项目" in mails[0].text
    assert len(rows(app)) == 2
    with app.app_context():
        (one,) = (each for k in explain(key, TODAY).kinds for each in k.people)
        assert (one.by, one.message.channel, one.message.instead_of) == ((SMS,), MAIL, failed.id)
        assert [(each.channel, each.state) for each in one.others] == [(SMS, DeliveryState.FAILED)]
    said = app.test_cli_runner().invoke(args=["reminders", "why", str(key), "--on", str(TODAY)])
    assert "wants it daily by sms" in said.output
    assert "by mail sent" in said.output
    assert f"in place of {failed.id}" in said.output
    boss = sign_in("administrator")
    for page in (f"/people/{owner.id}", "/people", "/deliveries/"):
        assert "短信" in boss.get(page).get_data(as_text=True)
    operators = boss.get("/deliveries/").get_data(as_text=True)
    assert "已改发邮件" in operators
    assert "近14天各渠道" in operators
    assert "没有送达" in sign_in(owner).get(MINE).get_data(as_text=True)


def test_a_gateway_that_is_down_gives_everybody_their_mail_within_minutes(
    app, gateway, reader, lead
):
    gateway(url="http://127.0.0.1:1/")
    for name in ("李娜", "王芳", "赵敏"):
        lead(reader(name, email=f"{name}@example.gov.cn"))
    plan(app)
    at = clock.now()
    for minutes in (0, 1, 6):
        assert send(app, at + timedelta(minutes=minutes))[1] == []
    assert {(row.state, row.problem) for row in rows(app)} == {
        (DeliveryState.FAILED, Problem.UNREACHABLE)
    }
    assert instead(app, at + timedelta(minutes=6)) == 3
    assert len(send(app, at + timedelta(minutes=6))[1]) == 3


def test_without_number_or_gateway_it_goes_by_mail(app, gateway, reader, lead):
    lead(reader("甲"))  # the gateway for text messages is off
    gateway(SMS, is_on=False)
    lead(reader("乙", way=Way.MESSENGER, messenger_id=None))
    lead(reader("丙", way=Way.MAIL_MESSENGER, messenger_id=None))
    gateway(MESSENGER)
    plan(app)
    assert channels(app) == [(DIGEST, MAIL)] * 3


def test_who_has_no_mail_is_reached_by_text_message_and_is_none_of_the_unreached(
    app, gateway, reader, lead, sign_in
):
    gateway()
    lead(reader("甲", email=None))
    lead(reader("乙", email=None, way=Way.MAIL))
    plan(app)
    assert channels(app) == [(DIGEST, SMS)]
    page = sign_in("administrator").get("/deliveries/").get_data(as_text=True)
    unreached = page.split("联系不上的人", 1)[1].split("等待发送")[0]
    assert "乙" in unreached
    assert "甲" not in unreached


def test_another_choice_during_the_day_brings_no_second_digest(app, gateway, reader, lead):
    gateway()
    owner = reader(way=Way.MAIL)
    lead(owner)
    plan(app)
    send(app)
    with app.app_context(), transaction():
        db.session.get(User, owner.id).way = Way.SMS
    plan(app, times=2)
    assert channels(app) == [(DIGEST, MAIL)]
    plan(app, clock.now() + timedelta(days=1))
    assert channels(app) == [(DIGEST, MAIL), (DIGEST, SMS)]


def test_a_delegate_is_told_the_way_the_delegate_wants(app, service, gateway, reader, lead):
    gateway()
    away, delegate = reader("李娜"), reader("王芳", mobile="13900001001", way=Way.MAIL)
    lead(away)
    write(app, Absence(user_id=away.id, delegate_id=delegate.id, starts_on=TODAY, ends_on=TODAY))
    plan(app)
    assert channels(app) == [(DIGEST, MAIL)]
    assert rows(app)[0].person_id == delegate.id
    with app.app_context(), transaction():
        db.session.get(User, delegate.id).way = Way.SMS
        db.session.query(Delivery).delete()
    plan(app)
    send(app)
    assert service.taken[0][1]["to"] == "13900001001"


def test_the_cap_counts_matters_not_messages(app, gateway, reader, lead):
    gateway()
    owner = reader(way=Way.MAIL_SMS)
    write(app, Recipient(user_id=owner.id, most_at_once=2))
    for n in range(2):
        lead(owner, f"线索{n}", stage=Stage.LEAD, next_action_on=None,
             created_at=clock.now() - timedelta(5))  # fmt: skip
    plan(app, times=3)
    at_once = [way for kind, way in channels(app) if kind is AT_ONCE]
    assert sorted(at_once) == [MAIL, MAIL, SMS, SMS]


def test_nothing_is_planned_on_a_day_off(app, gateway, reader, lead):
    gateway()
    lead(reader())
    plan(app, clock.now() + timedelta(days=2))
    assert rows(app) == []


def test_account_security_stays_with_mail(app, gateway, reader, sign_in):
    gateway()
    owner = reader()
    boss = sign_in("administrator")
    form = opened(boss, f"/people/{owner.id}")
    form |= {"is_active": "y", "email": "other@example.gov.cn"}
    assert boss.post(f"/people/{owner.id}", data=form).status_code == 302
    assert {row.channel for row in rows(app)} == {MAIL}
    assert {row.kind for row in rows(app)} == {DeliveryKind.ACCOUNT_SECURITY}


def test_a_notice_falls_back_where_it_has_no_number(app, gateway, reader):
    gateway()
    owner = reader()
    with app.app_context(), transaction():
        (row,) = posting.tell(DeliveryKind.INSTRUCTION, owner.id, TODAY, clock.now(), key="1")
        assert row.channel is SMS
        row.state, row.problem = DeliveryState.FAILED, Problem.NO_ADDRESS
    assert instead(app) == 1


# --- what may be chosen ---


def test_a_way_is_offered_where_a_gateway_knows_the_person(app, gateway, reader, sign_in):
    owner = reader(way=Way.MAIL, messenger_id=None)
    client = sign_in(owner)
    assert 'name="way"' not in client.get(MINE).get_data(as_text=True)
    sms = gateway()
    gateway(MESSENGER)
    page = client.get(MINE).get_data(as_text=True)
    assert "138****1001" in page
    assert "13800001001" not in page
    assert "单位已接通政务通讯" in page
    assert 'value="messenger"' not in page
    form = {**opened(client, MINE), "way": "mail_sms", "quiet": "at_once sms"}
    assert client.post(MINE, data=form).status_code == 302
    again = opened(client, MINE)
    assert (again["way"], again["quiet"]) == ("mail_sms", "at_once sms")
    with app.app_context():
        assert db.session.get(User, owner.id).way is Way.MAIL_SMS
    trail = sign_in("auditor").get("/history/").get_data(as_text=True)
    for said in ("通过哪里收到", "邮件和短信", "立即，短信"):
        assert said in trail
    for wrong in ({"way": "messenger"}, {"way": ""}, {"quiet": "at_once messenger"}, {"quiet": "daily sms"}):  # fmt: skip # noqa: E501
        assert client.post(MINE, data={**again, **wrong}).status_code == 422
    with app.app_context(), transaction():
        db.session.get(ChannelEndpoint, sms).is_on = False
    page = client.get(MINE).get_data(as_text=True)
    assert "现在不能用，提醒改发邮件" in page
    assert opened(client, MINE)["quiet"] == "at_once"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"mobile": "+86 138-0000-1001"}, "13800001001"),
        ({"mobile": ""}, None),
        ({"mobile": "0531-88881234"}, "refused"),
        ({"mobile": "1380000100"}, "refused"),
        ({"messenger_id": "li na"}, "refused"),
        ({"messenger_id": "x" * 65}, "refused"),
    ],
)
def test_a_number_is_checked_where_it_is_entered(app, reader, sign_in, typed, kept):
    owner = reader(mobile=None)
    boss = sign_in("administrator")
    form = {**opened(boss, f"/people/{owner.id}"), "is_active": "y", **typed}
    answer = boss.post(f"/people/{owner.id}", data=form)
    assert answer.status_code == (422 if kept == "refused" else 302)
    if kept != "refused":
        with app.app_context():
            assert queries.reach_of([owner.id])[owner.id].mobile == kept


def test_one_gateway_of_a_kind_is_in_use_and_it_has_no_unit(app, service, gateway, sign_in, reader):
    key = gateway()
    boss = sign_in("administrator")
    new = {
        "channel": "sms", "name": "另一家", "url": service.url("/gateway"), "secret": "",
        "department_id": "", "is_on": "y", "locale": "zh",
    }  # fmt: skip
    refused = boss.post("/channels/new", data=new)
    assert refused.status_code == 422
    assert "请先停用“sms网关”" in refused.get_data(as_text=True)
    reader()
    unit = {**new, "channel": "messenger", "department_id": "1"}
    assert boss.post("/channels/new", data=unit).status_code == 422
    assert boss.post("/channels/new", data={**new, "is_on": ""}).status_code == 302
    page = boss.post(f"/channels/{key}/test", follow_redirects=True).get_data(as_text=True)
    assert "请先在您的账号里填上" in page
    with app.app_context(), transaction():
        db.session.get(User, boss.actor.id).mobile = "13700001001"
    boss.post(f"/channels/{key}/test")
    assert service.taken[0][1]["to"] == "13700001001"
