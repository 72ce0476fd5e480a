"""What beat starts, how often, and which queue it goes to: the one table.

Every entry expires before the next one comes, so that hours without a worker leave no pile behind.
None names a time of day: whether something is to be done now is asked of the rules and the rows.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Any

EVERY_MINUTE = timedelta(minutes=1)
EVERY_HOUR = timedelta(hours=1)
WHILE_SOMEBODY_WAITS = timedelta(seconds=10)


class Queue(StrEnum):
    """Three roads, so that nothing that takes minutes stands before a reminder."""

    MAIL = "mail"  # messages on their way
    PLANNING = "planning"  # what is due; seconds
    HEAVY = "heavy"  # judging whole districts, archives, files; minutes


ROUTES = {
    "worker.reminders.plan_due": {"queue": Queue.PLANNING.value},
    "worker.reminders.*": {"queue": Queue.MAIL.value},
    "worker.upkeep.heartbeat": {"queue": Queue.MAIL.value},
    "*": {"queue": Queue.HEAVY.value},
}
"""The first that fits; a task nobody thought of delays no mail."""


def _entry(task: str, every: timedelta = EVERY_MINUTE) -> dict[str, Any]:
    return {"task": task, "schedule": every, "options": {"expires": every.total_seconds() - 5}}


BEAT = {
    "heartbeat": _entry("worker.upkeep.heartbeat"),
    "plan due mails": _entry("worker.reminders.plan_due"),
    "send what waits": _entry("worker.reminders.sweep", WHILE_SOMEBODY_WAITS),
    "bring criteria into force": _entry(
        "worker.quotas.bring_criteria_into_force", WHILE_SOMEBODY_WAITS
    ),
    "archive the week's forecast": _entry("worker.outlook.archive_forecasts", EVERY_HOUR),
    "sweep files at night": _entry("worker.upkeep.sweep_files", EVERY_HOUR),
    "seal the audit trail": _entry("worker.upkeep.seal_history"),
}
