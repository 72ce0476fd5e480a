"""Connections: replaced when the server has ended them; what is wrong is said without anybody's data."""

import traceback
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.config import Mode
from crm.core import clock, engine
from crm.core.bulk import insert_rows
from crm.core.db import db, transaction
from crm.factory import create_app


@pytest.fixture
def questions(app, monkeypatch):
    """The connections of which the server was asked whether they live."""
    found = []
    with app.app_context():
        db.engine.dispose()  # a test before may have left several, and each of them would be asked
        dialect = db.engine.dialect
    ask = dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda one: (found.append(one), ask(one))[1])
    return found


def end_connections(database) -> None:
    """What a restart does to everybody connected: a word of good-bye, and the line is dead."""
    tidying = database.own.info.backend_pid if database.own else 0  # the suite's own
    with psycopg.connect(
        host=database.host, user="postgres", dbname="postgres", autocommit=True
    ) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> %s",
            [database.name, tidying],
        )


@pytest.mark.on("postgresql")
def test_the_first_page_after_a_restart_of_the_database_is_answered(sign_in, database, questions):
    client = sign_in("staff")
    for _ in range(2):
        end_connections(database)
        assert client.get("/leads/").status_code == 200
    questions.clear()
    assert client.get("/leads/").status_code == 200
    assert questions == []  # just used, and not a word from the server: nothing is asked


@pytest.mark.on("postgresql")
def test_a_connection_long_unused_is_asked(sign_in, questions, monkeypatch):
    client = sign_in("staff")
    monkeypatch.setattr(engine, "IDLE", 0)
    assert client.get("/leads/").status_code == 200
    assert questions


def test_an_error_of_the_database_tells_nobodys_data(app, database):
    settings = replace(app.extensions["settings"], mode=Mode.PRODUCTION)
    row = {
        "login": "wang", "name": "王芳", "role": Role.STAFF, "locale": "zh", "is_active": True,
        "email": "wang@example.gov.cn", "session_stamp": "s", "created_at": clock.now(),
    }  # fmt: skip

    def entered():
        with transaction():
            insert_rows(User, [row])

    database.spoil()  # what another app writes nobody notes
    with create_app(settings).app_context():
        entered()
        with pytest.raises(IntegrityError) as caught:
            entered()
        db.session.remove()
        db.engine.dispose()
    told = "".join(traceback.format_exception(caught.value))
    assert "login" in told  # which rule of the table was broken
    assert not [word for word in ("王芳", "wang@", "(wang)", "'wang'") if word in told]
