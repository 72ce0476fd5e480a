"""Reading places for pick lists."""

from collections.abc import Sequence

from sqlalchemy import Row, select

from crm.core.db import db
from crm.places.models import Carrier, Street, Zone


def zones() -> Sequence[Row[int, str, str | None]]:
    """(id, name, name_en) of the cluster areas in their order."""
    statement = select(Zone.id, Zone.name, Zone.name_en).order_by(Zone.position, Zone.id)
    return db.session.execute(statement).all()


def carriers() -> Sequence[Row[int, str]]:
    statement = select(Carrier.id, Carrier.name).order_by(Carrier.zone_id, Carrier.position)
    return db.session.execute(statement).all()


def district_code() -> str | None:
    """The district's division code (GB/T 2260, six digits): that of its street offices."""
    first = db.session.scalar(select(Street.code).order_by(Street.code).limit(1))
    return first[:6] if first else None


def streets() -> Sequence[Row[int, str]]:
    return db.session.execute(select(Street.id, Street.name).order_by(Street.code)).all()
