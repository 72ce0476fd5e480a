"""What keeps the machine trustworthy: a sign of life, the sealed audit trail."""

from celery import shared_task

from crm.core import clock
from crm.core.db import transaction
from crm.history import services as history
from crm.reminders import services as reminders


@shared_task
def heartbeat() -> None:
    """Beat has asked and a worker answers: both are alive."""
    with transaction():
        reminders.beat(clock.now())


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
