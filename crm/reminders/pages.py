"""On which page a matter is dealt with: the inbox and the mails lead there alike."""

from datetime import date
from typing import Any

from crm.reminders.rules.kinds import ReminderKind

Page = tuple[str, dict[str, Any]]
"""An endpoint and what its address needs."""


def page_of(kind: ReminderKind, subject: str, lead_id: int | None, due_on: date) -> Page | None:
    """The page of an instruction, else of the lead, else of the quotas; None for what has none.

    Whether the reader may open it is asked elsewhere.
    """
    sort, _colon, number = subject.partition(":")
    if sort == "instruction" and number.isdigit():
        return "dispatch.detail", {"instruction_id": int(number)}
    if lead_id is not None:
        return "leads.detail", {"lead_id": lead_id}
    return ("quotas.index", {"year": due_on.year}) if kind is ReminderKind.QUOTA_BEHIND else None
