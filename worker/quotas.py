"""Thin tasks around quotas: what a day brings into force."""

from celery import shared_task

from crm.accounts.queries import system_actor
from crm.core import clock
from crm.core.db import transaction
from crm.quotas import services as quotas


@shared_task
def bring_criteria_into_force() -> int:
    """Published criteria whose day has come become the ones verdicts are judged by; how many."""
    with transaction():
        return quotas.take_effect(system_actor(), today=clock.today(), at=clock.now())
