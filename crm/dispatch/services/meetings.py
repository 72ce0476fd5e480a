"""Meetings: called, their agenda ticked off, their minutes written line by line, lines made instructions."""

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import LEAD_WRITERS, LEADERS, Actor, Role
from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused, Stale, TheirChange
from crm.dispatch import access
from crm.dispatch.models import Instruction, Meeting, MeetingItem, MeetingLine
from crm.dispatch.rules import MEETING_KEEPERS
from crm.dispatch.services.instructions import NewInstruction, issue
from crm.history import services as history
from crm.leads.access import lead_for

MOST_ITEMS, MOST_LINES = 200, 1000
"""More than a meeting has; a page of more would be a mistake or an attack."""


@dataclass(frozen=True, slots=True)
class Called:
    """What a meeting says of itself."""

    title: str
    held_on: date
    chair_id: int
    recorder_id: int
    place: str | None = None
    attendees: str | None = None


def call(actor: Actor, at: datetime, wanted: Called) -> Meeting:
    """A new meeting. Raises Refused; NotFound for whoever may not."""
    if actor.role not in MEETING_KEEPERS:
        raise NotFound
    _check(wanted)
    row = Meeting(
        title=wanted.title,
        held_on=wanted.held_on,
        place=wanted.place,
        chair_id=wanted.chair_id,
        recorder_id=wanted.recorder_id,
        attendees=wanted.attendees,
        created_by_id=actor.id,
        created_at=at,
        changes=0,
        version=1,
    )
    db.session.add(row)
    db.session.flush()
    history.record(
        actor, at, "meeting_called", row, after={"title": row.title, "held_on": row.held_on}
    )
    return row


def edit(actor: Actor, at: datetime, key: int, version: int, wanted: Called) -> Meeting:
    """Change what a meeting says of itself. Raises NotFound, Refused, Stale."""
    row = access.meeting_to_keep(actor, key)
    if row.version != version:
        raise Stale(current=row)
    _check(wanted)
    with db.session.no_autoflush:
        row.title, row.held_on, row.place = wanted.title, wanted.held_on, wanted.place
        row.chair_id, row.recorder_id = wanted.chair_id, wanted.recorder_id
        row.attendees = wanted.attendees
        history.record_changes(actor, at, "meeting_changed", row)
    row.version += 1
    _touch(actor, at, row)
    return row


def close(actor: Actor, at: datetime, key: int, version: int) -> Meeting:
    """Seal the minutes: nothing is written any more. Raises NotFound, Stale."""
    row = access.meeting_to_keep(actor, key)
    if row.version != version:
        raise Stale(current=row)
    row.closed_at, row.closed_by_id = at, actor.id
    row.version += 1
    _touch(actor, at, row)
    history.record(actor, at, "meeting_closed", row, after={"title": row.title})
    return row


def reopen(actor: Actor, at: datetime, key: int, version: int) -> Meeting:
    """Take the seal off again: a bureau leader's to do. Raises NotFound, Stale."""
    row = db.session.scalar(select(Meeting).where(Meeting.id == key).with_for_update())
    if row is None or row.closed_at is None or actor.role is not Role.DIRECTOR:
        raise NotFound
    if row.version != version:
        raise Stale(current=row)
    row.closed_at = row.closed_by_id = None
    row.version += 1
    _touch(actor, at, row)
    history.record(actor, at, "meeting_reopened", row, after={"title": row.title})
    return row


def _check(wanted: Called) -> None:
    faults = Faults()
    chair = db.session.get(User, wanted.chair_id)
    if chair is None or not chair.is_active or chair.role not in (*LEADERS, Role.UNIT_HEAD):
        faults.add("chair", "chair", _l("请从列表中选择"))
    recorder = db.session.get(User, wanted.recorder_id)
    if recorder is None or not recorder.is_active or recorder.role not in LEAD_WRITERS:
        faults.add("recorder", "recorder", _l("请从列表中选择"))
    faults.raise_if_any()


