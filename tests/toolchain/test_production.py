"""The product as an office installs it: LIANZHAO_ENV=production on PostgreSQL, Redis and SMTP.

Started from the files of deploy/, in processes of their own.
"""

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest

from crm.core import clock
from scripts.redis_server import free_port
from tests.databases import database_for
from tests.servers import CERTIFICATE, ROOT

BIN = Path(sys.executable).parent
SECRETS = ("of-production-and-only-of-this-test", "p%40ss%2Fword")


class StayHere(urllib.request.HTTPRedirectHandler):
    """Redirects are answers we want to look at."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@pytest.fixture
def production(run, worker_id, tmp_path, redis_url, smtp_server) -> Iterator[dict[str, str]]:
    """The environment of a production installation with a prepared, empty database."""
    database = database_for("postgresql", run, f"production_{worker_id}", tmp_path)
    yield {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "LIANZHAO_ENV": "production",
        "LIANZHAO_DATA": str(tmp_path),
        "SECRET_KEY": SECRETS[0],
        "DATABASE_URL": database.url,
        "REDIS_URL": redis_url,
        "MAIL_URL": smtp_server.url,
        "MAIL_SENDER": "crm@example.gov.cn",
        "BASE_URL": "https://crm.example.gov.cn",
        "BEHIND_PROXY": "1",
        "WEB_CONCURRENCY": "2",
        "GUNICORN_BIND": f"127.0.0.1:{free_port()}",
        "REMINDERS_AT": "00:00",  # the test may run at any time of day
        "SSL_CERT_FILE": str(CERTIFICATE),
        # Celery's page of warning for containers, where everything runs as root.
        "PYTHONWARNINGS": "ignore",
    }
    database.close()


@pytest.fixture
def start(production, tmp_path) -> Iterator[Callable[..., Path]]:
    """`start(program, …)`: a process in the production environment; returns where it logs."""
    running: list[subprocess.Popen[bytes]] = []

    def started(program: str, *arguments: str) -> Path:
        log = tmp_path / f"{program}{len(running)}.log"
        with log.open("wb") as file:
            running.append(
                subprocess.Popen(
                    [BIN / program, *arguments],
                    cwd=ROOT,
                    env=production,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                )
            )
        return log

    yield started
    for process in running:
        process.terminate()
    for process in running:
        assert process.wait(30) in {0, -15}, "ended by itself or not cleanly"


def flask(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "flask", "--app", "app", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def libpq(environment: dict[str, str]) -> str:
    """The database's address as psycopg itself takes it."""
    return environment["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")


def wait_for(what: Callable[[], Any], log: Path, seconds: float = 40) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    return pytest.fail(f"waited in vain; the log says:\n{log.read_text()[-3000:]}")


def of_unit(name: str, environment: dict[str, str]) -> list[str]:
    """What a unit of deploy/systemd starts, with the folders of this installation."""
    unit = (ROOT / "deploy" / "systemd" / f"lianzhao-{name}.service").read_text()
    line = re.search(r"^ExecStart=/opt/lianzhao/.venv/bin/(.*)$", unit, re.MULTILINE)
    assert line is not None
    command = line[1].replace("/var/lib/lianzhao", environment["LIANZHAO_DATA"])
    return command.replace("%%", "%").split()  # systemd's own sign


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


