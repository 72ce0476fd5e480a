"""What a reader may answer to a reminder, and what becomes of it.

Pure: the day, the calendar and whose reminders somebody may answer are arguments.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.core.days import WorkCalendar
from crm.reminders.rules.kinds import ReminderKind, ReminderState

MOST_SNOOZES = 3
"""How often one reminder may be put off before it has to be answered."""
LONGEST_SNOOZE = timedelta(days=14)
"""How far ahead a reminder may be put off at a time, in calendar days."""
LONGEST_NOTE = 200


class Answer(StrEnum):
    """What a reader says to a reminder."""

    ACKNOWLEDGE = "acknowledge"  # 知悉: not told again until its next step
    SNOOZE = "snooze"  # 稍后提醒: told again on its day
    DONE = (
        "done"  # 办结: not told again; others are, while the facts say it is due. Of no instruction
    )
    REOPEN = "reopen"  # 恢复: an answer given by mistake is taken back


DONE_ELSEWHERE = frozenset({ReminderKind.INSTRUCTION})
"""Kinds that are done where they stand: an instruction by its 回执 or by being closed, which whoever gave
it hears of. One done here alone would stay open there."""


class AnswerFault(StrEnum):
    """Why an answer cannot be taken."""

    NOT_YOURS = "not_yours"
    ON_ITS_PAGE = "on_its_page"
    OVER = "over"
    ALREADY = "already"
    NOTHING_TO_TAKE_BACK = "nothing_to_take_back"
    NO_DAY = "no_day"
    NOT_LATER = "not_later"
    DAY_OFF = "day_off"
    TOO_FAR = "too_far"
    TOO_OFTEN = "too_often"
    NO_REASON = "no_reason"
    NOTE_TOO_LONG = "note_too_long"


FIELD_OF = {
    AnswerFault.NO_DAY: "until",
    AnswerFault.NOT_LATER: "until",
    AnswerFault.DAY_OFF: "until",
    AnswerFault.TOO_FAR: "until",
    AnswerFault.NO_REASON: "note",
    AnswerFault.NOTE_TOO_LONG: "note",
}
"""The field of a form each fault stands beside; the others concern the whole."""
BECOMES = {
    Answer.ACKNOWLEDGE: ReminderState.ACKNOWLEDGED,
    Answer.SNOOZE: ReminderState.SNOOZED,
    Answer.DONE: ReminderState.DONE,
    Answer.REOPEN: ReminderState.OPEN,
}
OVER = frozenset({ReminderState.SETTLED, ReminderState.WITHDRAWN})
"""The facts, or the office, have answered it."""


@dataclass(frozen=True, slots=True)
class Answerable:
    """One reminder as answering it needs it."""

    person_id: int
    state: ReminderState
    snoozes: int = 0
    snoozed_until: date | None = None
    kind: ReminderKind | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody answers: until when it is put off, and why, or what was done."""

    answer: Answer
    until: date | None = None
    note: str | None = None


def why_not_answer(
    reminder: Answerable,
    said: Said,
    answers_for: Collection[int],
    today: date,
    calendar: WorkCalendar,
) -> tuple[AnswerFault, ...]:
    """Everything that stands in the way of an answer; empty when it may be taken.

    `answers_for`: the people whose reminders the answerer reads today, that is they themselves and
    whoever they stand in for.
    """
    if reminder.person_id not in answers_for:
        return (AnswerFault.NOT_YOURS,)
    if reminder.state in OVER:
        return (AnswerFault.OVER,)
    if said.answer is Answer.DONE and reminder.kind in DONE_ELSEWHERE:
        return (AnswerFault.ON_ITS_PAGE,)
    fault = _why_not_again(reminder, said.answer)
    if fault is not None:
        return (fault,)
    found = _why_not_snooze(reminder, said, today, calendar) if is_snooze(said) else []
    if said.note and len(said.note) > LONGEST_NOTE:
        found.append(AnswerFault.NOTE_TOO_LONG)
    return tuple(found)


def is_snooze(said: Said) -> bool:
    return said.answer is Answer.SNOOZE


def _why_not_again(reminder: Answerable, answer: Answer) -> AnswerFault | None:
    """A done one is only taken back; putting off once more is a new answer, saying the same is none."""
    if answer is Answer.REOPEN:
        is_open = reminder.state is ReminderState.OPEN
        return AnswerFault.NOTHING_TO_TAKE_BACK if is_open else None
    if reminder.state is ReminderState.DONE:
        return AnswerFault.ALREADY
    if answer is not Answer.SNOOZE and BECOMES[answer] is reminder.state:
        return AnswerFault.ALREADY
    return None


def _why_not_snooze(
    reminder: Answerable, said: Said, today: date, calendar: WorkCalendar
) -> list[AnswerFault]:
    if reminder.snoozes >= MOST_SNOOZES:
        return [AnswerFault.TOO_OFTEN]
    found = []
    if said.until is None:
        found.append(AnswerFault.NO_DAY)
    elif said.until <= today:
        found.append(AnswerFault.NOT_LATER)
    elif said.until - today > LONGEST_SNOOZE:
        found.append(AnswerFault.TOO_FAR)
    elif not calendar.is_working_day(said.until):
        found.append(AnswerFault.DAY_OFF)
    if wants_reason(reminder) and not (said.note and said.note.strip()):
        found.append(AnswerFault.NO_REASON)
    return found


def wants_reason(reminder: Answerable) -> bool:
    """Whether putting it off has to be explained: from the second time on."""
    return reminder.snoozes > 0


def snooze_days(today: date, calendar: WorkCalendar) -> tuple[date, ...]:
    """The working days a reminder may be put off to, the soonest first."""
    days = (today + timedelta(days=n) for n in range(1, LONGEST_SNOOZE.days + 1))
    return tuple(day for day in days if calendar.is_working_day(day))


def is_waiting(state: ReminderState, snoozed_until: date | None, today: date) -> bool:
    """Whether a reminder waits for an answer today: open, or put off until a day that has come."""
    if state is ReminderState.SNOOZED:
        return snoozed_until is not None and snoozed_until <= today
    return state is ReminderState.OPEN
