"""What every test may ask for. Servers are in servers.py, databases in databases.py.

    app             the product on the backend of this run of the test: SQLite, then PostgreSQL
    client          a browser without JavaScript, signed out; sign_in("staff") gives one signed in
    person          person("unit_head", "药山街道") makes an account and returns its Actor
    db_session      the product's session inside an application context, for services and queries
    count_queries   with count_queries() as seen: …; assert len(seen) <= 8
    database        the database itself; .spoil() if another process writes to it
    redis_url       a real Redis, emptied; smtp_server a real SMTP server; anything else may not mail

Each test begins with what `flask prepare` loads, and nothing else.
"""

import contextlib
import os
import re
import smtplib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from crm.accounts.models import Department, User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor, Role
from crm.core import clock
from crm.core.db import db, transaction
from tests import passwords  # noqa: F401  imported for what it does
from tests.databases import Database, database_for
from tests.servers import CERTIFICATE, Run, SmtpServer, find_chromium, start_redis
from tests.servers import smtp_server as serve_smtp

# The suite lives on one Thursday: its clock runs on, but from nine in the morning of that day. What it
# says of years, quotas and weeks then holds in any year. Other processes keep the machine's clock, and
# so do the tests that start some (`clock_of_the_machine`).
DAY = date(2026, 11, 26)
AHEAD = clock.office_moment(DAY, time(9)) - datetime.now(UTC)
clock.now = lambda: datetime.now(UTC) + AHEAD


@pytest.fixture
def clock_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker or a server of its own is told of must be due on the day it lives on."""
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC))


RUN = pytest.StashKey[Run]()
BACKENDS = ("sqlite", "postgresql")


# ---------------------------------------------------------------- the run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=BACKENDS, help="only tests on this database")


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", None)
    if given:
        config.stash[RUN] = Run(Path(given["run_folder"]), given["run_controller"])
    else:
        config.stash[RUN] = Run.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist starts a worker: tell it which run it belongs to."""
    run = node.config.stash[RUN]
    node.workerinput["run_folder"] = str(run.folder)
    node.workerinput["run_controller"] = run.controller


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and RUN in config.stash:
        config.stash[RUN].end()


