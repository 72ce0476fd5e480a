"""What falls due, for whom, and when it is told."""

from crm.reminders.rules.due import MAIL_AT, PLANNER, days_overdue, falls_due, planning_day
from crm.reminders.rules.kinds import (
    DueKind,
    Level,
    ReminderKind,
    ReminderState,
    Scope,
    Timing,
)

__all__ = [
    "MAIL_AT",
    "PLANNER",
    "DueKind",
    "Level",
    "ReminderKind",
    "ReminderState",
    "Scope",
    "Timing",
    "days_overdue",
    "falls_due",
    "planning_day",
]
