"""Group robots, the signed webhook and what comes instead, against a server that speaks their formats."""

import json
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox import posting
from crm.outbox.falling_back import fall_back
from crm.outbox.models import ChannelEndpoint, Delivery
from crm.outbox.robots import RobotTransport, shortened
from crm.outbox.rules import Channel, DeliveryKind, DeliveryState, Problem
from crm.outbox.sending import Sender, robot_of
from crm.reminders import unit_letters
from crm.reminders.models import Reminder
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.services.unit_digests import note_unit_digests
from tests.gateways import PATHS, SECRET, Kept, Refusing, running
from tests.leads import opened
from tests.saving import saved

MAILS = Path(__file__).resolve().parents[1] / "fixtures" / "mails"
TODAY = date(2026, 11, 26)
GROUPS = (Channel.WECOM, Channel.DINGTALK, Channel.FEISHU, Channel.WEBHOOK)


@pytest.fixture
def service():
    with running() as server:
        yield server


@pytest.fixture
def head(person):
    return person("unit_head", "药山街道", name="赵敏", email="zhao@example.gov.cn")


@pytest.fixture
def due(app, head):
    """A lead of the unit with something due, and a sensitive one."""
    with app.app_context(), transaction() as session:
        for title, is_sensitive in (("风电*叶片*项目", False), ("涉密项目", True)):
            lead = Lead(
                title=title, title_key="t", owner_id=head.id, source="商会推荐",
                department_id=head.department_id, stage=Stage.NEGOTIATING, stage_since=TODAY,
                last_progress_on=TODAY, is_sensitive=is_sensitive,
            )  # fmt: skip
            session.add(lead)
            session.flush()
            session.add(
                Reminder(
                    kind=ReminderKind.QUIET, subject=f"lead:{lead.id}", step="red",
                    due_on=TODAY, person_id=head.id, lead_id=lead.id, planned_on=TODAY,
                )
            )  # fmt: skip


def robot(app, service, head, channel=Channel.WECOM, secret=SECRET, url=None, **more):
    return saved(app, ChannelEndpoint(
        channel=channel, name=f"{channel}群", url=url or service.url(PATHS[channel]),
        secret=secret, department_id=head.department_id, **more,
    ))  # fmt: skip


def sender(app, at, timeout=5.0):
    def robots(key):
        found = robot_of(key)
        return found and RobotTransport(found.endpoint, timeout)

    return Sender(
        Refusing(), unit_letters.writers(app.extensions["settings"]), lambda: at, robots=robots
    )


def planned(app, at):
    with app.app_context(), transaction():
        note_unit_digests(at, clock.office_time(at))


def rows(app):
    with app.app_context():
        return list(db.session.scalars(select(Delivery).order_by(Delivery.id)))


def sent(app, at, **more):
    with app.app_context():
        return sender(app, at, **more).send_waiting()


@pytest.mark.parametrize("channel", GROUPS)
def test_each_service_takes_the_list_of_the_unit_once_a_day(app, service, head, due, channel):
    robot(app, service, head, channel)
    at = clock.now()
    for _again in range(3):
        planned(app, at)
    assert sent(app, at) == [DeliveryState.SENT]
    assert sent(app, at) == []
    ((path, said, _headers),) = service.taken
    assert path == urlsplit(PATHS[channel]).path
    words = json.dumps(said, ensure_ascii=False)
    assert "药山街道今日1项提醒" in words
    assert "久未推进" in words
    assert "涉密" not in words
    (row,) = rows(app)
    assert str(service.server_port) not in f"{row.address}{row.body}{row.envelope}"


def test_nothing_due_is_not_sent_nor_is_anything_to_a_robot_that_is_off(app, service, head):
    robot(app, service, head)
    robot(app, service, head, Channel.FEISHU, is_on=False)
    planned(app, clock.now())
    assert sent(app, clock.now()) == [DeliveryState.NOTHING_DUE]
    assert service.taken == []


