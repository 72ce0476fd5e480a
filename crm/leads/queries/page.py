"""Everything one lead's page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor
from crm.chains.models import Chain, Segment
from crm.core.db import db, rows_of
from crm.core.errors import NotFound
from crm.enterprises.models import Contact, Enterprise
from crm.leads.access import may_edit, may_see
from crm.leads.models import (
    Activity,
    AgreedDate,
    Attachment,
    Figure,
    Lead,
    LeadMember,
    Milestone,
    SigningDayChange,
    StageChange,
)
from crm.leads.queries.matching import STATEMENTS_KEPT
from crm.places.models import Carrier, Street, Zone


@dataclass(frozen=True, slots=True)
class LeadPage:
    """Everything a lead's own page shows of the lead itself, read in a fixed number of queries."""

    lead: Any
    figures: Sequence[Any]
    milestones: Sequence[Any]
    stage_days: Mapping[str, date]
    activities: Sequence[Any]
    attachments: Sequence[Any]
    members: Sequence[Any]
    contacts: Sequence[Any]


ACTIVITIES_SHOWN = 20


def _name(column: Any, key: Any, label: str) -> Any:
    """One name of what the lead points to. Fourteen joins would take longer to plan than to run."""
    return select(column).where(column.class_.id == key).scalar_subquery().label(label)


_contract = aliased(Lead)
_OPEN_DATE = (AgreedDate.lead_id == Lead.id, AgreedDate.done_on.is_(None))

# The statements of a lead's page are made once: making and keying them took longer than running them.
_IN_WORDS = select(
    *Lead.__table__.c,
    _name(Enterprise.name, Lead.investor_id, "investor"),
    _name(Enterprise.uscc, Lead.investor_id, "investor_uscc"),
    _name(Enterprise.name, Lead.list_enterprise_id, "list_enterprise"),
    _name(Enterprise.name, Lead.legal_entity_id, "legal_entity"),
    _name(Enterprise.uscc, Lead.legal_entity_id, "legal_entity_uscc"),
    select(_contract.title)
    .where(_contract.id == Lead.contract_lead_id)
    .scalar_subquery()
    .label("contract_lead"),
    _name(Chain.name, Lead.chain_id, "chain"),
    _name(Chain.name_en, Lead.chain_id, "chain_en"),
    _name(Segment.name, Lead.segment_id, "segment"),
    _name(Segment.name_en, Lead.segment_id, "segment_en"),
    _name(Zone.name, Lead.zone_id, "zone"),
    _name(Zone.name_en, Lead.zone_id, "zone_en"),
    _name(Carrier.name, Lead.carrier_id, "carrier"),
    _name(Street.name, Lead.street_id, "street"),
    _name(User.name, Lead.owner_id, "owner"),
    _name(User.name, Lead.sponsor_id, "sponsor"),
    _name(User.name, Lead.created_by_id, "created_by"),
    _name(Department.name, Lead.department_id, "department"),
    _name(Department.name, Lead.first_talk_department_id, "first_talk_department"),
    # What is still open of what was agreed: how much, and which comes first.
    select(func.count(AgreedDate.id)).where(*_OPEN_DATE).scalar_subquery().label("agreed_count"),
    select(AgreedDate.title)
    .where(*_OPEN_DATE)
    .order_by(AgreedDate.due_on, AgreedDate.id)
    .limit(1)
    .scalar_subquery()
    .label("agreed_title"),
    select(func.min(AgreedDate.due_on)).where(*_OPEN_DATE).scalar_subquery().label("agreed_on"),
    or_(
        exists().where(Contact.enterprise_id.in_([Lead.investor_id, Lead.legal_entity_id])),
        exists().where(Activity.lead_id == Lead.id, Activity.contact_name.is_not(None)),
    ).label("has_contact_person"),
).where(Lead.id == bindparam("lead_id"))


