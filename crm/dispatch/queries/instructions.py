"""Instructions as lists, pages and mails show them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, not_, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.rules import LEAD_WRITERS, Actor
from crm.core.bulk import among, chunked
from crm.core.db import db, rows_of
from crm.core.lists import Order, Page, capped_count, keyset_page
from crm.dispatch.access import may_see
from crm.dispatch.models import Instruction, InstructionEntry, Meeting
from crm.dispatch.rules import (
    BARELY_BEGUN,
    NEARLY_DONE,
    STATES,
    Cutoffs,
    InstructionState,
    Light,
    Scope,
    Standing,
)
from crm.leads.access import may_see as may_see_lead
from crm.leads.models import Lead

_person, _leader, _issuer = aliased(User), aliased(User), aliased(User)
BY_DUE_DAY = Order("due", Instruction.due_on, False, date.fromisoformat, False)
NEWEST = Order("newest", Instruction.due_on, True, date.fromisoformat, False)
MOST_EXPORTED = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of instructions is narrowed to."""

    scope: Scope = Scope.ALL
    standing: Standing = Standing.RUNNING
    light: Light | None = None
    department_id: int | None = None
    meeting_id: int | None = None
    lead_id: int | None = None


def in_words() -> Select[*tuple[Any, ...]]:
    """Instructions with the names of everybody and everything they point to."""
    return (
        select(
            Instruction.id,
            Instruction.year,
            Instruction.number,
            Instruction.matter,
            Instruction.state,
            Instruction.issued_on,
            Instruction.due_on,
            Instruction.progress,
            Instruction.next_step,
            Instruction.replied_on,
            Instruction.closed_on,
            Instruction.lead_id,
            Instruction.meeting_id,
            Instruction.department_id,
            Instruction.person_id,
            Instruction.leader_id,
            Instruction.issued_by_id,
            Instruction.version,
            Lead.title.label("lead"),
            Department.name.label("unit"),
            Department.name_en.label("unit_en"),
            Department.position.label("unit_place"),
            _person.name.label("person"),
            _leader.name.label("leader"),
            _issuer.name.label("issued_by"),
        )
        .select_from(Instruction)
        .join(Department, Department.id == Instruction.department_id)
        .join(_person, _person.id == Instruction.person_id)
        .join(_leader, _leader.id == Instruction.leader_id)
        .join(_issuer, _issuer.id == Instruction.issued_by_id)
        .outerjoin(Lead, Lead.id == Instruction.lead_id)
    )


def has_light(light: Light, cutoffs: Cutoffs) -> ColumnElement[bool]:
    """The rule `light_of` as a condition on `instructions`."""
    red = Instruction.due_on < cutoffs.today
    yellow = or_(
        and_(Instruction.due_on <= cutoffs.soon, Instruction.progress < NEARLY_DONE),
        and_(Instruction.due_on <= cutoffs.in_sight, Instruction.progress < BARELY_BEGUN),
    )
    found = {
        Light.RED: red,
        Light.YELLOW: and_(not_(red), yellow),
        Light.GREEN: and_(not_(red), not_(yellow)),
    }[light]
    return and_(Instruction.state == InstructionState.OPEN, found)


def matching(
    actor: Actor, wanted: Wanted, cutoffs: Cutoffs, stands_for: Collection[int] = ()
) -> Select[*tuple[Any, ...]]:
    """The instructions of a list, among those this person sees."""
    conditions = [may_see(actor, stands_for), Instruction.state.in_(STATES[wanted.standing])]
    match wanted.scope:
        case Scope.MINE:
            conditions.append(Instruction.person_id.in_([actor.id, *stands_for]))
        case Scope.ISSUED:
            conditions.append(
                or_(Instruction.issued_by_id == actor.id, Instruction.leader_id == actor.id)
            )
        case Scope.UNIT:
            conditions.append(Instruction.department_id == actor.department_id)
    if wanted.light is not None:
        conditions.append(has_light(wanted.light, cutoffs))
    for column, value in (
        (Instruction.department_id, wanted.department_id),
        (Instruction.meeting_id, wanted.meeting_id),
        (Instruction.lead_id, wanted.lead_id),
    ):
        if value is not None:
            conditions.append(column == value)
    return in_words().where(*conditions)


