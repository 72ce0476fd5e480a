"""What falls due: a pure rule over the facts of a lead, the office's calendar and its settings.

A step is due from the day it is reached until the facts say that nothing is due any more: never only
on one day, so that days without a machine skip nothing. Of several steps that have been reached the
furthest alone is told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from crm.core.days import WorkCalendar
from crm.leads.rules import IN_TALKS, OPEN_STAGES, Stage
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.settings import Setting, Settings, clock_start


@dataclass(frozen=True, slots=True)
class LeadClock:
    """The days of a lead that start or stop a clock; all days are the office's."""

    lead_id: int
    stage: Stage
    entered_on: date
    stage_since: date
    last_progress_on: date | None = None  # the last substantive progress
    is_imported: bool = False  # entered from a ledger: the clocks of a new lead never ran here
    is_headquarters: bool | None = None
    investment_yuan: int | None = None
    next_action_on: date | None = None
    has_response: bool = False  # a first contact or any activity
    is_screened: bool = False
    has_referrer: bool = False
    fed_back_on: date | None = None  # the last feedback to the referrer
    signed_on: date | None = None  # the day of the agreement, where it is known
    expected_sign_on: date | None = None
    expected_landing_on: date | None = None
    papers_wanted_since: date | None = (
        None  # the event day of the first quota that waits for papers
    )


@dataclass(frozen=True, slots=True)
class Due:
    """One matter that is due: of what kind, about what, which step, since when.

    `subject` names it in one word, as `lead:12` or `trip:4`; `base` is the day its clock began.
    """

    kind: ReminderKind
    subject: str
    step: str
    due_on: date
    lead_id: int | None = None
    base: date | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """The calendar as seen from one day: from which base day on a step is reached today."""

    calendar: WorkCalendar
    today: date
    _latest: dict[tuple[int, bool], date] = field(default_factory=dict)
    _steps: dict[tuple[date, int], date] = field(default_factory=dict)

    def step_day(self, base: date, days: int, in_working_days: bool) -> date:
        """The day a step is reached: calendar days, or the n-th working day after `base`."""
        if not in_working_days or days <= 0:
            return base + timedelta(days=days)
        found = self._steps.get((base, days))
        if found is None:
            found = self._steps[base, days] = step_day(self.calendar, base, days, in_working_days)
        return found

    def reached(self, base: date, days: int, in_working_days: bool) -> bool:
        """Whether the step `days` after `base` has been reached."""
        return base <= self.latest_base(days, in_working_days)

    def latest_base(self, days: int, in_working_days: bool) -> date:
        """The last base day whose step has been reached today."""
        key = (days, in_working_days)
        found = self._latest.get(key)
        if found is None:
            found = self._latest[key] = self._find(days, in_working_days)
        return found

    def _find(self, days: int, in_working_days: bool) -> date:
        if not in_working_days or days <= 0:
            return self.today - timedelta(days=days)
        # The n-th working day after a base has come when n working days lie between it and today.
        base = self.calendar.add_working_days(self.today + timedelta(days=1), -days)
        return base - timedelta(days=1)


def step_day(calendar: WorkCalendar, base: date, days: int, in_working_days: bool) -> date:
    """The day a step is reached: calendar days, or the n-th working day after `base`."""
    if in_working_days and days > 0:
        return calendar.add_working_days(base, days)
    return base + timedelta(days=days)


def furthest(
    kind: ReminderKind,
    subject: str,
    base: date,
    setting: Setting,
    days: Days,
    lead_id: int | None = None,
) -> Due | None:
    """The furthest step of a kind that has been reached, None while none has."""
    start = clock_start(base, setting)
    if start is None:
        return None
    for step in reversed(setting.steps):
        if days.reached(start, step.days, setting.in_working_days):
            day = days.step_day(start, step.days, setting.in_working_days)
            return Due(kind, subject, step.code, day, lead_id, start)
    return None


# --- from which day each clock of a lead runs; None: it does not ---


def _first_response(lead: LeadClock) -> date | None:
    waits = lead.stage is Stage.LEAD and not lead.is_imported and not lead.has_response
    return lead.entered_on if waits else None


def _screening(lead: LeadClock) -> date | None:
    early = lead.stage in (Stage.LEAD, Stage.CONTACTED)
    return lead.entered_on if early and not lead.is_imported and not lead.is_screened else None


def _referrer_feedback(lead: LeadClock) -> date | None:
    """First after the entry, then after an outcome; each is over once something was fed back.

    Outcomes are leaving the ordinary way and signing; that a signed project goes on is none.
    """
    if not lead.has_referrer or lead.is_imported:
        return None
    since = lead.entered_on
    if lead.stage.is_off_ramp:
        since = lead.stage_since
    elif lead.stage.is_signed:
        since = lead.signed_on or lead.stage_since
    return None if lead.fed_back_on is not None and lead.fed_back_on >= since else since


def _quiet(lead: LeadClock) -> date | None:
    """From the last substantive progress, as the lists count it; a comment is none.

    Entering a stage is progress and moves that day, so that it is always progress in the stage.
    """
    return (lead.last_progress_on or lead.stage_since) if lead.stage in IN_TALKS else None


def _not_registered(lead: LeadClock) -> date | None:
    return (lead.signed_on or lead.stage_since) if lead.stage is Stage.SIGNED else None


def _not_started(lead: LeadClock) -> date | None:
    return (lead.signed_on or lead.stage_since) if lead.stage is Stage.REGISTERED else None


def _expected_signing(lead: LeadClock) -> date | None:
    return lead.expected_sign_on if lead.stage is Stage.LEAD or lead.stage in IN_TALKS else None


