"""Signing in, passwords, sessions, languages."""

import re
from datetime import timedelta

import pytest
from argon2 import Type, extract_parameters
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select

from crm.accounts import services
from crm.accounts.models import User
from crm.accounts.queries import actor_by_login
from crm.accounts.views import safe_next
from crm.core import clock
from crm.core.db import transaction
from crm.history.models import AuditEvent
from tests.passwords import PRODUCTION

PASSWORD = "Einmal-2026"
NEXT = "Nochmal-2026"


@pytest.fixture
def account(app, person):
    """account("zhang", …) makes a person who can sign in with PASSWORD."""

    def make(login="zhang", role="staff", *, must_change=False, **columns):
        actor = person(
            role, "药山街道" if role in {"staff", "unit_head"} else None, login=login, **columns
        )
        with app.app_context(), transaction() as session:
            user = session.get_one(User, actor.id)
            services.set_password(actor, user, PASSWORD, clock.now(), must_change=must_change)
        return actor

    return make


def sign_in_with(client, login="zhang", password=PASSWORD, address="/login"):
    return client.post(address, data={"login": login, "password": password})


def is_in(client):
    return client.get("/password").status_code == 200


def actions(app):
    with app.app_context():
        from crm.core.db import db

        return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_who_knows_the_password_gets_in_and_out_again(app, client, account):
    account()
    answer = sign_in_with(client)
    assert (answer.status_code, answer.location) == (302, "/")
    assert is_in(client)
    client.post("/logout")
    assert not is_in(client)
    assert actions(app)[-1] == "signed_in"


def test_a_password_is_kept_as_slowly_as_rfc_9106_wants_where_memory_is_short():
    kept = extract_parameters(PRODUCTION.hash(PASSWORD))
    assert kept.type is Type.ID
    assert kept.time_cost >= 3
    assert kept.memory_cost >= 64 * 1024  # KiB


def test_an_unknown_login_is_looked_at_as_long_as_a_wrong_password():
    made_up, kept = services._of_nobody(), services._hasher.hash(PASSWORD)
    assert extract_parameters(made_up) == extract_parameters(kept)
    with pytest.raises(VerifyMismatchError):
        services._hasher.verify(made_up, PASSWORD)


@pytest.mark.parametrize("login", ["ZHANG", " zhang ", "Zhang"])
def test_a_login_may_be_typed_with_capitals_and_blanks(client, account, login):
    account()
    assert sign_in_with(client, login).status_code == 302


def test_a_refusal_never_says_what_was_wrong(client, account, db_session):
    account()
    gone = account("gone")
    with transaction() as session:
        session.get_one(User, gone.id).is_active = False
    told = set()
    for login, password in (("zhang", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)):
        answer = sign_in_with(client, login, password)
        assert answer.status_code == 422
        assert "登录名或密码不正确，或账号已暂时锁定" in answer.text
        told.add(re.sub(r'(value|content)="[^"]*"', "", answer.text))  # the login, the form's token
    assert len(told) == 1
    assert not is_in(client)


def test_five_wrong_passwords_lock_the_account_for_a_while(app, client, account, db_session):
    account()
    for _attempt in range(5):
        sign_in_with(client, password="wrong")
    assert sign_in_with(client).status_code == 422
    assert actions(app)[-6:] == ["sign_in_failed"] * 4 + ["account_locked", "sign_in_locked"]
    with transaction() as session:
        user = session.scalar(select(User).where(User.login == "zhang"))
        left = user.locked_until - clock.now()
        assert timedelta(minutes=29) < left <= timedelta(minutes=30)
        user.locked_until = clock.now() - timedelta(seconds=1)
    assert sign_in_with(client).status_code == 302


def test_a_success_forgets_the_failures_before_it(client, account):
    account()
    for _round in range(2):
        for _attempt in range(4):
            sign_in_with(client, password="wrong")
        assert sign_in_with(client).status_code == 302
        client.post("/logout")


