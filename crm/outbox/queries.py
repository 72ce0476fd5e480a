"""Reading how the messages fare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select

from crm.accounts.models import Department, User
from crm.core.db import db, rows_of
from crm.outbox.models import ChannelEndpoint, Delivery, Heartbeat, Lease
from crm.outbox.rules import (
    FURTHEST,
    LEASE,
    Channel,
    DeliveryKind,
    DeliveryState,
    Problem,
    Standing,
)

WORKER = "worker"
"""Under this name beat and worker together leave their sign."""
UNSETTLED = (DeliveryState.PENDING, DeliveryState.SENDING)
AT_A_TIME = 1000
"""How many waiting deliveries one sweep looks at; the next one a minute later takes the rest."""


def standing(delivery: Delivery | Row[*tuple[Any, ...]]) -> Standing:
    """What the rules need of a row."""
    return Standing(
        delivery.state,
        delivery.attempts,
        delivery.next_try_at,
        delivery.claimed_at,
        delivery.expires_at,
        delivery.deaths,
    )


def claimable(at: datetime, lease: timedelta = LEASE) -> ColumnElement[bool]:
    """The rows `rules.may_claim` says yes to, as a condition."""
    return or_(
        and_(
            Delivery.state == DeliveryState.PENDING,
            or_(
                Delivery.next_try_at.is_(None),
                Delivery.next_try_at <= at,
                Delivery.next_try_at > at + FURTHEST,
            ),
        ),
        and_(
            Delivery.state == DeliveryState.SENDING,
            or_(
                Delivery.claimed_at.is_(None),
                Delivery.claimed_at <= at - lease,
                Delivery.claimed_at > at + lease,
            ),
        ),
    )


def claimable_ids(at: datetime, most: int = AT_A_TIME, lease: timedelta = LEASE) -> list[int]:
    """Deliveries a worker may take now, the oldest day first."""
    return list(
        db.session.scalars(
            select(Delivery.id)
            .where(claimable(at, lease))
            .order_by(Delivery.due_on, Delivery.id)
            .limit(most)
        )
    )


def deliveries_since(day: date, states: Sequence[DeliveryState]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Deliveries in those states from that day on, newest first, with the person's name."""
    statement = (
        select(
            Delivery.id,
            Delivery.kind,
            Delivery.channel,
            Delivery.due_on,
            Delivery.state,
            Delivery.attempts,
            Delivery.next_try_at,
            Delivery.claimed_at,
            Delivery.expires_at,
            Delivery.deaths,
            Delivery.handed_at,
            Delivery.sent_at,
            Delivery.address,
            Delivery.problem,
            Delivery.last_error,
            func.coalesce(User.name, ChannelEndpoint.name).label("name"),
            Department.name.label("department"),
        )
        .outerjoin(User, User.id == Delivery.person_id)
        .outerjoin(ChannelEndpoint, ChannelEndpoint.id == Delivery.endpoint_id)
        .outerjoin(Department, Department.id == User.department_id)
        .where(Delivery.due_on >= day, Delivery.state.in_(states))
        .order_by(Delivery.due_on.desc(), Delivery.id.desc())
        .limit(200)
    )
    return db.session.execute(statement).all()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the last mail to a person was turned away, in the server's own words where it said any."""

    problem: Problem
    words: str | None
    on: date


def refusals(person_id: int | None = None) -> dict[int, Refusal]:
    """By person the mail server's refusal of the address they have now.

    Over as soon as the address is another one, or a later mail to it went through.
    """
    turned_away = (Problem.REFUSED, Problem.BAD_ADDRESS)
    last = (
        select(Delivery.person_id, func.max(Delivery.id).label("id"))
        .join(User, User.id == Delivery.person_id)
        .where(
            Delivery.channel == Channel.MAIL,
            Delivery.address == User.email,
            or_(
                Delivery.state == DeliveryState.SENT,
                and_(Delivery.state == DeliveryState.FAILED, Delivery.problem.in_(turned_away)),
            ),
        )
        .group_by(Delivery.person_id)
    )
    if person_id is not None:
        last = last.where(Delivery.person_id == person_id)
    newest = last.subquery()
    rows = rows_of(
        select(Delivery.person_id, Delivery.problem, Delivery.last_error, Delivery.due_on)
        .join(newest, newest.c.id == Delivery.id)
        .where(Delivery.state == DeliveryState.FAILED)
    )
    return {
        person: Refusal(problem, words, on)
        for person, problem, words, on in rows
        if person is not None and problem is not None
    }


