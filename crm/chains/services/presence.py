"""Recording which local firms stand where on the chains, and how lately somebody looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.chains.models import AnchorNeed, Presence
from crm.chains.queries.presence import segment_fault, segment_words, zone_words
from crm.chains.rules import PresenceRole
from crm.chains.rules.presence import PresenceEntry, PresenceFault, why_not_end, why_not_stand
from crm.chains.wording import PRESENCE_FIELD, tell, word
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale
from crm.enterprises.queries import name_of
from crm.history import queries as trail
from crm.history import services as history
from crm.history.services import Doer

RECORDED, CHANGED, CHECKED, ENDED = (
    "presence_recorded", "presence_changed", "presence_checked", "presence_ended",
)  # fmt: skip
TOLD = ("role", "strength", "output_yuan", "output_year", "evidence", "zone_id", "since_on")
_BESIDE = {
    PresenceFault.NO_SUCH_SEGMENT: "segment",
    PresenceFault.RETIRED_SEGMENT: "segment",
    PresenceFault.STANDS_THERE: "segment",
    PresenceFault.OUTPUT_WITHOUT_YEAR: "output_year",
    PresenceFault.YEAR_WITHOUT_OUTPUT: "output",
    PresenceFault.YEAR_OUT_OF_RANGE: "output_year",
    PresenceFault.SINCE_IN_FUTURE: "since_on",
    PresenceFault.ENDED_BEFORE_SINCE: "ended_on",
    PresenceFault.ENDED_IN_FUTURE: "ended_on",
    PresenceFault.LAST_ANCHOR: "role",
}
"""The form field a fault stands beside; the whole form for any other."""


@dataclass(frozen=True, slots=True)
class CheckedOff:
    """What marking several firms as checked did; `changed` are left because somebody changed them."""

    done: tuple[int, ...]
    changed: tuple[int, ...]


def stand(
    actor: Doer,
    at: datetime,
    enterprise_id: int,
    segment_id: int,
    told: PresenceEntry,
    *,
    today: date,
    checked_on: date | None = None,
) -> Presence:
    """Record a local firm at a segment; `checked_on`: today unless said. Raises Refused with
    PresenceFault codes."""
    _refuse([*_why_not_there(enterprise_id, segment_id), *why_not_stand(told, today)])
    presence = Presence(
        enterprise_id=enterprise_id,
        segment_id=segment_id,
        checked_on=checked_on or today,
        checked_by_id=actor.id or None,
        created_by_id=actor.id or None,
        created_at=at,
        version=1,
    )
    _fill(presence, told)
    _flush(presence)
    after = {key: getattr(presence, key) for key in TOLD if key != "zone_id"}
    after |= {
        "enterprise": name_of(enterprise_id),
        "segment": segment_words(segment_id),
        "zone": zone_words(presence.zone_id),
    }
    history.record(
        actor, at, RECORDED, presence,
        after={key: value for key, value in after.items() if value is not None},
    )  # fmt: skip
    return presence


def correct(
    actor: Doer,
    at: datetime,
    presence_id: int,
    version: int | None,
    segment_id: int,
    told: PresenceEntry,
    *,
    today: date,
    checked_on: date | None = None,
) -> Presence:
    """Put right what was told of a firm; `checked_on`: when it was checked on the way.

    Raises Refused with PresenceFault codes, Stale, NotFound.
    """
    presence = _standing(presence_id, version)
    faults = list(why_not_stand(told, today))
    if segment_id != presence.segment_id:
        faults += _why_not_there(presence.enterprise_id, segment_id)
    if told.role is not PresenceRole.ANCHOR:
        faults += _why_not_lose(presence)
    _refuse(faults)
    # Asked before anything changes: a query flushes, and the trail reads what is not yet flushed.
    more = [
        ("segment", segment_words(presence.segment_id), segment_words(segment_id)),
        ("zone", zone_words(presence.zone_id), zone_words(told.zone_id)),
    ]
    presence.segment_id = segment_id
    _fill(presence, told)
    if checked_on is not None:
        presence.checked_on, presence.checked_by_id = checked_on, actor.id or None
    changed = history.record_changes(actor, at, CHANGED, presence, more=more)
    if changed:
        presence.version += 1
    _flush(presence)
    return presence


def check(
    actor: Doer, at: datetime, presence_id: int, version: int | None, *, today: date
) -> Presence:
    """Note that what is recorded of a firm was found true today. Raises Refused, Stale, NotFound."""
    presence = _standing(presence_id, version)
    _check(actor, at, presence, today)
    db.session.flush()
    return presence


def check_many(
    actor: Doer, at: datetime, seen: Sequence[tuple[int, int]], *, today: date
) -> CheckedOff:
    """The same for several firms as (id, version) seen; those changed since or gone are left alone."""
    versions = dict(seen)
    rows = db.session.scalars(
        select(Presence)
        .where(Presence.id.in_(versions), Presence.ended_on.is_(None))
        .order_by(Presence.id)
        .with_for_update()
    ).all()
    done = [each for each in rows if each.version == versions[each.id]]
    for each in done:
        _check(actor, at, each, today)
    db.session.flush()
    checked = {each.id for each in done}
    return CheckedOff(
        tuple(sorted(checked)), tuple(sorted(key for key in versions if key not in checked))
    )


def end(
    actor: Doer,
    at: datetime,
    presence_id: int,
    version: int | None,
    ended_on: date,
    reason: str | None = None,
    *,
    today: date,
) -> Presence:
    """A firm left its segment: moved away, closed, makes something else now.

    Raises Refused with PresenceFault codes, Stale, NotFound.
    """
    presence = _standing(presence_id, version)
    _refuse([*why_not_end(presence.since_on, ended_on, today), *_why_not_lose(presence)])
    presence.ended_on = ended_on
    history.record_changes(actor, at, ENDED, presence, note=reason)
    presence.version += 1
    db.session.flush()
    return presence


def is_anchor(enterprise_id: int, *, but: int | None = None) -> bool:
    """Whether a company is the anchor firm of any segment, one presence left out."""
    statement = select(Presence.id).where(
        Presence.enterprise_id == enterprise_id,
        Presence.role == PresenceRole.ANCHOR,
        Presence.ended_on.is_(None),
        Presence.id != (but or 0),
    )
    return db.session.scalar(statement.limit(1)) is not None


def _why_not_there(enterprise_id: int, segment_id: int) -> list[PresenceFault]:
    fault = segment_fault(segment_id)
    if fault is not None:
        return [fault]
    stands = select(Presence.id).where(
        Presence.enterprise_id == enterprise_id,
        Presence.segment_id == segment_id,
        Presence.ended_on.is_(None),
    )
    return [PresenceFault.STANDS_THERE] if db.session.scalar(stands.limit(1)) else []


def _why_not_lose(presence: Presence) -> list[PresenceFault]:
    """A company whose lists hold something open stays the anchor firm of a segment."""
    if presence.role is not PresenceRole.ANCHOR:
        return []
    if is_anchor(presence.enterprise_id, but=presence.id):
        return []
    wants = select(AnchorNeed.id).where(
        AnchorNeed.enterprise_id == presence.enterprise_id, AnchorNeed.met_on.is_(None)
    )
    return [PresenceFault.LAST_ANCHOR] if db.session.scalar(wants.limit(1)) else []


def _check(actor: Doer, at: datetime, presence: Presence, today: date) -> None:
    presence.checked_on, presence.checked_by_id = today, actor.id or None
    if history.record_changes(actor, at, CHECKED, presence):
        presence.version += 1


def _standing(presence_id: int, version: int | None) -> Presence:
    presence = db.session.scalar(
        select(Presence).where(Presence.id == presence_id).with_for_update()
    )
    if presence is None:
        raise NotFound
    if version is not None and presence.version != version:
        missed = trail.latest_of("presences", presence_id, (), max(0, presence.version - version))
        raise Stale(presence, trail.their_changes(missed, PRESENCE_FIELD, tell))
    if presence.ended_on is not None:
        _refuse([PresenceFault.HAS_ENDED])
    return presence


def _fill(presence: Presence, told: PresenceEntry) -> None:
    for key in TOLD:
        setattr(presence, key, getattr(told, key))


def _flush(presence: Presence) -> None:
    """Two people may record one firm in the same moment: the second is told, not failed."""
    try:
        with db.session.begin_nested():
            db.session.add(presence)
            db.session.flush()
    except IntegrityError as error:
        if any(mark in str(error.orig) for mark in ("uq_presences_standing", "UNIQUE")):
            _raise([PresenceFault.STANDS_THERE])
        raise


def _refuse(faults: Sequence[PresenceFault]) -> None:
    if faults:
        _raise(faults)


def _raise(faults: Sequence[PresenceFault]) -> NoReturn:
    raise Refused([Fault(_BESIDE.get(each, ""), each.value, word(each)) for each in faults])
