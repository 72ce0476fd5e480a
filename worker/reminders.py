"""Thin tasks around the reminder mails. None retries by itself: the row says when to try again."""

from celery import shared_task
from flask import current_app

from crm.core import clock
from crm.core.db import transaction
from crm.outbox import queries
from crm.outbox.falling_back import fall_back
from crm.outbox.sending import BATCH
from crm.reminders import letters
from crm.reminders.services import planning
from crm.reminders.services.unit_digests import note_unit_digests
from crm.reports.briefing import note_briefs

EXPIRES = 50
"""Seconds; the next sweep asks again, so a call that waited longer is worth nothing."""
LONGEST = 30
"""Seconds after which a worker that sends leaves the rest to the next call."""
MOST_AT_ONCE = 8
"""Calls one sweep makes at most: as many workers may share the work."""


@shared_task
def plan_due() -> int:
    """Note today's mails once it is time; how many were new."""
    settings = current_app.extensions["settings"]
    with transaction():
        planned = planning.plan(clock.now(), settings.reminders_at)
        briefs = note_briefs(clock.now(), settings.reminders_at)
        lists = note_unit_digests(clock.now(), settings.reminders_at)
        instead = fall_back(clock.now())
    new = planned.messages + briefs + lists + instead
    if new:
        sweep()
    return new


@shared_task
def sweep() -> int:
    """Call workers to send what waits, one for every batch; how many were called."""
    sender = letters.sender_for(current_app.extensions["settings"])
    most = BATCH * MOST_AT_ONCE
    waiting = len(queries.claimable_ids(clock.now(), most, sender.lease))
    calls = -(-waiting // BATCH)
    for _ in range(calls):
        send_waiting.apply_async(expires=EXPIRES)
    return calls


@shared_task
def send_waiting() -> int:
    """Send what waits, batch after batch, at the pace the server takes; how many were dealt with."""
    sender = letters.sender_for(current_app.extensions["settings"])
    return len(sender.send_all(LONGEST))
