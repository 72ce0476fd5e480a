"""Whether a reader is told which lead a matter is about. Pure."""

from crm.reminders.rules.kinds import ReminderKind


def names_nothing(kind: ReminderKind, *, is_sensitive: bool, may_see_lead: bool) -> bool:
    """Whether the lead has no name for a reader: they may not open it (DOMAIN 10.4).

    Whoever answers an instruction reads on its page the name of a lead that is not theirs, unless
    it is sensitive: so does its reminder.
    """
    return not may_see_lead and (is_sensitive or kind is not ReminderKind.INSTRUCTION)
