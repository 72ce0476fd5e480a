"""The calendar feed: what stands in it, for whom, and that a revoked address reads nothing."""

import re
from datetime import date, timedelta

import pytest
from icalendar import Calendar

from crm.accounts.models import User
from crm.core import clock
from crm.core.db import db, transaction
from crm.dispatch.models import Instruction
from crm.history.models import AuditEvent
from crm.leads.models import Activity, AgreedDate, Lead, LeadMember
from crm.leads.rules import ActivityKind, MembershipKind, Stage
from crm.reminders.models import Absence, CalendarFeed
from crm.reminders.rules.feed import hashed
from tests.saving import saved

MAKE, REVOKE = "/reminders/mine/feed", "/reminders/mine/feed/revoke"
TODAY = date(2026, 11, 26)
ADDRESS = re.compile(r"/calendar-feed/[\w-]{43}\.ics")


@pytest.fixture
def owner(person):
    return person("staff", "药山街道", name="李娜")


@pytest.fixture
def mine(sign_in, owner):
    return sign_in(owner)


def made(client, **data):
    page = client.post(MAKE, data=data)
    assert page.status_code == 200
    return ADDRESS.search(page.get_data(as_text=True))[0]


def events(answer):
    """The feed as a calendar client's parser reads it, by summary."""
    assert answer.status_code == 200, answer.status_code
    calendar = Calendar.from_ical(answer.data)
    assert not calendar.errors
    return {str(each["SUMMARY"]): each for each in calendar.walk("VEVENT")}


def lead(app, owner, **more):
    values = {
        "title": "风电叶片项目", "title_key": "t", "owner_id": owner.id, "source": "商会推荐",
        "department_id": owner.department_id, "stage": Stage.NEGOTIATING, "stage_since": TODAY,
        "last_progress_on": TODAY, **more,
    }  # fmt: skip
    return saved(app, Lead(**values))


def add(app, *rows):
    with app.app_context(), transaction() as session:
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def test_all_of_a_persons_days_come_back_from_a_calendar_parser(app, mine, owner, client):
    words = '拜访，带上；土地\\方案,及"图纸"; 并' + "请分管领导一同参加会谈" * 8
    key = lead(app, owner, next_action=words, next_action_on=date(2026, 11, 27),
               expected_sign_on=date(2026, 12, 31))  # fmt: skip
    add(
        app,
        AgreedDate(lead_id=key, title="二期出资到位", due_on=date(2027, 2, 1)),
        Activity(lead_id=key, by_id=owner.id, kind=ActivityKind.VISIT_OUT, summary="赴沪",
                 happened_on=date(2026, 11, 2), returned_on=date(2026, 11, 5)),
        Instruction(year=2026, number=7, matter="落实用地", lead_id=key, person_id=owner.id,
                    department_id=owner.department_id, leader_id=owner.id, issued_by_id=owner.id,
                    issued_on=date(2026, 11, 20), due_on=date(2026, 12, 4)),
    )  # fmt: skip
    answer = client.get(made(mine))
    assert answer.mimetype == "text/calendar"
    found = events(answer)
    assert {name: each["DTSTART"].dt for name, each in found.items()} == {
        f"风电叶片项目：{words}": date(2026, 11, 27),
        "预计签约：风电叶片项目": date(2026, 12, 31),
        "风电叶片项目：二期出资到位": date(2027, 2, 1),
        "交外出招商报告：风电叶片项目": date(2026, 11, 20),
        "交办单2026-007：落实用地": date(2026, 12, 4),
    }
    for each in found.values():
        assert each["DTEND"].dt - each["DTSTART"].dt == timedelta(days=1)
        assert each["DTSTART"].params["VALUE"] == "DATE"
        assert (
            each.walk("VALARM") == []
        )  # a whole day would ring at midnight: calendars set their own
    assert str(found["预计签约：风电叶片项目"]["URL"]).endswith(f"/leads/{key}")
    lines = answer.data.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert b"\n" not in answer.data.replace(b"\r\n", b"")


