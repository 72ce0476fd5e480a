"""Why somebody was or was not sent a message of what is due: one answer, from the facts at hand."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crm.core.days import WorkCalendar
from crm.outbox.rules import DeliveryState, Problem
from crm.reminders.rules.kinds import ReminderState, Timing
from crm.reminders.rules.telling import (
    Open,
    Telling,
    is_first_working_day_of_week,
    is_silent_until_later,
)


class ClockState(StrEnum):
    """How far the clock of one kind is."""

    DUE = "due"
    NOT_YET = "not_yet"  # it runs, but no step has been reached
    NO_DAY = "no_day"  # the facts give it no day to count from, or have stopped it
    TOO_EARLY = "too_early"  # its day lies before the one from which the kind counts
    OTHER_STAGE = "other_stage"  # it never runs in this stage
    SWITCHED_OFF = "switched_off"  # the office has switched it off for such leads


class Why(StrEnum):
    """What became of telling one person, or what holds it back."""

    SENT = "sent"
    WAITING = "waiting"  # a message has been noted and is on its way
    FAILED = "failed"
    ANSWERED = "answered"
    SNOOZED = "snoozed"
    NO_ADDRESS = "no_address"
    INACTIVE = "inactive"
    OFF = "off"  # the reader wants no message of this kind; it stands in the inbox alone
    DAY_OFF = "day_off"
    NOT_PLANNED = "not_planned"  # it has no row: the day is yet to come, or to be planned
    NEXT_WEEK = "next_week"  # told once a week, on its first working day
    TOLD_BEFORE = "told_before"  # each step once; the next digest lists it again
    IN_ANOTHER_CAPACITY = "in_another_capacity"  # the reader is told of it once, as somebody else
    NOT_NOTED = "not_noted"  # is to be told with the next planning


@dataclass(frozen=True, slots=True)
class Message:
    """The message that tells a reminder, or is about to: its day and its state."""

    due_on: date
    state: DeliveryState


def why(
    row: Open | None,
    timing: Timing,
    goes: Telling,
    message: Message | None,
    problem: Problem | None,
    today: date,
    calendar: WorkCalendar,
) -> Why:
    """Why the reader was or was not sent a message of a reminder that is due.

    `goes` is what goes out to the reader today, `problem` why no mail can go to them. What stands
    first holds, even where more than one thing does.
    """
    if message is not None and message.due_on == today:
        return _of_message(message)
    if row is None:
        return Why.NOT_PLANNED if calendar.is_working_day(today) else Why.DAY_OFF
    if is_silent_until_later(row, today):
        return Why.SNOOZED if row.state is ReminderState.SNOOZED else Why.ANSWERED
    if timing is Timing.OFF:
        return Why.OFF
    if problem is not None:
        return Why.INACTIVE if problem is Problem.INACTIVE else Why.NO_ADDRESS
    if message is not None and message.state is not DeliveryState.SENT:
        return _of_message(message)
    if not calendar.is_working_day(today):
        return Why.DAY_OFF
    if row.reminder_id in (*goes.at_once, *goes.digest, *goes.weekly):
        return Why.NOT_NOTED
    if timing is Timing.WEEKLY and not is_first_working_day_of_week(today, calendar):
        return Why.NEXT_WEEK
    return Why.TOLD_BEFORE if row.is_told else Why.IN_ANOTHER_CAPACITY


def _of_message(message: Message) -> Why:
    match message.state:
        case DeliveryState.SENT:
            return Why.SENT
        case DeliveryState.FAILED:
            return Why.FAILED
        case DeliveryState.NOTHING_DUE:
            return Why.TOLD_BEFORE
    return Why.WAITING
