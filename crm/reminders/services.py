"""Planning, claiming and settling mails; the calendar. Services never commit, doors do.

A delivery goes claim → hand-over mark → settled in three transactions (see sending.py). Each step is
one conditional UPDATE on state and attempts: whoever finds the row changed meanwhile has lost it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from crm.accounts.rules import Actor
from crm.core import clock
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused
from crm.history import services as history
from crm.reminders import queries
from crm.reminders.models import CalendarDay, CalendarYear, Delivery, Heartbeat
from crm.reminders.rules import (
    CONCERNS_ALL,
    MAIL_AT,
    DayKind,
    DeliveryKind,
    DeliveryState,
    Outcome,
    Problem,
    SpecialDay,
    after_failure,
    differs,
    may_claim,
    may_mark_sent,
    may_send_again,
    planning_day,
    read_year,
)
from crm.reminders.wording import LINE_FAULT

# --- planning ---


def plan(at: datetime, mail_at: time = MAIL_AT) -> int:
    """Note for every owner of due leads that a mail is to go today; how many were new.

    Nothing before `mail_at` and on days off. Safe to repeat and to run twice at once: the table takes
    one row per person and day.
    """
    day = planning_day(
        queries.work_calendar(), clock.office_day(at), clock.office_time(at), mail_at
    )
    if day is None:
        return 0
    return sum(_plan_one(person_id, day, at) for person_id in queries.people_to_plan(day))


def _plan_one(person_id: int, day: date, at: datetime) -> bool:
    delivery = Delivery(
        kind=DeliveryKind.DUE_DIGEST, person_id=person_id, due_on=day, created_at=at
    )
    try:
        with db.session.begin_nested():
            db.session.add(delivery)
    except IntegrityError:  # another beat was quicker
        return False
    return True


# --- sending: each of these is one transaction of its own ---


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's hold on one delivery. `attempts` marks it: every claim counts one up."""

    delivery_id: int
    person_id: int
    due_on: date
    attempts: int


def closes_at(due_on: date) -> datetime:
    """The end of the day a mail is for; later it would be the second one of another day."""
    return clock.office_moment(due_on + timedelta(days=1))


def claim(delivery_id: int, at: datetime) -> Claim | None:
    """Take a delivery for sending; None if it is not to be sent now or another worker has it.

    One left over from an earlier day is settled as failed: the mail of the day tells all of it.
    """
    row = db.session.get(Delivery, delivery_id, populate_existing=True)
    if row is None or not may_claim(queries.standing(row), at):
        return None
    if at >= closes_at(row.due_on):
        over = {"state": DeliveryState.FAILED, "problem": Problem.DAY_OVER, "next_try_at": None}
        _become(row.id, row.state, row.attempts, over)
        return None
    attempts = row.attempts + 1
    won = _become(
        row.id,
        row.state,
        row.attempts,
        {"state": DeliveryState.SENDING, "attempts": attempts, "claimed_at": at, "handed_at": None},
    )
    return Claim(row.id, row.person_id, row.due_on, attempts) if won else None


def begin_handover(hold: Claim, at: datetime, address: str, subject: str, body: str) -> bool:
    """Note that the message is about to be given away; False if the claim was lost meanwhile."""
    return _become(
        hold.delivery_id,
        DeliveryState.SENDING,
        hold.attempts,
        {
            "state": DeliveryState.HANDING_OVER,
            "handed_at": at,
            "address": address,
            "subject": subject[:200],
            "body": body,
        },
    )


def settle_sent(hold: Claim, at: datetime) -> bool:
    """The server has taken the message."""
    return _settle(
        hold, {"state": DeliveryState.SENT, "sent_at": at, "problem": None, "last_error": None}
    )


def settle_nothing_due(hold: Claim) -> bool:
    """Everything was done before the mail went out."""
    return _settle(hold, {"state": DeliveryState.NOTHING_DUE, "problem": None, "last_error": None})


def settle_failure(hold: Claim, problem: Problem, detail: str, at: datetime) -> Outcome:
    """It did not go out: again later, given up, or (if nobody can know) left to a person.

    Where the server itself was at fault the other waiting mails wait as long, so that thirty
    mails do not knock thirty times, or lock the account with a wrong password.
    """
    outcome = after_failure(problem, hold.attempts, at, closes_at(hold.due_on))
    _settle(hold, _columns(outcome, problem, detail))
    if problem in CONCERNS_ALL and outcome.next_try_at is not None:
        db.session.execute(
            update(Delivery)
            .where(
                Delivery.state == DeliveryState.PENDING,
                or_(Delivery.next_try_at.is_(None), Delivery.next_try_at < outcome.next_try_at),
            )
            .values(next_try_at=outcome.next_try_at)
            .execution_options(synchronize_session=False)
        )
    return outcome


def give_up_lost(at: datetime) -> int:
    """Mark as uncertain what a worker died over while handing it to the server; how many."""
    return sum(
        _become(
            row.id,
            row.state,
            row.attempts,
            _columns(Outcome(DeliveryState.UNCERTAIN), Problem.LOST),
        )
        for row in queries.lost_deliveries(at)
    )


