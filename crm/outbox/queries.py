"""Reading how the messages fare."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, exists, func, or_, select

from crm.accounts.models import Department, User
from crm.core.bulk import chunked
from crm.core.db import db, rows_of
from crm.outbox.models import ChannelEndpoint, Delivery, Heartbeat, Lease
from crm.outbox.rules import (
    FURTHEST,
    LEASE,
    Channel,
    DeliveryKind,
    DeliveryState,
    Problem,
    Reach,
    Standing,
)

WORKER = "worker"
"""Under this name beat and worker together leave their sign."""
UNSETTLED = (DeliveryState.PENDING, DeliveryState.SENDING)
_DELIVERIES = Delivery.__table__
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
    instead, mail = _DELIVERIES.alias(), _DELIVERIES.alias()
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
            instead.c.channel.label("instead_of"),
            func.coalesce(User.name, ChannelEndpoint.name).label("name"),
            Department.name.label("department"),
            exists().where(mail.c.instead_of_id == Delivery.id).label("went_by_mail"),
        )
        .outerjoin(User, User.id == Delivery.person_id)
        .outerjoin(ChannelEndpoint, ChannelEndpoint.id == Delivery.endpoint_id)
        .outerjoin(Department, Department.id == User.department_id)
        .outerjoin(instead, instead.c.id == Delivery.instead_of_id)
        .where(Delivery.due_on >= day, Delivery.state.in_(states))
        .order_by(Delivery.due_on.desc(), Delivery.id.desc())
        .limit(200)
    )
    return db.session.execute(statement).all()


REACH = (User.is_active, User.email, User.messenger_id, User.mobile, User.way)
"""The columns of `rules.Reach`, in their order."""


def reach_from(columns: Sequence[Any]) -> Reach:
    """The `REACH` columns of a row as the rules want them."""
    return Reach(*columns)


def reach_of(people: Collection[int]) -> dict[int, Reach]:
    """Where these people can be reached, and how they want to be told."""
    found: dict[int, Reach] = {}
    for some in chunked(sorted(set(people))):
        for key, *reach in rows_of(select(User.id, *REACH).where(User.id.in_(some))):
            found[key] = reach_from(reach)
    return found


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the last message to a person was turned away, in the server's own words if it said any."""

    channel: Channel
    problem: Problem
    words: str | None
    on: date


def refusals(person_id: int | None = None) -> dict[int, tuple[Refusal, ...]]:
    """By person the refusals of the addresses they have now, by mail server and by gateways.

    Over as soon as the address is another one, or a later message to it went through.
    """
    turned_away = (Problem.REFUSED, Problem.BAD_ADDRESS)
    last = (
        select(Delivery.person_id, func.max(Delivery.id).label("id"))
        .join(User, User.id == Delivery.person_id)
        .where(
            or_(
                and_(Delivery.channel == Channel.MAIL, Delivery.address == User.email),
                and_(Delivery.channel == Channel.MESSENGER, Delivery.address == User.messenger_id),
                and_(Delivery.channel == Channel.SMS, Delivery.address == User.mobile),
            ),
            or_(
                Delivery.state == DeliveryState.SENT,
                and_(Delivery.state == DeliveryState.FAILED, Delivery.problem.in_(turned_away)),
            ),
        )
        .group_by(Delivery.person_id, Delivery.channel)
    )
    if person_id is not None:
        last = last.where(Delivery.person_id == person_id)
    newest = last.subquery()
    rows = rows_of(
        select(
            Delivery.person_id,
            Delivery.channel,
            Delivery.problem,
            Delivery.last_error,
            Delivery.due_on,
        )
        .join(newest, newest.c.id == Delivery.id)
        .where(Delivery.state == DeliveryState.FAILED)
        .order_by(Delivery.id)
    )
    found: dict[int, tuple[Refusal, ...]] = {}
    for person, channel, problem, words, on in rows:
        if person is not None and problem is not None:
            found[person] = (*found.get(person, ()), Refusal(channel, problem, words, on))
    return found


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
    """Messages of a channel that met one problem: given up, of them not too late to go again, still
    being tried."""

    channel: Channel
    problem: Problem
    failed: int
    may_go_again: int
    tried_again: int


def failures_since(day: date, at: datetime) -> list[Failures]:
    """What went wrong from that day on by channel and reason, the most frequent first."""
    is_failed = Delivery.state == DeliveryState.FAILED
    in_time = or_(Delivery.expires_at.is_(None), Delivery.expires_at > at)
    failed = func.count(case((is_failed, 1)))
    statement = (
        select(
            Delivery.channel,
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
        .group_by(Delivery.channel, Delivery.problem)
        .order_by(failed.desc(), Delivery.channel, Delivery.problem)
    )
    return [
        Failures(channel, problem, *counts)
        for channel, problem, *counts in db.session.execute(statement)
        if problem is not None
    ]


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """What became of the messages of one channel."""

    channel: Channel
    sent: int = 0
    failed: int = 0
    waiting: int = 0
    in_place: int = 0  # mails that went in place of what this channel refused


def channels_since(day: date) -> list[ChannelCount]:
    """The messages from that day on by channel; mail first, then those that were used."""
    counts: dict[tuple[Channel, DeliveryState], int] = {}
    for channel, state, count in rows_of(
        select(Delivery.channel, Delivery.state, func.count())
        .where(Delivery.due_on >= day)
        .group_by(Delivery.channel, Delivery.state)
    ):
        counts[channel, state] = count
    failed = _DELIVERIES.alias()
    in_place: dict[Channel, int] = dict(
        rows_of(
            select(failed.c.channel, func.count())
            .select_from(Delivery)
            .join(failed, failed.c.id == Delivery.instead_of_id)
            .where(Delivery.due_on >= day)
            .group_by(failed.c.channel)
        ).all()
    )
    used = {channel for channel, _state in counts} | {Channel.MAIL}
    return [
        ChannelCount(
            channel,
            counts.get((channel, DeliveryState.SENT), 0),
            counts.get((channel, DeliveryState.FAILED), 0),
            sum(counts.get((channel, state), 0) for state in UNSETTLED),
            in_place.get(channel, 0),
        )
        for channel in Channel
        if channel in used
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
