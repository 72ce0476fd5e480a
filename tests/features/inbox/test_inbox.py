"""The inbox: what waits for whom, and the unread count on every page."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from crm.calendar.queries import work_calendar
from crm.core.db import transaction
from crm.leads.models import LeadMember
from crm.leads.rules import MembershipKind
from crm.reminders.letters import due_letter
from crm.reminders.models import Absence
from crm.reminders.queries import inbox as queries
from crm.reminders.queries.mails import mail_of
from crm.reminders.rules import Level, ReminderKind
from crm.reminders.services import planning
from tests.features.inbox.cases import (
    AT,
    MONDAY,
    TODAY,
    S,
    tell,
    unread,
    words,
)


@pytest.fixture
def away(app) -> Callable[..., None]:
    def make(person, delegate, starts_on=TODAY, ends_on=TODAY) -> None:
        with app.app_context(), transaction() as session:
            session.add(
                Absence(
                    user_id=person.id,
                    delegate_id=delegate.id,
                    starts_on=starts_on,
                    ends_on=ends_on,
                )
            )

    return make


# --- the lists ---


def test_what_is_due_waits_in_the_inbox_with_why_and_a_link(sign_in, lead, app):
    staff = sign_in("staff", "甲单位")
    lead_id = lead(staff.actor)
    with app.app_context(), transaction():
        planning.note_what_is_due(TODAY, work_calendar(), AT)
    page = words(staff.get("/reminders/"))
    assert f'href="/leads/{lead_id}"' in page
    assert "下一步工作已逾期2天" in page
    assert "约见投资方" in page
    assert unread(page) == 1


def test_each_list_holds_its_own_and_the_history_is_paged(sign_in, reminder):
    staff = sign_in("staff", "甲单位")
    reminder(staff.actor, "待处理项目")
    reminder(staff.actor, "已知悉项目", state=S.ACKNOWLEDGED, answered_at=AT)
    reminder(staff.actor, "推后项目", state=S.SNOOZED, snoozed_until=MONDAY, answered_at=AT)
    reminder(staff.actor, "到日子项目", state=S.SNOOZED, snoozed_until=TODAY, answered_at=AT)
    for n in range(60):
        state = S.DONE if n % 2 else S.SETTLED
        reminder(staff.actor, f"办过{n}号", state=state, answered_at=AT - timedelta(hours=n))
    waiting = words(staff.get("/reminders/"))
    answered = words(staff.get("/reminders/?tab=answered"))
    for title, here in (("待处理项目", waiting), ("到日子项目", waiting), ("已知悉项目", answered)):
        assert title in here
    assert "推后项目" not in waiting
    assert "2026-12-07再提醒" in answered
    first = words(staff.get("/reminders/?tab=done"))
    following = re.search(r'href="([^"]*after=[^"]*)" rel="next"', first)[1].replace("&amp;", "&")
    second = words(staff.get(following))
    assert [f"办过{n}号" in first for n in (0, 49, 50)] == [True, True, False]
    assert [f"办过{n}号" in second for n in (49, 50, 59)] == [False, True, True]


@pytest.mark.parametrize("query", ["after=nonsense", "after=WyIyMDI2LTEyLTA0VDAwOjAwOjAwIiwgMV0"])
def test_a_page_mark_that_is_none_of_ours_is_refused(sign_in, query):
    assert sign_in("staff", "甲单位").get(f"/reminders/?tab=done&{query}").status_code == 400


@pytest.mark.parametrize("query", ["tab=x", "scope=all", "page=0", "page=-1", "page=九", "group=x"])
def test_any_other_address_shows_ones_own_inbox(sign_in, reminder, query):
    staff = sign_in("staff", "甲单位")
    reminder(staff.actor)
    assert "动力电池项目" in words(staff.get(f"/reminders/?{query}"))


def test_a_head_sees_the_units_reminders_but_can_answer_only_their_own(
    sign_in, person, reminder, row
):
    head, staff = sign_in("unit_head", "甲单位"), person("staff", "甲单位", name="王芳")
    stranger = person("staff", "乙单位")
    theirs = reminder(staff, "下属的项目")
    reminder(stranger, "别处的项目")
    own = words(head.get("/reminders/"))
    unit = words(head.get("/reminders/?scope=unit"))
    assert "下属的项目" not in own
    assert "下属的项目" in unit
    assert "王芳" in unit
    assert "别处的项目" not in unit
    assert f"/reminders/{theirs}/done" not in unit
    assert head.get(f"/reminders/{theirs}/done").status_code == 404
    assert head.post(f"/reminders/{theirs}/snooze", data={"until": "2026-12-07"}).status_code == 404
    head.post("/reminders/acknowledge", data={"only": theirs})
    head.post("/reminders/seen", data={"pick": theirs})
    assert row(theirs).state is S.OPEN
    assert row(theirs).seen_at is None


def test_an_escalated_reminder_says_who_was_told_before_and_what_they_answered(
    sign_in, person, reminder, lead
):
    head, owner = sign_in("unit_head", "甲单位"), person("staff", "甲单位", name="王芳")
    lead_id = lead(owner)
    earlier = {"planned_on": date(2026, 11, 20), "state": S.ACKNOWLEDGED}
    reminder(owner, lead_id=lead_id, **earlier)
    reminder(head.actor, lead_id=lead_id, level=Level.UNIT_HEAD)
    page = words(head.get("/reminders/"))
    assert "上报至单位负责人" in page
    assert "2026-11-20先告知责任人王芳：已知悉" in page


def test_a_sensitive_lead_is_named_to_nobody_outside_its_list(
    sign_in, person, reminder, lead, away, app
):
    delegate, owner = sign_in("staff", "甲单位"), person("staff", "甲单位", name="王芳")
    lead_id = lead(owner, "保密的项目", is_sensitive=True, next_action="保密的下一步")
    with app.app_context(), transaction() as session:
        named = MembershipKind.NAMED
        session.add(LeadMember(lead_id=lead_id, user_id=owner.id, kind=named))
    key = reminder(owner, lead_id=lead_id)
    away(owner, delegate.actor)
    for address in ("/reminders/", f"/reminders/{key}/done", f"/reminders/{key}/snooze"):
        page = words(delegate.get(address))
        assert "敏感项目" in page
        assert "保密的" not in page
        assert f"/leads/{lead_id}" not in page
    assert "保密的项目" in words(sign_in(owner).get("/reminders/"))


def test_the_page_takes_as_many_queries_for_many_reminders_as_for_few(
    sign_in, person, reminder, lead, count_queries
):
    head, owner = sign_in("unit_head", "甲单位"), person("staff", "甲单位")
    counts = []
    for _round in range(2):
        for kind in (ReminderKind.NEXT_ACTION, ReminderKind.QUIET, ReminderKind.EVIDENCE):
            for _number in range(4):
                lead_id = lead(owner)
                reminder(owner, lead_id=lead_id, kind=kind, step="yellow")
                reminder(
                    head.actor, lead_id=lead_id, kind=kind, step="yellow", level=Level.UNIT_HEAD
                )
        with count_queries() as seen:
            head.get("/reminders/")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 14


def test_who_is_reminded_of_nothing_sees_what_is_due(sign_in, person, lead):
    lead(person("staff", "甲单位"))
    page = words(sign_in("auditor").get("/reminders/"))
    assert "动力电池项目" in page
    assert "待处理" not in page


# --- the unread count ---


def test_every_page_carries_the_count_and_no_statement_is_added_for_it(
    sign_in, reminder, count_queries
):
    staff = sign_in("staff", "甲单位")
    with count_queries() as none_waits:
        staff.get("/leads/")
    for n in range(3):
        reminder(staff.actor, f"项目{n}")
    reminder(staff.actor, "看过的", seen_at=AT)
    reminder(staff.actor, "推后的", state=S.SNOOZED, snoozed_until=MONDAY)
    reminder(staff.actor, "到日子的", state=S.SNOOZED, snoozed_until=TODAY)
    with count_queries() as seen:
        page = words(staff.get("/leads/"))
    assert unread(page) == 4
    assert len(seen) == len(none_waits)
    assert sum("FROM reminders" in each for each in seen) == 1


def test_the_count_alone_is_one_statement_and_nothing_when_nothing_changed(
    sign_in, reminder, count_queries
):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor)
    with count_queries() as seen:
        answer = staff.get("/reminders/count")
    assert (answer.json, len(seen)) == ({"unread": 1}, 1)
    again = staff.get("/reminders/count", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    staff.post("/reminders/acknowledge", data={"only": key})
    changed = staff.get("/reminders/count", headers={"If-None-Match": answer.headers["ETag"]})
    assert changed.json == {"unread": 0}


def test_asking_for_the_count_does_not_prolong_a_session(sign_in):
    staff = sign_in("staff", "甲单位")
    assert "Set-Cookie" in staff.get("/reminders/").headers
    assert "Set-Cookie" not in staff.get("/reminders/count").headers


def test_nobody_signed_in_gets_no_count(client):
    assert client.get("/reminders/count").status_code == 302


def test_what_was_seen_is_no_longer_unread_and_opening_the_page_changes_nothing(
    sign_in, person, reminder, row
):
    staff = sign_in("staff", "甲单位")
    key, other = reminder(staff.actor), reminder(person("staff", "甲单位"), "别人的")
    assert unread(words(staff.get("/reminders/"))) == 1
    assert row(key).seen_at is None
    answer = staff.post(
        "/reminders/seen", data={"pick": [key, other]}, headers={"Accept": "application/json"}
    )
    assert answer.json == {"unread": 0}
    assert row(key).seen_at == AT
    assert row(other).seen_at is None


def test_without_a_script_everything_is_marked_as_read_by_a_button(sign_in, reminder):
    staff = sign_in("staff", "甲单位")
    reminder(staff.actor)
    assert "全部标为已读" in words(staff.get("/reminders/"))
    page = words(staff.post("/reminders/seen", data={"all": "1"}, follow_redirects=True))
    assert "全部标为已读" not in page
    assert unread(page) == 0


def test_a_delegate_reads_and_counts_what_is_meant_for_who_is_away(
    sign_in, person, reminder, away, row
):
    delegate = sign_in("staff", "甲单位")
    wang, zhao = person("staff", "甲单位", name="王芳"), person("staff", "甲单位", name="赵敏")
    key = reminder(wang, "王芳的项目")
    reminder(zhao, "赵敏的项目")
    assert unread(words(delegate.get("/reminders/"))) == 0
    away(wang, delegate.actor)
    away(zhao, wang)  # and through her, who is away herself, to the delegate
    page = words(delegate.get("/reminders/"))
    assert "代王芳" in page
    assert "赵敏的项目" in page
    assert unread(page) == 2
    delegate.post("/reminders/acknowledge", data={"only": key})
    assert row(key).state is S.ACKNOWLEDGED
    assert row(key).answered_by_id == delegate.actor.id


def test_of_a_lead_a_delegate_may_not_open_they_read_nothing_and_the_person_stays_told(
    sign_in, person, reminder, lead, away, app
):
    stranger = sign_in("staff", "乙单位")
    wang = person("staff", "甲单位", name="王芳", email="wang@example.gov.cn")
    lead_id = lead(wang, "甲单位的项目", next_action="不给别的单位看的下一步")
    key = reminder(wang, lead_id=lead_id, subject=f"lead:{lead_id}")
    away(wang, stranger.actor)
    told = tell(app, TODAY)
    assert stranger.actor.id not in told
    assert key in told[wang.id].digest
    with app.app_context():
        mail = mail_of(stranger.actor.id, [key], TODAY)  # noted before anybody knew
        written = due_letter(mail, TODAY, AT, 1, app.extensions["settings"])
    token = re.search(r"/reminders/mail/\S+", written.text)[0]
    for page in (
        written.subject + written.text,
        written.html,
        words(stranger.get("/reminders/")),
        words(stranger.get(f"/reminders/{key}/done")),
        words(stranger.get(token)),
    ):
        assert "您看不到的项目" in page
        assert "甲单位的项目" not in page
        assert "不给别的单位看的下一步" not in page
        assert f"/leads/{lead_id}" not in page


def test_a_delegates_look_leaves_it_unread_for_whoever_is_away(
    sign_in, person, reminder, away, row
):
    delegate, wang = sign_in("staff", "甲单位"), person("staff", "甲单位", name="王芳")
    key = reminder(wang)
    away(wang, delegate.actor)
    assert unread(words(delegate.get("/reminders/"))) == 1
    delegate.post("/reminders/seen", data={"all": "1"})
    assert unread(words(delegate.get("/reminders/"))) == 0
    assert (row(key).seen_at, row(key).delegate_seen_at) == (None, AT)
    own = sign_in(wang)
    assert unread(words(own.get("/reminders/"))) == 1
    own.post("/reminders/seen", data={"pick": str(key)})
    assert unread(words(own.get("/reminders/"))) == 0
    delegate.post(f"/reminders/{key}/snooze", data={"version": "1", "until": "2026-12-07"})
    assert (row(key).seen_at, row(key).delegate_seen_at) == (None, None)


def test_an_absence_of_another_day_brings_a_delegate_nothing(sign_in, person, reminder, away):
    delegate, wang = sign_in("staff", "甲单位"), person("staff", "甲单位")
    key = reminder(wang)
    away(wang, delegate.actor, MONDAY, MONDAY)
    assert unread(words(delegate.get("/reminders/"))) == 0
    assert delegate.get(f"/reminders/{key}/done").status_code == 404


def test_the_count_and_the_list_follow_the_same_delegates(sign_in, person, reminder, away, app):
    people = [person("staff", "甲单位") for _n in range(4)]
    for each in people:
        reminder(each)
    first, second, third, fourth = people
    away(first, second)
    away(second, first)  # a ring leads back to each of them
    away(third, fourth)
    for each, expected in zip(people, (1, 1, 1, 2), strict=True):
        with app.app_context():
            found = queries.actor_and_unread(each.id, TODAY)
            assert found is not None
            listed, _more = queries.waiting_or_answered(
                found[0], queries.Tab.OPEN, queries.Scope.MINE, TODAY
            )
        assert (found[1], len(listed)) == (expected, expected)
