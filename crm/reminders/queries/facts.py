"""The facts planning needs: the clocks of every lead, who is in charge, how the office is set.

Each is one SELECT, whatever the number of leads; everything a rule asks for in between is looked up
in what they return.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.core import clock
from crm.core.bulk import among
from crm.core.db import db, many_rows_of, rows_of
from crm.dispatch.queries.instructions import open_days
from crm.leads.models import Activity, AgreedDate, Lead, LeadMember, Milestone, StageChange
from crm.leads.rules import (
    FROM_SIGNING,
    OPEN_STAGES,
    ActivityKind,
    MembershipKind,
    MilestoneKind,
    Stage,
    StageSource,
)
from crm.quotas.models import Quota, Verdict
from crm.reminders.models import Absence, ReminderSetting
from crm.reminders.rules.falling import LeadClock, OpenDay
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.people import Away, Charge, Office
from crm.reminders.rules.settings import DEFAULTS, Setting, Settings, steps


@dataclass(frozen=True, slots=True)
class Watched:
    """A lead, or a day somebody has to keep, with who is in charge of it."""

    clock: LeadClock | OpenDay
    charge: Charge


# --- the office ---


def settings() -> Settings:
    """How the kinds are set: the office's own settings, and where it has none what it began with."""
    own = [
        setting_of(row)
        for row in db.session.scalars(select(ReminderSetting).order_by(ReminderSetting.id))
    ]
    return with_beginnings(own)


def with_beginnings(own: Collection[Setting]) -> Settings:
    """The office's own settings, and what an office begins with where it has no general one."""
    general = {each.kind for each in own if each.is_general}
    return Settings([*own, *(each for each in DEFAULTS if each.kind not in general)])


def setting_of(row: ReminderSetting) -> Setting:
    """What a row of the table says, for the rules."""
    return Setting(
        kind=row.kind,
        steps=steps(row.steps),
        stage=row.stage,
        is_headquarters=row.is_headquarters,
        at_least_yuan=row.at_least_yuan,
        is_on=row.is_on,
        in_working_days=row.in_working_days,
        to_unit_head_after=row.to_unit_head_after,
        to_director_after=row.to_director_after,
        timing=row.timing,
        may_be_off=row.may_be_off,
    )


def office() -> Office:
    """The people at work: heads of each unit and bureau leaders."""
    heads: dict[int, list[int]] = defaultdict(list)
    active, directors = set(), []
    statement = (
        select(User.id, User.role, User.department_id)
        .where(User.is_active, User.role != Role.SYSTEM)
        .order_by(User.id)
    )
    for key, role, department in rows_of(statement):
        active.add(key)
        if role is Role.UNIT_HEAD and department:
            heads[department].append(key)
        elif role is Role.DIRECTOR:
            directors.append(key)
    return Office(
        frozenset(active), {key: tuple(of) for key, of in heads.items()}, tuple(directors)
    )


def absences(today: date) -> list[Away]:
    """Who is away today, and who is told instead."""
    statement = select(
        Absence.user_id, Absence.delegate_id, Absence.starts_on, Absence.ends_on
    ).where(Absence.starts_on <= today, Absence.ends_on >= today)
    return [Away(*row) for row in rows_of(statement)]


# --- leads ---


def watched_leads(today: date, ids: Collection[int] | None = None) -> Iterator[Watched]:
    """Every lead (or of those named each) a clock may run for: the open ones, and closed ones whose
    referrer waits."""
    only = [] if ids is None else [among(Lead.id, ids)]
    waits = and_(Lead.referrer.is_not(None), Lead.stage.not_in(OPEN_STAGES))
    statement = select(
        Lead.id,
        Lead.stage,
        Lead.created_at,
        Lead.stage_since,
        Lead.last_progress_on,
        Lead.is_headquarters,
        Lead.investment_yuan,
        Lead.next_action_on,
        Lead.first_contact_on,
        Lead.screened_on,
        Lead.screening_result,
        Lead.referrer,
        Lead.expected_sign_on,
        Lead.expected_landing_on,
        Lead.owner_id,
        Lead.department_id,
        Lead.sponsor_id,
        Lead.is_sensitive,
    ).where(or_(Lead.stage.in_(OPEN_STAGES), waits), *only)
    responded = _ids(
        select(Activity.lead_id)
        .join(Lead)
        .where(Lead.stage == Stage.LEAD, Activity.kind != ActivityKind.FEEDBACK, *only)
        .distinct()
    )
    # The move that brought a lead in tells who entered it; later moves are people's.
    imported = _ids(
        select(StageChange.lead_id)
        .join(Lead)
        .where(
            StageChange.from_stage.is_(None),
            StageChange.source == StageSource.IMPORT,
            or_(Lead.stage.in_((Stage.LEAD, Stage.CONTACTED)), Lead.referrer.is_not(None)),
            *only,
        )
    )
    fed_back = _days(
        select(Activity.lead_id, func.max(Activity.happened_on))
        .join(Lead)
        .where(Activity.kind == ActivityKind.FEEDBACK, *only)
        .group_by(Activity.lead_id)
    )
    signed = _days(
        select(Milestone.lead_id, Milestone.happened_on)
        .join(Lead)
        .where(
            Milestone.kind == MilestoneKind.SIGNED,
            or_(
                Lead.stage.in_((Stage.SIGNED, Stage.REGISTERED)),
                and_(Lead.stage.in_(FROM_SIGNING), Lead.referrer.is_not(None)),
            ),
            *only,
        )
    )
    papers = _days(
        select(Verdict.lead_id, func.min(Verdict.signed_from))
        .join(Quota)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(
            *only,
            *asks_for_papers(today),
        )
        .group_by(Verdict.lead_id)
    )
    named = named_lists()
    nobody: frozenset[int] = frozenset()
    # Unpacked, not asked by name: of a hundred thousand rows that is a third of the time.
    for (
        lead_id, stage, created_at, stage_since, last_progress_on, is_headquarters, yuan,
        next_action_on, first_contact_on, screened_on, screening_result, referrer,
        expected_sign_on, expected_landing_on, owner_id, department_id, sponsor_id, is_sensitive,
    ) in many_rows_of(statement):  # fmt: skip
        yield Watched(
            LeadClock(
                lead_id,
                stage,
                _office_day(created_at),
                stage_since,
                last_progress_on,
                lead_id in imported,
                is_headquarters,
                yuan,
                next_action_on,
                has_response=first_contact_on is not None or lead_id in responded,
                is_screened=screened_on is not None or bool(screening_result),
                has_referrer=bool(referrer and referrer.strip()),
                fed_back_on=fed_back.get(lead_id),
                signed_on=signed.get(lead_id),
                expected_sign_on=expected_sign_on,
                expected_landing_on=expected_landing_on,
                papers_wanted_since=papers.get(lead_id),
            ),
            Charge(
                owner_id,
                department_id,
                sponsor_id,
                named.get(lead_id, nobody) if is_sensitive else None,
            ),
        )


