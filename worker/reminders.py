"""Thin tasks around the reminder mails. None retries by itself: the row says when to try again."""

from celery import shared_task
from flask import current_app

from crm.core import clock
from crm.core.db import transaction
from crm.outbox.queries import claimable_ids
from crm.reminders import letters
from crm.reminders.services import planning

EXPIRES = 50
"""Seconds; the next sweep finds the row again, so a number that waited longer is worth nothing."""


@shared_task
def plan_due() -> int:
    """Note today's mails once it is time; how many were new."""
    settings = current_app.extensions["settings"]
    with transaction():
        planned = planning.plan(clock.now(), settings.reminders_at)
    if planned.messages:
        sweep()
    return planned.messages


@shared_task
def sweep() -> int:
    """Hand the number of every delivery that may be sent now to a worker; how many."""
    ids = claimable_ids(clock.now())
    for delivery_id in ids:
        send_one.apply_async((delivery_id,), expires=EXPIRES)
    return len(ids)


@shared_task
def send_one(delivery_id: int) -> str | None:
    """Send one delivery, if it is still to be sent and nobody else has it."""
    return letters.sender_for(current_app.extensions["settings"]).send(delivery_id)
