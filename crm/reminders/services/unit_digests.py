"""Noting the day's lists for the robots of units. Services never commit, doors do."""

from datetime import datetime, time, timedelta

from sqlalchemy import exists, select

from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import rows_of
from crm.outbox import posting
from crm.outbox.models import ChannelEndpoint, Delivery
from crm.outbox.rules import PERSONAL, DeliveryKind
from crm.reminders.rules import planning_day


def note_unit_digests(at: datetime, mail_at: time) -> int:
    """Note the list of the day for every robot that is on, once it is time; how many were new.

    Like everybody's digest it goes on working days alone, and expires with its day.
    """
    day = planning_day(work_calendar(), clock.office_day(at), clock.office_time(at), mail_at)
    if day is None:
        return 0
    noted = exists().where(
        Delivery.endpoint_id == ChannelEndpoint.id,
        Delivery.kind == DeliveryKind.UNIT_DIGEST,
        Delivery.due_on == day,
    )
    waiting = rows_of(
        select(ChannelEndpoint.id, ChannelEndpoint.channel)
        .where(ChannelEndpoint.is_on, ChannelEndpoint.channel.not_in(PERSONAL), ~noted)
        .order_by(ChannelEndpoint.id)
    ).all()
    ends = clock.office_moment(day + timedelta(days=1))
    posted = [
        posting.post_to_endpoint(
            DeliveryKind.UNIT_DIGEST, key, channel, day, at, expires_at=ends
        )
        for key, channel in waiting
    ]  # fmt: skip
    return sum(each is not None for each in posted)
