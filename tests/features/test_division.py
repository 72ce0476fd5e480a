"""分解任务: targets divided among units and leaders, beside what was reached; ranked only when on."""

import random
import re
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from crm.accounts.models import Department
from crm.accounts.rules import Role
from crm.chains.models import Chain
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused
from crm.history.models import AuditEvent
from crm.leads.rules.filters import CountedEvent
from crm.places.models import Zone
from crm.quotas import services
from crm.quotas.breakdown import Dimension, Span, breakdown
from crm.quotas.division import shares_of
from crm.quotas.models import Division, PastFigure, Quota, QuotaShare, RankingSwitch, Verdict
from crm.quotas.rules import Among, Outcome
from crm.quotas.services import PastFigures, Shares
from crm.quotas.services.dividing import share_field
from tests.features.quota_leads import add_lead

TODAY = date(2026, 11, 23)
UNITS = "/quotas/2026/division/department"
LEADERS = "/quotas/2026/division/sponsor"


@pytest.fixture(autouse=True)
def _on_that_day(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: clock.office_moment(TODAY, time(9)))


@pytest.fixture
def quota_ids(app):
    with app.app_context():
        rows = db.session.execute(select(Quota.code, Quota.id).where(Quota.year == 2026))
        return {row.code: row.id for row in rows}


@pytest.fixture
def units(person):
    return [person("staff", f"{name}单位").department_id for name in "甲乙丙"]


def enter(app, quota_id, *, signed=None, registered=None, started=None, **columns):
    """A lead that stands in the numbers of a quota from these days on."""
    lead = add_lead(**columns)
    db.session.add(
        Verdict(
            quota_id=quota_id,
            lead_id=lead.id,
            verdict=Outcome.COUNTS,
            reasons=[],
            signed_from=signed,
            registered_from=registered,
            started_from=started,
        )
    )


def taken(app, actor, by, code="B", year=2026, on=TODAY):
    with app.app_context():
        quota = db.session.query(Quota).filter_by(year=year, code=code).one()
        return breakdown(actor, quota, by, on)


def kept(app, among=Among.DEPARTMENT, code="B"):
    with app.app_context():
        quota = db.session.query(Quota).filter_by(year=2026, code=code).one()
        return dict(shares_of([quota.id], among).get(quota.id, {}))


def trail(app, action):
    with app.app_context():
        return list(
            db.session.scalars(
                select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
            )
        )


# ---------------------------------------------------------------- dividing


def test_a_bureau_leader_divides_in_one_table_and_the_breakdown_tells_it(
    app, sign_in, units, quota_ids
):
    leader, b = sign_in("director"), quota_ids["B"]
    assert "与全区任务相差" in leader.get(UNITS).text
    data = {
        share_field(b, units[0]): "6个",
        share_field(b, units[1]): "7",
        share_field(quota_ids["A"], units[1]): "4",
        "document_number": "区招商办〔2026〕3号",
        "note": "加压一个",
    }
    answer = leader.post(UNITS, data=data)
    assert answer.status_code == 302
    assert answer.location == "/quotas/breakdown?year=2026&by=department"
    assert kept(app) == {units[0]: 6, units[1]: 7}
    page = leader.get("/quotas/breakdown?year=2026&quota=B&by=department").text
    assert "分解合计13个，全区任务12个，加压1个" in page
    assert "区招商办〔2026〕3号" in page
    assert "加压一个" in page
    other = leader.get("/quotas/breakdown?year=2026&quota=A&by=department").text
    assert "分解合计4个，全区任务10个，未分解6个" in other
    found = taken(app, leader.actor, Dimension.DEPARTMENT)
    rows = {row.name: row.task for row in found.rows}
    assert [(rows[n].target, rows[n].due) for n in ("甲单位", "乙单位", "丙单位")] == [
        (6, 5), (7, 6), (None, None),
    ]  # fmt: skip
    assert rows[None].target is None
    assert (found.task.target, found.task.due) == (13, 11)
    event = trail(app, "quota_divided")[0]
    assert event.actor_id == leader.actor.id
    assert event.after["甲单位 · 实体总部"] == 6
    assert event.note == "区招商办〔2026〕3号"
    assert "甲单位 · 实体总部" in leader.get("/history/").text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("0", "没有任务请留空"),
        ("-1", "不能小于0"),
        (str(10**18), "数值过大"),
        (str(10**15 + 1), "数值过大"),
        ("三个左右", ""),
        ("约3", ""),
        ("2.5", ""),
        ("3亩", ""),
        ("9" * 5000, ""),
    ],
)
def test_what_is_no_share_is_told_beside_its_field_and_nothing_is_kept(
    app, sign_in, units, quota_ids, typed, says
):
    leader, b = sign_in("director"), quota_ids["B"]
    wrong = share_field(b, units[1])
    answer = leader.post(UNITS, data={share_field(b, units[0]): "5", wrong: typed})
    assert answer.status_code == 422
    assert f'id="{wrong}-error"' in answer.text
    assert says in answer.text
    assert re.search(rf'data-sum="{b}">\d+<', answer.text)  # of what is typed, not of what is kept
    assert kept(app) == {}
    assert trail(app, "quota_divided") == []


