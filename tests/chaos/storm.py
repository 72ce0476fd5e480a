"""An office whose workers, beats, Redis, database and mail server are broken while mails are on their way.

Everything is real and in processes of its own; the storm only starts, kills and counts.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import delete, func, select, update

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.calendar.models import CalendarDay
from crm.calendar.rules import DayKind
from crm.core import clock
from crm.core.bulk import insert_rows
from crm.core.db import db, transaction
from crm.leads.models import Lead
from crm.leads.rules import Stage
from crm.outbox.models import Delivery
from crm.outbox.rules import DeliveryState
from scripts.redis_server import free_port
from tests.chaos.mail_server import NOT_ANSWERED, REFUSED, TAKEN
from tests.servers import ROOT, Run, is_running, start_again, start_redis, stop

LEASE, TIMEOUT = 10, 3
"""Seconds a dead worker's claims wait and an answer of the mail server may take; ten minutes and twenty
seconds in earnest. Nothing else is other than in an installation."""

LONGEST_WAIT = 1.0
"""Seconds a kill waits for the moment in which it would double a mail."""


@dataclass(frozen=True)
class Event:
    """Something that breaks so many seconds after the storm has begun."""

    at: float
    what: Callable[[], None]


@dataclass
class Counted:
    """What came of it."""

    due: int
    states: dict[str, int]
    reached: int  # people whose mail the server has taken
    distinct: int  # Message-IDs it has taken
    changed: int  # Message-IDs that came with more than one content
    kills: int
    doubled_by_kills: int  # taken and answered for, taken again: nobody lived to settle it
    unanswered: int  # messages the server took and never answered for
    doubled_by_drops: int  # of these, taken again: nobody but the server could know
    left_at_last_kill: int  # mails not yet sent when the last worker was killed
    seconds: float

    def faults(self) -> list[str]:
        """What does not hold of what is promised."""
        found = []
        if self.reached != self.due or self.distinct != self.due:
            found.append(f"{self.due} due, {self.reached} reached, {self.distinct} distinct mails")
        if self.changed:
            found.append(f"{self.changed} Message-IDs came with different content")
        if set(self.states) - {DeliveryState.SENT}:
            found.append(f"left behind: {self.states}")
        # A kill meets the one mail its worker was handing over; a drop is one mail, sent once more.
        if self.doubled_by_kills > self.kills:
            found.append(f"{self.doubled_by_kills} doubled by {self.kills} kills")
        if self.doubled_by_drops > self.unanswered:
            found.append(f"{self.doubled_by_drops} doubled by {self.unanswered} drops")
        return found

    def told(self) -> str:
        return (
            f"{self.due} due, {self.distinct} distinct mails to {self.reached} people in "
            f"{self.seconds:.0f} s; {self.kills} kills doubled {self.doubled_by_kills}; {self.unanswered} "
            f"connections dropped after taking a mail doubled {self.doubled_by_drops}; {self.changed} with "
            f"different content; {self.left_at_last_kill} to go at the last kill; left: {self.states}"
        )


@dataclass
class Storm:
    """The processes of an office, and what may happen to them."""

    run: Run
    app: Flask
    environment: dict[str, str]
    folder: Path
    seed: int = 1
    postgres: dict[str, Any] | None = None
    shares: tuple[float, float, float] = (8, 2, 4)
    kills: int = 0
    left_at_last_kill: int = 0
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mail_log = self.folder / "mail.jsonl"
        self.mail_port = free_port()
        self.redis = start_redis(Run(self.folder, os.getpid()))
        self.environment = {
            **os.environ,
            **self.environment,
            "REDIS_URL": f"{self.redis['url']}/0",
            "MAIL_URL": f"smtp://127.0.0.1:{self.mail_port}",
            "MAIL_SENDER": "crm@example.gov.cn",
            "MAIL_LEASE_SECONDS": str(LEASE),
            "MAIL_TIMEOUT_SECONDS": str(TIMEOUT),
            "REMINDERS_AT": "00:00",  # it may blow at any time of day
            "PYTHONWARNINGS": "ignore",
        }

    # --- the office ---

    def fill(self, count: int) -> None:
        """So many people, each with one next action that is due on the day it is."""
        today = clock.today()
        with self.app.app_context(), transaction() as session:
            session.execute(delete(CalendarDay).where(CalendarDay.day == today))
            if today.weekday() >= 5:
                session.add(CalendarDay(day=today, kind=DayKind.WORKDAY))
            insert_rows(
                User,
                [
                    {
                        "login": f"chaos{n}", "name": f"某{n}", "role": Role.STAFF, "locale": "zh",
                        "email": f"chaos{n}@example.gov.cn", "session_stamp": f"s{n}",
                        "is_active": True, "created_at": clock.now(),
                    }
                    for n in range(count)
                ],
            )  # fmt: skip
            ids = session.scalars(select(User.id).where(User.login.like("chaos%"))).all()
            insert_rows(
                Lead,
                [
                    {
                        "title": f"动力电池项目{owner}", "owner_id": owner,
                        "stage": Stage.NEGOTIATING, "stage_since": today,
                        "last_progress_on": today, "next_action": "约见投资方",
                        "next_action_on": today, "created_at": clock.now(),
                    }
                    for owner in ids
                ],
            )  # fmt: skip
        self.due = count

    def start(self, name: str) -> None:
        """Start a process: worker…, beat… or mail."""
        celery = [sys.executable, "-m", "celery", "--app=worker.celery_app"]
        if name == "mail":
            command = [
                sys.executable, "-m", "tests.chaos.mail_server", str(self.mail_port),
                str(self.mail_log), str(self.chance.randrange(10**6)), *map(str, self.shares),
            ]  # fmt: skip
        elif name.startswith("beat"):
            command = [*celery, "beat", "--loglevel=INFO", "--pidfile="]
        else:
            command = [
                *celery, "worker", "--concurrency=1", "--loglevel=INFO", f"--hostname={name}@localhost",
                "--queues=mail,planning,heavy",
            ]  # fmt: skip
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def end(self) -> None:
        for process in self.processes.values():
            _kill_group(process)
        stop(int(self.redis["keeper"]))

    # --- what breaks ---

    def kill_worker(self) -> None:
        """SIGKILL as a mail comes in: mostly for the process that sends, sometimes for all of a worker."""
        self._await_a_mail()
        names = [name for name in self.processes if name.startswith("worker")]
        name = self.chance.choice(names)
        process = self.processes[name]
        children = _children(process.pid)
        if children and self.chance.random() < 0.75:
            with contextlib.suppress(ProcessLookupError):
                os.kill(children[0], signal.SIGKILL)
                self.kills += 1
            return
        _kill_group(process)
        self.kills += 1
        self.start(name)

    def _await_a_mail(self) -> None:
        """Until the mail server has taken one more, which nobody has settled yet; not for long."""
        until, before = time.monotonic() + LONGEST_WAIT, self._log_size()
        while time.monotonic() < until and self._log_size() == before:
            time.sleep(0.0005)  # the moment wanted is this short

    def _log_size(self) -> int:
        return self.mail_log.stat().st_size if self.mail_log.exists() else 0

    def kill_beat(self) -> None:
        """SIGKILL for the first beat; it is started again."""
        _kill_group(self.processes["beat0"])
        self.start("beat0")

    def restart_redis(self) -> None:
        """It comes back empty."""
        stop(int(self.redis["keeper"]))
        start_again(Run(self.folder, os.getpid()), self.redis)

    def restart_postgres(self) -> None:
        """At once and without a good-bye, as after a power cut of the database alone."""
        assert self.postgres is not None
        stop(int(self.postgres["keeper"]))
        start_again(self.run, self.postgres)
        until = time.monotonic() + 30
        while time.monotonic() < until and is_running(int(self.postgres["keeper"])):
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(
                    host=self.postgres["host"], user="postgres", dbname="postgres"
                ).close()
                return
            time.sleep(0.05)  # a server tells nobody when it is ready
        raise RuntimeError("PostgreSQL did not come back")

    def stop_mail(self) -> None:
        _kill_group(self.processes["mail"])

    def start_mail(self) -> None:
        self.start("mail")

    # --- the storm ---

    def blow(
        self,
        workers: int,
        beats: int,
        kills: Sequence[float],
        events: Sequence[Event],
        patience: float,
    ) -> Counted:
        """Start everything, let it break at the seconds named, then wait until all is sent."""
        begun = time.monotonic()
        self.start("mail")
        for n in range(workers):
            self.start(f"worker{n}")
        for n in range(beats):
            self.start(f"beat{n}")
        self._wait(lambda: self._states().get(DeliveryState.SENT, 0) > 0, patience, "a first mail")
        plan = sorted(
            [*events, *(Event(at, self.kill_worker) for at in kills)], key=lambda each: each.at
        )
        blowing = time.monotonic()
        for event in plan:
            time.sleep(max(0.0, blowing + event.at - time.monotonic()))  # the plan of the storm
            event.what()
        self.left_at_last_kill = self.due - self._states().get(DeliveryState.SENT, 0)
        self._wait(self._is_done, patience, "all is sent")
        return self._counted(time.monotonic() - begun)

    def _wait(self, is_so: Callable[[], bool], seconds: float, what: str) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(Exception):  # the database may be away
                if is_so():
                    return
            time.sleep(0.1)  # what is waited for is a row somebody else writes
        sys.stderr.write(f"waited {seconds:.0f} s in vain until {what}: {self._states()}\n")

    def _is_done(self) -> bool:
        states = self._states()
        if states.get(DeliveryState.SENT, 0) == self.due:
            return True
        if not self._is_anything_claimable():
            self._let_the_waiting_pass()
        return False

    def _states(self) -> dict[str, int]:
        with self.app.app_context():
            found = db.session.execute(
                select(Delivery.state, func.count()).group_by(Delivery.state)
            ).all()
            db.session.remove()
        return dict(found)

    def _is_anything_claimable(self) -> bool:
        """Whether a row is being sent, or waits for a time that is near."""
        with self.app.app_context():
            found = db.session.scalar(
                select(func.count())
                .select_from(Delivery)
                .where(
                    (Delivery.state == DeliveryState.SENDING)
                    | (
                        (Delivery.state == DeliveryState.PENDING)
                        & (
                            Delivery.next_try_at.is_(None)
                            | (Delivery.next_try_at <= clock.now() + timedelta(seconds=5))
                        )
                    )
                )
            )
            db.session.remove()
        return bool(found)

    def _let_the_waiting_pass(self) -> None:
        """Nothing but later tries is left: move them to now, as if the time had gone by."""
        with self.app.app_context(), transaction() as session:
            session.execute(
                update(Delivery)
                .where(Delivery.state == DeliveryState.PENDING)
                .values(next_try_at=clock.now())
            )

    def _counted(self, seconds: float) -> Counted:
        contents: dict[str, set[str]] = defaultdict(set)
        people, before, outcomes, doubled = set(), {}, Counter[str](), Counter[str]()
        for line in self.mail_log.read_text().splitlines():
            mail = json.loads(line)
            contents[mail["id"]].add(mail["content"])
            outcomes[mail["outcome"]] += 1
            if mail["outcome"] == REFUSED:
                continue
            people.add(mail["to"])
            if mail["id"] in before:
                doubled[before[mail["id"]]] += 1
            before[mail["id"]] = mail["outcome"]
        return Counted(
            due=self.due,
            states={str(state): count for state, count in self._states().items()},
            reached=len(people),
            distinct=len(before),
            changed=sum(len(each) > 1 for each in contents.values()),
            kills=self.kills,
            doubled_by_kills=doubled[TAKEN],
            unanswered=outcomes[NOT_ANSWERED],
            doubled_by_drops=doubled[NOT_ANSWERED],
            left_at_last_kill=self.left_at_last_kill,
            seconds=seconds,
        )


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
