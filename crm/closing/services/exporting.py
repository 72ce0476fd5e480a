"""Taking a day's standing out: kept exactly as it said, with who took it and a hash of it."""

from datetime import date, datetime

from crm.accounts.rules import Actor
from crm.closing.models import StandingExport
from crm.closing.queries.known import end_of
from crm.closing.queries.standings import hash_of, standing_document
from crm.closing.rules import ExportFault
from crm.closing.wording import word
from crm.core.db import db
from crm.core.errors import Fault, Refused
from crm.history import services as history


def take_export(
    actor: Actor, at: datetime, year: int, as_of: date, *, today: date
) -> StandingExport:
    """Keep the standing of a day: of a day gone by as known at its end, of today as known now.

    To be run in `transaction(alone=True)`: what it reads is all that was known by then, for ever.
    Raises Refused for a day to come and for a year without quotas.
    """
    if as_of > today:
        raise Refused([_fault(ExportFault.NOT_YET)])
    known_at = min(at, end_of(as_of))
    history.tell_until(known_at)
    content = standing_document(year, as_of, known_at)
    if content is None:
        raise Refused([_fault(ExportFault.NO_QUOTAS)])
    export = StandingExport(
        year=year,
        as_of=as_of,
        known_at=known_at,
        content=content,
        content_hash=hash_of(content),
        taken_by_id=actor.id,
        taken_at=at,
    )
    db.session.add(export)
    db.session.flush()
    history.record(actor, at, "standing_exported", export, after={"year": year, "day": as_of})
    return export


def _fault(code: ExportFault) -> Fault:
    return Fault("as_of", code, word(code))