def _touch(actor: Actor, at: datetime, row: Meeting) -> None:
    """Count the change, so that every other screen learns that there was one."""
    row.changes += 1
    row.changed_at, row.changed_by_id = at, actor.id


# --- the agenda ---


def add_item(
    actor: Actor, at: datetime, key: int, *,
    title: str | None = None, lead_id: int | None = None, instruction_id: int | None = None,
) -> MeetingItem:  # fmt: skip
    """Put something on the agenda: words, a lead or an instruction. Raises NotFound, Refused.

    A sensitive lead is refused: the page is shown on a wall and printed.
    """
    row = access.meeting_to_keep(actor, key)
    faults = Faults()
    if lead_id is not None and lead_for(actor, lead_id).is_sensitive:
        faults.add("title", "sensitive", _l("敏感项目不列入会议页面"))
    if instruction_id is not None:
        access.instruction_for(actor, instruction_id)
    if lead_id is None and instruction_id is None and not title:
        faults.add("title", "empty", _l("请填写"))
    count, last = db.session.execute(
        select(func.count(), func.max(MeetingItem.position)).where(MeetingItem.meeting_id == key)
    ).one()
    if count >= MOST_ITEMS:
        faults.add("title", "too_many", _l("议题太多了"))
    about = (MeetingItem.lead_id, lead_id), (MeetingItem.instruction_id, instruction_id)
    for column, value in about:
        if value is not None and db.session.scalar(
            select(MeetingItem.id).where(MeetingItem.meeting_id == key, column == value).limit(1)
        ):
            faults.add("title", "twice", _l("已在议题中"))
    faults.raise_if_any()
    item = MeetingItem(
        meeting_id=key,
        position=(last or 0) + 1,
        title=None if lead_id or instruction_id else title,
        lead_id=lead_id,
        instruction_id=instruction_id,
        is_done=False,
        version=1,
    )
    db.session.add(item)
    db.session.flush()
    _touch(actor, at, row)
    history.record(
        actor, at, "meeting_item_added", item,
        after={"meeting": row.title, **({"lead_id": lead_id} if lead_id else {"title": item.title})},
        lead_id=lead_id,
    )  # fmt: skip
    return item


def tick(actor: Actor, at: datetime, item_id: int, *, is_done: bool) -> MeetingItem:
    """An item has been dealt with, or not yet. Two who tick the same mean the same. Raises NotFound."""
    item, row = _item(actor, item_id)
    if item.is_done != is_done:
        item.is_done = is_done
        history.record_changes(actor, at, "meeting_item_ticked", item, lead_id=item.lead_id)
        item.version += 1
        _touch(actor, at, row)
    return item


def move_up(actor: Actor, at: datetime, item_id: int) -> MeetingItem:
    """One place further up the agenda; the first one stays. Raises NotFound."""
    item, row = _item(actor, item_id)
    items = list(
        db.session.scalars(
            select(MeetingItem)
            .where(MeetingItem.meeting_id == row.id)
            .order_by(MeetingItem.position, MeetingItem.id)
        )
    )
    place = items.index(item)
    if place:
        items[place - 1], items[place] = items[place], items[place - 1]
        for number, each in enumerate(items, start=1):
            each.position = number
        history.record(actor, at, "meeting_item_moved", item, after={"position": place})
        _touch(actor, at, row)
    return item


def remove_item(actor: Actor, at: datetime, item_id: int) -> Meeting:
    """Take an item off the agenda; one with lines of minutes stays. Raises NotFound, Refused."""
    item, row = _item(actor, item_id)
    if db.session.scalar(select(MeetingLine.id).where(MeetingLine.item_id == item.id).limit(1)):
        raise Refused([Fault("", "has_lines", _l("这个议题下已有记录，不能移除"))])
    history.record(
        actor, at, "meeting_item_removed", item,
        before={"meeting": row.title, "title": item.title}, lead_id=item.lead_id,
    )  # fmt: skip
    db.session.delete(item)
    _touch(actor, at, row)
    return row


