"""The only reader of the wall clock. Rules and services take the moment or day as an argument."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

OFFICE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day at the office (Asia/Shanghai), whatever the server's zone."""
    return office_day(now())


def office_day(moment: datetime) -> date:
    """The calendar day of a moment at the office (Asia/Shanghai)."""
    return moment.astimezone(OFFICE).date()


def office_time(moment: datetime) -> time:
    """The time of day of a moment at the office."""
    return moment.astimezone(OFFICE).time()


def office_moment(day: date, at: time = time.min) -> datetime:
    """That time of that day at the office, in UTC; without a time the day's beginning."""
    return datetime.combine(day, at, OFFICE).astimezone(UTC)
