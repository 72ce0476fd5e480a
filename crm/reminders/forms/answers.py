"""The forms with which a reminder is answered."""

from datetime import date
from typing import Any, Self

from flask_babel import format_date
from flask_babel import lazy_gettext as _l

from crm.core.days import WorkCalendar, written_day
from crm.core.fields import Choice, SeenVersion, TextLine
from crm.core.forms import BaseForm
from crm.reminders.rules.answers import LONGEST_NOTE, snooze_days


def _day(value: Any) -> date | None:
    return None if value in (None, "") else date.fromisoformat(str(value))


class SnoozeForm(BaseForm):
    """Until when a reminder is put off, and why."""

    version = SeenVersion()
    until = Choice(_l("哪天再提醒"), coerce=_day, empty=_l("请选择"))
    note = TextLine(_l("理由"), longest=LONGEST_NOTE)

    def offer(self, today: date, calendar: WorkCalendar, locale: str) -> Self:
        """The working days it may be put off to; the next one is chosen."""
        days = snooze_days(today, calendar)
        self.until.offer(
            (day.isoformat(), f"{written_day(day, locale)} {format_date(day, 'EEE')}")
            for day in days
        )
        if not self.is_submitted() and days:
            self.until.data = days[0]
        return self


class DoneForm(BaseForm):
    """What was done, in a line."""

    version = SeenVersion()
    note = TextLine(_l("办理情况"), longest=LONGEST_NOTE)


class MailSnoozeForm(SnoozeForm):
    """The same behind a mail's link: the signed token stands for the person, no session does."""

    class Meta(BaseForm.Meta):
        csrf = False


class MailDoneForm(DoneForm):
    """The same behind a mail's link."""

    class Meta(BaseForm.Meta):
        csrf = False


class MailAnswerForm(BaseForm):
    """A confirmation that asks for nothing, behind a mail's link."""

    class Meta(BaseForm.Meta):
        csrf = False