def _expected_landing(lead: LeadClock) -> date | None:
    before = lead.stage is Stage.LEAD or lead.stage in IN_TALKS or lead.stage is Stage.SIGNED
    return lead.expected_landing_on if before else None


def _evidence(lead: LeadClock) -> date | None:
    return None if lead.stage.is_off_ramp else lead.papers_wanted_since


def _next_action(lead: LeadClock) -> date | None:
    return None if lead.stage.is_closed else lead.next_action_on


def setting_for(
    kind: ReminderKind, clock: "LeadClock | OpenDay", settings: Settings
) -> Setting | None:
    """The setting that holds for a lead, or for the lead a day concerns; None where it is off."""
    return settings.of(kind, clock.stage, clock.is_headquarters, clock.investment_yuan)


BASES: dict[ReminderKind, Callable[[LeadClock], date | None]] = {
    ReminderKind.NEXT_ACTION: _next_action,
    ReminderKind.FIRST_RESPONSE: _first_response,
    ReminderKind.SCREENING: _screening,
    ReminderKind.REFERRER_FEEDBACK: _referrer_feedback,
    ReminderKind.QUIET: _quiet,
    ReminderKind.NOT_REGISTERED: _not_registered,
    ReminderKind.NOT_STARTED: _not_started,
    ReminderKind.EXPECTED_SIGNING: _expected_signing,
    ReminderKind.EXPECTED_LANDING: _expected_landing,
    ReminderKind.EVIDENCE: _evidence,
}
"""The kinds that concern a lead as a whole."""


def stages_of(kind: ReminderKind) -> tuple[Stage, ...]:
    """The stages of leads in which a kind can be due; none for what concerns no lead."""
    if kind is ReminderKind.QUOTA_BEHIND:
        return ()
    base_of = BASES.get(kind)
    if base_of is None:
        return OPEN_STAGES
    day = date(2026, 1, 1)  # any: what is asked is whether the clock runs, not since when
    return tuple(
        stage
        for stage in Stage
        if base_of(
            LeadClock(
                0, stage, day, day, has_referrer=True, next_action_on=day, signed_on=day,
                expected_sign_on=day, expected_landing_on=day, papers_wanted_since=day,
            )
        )
    )  # fmt: skip


_OF_STAGE = {
    stage: tuple((kind, base_of) for kind, base_of in BASES.items() if stage in stages_of(kind))
    for stage in Stage
}
"""The clocks that can run in a stage: of each lead half of them need not be asked."""


def due_of_lead(lead: LeadClock, settings: Settings, days: Days) -> list[Due]:
    """Everything that is due on a lead today, at most one of each kind."""
    found = []
    subject = f"lead:{lead.lead_id}"
    for kind, base_of in _OF_STAGE[lead.stage]:
        base = base_of(lead)
        if base is None:
            continue
        setting = setting_for(kind, lead, settings)
        if setting is None:
            continue
        due = furthest(kind, subject, base, setting, days, lead.lead_id)
        if due is not None:
            found.append(due)
    return found


# --- what concerns a day, a trip, an instruction or a quota ---


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A day somebody has to keep: an agreed date, a trip that wants its report, an instruction.

    `stage`, `is_headquarters` and `investment_yuan` are those of the lead it concerns, if any.
    """

    kind: ReminderKind
    subject: str  # agreed_date:4, trip:7, instruction:3
    base: date
    lead_id: int | None = None
    stage: Stage | None = None
    is_headquarters: bool | None = None
    investment_yuan: int | None = None


def due_of_day(open_day: OpenDay, settings: Settings, days: Days) -> Due | None:
    """The furthest step that has been reached of a day somebody has to keep."""
    setting = setting_for(open_day.kind, open_day, settings)
    if setting is None:
        return None
    return furthest(open_day.kind, open_day.subject, open_day.base, setting, days, open_day.lead_id)


@dataclass(frozen=True, slots=True)
class QuotaStanding:
    """How far a quota is, as its leaders are told once a month.

    `due` is 应达 on the day of the month that is told, so that what grows due later in the month
    is told with the next one.
    """

    quota_id: int
    reached: int
    due: int


def telling_day(setting: Setting, calendar: WorkCalendar, today: date) -> date:
    """The working day of this month on which quotas are told: the first one on or after the step."""
    step = setting.steps[0].days
    first = step_day(calendar, today.replace(day=1), step, setting.in_working_days)
    return calendar.working_day_from(first)


def due_of_quota(standing: QuotaStanding, settings: Settings, days: Days) -> Due | None:
    """Told once a month, from its first working day on, while behind what was due that day."""
    setting = settings.of(ReminderKind.QUOTA_BEHIND)
    if setting is None or standing.reached >= standing.due:
        return None
    day = telling_day(setting, days.calendar, days.today)
    if day > days.today:
        return None
    month = f"{days.today:%Y-%m}"
    return Due(ReminderKind.QUOTA_BEHIND, f"quota:{standing.quota_id}", month, day)


# --- escalation ---


def overdue_since(due: Due, setting: Setting, days: Days) -> date:
    """The day from which lateness is counted: that of the first step which is no announcement.

    A further step never begins it anew: whoever has been told stays told. Where every step
    announces, a matter is late from the day they announce.
    """
    if due.base is None:
        return due.due_on
    late = next((each for each in setting.steps if not each.announces), None)
    if late is None:
        return due.base
    return days.step_day(due.base, late.days, setting.in_working_days)


def is_told_to(after: int | None, since: date, days: Days) -> bool:
    """Whether `after` working days have gone by since a matter fell due (None: it never goes up)."""
    return after is not None and days.reached(since, after, in_working_days=after > 0)
