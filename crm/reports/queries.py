"""What happened in a week, among the leads a person may see."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, or_, select

from crm.accounts.models import Department
from crm.accounts.rules import Actor
from crm.calendar.queries import work_calendar
from crm.core import clock
from crm.core.db import db
from crm.enterprises.models import Enterprise
from crm.history.models import AuditEvent
from crm.leads.access import may_see
from crm.leads.models import Lead, Milestone, StageChange
from crm.leads.rules import IN_TALKS, OPEN_STAGES, ORDER, MilestoneKind, OffRampReason, Stage
from crm.reminders.queries import facts as reminder_facts
from crm.reminders.rules.falling import Days, LeadClock, due_of_lead
from crm.reminders.rules.kinds import ReminderKind
from crm.reports.rules import (
    RED_STEPS,
    STANDING_STILL,
    YELLOW_STEP,
    About,
    Coming,
    DueKind,
    Entry,
    NewPromise,
    Reached,
    StageMove,
    Still,
    Week,
    WeekFacts,
    standing_still,
)

TOLD_MILESTONES = (
    MilestoneKind.SIGNED,
    MilestoneKind.REGISTERED,
    MilestoneKind.STARTED,
    MilestoneKind.MOVED_IN,
    MilestoneKind.TAXPAYING,
)
BEFORE_SIGNING = ORDER[: ORDER.index(Stage.SIGNED)]


def week_facts(actor: Actor, week: Week) -> WeekFacts:
    """One week's facts in six statements, however many leads changed.

    Sensitive leads are left out for everybody: the text is made to be pasted into a group.
    """
    start, end = _moments(week)
    trail = _trail(actor, start, end)
    return WeekFacts(
        entries=_entries(actor, start, end),
        moves=_moves(actor, start, end, trail),
        reached=_reached(actor, week, start, end),
        promises=_promises(trail),
        expected=_expected(actor, week),
        coming=_coming(actor, week.after),
    )


def still_leads(actor: Actor, today: date) -> tuple[Still, ...]:
    """The leads a person may see that show a yellow or red light, sensitive ones left out.

    Those that can be quiet are found by the shortest yellow step any setting has, the rule decides of
    each: the numbers of the brief are the lengths of this list.
    """
    settings = reminder_facts.settings()
    least = {
        kind: min(
            (
                step.days
                for setting in settings.all(kind)
                for step in setting.steps
                if step.code == YELLOW_STEP or step.code in RED_STEPS
            ),
            default=None,
        )
        for kind in STANDING_STILL
    }
    conditions = []
    quiet = least[ReminderKind.QUIET]
    if quiet is not None:
        before = today - timedelta(days=quiet)
        conditions.append(
            and_(
                Lead.stage.in_(IN_TALKS),
                Lead.stage_since <= before,
                Lead.last_progress_on <= before,
            )
        )
    waits = [
        stage
        for stage, kind in (
            (Stage.SIGNED, ReminderKind.NOT_REGISTERED),
            (Stage.REGISTERED, ReminderKind.NOT_STARTED),
        )
        if least[kind] is not None
    ]
    if waits:
        conditions.append(Lead.stage.in_(waits))
    if not conditions:
        return ()
    rows = db.session.execute(
        _about(actor).where(or_(*conditions)).order_by(Lead.last_progress_on, Lead.id)
    ).all()
    abouts = {row.lead_id: _lead(row) for row in rows}
    days = Days(work_calendar(), today)
    watched = reminder_facts.watched_leads(today, sorted(abouts)) if abouts else ()
    return standing_still(
        (
            (abouts[each.clock.lead_id], due_of_lead(each.clock, settings, days))
            for each in watched
            if isinstance(each.clock, LeadClock)
        ),
        today,
    )


def _moments(week: Week) -> tuple[datetime, datetime]:
    """The first moment of the week at the office, and of the next one, in UTC."""
    return (
        datetime.combine(week.monday, time(), clock.OFFICE).astimezone(UTC),
        datetime.combine(week.after.monday, time(), clock.OFFICE).astimezone(UTC),
    )


def _about(actor: Actor, *columns: Any) -> Select[Any]:
    return (
        select(
            Lead.id.label("lead_id"),
            Lead.title,
            Lead.stage,
            Lead.path,
            Lead.investment_yuan,
            Lead.investment_text,
            Department.name.label("unit"),
            Department.position,
            *columns,
        )
        .select_from(Lead)
        .outerjoin(Department, Department.id == Lead.department_id)
        .where(may_see(actor), Lead.is_sensitive.is_(False))
    )


def _lead(row: Row[Any]) -> About:
    return About(
        lead_id=row.lead_id,
        title=row.title,
        stage=row.stage,
        unit=row.unit,
        unit_place=(row.position or 0, row.unit or ""),
        yuan=row.investment_yuan,
        amount_text=row.investment_text,
        path=row.path,
    )


def _within(column: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = (column >= start) & (column < end)
    return condition


def _entries(actor: Actor, start: datetime, end: datetime) -> tuple[Entry, ...]:
    rows = db.session.execute(
        _about(actor, Lead.created_at, Enterprise.name.label("investor"))
        .outerjoin(Enterprise, Enterprise.id == Lead.investor_id)
        .where(_within(Lead.created_at, start, end))
        .order_by(Lead.id)
    )
    return tuple(Entry(_lead(row), clock.office_day(row.created_at), row.investor) for row in rows)


def _trail(actor: Actor, start: datetime, end: datetime) -> tuple[Row[Any], ...]:
    """The week's audit events that changed an expected signing day or gave a reason for leaving."""
    changed = cast(AuditEvent.after, String)
    return tuple(
        db.session.execute(
            _about(actor, AuditEvent.before, AuditEvent.after)
            .join(AuditEvent, AuditEvent.lead_id == Lead.id)
            .where(
                _within(AuditEvent.at, start, end),
                or_(
                    changed.contains('"expected_sign_on"', autoescape=True),
                    changed.contains('"off_ramp_reason"', autoescape=True),
                ),
            )
            .order_by(AuditEvent.id)
        )
    )