def test_years_and_ways_there_are_not_are_not_found(sign_in, units):
    leader = sign_in("director")
    for address in (
        "/quotas/1999/division/department", "/quotas/2026/division/chain",
        "/quotas/1999/B/last-year", "/quotas/2026/land/last-year", "/quotas/2026/Z/last-year",
        "/quotas/2026/B/last-year?event=lost", "/quotas/2026/B/last-year?department=x",
        "/quotas/2026/B/last-year?department=999999", "/quotas/ranking?year=1999",
        "/quotas/breakdown?sort=name",
    ):  # fmt: skip
        assert leader.get(address).status_code == 404, address


def test_a_share_of_another_year_s_quota_or_of_nobody_is_not_taken(
    app, person, units, quota_ids, db_session
):
    actor = person("director")
    other = db_session.scalar(select(Quota.id).where(Quota.year == 2025, Quota.code == "B"))
    for key in ((other, units[0]), (quota_ids["B"], 999_999)):
        with pytest.raises(Refused), transaction():
            services.divide(actor, clock.now(), 2026, Among.DEPARTMENT, None, Shares({key: "3"}))
    with pytest.raises(NotFound), transaction():
        services.divide(actor, clock.now(), 1999, Among.DEPARTMENT, None, Shares({}))
    assert db_session.scalar(select(Division.id)) is None


def test_the_second_to_save_sees_what_the_first_did_and_loses_nothing(
    app, sign_in, units, quota_ids
):
    one, other = sign_in("director"), sign_in("director")
    name = share_field(quota_ids["B"], units[0])
    assert one.post(UNITS, data={name: "5"}).status_code == 302
    answer = other.post(
        UNITS, data={"version": "", name: "6"}
    )  # opened before there was a division
    assert answer.status_code == 409
    assert "甲单位 · 实体总部" in answer.text
    assert "6" in answer.text
    assert one.post(UNITS, data={"version": 1, name: "7"}).status_code == 302
    assert other.post(UNITS, data={"version": 1, name: "8"}).status_code == 409
    assert kept(app) == {units[0]: 7}
    assert [event.after for event in trail(app, "quota_divided")][-1] == {"甲单位 · 实体总部": 7}


def test_a_share_is_taken_back_by_emptying_it(app, sign_in, units, quota_ids):
    leader = sign_in("director")
    name = share_field(quota_ids["B"], units[0])
    leader.post(UNITS, data={name: "5"})
    leader.post(UNITS, data={"version": 1, name: ""})
    assert kept(app) == {}
    event = trail(app, "quota_divided")[-1]
    assert (event.before, event.after) == ({"甲单位 · 实体总部": 5}, {"甲单位 · 实体总部": None})
    assert leader.post(UNITS, data={"version": 2, name: ""}).status_code == 302
    assert len(trail(app, "quota_divided")) == 2  # nothing changed, nothing told


