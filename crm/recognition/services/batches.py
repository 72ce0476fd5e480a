"""Batches: opened by the bureau leader, completed while open, closed for good."""

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select

from crm.accounts.rules import Actor
from crm.core.db import db
from crm.core.errors import Faults, NotFound, Stale
from crm.history import services as history
from crm.quotas.models import Quota
from crm.recognition.models import Decision, RecognitionBatch
from crm.recognition.rules import Level, WhyNot
from crm.recognition.services.refusing import refuse


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What a batch says of itself."""

    title: str
    decided_on: date
    document_number: str | None = None
    opinions: str | None = None
    minutes: str | None = None


def open_batch(
    actor: Actor, at: datetime, year: int, level: Level, wanted: NewBatch
) -> RecognitionBatch:
    """A new batch of the district's or the city's decisions. Raises Refused, NotFound."""
    if not db.session.scalar(select(exists().where(Quota.year == year))):
        raise NotFound
    if level is Level.UNIT:
        refuse([WhyNot.BATCH_OTHER_LEVEL])
    batch = RecognitionBatch(
        year=year, at_level=level, created_by_id=actor.id, created_at=at, **_columns(wanted)
    )
    db.session.add(batch)
    db.session.flush()
    history.record(
        actor, at, "batch_opened", batch,
        after={"title": batch.title, "at_level": level, "decided_on": batch.decided_on},
    )  # fmt: skip
    return batch


def edit_batch(
    actor: Actor, at: datetime, batch_id: int, version: int, wanted: NewBatch
) -> RecognitionBatch:
    """Complete an open batch. Its day stands once something was decided in it. Raises NotFound,
    Refused, Stale."""
    batch = _open(batch_id, version)
    if wanted.decided_on != batch.decided_on and has_decisions(batch.id):
        faults = Faults()
        faults.add("decided_on", "has_decisions", _l("已有决定按原日期记录，日期不再改动"))
        faults.raise_if_any()
    for name, value in _columns(wanted).items():
        setattr(batch, name, value)
    history.record_changes(actor, at, "batch_changed", batch)
    batch.version += 1
    return batch


def close_batch(actor: Actor, at: datetime, batch_id: int, version: int) -> RecognitionBatch:
    """Seal the batch: it needs its paper and at least one decision. Raises NotFound, Refused, Stale."""
    batch = _open(batch_id, version)
    if not (batch.document_number or batch.minutes):
        refuse([WhyNot.NO_DOCUMENT])
    if not has_decisions(batch.id):
        faults = Faults()
        faults.add("", "empty", _l("批次里还没有任何决定"))
        faults.raise_if_any()
    batch.closed_at, batch.closed_by_id = at, actor.id
    batch.version += 1
    history.record(actor, at, "batch_closed", batch, after={"title": batch.title})
    return batch


def has_decisions(batch_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(Decision.batch_id == batch_id))))


def _columns(wanted: NewBatch) -> dict[str, str | date | None]:
    return {
        "title": wanted.title,
        "decided_on": wanted.decided_on,
        "document_number": wanted.document_number,
        "opinions": wanted.opinions,
        "minutes": wanted.minutes,
    }


def _open(batch_id: int, version: int) -> RecognitionBatch:
    batch = db.session.scalar(
        select(RecognitionBatch).where(RecognitionBatch.id == batch_id).with_for_update()
    )
    if batch is None:
        raise NotFound
    if batch.closed_at is not None:
        refuse([WhyNot.BATCH_CLOSED])
    if batch.version != version:
        raise Stale(current=batch)
    return batch
