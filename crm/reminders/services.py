"""Planning the mails of a day. Services never commit, doors do."""

from datetime import datetime, time, timedelta

from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.outbox import services as outbox
from crm.outbox.rules import DeliveryKind
from crm.reminders import queries
from crm.reminders.rules import MAIL_AT, planning_day


def plan(at: datetime, mail_at: time = MAIL_AT) -> int:
    """Note for every owner of due leads that a mail is to go today; how many were new.

    Nothing before `mail_at` and on days off. Safe to repeat and to run twice at once. A mail still
    waiting at the end of its day expires: the next working day's tells all of it.
    """
    day = planning_day(work_calendar(), clock.office_day(at), clock.office_time(at), mail_at)
    if day is None:
        return 0
    ends = clock.office_moment(day + timedelta(days=1))
    return sum(
        outbox.post(DeliveryKind.DUE_DIGEST, person_id, day, at, expires_at=ends) is not None
        for person_id in queries.people_to_plan(day)
    )