def test_a_closed_year_is_not_divided_anew(app, sign_in, person, units, quota_ids):
    leader = sign_in("director")
    name = share_field(quota_ids["B"], units[0])
    leader.post(UNITS, data={name: "5"})
    with app.app_context(), transaction() as session:
        session.get(Quota, quota_ids["B"]).frozen_at = clock.now()
    page = leader.get(UNITS).text
    assert re.search(rf"<input[^>]*disabled[^>]*{name}|{name}[^>]*disabled", page)
    leader.post(UNITS, data={"version": 1, name: "9"})
    assert kept(app) == {units[0]: 5}
    key = (quota_ids["B"], units[0])
    with app.app_context(), pytest.raises(Refused), transaction():
        services.divide(leader.actor, clock.now(), 2026, Among.DEPARTMENT, 1, Shares({key: "9"}))
    answer = leader.post(
        "/quotas/2026/B/last-year", data={"past_2025_01": "1", "document": "通报", "version": 1}
    )
    assert answer.status_code == 422


def test_leaders_share_a_target_of_their_own(app, sign_in, person, quota_ids, units):
    leader = sign_in("director")
    one, two = person("district_leader", name="甲区长"), person("district_leader", name="乙区长")
    b = quota_ids["B"]
    page = leader.get(LEADERS).text
    assert page.index("甲区长") < page.index("乙区长") < page.index(f"{leader.actor.name} ·")
    data = {share_field(b, one.id): "4", share_field(b, leader.actor.id): "3"}
    assert leader.post(LEADERS, data=data).status_code == 302
    assert kept(app, Among.SPONSOR) == {one.id: 4, leader.actor.id: 3}
    assert kept(app) == {}
    with app.app_context(), transaction():
        enter(
            app, b, signed=date(2026, 3, 1), registered=date(2026, 4, 1), sponsor_id=one.id,
            title="包挂",
        )  # fmt: skip
    found = taken(app, leader.actor, Dimension.SPONSOR)
    told = {row.name: row.task for row in found.rows}
    assert (told["甲区长"].reached, str(told["甲区长"].percent)) == (1, "25")
    assert told["乙区长"].target is None
    assert told[None].target == 5
    assert told[None].is_rest
    assert [row.name for row in found.rows] == ["甲区长", "乙区长", leader.actor.name, None]
    assert two.name in told


def test_whoever_no_longer_works_here_keeps_a_row_for_as_long_as_there_is_a_task(
    app, sign_in, units, quota_ids
):
    leader = sign_in("director")
    leader.post(UNITS, data={share_field(quota_ids["B"], units[0]): "5"})
    with app.app_context(), transaction() as session:
        for unit in session.scalars(select(Department)):
            unit.is_active = False
    names = [row.name for row in taken(app, leader.actor, Dimension.DEPARTMENT).rows]
    assert names == ["甲单位", None]
    assert "已停用" in leader.get(UNITS).text


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_only_bureau_leaders_divide_and_type_and_the_administrator_may_switch(sign_in, role):
    client = sign_in(role, "甲单位" if role in {Role.STAFF, Role.UNIT_HEAD} else None)
    is_director = role is Role.DIRECTOR
    for address in (UNITS, LEADERS):
        assert (client.get(address).status_code == 200) == is_director
        assert (client.post(address).status_code in {200, 302}) == is_director
    reads = role in {Role.DIRECTOR, Role.AUDITOR}
    assert (client.get("/quotas/2026/B/last-year").status_code == 200) == reads
    if not is_director:
        assert client.post("/quotas/2026/B/last-year").status_code == 403
    switches = role in {Role.DIRECTOR, Role.ADMINISTRATOR}
    assert (client.get("/quotas/ranking").status_code == 200) == switches
    assert (client.post("/quotas/ranking").status_code != 403) == switches
    if role is not Role.ADMINISTRATOR:
        page = client.get("/quotas/breakdown").text
        assert ("/division/" in page) == is_director
        assert ("quotas/ranking" in page) == is_director