@pytest.mark.parametrize(
    ("status", "words", "problem"),
    [
        (500, "oops", Problem.SERVER_BUSY),
        (503, "", Problem.SERVER_BUSY),
        (429, "", Problem.SERVER_BUSY),
        (200, '{"errcode": 45009, "errmsg": "api freq out of limit"}', Problem.SERVER_BUSY),
        (200, "<html>proxy</html>", Problem.SERVER_BUSY),
        (200, '{"errcode": 93000, "errmsg": "invalid webhook url"}', Problem.REFUSED),
        (404, "", Problem.REFUSED),
        (302, "", Problem.REFUSED),
    ],
)
def test_what_a_service_answers_decides_whether_it_is_tried_again(
    app, service, head, due, status, words, problem
):
    robot(app, service, head)
    at = clock.now()
    planned(app, at)
    service.answers.append((status, words))
    again = problem is Problem.SERVER_BUSY
    assert sent(app, at) == [DeliveryState.PENDING if again else DeliveryState.FAILED]
    (row,) = rows(app)
    assert (row.problem, row.attempts) == (problem, 1)
    if again:
        assert row.next_try_at == at + timedelta(minutes=1)
        assert sent(app, at + timedelta(minutes=1)) == [DeliveryState.SENT]
        assert len(service.taken) == 1


@pytest.mark.parametrize("channel", [Channel.DINGTALK, Channel.FEISHU, Channel.WEBHOOK])
def test_a_wrong_secret_is_given_up_at_once(app, service, head, due, channel):
    robot(app, service, head, channel, secret="another")
    planned(app, clock.now())
    assert sent(app, clock.now()) == [DeliveryState.FAILED]
    assert rows(app)[0].problem is Problem.REFUSED


def test_a_service_that_says_nothing_is_tried_again_with_the_same_message(app, service, head, due):
    robot(app, service, head, Channel.WEBHOOK)
    at = clock.now()
    planned(app, at)
    service.is_silent.set()
    assert sent(app, at, timeout=0.3) == [DeliveryState.PENDING]
    assert rows(app)[0].problem is Problem.LOST
    service.is_silent.clear()
    assert sent(app, at + timedelta(minutes=1)) == [DeliveryState.SENT]
    assert service.taken[0][1]["id"] == rows(app)[0].message_id


def test_one_robot_nobody_answers_for_holds_up_no_other(app, service, head, due):
    robot(app, service, head, url="http://127.0.0.1:1/wecom?key=k")
    with app.app_context(), transaction() as session:
        session.add(ChannelEndpoint(channel=Channel.WECOM, name="第二群",
                                    url=service.url(PATHS[Channel.WECOM])))  # fmt: skip
    planned(app, clock.now())
    assert sent(app, clock.now()) == [DeliveryState.PENDING, DeliveryState.SENT]
    assert rows(app)[0].problem is Problem.UNREACHABLE


def test_what_a_robot_refuses_for_good_goes_to_the_unit_head_by_mail_once(app, service, head, due):
    key = robot(app, service, head)
    at = clock.now()
    planned(app, at)
    service.answers.append((200, '{"errcode": 93000}'))
    sent(app, at)
    for _again in range(3):
        with app.app_context(), transaction():
            fall_back(at)
    failed, instead = rows(app)
    assert (instead.instead_of_id, instead.channel) == (failed.id, Channel.MAIL)
    assert (instead.person_id, instead.endpoint_id) == (head.id, key)
    letters = Kept()
    with app.app_context():
        way = Sender(letters, unit_letters.writers(app.extensions["settings"]), lambda: at)
        assert way.send_waiting() == [DeliveryState.SENT]
    (letter,) = letters.taken
    assert letter.address == "zhao@example.gov.cn"
    assert "wecom群" in letter.text
    assert "风电*叶片*项目" in letter.text
    assert "涉密" not in letter.text + letter.html


def test_a_persons_webhook_that_fails_for_good_goes_to_their_mail(app, head):
    at = clock.now()
    with app.app_context(), transaction():
        row = posting.post(DeliveryKind.AT_ONCE, head.id, TODAY, at, key="7", channel=Channel.SMS)
        row.state, row.problem = DeliveryState.FAILED, Problem.REFUSED
    with app.app_context(), transaction():
        assert fall_back(at) == 1
        assert fall_back(at) == 0
    failed, instead = rows(app)
    assert (instead.kind, instead.key, instead.person_id) == (DeliveryKind.AT_ONCE, "7", head.id)
    assert instead.instead_of_id == failed.id


def test_what_came_too_late_has_nothing_in_its_place(app, service, head, due):
    robot(app, service, head)
    at = clock.now()
    planned(app, at)
    assert sent(app, at + timedelta(days=1)) == []
    with app.app_context(), transaction():
        assert fall_back(at + timedelta(days=1)) == 0


