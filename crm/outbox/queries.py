"""Reading how the messages fare."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select

from crm.accounts.models import Department, User
from crm.core.db import db
from crm.outbox.models import Delivery, Heartbeat
from crm.outbox.rules import FURTHEST, LEASE, DeliveryState, Standing

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
            User.name,
            Department.name.label("department"),
        )
        .outerjoin(User, User.id == Delivery.person_id)
        .outerjoin(Department, Department.id == User.department_id)
        .where(Delivery.due_on >= day, Delivery.state.in_(states))
        .order_by(Delivery.due_on.desc(), Delivery.id.desc())
        .limit(200)
    )
    return db.session.execute(statement).all()


def last_sign_at() -> datetime | None:
    """When beat and worker were last seen at work."""
    return db.session.scalar(select(Heartbeat.at).where(Heartbeat.name == WORKER))
