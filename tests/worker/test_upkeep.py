"""The worker's own upkeep, and that the web does without it."""

import os
import subprocess
import sys
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from crm.core import clock
from crm.core.db import db, transaction
from crm.history.models import AuditEvent
from crm.outbox import queries
from crm.outlook.models import ForecastRun
from worker import upkeep

pytestmark = pytest.mark.on("postgresql")

ROOT = Path(__file__).resolve().parents[2]
WEEKS = select(ForecastRun.week_of)


@pytest.fixture
def python(tmp_path):
    """Run a line of Python in a process of its own, with no environment but what is given."""

    def run(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={
                "LIANZHAO_ENV": "test",
                "LIANZHAO_DATA": str(tmp_path),
                "PATH": os.defpath,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_upkeep_leaves_a_sign_and_seals_the_trail(app, workers, tick, wait_for):
    with app.app_context(), transaction() as session:
        at = clock.now() - timedelta(hours=1)
        session.add(AuditEvent(at=at, actor_name="x", action="y", subject_type="app"))
    workers()
    tick("worker.upkeep.heartbeat")
    tick("worker.upkeep.seal_history")

    def is_done() -> bool:
        with app.app_context():
            unsealed = select(AuditEvent.id).where(AuditEvent.sealed_at.is_(None))
            return bool(queries.last_sign_at()) and not db.session.scalars(unsealed).all()

    wait_for("sign and seal are there", is_done)


def test_the_web_never_imports_celery_and_needs_no_redis(python):
    done = python("import sys, app; assert not {'celery', 'redis', 'worker'} & set(sys.modules)")
    assert done.returncode == 0, done.stderr


def test_everything_beat_asks_for_is_a_task_of_the_worker(python):
    done = python(
        "from worker.celery_app import app\n"
        "from worker.schedule import BEAT\n"
        "app.loader.import_default_modules()\n"
        "assert len(BEAT) >= 4\n"
        "missing = {entry['task'] for entry in BEAT.values()} - set(app.tasks)\n"
        "assert not missing, missing",
        REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert done.returncode == 0, done.stderr


def test_without_redis_the_worker_says_in_one_sentence_what_is_missing(python):
    done = python("import worker.celery_app")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "REDIS_URL" in done.stderr


def test_the_forecast_of_a_week_is_archived_once_however_often_beat_asks(
    app, workers, tick, wait_for
):
    workers()
    for _ in range(2):
        tick("worker.outlook.archive_forecasts")
    tick("worker.upkeep.heartbeat")  # asked for last, so both have run

    def is_archived() -> bool:
        with app.app_context():
            return bool(queries.last_sign_at()) and bool(db.session.scalars(WEEKS).all())

    wait_for("the week is archived", is_archived)
    with app.app_context():
        weeks = db.session.scalars(WEEKS).all()
        assert len(weeks) == len(set(weeks)) == 1


def test_files_are_swept_in_the_night_and_not_by_day(app, monkeypatch):
    folder = app.extensions["settings"].waiting_dir / "refused-form"
    folder.mkdir(parents=True, exist_ok=True)
    forgotten = folder / "1-forgotten"
    forgotten.write_bytes(b"x")
    os.utime(forgotten, (0, 0))
    for hour, is_there in ((12, True), (upkeep.NIGHT, False)):
        at = clock.office_moment(clock.today(), time(hour))
        with app.app_context(), monkeypatch.context() as patch:
            patch.setattr(clock, "now", lambda at=at: at)
            upkeep.sweep_files()
        assert forgotten.exists() is is_there
