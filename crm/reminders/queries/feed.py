"""The days of a person's calendar feed, each through the access rules. Six SELECTs, however many days."""

from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select

from crm.accounts.queries import actor_by_id
from crm.accounts.rules import Actor
from crm.calendar.queries import work_calendar
from crm.core.db import db, rows_of
from crm.dispatch.access import may_see as may_see_instruction
from crm.dispatch.models import Instruction
from crm.dispatch.rules import InstructionState, number_text
from crm.leads.access import may_see
from crm.leads.models import Activity, AgreedDate, Lead
from crm.leads.rules import IN_TALKS, OPEN_STAGES, ActivityKind, Stage
from crm.reminders.models import CalendarFeed
from crm.reminders.queries import facts
from crm.reminders.rules import ReminderKind
from crm.reminders.rules.feed import (
    MOST_OF_A_KIND,
    FeedDay,
    FeedKind,
    hashed,
    looks_like_a_token,
    report_day,
)

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


def days_of(actor: Actor) -> list[FeedDay]:
    """What the person has to keep, in the order of days. Of sensitive leads only where they are named."""
    found = [*_of_leads(actor), *_agreed(actor), *_trips(actor), *_instructions(actor)]
    return sorted(found, key=lambda each: (each.on, each.uid))


def _latest(statement: Select[*tuple[Any, ...]], day: Any, key: Any) -> Any:
    return db.session.execute(statement.order_by(day.desc(), key).limit(MOST_OF_A_KIND))


def _of_leads(actor: Actor) -> list[FeedDay]:
    of_lead = (Lead.id, Lead.title, Lead.created_at, Lead.version)
    own = (Lead.owner_id == actor.id, may_see(actor, is_own=True))
    actions = _latest(
        select(*of_lead, Lead.next_action_on.label("day"), Lead.next_action).where(
            *own, Lead.stage.in_(OPEN_STAGES), Lead.next_action_on.is_not(None)
        ),
        Lead.next_action_on,
        Lead.id,
    )
    signings = _latest(
        select(*of_lead, Lead.expected_sign_on.label("day")).where(
            *own, Lead.stage.in_(TO_BE_SIGNED), Lead.expected_sign_on.is_not(None)
        ),
        Lead.expected_sign_on,
        Lead.id,
    )
    return [
        FeedDay(
            kind, row.id, row.day, getattr(row, "next_action", None) or "", row.title, row.id,
            row.created_at, row.version,
        )
        for kind, rows in (
            (FeedKind.NEXT_ACTION, actions),
            (FeedKind.EXPECTED_SIGNING, signings),
        )
        for row in rows
    ]  # fmt: skip


def _agreed(actor: Actor) -> list[FeedDay]:
    rows = _latest(
        select(
            AgreedDate.id, AgreedDate.due_on, AgreedDate.title, AgreedDate.created_at,
            AgreedDate.version, AgreedDate.lead_id, Lead.title.label("lead"),
        )
        .join(Lead)
        .where(
            Lead.owner_id == actor.id,
            may_see(actor, is_own=True),
            Lead.stage.in_(OPEN_STAGES),
            AgreedDate.done_on.is_(None),
        ),
        AgreedDate.due_on,
        AgreedDate.id,
    )  # fmt: skip
    return [
        FeedDay(
            FeedKind.AGREED_DATE, row.id, row.due_on, row.title, row.lead, row.lead_id,
            row.created_at, row.version,
        )
        for row in rows
    ]  # fmt: skip


def _trips(actor: Actor) -> list[FeedDay]:
    setting = facts.settings().general(ReminderKind.TRIP_REPORT)
    rows = _latest(
        select(
            Activity.id, Activity.returned_on, Activity.at, Activity.lead_id,
            Lead.title.label("lead"),
        )
        .outerjoin(Lead, Lead.id == Activity.lead_id)
        .where(
            Activity.by_id == actor.id,
            Activity.kind == ActivityKind.VISIT_OUT,
            Activity.returned_on.is_not(None),
            Activity.reported_on.is_(None),
            or_(Activity.lead_id.is_(None), may_see(actor)),
        ),
        Activity.returned_on,
        Activity.id,
    ).all()  # fmt: skip
    calendar = work_calendar()
    return [
        FeedDay(
            FeedKind.TRIP_REPORT, row.id, report_day(row.returned_on, setting, calendar),
            _day(row.returned_on), row.lead, row.lead_id, row.at,
        )
        for row in rows
    ]  # fmt: skip


def _day(returned_on: date) -> str:
    return returned_on.isoformat()


def _instructions(actor: Actor) -> list[FeedDay]:
    rows = _latest(
        select(
            Instruction.id, Instruction.year, Instruction.number, Instruction.due_on,
            Instruction.matter, Instruction.created_at, Instruction.version,
        ).where(
            Instruction.person_id == actor.id,
            may_see_instruction(actor),
            Instruction.state == InstructionState.OPEN,
        ),
        Instruction.due_on,
        Instruction.id,
    )  # fmt: skip
    return [
        FeedDay(
            FeedKind.INSTRUCTION, row.id, row.due_on, row.matter,
            number_text(row.year, row.number), None, row.created_at, row.version,
        )
        for row in rows
    ]  # fmt: skip