def asks_for_papers(today: date) -> tuple[ColumnElement[bool], ...]:
    """The verdicts for which papers are still to come, on quotas somebody is measured by.

    The last year's are certified at the beginning of this one: they count until they are frozen.
    """
    return (
        Quota.year.in_((today.year - 1, today.year)),
        Quota.frozen_at.is_(None),
        Quota.is_example.is_(False),
        Verdict.signed_from <= today,
        Verdict.is_signed_pending.is_(True),
    )


def watched_days(ids: Collection[int] | None = None) -> Iterator[Watched]:
    """Agreed dates that are open, trips whose report is owed, instructions that run; of the leads
    named or of all."""
    only = [] if ids is None else [among(Lead.id, ids)]
    named = named_lists()
    of_lead = (Lead.stage, Lead.is_headquarters, Lead.investment_yuan, Lead.is_sensitive)
    agreed = select(
        AgreedDate.id, AgreedDate.due_on, Lead.id, Lead.owner_id, Lead.department_id,
        Lead.sponsor_id, *of_lead,
    ).join(Lead).where(AgreedDate.done_on.is_(None), Lead.stage.in_(OPEN_STAGES), *only)  # fmt: skip
    for key, due_on, lead_id, owner, unit, sponsor, *more in rows_of(agreed):
        yield Watched(
            OpenDay(ReminderKind.AGREED_DATE, f"agreed_date:{key}", due_on, lead_id, *more[:3]),
            Charge(owner, unit, sponsor, named.get(lead_id, frozenset()) if more[3] else None),
        )
    trips = (
        select(
            Activity.id, Activity.returned_on, Activity.lead_id, Activity.by_id, User.department_id,
            *of_lead,
        )
        .outerjoin(User, User.id == Activity.by_id)
        .outerjoin(Lead, Lead.id == Activity.lead_id)
        .where(
            Activity.kind == ActivityKind.VISIT_OUT,
            Activity.returned_on.is_not(None),
            Activity.reported_on.is_(None),
            *only,
        )
    )  # fmt: skip
    for key, returned_on, on_lead, traveller, unit, *more in rows_of(trips):
        assert returned_on is not None
        yield Watched(
            OpenDay(ReminderKind.TRIP_REPORT, f"trip:{key}", returned_on, on_lead, *more[:3]),
            Charge(
                traveller, unit, None, named.get(on_lead or 0, frozenset()) if more[3] else None
            ),
        )
    for key, due_on, about, person, unit, leader, is_sensitive in open_days(ids):
        yield Watched(
            OpenDay(ReminderKind.INSTRUCTION, f"instruction:{key}", due_on, about),
            Charge(
                person, unit, leader, named.get(about or 0, frozenset()) if is_sensitive else None
            ),
        )


def named_lists() -> dict[int, frozenset[int]]:
    """Of each sensitive lead the people who may know of it."""
    found: dict[int, set[int]] = defaultdict(set)
    for lead_id, user_id in rows_of(
        select(LeadMember.lead_id, LeadMember.user_id).where(
            LeadMember.kind == MembershipKind.NAMED
        )
    ):
        found[lead_id].add(user_id)
    return {key: frozenset(of) for key, of in found.items()}


def _ids(statement: Select[int | None]) -> frozenset[int]:
    return frozenset(key for (key,) in many_rows_of(statement) if key is not None)


def _days(statement: Select[int | None, date | None]) -> dict[int, date]:
    return {key: day for key, day in many_rows_of(statement) if key is not None and day is not None}


@lru_cache(maxsize=4096)
def _office_day(moment: datetime) -> date:
    return clock.office_day(moment)
