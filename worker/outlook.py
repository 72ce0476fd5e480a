"""The week's forecast, kept on its Monday or as soon after it as a worker runs."""

from celery import shared_task

from crm.core import clock
from crm.core.db import transaction
from crm.outlook.services import archive_week


@shared_task
def archive_forecasts() -> int:
    """Archive this week's forecasts unless that is done; how many were new."""
    with transaction():
        return archive_week(clock.now(), clock.today())
