"""Noting that somebody is to be told something. Services never commit, doors do.

Safe to repeat and to run twice at once: the table takes one row per kind, recipient, day, key and
channel.
"""

from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from crm.core.db import db
from crm.outbox import queries
from crm.outbox.channels import gateways
from crm.outbox.models import Delivery
from crm.outbox.rules import Channel, DeliveryKind, channels_for


def post(
    kind: DeliveryKind,
    person_id: int,
    due_on: date,
    at: datetime,
    *,
    key: str = "",
    channel: Channel = Channel.MAIL,
    endpoint_id: int | None = None,
    expires_at: datetime | None = None,
) -> Delivery | None:
    """Note that a person is to be told something; None where that had been noted before.

    Safe to repeat and to run twice at once: the table takes one row per kind, recipient, day, key
    and channel.
    """
    delivery = Delivery(
        kind=kind,
        channel=channel,
        recipient=f"user:{person_id}",
        person_id=person_id,
        endpoint_id=endpoint_id,
        due_on=due_on,
        key=key,
        expires_at=expires_at,
        created_at=at,
    )
    return _once(delivery)


def tell(
    kind: DeliveryKind, person_id: int, due_on: date, at: datetime, *, key: str = ""
) -> list[Delivery]:
    """Note that a person is to be told something by the channels they want; as `post` otherwise.

    Whoever can be reached by none is written to by mail all the same: it says there what is missing.
    """
    reach = queries.reach_of([person_id]).get(person_id)
    ways = gateways()
    wanted = channels_for(reach, ways) if reach else ()
    posted = [
        post(kind, person_id, due_on, at, key=key, channel=channel, endpoint_id=ways.get(channel))
        for channel in wanted or (Channel.MAIL,)
    ]
    return [each for each in posted if each is not None]


def post_to_endpoint(
    kind: DeliveryKind,
    endpoint_id: int,
    channel: Channel,
    due_on: date,
    at: datetime,
    *,
    expires_at: datetime | None = None,
) -> Delivery | None:
    """Note that a robot or gateway is to be told something; as `post` otherwise."""
    delivery = Delivery(
        kind=kind,
        channel=channel,
        recipient=f"endpoint:{endpoint_id}",
        endpoint_id=endpoint_id,
        due_on=due_on,
        expires_at=expires_at,
        created_at=at,
    )
    return _once(delivery)


def _once(delivery: Delivery) -> Delivery | None:
    try:
        with db.session.begin_nested():
            db.session.add(delivery)
    except IntegrityError:  # another beat was quicker
        return None
    return delivery
