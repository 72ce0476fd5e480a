"""Reading what was known, what is closed, and what lies between two numbers."""

from datetime import date

from crm.accounts.rules import Actor
from crm.closing.queries.bridges import Point, YearBridge, bridge_of_points, joined
from crm.closing.queries.known import end_of
from crm.closing.queries.levels import bridge_of_recognition

__all__ = ["Point", "YearBridge", "day_point", "whole_bridge"]


def day_point(day: date) -> Point:
    """A day as it was known at its end."""
    return Point(day, end_of(day))


def whole_bridge(actor: Actor, year: int, start: Point, end: Point) -> YearBridge | None:
    """All numbers of the year's quotas, 已认定 among them, from one point to a later one."""
    events = bridge_of_points(actor, year, start, end)
    decided = bridge_of_recognition(actor, year, start, end)
    return joined(events, decided) if events and decided else None