def lead_in_words(actor: Actor, lead_id: int) -> Any:
    """The lead with the names of everything it points to, and `can_edit` for this person.

    `has_contact_person` says whether anybody of the investor is known by name.
    Raises NotFound for unknown and forbidden alike.
    """
    row = rows_of(_in_words(actor), {"lead_id": lead_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


@lru_cache(maxsize=STATEMENTS_KEPT)
def _in_words(actor: Actor) -> Select[Any]:
    return _IN_WORDS.add_columns(may_edit(actor).label("can_edit")).where(may_see(actor))


_FIGURES = (
    select(
        Figure.id,
        Figure.kind,
        Figure.source,
        Figure.as_of,
        Figure.stated_text,
        Figure.amount,
        Figure.upper,
        Figure.currency,
        Figure.qualifier,
        Figure.basis,
        Figure.document,
        Figure.attachment_id,
        Figure.is_withdrawn,
        Figure.recorded_at,
        User.name.label("recorded_by"),
    )
    .outerjoin(User, User.id == Figure.recorded_by_id)
    .where(Figure.lead_id == bindparam("lead_id"))
    .order_by(Figure.as_of.desc(), Figure.id.desc())
)


def figures_of(lead_id: int) -> Sequence[Any]:
    """Every amount ever stated, kind by kind, the newest first; withdrawn ones too."""
    return rows_of(_FIGURES, {"lead_id": lead_id}).all()


_MILESTONES = (
    select(
        Milestone.id,
        Milestone.kind,
        Milestone.happened_on,
        Milestone.statistics_on,
        Milestone.known_on,
        Milestone.document,
        Milestone.attachment_id,
        Milestone.source,
        Milestone.recorded_at,
        User.name.label("recorded_by"),
    )
    .outerjoin(User, User.id == Milestone.recorded_by_id)
    .where(Milestone.lead_id == bindparam("lead_id"))
    .order_by(Milestone.id)
)


def milestones_of(lead_id: int) -> Sequence[Any]:
    return rows_of(_MILESTONES, {"lead_id": lead_id}).all()


_STAGE_DAYS = (
    select(StageChange.to_stage, StageChange.happened_on)
    .where(StageChange.lead_id == bindparam("lead_id"))
    .order_by(StageChange.id)
)


def stage_days(lead_id: int) -> dict[str, date]:
    """The day on which the lead last entered each stage it was ever in."""
    rows = rows_of(_STAGE_DAYS, {"lead_id": lead_id})
    return {stage: day for stage, day in rows}  # noqa: C416  a dict of rows is no dict of pairs


_SIGNING_DAYS = (
    select(
        SigningDayChange.before,
        SigningDayChange.after,
        SigningDayChange.changed_on,
        User.name.label("by"),
    )
    .outerjoin(User, User.id == SigningDayChange.by_id)
    .where(SigningDayChange.lead_id == bindparam("lead_id"))
    .order_by(SigningDayChange.id.desc())
)


def signing_days_of(lead_id: int) -> Sequence[Any]:
    """Every change of the expected signing day, the newest first."""
    return rows_of(_SIGNING_DAYS, {"lead_id": lead_id}).all()


_ACTIVITIES = (
    select(
        Activity.id,
        Activity.kind,
        Activity.happened_on,
        Activity.summary,
        Activity.contact_name,
        Activity.is_substantive,
        Activity.next_action,
        Activity.next_action_on,
        Activity.returned_on,
        Activity.reported_on,
        Activity.by_id,
        User.name.label("by"),
    )
    .outerjoin(User, User.id == Activity.by_id)
    .where(Activity.lead_id == bindparam("lead_id"))
    .order_by(Activity.happened_on.desc(), Activity.id.desc())
    .limit(ACTIVITIES_SHOWN + 1)
)


def activities_of(lead_id: int) -> Sequence[Any]:
    """The latest calls, visits and meetings, newest first; one more than is shown if there are more."""
    return rows_of(_ACTIVITIES, {"lead_id": lead_id}).all()


def agreed_dates_of(lead_id: int) -> Sequence[AgreedDate]:
    """The agreed dates of a lead: the open ones by day, then the done ones, the latest first."""
    rows = db.session.scalars(select(AgreedDate).where(AgreedDate.lead_id == lead_id)).all()
    still = sorted((row for row in rows if not row.done_on), key=lambda row: (row.due_on, row.id))
    done = [row for row in rows if row.done_on]
    done.sort(key=lambda row: (row.done_on, row.id), reverse=True)
    return [*still, *done]


_ATTACHMENTS = (
    select(
        Attachment.id,
        Attachment.kind,
        Attachment.filename,
        Attachment.size,
        Attachment.uploaded_at,
        User.name.label("uploaded_by"),
    )
    .outerjoin(User, User.id == Attachment.uploaded_by_id)
    .where(Attachment.lead_id == bindparam("lead_id"), Attachment.is_removed.is_(False))
    .order_by(Attachment.id.desc())
)


def attachments_of(lead_id: int) -> Sequence[Any]:
    return rows_of(_ATTACHMENTS, {"lead_id": lead_id}).all()


_MEMBERS = (
    select(LeadMember.user_id, LeadMember.kind, User.name)
    .join(User, User.id == LeadMember.user_id)
    .where(LeadMember.lead_id == bindparam("lead_id"))
    .order_by(LeadMember.kind, User.name)
)


def members_of(lead_id: int) -> Sequence[Any]:
    return rows_of(_MEMBERS, {"lead_id": lead_id}).all()


_CONTACTS = (
    select(Contact.id, Contact.name, Contact.position, Contact.phone, Contact.email)
    .where(Contact.enterprise_id == bindparam("enterprise_id"))
    .order_by(Contact.id)
)


def contacts_of(enterprise_id: int | None) -> Sequence[Any]:
    """The people at the investor. Phones are for `mask_phone` or a logged reveal, never as they are."""
    if enterprise_id is None:
        return ()
    return rows_of(_CONTACTS, {"enterprise_id": enterprise_id}).all()


def lead_page_of(actor: Actor, lead_id: int) -> LeadPage:
    """The page of one lead in eight queries. Raises NotFound."""
    lead = lead_in_words(actor, lead_id)
    return LeadPage(
        lead,
        figures_of(lead_id),
        milestones_of(lead_id),
        stage_days(lead_id),
        activities_of(lead_id),
        attachments_of(lead_id),
        members_of(lead_id),
        contacts_of(lead.investor_id),
    )


def contact_of_lead(actor: Actor, lead_id: int, contact_id: int) -> Contact:
    """A person at the investor of a lead this person sees. Raises NotFound."""
    contact = db.session.scalar(
        select(Contact)
        .join(Lead, Lead.investor_id == Contact.enterprise_id)
        .where(Contact.id == contact_id, Lead.id == lead_id, may_see(actor))
    )
    if contact is None:
        raise NotFound
    return contact


def lead_heading(actor: Actor, lead_id: int) -> Any:
    """(id, title, stage) of a lead this person sees. Raises NotFound."""
    row = rows_of(
        select(Lead.id, Lead.title, Lead.stage).where(Lead.id == lead_id, may_see(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    return row
