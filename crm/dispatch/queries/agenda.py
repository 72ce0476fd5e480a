"""On the agenda of which coming meetings a lead stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.dispatch.access import may_keep, may_see_meeting
from crm.dispatch.models import Meeting, MeetingItem

COMING = 20
"""More meetings ahead than any office has called."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A meeting that is still to be held, or is being held; `item_id` where the lead is on its agenda."""

    meeting_id: int
    title: str
    held_on: date
    item_id: int | None
    may_add: bool


def coming_meetings(actor: Actor, lead_id: int, today: date) -> Sequence[Coming]:
    """The meetings of today and later that are not closed and this person may read, soonest first."""
    statement = (
        select(Meeting, func.min(MeetingItem.id))
        .outerjoin(
            MeetingItem,
            and_(MeetingItem.meeting_id == Meeting.id, MeetingItem.lead_id == lead_id),
        )
        .where(Meeting.held_on >= today, Meeting.closed_at.is_(None), may_see_meeting(actor))
        .group_by(Meeting.id)
        .order_by(Meeting.held_on, Meeting.id)
        .limit(COMING)
    )
    return [
        Coming(row.id, row.title, row.held_on, item_id, may_keep(actor, row))
        for row, item_id in db.session.execute(statement)
    ]


def next_to_add(found: Sequence[Coming]) -> Coming | None:
    """The next meeting this person may put the lead on; None where it stands on that one already."""
    nearest = next((each for each in found if each.may_add), None)
    return nearest if nearest is not None and nearest.item_id is None else None