def test_whoever_sees_a_part_is_told_tasks_and_no_per_cent(app, sign_in, units, quota_ids):
    leader, staff = sign_in("director"), sign_in("staff", "甲单位")
    leader.post(UNITS, data={share_field(quota_ids["B"], units[0]): "5"})
    leader.post(
        "/quotas/2026/B/last-year",
        data={"past_2025_10": "3", "document": "通报", "version": 1},
    )
    found = taken(app, staff.actor, Dimension.DEPARTMENT)
    assert found.task.target == 12
    assert found.task.percent is None
    assert all(cell.growth is None and not cell.is_typed for cell in found.sums)
    page = staff.get("/quotas/breakdown?quota=B").text
    assert "完成率" not in page.replace("应达和完成率", "")
    assert "同比" not in page


# ---------------------------------------------------------------- ranking


@pytest.fixture
def two_units(app, units, quota_ids, sign_in):
    """乙 has all of its task, 甲 half."""
    leader, b = sign_in("director"), quota_ids["B"]
    data = {share_field(b, units[0]): "2", share_field(b, units[1]): "1"}
    assert leader.post(UNITS, data=data).status_code == 302
    with app.app_context(), transaction():
        for unit in units[:2]:
            enter(app, b, signed=date(2026, 3, 1), registered=date(2026, 4, 1), department_id=unit)
    return leader


def order_in(page):
    body = page[page.index("<tbody>") :]
    return re.findall(r"[甲乙丙]单位(?=</td>)", body)


def test_nobody_is_ranked_before_somebody_switched_it_on(app, two_units):
    address = "/quotas/breakdown?quota=B"
    for asked in (address, f"{address}&sort=completion"):
        page = two_units.get(asked).text
        assert order_in(page) == ["甲单位", "乙单位", "丙单位"]
        assert "不排名" in page
        assert "名次" not in page
        assert "按完成率" not in page


def test_the_switch_offers_the_order_by_completion_says_so_and_tells_who(app, two_units, sign_in):
    admin = sign_in("administrator")
    assert admin.post("/quotas/ranking", data={"is_on": "y"}).status_code == 302
    page = two_units.get("/quotas/breakdown?quota=B").text
    assert "已开启排名" in page
    assert admin.actor.name in page
    assert order_in(page) == ["甲单位", "乙单位", "丙单位"]  # offered, not forced
    ranked = two_units.get("/quotas/breakdown?quota=B&sort=completion").text
    assert order_in(ranked) == ["乙单位", "甲单位", "丙单位"]
    assert "名次" in ranked
    assert "不排名" not in ranked
    assert order_in(two_units.get("/quotas/breakdown?quota=B&by=chain").text) == []
    again = two_units.post("/quotas/ranking", data={"version": 1})
    assert again.status_code == 302
    assert "已开启排名" not in two_units.get("/quotas/breakdown?quota=B&sort=completion").text
    events = trail(app, "ranking_switched")
    assert [(e.actor_id, e.after["is_on"]) for e in events] == [
        (admin.actor.id, True), (two_units.actor.id, False),
    ]  # fmt: skip
    page = admin.get("/quotas/ranking").text
    assert admin.actor.name in page
    assert two_units.actor.name in page
    assert "设置排名" in admin.get("/history/").text
    with app.app_context():
        assert db.session.scalar(select(RankingSwitch.is_on)) is False


def test_two_who_switch_at_once_do_not_overwrite_each_other(app, sign_in):
    one, other = sign_in("director"), sign_in("administrator")
    assert one.post("/quotas/ranking", data={"is_on": "y"}).status_code == 302
    assert other.post("/quotas/ranking", data={"version": "", "is_on": "y"}).status_code == 409
    assert other.post("/quotas/ranking", data={"version": 1}).status_code == 302
    assert one.post("/quotas/ranking?year=2025", data={}).status_code == 302
    assert len(trail(app, "ranking_switched")) == 2


# ---------------------------------------------------------------- last year


def past(**values):
    return {"document": "天招办通报〔2025〕12号", "version": 1, **values}


def last_year_cells(found, event=CountedEvent.REGISTERED):
    return {
        row.name: next(
            c for c in row.cells if (c.event, c.span) == (event, Span.LAST_YEAR)
        )
        for row in found.rows
    } | {
        "sum": next(c for c in found.sums if (c.event, c.span) == (event, Span.LAST_YEAR))
    }  # fmt: skip


