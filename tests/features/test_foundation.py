"""The suite's own ground: both databases are real, prepared, and clean for every test."""

import smtplib

import pytest
from sqlalchemy import func, select, text

from crm.accounts.models import Department, User
from crm.chains.models import Chain
from crm.core import migrations
from crm.core.db import db, transaction


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_finds_nothing_another_has_left(db_session, person, turn):
    assert db_session.scalar(select(func.count()).select_from(Department)) == 0
    assert db_session.scalar(select(func.count()).select_from(Chain)) > 5
    person("staff", "药山街道")
    with transaction() as session:
        session.execute(text("DELETE FROM segment_links"))
        session.execute(text("DELETE FROM segments"))
        session.execute(text("DELETE FROM chain_groups"))
        session.execute(text("DELETE FROM chains"))
    logins = db_session.scalars(select(User.login).order_by(User.id)).all()
    assert logins == ["system", "staff1"]


def test_the_database_is_the_one_asked_for(db_session, backend):
    assert db.engine.dialect.name == backend


def test_a_signed_in_client_is_let_in_and_a_stranger_is_not(client, sign_in):
    assert client.get("/account/password").status_code in {302, 404}
    page = sign_in("staff").get("/style-guide")
    assert page.status_code in {200, 404}


def test_mail_by_accident_fails_the_test():
    with pytest.raises(pytest.fail.Exception):
        smtplib.SMTP("127.0.0.1", 25)


def test_migrations_equal_the_models(db_session):
    assert migrations.current(db.engine) == migrations.head()
    assert migrations.differences(db.engine) == []
