"""我的提醒: how somebody is told, who is told instead, and who may note whose absence."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.rules import LEAD_WRITERS, Role
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.reminders.models import Absence, Preference, Reminder, ReminderSetting
from crm.reminders.queries import facts, live
from crm.reminders.rules import ReminderKind, Timing
from crm.reminders.services import planning
from tests.leads import opened

MINE = "/reminders/mine"
NEW = "/reminders/absences/new"
TODAY = date(2026, 11, 26)  # a Thursday, see tests/conftest.py
ROLES = [role for role in Role if role is not Role.SYSTEM]


def day(n: int) -> str:
    return (TODAY + timedelta(days=n)).isoformat()


def said(answer) -> str:
    return answer.get_data(as_text=True)


def wishes(app, person):
    with app.app_context():
        return live.wishes_of([person.id], facts.settings())[person.id]


def actions(app, table: str) -> list[str]:
    with app.app_context():
        return list(
            db.session.scalars(
                select(AuditEvent.action)
                .where(AuditEvent.subject_type == table)
                .order_by(AuditEvent.id)
            )
        )


# --- how somebody is told ---


@pytest.mark.parametrize("role", ROLES)
def test_everybody_has_the_page_and_chooses_what_the_role_is_told(sign_in, role):
    page = sign_in(role, "药山街道").get(MINE)
    assert page.status_code == 200
    assert "不能关闭" in said(page)  # account security
    assert ('name="quiet"' in said(page)) is (role in LEAD_WRITERS)
    assert ('name="quota_behind"' in said(page)) is (role is Role.DIRECTOR)


def test_what_applies_without_a_choice_is_shown_and_a_choice_holds(sign_in, app):
    client = sign_in("staff", "药山街道")
    page = said(client.get(MINE))
    assert "按单位设置：立即" in page  # a first response
    assert "按单位设置：每日汇总" in page
    form = opened(client, MINE)
    chosen = {**form, "quiet": "weekly", "screening": "off", "most_at_once": "0", "locale": "en"}
    assert client.post(MINE, data=chosen).status_code == 302
    holds = wishes(app, client.actor)
    assert holds.timing(ReminderKind.QUIET) is Timing.WEEKLY
    assert holds.timing(ReminderKind.SCREENING) is Timing.OFF
    assert holds.timing(ReminderKind.FIRST_RESPONSE) is Timing.AT_ONCE
    assert holds.most_at_once == 0
    with app.app_context():
        assert db.session.get(User, client.actor.id).locale == "en"
    assert "As the office has set it" in said(client.get(MINE))
    back = {**opened(client, MINE), "quiet": "", "locale": "zh"}
    assert client.post(MINE, data=back).status_code == 302
    assert wishes(app, client.actor).timing(ReminderKind.QUIET) is Timing.DAILY
    assert actions(app, "reminder_recipients") == ["reminder_choices_made"] * 2


def test_saving_without_a_change_leaves_no_trace(sign_in, app):
    client = sign_in("staff", "药山街道")
    form = opened(client, MINE)
    assert client.post(MINE, data=form).status_code == 302
    assert client.post(MINE, data=form).status_code == 302
    assert actions(app, "reminder_recipients") == []


def test_a_language_switched_at_the_top_of_a_page_is_shown_here(sign_in):
    client = sign_in("staff", "药山街道")
    client.post("/language", data={"language": "en"})
    assert opened(client, MINE)["locale"] == "en"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"next_action": "off"}, "next_action"),
        ({"quiet": "never"}, "quiet"),
        ({"most_at_once": "21"}, "most_at_once"),
        ({"most_at_once": "-1"}, "most_at_once"),
        ({"most_at_once": ""}, "most_at_once"),
        ({"most_at_once": "many"}, "most_at_once"),
        ({"locale": "fr"}, "locale"),
    ],
)
def test_a_choice_nobody_has_is_refused_beside_its_field(sign_in, app, typed, field):
    client = sign_in("staff", "药山街道")
    answer = client.post(MINE, data={**opened(client, MINE), "screening": "off", **typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in said(answer)
    with app.app_context():
        assert db.session.scalar(select(Preference.id)) is None


def test_a_kind_that_may_no_longer_be_off_is_told_daily_and_refused_as_off(sign_in, app):
    client = sign_in("staff", "药山街道")
    form = opened(client, MINE)
    client.post(MINE, data={**form, "quiet": "off"})
    with app.app_context(), transaction() as session:
        session.add(ReminderSetting(kind=ReminderKind.QUIET, steps="notice:14", may_be_off=False))
    assert wishes(app, client.actor).timing(ReminderKind.QUIET) is Timing.DAILY
    page = said(client.get(MINE))
    assert '<option value="off"' not in page.split('name="quiet"')[1].split("</select>")[0]


def test_two_windows_of_one_person_do_not_overwrite_each_other(sign_in):
    client = sign_in("staff", "药山街道")
    first = opened(client, MINE)
    assert client.post(MINE, data={**first, "quiet": "off"}).status_code == 302
    late = client.post(MINE, data={**first, "quiet": "weekly"})
    assert late.status_code == 409
    assert "不提醒" in said(late)
    second = opened(client, MINE)
    assert client.post(MINE, data={**second, "most_at_once": "3"}).status_code == 302
    assert client.post(MINE, data={**second, "most_at_once": "4"}).status_code == 409


# --- absences ---


@pytest.fixture
def unit(person):
    """Two colleagues and their head, and a stranger."""
    return {
        "own": person("staff", "药山街道", name="张伟"),
        "colleague": person("staff", "药山街道", name="李娜"),
        "head": person("unit_head", "药山街道", name="王芳"),
        "stranger": person("staff", "泺口街道", name="赵磊"),
        "leader": person("director", "区投资促进局", name="刘洋"),
        "admin": person("administrator", name="管理员"),
        "auditor": person("auditor", name="审计员"),
    }


def away(client, delegate, first: int, last: int, **more):
    return client.post(
        NEW,
        data={"delegate_id": delegate.id, "starts_on": day(first), "ends_on": day(last), **more},
    )


def absences(app) -> list[tuple]:
    with app.app_context():
        rows = db.session.scalars(select(Absence).order_by(Absence.id)).all()
        return [
            (row.user_id, row.delegate_id, str(row.starts_on), str(row.ends_on)) for row in rows
        ]


def test_a_delegate_is_told_from_the_first_day_to_the_last(sign_in, app, unit):
    client = sign_in(unit["own"])
    assert away(client, unit["colleague"], 0, 2, note="外出招商").status_code == 302
    assert "外出招商" in said(client.get(MINE))
    with app.app_context():
        told = {
            n: live.readers([unit["own"].id], TODAY + timedelta(days=n))[unit["own"].id]
            for n in (-1, 0, 2, 3)
        }
    own, colleague = unit["own"].id, unit["colleague"].id
    assert told == {-1: own, 0: colleague, 2: colleague, 3: own}
    page = said(sign_in(unit["colleague"]).get(MINE))
    assert "您正在代张伟接收提醒" in page


def test_the_way_through_several_delegates_is_explained(sign_in, app, unit):
    away(sign_in(unit["own"]), unit["colleague"], 0, 9)
    away(sign_in(unit["colleague"]), unit["head"], 4, 6)
    page = said(sign_in(unit["own"]).get(MINE))
    assert f"{day(0)}至{day(3)}：提醒李娜" in page
    assert f"{day(4)}至{day(6)}：提醒王芳" in page
    away(sign_in(unit["head"]), unit["own"], 5, 5, person_id=unit["head"].id)
    page = said(sign_in(unit["own"]).get(MINE))
    assert f"{day(5)}至{day(5)}：代理人也外出，仍提醒本人" in page


@pytest.mark.parametrize(
    ("whom", "first", "last", "field", "words"),
    [
        ("own", 0, 1, "delegate_id", "不能是本人"),
        ("auditor", 0, 1, "delegate_id", "请从列表中选择"),
        ("colleague", 3, 1, "ends_on", "不能早于开始"),
        ("colleague", -3, -1, "ends_on", "已经过去"),
        ("colleague", 0, 366, "ends_on", "最多一年"),
        ("colleague", 12, 30, "starts_on", "重叠"),
        ("colleague", 5, 11, "starts_on", "重叠"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_beside_its_field(
    sign_in, app, unit, whom, first, last, field, words
):
    client = sign_in(unit["own"])
    assert away(client, unit["colleague"], 10, 12).status_code == 302
    answer = away(client, unit[whom], first, last)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in said(answer)
    assert words in said(answer)
    assert len(absences(app)) == 1


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"starts_on": "gestern"},
        {"starts_on": "2026-13-45"},
        {"delegate_id": "999999"},
        {"delegate_id": "x"},
        {"note": "长" * 121},
    ],
)
def test_anything_typed_is_answered_in_words(sign_in, app, unit, typed):
    data = {"delegate_id": unit["colleague"].id, "starts_on": day(0), "ends_on": day(1)}
    answer = sign_in(unit["own"]).post(NEW, data={**data, **typed} if typed else {})
    assert answer.status_code == 422
    assert absences(app) == []


def test_a_delegate_who_left_hands_the_reminders_back(sign_in, app, unit):
    away(sign_in(unit["own"]), unit["colleague"], 0, 9)
    with app.app_context(), transaction() as session:
        session.get(User, unit["colleague"].id).is_active = False
    with app.app_context():
        assert live.readers([unit["own"].id], TODAY)[unit["own"].id] == unit["own"].id
    assert "仍提醒本人" in said(sign_in(unit["own"]).get(MINE))
    answer = away(sign_in(unit["own"]), unit["colleague"], 20, 21)
    assert answer.status_code == 422


def test_an_absence_is_changed_ended_early_and_kept_in_the_history(sign_in, app, unit):
    client = sign_in(unit["own"])
    away(client, unit["colleague"], 2, 5)
    key = absence_id(app)
    address = f"/reminders/absences/{key}"
    form = opened(client, address)
    assert client.post(address, data={**form, "starts_on": day(-2)}).status_code == 302
    assert client.post(address, data={**form, "ends_on": day(9)}).status_code == 409
    assert client.post(f"{address}/end", data={"version": "1"}).status_code == 409
    assert client.post(f"{address}/end", data={"version": "2"}).status_code == 302
    assert absences(app)[0][3] == day(-1)
    assert "已结束的外出（1）" in said(client.get(MINE))
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/end", data={"version": "3"}).status_code == 404
    away(client, unit["colleague"], 3, 4)
    client.post(f"/reminders/absences/{absence_id(app)}/end", data={"version": "1"})
    assert len(absences(app)) == 1
    assert actions(app, "absences") == [
        "absence_added", "absence_changed", "absence_ended", "absence_added", "absence_removed",
    ]  # fmt: skip


def absence_id(app) -> int:
    with app.app_context():
        return db.session.scalar(select(Absence.id).order_by(Absence.id.desc()))


MAY = {  # whose absences each of them may note
    "own": {"own"},
    "head": {"own", "colleague", "head"},
    "leader": {"leader"},
    "admin": {"own", "colleague", "head", "stranger", "leader"},
    "auditor": set(),
}


@pytest.mark.parametrize("who", MAY)
def test_each_role_notes_and_changes_the_absences_it_may(sign_in, app, unit, who):
    client = sign_in(unit[who])
    noted = set()
    for name, person in unit.items():
        delegate = unit["colleague"] if name != "colleague" else unit["own"]
        with app.app_context(), transaction() as session:
            session.query(Absence).delete()
        answer = away(client, delegate, 0, 1, person_id=person.id)
        if answer.status_code == 302 and absences(app)[0][0] == person.id:
            noted.add(name)
        with app.app_context(), transaction() as session:
            session.query(Absence).delete()
            row = Absence(
                user_id=person.id, delegate_id=delegate.id, starts_on=TODAY, ends_on=TODAY
            )
            session.add(row)
            session.flush()
            key = row.id
        for answer in (
            client.get(f"/reminders/absences/{key}"),
            client.post(f"/reminders/absences/{key}/end", data={"version": "1"}),
        ):
            is_open = answer.status_code in {200, 302}
            assert is_open is (name in MAY[who]), (name, answer.status_code)
    assert noted == MAY[who]


def test_a_head_sees_the_absences_of_the_unit_and_the_administrator_all(sign_in, unit):
    away(sign_in(unit["own"]), unit["colleague"], 0, 1)
    away(sign_in(unit["stranger"]), unit["head"], 0, 1)
    page = said(sign_in(unit["head"]).get("/reminders/absences"))
    assert "张伟" in page
    assert "赵磊" not in page
    page = said(sign_in(unit["admin"]).get("/reminders/absences"))
    assert "张伟" in page
    assert "赵磊" in page
    assert sign_in(unit["own"]).get("/reminders/absences").status_code == 403


def test_the_pages_take_as_many_queries_for_many_absences_as_for_few(
    sign_in, app, unit, count_queries
):
    client = sign_in(unit["head"])
    counts = []
    for first in (0, 100):
        for n in range(10):
            away(client, unit["colleague"], first + 3 * n, first + 3 * n + 1,
                 person_id=unit["own"].id)  # fmt: skip
        with count_queries() as seen:
            client.get("/reminders/absences")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


# --- what a delegate may know ---


@pytest.fixture
def due_lead(app):
    """A lead whose next action is due today."""

    def make(owner, **columns) -> int:
        with app.app_context(), transaction() as session:
            lead = Lead(
                **{
                    "title": "动力电池项目", "owner_id": owner.id, "stage": Stage.NEGOTIATING,
                    "department_id": owner.department_id, "stage_since": TODAY,
                    "last_progress_on": TODAY, "next_action_on": TODAY, **columns,
                }
            )  # fmt: skip
            session.add(lead)
            session.flush()
            if columns.get("is_sensitive"):
                session.add(
                    LeadMember(lead_id=lead.id, user_id=owner.id, kind=MembershipKind.NAMED)
                )
            return lead.id

    return make


def told_today(app) -> dict[int, set[int]]:
    """By reader the leads today's digest tells them of."""
    with app.app_context():
        calendar = work_calendar()
        with transaction():
            planning.note_what_is_due(TODAY, calendar, clock.now())
        goes = planning.tellings(TODAY, calendar)
        leads = dict(db.session.execute(select(Reminder.id, Reminder.lead_id)).all())
        asked = planning.tellings(TODAY, calendar, list(goes))
        assert {key: each for key, each in asked.items() if key in goes} == goes
    return {reader: {leads[key] for key in each.digest} for reader, each in goes.items()}


def test_a_delegate_is_told_of_no_sensitive_lead_they_may_not_know(sign_in, app, unit, due_lead):
    open_lead = due_lead(unit["own"])
    secret = due_lead(unit["own"], is_sensitive=True)
    away(sign_in(unit["own"]), unit["colleague"], 0, 3)
    assert told_today(app) == {unit["colleague"].id: {open_lead}, unit["own"].id: {secret}}
