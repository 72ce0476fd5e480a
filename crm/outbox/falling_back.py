"""What failed for good on its channel goes by mail instead. Services never commit, doors do.

A message to a person goes to the person's mail; the list of a robot to the heads of its unit, or to
the bureau leaders where it was for the whole office. What has gone by mail as well needs no other.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from crm.accounts.models import User
from crm.accounts.rules import Role
from crm.core import clock, logs
from crm.core.db import db, rows_of
from crm.outbox import posting
from crm.outbox.models import ChannelEndpoint, Delivery
from crm.outbox.rules import Channel, DeliveryState, Problem

log = logging.getLogger(__name__)

LOOKED_BACK = timedelta(days=1)
"""What failed longer ago is told by other messages."""


def fall_back(at: datetime) -> int:
    """Note a mail in place of every message that has just failed for good; how many were new.

    Safe to repeat: each failed message has at most one in its place for each reader.
    """
    other, mail = aliased(Delivery), aliased(Delivery)
    failed = db.session.scalars(
        select(Delivery).where(
            Delivery.channel != Channel.MAIL,
            Delivery.state == DeliveryState.FAILED,
            Delivery.due_on >= clock.office_day(at) - LOOKED_BACK,
            or_(Delivery.problem.is_(None), Delivery.problem != Problem.DAY_OVER),
            or_(Delivery.expires_at.is_(None), Delivery.expires_at > at),
            ~exists().where(other.instead_of_id == Delivery.id),
            ~exists().where(
                mail.kind == Delivery.kind,
                mail.recipient == Delivery.recipient,
                mail.due_on == Delivery.due_on,
                mail.key == Delivery.key,
                mail.channel == Channel.MAIL,
            ),
        )
    ).all()
    new = 0
    for row in failed:
        is_list = row.person_id is None
        for person_id in _readers(row.endpoint_id) if is_list else [row.person_id]:
            posted = posting.post(
                row.kind,
                person_id,
                row.due_on,
                at,
                key=f"endpoint:{row.endpoint_id}" if is_list else row.key,
                endpoint_id=row.endpoint_id if is_list else None,
                expires_at=row.expires_at,
            )
            if posted is not None:
                posted.instead_of_id = row.id
                new += 1
                log.warning(
                    logs.line(
                        "fell_back",
                        delivery=posted.id,
                        kind=posted.kind,
                        instead_of=row.id,
                        channel=row.channel,
                        problem=row.problem,
                    )
                )
    return new


def _readers(endpoint_id: int | None) -> list[int]:
    unit = select(ChannelEndpoint.department_id).where(ChannelEndpoint.id == endpoint_id)
    department_id = rows_of(unit).scalar_one_or_none()
    of_unit = (
        User.role == Role.DIRECTOR
        if department_id is None
        else and_(User.role == Role.UNIT_HEAD, User.department_id == department_id)
    )
    return list(
        db.session.scalars(select(User.id).where(User.is_active, of_unit).order_by(User.id))
    )
