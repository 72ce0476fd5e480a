"""The facts planning needs: the clocks of every lead, who is in charge, how the office is set.

Each is one SELECT, whatever the number of leads; everything a rule asks for in between is looked up
in what they return.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

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
from crm.reminders.models import Absence, ReminderBeginning, ReminderSetting
from crm.reminders.rules.falling import LeadClock, OpenDay
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.people import Away, Charge, Office
from crm.reminders.rules.settings import Setting, Settings, as_begun, steps


@dataclass(frozen=True, slots=True)
class Watched:
    """A lead, or a day somebody has to keep, with who is in charge of it."""

    clock: LeadClock | OpenDay
    charge: Charge


# --- the office ---


def settings() -> Settings:
    """How the kinds are set: the office's own settings, and where it has none what it began with."""
    rows = db.session.execute(
        select(ReminderBeginning.kind, ReminderBeginning.began_on, ReminderSetting)
        .outerjoin(ReminderSetting, ReminderSetting.kind == ReminderBeginning.kind)
        .order_by(ReminderSetting.id)
    ).all()
    own = [setting_of(row) for _kind, _day, row in rows if row is not None]
    return with_beginnings(own, {kind: day for kind, day, _row in rows})


def with_beginnings(own: Collection[Setting], began: Mapping[ReminderKind, date]) -> Settings:
    """The office's own settings, and what an office begins with where it has no general one.

    `began`: since when each kind has been in force.
    """
    general = {each.kind for each in own if each.is_general}
    begun = (as_begun(kind, began.get(kind)) for kind in ReminderKind if kind not in general)
    return Settings([*own, *begun])


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
        counts_from=row.counts_from,
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


