"""Which leads a filter means, for one person: every list, link and number starts here."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from crm.accounts.rules import Actor
from crm.chains.queries import segment_with_below
from crm.core import search
from crm.core.db import db
from crm.enterprises.rules import search_text
from crm.leads.access import may_see
from crm.leads.models import Lead, Milestone, among
from crm.leads.rules import IN_TALKS, OPEN_STAGES, STARTS, MilestoneKind
from crm.leads.rules.filters import NEEDS_NEXT_ACTION, NONE, Due, LeadFilter, Quiet
from crm.leads.rules.quiet import QuietLights, Scope

STATEMENTS_KEPT = 32
"""A home asks the same of every person day after day: its statements are made once for each, since
making them took longer than running them. So many people at work in one worker have theirs; all of
one person's take some 1.4 MB."""


def leads_matching(
    actor: Actor,
    wanted: LeadFilter,
    today: date,
    *,
    judged: Select[int] | None = None,
    text: ColumnElement[bool] | None = None,
    lights: QuietLights | None = None,
) -> Select[int]:
    """The ids of the leads this person sees that match the filter: list and counter alike.

    `text` is what `text_found` made of the filter's text; without it the same is said in one
    condition. `judged` are the lead ids that the filter's quota, year, verdict and event mean, `lights`
    those of quiet leads as the office has set them; both stand in a feature above this one. Raises
    ValueError when a filter with a quota or a light comes without them.
    """
    if wanted.quota is not None and judged is None:
        raise ValueError("a filter by quota needs the leads that quota judged")
    is_own = wanted.owner == actor.id or (
        actor.department_id is not None and wanted.department == actor.department_id
    )
    seen = may_see(actor, is_own=is_own)
    statement = select(Lead.id).where(seen, *_conditions(wanted, today, lights))
    if wanted.q:
        if text is None:
            text = search.contains(Lead.search_text, search.terms(wanted.q, search_text))
        statement = statement.where(text)
    if judged is not None:
        statement = statement.where(Lead.id.in_(judged))
    return statement


def hidden_matching(
    actor: Actor, wanted: LeadFilter, today: date, *, judged: Select[int] | None = None
) -> Select[int]:
    """The ids of the leads that match the filter and that this person may not see: to be counted."""
    statement = select(Lead.id).where(~may_see(actor), *_conditions(wanted, today))
    return statement if judged is None else statement.where(Lead.id.in_(judged))


def text_found(wanted: LeadFilter) -> search.Found | None:
    """How the filter's text is best looked for, None without one. Asks the database."""
    if not wanted.q:
        return None
    words = search.terms(wanted.q, search_text)
    return search.look_up(db.session(), Lead.id, Lead.search_text, words)


