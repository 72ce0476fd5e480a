"""Who sees which instruction and which meeting. Lists, pages, exports and counts start here."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, true

from crm.accounts.rules import Actor, Role
from crm.core.db import db
from crm.core.errors import NotFound
from crm.dispatch.models import Instruction, Meeting
from crm.dispatch.rules import MEETING_KEEPERS, Parties, Person, Power, powers
from crm.leads.access import may_see as may_see_lead
from crm.leads.models import Lead, LeadMember
from crm.leads.rules import MembershipKind


def may_see(actor: Actor, stands_for: Collection[int] = ()) -> ColumnElement[bool]:
    """The SQL condition on `instructions` for what this person may read.

    Bureau leaders and the auditor read all, a unit its own, everybody those they gave, answer for or
    (as the leader named) stand behind, and those about a lead they see. One about a sensitive lead is
    seen by the lead's named list alone.
    """
    if actor.role is Role.SYSTEM:
        return true()
    if actor.role not in (
        Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR, Role.DISTRICT_LEADER, Role.AUDITOR,
    ):  # fmt: skip
        return false()
    if actor.role in (Role.DIRECTOR, Role.AUDITOR):
        reach: ColumnElement[bool] = true()
    else:
        reach = or_(
            Instruction.person_id.in_([actor.id, *stands_for]),
            Instruction.issued_by_id == actor.id,
            Instruction.leader_id == actor.id,
            Instruction.department_id == actor.department_id if actor.department_id else false(),
            Instruction.lead_id.in_(select(Lead.id).where(may_see_lead(actor))),
        )
    return and_(reach, not_(_is_kept_from(actor)))


def _is_kept_from(actor: Actor) -> ColumnElement[bool]:
    """Whether it concerns a sensitive lead of which the person may not know."""
    named = exists().where(
        LeadMember.lead_id == Lead.id,
        LeadMember.user_id == actor.id,
        LeadMember.kind == MembershipKind.NAMED,
    )
    return (
        exists()
        .where(Lead.id == Instruction.lead_id, Lead.is_sensitive, not_(named))
        .correlate(Instruction)
    )


def instruction_for(actor: Actor, key: int, stands_for: Collection[int] = ()) -> Instruction:
    """The instruction, to read. Raises NotFound for unknown and forbidden alike."""
    found = db.session.scalar(
        select(Instruction).where(Instruction.id == key, may_see(actor, stands_for))
    )
    if found is None:
        raise NotFound
    return found


def instruction_to_change(actor: Actor, key: int, stands_for: Collection[int] = ()) -> Instruction:
    """The instruction, locked until the transaction ends. Raises NotFound."""
    found = db.session.scalar(
        select(Instruction)
        .where(Instruction.id == key, may_see(actor, stands_for))
        .with_for_update(of=Instruction, key_share=True)
    )
    if found is None:
        raise NotFound
    return found


def powers_of(actor: Actor, of: Instruction, stands_for: Collection[int] = ()) -> frozenset[Power]:
    """What this person may do with an instruction they see."""
    who = Person(actor.id, actor.role, actor.department_id, frozenset(stands_for))
    return powers(who, Parties(of.person_id, of.department_id, of.issued_by_id))


# --- meetings ---


def may_see_meeting(actor: Actor) -> ColumnElement[bool]:
    """Bureau leaders, unit heads and the auditor read every meeting; its recorder and its chair too.

    Names of leads a reader may not see are left out of the page.
    """
    match actor.role:
        case Role.DIRECTOR | Role.UNIT_HEAD | Role.AUDITOR | Role.SYSTEM:
            return true()
        case Role.STAFF | Role.DISTRICT_LEADER:
            return or_(Meeting.recorder_id == actor.id, Meeting.chair_id == actor.id)
        case _:
            return false()


def may_keep(actor: Actor, meeting: Meeting) -> bool:
    """Whether this person writes on the page of a meeting that is not closed."""
    if meeting.closed_at is not None:
        return False
    is_recorder = actor.role is Role.STAFF and meeting.recorder_id == actor.id
    return actor.role in MEETING_KEEPERS or is_recorder


def meeting_for(actor: Actor, key: int) -> Meeting:
    """The meeting, to read. Raises NotFound."""
    found = db.session.scalar(select(Meeting).where(Meeting.id == key, may_see_meeting(actor)))
    if found is None:
        raise NotFound
    return found


def meeting_to_keep(actor: Actor, key: int) -> Meeting:
    """The meeting, to write on, locked until the transaction ends: who writes comes one by one.

    Raises NotFound, also for a meeting that is closed.
    """
    found = db.session.scalar(
        select(Meeting).where(Meeting.id == key, may_see_meeting(actor)).with_for_update()
    )
    if found is None or not may_keep(actor, found):
        raise NotFound
    return found
