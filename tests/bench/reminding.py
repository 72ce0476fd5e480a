"""Planning and sending measured in a process of its own: `python -m tests.bench.reminding` prints JSON.

`first` plans a district nobody has planned before, every matter a new row; `usual` plans it again, as every
hour does. `digest` renders one mail of 200 matters. `mails` are those of MAILS people: a Celery worker of one
process, started as in production, asked, sends them over SMTP to a server on this machine; the time runs
from the asking to the last row settled. The processor's time for a mail is told of the worker's process, of
the database's and of the mail server's, each for itself. MB are the most this process ever held.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from celery import Celery
from sqlalchemy import ColumnElement, delete, func, select, text, update

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.calendar.queries import work_calendar
from crm.config import Settings
from crm.core import clock
from crm.core.bulk import insert_rows
from crm.core.db import db, transaction
from crm.factory import create_app
from crm.leads.models import Lead
from crm.leads.rules import OPEN_STAGES, Stage
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryState
from crm.reminders import letters
from crm.reminders.models import Reminder
from crm.reminders.queries import mails
from crm.reminders.services import planning
from scripts.redis_server import free_port
from tests.bench.judging import most_mb, timed
from tests.servers import ROOT, Run, start_redis

MAILS, WARM_UP, ITEMS = 1550, 50, 200
CALLS = 8
"""A call ends after half a minute: on a machine that is busy one does not send them all."""
MOST_SECONDS, MOST_MS, LEAST_PER_SECOND = 5.0, 20.0, 150.0
"""Of planning 100,000 open leads, of a digest of 200 matters, and of mails a worker sends."""


def planned(day: date) -> dict[str, Any]:
    """Plan the day twice, of leads that are all open: everything new, then nothing."""
    with transaction() as session:
        session.execute(delete(Reminder))
        session.execute(delete(Delivery))
        # What was closed is in talks again: all of them are open.
        closed = update(Lead).where(Lead.stage.not_in(OPEN_STAGES))
        session.execute(closed.values(stage=Stage.NEGOTIATING))
    found: dict[str, Any] = {"open_leads": _open_leads()}
    at = clock.office_moment(day, time_of_day(9))
    for name in ("first", "usual"):

        def plan() -> planning.Planned:
            with transaction():
                return planning.plan(at, time_of_day(0), again=True)

        server = _server()
        before = _seconds(server) if server else 0.0
        wall, cpu, done = timed(plan)
        found[name] = {
            "seconds": wall, "cpu_seconds": cpu, "begun": done.begun, "messages": done.messages,
            "database_cpu_seconds": (_seconds(server) if server else 0.0) - before,
            "mb": most_mb(),
        }  # fmt: skip
    return found


def _open_leads() -> int:
    return len(db.session.scalars(select(Lead.id).where(Lead.stage.in_(OPEN_STAGES))).all())


def digest(day: date, settings: Settings) -> dict[str, Any]:
    """Render the mail of a person with ITEMS matters, all of them shown."""
    ids = db.session.scalars(select(Reminder.id).order_by(Reminder.id).limit(ITEMS)).all()
    person = db.session.scalars(
        select(User.id).where(User.is_active, User.role == Role.STAFF)
    ).first()
    mail = mails.mail_of(person or 0, ids, day)
    assert mail is not None
    assert len(mail.items) == ITEMS
    spent = []
    for _ in range(30):
        wall, cpu, _letter = timed(lambda: letters.due_letter(mail, day, clock.now(), 1, settings))
        spent.append((wall, cpu))
    return {
        "items": ITEMS,
        "shown": letters.MOST_ITEMS,
        "p50_ms": statistics.median(wall for wall, _cpu in spent) * 1000,
        "cpu_ms": statistics.median(cpu for _wall, cpu in spent) * 1000,
    }


def sent(day: date, settings: Settings, mail_server: int) -> dict[str, Any]:
    """MAILS people with one due action each, planned, then sent by one worker."""
    with transaction() as session:
        # What was due before is told: only the new people are written to.
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
        insert_rows(
            User,
            [
                {
                    "login": f"mail{n}", "name": f"某{n}", "role": Role.STAFF, "locale": "zh",
                    "email": f"mail{n}@example.gov.cn", "session_stamp": f"s{n}",
                    "is_active": True, "created_at": clock.now(),
                }
                for n in range(MAILS)
            ],
        )  # fmt: skip
        people = session.scalars(select(User.id).where(User.login.like("mail%"))).all()
        insert_rows(
            Lead,
            [
                {
                    "title": f"动力电池项目{owner}", "owner_id": owner, "stage": Stage.NEGOTIATING,
                    "stage_since": day, "last_progress_on": day, "next_action": "约见投资方",
                    "next_action_on": day, "created_at": clock.now(),
                }
                for owner in people
            ],
        )  # fmt: skip
        planning.plan(clock.office_moment(day, time_of_day(9)), time_of_day(0), again=True)
    return with_worker(settings, people, mail_server)


def with_worker(settings: Settings, people: Sequence[int], mail_server: int) -> dict[str, Any]:
    """What becomes of the mails of these people once a worker is asked to send; WARM_UP go before."""
    ours = Delivery.person_id.in_(people)
    later = clock.now() + timedelta(hours=5)
    with transaction() as session:
        first = select(Delivery.id).where(ours).order_by(Delivery.id).limit(WARM_UP)
        rest = update(Delivery).where(ours, Delivery.id.not_in(first.scalar_subquery()))
        session.execute(rest.values(next_try_at=later))
    with worker(settings) as (parent, ask):
        ask()
        wait_until_sent(WARM_UP, ours)
        [process] = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        with transaction() as session:
            session.execute(update(Delivery).where(ours).values(next_try_at=None))
        before, begun = spent(int(process), mail_server), clock.now()
        for _ in range(CALLS):
            ask()
        wait_until_sent(len(people), ours)
        after = spent(int(process), mail_server)
    count = len(people) - WARM_UP
    ended = db.session.scalar(select(func.max(Delivery.sent_at)).where(ours))
    assert ended is not None
    seconds = (ended - begun).total_seconds()
    return {
        "mails": count, "seconds": seconds, "per_second": count / seconds,
        "cpu_ms_per_mail": {name: (after[name] - before[name]) / count * 1000 for name in after},
    }  # fmt: skip


@contextmanager
def worker(settings: Settings) -> Iterator[tuple[int, Callable[[], object]]]:
    """A worker with one process that works: (number of the one above, how to ask for what waits)."""
    run = Run.begin()
    try:
        redis = start_redis(run)["url"] + "/0"
        command = [
            sys.executable, "-m", "celery", "--app=worker.celery_app", "worker", "--concurrency=1",
            "--loglevel=INFO", "--without-gossip", "--without-mingle", "--queues=mail",
        ]  # fmt: skip
        mail = settings.mail
        environment = {
            **os.environ, "REDIS_URL": redis, "MAIL_URL": f"smtp://{mail.host}:{mail.port}",
        }  # fmt: skip
        with (run.folder / "worker.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            with Celery("beat", broker=redis) as celery:
                yield (
                    process.pid,
                    lambda: celery.send_task(
                        "worker.reminders.send_waiting", queue="mail", ignore_result=True
                    ),
                )
        finally:
            process.terminate()
            process.wait(60)
    finally:
        run.end()


def wait_until_sent(count: int, which: ColumnElement[bool]) -> None:
    """Raises TimeoutError where a worker needs five minutes or more."""
    asked = select(func.count()).where(which, Delivery.state == DeliveryState.SENT)
    until = time.monotonic() + 300
    while time.monotonic() < until:
        found = db.session.scalar(asked)
        db.session.remove()
        if found == count:
            return
        time.sleep(0.25)  # asking more often would take the processor from the worker measured
    raise TimeoutError(f"{count} mails were not sent in five minutes")


def spent(process: int, mail_server: int) -> dict[str, float]:
    """Processor seconds so far: of the worker's process, its database and the mail server."""
    found = {"worker": _seconds(process), "mail_server": _seconds(mail_server)}
    if db.engine.dialect.name == "postgresql":
        others = text(
            "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND backend_type = 'client backend'"
        )
        found["database"] = sum(_seconds(each) for each in db.session.scalars(others))
        db.session.remove()
    return found


