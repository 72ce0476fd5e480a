"""What keeps the machine trustworthy: a sign of life, the sealed audit trail, no files nobody owns."""

from celery import shared_task
from flask import current_app

from crm.core import clock, waiting
from crm.core.db import transaction
from crm.history import services as history
from crm.leads.services import papers
from crm.outbox import services as outbox

NIGHT = 3
"""The hour of the office in which files are swept."""


@shared_task
def heartbeat() -> None:
    """Beat has asked and a worker answers: both are alive."""
    with transaction():
        outbox.beat(clock.now())


@shared_task
def seal_history() -> int:
    """Seal what was recorded since the last time; how many events."""
    sealed = 0
    while True:
        with transaction():
            count = history.seal(clock.now())
        sealed += count
        if count < history.BATCH:
            return sealed


@shared_task
def sweep_files() -> int:
    """In the night: remove files that no row tells of and files nobody asks for; how many."""
    if clock.office_time(clock.now()).hour != NIGHT:
        return 0
    settings = current_app.extensions["settings"]
    with transaction():
        swept = papers.sweep(clock.now(), settings.attachments_dir)
    return swept + waiting.sweep(settings.waiting_dir)