@pytest.hookimpl(trylast=True)  # after pytest has brought the tests of one database together
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests go first, so that no worker is left with one when the others have ended.

    Without Chromium the browser tests are skipped, or, where one is promised, the run ends.
    """
    items.sort(key=_turn)
    browser = [item for item in items if item.get_closest_marker("browser")]
    if not browser or find_chromium():
        return
    if os.environ.get("REQUIRE_BROWSER") == "1":
        raise pytest.UsageError("REQUIRE_BROWSER=1, but no Chromium is installed")
    for item in browser:
        item.add_marker(pytest.mark.skip(reason="no Chromium"))


LONG = ("browser", "worker", "toolchain", "features")
"""Folders in the order of their turn; the rest, quick all, comes last."""


def _turn(item: pytest.Item) -> tuple[int, int]:
    folder = next((each for each in item.path.parts if each in LONG), None)
    callspec = getattr(item, "callspec", None)
    backend = callspec.params.get("backend") if callspec else None
    after = BACKENDS.index(backend) if backend in BACKENDS else 0
    return (after, LONG.index(folder)) if folder else (len(BACKENDS), 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    skipped = [
        r for r in terminalreporter.stats.get("skipped", []) if "no Chromium" in str(r.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(
            f"!!! {len(skipped)} BROWSER TESTS SKIPPED: no Chromium is installed "
            "(on Debian: apt install chromium)",
            red=True,
            bold=True,
        )


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """This run of pytest: its folder, and what its workers share."""
    return request.config.stash[RUN]


# ---------------------------------------------------------------- database and application


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        only = metafunc.config.getoption("--backend")
        on = metafunc.definition.get_closest_marker("on")
        backends = on.args if on else BACKENDS
        if metafunc.definition.get_closest_marker("browser"):
            backends = BACKENDS[:1]  # what a browser shows does not depend on the database
        chosen = [name for name in backends if only in (None, name)]
        metafunc.parametrize("backend", chosen, scope="session")


@pytest.fixture(scope="session")
def database_of_worker(
    backend: str, run: Run, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    database = database_for(backend, run, worker_id, tmp_path_factory.mktemp(backend))
    yield database
    database.close()


@pytest.fixture(scope="session")
def app_of_worker(database_of_worker: Database) -> Flask:
    return database_of_worker.create_app()


@pytest.fixture
def database(database_of_worker: Database, app_of_worker: Flask) -> Iterator[Database]:
    """The database of this worker; put back afterwards to what `flask prepare` made."""
    yield database_of_worker
    database_of_worker.restore()


@pytest.fixture
def app(app_of_worker: Flask, database: Database) -> Flask:
    """The product, migrated and prepared, on the backend under test."""
    return app_of_worker


@pytest.fixture
def db_session(app: Flask) -> Iterator[Session]:
    """The session services and queries use. Requests of `client` have their own."""
    with app.app_context():
        yield db.session()


@pytest.fixture
def count_queries(app: Flask) -> Callable[[], contextlib.AbstractContextManager[list[str]]]:
    """Collect the statements sent to the database inside a `with`, BEGIN and pragmas left out."""

    @contextlib.contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not re.match(r"\s*(BEGIN|PRAGMA|SAVEPOINT|RELEASE)", statement, re.IGNORECASE):
                seen.append(statement)

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting


# ---------------------------------------------------------------- people and their browsers


class FreshClient(FlaskClient):
    """Every request in an application context of its own, as on a server, even inside another."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("buffered", True)  # reads the whole answer and closes its files
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody has signed in with."""
    return FreshClient(app, app.response_class, use_cookies=True)


@pytest.fixture
def person(app: Flask) -> Callable[..., Actor]:
    """`person(role, department=None, **columns)`: an account, and its unit if that is new."""

    def make(role: str | Role = Role.STAFF, department: str | None = None, **columns: Any) -> Actor:
        with app.app_context(), transaction() as session:
            unit = None
            if department:
                unit = session.query(Department).filter_by(name=department).one_or_none()
                unit = unit or Department(name=department)
                session.add(unit)
                session.flush()
            number = session.query(User).count()
            user = User(
                **{
                    "login": f"{Role(role)}{number}",
                    "name": f"某{Role(role)}{number}",
                    "role": Role(role),
                    "department_id": unit.id if unit else None,
                    "session_stamp": f"stamp{number}",
                    **columns,
                }
            )
            session.add(user)
            session.flush()
            user_id = user.id
        with app.app_context():
            actor = actor_by_id(user_id)
        assert actor is not None
        return actor

    return make


@pytest.fixture
def sign_in(app: Flask, person: Callable[..., Actor]) -> Callable[..., FlaskClient]:
    """`sign_in(actor)` or `sign_in(role, department=None)`: a browser that person is signed in with.

    The person is `client.actor`. The sign-in page itself is tested on its own.
    """

    def signed_in(who: Actor | str | Role, department: str | None = None) -> FlaskClient:
        actor = who if isinstance(who, Actor) else person(who, department)
        client = FreshClient(app, app.response_class, use_cookies=True)
        with client.session_transaction() as session:
            session["_user_id"] = actor.get_id()
            session["_fresh"] = True
            session.permanent = True
        client.actor = actor  # type: ignore[attr-defined]
        return client

    return signed_in


# ---------------------------------------------------------------- Redis and mail


@pytest.fixture
def redis_url(run: Run, worker_id: str) -> str:
    """A real Redis with a database of this worker's own, empty."""
    import redis

    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw")) + 1
    url = f"{run.shared('redis', lambda: start_redis(run))['url']}/{number % 16}"
    with redis.Redis.from_url(url) as connection:
        connection.flushdb()
    return url


@pytest.fixture
def smtp_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    """A real SMTP server with STARTTLS and AUTH; `.url` for MAIL_URL, `.messages` what arrived."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with serve_smtp() as server:
        yield server


@pytest.fixture(autouse=True)
def no_mail_by_accident(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that mails without asking for `smtp_server` fails."""
    if "smtp_server" in request.fixturenames:
        return

    def refuse(*_arguments: Any, **_options: Any) -> None:
        pytest.fail("this test opened an SMTP connection without asking for smtp_server")

    monkeypatch.setattr(smtplib.SMTP, "connect", refuse)