def test_long_lists_are_cut_at_a_line():
    text = "\n".join(f"第{n}行" for n in range(2000))
    cut = shortened(text, 4096)
    assert len(cut.encode()) <= 4096
    assert cut.endswith("行\n…")
    assert text.startswith(cut.removesuffix("\n…"))


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_list_speaks_the_language_of_its_robot(app, service, head, due, locale):
    robot(app, service, head, locale=locale)
    planned(app, clock.now())
    assert sent(app, clock.now()) == [DeliveryState.SENT]
    text = service.taken[0][1]["markdown"]["content"]
    assert ("久未推进：1" in text) is (locale == "zh")
    assert ("Quiet" in text or "quiet" in text) is (locale == "en")
    assert ("：" in text or "，" in text) is (locale == "zh")


# --- the page ---

NEW = "/channels/new"


def entered(**more):
    return {
        "channel": "dingtalk", "name": "药山群", "url": "https://oapi.dingtalk.com/robot/send?access_token=abc",
        "secret": "SECxyz", "department_id": "", "is_on": "y", "locale": "zh", **more,
    }  # fmt: skip


def test_an_endpoint_is_kept_and_its_secrets_are_never_shown_again(app, sign_in):
    boss = sign_in("administrator")
    assert boss.post(NEW, data=entered()).status_code == 302
    with app.app_context():
        key = db.session.scalars(select(ChannelEndpoint.id)).one()
    pages = boss.get("/channels/").get_data(as_text=True)
    pages += boss.get(f"/channels/{key}").get_data(as_text=True)
    assert "药山群" in pages
    assert "oapi.dingtalk.com" in pages
    assert "access_token" not in pages
    assert "SECxyz" not in pages
    form = opened(boss, f"/channels/{key}")
    assert boss.post(f"/channels/{key}", data={**form, "name": "药山新群"}).status_code == 302
    with app.app_context():
        row = db.session.get(ChannelEndpoint, key)
        assert (row.name, row.secret, row.version) == ("药山新群", "SECxyz", 2)
        assert row.url.endswith("access_token=abc")
        told = [vars(each) for each in db.session.scalars(select(AuditEvent))]
    assert "access_token" not in str(told)
    assert "SECxyz" not in str(told)
    assert boss.post(f"/channels/{key}", data=form).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": ""},
        {"url": "oapi.dingtalk.com"},
        {"url": "http://oapi.dingtalk.com/x"},
        {"url": "file:///etc/passwd"},
        {"name": ""},
        {"name": "名" * 61},
        {"channel": "mail"},
        {"department_id": "999"},
    ],
)
def test_a_wrong_entry_is_refused_beside_its_field(app, sign_in, wrong):
    assert sign_in("administrator").post(NEW, data=entered(**wrong)).status_code == 422
    with app.app_context():
        assert db.session.scalars(select(ChannelEndpoint)).all() == []


def test_a_name_is_taken_once(sign_in):
    boss = sign_in("administrator")
    assert boss.post(NEW, data=entered()).status_code == 302
    assert boss.post(NEW, data=entered()).status_code == 422


def test_a_test_message_says_what_was_answered(app, sign_in, service, head):
    boss = sign_in("administrator")
    key = robot(app, service, head)
    assert boss.post(f"/channels/{key}/test").status_code == 302
    assert len(service.taken) == 1
    service.answers.append((200, '{"errcode": 93000, "errmsg": "invalid webhook"}'))
    page = boss.post(f"/channels/{key}/test", follow_redirects=True).get_data(as_text=True)
    assert "invalid webhook" in page


def test_the_page_of_messages_names_the_robot_and_what_it_refused(app, sign_in, service, head, due):
    robot(app, service, head)
    planned(app, clock.now())
    service.answers.append((200, '{"errcode": 93000}'))
    sent(app, clock.now())
    page = sign_in("administrator").get("/deliveries/").get_data(as_text=True)
    assert "wecom群" in page
    assert "群机器人或网关拒收" in page


def test_only_administrators_open_the_page(sign_in):
    assert sign_in("director").get("/channels/").status_code == 403
    assert sign_in("staff").post("/channels/1/test").status_code == 403
