"""What beat starts, and how often: the one table.

Every entry expires before the next one comes, so that hours without a worker leave no pile behind.
None names a time of day: whether something is to be done now is asked of the rules and the rows.
"""

from datetime import timedelta
from typing import Any

EVERY_MINUTE = timedelta(minutes=1)
EVERY_HOUR = timedelta(hours=1)
WHILE_SOMEBODY_WAITS = timedelta(seconds=10)


def _entry(task: str, every: timedelta = EVERY_MINUTE) -> dict[str, Any]:
    return {"task": task, "schedule": every, "options": {"expires": every.total_seconds() - 5}}


BEAT = {
    "heartbeat": _entry("worker.upkeep.heartbeat"),
    "plan due mails": _entry("worker.reminders.plan_due"),
    "send what waits": _entry("worker.reminders.sweep"),
    "bring criteria into force": _entry(
        "worker.quotas.bring_criteria_into_force", WHILE_SOMEBODY_WAITS
    ),
    "archive the week's forecast": _entry("worker.outlook.archive_forecasts", EVERY_HOUR),
    "sweep files at night": _entry("worker.upkeep.sweep_files", EVERY_HOUR),
    "seal the audit trail": _entry("worker.upkeep.seal_history"),
}
