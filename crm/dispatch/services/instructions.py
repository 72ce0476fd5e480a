"""Instructions: given, answered, extended, closed; each step a row, each told to whom it concerns."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import Department, User
from crm.accounts.rules import LEAD_WRITERS, LEADERS, Actor, Role
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import db
from crm.core.errors import Fault, Faults, NotFound, Refused, Stale
from crm.dispatch import access
from crm.dispatch.models import Instruction, InstructionEntry
from crm.dispatch.rules import (
    ALLOWED,
    TOLD_FROM,
    EntryKind,
    InstructionState,
    Verb,
    may_issue_to,
    number_text,
    told_on,
    verbs,
)
from crm.history import services as history
from crm.leads.access import lead_for
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind
from crm.outbox import posting
from crm.outbox.rules import DeliveryKind

TRIES = 5
"""Two instructions given in the same moment ask for the same number; the second asks again."""


@dataclass(frozen=True, slots=True)
class NewInstruction:
    """What an instruction says when it is given."""

    matter: str
    department_id: int
    person_id: int
    leader_id: int
    due_on: date
    lead_id: int | None = None
    meeting_id: int | None = None
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an instruction as somebody asks for it. `version` is the one they have seen."""

    version: int
    body: str | None = None
    progress: int | None = None
    next_step: str | None = None
    due_on: date | None = None
    department_id: int | None = None
    person_id: int | None = None


# --- giving ---


def issue(
    actor: Actor, at: datetime, wanted: NewInstruction, *, today: date, giver: Actor | None = None
) -> Instruction:
    """Give an instruction and tell the responsible person. Raises NotFound (lead), Refused.

    `giver` is whoever gives it where somebody else enters it: the chair of a meeting.
    """
    giver = giver or actor
    lead = lead_for(actor, wanted.lead_id) if wanted.lead_id is not None else None
    faults = Faults()
    _check_parties(giver, wanted.department_id, wanted.person_id, lead, faults)
    _check_leader(giver, wanted.leader_id, lead, faults)
    if wanted.due_on < today:
        faults.add("due_on", "past", _l("办结时限不能早于今天"))
    faults.raise_if_any()
    row = _numbered(
        Instruction(
            year=today.year,
            number=0,
            matter=wanted.matter,
            lead_id=wanted.lead_id,
            meeting_id=wanted.meeting_id,
            department_id=wanted.department_id,
            person_id=wanted.person_id,
            leader_id=wanted.leader_id,
            issued_by_id=giver.id,
            issued_on=today,
            due_on=wanted.due_on,
            progress=0,
            next_step=wanted.next_step,
            state=InstructionState.OPEN,
            created_at=at,
            version=1,
        )
    )
    history.record(
        actor, at, "instruction_issued", row,
        after={
            "number": number_text(row.year, row.number), "matter": row.matter,
            "person": _name(row.person_id), "due_on": row.due_on,
        },
        lead_id=row.lead_id, department_id=row.department_id,
    )  # fmt: skip
    entry = _entry(actor, at, row, EntryKind.ISSUED, new_due_on=row.due_on, progress=0)
    _tell(actor, at, entry, [row.person_id])
    return row


def _name(person_id: int) -> str | None:
    person = db.session.get(User, person_id)
    return person.name if person else None


def _check_parties(
    actor: Actor, department_id: int, person_id: int, lead: Lead | None, faults: Faults
) -> None:
    """Unit and person are at work and belong together, and the person may know of the lead."""
    unit = db.session.get(Department, department_id)
    if unit is None or not unit.is_active:
        faults.add("department", "department", _l("请从列表中选择"))
    elif not may_issue_to(actor.role, actor.department_id, department_id):
        faults.add("department", "not_yours", _l("只能交办给本单位"))
    person = db.session.get(User, person_id)
    if person is None or not person.is_active or person.role not in LEAD_WRITERS:
        faults.add("person", "person", _l("请选择在岗的办理人员"))
    elif person.department_id != department_id:
        faults.add("person", "other_unit", _l("责任人不在所选的责任单位"))
    elif lead is not None and lead.is_sensitive and person_id not in _named(lead.id):
        faults.add("person", "not_named", _l("这是敏感项目，责任人须在知悉名单内"))


def _check_leader(actor: Actor, leader_id: int, lead: Lead | None, faults: Faults) -> None:
    leader = db.session.get(User, leader_id)
    is_leader = leader is not None and leader.is_active and leader.role in LEADERS
    if not is_leader and leader_id != actor.id:
        faults.add("leader", "leader", _l("请从列表中选择"))
    elif lead is not None and lead.is_sensitive and leader_id not in _named(lead.id):
        faults.add("leader", "not_named", _l("这是敏感项目，责任领导须在知悉名单内"))