def _conditions(
    wanted: LeadFilter, today: date, lights: QuietLights | None = None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.stages:
        found.append(Lead.stage.in_(wanted.stages))
    for column, value in (
        (Lead.chain_id, wanted.chain),
        (Lead.segment_id, None if wanted.below else wanted.segment),
        (Lead.chain_role, wanted.chain_role),
        (Lead.owner_id, wanted.owner),
        (Lead.department_id, wanted.department),
        (Lead.sponsor_id, wanted.sponsor),
        (Lead.zone_id, wanted.zone),
    ):
        if value is not None:
            found.append(column.is_(None) if value == NONE else column == value)
    if wanted.below and wanted.segment:
        found.append(Lead.segment_id.in_(segment_with_below(wanted.segment)))
    if wanted.amount_from is not None:
        found.append(Lead.investment_yuan >= wanted.amount_from)
    if wanted.amount_to is not None:
        found.append(Lead.investment_yuan <= wanted.amount_to)
    if wanted.due is not None:
        found.append(due_condition(wanted.due, today))
    if wanted.quiet is not None:
        if lights is None:
            raise ValueError("a filter by light needs the lights as they are set")
        found.append(quiet_condition(wanted.quiet, lights))
    if wanted.sensitive is not None:
        found.append(Lead.is_sensitive.is_(wanted.sensitive))
    if wanted.milestone is not None:
        found.append(milestone_condition(wanted.milestone, wanted.since, wanted.until))
    return found


def milestone_condition(
    kind: MilestoneKind, since: date | None, until: date | None
) -> ColumnElement[bool]:
    """Leads that first reached the milestone between two days, both included."""
    statement = select(Milestone.lead_id)
    lead = Lead
    if kind is MilestoneKind.STARTED:  # the lead's path decides which event it is
        lead = aliased(Lead)
        statement = statement.join(lead, lead.id == Milestone.lead_id)
    statement = statement.where(first_reaches(kind, lead))
    if since is not None:
        statement = statement.where(since <= EVENT_DAY)
    if until is not None:
        statement = statement.where(until >= EVENT_DAY)
    return Lead.id.in_(statement)


EVENT_DAY = func.coalesce(Milestone.happened_on, Milestone.known_on)
"""When a lead reached a milestone: the day of the event, or the day we learnt of it."""


def first_reaches(kind: MilestoneKind, lead: type[Lead] = Lead) -> ColumnElement[bool]:
    """Whether a row of `Milestone` is when its lead, joined as `lead`, first reached the milestone.

    A lead has one event of each kind. STARTED is whatever means it on the path, and the first of
    what might mean it while the path is not decided. Each row is told by itself, so that whoever
    asks for a period reads the events of that period and no others.
    """
    if kind is not MilestoneKind.STARTED:
        return Milestone.kind == kind
    before = aliased(Milestone)
    day = func.coalesce(before.happened_on, before.known_on)
    earlier = select(before.id).where(
        before.lead_id == Milestone.lead_id,
        before.kind.in_(STARTS.values()),
        or_(day < EVENT_DAY, and_(day == EVENT_DAY, before.id < Milestone.id)),
    )
    undecided = and_(lead.path.is_(None), not_(earlier.exists()))
    on_its_path = (
        and_(lead.path == path, Milestone.kind == start) for path, start in STARTS.items()
    )
    return and_(Milestone.kind.in_(STARTS.values()), or_(*on_its_path, undecided))


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


def quiet_condition(quiet: Quiet, lights: QuietLights) -> ColumnElement[bool]:
    """Leads whose light is one of those meant: what `quiet_light` says, over the same days.

    The newest day of any setting stands first, for the index; where a kind is set for some leads
    only, the day of the first setting that is for a lead decides.
    """
    spans = [scope.between(quiet.lights) for scope in lights]
    newest = max((until for until, _after in spans if until is not None), default=None)
    if newest is None:
        return false()
    found = [among(IN_TALKS), Lead.last_progress_on <= newest]
    if len({until for until, _after in spans}) > 1:
        found.append(Lead.last_progress_on <= _by_scope(lights, [until for until, _ in spans]))
    afters = [after for _until, after in spans]
    if len(set(afters)) > 1:
        earliest = [after or date.min for after in afters]
        found.append(Lead.last_progress_on > _by_scope(lights, earliest))
    elif afters[0] is not None:
        found.append(Lead.last_progress_on > afters[0])
    return and_(*found)


def _by_scope(lights: QuietLights, days: Sequence[date | None]) -> ColumnElement[date | None]:
    """The day of the first setting that is for a lead; NULL where it has none, or none is."""
    return case(
        *((_is_for(scope), literal(day, Date)) for scope, day in zip(lights, days, strict=True))
    )


def _is_for(scope: Scope) -> ColumnElement[bool]:
    """`is_for` in SQL."""
    said: list[ColumnElement[bool]] = [true()]
    if scope.stage is not None:
        said.append(Lead.stage == scope.stage)
    if scope.is_headquarters is not None:
        said.append(func.coalesce(Lead.is_headquarters, false()).is_(scope.is_headquarters))
    if scope.at_least_yuan is not None:
        said.append(Lead.investment_yuan >= scope.at_least_yuan)
    return and_(*said)