def test_uid_and_stamp_stay_while_the_day_moves(app, mine, owner, client):
    key = lead(app, owner, next_action="回访", next_action_on=date(2026, 11, 27))
    address = made(mine)
    (before,) = events(client.get(address)).values()
    with app.app_context(), transaction():
        row = db.session.get(Lead, key)
        row.next_action_on, row.version = date(2026, 12, 7), row.version + 1
    (after,) = events(client.get(address)).values()
    assert after["DTSTART"].dt == date(2026, 12, 7)
    assert (after["UID"], after["DTSTAMP"].dt) == (before["UID"], before["DTSTAMP"].dt)
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_a_calendar_that_asks_again_is_told_that_nothing_changed(app, mine, owner, client):
    key = lead(app, owner, next_action="回访", next_action_on=date(2026, 11, 27))
    address = made(mine)
    etag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    with app.app_context(), transaction():
        db.session.get(Lead, key).next_action_on = date(2026, 12, 7)
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_sensitive_leads_show_only_to_their_named_list(app, mine, owner, client):
    hidden = lead(app, owner, title="涉密项目", next_action="x", next_action_on=TODAY,
                  expected_sign_on=TODAY, is_sensitive=True)  # fmt: skip
    add(app, AgreedDate(lead_id=hidden, title="密约", due_on=TODAY),
        Activity(lead_id=hidden, by_id=owner.id, kind=ActivityKind.VISIT_OUT, summary="密",
                 happened_on=TODAY, returned_on=TODAY),
        Instruction(year=2026, number=8, matter="密办", lead_id=hidden, person_id=owner.id,
                    department_id=owner.department_id, leader_id=owner.id, issued_by_id=owner.id,
                    issued_on=TODAY, due_on=TODAY))  # fmt: skip
    address = made(mine)
    assert events(client.get(address)) == {}
    add(app, LeadMember(lead_id=hidden, user_id=owner.id, kind=MembershipKind.NAMED))
    assert len(events(client.get(address))) == 5


def test_leads_one_co_owns_stand_in_the_feed_and_those_one_may_only_read_do_not(
    app, mine, owner, person, client
):
    other = person("staff", "泺口街道", name="王芳")
    shared = lead(app, other, title="协办项目", next_action="同去", next_action_on=TODAY)
    lead(app, other, title="外单位项目", next_action="x", next_action_on=TODAY)
    colleague = person("staff", "药山街道", name="赵敏")
    lead(app, colleague, title="同单位项目", next_action="x", next_action_on=TODAY)
    hidden = lead(app, other, title="涉密项目", next_action="x", next_action_on=TODAY,
                  is_sensitive=True)  # fmt: skip
    add(app, LeadMember(lead_id=shared, user_id=owner.id, kind=MembershipKind.CO_OWNER),
        LeadMember(lead_id=hidden, user_id=owner.id, kind=MembershipKind.CO_OWNER),
        AgreedDate(lead_id=shared, title="交地", due_on=TODAY))  # fmt: skip
    address = made(mine)
    assert set(events(client.get(address))) == {"协办项目：同去", "协办项目：交地"}
    add(app, LeadMember(lead_id=hidden, user_id=owner.id, kind=MembershipKind.NAMED))
    assert "涉密项目：x" in events(client.get(address))


