"""Of one kind alone what may be due, and who is told of it: all a preview has to read.

SQL only narrows, and never too far; the rules decide. That nothing is lost is shown by
`tests/features/reminders/test_reminder_settings.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, select

from crm.core import clock
from crm.leads.models import Lead
from crm.leads.rules import IN_TALKS
from crm.quotas.models import Quota, Verdict
from crm.reminders.queries import facts
from crm.reminders.queries.matters import quotas_behind
from crm.reminders.rules.falling import (
    BASES,
    Days,
    Due,
    LeadClock,
    furthest,
    setting_for,
    stages_of,
)
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.people import Addressees, Office, Told
from crm.reminders.rules.settings import Setting, Settings


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is due under one of several settings, and who is told of it.

    `named`: the only ones who may know of it; None: anybody may.
    """

    under: int
    subject: str
    step: str
    due_on: date
    told: tuple[Told, ...]
    named: frozenset[int] | None = None
    lead_id: int | None = None


def due_under_each(
    kind: ReminderKind, holding: Sequence[Settings], people: Office, days: Days
) -> Iterator[Found]:
    """What is due of a kind under each of these settings of the office, read once for all of them."""
    if kind is ReminderKind.QUOTA_BEHIND:
        for under, settings in enumerate(holding):
            for matter in quotas_behind(days.today, settings, people, days):
                one = matter.due
                yield Found(under, one.subject, one.step, one.due_on, (matter.told,))
        return
    latest = _latest_base(kind, holding, days)
    if latest is None:
        return
    watched = (
        facts.watched_leads(days.today, kind=kind, only=[_may_be_due(kind, latest, days.today)])
        if kind in BASES
        else facts.watched_days(kind=kind)
    )
    judge = _Judge(kind, people, days)
    for each in watched:
        of = each.clock
        if isinstance(of, LeadClock):
            base, subject = BASES[kind](of), f"lead:{of.lead_id}"
        else:
            base, subject = of.base, of.subject
        if base is None:
            continue
        for under, settings in enumerate(holding):
            setting = setting_for(kind, of, settings)
            due = None if setting is None else judge.due(base, setting)
            if setting is not None and due is not None:
                told = judge.told(due, setting, each.charge)
                yield Found(
                    under, subject, due.step, due.due_on, told, each.charge.named, of.lead_id
                )


class _Judge:
    """The rules, asked once for all whose clock began the same day or who are in the same charge."""

    def __init__(self, kind: ReminderKind, people: Office, days: Days) -> None:
        self.kind, self.days, self.told = kind, days, Addressees(people, days).of
        self._due: dict[tuple[int, date], Due | None] = {}

    def due(self, base: date, setting: Setting) -> Due | None:
        """What is due of anything whose clock began that day; its subject is left open."""
        key = id(setting), base
        if key not in self._due:
            self._due[key] = furthest(self.kind, "", base, setting, self.days)
        return self._due[key]


def _latest_base(kind: ReminderKind, holding: Sequence[Settings], days: Days) -> date | None:
    """The last base day for which anything is due under any setting; None where all are off."""
    return max(
        (
            days.latest_base(each.steps[0].days, each.in_working_days)
            for settings in holding
            for each in settings.all(kind)
            if each.is_on
        ),
        default=None,
    )


def _may_be_due(kind: ReminderKind, latest: date, today: date) -> ColumnElement[bool]:
    """Leads on which something of this kind may be due: all on which it is, and some more."""
    in_stage = Lead.stage.in_(stages_of(kind))
    entered = Lead.created_at < clock.office_moment(latest + timedelta(days=1))
    match kind:
        case ReminderKind.NEXT_ACTION:
            return in_stage & (Lead.next_action_on <= latest)
        case ReminderKind.FIRST_RESPONSE:
            return in_stage & Lead.first_contact_on.is_(None) & entered
        case ReminderKind.SCREENING:
            return in_stage & Lead.screened_on.is_(None) & entered
        case ReminderKind.REFERRER_FEEDBACK:
            return in_stage & Lead.referrer.is_not(None)
        case ReminderKind.QUIET:
            return Lead.stage.in_(IN_TALKS) & (Lead.last_progress_on <= latest)
        case ReminderKind.EXPECTED_SIGNING:
            return in_stage & (Lead.expected_sign_on <= latest)
        case ReminderKind.EXPECTED_LANDING:
            return in_stage & (Lead.expected_landing_on <= latest)
        case ReminderKind.EVIDENCE:
            wanting = select(Verdict.lead_id).join(Quota).where(*facts.asks_for_papers(today))
            return in_stage & Lead.id.in_(wanting)
    return in_stage