def _promises(trail: Iterable[Row[Any]]) -> tuple[NewPromise, ...]:
    found = []
    for row in trail:
        if row.before and "expected_sign_on" in (row.after or {}):
            before, after = row.before.get("expected_sign_on"), row.after["expected_sign_on"]
            found.append(NewPromise(_lead(row), _day(before), _day(after)))
    return tuple(found)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _moves(
    actor: Actor, start: datetime, end: datetime, trail: Iterable[Row[Any]]
) -> tuple[StageMove, ...]:
    reasons = {
        row.lead_id: OffRampReason(row.after["off_ramp_reason"])
        for row in trail
        if (row.after or {}).get("off_ramp_reason")
    }
    rows = db.session.execute(
        _about(
            actor,
            StageChange.from_stage,
            StageChange.to_stage,
            StageChange.happened_on,
            StageChange.reason,
        )
        .join(StageChange, StageChange.lead_id == Lead.id)
        .where(_within(StageChange.at, start, end))
        .order_by(StageChange.id)
    )
    return tuple(
        StageMove(
            _lead(row),
            row.from_stage,
            row.to_stage,
            row.happened_on,
            row.reason,
            reasons.get(row.lead_id),
        )
        for row in rows
    )


def _reached(actor: Actor, week: Week, start: datetime, end: datetime) -> tuple[Reached, ...]:
    rows = db.session.execute(
        _about(
            actor, Milestone.kind, Milestone.happened_on, Milestone.recorded_at, Milestone.source
        )
        .join(Milestone, Milestone.lead_id == Lead.id)
        .where(
            Milestone.kind.in_(TOLD_MILESTONES),
            Milestone.happened_on.is_not(None),
            or_(
                Milestone.happened_on.between(week.monday, week.sunday),
                _within(Milestone.recorded_at, start, end),
            ),
        )
        .order_by(Milestone.id)
    )
    return tuple(
        Reached(
            _lead(row), row.kind, row.happened_on, clock.office_day(row.recorded_at), row.source
        )
        for row in rows
    )


def _expected(actor: Actor, week: Week) -> tuple[Coming, ...]:
    rows = db.session.execute(
        _about(actor, Lead.expected_sign_on).where(
            Lead.stage.in_(BEFORE_SIGNING),
            Lead.expected_sign_on.between(week.monday, week.after.sunday),
        )
    )
    return tuple(Coming(_lead(row), DueKind.EXPECTED_SIGNING, row.expected_sign_on) for row in rows)


def _coming(actor: Actor, week: Week) -> tuple[Coming, ...]:
    rows = db.session.execute(
        _about(actor, Lead.next_action, Lead.next_action_on).where(
            Lead.stage.in_(OPEN_STAGES),
            Lead.next_action_on.between(week.monday, week.sunday),
        )
    )
    return tuple(
        Coming(_lead(row), DueKind.NEXT_ACTION, row.next_action_on, row.next_action) for row in rows
    )