def test_without_any_figure_last_year_is_unknown_and_not_zero(app, sign_in, units, quota_ids):
    leader = sign_in("director")
    for by in Dimension:
        cell = last_year_cells(taken(app, leader.actor, by))["sum"]
        assert (cell.number, cell.growth) == (None, None)
    assert "∞" not in leader.get("/quotas/breakdown?quota=B").text


def test_typed_figures_are_shown_as_typed_and_compared_by_whole_months(
    app, sign_in, units, quota_ids
):
    leader, b = sign_in("director"), quota_ids["B"]
    address = "/quotas/2026/B/last-year"
    data = past(past_2025_09="2", past_2025_10="4", past_2025_11="9")
    assert leader.post(address, data=data).status_code == 302
    of_unit = past(past_2025_10="3") | {"version": 2}
    assert leader.post(f"{address}?department={units[0]}", data=of_unit).status_code == 302
    with app.app_context(), transaction():
        for on in (date(2026, 5, 6), date(2026, 10, 31), date(2026, 11, 2)):
            enter(app, b, signed=on, registered=on, department_id=units[0])
    found = taken(app, leader.actor, Dimension.DEPARTMENT)
    cells = last_year_cells(found)
    # Two by the end of October against three; what November brought is not held against October.
    assert (cells["甲单位"].number, str(cells["甲单位"].growth)) == (3, "-33.3")
    assert cells["甲单位"].is_typed
    assert cells["甲单位"].by_month == date(2026, 10, 1)
    assert cells["乙单位"].number is None
    assert (cells[None].number, cells[None].is_rest) == (1, True)
    assert (cells["sum"].number, str(cells["sum"].growth)) == (4, "-50.0")
    page = leader.get("/quotas/breakdown?quota=B").text
    assert "录入，至10月" in page
    assert "天招办通报〔2025〕12号" in page
    assert "−50.0%" in page
    months = taken(app, leader.actor, Dimension.MONTH)
    told = {row.month: row.cells for row in months.rows}
    october = next(
        c for c in told[date(2026, 10, 1)]
        if (c.event, c.span) == (CountedEvent.REGISTERED, Span.LAST_YEAR)
    )  # fmt: skip
    assert (october.number, str(october.growth)) == (2, "-50.0")
    november = next(
        c for c in told[date(2026, 11, 1)]
        if (c.event, c.span) == (CountedEvent.REGISTERED, Span.LAST_YEAR)
    )  # fmt: skip
    assert november.number is None  # the month is not over
    event = trail(app, "last_year_typed")[0]
    assert event.after["2025-10"] == 4
    assert event.after["document"] == "天招办通报〔2025〕12号"


def test_our_own_ledger_goes_before_what_was_typed_and_the_difference_is_told(
    app, sign_in, units, quota_ids
):
    leader = sign_in("director")
    data = past(past_2025_10="4")
    assert leader.post("/quotas/2026/B/last-year", data=data).status_code == 302
    with app.app_context(), transaction() as session:
        before = session.scalar(select(Quota.id).where(Quota.year == 2025, Quota.code == "B"))
        for on in (date(2025, 3, 1), date(2025, 11, 20)):
            enter(app, before, signed=on, registered=on, department_id=units[0])
        enter(app, quota_ids["B"], signed=TODAY, registered=TODAY, department_id=units[0])
    found = taken(app, leader.actor, Dimension.DEPARTMENT)
    cells = last_year_cells(found)
    assert (cells["sum"].number, cells["sum"].is_typed, str(cells["sum"].growth)) == (
        2, False, "-50.0",
    )  # fmt: skip
    assert (cells["乙单位"].number, cells["乙单位"].growth) == (0, None)
    assert [(d.name, d.computed, d.typed, d.document) for d in found.differences] == [
        (None, 1, 4, "天招办通报〔2025〕12号")
    ]
    page = leader.get("/quotas/breakdown?quota=B").text
    assert "上年同期两数不同" in page
    assert "+3" in page


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"past_2025_01": "-1"}, "past_2025_01"),
        ({"past_2025_01": str(10**18)}, "past_2025_01"),
        ({"past_2025_01": "三"}, "past_2025_01"),
        ({"past_2025_01": "1.5"}, "past_2025_01"),
        ({"past_2025_01": "5", "past_2025_02": "4"}, "past_2025_02"),
        ({"past_2025_01": "5", "document": ""}, "document"),
        ({"past_2025_01": "5", "document": "字" * 121}, "document"),
    ],
)
def test_a_wrong_figure_of_last_year_is_told_and_nothing_is_kept(app, sign_in, values, field):
    leader = sign_in("director")
    answer = leader.post("/quotas/2026/B/last-year", data=past() | values)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    with app.app_context():
        assert db.session.scalar(select(PastFigure.id)) is None