def _settle(hold: Claim, values: dict[str, Any]) -> bool:
    """Only the holder of the claim settles it, whether or not the hand-over had begun."""
    states = (DeliveryState.SENDING, DeliveryState.HANDING_OVER)
    return any(_become(hold.delivery_id, state, hold.attempts, values) for state in states)


def _columns(outcome: Outcome, problem: Problem, detail: str = "") -> dict[str, Any]:
    return {
        "state": outcome.state,
        "next_try_at": outcome.next_try_at,
        "problem": problem,
        "last_error": detail[:1000] or None,
    }


def _become(delivery_id: int, state: DeliveryState, attempts: int, values: dict[str, Any]) -> bool:
    """Compare and swap: change the row only if it is still as it was read."""
    done: Any = db.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == state, Delivery.attempts == attempts)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount == 1)


# --- what the administrator does about a failed mail ---


def send_again(actor: Actor, delivery_id: int, at: datetime) -> None:
    """Put a failed or uncertain delivery of today back in the queue. Raises NotFound, Refused."""
    row = _locked(delivery_id)
    if not may_send_again(row.state, row.due_on, clock.office_day(at)):
        raise Refused([Fault("", "not_now", _l("这封邮件现在不能重发，请刷新页面查看最新状态。"))])
    row.state, row.next_try_at, row.claimed_at, row.handed_at = (
        DeliveryState.PENDING,
        None,
        None,
        None,
    )
    history.record_changes(actor, at, "mail_sent_again", row)


def mark_sent(actor: Actor, delivery_id: int, at: datetime) -> None:
    """Settle an uncertain delivery: the recipient has it. Raises NotFound, Refused."""
    row = _locked(delivery_id)
    if not may_mark_sent(row.state):
        raise Refused([Fault("", "not_now", _l("这封邮件的状态已经变化，请刷新页面。"))])
    row.state, row.sent_at = DeliveryState.SENT, row.handed_at or at
    history.record_changes(actor, at, "mail_marked_sent", row)


def _locked(delivery_id: int) -> Delivery:
    row = db.session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if row is None:
        raise NotFound
    return row


# --- signs of life ---


def beat(at: datetime, name: str = queries.WORKER) -> None:
    """Leave a sign that beat and worker are at work."""
    touched: Any = db.session.execute(update(Heartbeat).where(Heartbeat.name == name).values(at=at))
    if touched.rowcount:
        return
    try:
        with db.session.begin_nested():
            db.session.add(Heartbeat(name=name, at=at))
    except IntegrityError:  # another worker came first, a moment ago: as good
        return


# --- the calendar ---


def set_day(actor: Actor, day: date, kind: DayKind, name: str | None, at: datetime) -> None:
    """Say that a day is off or worked against the rule. Raises Refused where that changes nothing."""
    if not differs(day, kind):
        words = (
            _l("这一天是周末，本来就休息。")
            if kind is DayKind.HOLIDAY
            else _l("这一天是周一至周五，本来就上班。")
        )
        raise Refused([Fault("day", "says_nothing", words)])
    row = db.session.scalar(select(CalendarDay).where(CalendarDay.day == day))
    if row is None:
        row = CalendarDay(day=day, kind=kind, name=name)
        db.session.add(row)
        db.session.flush()
        history.record(
            actor, at, "calendar_day_added", row, after={"day": day, "kind": kind, "name": name}
        )
        return
    row.kind, row.name = kind, name
    history.record_changes(actor, at, "calendar_day_changed", row)


def remove_day(actor: Actor, day_id: int, at: datetime) -> date:
    """Let a day follow the rule (Monday to Friday) again; which day it was. Raises NotFound."""
    row = db.session.get(CalendarDay, day_id)
    if row is None:
        raise NotFound
    history.record(
        actor,
        at,
        "calendar_day_removed",
        row,
        before={"day": row.day, "kind": row.kind, "name": row.name},
    )
    db.session.delete(row)
    return row.day


def import_year(
    actor: Actor, lines: Iterable[Sequence[str]], source: str, at: datetime
) -> tuple[int, int]:
    """Replace a whole year by what a file says; (year, special days).

    Raises Refused naming every line that cannot be taken; then nothing has changed.
    """
    days, faults = read_year(lines)
    if faults:
        raise Refused(
            [
                Fault(
                    "file",
                    each.code,
                    LINE_FAULT[each.code] % {"line": each.line, "text": each.text},
                )
                for each in faults[:20]
            ]
        )
    year = days[0].day.year
    before = {row.day.isoformat(): row.kind for row in queries.calendar_days(year)}
    db.session.execute(
        delete(CalendarDay)
        .where(CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)))
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()
    db.session.add_all(_row(each) for each in days)
    known = db.session.get(CalendarYear, year)
    if known is None:
        db.session.add(CalendarYear(year=year, source=source[:120]))
    else:
        known.source = source[:120]
    history.record(
        actor,
        at,
        "calendar_year_imported",
        None,
        subject_type=CalendarYear.__tablename__,
        before=before,
        after={each.day.isoformat(): each.kind for each in days},
        note=f"{year} {source}"[:200],
    )
    return year, len(days)


def _row(each: SpecialDay) -> CalendarDay:
    return CalendarDay(day=each.day, kind=each.kind, name=each.name or None)