def last_sign_at() -> datetime | None:
    """When beat and worker were last seen at work."""
    return db.session.scalar(select(Heartbeat.at).where(Heartbeat.name == WORKER))


# --- how the whole of it fares, for operators: aggregates, whatever the number of messages ---


def signs() -> dict[str, datetime]:
    """When each part of the machine was last seen at work, by name."""
    return {row.name: row.at for row in rows_of(select(Heartbeat.name, Heartbeat.at))}


@dataclass(frozen=True, slots=True)
class Held:
    """A lease: who does what only one may do, and until when unless it is renewed."""

    name: str
    holder: str
    until: datetime


def leases() -> list[Held]:
    """Who holds which lease, such as the beat that fires."""
    statement = select(Lease.name, Lease.holder, Lease.until).order_by(Lease.name)
    return [Held(*row) for row in rows_of(statement)]


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """What waits: how many, how many of them now, since when the oldest."""

    pending: int = 0
    due_now: int = 0
    oldest_pending: datetime | None = None
    sending: int = 0
    oldest_sending: datetime | None = None


def queue_depth(at: datetime) -> QueueDepth:
    """How many messages wait and how many are being sent, in one aggregate over the unsettled."""
    is_pending = Delivery.state == DeliveryState.PENDING
    is_sending = Delivery.state == DeliveryState.SENDING
    row = db.session.execute(
        select(
            func.count(case((is_pending, 1))),
            func.count(case((and_(is_pending, claimable(at)), 1))),
            func.min(case((is_pending, Delivery.created_at))),
            func.count(case((is_sending, 1))),
            func.min(case((is_sending, Delivery.claimed_at))),
        ).where(Delivery.state.in_(UNSETTLED))
    ).one()
    return QueueDepth(*row)


def counts() -> dict[tuple[DeliveryState, DeliveryKind, Channel], int]:
    """How many messages there have been of each state, kind and channel."""
    key = (Delivery.state, Delivery.kind, Delivery.channel)
    found = db.session.execute(select(*key, func.count()).group_by(*key))
    return {(state, kind, channel): count for state, kind, channel, count in found}


@dataclass(frozen=True, slots=True)
class Failures:
    """Messages that met one problem: given up, of them not too late to go again, still being tried."""

    problem: Problem
    failed: int
    may_go_again: int
    tried_again: int


def failures_since(day: date, at: datetime) -> list[Failures]:
    """What went wrong from that day on, the most frequent reason first."""
    is_failed = Delivery.state == DeliveryState.FAILED
    in_time = or_(Delivery.expires_at.is_(None), Delivery.expires_at > at)
    failed = func.count(case((is_failed, 1)))
    statement = (
        select(
            Delivery.problem,
            failed,
            func.count(case((and_(is_failed, in_time), 1))),
            func.count(case((~is_failed, 1))),
        )
        .where(
            Delivery.due_on >= day,
            Delivery.state.in_((DeliveryState.FAILED, *UNSETTLED)),
            Delivery.problem.is_not(None),
        )
        .group_by(Delivery.problem)
        .order_by(failed.desc(), Delivery.problem)
    )
    return [
        Failures(problem, *counts)
        for problem, *counts in db.session.execute(statement)
        if problem is not None
    ]


@dataclass(frozen=True, slots=True)
class DayCount:
    """What became of the messages of one day."""

    day: date
    sent: int = 0
    failed: int = 0
    waiting: int = 0
    nothing_due: int = 0


def days_back(today: date, days: int) -> list[DayCount]:
    """The messages of the last `days` days by the day they are for, today first; 0 where none was."""
    first = today - timedelta(days=days - 1)
    counts: dict[tuple[date, DeliveryState], int] = {}
    for day, state, count in rows_of(
        select(Delivery.due_on, Delivery.state, func.count())
        .where(Delivery.due_on >= first, Delivery.due_on <= today)
        .group_by(Delivery.due_on, Delivery.state)
    ):
        counts[day, state] = count

    def of(day: date, *states: DeliveryState) -> int:
        return sum(counts.get((day, state), 0) for state in states)

    return [
        DayCount(
            day,
            of(day, DeliveryState.SENT),
            of(day, DeliveryState.FAILED),
            of(day, *UNSETTLED),
            of(day, DeliveryState.NOTHING_DUE),
        )
        for day in (today - timedelta(days=n) for n in range(days))
    ]
