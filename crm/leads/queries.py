"""Reading leads: the list, what is counted of it, and everything one lead's page shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.accounts.models import Department, User
from crm.accounts.rules import Actor, Role
from crm.chains.models import Chain, Segment
from crm.core import search
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.lists import COUNT_LIMIT, Order, Page, capped_count, keyset_page, whole
from crm.enterprises.models import Contact, Enterprise
from crm.enterprises.rules import search_text
from crm.history.models import AuditEvent
from crm.leads.access import may_edit, may_see
from crm.leads.models import (
    Activity,
    Attachment,
    Figure,
    Lead,
    LeadMember,
    Milestone,
    StageChange,
    among,
)
from crm.leads.rules import FROM_SIGNING, IN_TALKS, OPEN_STAGES, Stage
from crm.leads.rules.filters import NEEDS_NEXT_ACTION, NONE, Due, LeadFilter, Quiet, Sort
from crm.leads.rules.quiet import DEFAULT_QUIET_LIMITS, QuietLimits, quiet_days
from crm.places.models import Carrier, Street, Zone

# Name, column, downwards, whether rows may lack a value.
ORDERS: dict[Sort, Order] = {
    Sort.PROGRESS: Order("progress", Lead.last_progress_on, True, date.fromisoformat, False),
    Sort.AMOUNT: Order("amount", Lead.investment_yuan, True, whole),
    Sort.DUE: Order("due", Lead.next_action_on, False, date.fromisoformat),
    Sort.NEWEST: Order("newest", Lead.id, True, whole, False),
}


def leads_matching(
    actor: Actor,
    wanted: LeadFilter,
    today: date,
    *,
    judged: Select[int] | None = None,
    text: ColumnElement[bool] | None = None,
) -> Select[int]:
    """The ids of the leads this person sees that match the filter: list and counter alike.

    `text` is what `text_found` made of the filter's text; without it the same is said in one
    condition. `judged` are the lead ids that the filter's quota, year, verdict and event mean; they stand in
    a feature above this one. Raises ValueError when a filter with a quota comes without them.
    """
    if wanted.quota is not None and judged is None:
        raise ValueError("a filter by quota needs the leads that quota judged")
    statement = select(Lead.id).where(may_see(actor), *_conditions(wanted, today))
    if wanted.q:
        if text is None:
            text = search.contains(Lead.search_text, search.terms(wanted.q, search_text))
        statement = statement.where(text)
    if judged is not None:
        statement = statement.where(Lead.id.in_(judged))
    return statement


def text_found(wanted: LeadFilter) -> search.Found | None:
    """How the filter's text is best looked for, None without one. Asks the database."""
    if not wanted.q:
        return None
    words = search.terms(wanted.q, search_text)
    return search.look_up(db.session(), Lead.id, Lead.search_text, words)


