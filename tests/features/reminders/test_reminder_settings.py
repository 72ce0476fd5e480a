"""The administrator sets how the kinds are reminded of, sees before what it would send, and is never
overwritten."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind, Stage
from crm.outbox.models import Delivery
from crm.reminders.models import Absence, Reminder, ReminderBeginning, ReminderSetting
from crm.reminders.queries import facts
from crm.reminders.queries.preview import preview
from crm.reminders.rules import ReminderKind, Timing
from crm.reminders.rules.settings import BEGINS_WITH, Setting, Step, as_begun
from crm.reminders.services import planning
from tests.leads import opened
from tests.saving import saved

QUIET = "/reminders/settings/quiet"
FOR_SOME = f"{QUIET}/for-some"
TODAY = date(2026, 11, 26)  # a Thursday, see tests/conftest.py


@pytest.fixture
def admin(sign_in):
    return sign_in("administrator")


@pytest.fixture
def quiet_lead(app):
    """`quiet_lead(owner, days, **columns)`: a lead in talks without progress for so many days."""

    def make(owner, days: int, **columns) -> int:
        since = TODAY - timedelta(days=days)
        return saved(app, Lead(
            **{
                "title": f"安静{days}", "owner_id": owner.id, "stage": Stage.NEGOTIATING,
                "department_id": owner.department_id, "stage_since": since,
                "last_progress_on": since, **columns,
            }
        ))  # fmt: skip

    return make


def said(answer) -> str:
    return answer.get_data(as_text=True)


def stored(app) -> list[tuple]:
    with app.app_context():
        rows = db.session.scalars(select(ReminderSetting).order_by(ReminderSetting.id)).all()
        return [(row.kind, row.scope_key, row.steps, row.version) for row in rows]


def actions(app) -> list[str]:
    with app.app_context():
        return list(
            db.session.scalars(
                select(AuditEvent.action)
                .where(AuditEvent.subject_type == "reminder_settings")
                .order_by(AuditEvent.id)
            )
        )


# --- the list and the form ---


def test_every_kind_is_listed_with_its_days_in_words(admin, app):
    page = said(admin.get("/reminders/settings"))
    for words in ("久未推进", "需关注 14天后、黄灯 30天后、红灯 60天后、建议退库 180天后"):
        assert words in page
    assert "到期 1个工作日后" in page
    assert "第一次预告 提前60天" in page
    assert page.count("系统初始") == len(ReminderKind)
    with app.app_context():  # a migration that adds a kind notes since when it is in force
        assert set(db.session.scalars(select(ReminderBeginning.kind))) == set(ReminderKind)
    assert page.count("为部分项目另设") == len(ReminderKind) - 1  # a quota is no lead


@pytest.mark.parametrize("kind", ReminderKind)
def test_each_kind_opens_and_saves_as_it_is(admin, app, kind):
    address = f"/reminders/settings/{kind}"
    form = opened(admin, address)
    assert admin.post(address, data=form).status_code == 302
    with app.app_context():
        assert facts.settings().general(kind) == as_begun(kind, date(2020, 1, 1))


def test_a_changed_setting_holds_at_once_and_is_in_the_trail(admin, app):
    form = opened(admin, QUIET)
    assert {key: form[key] for key in form if key.startswith("days_")} == {
        "days_notice": "14", "days_yellow": "30", "days_red": "60", "days_withdraw": "180",
    }  # fmt: skip
    changed = {**form, "days_notice": "10", "days_withdraw": "", "timing": "weekly"}
    assert admin.post(QUIET, data=changed).status_code == 302
    with app.app_context():
        holds = facts.settings().general(ReminderKind.QUIET)
    assert holds.steps == (Step("notice", 10), Step("yellow", 30), Step("red", 60))
    assert holds.timing is Timing.WEEKLY
    admin.post(QUIET, data={**opened(admin, QUIET), "days_notice": "12"})
    assert stored(app) == [("quiet", "", "notice:12,yellow:30,red:60", 2)]
    assert actions(app) == ["reminder_setting_added", "reminder_setting_changed"]
    history = said(admin.get("/history/"))
    assert "修改提醒设置" in history
    assert "黄灯 30" in history


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"days_notice": "abc"}, "days_notice", "0到2000之间的整数"),
        ({"days_notice": "-3"}, "days_notice", "0到2000之间的整数"),
        ({"days_notice": "99999999999999999999"}, "days_notice", "0到2000之间的整数"),
        ({"days_notice": "1.5"}, "days_notice", "0到2000之间的整数"),
        ({"days_yellow": "14"}, "days_yellow", "从小到大"),
        (dict.fromkeys(("days_notice", "days_yellow", "days_red", "days_withdraw"), ""),
         "days_notice", "至少填写一档"),
        ({"to_unit_head_after": "9", "to_director_after": "3"}, "to_director_after", "不能早于"),
        ({"to_unit_head_after": "251"}, "to_unit_head_after", "0到250之间"),
        ({"timing": "off"}, "timing", ""),
        ({"in_working_days": "perhaps"}, "in_working_days", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("button", [{}, {"preview": "1"}])
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(
    admin, app, typed, field, words, button
):
    answer = admin.post(QUIET, data={**opened(admin, QUIET), **typed, **button})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in said(answer)
    assert words in said(answer)
    assert stored(app) == []
    assert actions(app) == []


def test_the_second_of_two_editors_is_told_what_the_first_changed(admin, sign_in, app):
    other = sign_in("administrator")
    first, second = opened(admin, QUIET), opened(other, QUIET)
    assert admin.post(QUIET, data={**first, "days_notice": "10"}).status_code == 302
    late = other.post(QUIET, data={**second, "days_notice": "20"})
    assert late.status_code == 409
    assert admin.actor.name in said(late)
    assert "需关注 10天后" in said(late)
    third = opened(admin, QUIET)
    assert other.post(QUIET, data={**opened(other, QUIET), "days_notice": "11"}).status_code == 302
    late = admin.post(QUIET, data={**third, "is_on": ""})
    assert late.status_code == 409
    assert "需关注 11天后" in said(late)
    assert stored(app) == [("quiet", "", "notice:11,yellow:30,red:60,withdraw:180", 2)]


def test_pages_show_the_lights_as_they_are_set(admin, sign_in, person, quiet_lead):
    zhang = person("staff", "药山街道")
    quiet_lead(zhang, 12)
    home = sign_in(zhang)
    assert "没有久未推进的项目" in said(home.get("/"))
    assert "安静12" not in said(home.get("/leads/?quiet=red"))
    days = {"days_notice": "5", "days_yellow": "8", "days_red": "11"}
    assert admin.post(QUIET, data={**opened(admin, QUIET), **days}).status_code == 302
    page = said(home.get("/"))
    assert "没有久未推进的项目" not in page
    assert "12天无进展" in page
    assert "安静12" in said(home.get("/leads/?quiet=red"))
    assert "安静12" not in said(home.get("/leads/?quiet=yellow"))


# --- for some leads ---


def test_a_kind_is_set_anew_for_some_leads_changed_and_removed(admin, app):
    some = {**opened(admin, FOR_SOME), "stage": Stage.NEGOTIATING.value, "is_headquarters": "hq",
            "at_least": "5", "days_notice": "7"}  # fmt: skip
    assert admin.post(FOR_SOME, data=some).status_code == 302
    page = said(admin.get("/reminders/settings"))
    assert "洽谈、总部项目、5亿元及以上" in page
    with app.app_context():
        holds = facts.settings().of(ReminderKind.QUIET, Stage.NEGOTIATING, True, 600_000_000)
        assert holds.steps[0].days == 7
        key = db.session.scalar(select(ReminderSetting.id))
    address = f"/reminders/settings/for-some/{key}"
    form = opened(admin, address)
    assert form["at_least"] == "5"
    assert admin.post(address, data={**form, "at_least": "1.25亿元"}).status_code == 302
    assert stored(app)[0][1] == f"{Stage.NEGOTIATING.value};hq;125000000"
    assert "按更一般的设置" in said(admin.get(f"{address}/remove"))
    stale = admin.post(f"{address}/remove", data={"version": "1"})
    assert stale.status_code == 409
    assert admin.post(f"{address}/remove", data={"version": "2"}).status_code == 302
    assert stored(app) == []
    assert admin.get(address).status_code == 404
    assert actions(app) == [
        "reminder_setting_added", "reminder_setting_changed", "reminder_setting_removed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "至少说明一项"),
        ({"stage": Stage.SIGNED.value}, "请从列表中选择"),
        ({"stage": "nowhere"}, "请从列表中选择"),
        ({"at_least": "0"}, "大于0"),
        ({"at_least": "3亿美元"}, "人民币"),
        ({"at_least": "很多"}, "看不懂这个金额"),
        ({"at_least": "99999999999999999999"}, "金额过大"),
        ({"is_headquarters": "maybe"}, "请从列表中选择"),
    ],
)
def test_a_scope_that_makes_no_sense_is_refused(admin, app, typed, words):
    answer = admin.post(FOR_SOME, data={**opened(admin, FOR_SOME), **typed})
    assert answer.status_code == 422
    assert words in said(answer)
    assert stored(app) == []


def test_two_settings_for_the_same_leads_are_refused(admin, app):
    some = {**opened(admin, FOR_SOME), "is_headquarters": "physical"}
    assert admin.post(FOR_SOME, data=some).status_code == 302
    again = admin.post(FOR_SOME, data=some)
    assert again.status_code == 422
    assert "已有同样范围的设置" in said(again)
    assert len(stored(app)) == 1


def test_a_quota_is_never_set_for_some_leads(admin):
    assert admin.get("/reminders/settings/quota_behind/for-some").status_code == 404


def test_a_kind_is_set_back_to_the_beginning(admin, app):
    admin.post(QUIET, data={**opened(admin, QUIET), "days_notice": "10"})
    page = said(admin.get(f"{QUIET}/as-begun"))
    assert "需关注 14天后" in page
    assert admin.post(f"{QUIET}/as-begun", data={"version": ""}).status_code == 409
    assert admin.post(f"{QUIET}/as-begun", data={"version": "1"}).status_code == 302
    assert stored(app) == []


# --- the preview ---


def mailed(person, **columns):
    return person("staff", "药山街道", email="a@example.gov.cn", **columns)


def test_the_preview_tells_how_many_mails_to_whom_and_writes_nothing(
    admin, app, person, quiet_lead
):
    zhang, li = mailed(person, name="张伟"), mailed(person, name="李娜")
    person("staff", "药山街道", name="没有邮箱的人")
    quiet_lead(zhang, 20)
    quiet_lead(zhang, 12)
    quiet_lead(li, 12)
    form = {**opened(admin, QUIET), "days_notice": "10", "preview": "1"}
    answer = admin.post(QUIET, data=form)
    assert answer.status_code == 200
    page = said(answer)
    assert "按此设置，今天会向2人发送2封邮件（现在是1人、1封）。" in page
    assert "李娜" in page
    assert "邮件里的“久未推进”共3项（现在1项）。" in page
    assert "久未推进 2（现在1）" in page
    assert "久未推进 1（现在0）" in page
    assert 'value="10"' in page
    assert stored(app) == []
    with app.app_context():
        for table in (Reminder, Delivery, AuditEvent):
            assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_the_preview_tells_what_planning_then_does(app, person, quiet_lead):
    zhang = mailed(person, name="张伟")
    for days in (12, 20, 40):
        quiet_lead(zhang, days)
    quiet_lead(mailed(person), 9)
    at_once = Setting(
        ReminderKind.QUIET, (Step("notice", 10), Step("yellow", 30)), timing=Timing.AT_ONCE
    )
    with app.app_context():
        found = preview(TODAY, BEGINS_WITH[ReminderKind.QUIET], at_once)
        assert (found.people, found.mails, found.people_now, found.mails_now) == (1, 3, 1, 1)
    with app.app_context(), transaction() as session:
        session.add(
            ReminderSetting(kind=at_once.kind, steps="notice:10,yellow:30", timing=Timing.AT_ONCE)
        )
    with app.app_context(), transaction():
        assert planning.plan(clock.now(), again=True).messages == 3
    with app.app_context():  # in the afternoon as in the morning
        assert preview(TODAY, at_once, at_once).mails == 3


def test_on_a_day_off_the_preview_is_of_the_next_working_day(app, person, quiet_lead):
    quiet_lead(mailed(person), 20)
    general = BEGINS_WITH[ReminderKind.QUIET]
    with app.app_context():
        found = preview(date(2026, 11, 28), general, general)  # a Saturday
    assert found.day == date(2026, 11, 30)
    assert found.mails == 1


def test_a_kind_switched_off_sends_nothing(app, person, quiet_lead):
    quiet_lead(mailed(person), 20)
    general = BEGINS_WITH[ReminderKind.QUIET]
    off = Setting(general.kind, general.steps, is_on=False)
    with app.app_context():
        found = preview(TODAY, general, off)
    assert (found.mails_now, found.mails) == (1, 0)


def test_the_preview_takes_as_many_queries_for_many_leads_as_for_few(
    app, person, quiet_lead, count_queries
):
    zhang = mailed(person)
    general = BEGINS_WITH[ReminderKind.QUIET]
    counts = []
    for _round in range(2):
        for days in range(10, 30):
            quiet_lead(zhang, days)
        with app.app_context(), count_queries() as seen:
            preview(TODAY, general, Setting(general.kind, (Step("notice", 5),)))
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 50


def test_what_is_older_than_the_day_a_kind_counts_from_is_not_asked_for(admin, app, person):
    zhang = mailed(person, name="张伟")
    with app.app_context(), transaction() as session:
        for days in (40, 20):
            session.add(
                Lead(
                    title=f"录入{days}天", owner_id=zhang.id, referrer="商会", stage=Stage.PARKED,
                    stage_since=TODAY - timedelta(days=days), last_progress_on=TODAY,
                    created_at=clock.now() - timedelta(days=90),
                )
            )  # fmt: skip
    address = "/reminders/settings/referrer_feedback"
    asked = {**opened(admin, address), "preview": "1"}
    assert asked["counts_from"] == "2020-01-01"
    assert "向引荐人反馈 2" in said(admin.post(address, data=asked))
    later = {**opened(admin, address), "counts_from": str(TODAY - timedelta(days=30))}
    page = said(admin.post(address, data={**later, "preview": "1"}))
    assert "向引荐人反馈 1" in page
    assert "其他各类尚未计算" in page
    assert admin.post(address, data=later).status_code == 302
    assert "2026-10-27" in said(admin.get("/reminders/settings"))
    with app.app_context(), transaction():
        assert planning.plan(clock.now(), again=True).begun == 1
    # Off, and on again: from that day on, unless another day is given.
    admin.post(address, data={**opened(admin, address), "is_on": ""})
    admin.post(address, data={**opened(admin, address), "is_on": "y"})
    assert opened(admin, address)["counts_from"] == str(TODAY)


def test_a_sensitive_lead_stays_with_whoever_is_away_in_the_preview_too(app, person, quiet_lead):
    zhang, li = mailed(person, name="张伟"), mailed(person, name="李娜")
    quiet_lead(zhang, 20)
    secret = [quiet_lead(zhang, 20, is_sensitive=True) for _ in range(2)]
    with app.app_context(), transaction() as session:
        session.add_all(
            LeadMember(lead_id=each, user_id=zhang.id, kind=MembershipKind.NAMED) for each in secret
        )
        session.add(Absence(user_id=zhang.id, delegate_id=li.id, starts_on=TODAY, ends_on=TODAY))
    kinds = (ReminderKind.QUIET, ReminderKind.EVIDENCE)
    with app.app_context(), transaction():
        planning.plan(clock.now(), again=True)
        for kind in kinds:  # of the kind itself by the rules, of another by the rows
            found = preview(TODAY, BEGINS_WITH[kind], BEGINS_WITH[kind])
            quiet = {each.name: each.now.of_kind[ReminderKind.QUIET] for each in found.readers}
            assert quiet == {"张伟": 2, "李娜": 1}, kind
    # And so does each lead of a unit whose leads the delegate may not open.
    with app.app_context(), transaction() as session:
        session.get(User, li.id).department_id = None
    with app.app_context(), transaction():
        for kind in kinds:
            found = preview(TODAY, BEGINS_WITH[kind], BEGINS_WITH[kind])
            quiet = {each.name: each.now.of_kind[ReminderKind.QUIET] for each in found.readers}
            assert quiet == {"张伟": 3}, kind