class Visitor:
    """A browser behind nginx: keeps cookies, follows nothing."""

    def __init__(self, bind: str) -> None:
        self.address = f"http://{bind}"
        self.cookies: dict[str, str] = {}
        self.opener = urllib.request.build_opener(StayHere)

    def open(self, path: str, form: dict[str, str] | None = None) -> Answer:
        request = urllib.request.Request(
            self.address + path,
            data=urlencode(form).encode() if form else None,
            headers={
                "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": "crm.example.gov.cn",
                "X-Forwarded-For": "192.0.2.7",
                "Referer": "https://crm.example.gov.cn/login",
                "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            },
        )
        try:
            response = self.opener.open(request, timeout=20)
        except urllib.error.HTTPError as refused:
            response = refused
        with response:
            answer = Answer(response.status, response.headers, response.read().decode())
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def fill_in(self, path: str, **form: str) -> Answer:
        """Open the form at a path and send it with these fields; where it was taken leads on."""
        page = self.open(path)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert token is not None, (path, page.status)
        answer = self.open(path, {"csrf_token": token[1], **form})
        assert answer.status == 302, answer.text
        return answer


def is_up(visitor: Visitor) -> bool:
    try:
        return visitor.open("/login").status == 200
    except OSError:
        return False


def test_an_installation_starts_takes_its_first_administrator_and_keeps_its_secrets(
    production, start
):
    refused = flask(production, "sample", "load")
    assert refused.returncode == 2
    assert "not loaded in production" in refused.stderr
    added = flask(production, "people", "add", "chief", "--name", "主任")
    assert added.returncode == 0, added.stderr
    password = added.stdout.strip()

    log = start("gunicorn", "--config", "deploy/gunicorn.conf.py", "app:app")
    visitor = Visitor(production["GUNICORN_BIND"])
    wait_for(lambda: is_up(visitor), log)

    page = visitor.open("/login?next=/people%3Fq%3Dsecret-words")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    answer = visitor.fill_in("/login", login="chief", password=password)
    assert answer.headers["Location"] == "/password", "must be changed"
    assert "; Secure; HttpOnly;" in answer.headers["Set-Cookie"]

    for development_only in ("/outbox", "/outbox/", "/styleguide", "/styleguide/"):
        assert visitor.open(development_only).status in {302, 404}
    said = log.read_text()
    assert '"POST /login" 302' in said
    assert "secret-words" not in said
    assert password not in said
    assert not any(secret in said for secret in SECRETS)


def test_the_worker_answers_beat(production, start):
    log = start("celery", "--app=worker.celery_app", "worker", "--concurrency=1", "--pool=prefork")
    called = subprocess.run(
        [BIN / "celery", "--app=worker.celery_app", "call", "worker.upkeep.heartbeat"],
        cwd=ROOT,
        env=production,
        capture_output=True,
        check=False,
    )
    assert called.returncode == 0, called.stderr

    def beaten() -> bool:
        with psycopg.connect(libpq(production)) as connection:
            found = connection.execute("SELECT count(*) FROM heartbeats").fetchone()
        return bool(found and found[0])

    wait_for(beaten, log)


@pytest.fixture
def a_working_day(production, clock_of_the_machine) -> date:
    """Today, whatever day of the week it is."""
    today = clock.today()
    with psycopg.connect(libpq(production)) as connection:
        connection.execute("DELETE FROM workday_calendar WHERE day = %s", [today])
        if today.weekday() >= 5:
            connection.execute(
                "INSERT INTO workday_calendar (day, kind) VALUES (%s, 'workday')", [today]
            )
    return today


def test_what_is_entered_on_a_page_and_due_today_comes_to_its_owner_by_mail(
    production, start, smtp_server, a_working_day
):
    start(*of_unit("worker", production))
    log = start(*of_unit("web", production))
    added = flask(
        production, "people", "add", "liuyang", "--name", "刘洋", "--role", "director",
        "--email", "liuyang@example.gov.cn",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    first, own = added.stdout.strip(), "Own-of-2026-Liu"
    visitor = Visitor(production["GUNICORN_BIND"])
    wait_for(lambda: is_up(visitor), log)
    visitor.fill_in("/login", login="liuyang", password=first)
    visitor.fill_in("/password", current=first, new=own, again=own)
    visitor.fill_in("/login", login="liuyang", password=own)
    entered = visitor.fill_in(
        "/leads/new", investor="示例新材料有限公司", title="高纯硅项目", source="以商招商",
        next_action="约见投资方", next_action_on=a_working_day.isoformat(),
    )  # fmt: skip

    def told(subject: str) -> list[Any]:
        return [each for each in smtp_server.messages if each["Subject"].startswith(subject)]

    due = "链招：1项今日到期"
    wait_for(lambda: told(due), start(*of_unit("beat", production)), seconds=100)
    [message] = told(due)
    assert len(told("链招：您的密码已修改")) == 1
    assert {box for boxes in smtp_server.recipients for box in boxes} == {"liuyang@example.gov.cn"}
    assert message["From"].addresses[0].addr_spec == "crm@example.gov.cn"
    page = entered.headers["Location"].removesuffix("/receipt")
    text = message.get_body(("plain",)).get_content()
    assert "高纯硅项目" in text
    assert f"https://crm.example.gov.cn{page}" in text


@pytest.mark.parametrize(
    "program",
    [
        ("gunicorn", "--config", "deploy/gunicorn.conf.py", "app:app"),
        ("celery", "--app=worker.celery_app", "worker"),
        ("flask", "--app", "app", "prepare"),
    ],
    ids=lambda words: words[0],
)
def test_nothing_starts_with_a_development_secret_or_development_mail(production, program):
    environment = {
        **production,
        "SECRET_KEY": "development-only-secret",
        "MAIL_URL": f"file://{production['LIANZHAO_DATA']}/outbox",
    }
    done = subprocess.run(
        [BIN / program[0], *program[1:]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "SECRET_KEY" in said
    assert "MAIL_URL" in said
    assert "Traceback" not in said


def test_every_service_of_systemd_starts_what_there_is():
    for unit in (ROOT / "deploy" / "systemd").glob("*.service"):
        for line in unit.read_text().splitlines():
            if line.startswith(("ExecStart=", "ExecStartPre=")):
                program, *words = line.partition("=")[2].split()
                assert (BIN / Path(program).name).exists(), unit.name
                for word in words:
                    if word.startswith("deploy/"):
                        assert (ROOT / word).is_file(), unit.name
