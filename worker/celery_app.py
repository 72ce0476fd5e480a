"""The Celery application: `celery --app=worker.celery_app worker` and `… beat`.

Redis only carries calls to look; the database is the truth about work to do. Losing Redis means
that mails go out later, never that one is lost or goes out twice. No task has an ETA or a countdown:
with Redis such a one is delivered again and again once it is further away than the visibility timeout.
"""

import sys

from celery import Celery, Task
from celery.signals import worker_process_init
from flask import Flask
from kombu import Queue as Road

from crm.config import SettingsError
from crm.core.db import db
from crm.factory import create_app
from worker.schedule import BEAT, ROUTES, Queue

NEVER_LONGER = 300
"""Seconds after which a task that hangs is ended; a mail takes at most nine answers of 20 seconds."""


def make_celery(app: Flask) -> Celery:
    """Celery with the product's settings; every task runs in an application context of its own."""

    class InApp(Task):
        def __call__(self, *args: object, **kwargs: object) -> object:
            with app.app_context():
                return self.run(*args, **kwargs)

    settings = app.extensions["settings"]
    if not settings.redis_url:
        sys.exit("LianZhao's worker needs REDIS_URL; `make run` starts a Redis and passes it on")
    celery = Celery("lianzhao", task_cls=InApp, broker=settings.redis_url)
    celery.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        # A task whose worker dies is delivered again; the claim on the row decides what to do.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=NEVER_LONGER,
        worker_prefetch_multiplier=1,
        task_queues=[Road(queue.value) for queue in Queue],
        task_default_queue=Queue.HEAVY.value,
        task_routes=ROUTES,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 2 * NEVER_LONGER,
            # A Redis that has gone silent is noticed, not waited for.
            "socket_timeout": 30,
            "socket_connect_timeout": 10,
            "socket_keepalive": True,
            "health_check_interval": 20,
        },
        timezone="Asia/Shanghai",
        beat_schedule=BEAT,
        beat_scheduler="worker.beat:LeaseScheduler",
        imports=("worker.outlook", "worker.quotas", "worker.reminders", "worker.upkeep"),
    )
    celery.flask_app = app
    return celery


try:
    flask_app = create_app()
except SettingsError as error:
    sys.exit("LianZhao cannot start:\n" + "\n".join(f"  - {fault}" for fault in error.faults))
app = make_celery(flask_app)


@worker_process_init.connect
def forget_connections(**_: object) -> None:
    """Connections opened before the fork belong to the parent."""
    with flask_app.app_context():
        db.engine.dispose(close=False)