def _item(actor: Actor, item_id: int) -> tuple[MeetingItem, Meeting]:
    meeting_id = db.session.scalar(select(MeetingItem.meeting_id).where(MeetingItem.id == item_id))
    if meeting_id is None:
        raise NotFound
    row = access.meeting_to_keep(actor, meeting_id)
    item = db.session.get(MeetingItem, item_id, populate_existing=True)
    if item is None:  # removed while we waited
        raise NotFound
    return item, row


# --- the minutes ---


def add_line(
    actor: Actor, at: datetime, key: int, body: str, item_id: int | None = None
) -> MeetingLine:
    """One more line of the minutes, under an item or under none. Raises NotFound, Refused."""
    row = access.meeting_to_keep(actor, key)
    if item_id is not None:
        item = db.session.get(MeetingItem, item_id)
        if item is None or item.meeting_id != key:
            raise NotFound
    count, last = db.session.execute(
        select(func.count(), func.max(MeetingLine.position)).where(MeetingLine.meeting_id == key)
    ).one()
    if count >= MOST_LINES:
        raise Refused([Fault("body", "too_many", _l("记录太多了"))])
    line = MeetingLine(
        meeting_id=key,
        item_id=item_id,
        position=(last or 0) + 1,
        body=body,
        written_by_id=actor.id,
        written_at=at,
        version=1,
    )
    db.session.add(line)
    db.session.flush()
    _touch(actor, at, row)
    history.record(actor, at, "meeting_line_added", line, after={"body": body})
    return line


def write_line(actor: Actor, at: datetime, line_id: int, version: int, body: str) -> MeetingLine:
    """Change a line. Raises NotFound, and Stale with what the other wrote."""
    line, row = _line(actor, line_id)
    if line.version != version:
        by = db.session.get(User, row.changed_by_id) if row.changed_by_id else None
        theirs = TheirChange(
            "body", None, line.body, by.name if by else "", row.changed_at or line.written_at
        )
        raise Stale(current=line, changes=[theirs], yours={"body": body})
    if line.body != body:
        line.body, line.written_by_id, line.written_at = body, actor.id, at
        history.record_changes(actor, at, "meeting_line_changed", line)
        line.version += 1
        _touch(actor, at, row)
    return line


def remove_line(actor: Actor, at: datetime, line_id: int, version: int) -> Meeting:
    """Strike a line out; one that became an instruction stays. Raises NotFound, Refused, Stale."""
    line, row = _line(actor, line_id)
    if line.version != version:
        raise Stale(current=line)
    if line.instruction_id is not None:
        raise Refused([Fault("", "instructed", _l("这条记录已转为交办单，不能删除"))])
    history.record(actor, at, "meeting_line_removed", line, before={"body": line.body})
    db.session.delete(line)
    _touch(actor, at, row)
    return row


def instruct(
    actor: Actor, at: datetime, line_id: int, wanted: NewInstruction, *, today: date
) -> Instruction:
    """Make a line of the minutes an instruction. Raises NotFound, Refused.

    Who keeps the minutes enters what the chair says: it is the chair's instruction then.
    """
    line, row = _line(actor, line_id)
    if line.instruction_id is not None:
        raise Refused([Fault("", "instructed", _l("这条记录已转为交办单"))])
    giver = actor
    if actor.role is not Role.DIRECTOR and actor.id == row.recorder_id:
        giver = actor_by_id(row.chair_id) or actor
    given = issue(actor, at, wanted, today=today, giver=giver)
    line.instruction_id = given.id
    line.version += 1
    _touch(actor, at, row)
    return given


def _line(actor: Actor, line_id: int) -> tuple[MeetingLine, Meeting]:
    meeting_id = db.session.scalar(select(MeetingLine.meeting_id).where(MeetingLine.id == line_id))
    if meeting_id is None:
        raise NotFound
    row = access.meeting_to_keep(actor, meeting_id)
    line = db.session.get(MeetingLine, line_id, populate_existing=True)
    if line is None:
        raise NotFound
    return line, row