def _named(lead_id: int) -> frozenset[int]:
    return frozenset(
        db.session.scalars(
            select(LeadMember.user_id).where(
                LeadMember.lead_id == lead_id, LeadMember.kind == MembershipKind.NAMED
            )
        )
    )


def _numbered(row: Instruction) -> Instruction:
    """Store it under the next number of its year."""
    for left in reversed(range(TRIES)):
        last = db.session.scalar(
            select(func.max(Instruction.number)).where(Instruction.year == row.year)
        )
        row.number = (last or 0) + 1
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:
            if not left:
                raise
            continue
        break
    return row


# --- every further step ---


def progress(
    actor: Actor, at: datetime, key: int, step: Step, stands_for: Collection[int] = ()
) -> Instruction:
    """Say how far it is and what comes next. Raises NotFound, Refused, Stale."""
    row = _begun(actor, key, step, Verb.PROGRESS, stands_for)
    faults = Faults()
    if step.progress is None and not step.body and step.next_step == row.next_step:
        faults.add("body", "nothing", _l("请写进展，或改进度、下一步"))
    faults.raise_if_any()
    if step.progress is not None:
        row.progress = step.progress
    row.next_step = step.next_step
    _done(actor, at, row, EntryKind.PROGRESS, step, stands_for)
    return row


def reply(
    actor: Actor, at: datetime, key: int, step: Step, *, today: date,
    stands_for: Collection[int] = (),
) -> Instruction:  # fmt: skip
    """Answer it (回执): its clock stops, and whoever gave it is told. Raises NotFound, Refused, Stale."""
    row = _begun(actor, key, step, Verb.REPLY, stands_for)
    _needs_body(step, _l("请写办理结果"))
    row.state, row.replied_on = InstructionState.REPLIED, today
    if step.progress is not None:
        row.progress = step.progress
    entry = _done(actor, at, row, EntryKind.REPLY, step, stands_for)
    readers = [row.issued_by_id]
    leader = db.session.get(User, row.leader_id)
    if leader is not None and leader.role is Role.DIRECTOR:
        readers.append(leader.id)
    _tell(actor, at, entry, readers)
    return row


def extend(actor: Actor, at: datetime, key: int, step: Step, *, today: date) -> Instruction:
    """Give it more time, with the reason. Raises NotFound, Refused, Stale."""
    row = _begun(actor, key, step, Verb.EXTEND)
    faults = Faults()
    if step.due_on is None:
        faults.add("due_on", "empty", _l("请填写"))
    elif step.due_on <= row.due_on:
        faults.add("due_on", "not_later", _l("新时限须晚于原时限"))
    elif step.due_on < today:
        faults.add("due_on", "past", _l("办结时限不能早于今天"))
    if not step.body:
        faults.add("body", "empty", _l("请写延期理由"))
    faults.raise_if_any()
    assert step.due_on is not None
    old, row.due_on = row.due_on, step.due_on
    entry = _done(actor, at, row, EntryKind.EXTENDED, step, old_due_on=old, new_due_on=row.due_on)
    _tell(actor, at, entry, [row.person_id])
    return row


def reassign(actor: Actor, at: datetime, key: int, step: Step) -> Instruction:
    """Make it another person's. Raises NotFound, Refused, Stale."""
    row = _begun(actor, key, step, Verb.REASSIGN)
    lead = db.session.get(Lead, row.lead_id) if row.lead_id else None
    faults = Faults()
    if step.department_id is None:
        faults.add("department", "empty", _l("请填写"))
    if step.person_id is None:
        faults.add("person", "empty", _l("请填写"))
    faults.raise_if_any()
    assert step.department_id is not None
    assert step.person_id is not None
    _check_parties(actor, step.department_id, step.person_id, lead, faults)
    if step.person_id == row.person_id and step.department_id == row.department_id:
        faults.add("person", "same", _l("责任人没有变化"))
    faults.raise_if_any()
    old = row.person_id
    row.department_id, row.person_id = step.department_id, step.person_id
    entry = _done(
        actor, at, row, EntryKind.REASSIGNED, step, old_person_id=old, new_person_id=row.person_id
    )
    _tell(actor, at, entry, [row.person_id, old])
    return row


