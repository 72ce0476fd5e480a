"""What falls due, on which working day it is told, and how a failed mail is tried again.

Pure: days, moments and the calendar are arguments. Days are the office's, moments are aware.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from crm.core.days import WorkCalendar
from crm.leads.rules import Stage


class DayKind(StrEnum):
    HOLIDAY = "holiday"
    WORKDAY = "workday"


class DeliveryKind(StrEnum):
    DUE_DIGEST = "due_digest"


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"  # claimed; nothing was handed to the mail server yet
    HANDING_OVER = "handing_over"  # the message is being given to the server
    SENT = "sent"
    NOTHING_DUE = "nothing_due"  # all of it was done before the mail went out
    FAILED = "failed"  # given up, a person must look
    UNCERTAIN = "uncertain"  # died while handing over: never sent again by itself


class DueKind(StrEnum):
    DUE = "due"
    OVERDUE = "overdue"


class Scope(StrEnum):
    """Whose leads the page of reminders shows."""

    MINE = "mine"
    UNIT = "unit"
    ALL = "all"


class Problem(StrEnum):
    """Why a mail did not go out, or why nobody knows whether it did."""

    NO_ADDRESS = "no_address"
    INACTIVE = "inactive"
    BAD_ADDRESS = "bad_address"
    REFUSED = "refused"  # the server refused recipient or message for good (5xx)
    NOT_WRITTEN = "not_written"  # the mail itself could not be made: a defect of ours
    SERVER_BUSY = "server_busy"  # it answered 4xx, or the connection broke before the message
    UNREACHABLE = "unreachable"
    NOT_TRUSTED = "not_trusted"  # no TLS, or a certificate nobody vouches for
    SIGN_IN_REFUSED = "sign_in_refused"
    LOST = "lost"  # the message was on its way when the connection or the worker died
    DAY_OVER = "day_over"  # the next working day's mail tells all of it again


FOR_GOOD = frozenset(
    {
        Problem.NO_ADDRESS,
        Problem.INACTIVE,
        Problem.BAD_ADDRESS,
        Problem.REFUSED,
        Problem.NOT_WRITTEN,
        Problem.DAY_OVER,
    }
)
"""Trying again changes nothing until a person has done something."""
CONCERNS_ALL = frozenset({Problem.UNREACHABLE, Problem.NOT_TRUSTED, Problem.SIGN_IN_REFUSED})
"""The server as a whole: every other mail would meet the same, and many wrong sign-ins lock it."""

MAIL_AT = time(8, 30)
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120))
"""How long to wait after the first, second … failure; the last one repeats."""
MOST_ATTEMPTS = 12
STALE_AFTER = timedelta(minutes=10)
"""A claim this old belongs to a worker that died: no step of a sending takes half of it."""
SILENT_AFTER = timedelta(minutes=5)
"""Beat and worker leave a sign every minute; after this long the administrator is told."""
NEXT_YEAR_FROM_MONTH = 11
"""The notice of the coming year's days off appears in November."""


# --- what is due ---


def falls_due(stage: Stage, next_action_on: date | None, on: date) -> DueKind | None:
    """Whether a lead's next action is to be told on `on`.

    Due means on or before the day, never a window. Lost and transferred leads are nobody's work any
    more; a parked lead is told only because somebody gave it a next action.
    """
    if stage.is_closed or next_action_on is None or next_action_on > on:
        return None
    return DueKind.DUE if next_action_on == on else DueKind.OVERDUE


def days_overdue(due_on: date, on: date) -> int:
    """Calendar days since the day it was due; 0 until it has passed."""
    return max((on - due_on).days, 0)


def why_not_mail(address: str | None, is_active: bool) -> Problem | None:
    """What stands in the way of any mail to a person."""
    if not address or not address.strip():
        return Problem.NO_ADDRESS
    return None if is_active else Problem.INACTIVE


# --- when it is told ---


def planning_day(
    calendar: WorkCalendar, day: date, clock_time: time, mail_at: time = MAIL_AT
) -> date | None:
    """The day whose mails are to be planned at this time of this office day, if any.

    From `mail_at` until midnight: a morning when everything was down is caught up the same day.
    """
    return day if calendar.is_working_day(day) and clock_time >= mail_at else None


def missing_years(calendar: WorkCalendar, today: date) -> tuple[int, ...]:
    """Years without imported days off that already matter: this one, from November the next."""
    years = [today.year]
    if today.month >= NEXT_YEAR_FROM_MONTH:
        years.append(today.year + 1)
    return tuple(year for year in years if not calendar.covers(year))


def is_silent(last_sign_at: datetime | None, at: datetime) -> bool:
    """Whether the worker has given no sign for so long that mails may not go out."""
    return last_sign_at is None or at - last_sign_at > SILENT_AFTER


# --- sending: what a row allows ---


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one delivery is: what the rules need of its row."""

    state: DeliveryState
    attempts: int = 0
    next_try_at: datetime | None = None
    claimed_at: datetime | None = None
    handed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery becomes; `next_try_at` only where it waits for another try."""

    state: DeliveryState
    next_try_at: datetime | None = None