def _conditions(wanted: LeadFilter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.stages:
        found.append(Lead.stage.in_(wanted.stages))
    for column, value in (
        (Lead.chain_id, wanted.chain),
        (Lead.segment_id, wanted.segment),
        (Lead.owner_id, wanted.owner),
        (Lead.department_id, wanted.department),
    ):
        if value is not None:
            found.append(column.is_(None) if value == NONE else column == value)
    if wanted.amount_from is not None:
        found.append(Lead.investment_yuan >= wanted.amount_from)
    if wanted.amount_to is not None:
        found.append(Lead.investment_yuan <= wanted.amount_to)
    if wanted.due is not None:
        found.append(due_condition(wanted.due, today))
    if wanted.quiet is not None:
        found.append(quiet_condition(wanted.quiet, today))
    if wanted.sensitive is not None:
        found.append(Lead.is_sensitive.is_(wanted.sensitive))
    return found


def due_condition(due: Due, today: date) -> ColumnElement[bool]:
    """Leads still worked on whose next action is due so, or missing."""
    if due is Due.NONE:
        return and_(among(NEEDS_NEXT_ACTION), Lead.next_action_on.is_(None))
    open_lead = among(OPEN_STAGES)
    if due is Due.OVERDUE:
        return and_(open_lead, Lead.next_action_on < today)
    if due is Due.TODAY:
        return and_(open_lead, Lead.next_action_on == today)
    if due is Due.NOW:
        return and_(open_lead, Lead.next_action_on <= today)
    sunday = today + timedelta(days=6 - today.weekday())
    return and_(open_lead, Lead.next_action_on.between(today, sunday))


def quiet_condition(
    quiet: Quiet, today: date, limits: QuietLimits = DEFAULT_QUIET_LIMITS
) -> ColumnElement[bool]:
    """Leads whose light is one of those meant, by the days the rule gives for each light."""
    spans = [quiet_days(light, limits) for light in quiet.lights]
    least, below = spans[0][0], spans[-1][1]
    newest = Lead.last_progress_on <= today - timedelta(days=least)
    oldest = true() if below is None else Lead.last_progress_on > today - timedelta(days=below)
    return and_(among(IN_TALKS), newest, oldest)


_LISTED = (
    Lead.id,
    Lead.title,
    Lead.stage,
    Lead.investment_yuan,
    Lead.investment_text,
    Lead.chain_id,
    Lead.department_id,
    Lead.next_action,
    Lead.next_action_on,
    Lead.last_progress_on,
    Lead.is_sensitive,
    # Looked up for the rows of the page alone; a join would look them up for every match.
    select(Enterprise.name)
    .where(Enterprise.id == Lead.investor_id)
    .scalar_subquery()
    .label("investor"),
    select(User.name).where(User.id == Lead.owner_id).scalar_subquery().label("owner"),
)


def lead_page(matching: Select[int], wanted: LeadFilter, cursor: str | None) -> Page:
    """One page of the leads `leads_matching` gave, in the filter's order. Raises CursorError."""
    order = ORDERS[wanted.sort]
    if wanted.is_reversed:
        order = order.reversed()
    statement = matching.with_only_columns(*_LISTED)
    return keyset_page(db.session(), statement, order, Lead.id, cursor)


def count_leads(matching: Select[int]) -> int:
    """How many there are, counted no further than "1000+"."""
    return capped_count(db.session(), matching)


# A home asks the same of every person day after day: its statements are made once for each, since
# making them took longer than running them.
STATEMENTS_KEPT = 128


def first_leads(actor: Actor, wanted: LeadFilter, today: date, limit: int = 6) -> Sequence[Any]:
    """The first rows of a list in its order, with the columns of `lead_page`."""
    return db.session.execute(_first_leads(actor, wanted, today, limit)).all()


@lru_cache(maxsize=STATEMENTS_KEPT)
def _first_leads(actor: Actor, wanted: LeadFilter, today: date, limit: int) -> Select[Any]:
    order = ORDERS[wanted.sort]
    column = order.column.desc() if order.is_descending != wanted.is_reversed else order.column
    by_id = Lead.id.desc() if order.is_descending != wanted.is_reversed else Lead.id
    return (
        leads_matching(actor, wanted, today)
        .with_only_columns(*_LISTED)
        .order_by(column, by_id)
        .limit(limit)
    )


def pipeline(actor: Actor, wanted: LeadFilter) -> dict[Stage, tuple[int, int | None]]:
    """Leads and yuan (amounts known) at each open stage, of a person's list of leads.

    Each stage is counted no further than "1000+", and what is not counted to its end is not summed
    (None). `wanted` has no quota, due day or light.
    """
    rows = db.session.execute(_pipeline(actor, wanted, COUNT_LIMIT))
    return {
        stage: (count, None if count > COUNT_LIMIT else int(amount or 0))
        for stage, count, amount in rows
    }


@lru_cache(maxsize=STATEMENTS_KEPT)
def _pipeline(actor: Actor, wanted: LeadFilter, limit: int) -> Any:
    matching = leads_matching(actor, wanted, date.min)
    if actor.sees_all and not wanted.narrows:
        return _along_the_stages(matching, limit)
    # A part of the district, found by its own index, is summed in one pass.
    return (
        matching.with_only_columns(Lead.stage, func.count(), func.sum(Lead.investment_yuan))
        .where(among(OPEN_STAGES))
        .group_by(Lead.stage)
    )


def _along_the_stages(matching: Select[int], limit: int) -> Any:
    """(stage, leads, yuan) of each open stage, reading no more leads of it than are counted."""
    parts = []
    for stage in OPEN_STAGES:
        of_stage = matching.with_only_columns(Lead.investment_yuan).where(among([stage]))
        first = of_stage.limit(limit + 1).subquery()
        parts.append(
            select(
                literal_column(f"'{stage.value}'", Lead.stage.type).label("stage"),
                func.count(),
                func.sum(first.c.investment_yuan),
            ).select_from(first)
        )
    return union_all(*parts)


def leads_by_segment(actor: Actor) -> Sequence[Row[*tuple[Any, ...]]]:
    """(chain, segment, in talks, signed): visible leads at each place of the chains, one query."""
    return db.session.execute(
        select(
            Lead.chain_id,
            Lead.segment_id,
            func.count().filter(Lead.stage.in_(IN_TALKS)).label("in_talks"),
            func.count().filter(Lead.stage.in_(FROM_SIGNING)).label("signed"),
        )
        .where(may_see(actor), Lead.stage.in_((*IN_TALKS, *FROM_SIGNING)))
        .group_by(Lead.chain_id, Lead.segment_id)
    ).all()


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list of leads can be narrowed to: (id, name, English name) in their own order."""

    chains: Sequence[tuple[int, str, str | None]]
    departments: Sequence[tuple[int, str, str | None]]
    people: Sequence[tuple[int, str, str | None]]
    segment: tuple[int, str, str | None] | None


@lru_cache(maxsize=4)
def _choices_statement(*, is_whole: bool, with_segment: bool) -> Any:
    chains = select(
        literal("chain"), Chain.id, Chain.name, Chain.name_en, Chain.position.label("place")
    )
    departments = select(
        literal("department"),
        Department.id,
        Department.name,
        Department.name_en,
        Department.position,
    )
    people = select(literal("person"), User.id, User.name, null(), literal(0)).where(
        User.is_active, User.role.in_((Role.STAFF, Role.UNIT_HEAD, Role.DIRECTOR))
    )
    if not is_whole:
        people = people.where(User.department_id == bindparam("unit"))
    parts: list[Any] = [chains, departments, people]
    if with_segment:
        parts.append(
            select(
                literal("segment"), Segment.id, Segment.name, Segment.name_en, Segment.position
            ).where(Segment.id == bindparam("segment"))
        )
    return union_all(*parts)


def choices(actor: Actor, segment_id: int | None = None) -> Choices:
    """The filter's pick lists in one query; whoever sees one unit only is offered its people."""
    is_whole = actor.sees_all or not actor.department_id
    statement = _choices_statement(is_whole=is_whole, with_segment=bool(segment_id))
    found: dict[str, list[Any]] = {}
    for kind, *rest in db.session.execute(
        statement, {"unit": actor.department_id, "segment": segment_id}
    ):
        found.setdefault(kind, []).append(rest)

    def ordered(kind: str) -> list[tuple[int, str, str | None]]:
        rows = sorted(
            found.get(kind, ()),
            key=lambda row: (row[3], row[1] if kind == "person" else "", row[0]),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    return Choices(
        ordered("chain"),
        ordered("department"),
        ordered("person"),
        next(iter(ordered("segment")), None),
    )


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
    _name(Carrier.name, Lead.carrier_id, "carrier"),
    _name(Street.name, Lead.street_id, "street"),
    _name(User.name, Lead.owner_id, "owner"),
    _name(User.name, Lead.sponsor_id, "sponsor"),
    _name(User.name, Lead.created_by_id, "created_by"),
    _name(Department.name, Lead.department_id, "department"),
    _name(Department.name, Lead.first_talk_department_id, "first_talk_department"),
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
    statement = _IN_WORDS.add_columns(may_edit(actor).label("can_edit")).where(may_see(actor))
    row = db.session.execute(statement, {"lead_id": lead_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


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
    return db.session.execute(_FIGURES, {"lead_id": lead_id}).all()


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
    return db.session.execute(_MILESTONES, {"lead_id": lead_id}).all()


_STAGE_DAYS = (
    select(StageChange.to_stage, StageChange.happened_on)
    .where(StageChange.lead_id == bindparam("lead_id"))
    .order_by(StageChange.id)
)


def stage_days(lead_id: int) -> dict[str, date]:
    """The day on which the lead last entered each stage it was ever in."""
    rows = db.session.execute(_STAGE_DAYS, {"lead_id": lead_id})
    return {stage: day for stage, day in rows}  # noqa: C416  a dict of rows is no dict of pairs


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
        User.name.label("by"),
    )
    .outerjoin(User, User.id == Activity.by_id)
    .where(Activity.lead_id == bindparam("lead_id"))
    .order_by(Activity.happened_on.desc(), Activity.id.desc())
    .limit(ACTIVITIES_SHOWN + 1)
)


def activities_of(lead_id: int) -> Sequence[Any]:
    """The latest calls, visits and meetings, newest first; one more than is shown if there are more."""
    return db.session.execute(_ACTIVITIES, {"lead_id": lead_id}).all()


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
    return db.session.execute(_ATTACHMENTS, {"lead_id": lead_id}).all()


_MEMBERS = (
    select(LeadMember.user_id, LeadMember.kind, User.name)
    .join(User, User.id == LeadMember.user_id)
    .where(LeadMember.lead_id == bindparam("lead_id"))
    .order_by(LeadMember.kind, User.name)
)


def members_of(lead_id: int) -> Sequence[Any]:
    return db.session.execute(_MEMBERS, {"lead_id": lead_id}).all()


_CONTACTS = (
    select(Contact.id, Contact.name, Contact.position, Contact.phone, Contact.email)
    .where(Contact.enterprise_id == bindparam("enterprise_id"))
    .order_by(Contact.id)
)


def contacts_of(enterprise_id: int | None) -> Sequence[Any]:
    """The people at the investor. Phones are for `mask_phone` or a logged reveal, never as they are."""
    if enterprise_id is None:
        return ()
    return db.session.execute(_CONTACTS, {"enterprise_id": enterprise_id}).all()


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
    row = db.session.execute(
        select(Lead.id, Lead.title, Lead.stage).where(Lead.id == lead_id, may_see(actor))
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


_NEWEST_EVENT = Order("id", AuditEvent.id, True, whole, is_nullable=False)


def events_of(lead_id: int, cursor: str | None) -> Page:
    """One page of what ever happened to a lead, newest first. Raises CursorError."""
    statement = select(
        AuditEvent.id,
        AuditEvent.at,
        AuditEvent.actor_name,
        AuditEvent.address,
        AuditEvent.action,
        AuditEvent.subject_type,
        AuditEvent.before,
        AuditEvent.after,
        AuditEvent.note,
    ).where(AuditEvent.lead_id == lead_id)
    return keyset_page(db.session(), statement, _NEWEST_EVENT, AuditEvent.id, cursor)


_NAMED: dict[str, tuple[Any, Any]] = {
    "users": (User.id, User.name),
    "departments": (Department.id, Department.name),
    "enterprises": (Enterprise.id, Enterprise.name),
    "chains": (Chain.id, Chain.name),
    "segments": (Segment.id, Segment.name),
    "zones": (Zone.id, Zone.name),
    "carriers": (Carrier.id, Carrier.name),
    "streets": (Street.id, Street.name),
    "leads": (Lead.id, Lead.title),
    "attachments": (Attachment.id, Attachment.filename),
}


def names_in(references: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """The names behind (table, id) pairs, in one query; what has no name is left out.

    A lead is named by its title only to whoever may read the history that mentions it.
    """
    wanted: dict[str, set[int]] = {}
    for table, row_id in references:
        if table in _NAMED:
            wanted.setdefault(table, set()).add(row_id)
    if not wanted:
        return {}
    parts = [
        select(literal(table), column, name).where(column.in_(sorted(ids)))
        for table, ids in sorted(wanted.items())
        for column, name in [_NAMED[table]]
    ]
    return {(table, row_id): name for table, row_id, name in db.session.execute(union_all(*parts))}