def close(actor: Actor, at: datetime, key: int, step: Step, *, today: date) -> Instruction:
    """办结. Raises NotFound, Refused, Stale."""
    row = _begun(actor, key, step, Verb.CLOSE)
    row.state, row.closed_on, row.progress = InstructionState.CLOSED, today, 100
    entry = _done(actor, at, row, EntryKind.CLOSED, step)
    _tell(actor, at, entry, [row.person_id])
    return row


def send_back(actor: Actor, at: datetime, key: int, step: Step) -> Instruction:
    """The answer does not suffice; its clock runs on. Raises NotFound, Refused, Stale."""
    row = _begun(actor, key, step, Verb.RETURN)
    _needs_body(step, _l("请写还差什么"))
    row.state, row.replied_on = InstructionState.OPEN, None
    entry = _done(actor, at, row, EntryKind.RETURNED, step)
    _tell(actor, at, entry, [row.person_id])
    return row


def reopen(actor: Actor, at: datetime, key: int, step: Step, *, today: date) -> Instruction:
    """What was closed or withdrawn runs again, with the reason and where it is late a new due day.

    Raises NotFound, Refused, Stale.
    """
    row = _begun(actor, key, step, Verb.REOPEN)
    _needs_body(step, _l("请写重新办理的理由"))
    old = row.due_on
    if step.due_on is not None and step.due_on != row.due_on:
        row.due_on = step.due_on
    if row.due_on < today:
        raise Refused([Fault("due_on", "past", _l("办结时限不能早于今天"))])
    row.state, row.closed_on, row.replied_on = InstructionState.OPEN, None, None
    row.progress = min(row.progress, 99)
    entry = _done(actor, at, row, EntryKind.REOPENED, step, old_due_on=old, new_due_on=row.due_on)
    _tell(actor, at, entry, [row.person_id])
    return row


def withdraw(actor: Actor, at: datetime, key: int, step: Step, *, today: date) -> Instruction:
    """Given by mistake, or overtaken: it binds nobody any more. Raises NotFound, Refused, Stale."""
    row = _begun(actor, key, step, Verb.WITHDRAW)
    _needs_body(step, _l("请写撤销理由"))
    row.state, row.closed_on = InstructionState.WITHDRAWN, today
    entry = _done(actor, at, row, EntryKind.WITHDRAWN, step)
    _tell(actor, at, entry, [row.person_id])
    return row


def _begun(
    actor: Actor, key: int, step: Step, verb: Verb, stands_for: Collection[int] = ()
) -> Instruction:
    """The instruction, locked, where this person may do that with it now.

    Who may not ever is told 404; who comes too late, because it was closed meanwhile, is told why.
    """
    row = access.instruction_to_change(actor, key, stands_for)
    has = access.powers_of(actor, row, stands_for)
    needed, _states = ALLOWED[verb]
    if needed not in has:
        raise NotFound
    if row.version != step.version:
        raise Stale(current=row)
    if verb not in verbs(has, row.state):
        raise Refused([Fault("", "state", _l("交办单的状态已经变化，这一步办不了"))])
    return row


def _needs_body(step: Step, words: object) -> None:
    if not step.body:
        raise Refused([Fault("body", "empty", words)])


def _done(
    actor: Actor,
    at: datetime,
    row: Instruction,
    kind: EntryKind,
    step: Step,
    stands_for: Collection[int] = (),
    **days: object,
) -> InstructionEntry:
    """Record the step in history and trail."""
    history.record_changes(
        actor, at, f"instruction_{kind.value}", row,
        lead_id=row.lead_id, department_id=row.department_id, note=step.body,
    )  # fmt: skip
    row.version += 1
    behalf = row.person_id if row.person_id in stands_for and actor.id != row.person_id else None
    return _entry(
        actor, at, row, kind, body=step.body, progress=row.progress, on_behalf_of_id=behalf, **days
    )


def _entry(
    actor: Actor, at: datetime, row: Instruction, kind: EntryKind, **more: object
) -> InstructionEntry:
    entry = InstructionEntry(instruction_id=row.id, kind=kind, by_id=actor.id, at=at, **more)
    db.session.add(entry)
    db.session.flush()
    return entry


def _tell(actor: Actor, at: datetime, entry: InstructionEntry, readers: Collection[int]) -> None:
    """A message at once to each reader but the one who did it; on a day off the next morning."""
    today = clock.office_day(at)
    day = told_on(work_calendar(), today)
    for reader in sorted(set(readers) - {actor.id}):
        for posted in posting.tell(DeliveryKind.INSTRUCTION, reader, day, at, key=str(entry.id)):
            if day != today:
                posted.next_try_at = clock.office_moment(day, TOLD_FROM)
