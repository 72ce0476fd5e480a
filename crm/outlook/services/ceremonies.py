"""Planning signing ceremonies: one day on which several leads sign, or are put off together."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
from crm.history import services as history
from crm.leads.access import may_see
from crm.leads.models import Lead
from crm.leads.rules import IN_TALKS
from crm.outlook.models import CeremonyLead, SigningCeremony


@dataclass(frozen=True, slots=True)
class NewCeremony:
    """What the form holds; the chance of slipping in percent, its length in days."""

    title: str
    held_on: date
    slip_percent: int
    slip_days: int
    lead_ids: Collection[int]
    is_cancelled: bool = False


def plan_ceremony(
    actor: Actor, at: datetime, wanted: NewCeremony, *, today: date
) -> SigningCeremony:
    """Raises Refused: a day that has passed, no leads, leads that cannot sign or sign elsewhere."""
    _check(actor, wanted, None, today)
    row = SigningCeremony(
        title=wanted.title, held_on=wanted.held_on, slip_percent=wanted.slip_percent,
        slip_days=wanted.slip_days, by_id=actor.id or None, at=at, version=1,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    _set_leads(row.id, set(wanted.lead_ids))
    history.record(
        actor, at, "ceremony_planned", row,
        after={"title": row.title, "held_on": row.held_on, "leads": len(wanted.lead_ids)},
    )  # fmt: skip
    return row


def change_ceremony(
    actor: Actor, at: datetime, ceremony_id: int, version: int, wanted: NewCeremony, *, today: date
) -> SigningCeremony:
    """Another day, other leads, or called off. Raises NotFound, Stale, Refused."""
    row = db.session.scalar(
        select(SigningCeremony).where(SigningCeremony.id == ceremony_id).with_for_update()
    )
    if row is None:
        raise NotFound
    if row.version != version:
        raise Stale(row)
    if not wanted.is_cancelled:
        _check(actor, wanted, row, today)
    before = set(
        db.session.scalars(
            select(CeremonyLead.lead_id).where(CeremonyLead.ceremony_id == ceremony_id)
        )
    )
    after = set() if wanted.is_cancelled else set(wanted.lead_ids)
    with db.session.no_autoflush:
        row.title, row.held_on = wanted.title, wanted.held_on
        row.slip_percent, row.slip_days = wanted.slip_percent, wanted.slip_days
        row.is_cancelled = wanted.is_cancelled
        history.record_changes(
            actor, at, "ceremony_changed", row, more=[("leads", len(before), len(after))]
        )
    row.version += 1
    db.session.flush()
    _set_leads(ceremony_id, after)
    return row


def _set_leads(ceremony_id: int, lead_ids: set[int]) -> None:
    db.session.execute(delete(CeremonyLead).where(CeremonyLead.ceremony_id == ceremony_id))
    db.session.add_all(
        CeremonyLead(ceremony_id=ceremony_id, lead_id=each) for each in sorted(lead_ids)
    )
    db.session.flush()


def _check(actor: Actor, wanted: NewCeremony, row: SigningCeremony | None, today: date) -> None:
    faults = Faults()
    if wanted.held_on < today and (row is None or row.held_on != wanted.held_on):
        faults.add("held_on", "day_past", _l("签约日期已过，请填今天或以后"))
    ids = set(wanted.lead_ids)
    if not ids:
        faults.add("leads", "leads", _l("请选择参加签约的项目"))
        faults.raise_if_any()
    known = set(
        db.session.scalars(
            select(Lead.id).where(Lead.id.in_(ids), Lead.stage.in_(IN_TALKS), may_see(actor))
        )
    )
    if ids - known:
        faults.add("leads", "not_in_talks", _l("只有在谈项目能列入集中签约"))
    taken = select(CeremonyLead.lead_id).where(CeremonyLead.lead_id.in_(ids))
    if row is not None:
        taken = taken.where(CeremonyLead.ceremony_id != row.id)
    if db.session.scalars(taken).first() is not None:
        faults.add("leads", "taken", _l("有项目已列入另一场集中签约"))
    faults.raise_if_any()