def test_a_delegate_keeps_the_days_of_whoever_is_away(app, mine, owner, person, client):
    away = person("staff", "泺口街道", name="王芳")
    last = TODAY + timedelta(days=7)
    add(app, Absence(user_id=away.id, delegate_id=owner.id, starts_on=TODAY, ends_on=last))
    within = lead(app, away, next_action="回访", next_action_on=last)
    lead(app, away, title="之后", next_action="x", next_action_on=last + timedelta(days=1))
    lead(app, away, title="涉密项目", next_action="x", next_action_on=TODAY, is_sensitive=True)
    both = lead(app, away, title="两人的", next_action="y", next_action_on=TODAY)
    add(
        app,
        LeadMember(lead_id=both, user_id=owner.id, kind=MembershipKind.CO_OWNER),
        Activity(lead_id=within, by_id=away.id, kind=ActivityKind.VISIT_OUT, summary="赴沪",
                 happened_on=TODAY - timedelta(days=15), returned_on=TODAY - timedelta(days=15)),
        Instruction(year=2026, number=7, matter="落实用地", lead_id=within, person_id=away.id,
                    department_id=away.department_id, leader_id=away.id, issued_by_id=away.id,
                    issued_on=TODAY, due_on=TODAY),
    )  # fmt: skip
    address = made(mine)
    found = events(client.get(address))
    assert set(found) == {
        "风电叶片项目：回访（代王芳）", "两人的：y", "交外出招商报告：风电叶片项目（代王芳）",
        "交办单2026-007：落实用地（代王芳）",
    }  # fmt: skip
    uids = [str(each["UID"]) for each in found.values()]
    assert len(set(uids)) == len(uids)
    assert f"next-action-{within}@" in " ".join(uids)
    with app.app_context(), transaction() as session:
        session.query(Absence).one().ends_on = TODAY - timedelta(days=1)
        session.query(Absence).one().starts_on = TODAY - timedelta(days=1)
    assert set(events(client.get(address))) == {"两人的：y"}


def test_what_is_done_closed_or_somebody_elses_is_left_out(app, mine, owner, person, client):
    other = person("staff", "药山街道", name="王芳")
    lead(app, other, next_action="x", next_action_on=TODAY, expected_sign_on=TODAY)
    lead(app, owner, next_action="x", next_action_on=TODAY, stage=Stage.LOST)
    signed = lead(app, owner, expected_sign_on=TODAY, stage=Stage.SIGNED)
    add(app, AgreedDate(lead_id=signed, title="已办", due_on=TODAY, done_on=TODAY))
    assert events(client.get(made(mine))) == {}


def test_a_new_address_ends_the_old_and_revoking_ends_all_at_once(app, mine, owner, client):
    first = made(mine)
    second = made(mine, version=1)
    assert first != second
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    assert mine.post(REVOKE, data={"version": 2}).status_code == 302
    assert client.get(second).status_code == 404
    with app.app_context():
        row = db.session.get(CalendarFeed, owner.id)
        assert row.token_hash is None
        events_told = db.session.query(AuditEvent).order_by(AuditEvent.id)
        told = [each for each in events_told if "calendar_feed" in each.action]
    assert [each.action for each in told] == [
        "calendar_feed_made", "calendar_feed_made", "calendar_feed_revoked",
    ]  # fmt: skip
    assert all(first[15:58] not in str(vars(each)) for each in told)


def test_the_secret_is_kept_as_a_hash_and_shown_once(app, mine, owner):
    address = made(mine)
    token = address.removeprefix("/calendar-feed/").removesuffix(".ics")
    with app.app_context():
        assert db.session.get(CalendarFeed, owner.id).token_hash == hashed(token)
    page = mine.get("/reminders/mine").get_data(as_text=True)
    assert token not in page
    assert "重新生成地址" in page


def test_the_page_of_another_window_is_told_apart(mine):
    made(mine)
    assert mine.post(MAKE).status_code == 409
    assert mine.post(MAKE, data={"version": 7}).status_code == 409
    assert mine.post(REVOKE, data={"version": "x"}).status_code == 409


def test_a_deactivated_person_has_no_feed(app, mine, owner, client):
    address = made(mine)
    with app.app_context(), transaction():
        db.session.get(User, owner.id).is_active = False
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 43, "é" * 43, "A" * 4000, "%00" * 43, "../login"])
def test_unknown_addresses_answer_404(client, token):
    assert client.get(f"/calendar-feed/{token}.ics").status_code == 404


def test_the_number_of_queries_does_not_grow(app, mine, owner, client, count_queries):
    address = made(mine)
    lead(app, owner, next_action="x", next_action_on=TODAY)
    client.get(address)
    with count_queries() as few:
        client.get(address)
    for n in range(12):
        key = lead(app, owner, title=f"项目{n}", next_action="x", next_action_on=TODAY)
        add(app, AgreedDate(lead_id=key, title="约", due_on=clock.today()))
    with count_queries() as many:
        client.get(address)
    assert len(many) == len(few) <= 12