def may_claim(row: Standing, at: datetime) -> bool:
    """Whether a worker may take it now: it waits and its time has come, or its worker died.

    A stale claim is safe to take over because nothing had been handed to the mail server.
    """
    if row.state is DeliveryState.PENDING:
        return row.next_try_at is None or row.next_try_at <= at
    return row.state is DeliveryState.SENDING and _is_stale(row.claimed_at, at)


def is_lost(row: Standing, at: datetime) -> bool:
    """Whether its worker died while the message was being handed over: nobody knows if it arrived."""
    return row.state is DeliveryState.HANDING_OVER and _is_stale(row.handed_at, at)


def _is_stale(since: datetime | None, at: datetime) -> bool:
    return since is None or at - since >= STALE_AFTER


def next_try(attempts: int, at: datetime, closes_at: datetime) -> datetime | None:
    """When to try again after `attempts` failures, the last of them at `at`; None: give up.

    `closes_at` ends the day the mail is for: after it the next digest tells everything anyway, and a
    late one would be the second mail of that day.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    due = at + DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]
    return due if due < closes_at else None


def after_failure(problem: Problem, attempts: int, at: datetime, closes_at: datetime) -> Outcome:
    """What becomes of a delivery that met `problem` at its `attempts`-th try."""
    if problem is Problem.LOST:
        return Outcome(DeliveryState.UNCERTAIN)
    again = None if problem in FOR_GOOD else next_try(attempts, at, closes_at)
    return Outcome(DeliveryState.FAILED if again is None else DeliveryState.PENDING, again)


def may_send_again(state: DeliveryState, due_on: date, today: date) -> bool:
    """Whether the administrator may have it sent once more: only on its own day (see next_try)."""
    return state in {DeliveryState.FAILED, DeliveryState.UNCERTAIN} and due_on == today


def may_mark_sent(state: DeliveryState) -> bool:
    """Whether the administrator may settle it: the recipient has said that it arrived."""
    return state is DeliveryState.UNCERTAIN


# --- the days off of a year, as a file gives them ---


class LineFault(StrEnum):
    EMPTY_FILE = "empty_file"
    NOT_A_DAY = "not_a_day"
    UNKNOWN_KIND = "unknown_kind"
    TWICE = "twice"
    OTHER_YEAR = "other_year"
    WORKED_ANYWAY = "worked_anyway"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that differs from Monday to Friday."""

    day: date
    kind: DayKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line of the file nobody can take; `line` counts from 1, 0 is the file as a whole."""

    line: int
    code: LineFault
    text: str = ""


KIND_WORDS = {
    DayKind.HOLIDAY: frozenset({"holiday", "off", "休", "休息", "放假", "节假日", "假日"}),
    DayKind.WORKDAY: frozenset({"workday", "work", "班", "上班", "调休", "调休上班", "工作日"}),
}
MOST_LINES = 400
HEADINGS = frozenset({"day", "date", "日期"})


def read_year(lines: Iterable[Sequence[str]]) -> tuple[tuple[SpecialDay, ...], list[WrongLine]]:
    """The special days of one year from (day, kind, name) cells, and everything that is wrong.

    A heading and empty lines are passed over. A day off on a weekend says nothing new and is left
    out; a weekday that is “worked” is a slip of the pen and refused.
    """
    days: dict[date, SpecialDay] = {}
    faults: list[WrongLine] = []
    for number, cells in enumerate(lines, 1):
        words = [cell.strip() for cell in cells]
        if not any(words) or (number == 1 and words[0].casefold() in HEADINGS):
            continue
        if number > MOST_LINES:
            faults.append(WrongLine(number, LineFault.TOO_MANY))
            break
        found = _special_day(words)
        if isinstance(found, LineFault):
            faults.append(WrongLine(number, found, ",".join(words)[:60]))
        elif found.day in days:
            faults.append(WrongLine(number, LineFault.TWICE, found.day.isoformat()))
        elif days and found.day.year != next(iter(days)).year:
            faults.append(WrongLine(number, LineFault.OTHER_YEAR, found.day.isoformat()))
        else:
            days[found.day] = found
    differing = tuple(each for each in days.values() if differs(each.day, each.kind))
    if not differing and not faults:
        faults.append(WrongLine(0, LineFault.EMPTY_FILE))
    return tuple(sorted(differing, key=lambda each: each.day)), faults


def _special_day(words: list[str]) -> SpecialDay | LineFault:
    plain = words[0].replace("/", "-").replace("年", "-").replace("月", "-").removesuffix("日")
    try:
        year, month, number = (int(part) for part in plain.split("-"))
        day = date(year, month, number)
    except (ValueError, OverflowError):
        return LineFault.NOT_A_DAY
    if not 2000 <= day.year <= 2100:
        return LineFault.NOT_A_DAY
    word = words[1].casefold() if len(words) > 1 else ""
    kind = next((kind for kind, known in KIND_WORDS.items() if word in known), None)
    if kind is None:
        return LineFault.UNKNOWN_KIND
    if kind is DayKind.WORKDAY and not differs(day, kind):
        return LineFault.WORKED_ANYWAY
    return SpecialDay(day, kind, words[2][:60] if len(words) > 2 else "")


def differs(day: date, kind: DayKind) -> bool:
    """Whether saying this of the day changes anything: weekdays are worked, weekends are not."""
    is_weekend = day.weekday() >= 5
    return is_weekend if kind is DayKind.WORKDAY else not is_weekend
