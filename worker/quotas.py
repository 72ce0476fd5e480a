"""Thin tasks around quotas: what a day brings into force, and judging large districts in the background."""

import time

from celery import shared_task

from crm.accounts.queries import system_actor
from crm.core import clock
from crm.core.db import transaction
from crm.quotas import services as quotas

LONGEST = 120
"""Seconds after which a task leaves the rest to the next one; a chunk takes well under a second."""


@shared_task
def bring_criteria_into_force() -> int:
    """Published criteria whose day has come become the ones verdicts are judged by; how many.

    In a large district all leads are judged first, in chunks of a transaction each. A worker that is
    killed leaves whole chunks behind, and the next one goes on from there.
    """
    with transaction():
        effective = quotas.take_effect(system_actor(), today=clock.today(), at=clock.now())
        quotas.forget_old_trials(clock.now())
    until = time.monotonic() + LONGEST
    for judging_id in quotas.waiting_judgings():
        while time.monotonic() < until:
            with transaction():
                if not quotas.stage_chunk(judging_id, today=clock.today()):
                    break
    with transaction():
        return effective + quotas.finish(system_actor(), today=clock.today(), at=clock.now())