def _server() -> int | None:
    """The process of PostgreSQL that answers us."""
    if db.engine.dialect.name != "postgresql":
        return None
    return db.session.scalar(text("SELECT pg_backend_pid()"))


def _seconds(process: int) -> float:
    """Seconds of the processor a process has had."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    folder, port = Path(tempfile.mkdtemp(prefix="lianzhao-mail-")), free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.mail_server", str(port), str(folder / "log"), *"1000"]
    )
    try:
        settings = Settings.from_env({**os.environ, "MAIL_URL": f"smtp://127.0.0.1:{port}"})
        with create_app(settings).app_context():
            day = _working_day(clock.today())
            found = planned(day) | {"digest": digest(day, settings)}
            found["mails"] = sent(day, settings, server.pid)
            db.session.remove()
            db.engine.dispose()
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
    json.dump(found, sys.stdout)


def _working_day(day: date) -> date:
    return work_calendar().working_day_from(day)


def faults(row: dict[str, Any]) -> list[str]:
    """What does not hold, told of 100,000 leads on PostgreSQL alone."""
    found = [
        f"planning ({name}) took {row[name]['seconds']:.1f} s, more than {MOST_SECONDS}"
        for name in ("first", "usual")
        if row[name]["seconds"] > MOST_SECONDS
    ]
    if row["digest"]["p50_ms"] > MOST_MS:
        found.append(f"a digest took {row['digest']['p50_ms']:.0f} ms, more than {MOST_MS}")
    if row["mails"]["per_second"] < LEAST_PER_SECOND:
        found.append(f"{row['mails']['per_second']:.0f} mails a second, not {LEAST_PER_SECOND}")
    return found


if __name__ == "__main__":
    main()
