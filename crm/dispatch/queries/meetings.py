"""Meetings as their page, their minutes and the list of them show them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.rules import LEADERS, Actor, Role
from crm.core.db import db, rows_of
from crm.core.errors import NotFound
from crm.core.lists import Order, Page, keyset_page
from crm.core.search import contains, terms
from crm.dispatch.access import may_see, may_see_meeting
from crm.dispatch.models import Instruction, Meeting, MeetingItem, MeetingLine
from crm.dispatch.queries.instructions import in_words
from crm.dispatch.rules import STATES, Standing
from crm.enterprises.rules import search_text
from crm.leads.access import may_see as may_see_lead
from crm.leads.models import Lead

BY_DAY = Order("day", Meeting.held_on, True, date.fromisoformat, False)
FOUND = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the minutes; `instruction` is its number, year and state where it became one."""

    id: int
    item_id: int | None
    body: str
    version: int
    written_by: str
    instruction: Row[*tuple[Any, ...]] | None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the agenda with its lines. Of a lead the reader may not see, `title` is None."""

    id: int
    title: str | None
    lead_id: int | None
    instruction_id: int | None
    is_done: bool
    version: int
    lines: tuple[Line, ...]
    owner_id: int | None = None
    department_id: int | None = None


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """Everything the page of one meeting shows, in six queries however long it is."""

    meeting: Row[*tuple[Any, ...]]
    items: tuple[Item, ...]
    lines: tuple[Line, ...]  # under no item
    last: Row[*tuple[Any, ...]] | None  # the meeting before
    before: tuple[Row[*tuple[Any, ...]], ...]  # what it gave, and what still runs of earlier ones
    given: tuple[Row[*tuple[Any, ...]], ...]


_chair, _recorder, _changed_by = aliased(User), aliased(User), aliased(User)


def _in_words() -> Any:
    return (
        select(
            Meeting.id,
            Meeting.title,
            Meeting.held_on,
            Meeting.place,
            Meeting.attendees,
            Meeting.chair_id,
            Meeting.recorder_id,
            Meeting.closed_at,
            Meeting.changes,
            Meeting.changed_at,
            Meeting.changed_by_id,
            Meeting.version,
            _chair.name.label("chair"),
            _recorder.name.label("recorder"),
            _changed_by.name.label("changed_by"),
        )
        .select_from(Meeting)
        .join(_chair, _chair.id == Meeting.chair_id)
        .join(_recorder, _recorder.id == Meeting.recorder_id)
        .outerjoin(_changed_by, _changed_by.id == Meeting.changed_by_id)
    )


def meetings_page(actor: Actor, cursor: str | None) -> Page:
    """The meetings this person may read, the latest first. Raises CursorError."""
    given = (
        select(func.count()).where(Instruction.meeting_id == Meeting.id).scalar_subquery()
    ).label("given")
    running = (
        select(func.count())
        .where(
            Instruction.meeting_id == Meeting.id,
            Instruction.state.in_(STATES[Standing.RUNNING]),
        )
        .scalar_subquery()
    ).label("running")
    statement = _in_words().add_columns(given, running).where(may_see_meeting(actor))
    return keyset_page(db.session(), statement, BY_DAY, Meeting.id, cursor)


def meeting_page(actor: Actor, meeting_id: int) -> MeetingPage:
    """The page of a meeting; whether the reader may see it was asked before."""
    meeting = rows_of(_in_words().where(Meeting.id == meeting_id)).one()
    lines = _lines(meeting_id)
    by_item: dict[int | None, list[Line]] = defaultdict(list)
    for line in lines:
        by_item[line.item_id].append(line)
    last = rows_of(
        select(Meeting.id, Meeting.title, Meeting.held_on)
        .where(
            may_see_meeting(actor),
            or_(
                Meeting.held_on < meeting.held_on,
                and_(Meeting.held_on == meeting.held_on, Meeting.id < meeting.id),
            ),
        )
        .order_by(Meeting.held_on.desc(), Meeting.id.desc())
        .limit(1)
    ).one_or_none()
    return MeetingPage(
        meeting,
        tuple(_items(actor, meeting_id, by_item)),
        tuple(by_item[None]),
        last,
        tuple(_before(actor, meeting, last)),
        tuple(
            rows_of(
                in_words()
                .where(Instruction.meeting_id == meeting_id, may_see(actor))
                .order_by(Instruction.year, Instruction.number)
            )
        ),
    )


def _lines(meeting_id: int) -> list[Line]:
    statement = (
        select(
            MeetingLine.id,
            MeetingLine.item_id,
            MeetingLine.body,
            MeetingLine.version,
            User.name.label("written_by"),
            Instruction.id.label("instruction_id"),
            Instruction.year,
            Instruction.number,
            Instruction.state,
            Instruction.due_on,
        )
        .select_from(MeetingLine)
        .join(User, User.id == MeetingLine.written_by_id)
        .outerjoin(Instruction, Instruction.id == MeetingLine.instruction_id)
        .where(MeetingLine.meeting_id == meeting_id)
        .order_by(MeetingLine.position, MeetingLine.id)
    )
    return [
        Line(
            row.id, row.item_id, row.body, row.version, row.written_by,
            row if row.instruction_id else None,
        )
        for row in rows_of(statement)
    ]  # fmt: skip


def _items(actor: Actor, meeting_id: int, lines: dict[int | None, list[Line]]) -> list[Item]:
    about = aliased(Instruction)
    statement = (
        select(
            MeetingItem.id,
            MeetingItem.title,
            MeetingItem.lead_id,
            MeetingItem.instruction_id,
            MeetingItem.is_done,
            MeetingItem.version,
            Lead.title.label("lead"),
            Lead.owner_id,
            Lead.department_id,
            about.matter,
            about.person_id,
            about.department_id.label("asked_unit"),
        )
        .select_from(MeetingItem)
        .outerjoin(Lead, and_(Lead.id == MeetingItem.lead_id, may_see_lead(actor)))
        .outerjoin(about, about.id == MeetingItem.instruction_id)
        .where(MeetingItem.meeting_id == meeting_id)
        .order_by(MeetingItem.position, MeetingItem.id)
    )
    return [
        Item(
            row.id,
            row.lead if row.lead_id else row.matter if row.instruction_id else row.title,
            row.lead_id if row.lead else None,
            row.instruction_id,
            row.is_done,
            row.version,
            tuple(lines[row.id]),
            row.owner_id or row.person_id,
            row.department_id or row.asked_unit,
        )
        for row in rows_of(statement)
    ]


def _before(actor: Actor, meeting: Any, last: Any) -> Sequence[Any]:
    """What the last meeting gave, done or not, and what still runs of the meetings before it."""
    earlier = aliased(Meeting)
    of_last = Instruction.meeting_id == (last.id if last else 0)
    runs = and_(
        Instruction.meeting_id != meeting.id,
        Instruction.state.in_(STATES[Standing.RUNNING]),
        earlier.held_on <= meeting.held_on,
    )
    return rows_of(
        in_words()
        .join(earlier, earlier.id == Instruction.meeting_id)
        .where(or_(of_last, runs), may_see(actor))
        .order_by(
            of_last.desc(), Department.position, Department.id, Instruction.due_on, Instruction.id
        )
    ).all()


def changes_of(meeting_id: int) -> Row[*tuple[Any, ...]]:
    """(changes, changed_at, changed_by_id, changed_by) of a meeting, for a screen that looks again."""
    return rows_of(
        select(Meeting.changes, Meeting.changed_at, Meeting.changed_by_id, User.name.label("by"))
        .outerjoin(User, User.id == Meeting.changed_by_id)
        .where(Meeting.id == meeting_id)
    ).one()


def written_by_others(
    meeting_id: int, actor: Actor, since: datetime
) -> Row[*tuple[Any, ...]] | None:
    """(by, written_at) of the last line somebody else wrote since a moment; None where nobody has."""
    return rows_of(
        select(User.name.label("by"), MeetingLine.written_at)
        .join(User, User.id == MeetingLine.written_by_id)
        .where(
            MeetingLine.meeting_id == meeting_id,
            MeetingLine.written_by_id != actor.id,
            MeetingLine.written_at > since,
        )
        .order_by(MeetingLine.written_at.desc())
        .limit(1)
    ).one_or_none()


def meeting_of_item(item_id: int) -> int:
    """Raises NotFound."""
    found = db.session.scalar(select(MeetingItem.meeting_id).where(MeetingItem.id == item_id))
    if found is None:
        raise NotFound
    return found


def meeting_of_line(line_id: int) -> int:
    """Raises NotFound."""
    return line_by_id(line_id).meeting_id


def line_by_id(line_id: int) -> MeetingLine:
    """The line, to show in a form. Raises NotFound."""
    found = db.session.get(MeetingLine, line_id)
    if found is None:
        raise NotFound
    return found


def asked_of(actor: Actor, line: MeetingLine) -> tuple[int | None, int | None, int | None]:
    """(lead, person, unit) an instruction out of this line is filled in with: its item's."""
    if line.item_id is None:
        return None, None, None
    row = rows_of(
        select(
            Lead.id,
            func.coalesce(Lead.owner_id, Instruction.person_id).label("person"),
            func.coalesce(Lead.department_id, Instruction.department_id).label("unit"),
        )
        .select_from(MeetingItem)
        .outerjoin(Instruction, Instruction.id == MeetingItem.instruction_id)
        .outerjoin(
            Lead,
            and_(
                Lead.id == func.coalesce(MeetingItem.lead_id, Instruction.lead_id),
                may_see_lead(actor),
            ),
        )
        .where(MeetingItem.id == line.item_id)
    ).one()
    return row.id, row.person, row.unit


