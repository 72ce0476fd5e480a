"""Bridges over recognition: a level on two days, and two levels on one day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crm.accounts.rules import Actor
from crm.closing.queries.bridges import (
    Places,
    Point,
    YearBridge,
    assemble,
    counted_by,
    differing,
    places_as_known,
)
from crm.closing.queries.known import QuotaAsKnown, quotas_as_known
from crm.closing.rules import OFFICIAL, Cause, Number, OtherQuota, Why
from crm.core.bulk import among
from crm.core.db import rows_of
from crm.quotas.rules import CountingEvent
from crm.recognition.models import Decision
from crm.recognition.queries import recognised
from crm.recognition.rules import Decided, Level

REACHED = {
    CountingEvent.SIGNED: Number.SIGNED,
    CountingEvent.SIGNED_AND_REGISTERED: Number.REGISTERED,
    CountingEvent.STARTED: Number.STARTED,
}
"""Which number a quota's counting event holds against the target."""


def bridge_of_recognition(
    actor: Actor, year: int, start: Point, end: Point, level: Level = OFFICIAL
) -> YearBridge | None:
    """What a level recognised by the end of one day and of a later one, as known then."""
    quotas = quotas_as_known(year, end.known_at)
    if not quotas:
        return None
    frozen = start.frozen
    starts = counted_by(actor, _recognised(year, level, start) if frozen is None else frozen)
    starts = {key: ids for key, ids in starts.items() if key[1] is Number.CERTIFIED}
    ends = counted_by(actor, _recognised(year, level, end))
    last = _last_words(quotas, differing(starts, ends), level, end)

    def why(quota_id: int, _number: Number, lead_id: int, entered: bool) -> Why:
        return _told(last.get((quota_id, lead_id)), entered)

    return assemble(actor, year, quotas, (Number.CERTIFIED,), starts, ends, why)


def bridge_of_levels(
    actor: Actor, year: int, below: Level | None, above: Level | None, point: Point
) -> YearBridge | None:
    """The names that differ between two levels on a day; None in place of a level is what counts by
    the quota's own event, recognised or not."""
    quotas = quotas_as_known(year, point.known_at)
    if not quotas:
        return None
    starts = counted_by(actor, _at(actor, year, quotas, below, point))
    ends = counted_by(actor, _at(actor, year, quotas, above, point))
    ids = differing(starts, ends)
    said = {
        level: _last_words(quotas, ids, level, point)
        for level in (below, above)
        if level is not None
    }

    def why(quota_id: int, _number: Number, lead_id: int, entered: bool) -> Why:
        # What entered stands above and not below; what left, below and not above.
        missing_at, places = (below, starts) if entered else (above, ends)
        if missing_at is None:
            return Why(Cause.DOES_NOT_COUNT)
        word = said[missing_at].get((quota_id, lead_id))
        if word is not None:
            return _told(word, entered=False)
        other = _elsewhere(quotas, quota_id, lead_id, places)
        cause = Cause.OTHER_LEVEL if other is None else Cause.OTHER_QUOTA
        return Why(cause, level=missing_at, other=other)

    return assemble(actor, year, quotas, (Number.CERTIFIED,), starts, ends, why)


def _elsewhere(
    quotas: Sequence[QuotaAsKnown], quota_id: int, lead_id: int, places: Places
) -> OtherQuota | None:
    """The other quota of the exclusive group in which the level recognised the lead."""
    group = next(each.exclusive_group for each in quotas if each.quota_id == quota_id)
    if group is None:
        return None
    for each in quotas:
        if each.exclusive_group != group or each.quota_id == quota_id:
            continue
        if lead_id in places.get((each.quota_id, Number.CERTIFIED), ()):
            return OtherQuota(each.quota_id, each.terms.label, each.label_en)
    return None


def _at(
    actor: Actor, year: int, quotas: list[QuotaAsKnown], level: Level | None, point: Point
) -> Places:
    if level is not None:
        return _recognised(year, level, point)
    ids = [quota.quota_id for quota in quotas]
    places = places_as_known(actor, ids, point.on, point.known_at)
    return {
        (quota.quota_id, Number.CERTIFIED): places[quota.quota_id, REACHED[quota.terms.event]]
        for quota in quotas
    }


def _recognised(year: int, level: Level, point: Point) -> Places:
    found = recognised(year, level, on=point.on, known_at=point.known_at)
    return {(quota_id, Number.CERTIFIED): ids for quota_id, ids in found.items()}


def _last_words(
    quotas: list[QuotaAsKnown], lead_ids: set[int], level: Level, point: Point
) -> Mapping[tuple[int, int], Any]:
    """The last decision of a level on each of the leads, as recorded by then."""
    if not lead_ids:
        return {}
    rows = rows_of(
        Decision.__table__.select()
        .where(
            Decision.quota_id.in_([quota.quota_id for quota in quotas]),
            Decision.at_level == level,
            among(Decision.lead_id, lead_ids),
            Decision.decided_on <= point.on,
            Decision.recorded_at <= point.known_at,
        )
        .order_by(Decision.decided_on, Decision.id)
    )
    return {(row.quota_id, row.lead_id): row for row in rows}


def _told(word: Any, entered: bool) -> Why:
    if word is None:
        return Why(Cause.JUDGED_AGAIN)
    known_at: datetime = word.recorded_at
    if entered:
        return Why(Cause.RECOGNISED, word.decided_on, known_at=known_at)
    cause = Cause.NOT_COUNTED if word.decided is Decided.NOT_COUNTED else Cause.RETURNED
    if word.decided is Decided.PROPOSED:
        cause = Cause.PROPOSED
    if word.decided is Decided.MOVED:
        cause = Cause.MOVED
    return Why(cause, word.decided_on, note=word.reason or "", known_at=known_at)