def watched_leads(
    today: date,
    ids: Collection[int] | None = None,
    *,
    kind: ReminderKind | None = None,
    only: Sequence[ColumnElement[bool]] = (),
) -> Iterator[Watched]:
    """Every lead (or of those named each) a clock may run for: the open ones, and closed ones whose
    referrer waits.

    `only` narrows them further. Where one `kind` is asked for, what no clock but its own asks is left
    out of the facts.
    """
    only = [*only, *([] if ids is None else [among(Lead.id, ids)])]

    def wanted(*of: ReminderKind) -> bool:
        return kind is None or kind in of

    waits = and_(Lead.referrer.is_not(None), Lead.stage.not_in(OPEN_STAGES))
    statement = (
        select(
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
        )
        .where(or_(Lead.stage.in_(OPEN_STAGES), waits), *only)
        .order_by(Lead.id)
    )
    responded = _ids(
        wanted(ReminderKind.FIRST_RESPONSE),
        select(Activity.lead_id)
        .join(Lead)
        .where(Lead.stage == Stage.LEAD, Activity.kind != ActivityKind.FEEDBACK, *only)
        .distinct(),
    )
    # The move that brought a lead in tells who entered it; later moves are people's.
    imported = _ids(
        wanted(ReminderKind.FIRST_RESPONSE, ReminderKind.SCREENING, ReminderKind.REFERRER_FEEDBACK),
        select(StageChange.lead_id)
        .join(Lead)
        .where(
            StageChange.from_stage.is_(None),
            StageChange.source == StageSource.IMPORT,
            or_(Lead.stage.in_((Stage.LEAD, Stage.CONTACTED)), Lead.referrer.is_not(None)),
            *only,
        ),
    )
    fed_back = _days(
        wanted(ReminderKind.REFERRER_FEEDBACK),
        select(Activity.lead_id, func.max(Activity.happened_on))
        .join(Lead)
        .where(Activity.kind == ActivityKind.FEEDBACK, *only)
        .group_by(Activity.lead_id),
    )
    signed = _days(
        wanted(
            ReminderKind.REFERRER_FEEDBACK, ReminderKind.NOT_REGISTERED, ReminderKind.NOT_STARTED
        ),
        select(Milestone.lead_id, Milestone.happened_on)
        .join(Lead)
        .where(
            Milestone.kind == MilestoneKind.SIGNED,
            or_(
                Lead.stage.in_((Stage.SIGNED, Stage.REGISTERED)),
                and_(Lead.stage.in_(FROM_SIGNING), Lead.referrer.is_not(None)),
            ),
            *only,
        ),
    )
    papers = _days(
        wanted(ReminderKind.EVIDENCE),
        select(Verdict.lead_id, func.min(Verdict.signed_from))
        .join(Quota)
        .join(Lead, Lead.id == Verdict.lead_id)
        .where(
            *only,
            *asks_for_papers(today),
        )
        .group_by(Verdict.lead_id),
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


def watched_days(
    ids: Collection[int] | None = None, *, kind: ReminderKind | None = None
) -> Iterator[Watched]:
    """Agreed dates that are open, trips whose report is owed, instructions that run; of the leads
    named or of all, of one kind or of each."""
    named = named_lists()
    for each, watched in (
        (ReminderKind.AGREED_DATE, _agreed_days),
        (ReminderKind.TRIP_REPORT, _trips),
        (ReminderKind.INSTRUCTION, _instructions),
    ):
        if kind in (None, each):
            yield from watched(ids, named)


Named = Mapping[int, frozenset[int]]
_OF_LEAD: Any = (Lead.stage, Lead.is_headquarters, Lead.investment_yuan, Lead.is_sensitive)


def _agreed_days(ids: Collection[int] | None, named: Named) -> Iterator[Watched]:
    only = [] if ids is None else [among(Lead.id, ids)]
    agreed = (
        select(
            AgreedDate.id, AgreedDate.due_on, Lead.id, Lead.owner_id, Lead.department_id,
            Lead.sponsor_id, *_OF_LEAD,
        )
        .join(Lead)
        .where(AgreedDate.done_on.is_(None), Lead.stage.in_(OPEN_STAGES), *only)
        .order_by(AgreedDate.id)
    )  # fmt: skip
    for key, due_on, lead_id, owner, unit, sponsor, *more in rows_of(agreed):
        yield Watched(
            OpenDay(ReminderKind.AGREED_DATE, f"agreed_date:{key}", due_on, lead_id, *more[:3]),
            Charge(owner, unit, sponsor, named.get(lead_id, frozenset()) if more[3] else None),
        )


def _trips(ids: Collection[int] | None, named: Named) -> Iterator[Watched]:
    only = [] if ids is None else [among(Lead.id, ids)]
    trips = (
        select(
            Activity.id, Activity.returned_on, Activity.lead_id, Activity.by_id, User.department_id,
            *_OF_LEAD,
        )
        .outerjoin(User, User.id == Activity.by_id)
        .outerjoin(Lead, Lead.id == Activity.lead_id)
        .where(
            Activity.kind == ActivityKind.VISIT_OUT,
            Activity.returned_on.is_not(None),
            Activity.reported_on.is_(None),
            *only,
        )
        .order_by(Activity.id)
    )  # fmt: skip
    for key, returned_on, on_lead, traveller, unit, *more in rows_of(trips):
        assert returned_on is not None
        yield Watched(
            OpenDay(ReminderKind.TRIP_REPORT, f"trip:{key}", returned_on, on_lead, *more[:3]),
            Charge(
                traveller, unit, None, named.get(on_lead or 0, frozenset()) if more[3] else None
            ),
        )


def _instructions(ids: Collection[int] | None, named: Named) -> Iterator[Watched]:
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


def _ids(asked: bool, statement: Select[int | None]) -> frozenset[int]:
    found = many_rows_of(statement) if asked else ()
    return frozenset(key for (key,) in found if key is not None)


def _days(asked: bool, statement: Select[int | None, date | None]) -> dict[int, date]:
    found = many_rows_of(statement) if asked else ()
    return {key: day for key, day in found if key is not None and day is not None}


@lru_cache(maxsize=4096)
def _office_day(moment: datetime) -> date:
    return clock.office_day(moment)