def test_a_password_set_by_somebody_else_must_be_changed_first(client, account):
    account(must_change=True)
    assert sign_in_with(client).location == "/password"
    assert client.get("/enterprises/").location == "/password"
    fields = {"current": PASSWORD, "new": NEXT, "again": NEXT}
    assert client.post("/password", data=fields).location == "/login"
    assert sign_in_with(client, password=NEXT).location == "/"
    assert client.get("/enterprises/").status_code == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"current": "wrong"}, "当前密码不正确"),
        ({"new": "Kurz-1", "again": "Kurz-1"}, "密码至少10个字符"),
        ({"new": "nurkleinbuchstaben", "again": "nurkleinbuchstaben"}, "三种"),
        ({"new": "Zhang-2026-x", "again": "Zhang-2026-x"}, "密码不能包含登录名"),
        ({"again": "Anders-2026"}, "两次输入的新密码不一致"),
        ({"new": PASSWORD, "again": PASSWORD}, "最近用过的密码不能再用"),
        ({"new": "A1" + "x" * 150, "again": "A1" + "x" * 150}, "密码最多128个字符"),
    ],
)
def test_a_new_password_is_refused_with_the_reason(client, account, fields, says):
    account()
    sign_in_with(client)
    wanted = {"current": PASSWORD, "new": NEXT, "again": NEXT} | fields
    answer = client.post("/password", data=wanted)
    assert answer.status_code == 422
    assert says in answer.text
    assert is_in(client)


def test_an_old_password_does_not_come_back(client, account):
    account()
    current = PASSWORD
    for new in (NEXT, "Drittes-2026"):
        sign_in_with(client, password=current)
        client.post("/password", data={"current": current, "new": new, "again": new})
        current = new
    sign_in_with(client, password=current)
    fields = {"current": current, "new": PASSWORD, "again": PASSWORD}
    assert "最近用过的密码不能再用" in client.post("/password", data=fields).text


def test_a_changed_password_ends_every_session(app, account, sign_in):
    account()
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        sign_in_with(client)
    here.post("/password", data={"current": PASSWORD, "new": NEXT, "again": NEXT})
    assert not is_in(here)
    assert not is_in(there)
    assert sign_in_with(there).status_code == 422
    assert "password_changed" in actions(app)


def test_whoever_is_switched_off_is_out_at_once(client, account, db_session):
    actor = account()
    sign_in_with(client)
    with transaction() as session:
        session.get_one(User, actor.id).is_active = False
    assert not is_in(client)
    assert client.get("/enterprises/", headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "evil",
        "/\t/evil.example", "\t//evil.example", "javascript:alert(1)", "///evil.example", "",
    ],
)  # fmt: skip
def test_signing_in_never_leads_off_the_site(client, account, target):
    account()
    assert safe_next(target) == "/"
    answer = client.post(
        "/login", query_string={"next": target}, data={"login": "zhang", "password": PASSWORD}
    )
    assert answer.location == "/"


def test_signing_in_leads_on_to_what_was_asked_for(client, account):
    account()
    asked = client.get("/enterprises/?q=甲")
    assert asked.location.startswith("/login?next=")
    assert sign_in_with(client, address=asked.location).location.startswith("/enterprises/?q=")


def test_the_language_stays_with_the_person_and_before_that_with_the_browser(app, client, account):
    account()
    assert "登录" in client.get("/login").text
    client.post("/language", data={"language": "en", "next": "/login"})
    assert "Sign in" in client.get("/login").text
    sign_in_with(client)
    assert "修改密码" in client.get("/password").text  # the person's own choice, Chinese so far
    answer = client.post("/language", data={"language": "en", "next": "//evil.example"})
    assert answer.location == "/"
    assert "Change password" in client.get("/password").text
    elsewhere = app.test_client()
    sign_in_with(elsewhere)
    assert "Change password" in elsewhere.get("/password").text
    client.post("/language", data={"language": "xx"})
    assert "修改密码" in client.get("/password").text


def test_a_lost_password_is_set_anew_at_the_terminal(app, client, account):
    account()
    for _attempt in range(5):
        sign_in_with(client, password="wrong")
    answer = app.test_cli_runner().invoke(args=["people", "set-password", "Zhang"])
    assert answer.exit_code == 0, answer.output
    drawn = answer.stdout.strip().splitlines()[0]
    assert sign_in_with(client, password=drawn).location == "/password"
    missing = app.test_cli_runner().invoke(args=["people", "set-password", "nobody"])
    assert missing.exit_code == 2
    with app.app_context():
        assert actor_by_login("ZHANG").must_change_password