def test_zero_is_a_figure_and_months_of_another_year_are_none(app, sign_in):
    leader = sign_in("director")
    data = past(past_2025_01="0", past_2024_01="7", past_2026_01="8")
    assert leader.post("/quotas/2026/B/last-year", data=data).status_code == 302
    with app.app_context():
        rows = db.session.execute(select(PastFigure.month, PastFigure.value)).all()
        assert [tuple(row) for row in rows] == [(date(2025, 1, 1), 0)]
    stale = leader.post("/quotas/2026/B/last-year", data=past(past_2025_01="3"))
    assert stale.status_code == 409
    assert "2025-01" in stale.text
    emptied = past(past_2025_01="") | {"version": 2, "document": ""}
    assert leader.post("/quotas/2026/B/last-year", data=emptied).status_code == 302
    with app.app_context():
        assert db.session.scalar(select(PastFigure.id)) is None


def test_units_never_have_more_than_the_district(app, sign_in, units):
    leader = sign_in("director")
    address = "/quotas/2026/B/last-year"
    leader.post(address, data=past(past_2025_10="4"))
    leader.post(f"{address}?department={units[0]}", data=past(past_2025_10="3") | {"version": 2})
    over = leader.post(
        f"{address}?department={units[1]}", data=past(past_2025_10="2") | {"version": 3}
    )
    assert over.status_code == 422
    assert "各单位合计5个，多于全区4个" in over.text
    less = leader.post(address, data=past(past_2025_10="2") | {"version": 3})
    assert less.status_code == 422


def test_the_auditor_reads_what_was_typed(sign_in):
    leader, auditor = sign_in("director"), sign_in("auditor")
    leader.post("/quotas/2026/B/last-year", data=past(past_2025_10="4"))
    page = auditor.get("/quotas/2026/B/last-year").text
    assert "天招办通报〔2025〕12号" in page
    assert '<form class="form"' not in page


# ---------------------------------------------------------------- it always adds up


def some(draw, choices):
    return draw.choice([*choices, None])


def a_district(app, draw, quota_ids, units, sponsors):
    """Random leads of two years, random shares, and random figures of the year before."""
    chains = list(db.session.scalars(select(Chain.id)))[:4]
    zones = list(db.session.scalars(select(Zone.id)))[:3]
    before = db.session.scalar(select(Quota.id).where(Quota.year == 2025, Quota.code == "B"))
    both = draw.random() < 0.5
    for _n in range(draw.randrange(0, 40)):
        is_past = both and draw.random() < 0.4
        signed = date(2025 if is_past else 2026, 1, 1) + timedelta(draw.randrange(0, 365))
        registered = some(draw, [signed + timedelta(draw.randrange(0, 200))])
        enter(
            app,
            before if is_past else quota_ids["B"],
            signed=signed,
            registered=registered,
            started=registered and some(draw, [registered + timedelta(draw.randrange(0, 99))]),
            department_id=some(draw, units),
            sponsor_id=some(draw, sponsors),
            chain_id=some(draw, chains),
            zone_id=some(draw, zones),
            is_sensitive=draw.random() < 0.2,
        )
    for key, ids in (("department_id", units), ("sponsor_id", sponsors)):
        for holder in ids:
            if draw.random() < 0.6:
                target = draw.randrange(1, 9)
                db.session.add(QuotaShare(quota_id=quota_ids["B"], target=target, **{key: holder}))


