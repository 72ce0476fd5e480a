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


def streets() -> Sequence[Row[int, str]]:
    return db.session.execute(select(Street.id, Street.name).order_by(Street.code)).all()