# --- pick lists ---


def chairs() -> list[tuple[int, str]]:
    """Whoever may chair: leaders in their order, then unit heads."""
    return _people((*LEADERS, Role.UNIT_HEAD))


def recorders() -> list[tuple[int, str]]:
    """Whoever may keep the minutes."""
    return _people((Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR))


def _people(roles: tuple[Role, ...]) -> list[tuple[int, str]]:
    rows = rows_of(
        select(User.id, User.name, User.role, Department.name.label("unit"))
        .outerjoin(Department, Department.id == User.department_id)
        .where(User.is_active, User.role.in_(roles))
        .order_by(func.coalesce(User.position, 10_000), Department.position, User.name, User.id)
    )
    return [
        (row.id, f"{row.name}（{row.unit}）" if row.unit else row.name)
        for row in sorted(rows, key=lambda row: roles.index(row.role))
    ]


def leads_called(actor: Actor, text: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """Leads this person sees whose names hold these words, sensitive ones left out."""
    words = terms(text, search_text)
    if not words:
        return ()
    return rows_of(
        select(Lead.id, Lead.title)
        .where(may_see_lead(actor), Lead.is_sensitive.is_(False), contains(Lead.search_text, words))
        .order_by(Lead.last_progress_on.desc(), Lead.id.desc())
        .limit(FOUND)
    ).all()


def meant_by(actor: Actor, typed: str) -> tuple[int | None, int | None]:
    """(lead, instruction) that an item's words name exactly: a lead's name, or a number as 2026-017."""
    year, dash, number = typed.partition("-")
    if dash and all(each.isascii() and each.isdigit() and len(each) < 7 for each in (year, number)):
        found = db.session.scalar(
            select(Instruction.id).where(
                Instruction.year == int(year), Instruction.number == int(number), may_see(actor)
            )
        )
        if found is not None:
            return None, found
    leads = db.session.scalars(
        select(Lead.id)
        .where(Lead.title == typed, may_see_lead(actor), Lead.is_sensitive.is_(False))
        .limit(2)
    ).all()
    return (leads[0] if len(leads) == 1 else None), None


def open_meetings(actor: Actor) -> Sequence[Row[int, str, date]]:
    """Meetings still to be held or not closed yet, the next first."""
    return rows_of(
        select(Meeting.id, Meeting.title, Meeting.held_on)
        .where(Meeting.closed_at.is_(None), may_see_meeting(actor))
        .order_by(Meeting.held_on, Meeting.id)
        .limit(5)
    ).all()