def page_of(statement: Select[*tuple[Any, ...]], standing: Standing, cursor: str | None) -> Page:
    """One page: what runs by due day, what is over the latest first. Raises CursorError."""
    order = NEWEST if standing in (Standing.OVER, Standing.ANY) else BY_DUE_DAY
    return keyset_page(db.session(), statement, order, Instruction.id, cursor)


def count_of(statement: Select[*tuple[Any, ...]]) -> int:
    """How many, counted no further than a thousand and one."""
    return capped_count(db.session(), statement.with_only_columns(Instruction.id))


def all_of(statement: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every row of a list, for its export."""
    ordered = statement.order_by(Instruction.due_on, Instruction.id).limit(MOST_EXPORTED)
    return rows_of(ordered).all()


def one_in_words(key: int) -> Row[*tuple[Any, ...]]:
    """The instruction with its names; whether the reader may see it was asked before."""
    return rows_of(in_words().where(Instruction.id == key)).one()


def open_of_lead(
    actor: Actor, lead_id: int, stands_for: Collection[int] = ()
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The instructions about a lead that run, the most urgent first."""
    statement = in_words().where(
        Instruction.lead_id == lead_id,
        Instruction.state.in_(STATES[Standing.RUNNING]),
        may_see(actor, stands_for),
    )
    return rows_of(statement.order_by(Instruction.due_on, Instruction.id)).all()


def trail_of(key: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Everything that happened to an instruction, the latest first."""
    by, behalf, old, new = aliased(User), aliased(User), aliased(User), aliased(User)
    return rows_of(
        select(
            InstructionEntry.id,
            InstructionEntry.kind,
            InstructionEntry.at,
            InstructionEntry.body,
            InstructionEntry.progress,
            InstructionEntry.old_due_on,
            InstructionEntry.new_due_on,
            by.name.label("by"),
            behalf.name.label("on_behalf_of"),
            old.name.label("old_person"),
            new.name.label("new_person"),
        )
        .join(by, by.id == InstructionEntry.by_id)
        .outerjoin(behalf, behalf.id == InstructionEntry.on_behalf_of_id)
        .outerjoin(old, old.id == InstructionEntry.old_person_id)
        .outerjoin(new, new.id == InstructionEntry.new_person_id)
        .where(InstructionEntry.instruction_id == key)
        .order_by(InstructionEntry.id.desc())
    ).all()


# --- pick lists ---


def people_to_ask(unit: int | None = None) -> list[tuple[int, str, int | None]]:
    """(id, name with unit, unit's id) of everybody an instruction may be given to."""
    statement = (
        select(User.id, User.name, User.department_id, Department.name.label("unit"))
        .join(Department, Department.id == User.department_id)
        .where(User.is_active, User.role.in_(LEAD_WRITERS), Department.is_active)
        .order_by(Department.position, Department.id, User.name, User.id)
    )
    if unit is not None:
        statement = statement.where(User.department_id == unit)
    return [(key, f"{name}（{of}）", dept) for key, name, dept, of in rows_of(statement)]


def lead_to_ask_about(actor: Actor, lead_id: int) -> Row[*tuple[Any, ...]] | None:
    """What an instruction about a lead is filled in with; None if this person does not see it."""
    return rows_of(
        select(
            Lead.id, Lead.title, Lead.owner_id, Lead.department_id, Lead.sponsor_id,
            Lead.next_action, Lead.is_sensitive,
        ).where(Lead.id == lead_id, may_see_lead(actor))
    ).one_or_none()  # fmt: skip


# --- for reminders and mails ---


def open_days(
    leads: Collection[int] | None = None,
) -> Iterator[tuple[int, date, int | None, int, int, int, bool]]:
    """Every open instruction as a clock: (id, due day, lead, person, unit, leader, is sensitive).

    Of the leads named, or of all. One about a lead whose way has ended still binds.
    """
    statement = (
        select(
            Instruction.id,
            Instruction.due_on,
            Instruction.lead_id,
            Instruction.person_id,
            Instruction.department_id,
            Instruction.leader_id,
            Lead.is_sensitive,
        )
        .outerjoin(Lead, Lead.id == Instruction.lead_id)
        .where(Instruction.state == InstructionState.OPEN)
        .order_by(Instruction.id)
    )
    if leads is not None:
        statement = statement.where(among(Instruction.lead_id, leads))
    for key, due_on, lead, person, unit, leader, is_sensitive in rows_of(statement):
        yield key, due_on, lead, person, unit, leader, bool(is_sensitive)


def titles(keys: Collection[int]) -> dict[int, tuple[str, str | None]]:
    """(matter, next step) of instructions, by id."""
    found: dict[int, tuple[str, str | None]] = {}
    for some in chunked(keys):
        for key, matter, next_step in rows_of(
            select(Instruction.id, Instruction.matter, Instruction.next_step).where(
                Instruction.id.in_(some)
            )
        ):
            found[key] = (matter, next_step)
    return found


def entries_told(keys: Collection[int]) -> dict[int, Row[*tuple[Any, ...]]]:
    """Steps of trails with their instructions, as a mail tells them, by the step's id."""
    by = aliased(User)
    statement = (
        in_words()
        .add_columns(
            InstructionEntry.id.label("entry_id"),
            InstructionEntry.kind,
            InstructionEntry.body,
            InstructionEntry.progress.label("progress_then"),
            InstructionEntry.old_due_on,
            InstructionEntry.new_due_on,
            InstructionEntry.old_person_id,
            by.name.label("by"),
            func.coalesce(Lead.is_sensitive, false()).label("is_sensitive"),
        )
        .join(InstructionEntry, InstructionEntry.instruction_id == Instruction.id)
        .join(by, by.id == InstructionEntry.by_id)
    )
    found = {}
    for some in chunked(keys):
        for row in rows_of(statement.where(InstructionEntry.id.in_(some))):
            found[row.entry_id] = row
    return found


def of_week(
    actor: Actor, monday: date, sunday: date, today: date, stands_for: Collection[int] = ()
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What was given in a week, or was due or closed in it, or is late since: by unit.

    Instructions about sensitive leads are left out for everybody: the brief is read out.
    """
    of_the_week = or_(
        Instruction.issued_on.between(monday, sunday),
        Instruction.due_on.between(monday, sunday),
        Instruction.closed_on.between(monday, sunday),
        and_(Instruction.state == InstructionState.OPEN, Instruction.due_on < today),
        Instruction.state == InstructionState.REPLIED,
    )
    return rows_of(
        in_words()
        .where(
            may_see(actor, stands_for),
            of_the_week,
            Instruction.state != InstructionState.WITHDRAWN,
            or_(Lead.id.is_(None), Lead.is_sensitive.is_(False)),
        )
        .order_by(Department.position, Department.id, Instruction.due_on, Instruction.id)
    ).all()


def of_meeting(meeting_id: int, actor: Actor) -> Sequence[Row[*tuple[Any, ...]]]:
    """What was given in a meeting, in the order it was given, as far as this person sees it."""
    return rows_of(
        in_words()
        .where(Instruction.meeting_id == meeting_id, may_see(actor))
        .order_by(Instruction.number)
    ).all()


def meetings_to_narrow_by() -> Sequence[Row[int, str, date]]:
    """(id, title, day) of the latest meetings, for a list's filter."""
    return rows_of(
        select(Meeting.id, Meeting.title, Meeting.held_on)
        .order_by(Meeting.held_on.desc(), Meeting.id.desc())
        .limit(20)
    ).all()
