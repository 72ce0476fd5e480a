"""The week's report on screen: scope, weeks, and numbers that are lists."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import transaction
from crm.history import services as history
from crm.leads.models import Lead, Milestone, StageChange
from crm.leads.rules import MilestoneKind, OffRampReason, Stage, StageSource
from crm.reports.rules import Week
from tests.saving import saved


@pytest.fixture
def this_week():
    return Week.of(clock.today())


@pytest.fixture
def lead(app, person):
    """`lead(owner, title=…)` entered long ago, unless `created_at` says otherwise."""

    def make(owner, **columns):
        return saved(
            app,
            Lead(
                **{
                    "title": "硅材料扩产项目",
                    "stage": Stage.NEGOTIATING,
                    "stage_since": date(2020, 1, 1),
                    "last_progress_on": date(2020, 1, 1),
                    "created_at": datetime(2020, 1, 1, tzinfo=UTC),
                    "owner_id": owner.id,
                    "department_id": owner.department_id,
                    "investment_yuan": 650_000_000,
                    "investment_text": "6.5亿元",
                    **columns,
                }
            ),
        )

    return make


def add(app, *records):
    with app.app_context(), transaction() as session:
        session.add_all(records)


def text_of(answer) -> str:
    assert answer.status_code == 200
    found = re.search(r'<pre[^>]*id="week-text"[^>]*>(.*?)</pre>', answer.text, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_leader_reads_what_happened_this_week_by_unit(app, sign_in, person, lead, this_week):
    owner = person(Role.STAFF, "药山街道")
    now, today = clock.now(), clock.today()
    lead(owner, title="本周新增项目", created_at=now, stage=Stage.LEAD)
    moved = lead(owner, title="进入评审的项目", stage=Stage.REVIEWED)
    signed = lead(owner, title="本周签约项目", stage=Stage.SIGNED)
    add(
        app,
        StageChange(
            lead_id=moved,
            from_stage=Stage.NEGOTIATING,
            to_stage=Stage.REVIEWED,
            happened_on=today,
            at=now,
        ),
        Milestone(
            lead_id=signed,
            kind=MilestoneKind.SIGNED,
            happened_on=this_week.monday,
            known_on=today,
            recorded_at=now,
        ),
    )
    answer = sign_in(Role.DIRECTOR, "招商局").get("/reports/")
    text = text_of(answer)
    assert "新增1个；阶段推进1个；签约1个，合计6.5亿元；注册0个；开工0个。" in text
    assert "药山街道（1）：\n· 进入评审的项目：洽谈 → 评审" in text
    assert "· 本周新增项目：线索，6.5亿元" in text
    assert f'href="/leads/{signed}"' in answer.text


def test_a_person_reads_only_of_leads_they_may_see_and_nobody_of_sensitive_ones(
    sign_in, person, lead
):
    now = clock.now()
    ours, theirs = person(Role.STAFF, "药山街道"), person(Role.STAFF, "北园街道")
    lead(ours, title="本单位项目", created_at=now)
    lead(theirs, title="外单位项目", created_at=now)
    lead(ours, title="敏感项目", created_at=now, is_sensitive=True)
    text = text_of(sign_in(ours).get("/reports/"))
    assert "本单位项目" in text
    assert "外单位项目" not in text
    assert "敏感项目：" not in text
    assert "范围：药山街道和本人的项目，不含敏感项目。" in text
    everything = text_of(sign_in(Role.DIRECTOR).get("/reports/"))
    assert "外单位项目" in everything
    assert "敏感项目：" not in everything


def test_reasons_and_put_off_days_come_from_the_trail(app, sign_in, person, lead):
    owner = person(Role.STAFF, "药山街道")
    now, today = clock.now(), clock.today()
    lost = lead(owner, title="终止的项目", stage=Stage.LOST)
    late = lead(owner, title="延期的项目", stage=Stage.PRE_SIGNING)
    add(
        app,
        StageChange(
            lead_id=lost,
            from_stage=Stage.NEGOTIATING,
            to_stage=Stage.LOST,
            happened_on=today,
            at=now,
        ),
    )
    with app.app_context(), transaction() as session:
        history.record(
            owner,
            now,
            "stage_moved",
            session.get_one(Lead, lost),
            before={"off_ramp_reason": None},
            after={"off_ramp_reason": OffRampReason.NO_SITE},
            lead_id=lost,
        )
        history.record(
            owner,
            now,
            "lead_edited",
            session.get_one(Lead, late),
            before={"expected_sign_on": date(2026, 11, 30)},
            after={"expected_sign_on": date(2099, 12, 31)},
            lead_id=late,
        )
    text = text_of(sign_in(owner).get("/reports/"))
    assert "· 终止的项目：洽谈 → 终止，" in text
    assert "改为2099年12月31日" in text


def test_another_week_is_a_link_away_and_a_week_that_is_none_is_refused(sign_in, this_week):
    browser = sign_in(Role.DIRECTOR)
    before = this_week.before.code
    assert f"/reports/?week={before}" in browser.get("/reports/").text
    page = browser.get(f"/reports/?week={before}").text
    assert f"/reports/?week={this_week.code}" in page
    for wrong in ("2026-W60", "last", "2026-W48'", "٢٠٢٦-W01"):
        answer = browser.get("/reports/", query_string={"week": wrong})
        assert answer.status_code == 400
        assert "week" in answer.text


def test_what_is_due_next_week_is_listed_with_its_day(sign_in, person, lead, this_week):
    owner = person(Role.STAFF, "药山街道")
    due = this_week.after.monday + timedelta(days=2)
    lead(owner, title="要跟进的项目", next_action="赴深圳拜访", next_action_on=due)
    lead(owner, title="要签约的项目", stage=Stage.PRE_SIGNING, expected_sign_on=due)
    lead(owner, title="已终止的项目", stage=Stage.LOST, next_action="无", next_action_on=due)
    text = text_of(sign_in(owner).get("/reports/"))
    assert "下周到期2个" in text
    assert f"· 要跟进的项目：{due.month}月{due.day}日，赴深圳拜访" in text
    assert "· 要签约的项目：" in text
    assert "已终止的项目" not in text


def test_the_week_begins_and_ends_at_midnight_of_the_office(sign_in, person, lead, this_week):
    owner = person(Role.STAFF, "药山街道")
    monday = datetime.combine(this_week.monday, datetime.min.time(), clock.OFFICE)
    lead(owner, title="周一零点", created_at=monday)
    lead(owner, title="周日最后一秒", created_at=monday - timedelta(seconds=1))
    browser = sign_in(owner)
    assert "周一零点" in text_of(browser.get("/reports/"))
    assert "周日最后一秒" not in text_of(browser.get("/reports/"))
    assert "周日最后一秒" in text_of(browser.get(f"/reports/?week={this_week.before.code}"))


def test_the_number_of_queries_does_not_grow_with_the_week(
    app, sign_in, person, lead, count_queries
):
    owner = person(Role.STAFF, "药山街道")
    browser = sign_in(owner)

    def counted() -> int:
        with count_queries() as seen:
            assert browser.get("/reports/").status_code == 200
        return len(seen)

    few = counted()
    for number in range(12):
        made = lead(owner, title=f"项目{number}", created_at=clock.now())
        add(
            app,
            StageChange(
                lead_id=made,
                from_stage=Stage.LEAD,
                to_stage=Stage.CONTACTED,
                happened_on=clock.today(),
                at=clock.now(),
                source=StageSource.PERSON,
            ),
        )
    assert counted() == few <= 8


def test_the_report_reads_in_english_too(app, sign_in, person, lead):
    owner = person(Role.STAFF, "Yaoshan Street", locale="en")
    lead(owner, title="Silicon", created_at=clock.now())
    page = sign_in(owner).get("/reports/").text
    assert "New: 1; Moved ahead: 0" in page
    assert "- Silicon: Talks, CNY 650 million" in page
