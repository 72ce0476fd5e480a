"""Keeping the three lists of an anchor firm (三张清单): what it needs, of whom, at which segment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from crm.chains.models import AnchorNeed
from crm.chains.queries.presence import segment_fault, segment_words
from crm.chains.rules import NeedKind
from crm.chains.rules.presence import NeedFault, why_not_noted
from crm.chains.services.presence import is_anchor
from crm.chains.wording import NEED_FIELD, tell, word
from crm.core.db import db
from crm.core.errors import Fault, NotFound, Refused, Stale
from crm.enterprises.queries import name_of
from crm.history import queries as trail
from crm.history import services as history
from crm.history.services import Doer

NOTED, CHANGED, MET, REOPENED, WITHDRAWN = (
    "need_noted", "need_changed", "need_met", "need_reopened", "need_withdrawn",
)  # fmt: skip
TOLD = (
    "segment_id",
    "kind",
    "description",
    "partner_id",
    "partner_name",
    "amount_yuan",
    "noted_on",
)
_BESIDE = {
    NeedFault.NO_SUCH_SEGMENT: "segment",
    NeedFault.RETIRED_SEGMENT: "segment",
    NeedFault.NOTED_IN_FUTURE: "noted_on",
    NeedFault.MET_BEFORE_NOTED: "met_on",
    NeedFault.MET_IN_FUTURE: "met_on",
    NeedFault.OWN_PARTNER: "partner",
}


@dataclass(frozen=True, slots=True)
class NeedEntry:
    """An entry as told. `amount_yuan`: whole yuan a year. The partner is one of our companies, or a name."""

    segment_id: int
    kind: NeedKind
    description: str
    noted_on: date
    partner_id: int | None = None
    partner_name: str | None = None
    amount_yuan: int | None = None


def note(
    actor: Doer, at: datetime, enterprise_id: int, entry: NeedEntry, *, today: date
) -> AnchorNeed:
    """Add an entry to the lists of an anchor firm. Raises Refused with NeedFault codes."""
    faults = _why_not(enterprise_id, entry, None, today)
    fault = segment_fault(entry.segment_id)
    if fault is not None:
        faults.append(NeedFault(fault.value))
    if not is_anchor(enterprise_id):
        faults.insert(0, NeedFault.NOT_ANCHOR)
    _refuse(faults)
    need = AnchorNeed(
        enterprise_id=enterprise_id, created_by_id=actor.id or None, created_at=at, version=1
    )
    _fill(need, entry)
    db.session.add(need)
    db.session.flush()
    history.record(actor, at, NOTED, need, after=_told(need))
    return need


def correct(
    actor: Doer,
    at: datetime,
    need_id: int,
    version: int | None,
    entry: NeedEntry,
    met_on: date | None,
    *,
    today: date,
) -> AnchorNeed:
    """Put an entry right; `met_on` the day it was met, None while it is open.

    Raises Refused with NeedFault codes, Stale, NotFound.
    """
    need = _need(need_id, version)
    faults = _why_not(need.enterprise_id, entry, met_on, today)
    if entry.segment_id != need.segment_id:
        fault = segment_fault(entry.segment_id)
        if fault is not None:
            faults.append(NeedFault(fault.value))
    if met_on is None and need.met_on is not None and not is_anchor(need.enterprise_id):
        faults.insert(0, NeedFault.NOT_ANCHOR)
    _refuse(faults)
    before = (segment_words(need.segment_id), _partner(need.partner_id, need.partner_name))
    now = (segment_words(entry.segment_id), _partner(entry.partner_id, entry.partner_name))
    action = CHANGED
    if (need.met_on is None) != (met_on is None):
        action = REOPENED if met_on is None else MET
    _fill(need, entry)
    need.met_on = met_on
    more = [("segment", before[0], now[0]), ("partner", before[1], now[1])]
    if history.record_changes(actor, at, action, need, more=more):
        need.version += 1
    db.session.flush()
    return need


def meet(
    actor: Doer, at: datetime, need_id: int, version: int | None, met_on: date, *, today: date
) -> AnchorNeed:
    """An entry was met here on that day. Raises Refused with NeedFault codes, Stale, NotFound."""
    need = _need(need_id, version)
    _refuse(list(why_not_noted(need.noted_on, met_on, today)))
    need.met_on = met_on
    if history.record_changes(actor, at, MET, need):
        need.version += 1
    db.session.flush()
    return need


def withdraw(
    actor: Doer, at: datetime, need_id: int, version: int | None, reason: str | None = None
) -> None:
    """Take an entry off the lists: it was wrong or no longer stands. The trail keeps it whole.

    Raises Stale, NotFound.
    """
    need = _need(need_id, version)
    history.record(actor, at, WITHDRAWN, need, before=_told(need), note=reason)
    db.session.delete(need)
    db.session.flush()


def _why_not(
    enterprise_id: int, entry: NeedEntry, met_on: date | None, today: date
) -> list[NeedFault]:
    is_own = entry.partner_id == enterprise_id
    return list(why_not_noted(entry.noted_on, met_on, today, is_own_partner=is_own))


def _need(need_id: int, version: int | None) -> AnchorNeed:
    need = db.session.scalar(select(AnchorNeed).where(AnchorNeed.id == need_id).with_for_update())
    if need is None:
        raise NotFound
    if version is not None and need.version != version:
        missed = trail.latest_of("anchor_needs", need_id, (), max(0, need.version - version))
        raise Stale(need, trail.their_changes(missed, NEED_FIELD, tell))
    return need


def _fill(need: AnchorNeed, entry: NeedEntry) -> None:
    for key in TOLD:
        setattr(need, key, getattr(entry, key))
    if need.partner_id is not None:
        need.partner_name = None  # its name stands with the company


def _told(need: AnchorNeed) -> dict[str, object]:
    told = {
        key: getattr(need, key)
        for key in ("kind", "description", "amount_yuan", "noted_on", "met_on")
    }
    told["enterprise"] = name_of(need.enterprise_id)
    told["segment"] = segment_words(need.segment_id)
    told["partner"] = _partner(need.partner_id, need.partner_name)
    return {key: value for key, value in told.items() if value is not None}


def _partner(partner_id: int | None, partner_name: str | None) -> str | None:
    return name_of(partner_id) or partner_name


def _refuse(faults: Sequence[NeedFault]) -> None:
    if faults:
        raise Refused([Fault(_BESIDE.get(each, ""), each.value, word(each)) for each in faults])
