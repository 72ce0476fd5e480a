"""A real Celery worker beside the test: its own process, the test's database, Redis and mail server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery import Celery
from kombu import Queue as Road

from worker.schedule import ROUTES, Queue

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Worker:
    """One worker process. Its log tells when it is ready."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"the worker has ended:\n{self.log.read_text()}")
        return " ready." in self.log.read_text()

    def kill(self) -> None:
        """SIGKILL for the worker and its children, as a power cut would."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait(10)


@pytest.fixture(autouse=True)
def as_the_workers(clock_of_the_machine: None) -> None:
    """The test lives on the day of its workers."""


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """`wait_for(what, predicate)`: go on as soon as it holds; fail with `what` if that takes too long."""

    def wait(what: str, is_so: Callable[[], object], seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > until:
                pytest.fail(f"waited {seconds:.0f} s in vain until {what}")
            time.sleep(0.05)

    return wait


@pytest.fixture
def workers(database, redis_url, smtp_server, tmp_path, wait_for) -> Iterator[Callable[[], Worker]]:
    """`workers()` starts one more worker and waits until it takes tasks."""
    database.spoil()
    started: list[Worker] = []
    environment = {
        **os.environ,
        "LIANZHAO_ENV": "test",
        "LIANZHAO_DATA": str(tmp_path),
        "DATABASE_URL": database.url,
        "REDIS_URL": redis_url,
        "MAIL_URL": smtp_server.url,
        "MAIL_SENDER": "crm@example.gov.cn",
        "SECRET_KEY": "test-only-secret-of-more-than-32-characters",
        "REMINDERS_AT": "00:00",  # the test may run at any time of day
    }

    def start() -> Worker:
        log = tmp_path / f"worker{len(started)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "celery", "--app=worker.celery_app", "worker",
                    "--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle",
                    f"--hostname=w{len(started)}@localhost",
                ],
                cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,
            )  # fmt: skip
        worker = Worker(process, log)
        started.append(worker)
        wait_for("the worker is ready", worker.is_ready)
        return worker

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def tick(redis_url) -> Iterator[Callable[[str], None]]:
    """`tick("worker.reminders.sweep")`: ask for a task as beat does."""
    with Celery("beat", broker=redis_url) as celery:
        celery.conf.update(task_routes=ROUTES, task_queues=[Road(queue.value) for queue in Queue])
        yield lambda task: celery.send_task(task, ignore_result=True)
