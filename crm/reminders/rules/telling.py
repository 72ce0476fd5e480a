"""How what is due is told: at once, in the day's digest, once a week, or in the inbox alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from crm.accounts.rules import Way
from crm.core.days import WorkCalendar
from crm.reminders.rules.kinds import Level, ReminderKind, ReminderState, Timing

MOST_AT_ONCE = 5
"""Mails at once a person gets on one day unless they want it otherwise; the rest is folded in."""
LEVELS = tuple(Level)
REPEATED = frozenset({ReminderKind.NEXT_ACTION, ReminderKind.INSTRUCTION})
"""Told again each working day while due; every other step is told once, and listed when a mail goes."""


MOST_AT_ONCE_ALLOWED = 20


@dataclass(frozen=True, slots=True)
class KindChoice:
    """What a person chose for a kind. `way`: of a message at once alone; None: as everything else.

    Digests go one way: split by kind there would be several a day.
    """

    timing: Timing
    way: Way | None = None

    def __post_init__(self) -> None:
        if self.way is not None and self.timing is not Timing.AT_ONCE:
            raise ValueError(f"{self.timing} goes the general way")

    @property
    def code(self) -> str:
        """As a form and the trail hold it: `daily`, `at_once sms`."""
        return self.timing.value if self.way is None else f"{self.timing.value} {self.way.value}"

    @classmethod
    def of(cls, code: str) -> "KindChoice":
        """Raises ValueError."""
        timing, _space, way = code.partition(" ")
        return cls(Timing(timing), Way(way) if way else None)


class TimingFault(StrEnum):
    """Why a person cannot be told of a kind that way."""

    NEVER_OFF = "never_off"


def why_not_timing(timing: Timing | None, *, may_be_off: bool) -> TimingFault | None:
    """Some kinds cannot be switched off. None chosen: the office's way."""
    return TimingFault.NEVER_OFF if timing is Timing.OFF and not may_be_off else None


@dataclass(frozen=True, slots=True)
class Open:
    """One reminder of a person as telling it needs it. `is_told`: a message has said it before.

    `matter` names what it is about, as `quiet lead:12`: a reader is told of each matter once.
    """

    reminder_id: int
    kind: ReminderKind
    level: Level = Level.OWNER
    state: ReminderState = ReminderState.OPEN
    snoozed_until: date | None = None
    is_told: bool = False
    matter: str = ""
    planned_on: date | None = None  # the day it began, or began anew


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a person wants to be told: what they chose, and what holds where they chose nothing."""

    chosen: Mapping[ReminderKind, Timing]
    by_default: Mapping[ReminderKind, Timing]
    never_off: frozenset[ReminderKind] = frozenset()
    most_at_once: int = MOST_AT_ONCE
    ways: Mapping[ReminderKind, Way] = field(default_factory=dict)
    """By which channels a kind goes at once, where the person wants others than for all the rest."""

    def timing(self, kind: ReminderKind, level: Level = Level.OWNER) -> Timing:
        """What holds for a kind. Some cannot be off; nor can what has been escalated to somebody."""
        wanted = self.chosen.get(kind) or self.by_default.get(kind, Timing.DAILY)
        if wanted is Timing.OFF and (kind in self.never_off or level is not Level.OWNER):
            return Timing.DAILY
        return wanted


@dataclass(frozen=True, slots=True)
class Telling:
    """What goes out to a person today, as ids of reminders."""

    at_once: tuple[int, ...] = ()
    digest: tuple[int, ...] = ()  # empty: no digest goes
    weekly: tuple[int, ...] = ()
    ways: Mapping[int, Way] = field(default_factory=dict)
    """Of what goes at once by other channels than the reader's general ones."""


def is_silent_until_later(reminder: Open, today: date) -> bool:
    """Whether its reader has answered it, or put it off beyond today."""
    if reminder.state is ReminderState.SNOOZED:
        return reminder.snoozed_until is None or reminder.snoozed_until > today
    return reminder.state is not ReminderState.OPEN


def counts_as_told(told_on: date | None, snoozed_until: date | None) -> bool:
    """Whether a message of that day tells a reminder: what was put off is told again on its day."""
    return told_on is not None and (snoozed_until is None or told_on >= snoozed_until)


def telling(
    reminders: Iterable[Open],
    wishes: Wishes,
    today: date,
    calendar: WorkCalendar,
    sent_at_once: int = 0,
) -> Telling:
    """What goes out to a person today; nothing on a day off. `sent_at_once`: mails of today so far.

    Untold reminders a person wants at once go at once until the cap is reached; the rest, and those
    wanted daily, make the digest, which then lists everything that is open. Weekly ones wait for the
    first working day of the week. What a person has switched off stands in the inbox alone.
    """
    if not calendar.is_working_day(today):
        return Telling()
    speaking = _once_each(each for each in reminders if not is_silent_until_later(each, today))
    room = max(wishes.most_at_once - sent_at_once, 0)
    at_once: list[int] = []
    listed: list[int] = []
    weekly: list[int] = []
    ways: dict[int, Way] = {}
    wants_digest = False
    for each in speaking:
        timing = wishes.timing(each.kind, each.level)
        if timing is Timing.OFF:
            continue
        if timing is Timing.WEEKLY:
            weekly.append(each.reminder_id)
            continue
        if timing is Timing.AT_ONCE and not each.is_told and len(at_once) < room:
            at_once.append(each.reminder_id)
            if each.kind in wishes.ways:
                ways[each.reminder_id] = wishes.ways[each.kind]
            continue
        listed.append(each.reminder_id)
        wants_digest = wants_digest or not each.is_told or each.kind in REPEATED
    return Telling(
        tuple(at_once),
        tuple(listed) if wants_digest else (),
        tuple(weekly) if is_first_working_day_of_week(today, calendar) else (),
        ways,
    )


def _once_each(reminders: Iterable[Open]) -> list[Open]:
    """One reminder of each matter: a head who stands in for the owner gets two rows of it.

    What has been told stands for the rest, then the one that came the least far up.
    """
    best: dict[object, Open] = {}
    for each in reminders:
        key = each.matter or each.reminder_id
        known = best.get(key)
        if known is None or _rank(each) < _rank(known):
            best[key] = each
    return list(best.values())


def _rank(reminder: Open) -> tuple[bool, int, int]:
    return not reminder.is_told, LEVELS.index(reminder.level), reminder.reminder_id


def is_first_working_day_of_week(day: date, calendar: WorkCalendar) -> bool:
    """Whether no day of the same week (Monday to Sunday) before it was worked, and it is."""
    before = (day.fromordinal(day.toordinal() - n) for n in range(1, day.weekday() + 1))
    return calendar.is_working_day(day) and not any(
        calendar.is_working_day(each) for each in before
    )
