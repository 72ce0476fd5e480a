"""Accounts and units, as the administrator keeps them."""

import pytest
from sqlalchemy import select

from crm.accounts.models import Department, User
from crm.accounts.queries import departments, leaders
from crm.accounts.rules import Role, moved
from crm.core.db import db
from crm.history.models import AuditEvent


@pytest.fixture
def admin(sign_in):
    return sign_in("administrator")


@pytest.fixture
def unit(app, person):
    return person("staff", "药山街道").department_id


def fields(unit, **more):
    return {
        "login": "zhang", "name": "张伟", "role": "staff", "department_id": unit, "is_active": "y",
        "password": "Einmal-2026", **more,
    }  # fmt: skip


def account(app, login="zhang"):
    with app.app_context():
        return db.session.scalar(select(User).where(User.login == login))


def trail(app, action):
    with app.app_context():
        return list(db.session.scalars(select(AuditEvent).where(AuditEvent.action == action)))


def test_a_person_is_added_and_signs_in_with_the_first_password(app, admin, unit, client):
    assert admin.post("/people/new", data=fields(unit, login="Zhang")).status_code == 302
    made = account(app)
    assert (made.initials, made.must_change_password) == ("zw", True)
    answer = client.post("/login", data={"login": "zhang", "password": "Einmal-2026"})
    assert answer.location == "/password"
    assert [event.subject_id for event in trail(app, "person_added")] == [made.id]
    assert "hash" not in str([event.after for event in trail(app, "person_added")])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"login": "ZHANG"}, "这个登录名已被使用"),
        ({"login": "张伟"}, "只能用字母、数字、点和横线"),
        ({"login": "li", "department_id": ""}, "专员和单位负责人须选择单位"),
        ({"login": "li", "password": "kurz"}, "密码至少10个字符"),
        ({"login": "li", "role": "system"}, ""),
        ({"login": "li", "email": "li@"}, "邮箱格式不对"),
    ],
)
def test_what_is_wrong_with_an_account_is_told(app, admin, unit, wrong, says):
    admin.post("/people/new", data=fields(unit))
    answer = admin.post("/people/new", data=fields(unit, **wrong))
    assert answer.status_code == 422
    assert says in answer.text
    assert account(app, "li") is None


def test_the_second_administrator_sees_what_the_first_changed(app, admin, unit, sign_in):
    admin.post("/people/new", data=fields(unit))
    address = f"/people/{account(app).id}"
    plain = fields(unit, version=1, password="")
    assert (
        admin.post(address, data=plain | {"name": "张伟伟", "role": "unit_head"}).status_code == 302
    )
    answer = sign_in("administrator").post(address, data=plain | {"email": "zw@example.org"})
    assert answer.status_code == 409
    for words in ("张伟伟", "单位负责人", "zw@example.org"):
        assert words in answer.text
    assert account(app).email is None


def test_an_administrator_cannot_lock_the_own_account_out(app, admin, unit):
    own = admin.actor
    data = {"login": own.login, "name": own.name, "role": "administrator", "version": 1}
    answer = admin.post(f"/people/{own.id}", data=data)
    assert answer.status_code == 422
    assert "不能停用自己的账号" in answer.text


def test_whoever_is_switched_off_is_signed_out(app, admin, unit, sign_in, person):
    someone = person("staff", "药山街道", login="wang")
    client = sign_in(someone)
    data = fields(unit, login="wang", password="", version=1)
    data.pop("is_active")
    assert admin.post(f"/people/{someone.id}", data=data).status_code == 302
    assert client.get("/password").status_code == 302


def test_a_unit_is_kept_once_and_versioned(app, admin):
    data = {"name": "泺口街道", "kind": "street", "position": 7, "is_active": "y"}
    assert admin.post("/departments/new", data=data).status_code == 302
    assert "已有同名单位" in admin.post("/departments/new", data=data).text
    with app.app_context():
        made = db.session.scalar(select(Department).where(Department.name == "泺口街道"))
    change = data | {"version": 1, "position": 8}
    assert admin.post(f"/departments/{made.id}", data=change).status_code == 302
    answer = admin.post(f"/departments/{made.id}", data=change | {"position": 9})
    assert answer.status_code == 409
    assert len(trail(app, "department_changed")) == 1