def typed_past(draw, actor, quota_id, units):
    """Every month of the district and of some units, none of which has more than its part."""
    version = 1
    for event in CountedEvent:
        parts = {unit: [] for unit in units if draw.random() < 0.7}
        whole, rest = [], 0
        for _month in range(12):
            for numbers in parts.values():
                numbers.append((numbers[-1] if numbers else 0) + draw.randrange(0, 3))
            own = (whole[-1] - rest if whole else 0) + draw.randrange(0, 3)
            rest = sum(numbers[-1] for numbers in parts.values())
            whole.append(rest + own)
        for unit, numbers in [(None, whole), *parts.items()]:
            typed = {date(2025, n + 1, 1): str(number) for n, number in enumerate(numbers)}
            figures = PastFigures(event, unit, typed, "通报")
            version = services.type_last_year(
                actor, clock.now(), quota_id, version, figures
            ).version


@pytest.mark.parametrize("seed", range(6))
def test_rows_and_what_is_nobody_s_add_up_whatever_the_district(
    app, person, units, quota_ids, seed
):
    draw = random.Random(seed)
    actor = person("director")
    sponsors = [person("district_leader").id, person("district_leader").id]
    with app.app_context(), transaction():
        a_district(app, draw, quota_ids, units, sponsors)
        if draw.random() < 0.7:
            typed_past(draw, actor, quota_ids["B"], units)
    with app.app_context():
        rows = list(db.session.scalars(select(Verdict).where(Verdict.quota_id == quota_ids["B"])))
    on = date(2026, draw.randrange(1, 13), 28)
    for by in Dimension:
        found = taken(app, actor, by, on=on)
        for event in CountedEvent:
            days = [getattr(row, f"{event.value}_from") for row in rows]
            total = sum(day is not None and day <= on for day in days)
            of_month = sum(
                day is not None and day <= on and day >= on.replace(day=1) for day in days
            )
            sums = {c.span: c for c in found.sums if c.event is event}
            cells = {
                span: [
                    next(c for c in row.cells if (c.event, c.span) == (event, span))
                    for row in found.rows
                ]
                for span in Span
            }
            is_by_month = by is Dimension.MONTH
            assert sums[Span.TOTAL].number == total
            assert sum(c.number for c in cells[Span.MONTH]) == (total if is_by_month else of_month)
            if not is_by_month:
                assert sum(c.number for c in cells[Span.TOTAL]) == total
            known = [c.number for c in cells[Span.LAST_YEAR] if c.number is not None]
            if sums[Span.LAST_YEAR].number is None:
                assert known == []
            else:
                assert sum(known) == sums[Span.LAST_YEAR].number
                assert min(known, default=0) >= 0
        if found.divided is None:
            continue
        tasks = [row.task for row in found.rows]
        assert sum(task.target or 0 for task in tasks) == found.task.target
        assert sum(task.reached for task in tasks) == found.task.reached
        ranked = found.by_completion()
        assert sorted(r.name or "" for r in ranked.rows) == sorted(r.name or "" for r in found.rows)
        assert ranked.sums == found.sums
        shown = [r.task.place for r in ranked.rows if r.task.place]
        assert shown == sorted(shown)


def test_the_page_asks_the_same_however_many_shares_and_figures_there_are(
    app, sign_in, units, quota_ids, count_queries
):
    leader = sign_in("director")

    def asked():
        leader.get("/quotas/breakdown?quota=B")
        with count_queries() as seen:
            assert leader.get("/quotas/breakdown?quota=B").status_code == 200
        return len(seen)

    data = {share_field(quota_ids["B"], units[0]): "2"}
    leader.post(UNITS, data=data)
    leader.post("/quotas/2026/B/last-year", data=past(past_2025_10="4"))
    before = asked()
    data |= {share_field(quota_ids["B"], unit): "3" for unit in units} | {"version": 1}
    assert leader.post(UNITS, data=data).status_code == 302
    more = past(**{f"past_2025_{n:02}": str(n) for n in range(1, 13)}) | {"version": 2}
    assert leader.post("/quotas/2026/B/last-year", data=more).status_code == 302
    assert asked() == before <= 12
