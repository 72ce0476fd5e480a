"""Loading the district's places. Idempotent: what exists is left alone, by code or name.

A cluster area that has no English name yet is given the one it is loaded with.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from crm.core.db import db
from crm.places.models import Carrier, Street, Zone


def load_zones(zones: Iterable[Mapping[str, Any]]) -> int:
    """Cluster areas with their carriers (`{code, name, gloss, carriers: [name]}`); how many were new."""
    known = {zone.code: zone for zone in db.session.scalars(select(Zone))}
    carriers = set(db.session.scalars(select(Carrier.name)))
    added = 0
    for position, entry in enumerate(zones):
        zone = known.get(entry["code"])
        if zone is None:
            zone = Zone(
                code=entry["code"],
                name=entry["name"],
                name_en=entry.get("gloss"),
                position=position,
            )
            db.session.add(zone)
            db.session.flush()
            added += 1
        elif zone.name_en is None:
            zone.name_en = entry.get("gloss")
        for place, name in enumerate(entry.get("carriers", ())):
            if name not in carriers:
                db.session.add(Carrier(zone_id=zone.id, name=name, position=place))
                carriers.add(name)
                added += 1
    return added


def load_streets(streets: Iterable[Mapping[str, str]]) -> int:
    """Street offices (`{code, name}`); how many were new."""
    known = set(db.session.scalars(select(Street.code)))
    new = [
        Street(code=row["code"], name=row["name"]) for row in streets if row["code"] not in known
    ]
    db.session.add_all(new)
    return len(new)
