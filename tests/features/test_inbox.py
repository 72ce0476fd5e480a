"""The inbox: what waits for whom, the unread count on every page, and what an answer does."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Activity, Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.outbox.models import Delivery
from crm.reminders.letters import due_letter
from crm.reminders.models import Absence, Reminder
from crm.reminders.queries import inbox as queries
from crm.reminders.queries.mails import mail_of
from crm.reminders.rules import Level, ReminderKind, ReminderState
from crm.reminders.services import planning
from tests.leads import opened

TODAY = date(2026, 12, 4)  # a Friday
MONDAY = date(2026, 12, 7)
AT = datetime(2026, 12, 4, 1, 0, tzinfo=UTC)
S = ReminderState


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: TODAY)


@pytest.fixture
def lead(app) -> Callable[..., int]:
    def make(owner, title="动力电池项目", **columns) -> int:
        with app.app_context(), transaction() as session:
            values = {
                "title": title, "owner_id": owner.id, "department_id": owner.department_id,
                "stage": Stage.NEGOTIATING, "stage_since": TODAY, "last_progress_on": TODAY,
                "next_action": "约见投资方", "next_action_on": TODAY - timedelta(days=2), **columns,
            }  # fmt: skip
            row = Lead(**values)
            session.add(row)
            session.flush()
            return row.id

    return make


@pytest.fixture
def reminder(app, lead) -> Callable[..., int]:
    """`reminder(person, title=…, lead_id=…, **columns)`: one that waits; its id."""

    def make(person, title="动力电池项目", lead_id=None, **columns) -> int:
        lead_id = lead_id or lead(person, title)
        with app.app_context(), transaction() as session:
            values = {
                "kind": ReminderKind.NEXT_ACTION, "subject": f"lead:{lead_id}", "step": "due",
                "due_on": TODAY - timedelta(days=2), "person_id": person.id, "lead_id": lead_id,
                "planned_on": TODAY, **columns,
            }  # fmt: skip
            row = Reminder(**values)
            session.add(row)
            session.flush()
            return row.id

    return make


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


@pytest.fixture
def row(app) -> Callable[[int], Reminder]:
    def read(reminder_id: int) -> Reminder:
        with app.app_context():
            found = db.session.get(Reminder, reminder_id)
            assert found is not None
            db.session.expunge(found)
            return found

    return read


def words(page) -> str:
    assert page.status_code == 200
    return page.get_data(as_text=True)


def unread(page: str) -> int:
    """What the counters of a page say."""
    found = {
        0 if hidden else int(number)
        for hidden, number in re.findall(r"data-unread( hidden)?>(\d+)\+?</span>", page)
    }
    assert len(found) == 1
    return found.pop()


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


# --- answers ---


def test_acknowledging_several_at_once(sign_in, reminder, row, app):
    staff = sign_in("staff", "甲单位")
    keys = [reminder(staff.actor, f"项目{n}") for n in range(3)]
    page = staff.post("/reminders/acknowledge", data={"pick": keys[:2]}, follow_redirects=True)
    assert "已知悉2项" in words(page)
    assert [row(key).state for key in keys] == [S.ACKNOWLEDGED, S.ACKNOWLEDGED, S.OPEN]
    with app.app_context():
        actions = list(db.session.scalars(select(AuditEvent.action)))
    assert actions == ["reminder_acknowledged"] * 2
    again = staff.post("/reminders/acknowledge", data={"pick": keys[:2]}, follow_redirects=True)
    assert "已经答复过" in words(again)
    nothing = staff.post("/reminders/acknowledge", data={}, follow_redirects=True)
    assert "请先勾选" in words(nothing)


@pytest.mark.parametrize("pick", ["", "x", "-1", "9" * 30, "99999999"])
def test_picking_what_is_no_reminder_changes_nothing(sign_in, pick):
    answer = sign_in("staff", "甲单位").post("/reminders/acknowledge", data={"pick": pick})
    assert answer.status_code == 302


def test_putting_off_asks_for_a_reason_the_second_time_and_ends_after_three(sign_in, reminder, row):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor, seen_at=AT)
    address = f"/reminders/{key}/snooze"
    sent = opened(staff, address)
    assert sent["until"] == "2026-12-07"
    assert staff.post(address, data=sent).status_code == 302
    assert (row(key).snoozed_until, row(key).snoozes) == (MONDAY, 1)
    assert row(key).seen_at is None  # unread again on its day
    refused = staff.post(address, data=opened(staff, address))
    assert refused.status_code == 422
    assert "第二次起请写明推后的理由" in refused.get_data(as_text=True)
    for _time in range(2):
        assert staff.post(
            address, data={**opened(staff, address), "note": "等投资方答复"}
        ).status_code == 302  # fmt: skip
    last = staff.post(address, data={**opened(staff, address), "note": "还要等"})
    assert last.status_code == 422
    assert "已经推后3次" in last.get_data(as_text=True)
    assert row(key).snoozes == 3


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("", "请选择哪天再提醒"),
        ("2026-12-05", "请从列表中选择"),
        ("2026-12-04", "请从列表中选择"),
        ("2027-01-04", "请从列表中选择"),
        ("next week", "请从列表中选择"),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_the_field(sign_in, reminder, row, until, said):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor)
    page = staff.post(f"/reminders/{key}/snooze", data={"version": "1", "until": until})
    assert page.status_code == 422
    assert said in page.get_data(as_text=True)
    assert row(key).state is S.OPEN


def test_an_answer_given_meanwhile_is_not_overwritten(sign_in, reminder, row):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor, kind=ReminderKind.QUIET, step="yellow")
    sent = opened(staff, f"/reminders/{key}/done")
    staff.post("/reminders/acknowledge", data={"only": key})
    page = staff.post(f"/reminders/{key}/done", data={**sent, "note": "已联系"})
    assert page.status_code == 409
    assert "已知悉" in page.get_data(as_text=True)
    assert row(key).state is S.ACKNOWLEDGED


def test_done_is_logged_with_the_next_action_in_one_step(
    sign_in, reminder, row, app, verdicts_stay_true
):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor)
    page = words(staff.get(f"/reminders/{key}/done"))
    assert "记下做了什么，定好下一步" in page
    data = {
        "how": "log", "kind": "call", "summary": "对方下周来考察", "happened_on": "2026-12-04",
        "is_substantive": "y", "next_action": "接待考察", "next_action_on": "2026-12-11",
    }  # fmt: skip
    wrong = staff.post(f"/reminders/{key}/done", data={**data, "summary": ""})
    assert wrong.status_code == 422
    assert "请写一句谈了什么" in wrong.get_data(as_text=True)
    assert staff.post(f"/reminders/{key}/done", data=data).status_code == 302
    assert (row(key).state, row(key).note) == (S.DONE, "对方下周来考察")
    with app.app_context():
        lead = db.session.scalars(select(Lead)).one()
        assert (lead.next_action, lead.next_action_on) == ("接待考察", date(2026, 12, 11))
        assert db.session.scalars(select(Activity.summary)).all() == ["对方下周来考察"]


def test_done_without_a_log_keeps_escalating_while_the_facts_say_it_is_due(
    sign_in, reminder, person, lead, row, app
):
    staff = sign_in("staff", "甲单位")
    head = person("unit_head", "甲单位")
    overdue = TODAY - timedelta(days=8)
    lead_id = lead(staff.actor, next_action_on=overdue)
    key = reminder(staff.actor, lead_id=lead_id, due_on=overdue)
    staff.post(f"/reminders/{key}/done", data={"version": "1", "note": "已电话沟通"})
    with app.app_context(), transaction():
        planning.note_what_is_due(TODAY, work_calendar(), AT)
        found = planning.tellings(TODAY, work_calendar())
    assert row(key).state is S.DONE
    assert staff.actor.id not in found
    assert len(found[head.id].digest) == 1


def test_what_was_logged_on_the_lead_leaves_the_inbox_at_once(sign_in, reminder, row):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor)
    lead_id = row(key).lead_id
    staff.post(
        f"/leads/{lead_id}/activities/new",
        data={
            "kind": "call", "summary": "已约好", "happened_on": "2026-12-04",
            "next_action": "见面", "next_action_on": "2026-12-11",
        },
    )  # fmt: skip
    assert row(key).state is S.SETTLED
    assert "动力电池项目" not in words(staff.get("/reminders/"))


def test_an_answer_can_be_taken_back(sign_in, reminder, row):
    staff = sign_in("staff", "甲单位")
    key = reminder(staff.actor, state=S.DONE, answered_at=AT, note="已办")
    assert "恢复" in words(staff.get("/reminders/?tab=done"))
    staff.post(f"/reminders/{key}/reopen")
    assert (row(key).state, row(key).note, row(key).answered_at) == (S.OPEN, None, None)
    over = reminder(staff.actor, "不再到期", state=S.SETTLED, answered_at=AT)
    page = staff.post(f"/reminders/{over}/reopen", follow_redirects=True)
    assert "不再到期" in words(page)
    assert row(over).state is S.SETTLED


# --- what an answer does to the mails ---


def tell(app, day: date) -> dict[int, planning.Telling]:
    with app.app_context(), transaction():
        planning.note_what_is_due(day, work_calendar(), AT)
        return planning.tellings(day, work_calendar())


def test_acknowledged_is_not_told_again_until_the_step_rises(sign_in, lead, app):
    staff = sign_in("staff", "甲单位")
    quiet = TODAY - timedelta(days=20)
    lead(staff.actor, next_action_on=None, stage_since=quiet, last_progress_on=quiet)
    (key,) = tell(app, TODAY)[staff.actor.id].digest
    staff.post("/reminders/acknowledge", data={"only": key})
    assert staff.actor.id not in tell(app, MONDAY)
    risen = quiet + timedelta(days=31)
    (higher,) = tell(app, risen)[staff.actor.id].digest
    assert higher != key


def test_put_off_is_silent_until_its_day_and_told_on_it(sign_in, person, lead, app):
    staff = sign_in(person("staff", "甲单位", email="wangfang@example.gov.cn"))
    quiet = TODAY - timedelta(days=20)
    lead(staff.actor, next_action_on=None, stage_since=quiet, last_progress_on=quiet)
    (key,) = tell(app, TODAY)[staff.actor.id].digest
    with app.app_context(), transaction():
        planning.note_messages(TODAY, work_calendar(), AT)
        db.session.get(Reminder, key).delivery_id = db.session.scalars(select(Delivery.id)).one()
    staff.post(f"/reminders/{key}/snooze", data={"version": "1", "until": "2026-12-08"})
    assert not tell(app, MONDAY).get(staff.actor.id, planning.Telling()).digest
    assert tell(app, date(2026, 12, 8))[staff.actor.id].digest == (key,)
