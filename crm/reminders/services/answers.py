"""Answering reminders. Services never commit, doors do."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update

from crm.accounts.rules import Actor
from crm.calendar.queries import work_calendar
from crm.core.bulk import among
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale, TheirChange
from crm.history import queries as trail
from crm.history import services as history
from crm.reminders.models import Preference, Reminder
from crm.reminders.queries import facts
from crm.reminders.queries.inbox import answers_for
from crm.reminders.queries.live import wishes_of
from crm.reminders.rules.answers import (
    BECOMES,
    FIELD_OF,
    Answer,
    Answerable,
    Said,
    why_not_answer,
)
from crm.reminders.rules.kinds import ReminderKind, ReminderState, Timing
from crm.reminders.wording import ANSWER_FIELD, word

ACTIONS = {
    Answer.ACKNOWLEDGE: "reminder_acknowledged",
    Answer.SNOOZE: "reminder_snoozed",
    Answer.DONE: "reminder_done",
    Answer.REOPEN: "reminder_reopened",
}


def answer(
    actor: Actor,
    reminder_id: int,
    said: Said,
    at: datetime,
    *,
    today: date,
    version: int | None = None,
    from_mail: bool = False,
) -> Reminder:
    """Take an answer to a reminder: its reader's own, or their delegate's while they are away.

    `version`: the one the page showed. Raises NotFound for whoever may not answer it, Stale where
    it was answered meanwhile, Refused.
    """
    row = db.session.get(Reminder, reminder_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    may_answer = answers_for(actor.id, today)
    if row.person_id not in may_answer:
        raise NotFound
    if version is not None and version != row.version:
        raise Stale(row, _missed(row, version))
    faults = why_not_answer(answerable(row), said, may_answer, today, work_calendar())
    if faults:
        raise Refused([Fault(FIELD_OF.get(each, ""), each, word(each)) for each in faults])
    _become(row, said)
    if said.answer in (Answer.SNOOZE, Answer.REOPEN):
        row.seen_at = row.delegate_seen_at = None
    row.answered_at = None if said.answer is Answer.REOPEN else at
    row.answered_by_id = None if said.answer is Answer.REOPEN else actor.id
    history.record_changes(
        actor, at, ACTIONS[said.answer], row,
        lead_id=row.lead_id, note="mail" if from_mail else None,
    )  # fmt: skip
    row.version += 1
    return row


def _become(row: Reminder, said: Said) -> None:
    row.state = BECOMES[said.answer]
    row.snoozed_until = said.until if said.answer is Answer.SNOOZE else None
    row.note = None if said.answer is Answer.REOPEN else said.note
    if said.answer is Answer.SNOOZE:
        row.snoozes += 1


def answerable(row: Reminder) -> Answerable:
    """What the rule needs of a row."""
    return Answerable(row.person_id, row.state, row.snoozes, row.snoozed_until, row.kind)


def _missed(row: Reminder, version: int) -> list[TheirChange]:
    events = trail.latest_of(
        Reminder.__tablename__, row.id, tuple(ACTIONS.values()), limit=max(row.version - version, 0)
    )
    return trail.their_changes(events, ANSWER_FIELD, _tell)


def _tell(name: str, value: Any) -> Any:
    return word(ReminderState(value)) if name == "state" and value else value


def acknowledge_all(
    actor: Actor, reminder_ids: Collection[int], at: datetime, *, today: date
) -> int:
    """Acknowledge those of these reminders that wait for an answer of this reader; how many."""
    done = 0
    said = Said(Answer.ACKNOWLEDGE)
    for reminder_id in sorted(set(reminder_ids)):
        try:
            answer(actor, reminder_id, said, at, today=today)
        except (NotFound, Refused):  # another's, or answered from the mail meanwhile
            continue
        done += 1
    return done


def mark_seen(
    actor: Actor, at: datetime, *, today: date, reminder_ids: Collection[int] | None = None
) -> int:
    """Note that this reader has seen these reminders, or all of theirs; how many were new.

    A delegate's look is their own: whoever is away still finds unread what they have not looked at.
    No fact of a matter, so the trail does not tell it.
    """
    only = [] if reminder_ids is None else [among(Reminder.id, tuple(reminder_ids))]
    away = sorted(answers_for(actor.id, today) - {actor.id})
    found = [("seen_at", Reminder.person_id == actor.id)]
    found += [("delegate_seen_at", among(Reminder.person_id, away))] if away else []
    seen = 0
    for column, whose in found:
        done = db.session.execute(
            update(Reminder)
            .where(whose, getattr(Reminder, column).is_(None), *only)
            .values({column: at})
            .execution_options(synchronize_session=False)
        )
        seen += int(done.rowcount)  # type: ignore[attr-defined]
    return seen


def switch_off(
    actor: Actor, kinds: Collection[ReminderKind], at: datetime
) -> tuple[ReminderKind, ...]:
    """Mail this person no more of these kinds; those that were switched off.

    A kind that cannot be off, or is off already, is left as it is.
    """
    settings = facts.settings()
    wishes = wishes_of([actor.id], settings)[actor.id]
    wanted = tuple(kind for kind in ReminderKind if kind in kinds and kind not in wishes.never_off)
    rows = {
        row.kind: row
        for row in db.session.scalars(select(Preference).where(Preference.user_id == actor.id))
    }
    done = []
    for kind in wanted:
        row, had = rows.get(kind), wishes.chosen.get(kind)
        if had is Timing.OFF:
            continue
        if row is None:
            row = Preference(user_id=actor.id, kind=kind)
            db.session.add(row)
        row.timing = Timing.OFF
        done.append(kind)
        history.record(
            actor, at, "reminder_kind_off", None, subject_type="reminder_preferences",
            before={"timing": had}, after={"kind": kind, "timing": Timing.OFF},
        )  # fmt: skip
    return tuple(done)
