"""Planning and sending measured in a process of its own: `python -m tests.bench.reminding` prints JSON.

`first` plans a district nobody has planned before, every matter a new row; `usual` plans it again, as
every hour does. `digest` renders one mail of 200 matters. `mails` sends one mail each to MAILS people over
SMTP to a server on this machine, in one worker, claiming and settling included; its processor seconds are
this process's alone, not those of database and mail server. MB are the most this process ever held.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

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

MAILS, ITEMS = 1500, 200
MOST_SECONDS, MOST_MS, LEAST_PER_SECOND = 5.0, 20.0, 150.0
"""Of planning 100,000 open leads, of a digest of 200 matters, and of mails a worker sends."""


def planned(day: date) -> dict[str, Any]:
    """Plan the day twice: everything new, then nothing."""
    with transaction() as session:
        session.execute(delete(Reminder))
        session.execute(delete(Delivery))
    found: dict[str, Any] = {"open_leads": _open_leads()}
    at = clock.office_moment(day, time_of_day(9))
    for name in ("first", "usual"):

        def plan() -> planning.Planned:
            with transaction():
                return planning.plan(at, time_of_day(0), again=True)

        wall, cpu, done = timed(plan)
        found[name] = {
            "seconds": wall, "cpu_seconds": cpu, "begun": done.begun, "messages": done.messages,
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


def sent(day: date, settings: Settings) -> dict[str, Any]:
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
    sender = letters.sender_for(settings)
    sender.send_waiting()  # the templates are compiled, the connection pool is filled

    def send() -> int:
        count = 0
        while states := sender.send_waiting():
            count += len(states)
        return count

    wall, cpu, count = timed(send)
    states = set(db.session.scalars(select(Delivery.state).where(Delivery.person_id.in_(people))))
    return {
        "mails": count, "seconds": wall, "cpu_seconds": cpu, "per_second": count / wall,
        "cpu_ms_per_mail": cpu / count * 1000, "all_sent": states == {DeliveryState.SENT},
    }  # fmt: skip


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
            found["mails"] = sent(day, settings)
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
    found = []
    seconds = row["usual"]["seconds"]
    if seconds > MOST_SECONDS:
        found.append(f"planning took {seconds:.1f} s, more than {MOST_SECONDS}")
    if row["digest"]["p50_ms"] > MOST_MS:
        found.append(f"a digest took {row['digest']['p50_ms']:.0f} ms, more than {MOST_MS}")
    if row["mails"]["per_second"] < LEAST_PER_SECOND or not row["mails"]["all_sent"]:
        found.append(f"{row['mails']['per_second']:.0f} mails a second, not {LEAST_PER_SECOND}")
    return found


if __name__ == "__main__":
    main()
