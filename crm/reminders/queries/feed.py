"""The days of a person's calendar feed, each through the access rules; as many SELECTs for any number.

In it are the days of leads that are own to the person (owner or co-owner), of their trips and
instructions, and of people away those days on which the person is told instead.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crm.accounts.models import User
from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.bulk import among
from crm.core.db import db, rows_of
from crm.dispatch.access import may_see as may_see_instruction
from crm.dispatch.models import Instruction
from crm.dispatch.rules import InstructionState, number_text
from crm.leads.access import may_see
from crm.leads.models import Activity, AgreedDate, Lead, LeadMember
from crm.leads.rules import IN_TALKS, OPEN_STAGES, ActivityKind, MembershipKind, Stage
from crm.reminders.models import Absence, CalendarFeed
from crm.reminders.queries import facts
from crm.reminders.rules import ReminderKind
from crm.reminders.rules.absence import StandIn, stand_ins
from crm.reminders.rules.feed import (
    MOST_OF_A_KIND,
    FeedDay,
    FeedKind,
    hashed,
    looks_like_a_token,
    report_day,
)
from crm.reminders.rules.people import Away

TO_BE_SIGNED = (Stage.LEAD, *IN_TALKS)


def feed_of(actor: Actor) -> CalendarFeed | None:
    """Whether the person has a feed, and since when; None: never had one."""
    return db.session.get(CalendarFeed, actor.id)


def reader_of(token: str) -> Actor | None:
    """The active person whose feed has that secret address now."""
    if not looks_like_a_token(token):
        return None
    asked = select(CalendarFeed.user_id).where(CalendarFeed.token_hash == hashed(token))
    user_id = rows_of(asked).scalar_one_or_none()
    return None if user_id is None else actor_by_id(user_id)


@dataclass(frozen=True, slots=True)
class Responsible:
    """Whose days stand in a feed: the actor's, and those of people the actor is told instead of."""

    actor: Actor
    stands_in: dict[int, tuple[StandIn, ...]]
    names: dict[int, str]
    co_owned: dict[int, frozenset[int]]  # by lead

    @property
    def people(self) -> tuple[int, ...]:
        return (self.actor.id, *self.stands_in)

    def of_lead(self, owner_id: int | None, lead_id: int) -> frozenset[int]:
        """Who of these people a lead is own to: owner and co-owners (DOMAIN §10.4)."""
        owner = () if owner_id is None else (owner_id,)
        return self.co_owned.get(lead_id, frozenset()).union(owner).intersection(self.people)

    def kept(self, whose: Collection[int], day: FeedDay) -> FeedDay | None:
        """The day as it stands in the feed; None where the actor has nothing to do with it.

        Of whoever is away only the days they are away on, and the actor is told instead.
        """
        if self.actor.id in whose:
            return day
        for person in whose:
            for each in self.stands_in.get(person, ()):
                if each.starts_on <= day.on <= each.ends_on:
                    return replace(day, on_behalf_of=self.names[person])
        return None

    def may_see(self, whose: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """What the actor may read of: what is theirs through the unit and the lead's people, and, as
        a delegate, what the mails to whoever is away tell, nothing sensitive."""
        own = and_(whose == self.actor.id, may_see(self.actor))
        if not self.stands_in:
            return own
        return or_(own, and_(whose.in_(self.stands_in), may_see(self.actor, is_own=True)))


def days_of(actor: Actor) -> list[FeedDay]:
    """What the person has to keep, in the order of days. Of sensitive leads only where they are named."""
    found = _responsible(actor, clock.today())
    days = [*_of_leads(found), *_agreed(found), *_trips(found), *_instructions(found)]
    return sorted(days, key=lambda each: (each.on, each.uid))


def _responsible(actor: Actor, today: date) -> Responsible:
    rows = rows_of(
        select(Absence.user_id, Absence.delegate_id, Absence.starts_on, Absence.ends_on)
        .where(Absence.ends_on >= today)
        .order_by(Absence.starts_on, Absence.id)
    )
    absences = [Away(*row) for row in rows]
    stands_in: dict[int, tuple[StandIn, ...]] = {}
    if any(each.delegate_id == actor.id for each in absences):
        active = facts.office().active
        for away in absences:
            turns = tuple(
                each for each in stand_ins(away, absences, active) if each.reader_id == actor.id
            )
            if turns:
                stands_in[away.person_id] = (*stands_in.get(away.person_id, ()), *turns)
    names: dict[int, str] = {}
    if stands_in:
        names = dict(rows_of(select(User.id, User.name).where(User.id.in_(stands_in))).all())
    co_owned: dict[int, frozenset[int]] = {}
    for lead_id, person in rows_of(
        select(LeadMember.lead_id, LeadMember.user_id).where(
            LeadMember.user_id.in_([actor.id, *stands_in]),
            LeadMember.kind == MembershipKind.CO_OWNER,
        )
    ):
        co_owned[lead_id] = co_owned.get(lead_id, frozenset()) | {person}
    return Responsible(actor, stands_in, names, co_owned)


def _latest(statement: Select[*tuple[Any, ...]], day: Any, key: Any) -> Any:
    return db.session.execute(statement.order_by(day.desc(), key).limit(MOST_OF_A_KIND))


def _own_leads(of: Responsible) -> ColumnElement[bool]:
    own: ColumnElement[bool] = Lead.owner_id.in_(of.people)
    if of.co_owned:
        own = or_(own, among(Lead.id, of.co_owned))
    return and_(own, may_see(of.actor, is_own=True))


def _of_leads(of: Responsible) -> list[FeedDay]:
    of_lead = (Lead.id, Lead.title, Lead.owner_id, Lead.created_at, Lead.version)
    own = _own_leads(of)
    actions = _latest(
        select(*of_lead, Lead.next_action_on.label("day"), Lead.next_action).where(
            own, Lead.stage.in_(OPEN_STAGES), Lead.next_action_on.is_not(None)
        ),
        Lead.next_action_on,
        Lead.id,
    )
    signings = _latest(
        select(*of_lead, Lead.expected_sign_on.label("day")).where(
            own, Lead.stage.in_(TO_BE_SIGNED), Lead.expected_sign_on.is_not(None)
        ),
        Lead.expected_sign_on,
        Lead.id,
    )
    return _kept(
        of,
        (
            (
                of.of_lead(row.owner_id, row.id),
                FeedDay(
                    kind, row.id, row.day, getattr(row, "next_action", None) or "", row.title,
                    row.id, row.created_at, row.version,
                ),
            )
            for kind, rows in (
                (FeedKind.NEXT_ACTION, actions),
                (FeedKind.EXPECTED_SIGNING, signings),
            )
            for row in rows
        ),
    )  # fmt: skip


def _kept(of: Responsible, found: Iterable[tuple[Collection[int], FeedDay]]) -> list[FeedDay]:
    kept = (of.kept(whose, day) for whose, day in found)
    return [each for each in kept if each is not None]


def _agreed(of: Responsible) -> list[FeedDay]:
    rows = _latest(
        select(
            AgreedDate.id, AgreedDate.due_on, AgreedDate.title, AgreedDate.created_at,
            AgreedDate.version, AgreedDate.lead_id, Lead.title.label("lead"), Lead.owner_id,
        )
        .join(Lead)
        .where(_own_leads(of), Lead.stage.in_(OPEN_STAGES), AgreedDate.done_on.is_(None)),
        AgreedDate.due_on,
        AgreedDate.id,
    )  # fmt: skip
    return _kept(
        of,
        (
            (
                of.of_lead(row.owner_id, row.lead_id),
                FeedDay(
                    FeedKind.AGREED_DATE, row.id, row.due_on, row.title, row.lead, row.lead_id,
                    row.created_at, row.version,
                ),
            )
            for row in rows
        ),
    )  # fmt: skip


def _trips(of: Responsible) -> list[FeedDay]:
    setting = facts.settings().general(ReminderKind.TRIP_REPORT)
    rows = _latest(
        select(
            Activity.id, Activity.returned_on, Activity.at, Activity.lead_id, Activity.by_id,
            Lead.title.label("lead"),
        )
        .outerjoin(Lead, Lead.id == Activity.lead_id)
        .where(
            Activity.by_id.in_(of.people),
            Activity.kind == ActivityKind.VISIT_OUT,
            Activity.returned_on.is_not(None),
            Activity.reported_on.is_(None),
            or_(Activity.lead_id.is_(None), of.may_see(Activity.by_id)),
        ),
        Activity.returned_on,
        Activity.id,
    ).all()  # fmt: skip
    calendar = work_calendar()
    return _kept(
        of,
        (
            (
                (row.by_id,),
                FeedDay(
                    FeedKind.TRIP_REPORT, row.id, report_day(row.returned_on, setting, calendar),
                    _day(row.returned_on), row.lead, row.lead_id, row.at,
                ),
            )
            for row in rows
        ),
    )  # fmt: skip


def _day(returned_on: date) -> str:
    return returned_on.isoformat()


def _instructions(of: Responsible) -> list[FeedDay]:
    rows = _latest(
        select(
            Instruction.id, Instruction.year, Instruction.number, Instruction.due_on,
            Instruction.matter, Instruction.person_id, Instruction.created_at, Instruction.version,
        ).where(
            Instruction.person_id.in_(of.people),
            may_see_instruction(of.actor, of.people[1:]),
            Instruction.state == InstructionState.OPEN,
        ),
        Instruction.due_on,
        Instruction.id,
    )  # fmt: skip
    return _kept(
        of,
        (
            (
                (row.person_id,),
                FeedDay(
                    FeedKind.INSTRUCTION, row.id, row.due_on, row.matter,
                    number_text(row.year, row.number), None, row.created_at, row.version,
                ),
            )
            for row in rows
        ),
    )  # fmt: skip