def test_administrators_keep_people_and_see_no_business(admin):
    for address in ("/leads/", "/enterprises/", "/leads/1", "/enterprises/1"):
        assert admin.get(address).status_code == 403, address


@pytest.mark.parametrize("role", [r for r in Role if r not in {Role.ADMINISTRATOR, Role.SYSTEM}])
def test_nobody_else_sees_the_accounts(sign_in, role):
    client = sign_in(role, "药山街道" if role in {Role.STAFF, Role.UNIT_HEAD} else None)
    for address in ("/people", "/people/new", "/departments"):
        assert client.get(address).status_code == 403


def names(app):
    with app.app_context():
        return [row.name for row in leaders()]


@pytest.fixture
def four_leaders(person):
    """Two bureau and two district leaders, entered in this order."""
    return [
        person(role, login=f"leader{n}", name=name)
        for n, (role, name) in enumerate(
            [("director", "丙"), ("district_leader", "乙"), ("director", "丁"),
             ("district_leader", "甲")]
        )
    ]  # fmt: skip


def test_district_leaders_stand_before_bureau_leaders_and_each_where_placed(
    app, admin, four_leaders
):
    assert names(app) == ["乙", "甲", "丙", "丁"]
    _bureau, _first, other, last = four_leaders
    assert admin.post(f"/people/{last.id}/up").status_code == 302
    assert admin.post(f"/people/{other.id}/up").status_code == 302
    assert names(app) == ["甲", "乙", "丁", "丙"]
    assert admin.post(f"/people/{last.id}/up").status_code == 302  # already the first
    assert admin.post(f"/people/{last.id}/down").status_code == 302
    assert names(app)[:2] == ["乙", "甲"]
    page = admin.get("/people").text
    shown = page[page.index('id="leaders"') :]
    assert [shown.index(f"{name}</td>") for name in names(app)] == sorted(
        shown.index(f"{name}</td>") for name in names(app)
    )
    assert {event.actor_id for event in trail(app, "person_changed")} == {admin.actor.id}


def test_a_place_is_typed_and_whoever_has_none_comes_after_those_who_have(app, admin, person):
    one, two, three = (
        person("district_leader", login=f"leader-{n}", name=name) for n, name in enumerate("一二三")
    )
    for place, who in ((5, three), (7, two)):
        data = {
            "login": who.login, "name": who.name, "role": "district_leader", "is_active": "y",
            "version": 1, "position": place,
        }  # fmt: skip
        assert admin.post(f"/people/{who.id}", data=data).status_code == 302
    assert names(app) == ["三", "二", "一"]
    for wrong in ("0", "-1", "abc", str(10**18)):
        answer = admin.post(f"/people/{two.id}", data=data | {"version": 2, "position": wrong})
        assert answer.status_code == 422, wrong
    assert one.name in names(app)


def test_only_leaders_have_a_place_to_move_to(app, admin, person, sign_in):
    staff = person("staff", "药山街道")
    assert admin.post(f"/people/{staff.id}/up").status_code == 404
    assert admin.post("/people/999999/up").status_code == 404
    assert admin.post(f"/people/{staff.id}/sideways").status_code == 404
    leader = sign_in("director")
    assert leader.post(f"/people/{leader.actor.id}/up").status_code == 403


def test_units_move_up_and_down(app, admin, person):
    made = [person("staff", f"{name}单位").department_id for name in "甲乙丙"]

    def order():
        with app.app_context():
            return [row.id for row in departments() if row.id in made]

    assert order() == made
    assert admin.post(f"/departments/{made[2]}/up").status_code == 302
    assert order() == [made[0], made[2], made[1]]
    assert admin.post(f"/departments/{made[0]}/down").status_code == 302
    assert order() == [made[2], made[0], made[1]]
    assert admin.post("/departments/999999/up").status_code == 404
    assert len(trail(app, "department_changed")) >= 2


@pytest.mark.parametrize("order", [[1, 2, 3], [4], [7, 5]])
def test_a_move_keeps_everybody_and_the_ends_stay(order):
    for one in order:
        for up in (True, False):
            assert sorted(moved(order, one, up=up)) == sorted(order)
    assert moved(order, order[0], up=True) == moved(order, order[-1], up=False) == order
