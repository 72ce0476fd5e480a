"""分解任务: targets divided among units and leaders, beside what was reached; ranked only when on."""

import re
from datetime import date, time

import pytest
from sqlalchemy import select

from crm.accounts.models import Department
from crm.accounts.rules import Role
from crm.core import clock
from crm.core.db import db, transaction
from crm.core.errors import NotFound, Refused
from crm.quotas import services
from crm.quotas.breakdown import Dimension
from crm.quotas.models import Division, Quota, RankingSwitch
from crm.quotas.rules import Among
from crm.quotas.services import Shares
from crm.quotas.services.dividing import share_field
from tests.features.division_cases import LEADERS, TODAY, UNITS, enter, kept, taken, trail


@pytest.fixture(autouse=True)
def _on_that_day(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: clock.office_moment(TODAY, time(9)))


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
